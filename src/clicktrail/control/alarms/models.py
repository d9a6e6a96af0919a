"""Alarms, what people did about them, who was told, and each program's own thresholds.

Times are milliseconds since 1970 UTC. No foreign keys into the ledger; a rule belongs to its program.
"""

from datetime import time

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clicktrail.control.alarms import silence
from clicktrail.control.catalog.models import Program


class Kind(models.TextChoices):
    SILENCE = "silence", _("No orders")
    DISCARDS = "discards", _("Calls are discarded")
    ENGINE = "engine", _("The engine is behind")
    JOURNAL = "journal", _("The disk refuses")


class Alarm(models.Model):
    """One open alarm a program and kind; an ended one stays as it was."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    program_id = models.BigIntegerField(default=0)
    """0: the whole installation."""
    since_ms = models.BigIntegerField()
    """What it is about began here; a silence with the last order before it."""
    raised_ms = models.BigIntegerField()
    updated_ms = models.BigIntegerField()
    ended_ms = models.BigIntegerField(null=True)
    headline = models.TextField()
    cause = models.CharField(max_length=32)
    sentence = models.TextField()
    """The likely cause."""
    facts = models.TextField(default="{}")
    """JSON object: the figures, usual and today, and what to do next."""
    taken_by = models.TextField(default="")
    """Who said that he looks after it; no banner then."""
    taken_ms = models.BigIntegerField(null=True)
    snoozed_until_ms = models.BigIntegerField(null=True)

    class Meta:
        db_table = "alarms_alarm"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "program_id"], name="alarm_open_once", condition=Q(ended_ms__isnull=True)
            )
        ]
        indexes = [models.Index(fields=["-raised_ms"], name="alarm_by_time")]

    def __str__(self) -> str:
        return self.headline


class Step(models.Model):
    """What happened to an alarm: raised, another cause, taken over, ended."""

    id = models.BigAutoField(primary_key=True)
    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="steps")
    at_ms = models.BigIntegerField()
    actor = models.TextField(default="")
    """A username; empty: the watch itself."""
    note = models.TextField()

    class Meta:
        db_table = "alarms_step"


class NoticeState(models.TextChoices):
    DUE = "due", _("to be sent")
    SENT = "sent", _("sent")
    GIVEN_UP = "given_up", _("given up")


class Notice(models.Model):
    """One mail: once for each alarm and person."""

    id = models.BigAutoField(primary_key=True)
    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="notices")
    address = models.TextField()
    message_id = models.TextField()
    """Made once, so that a mail sent twice is recognised as one."""
    state = models.CharField(max_length=8, choices=NoticeState.choices, default=NoticeState.DUE)
    due_ms = models.BigIntegerField()
    attempts = models.PositiveIntegerField(default=0)
    sent_ms = models.BigIntegerField(null=True)
    answer = models.TextField(default="")
    """What the mail server said last, or what went wrong."""

    class Meta:
        db_table = "alarms_notice"
        constraints = [models.UniqueConstraint(fields=["alarm", "address"], name="notice_once_a_person")]
        indexes = [models.Index(fields=["due_ms"], name="notice_due", condition=Q(state="due"))]


class Sensitivity(models.TextChoices):
    HIGH = "high", _("High: one false alarm in 30 days")
    NORMAL = "normal", _("Normal: one in a year")
    LOW = "low", _("Low: one in ten years")


class AlarmRule(models.Model):
    """A program's own thresholds; without a row the defaults hold."""

    program = models.OneToOneField(Program, primary_key=True, on_delete=models.CASCADE, related_name="alarm_rule")
    silence_on = models.BooleanField(default=True)
    sensitivity = models.CharField(max_length=8, choices=Sensitivity.choices, default=Sensitivity.NORMAL)
    least_usual = models.PositiveIntegerField(default=5)
    discards_on = models.BooleanField(default=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    quiet_days = models.JSONField(default=list, blank=True)
    """2026-12-25 and so on."""

    class Meta:
        db_table = "alarms_rule"
        verbose_name = _("alarm rule")

    def __str__(self) -> str:
        return str(self.program)

    def rule(self) -> silence.Rule:
        return silence.Rule(
            on=self.silence_on,
            once_in_days=silence.SENSITIVITIES.get(self.sensitivity, silence.SENSITIVITIES["normal"]),
            least_usual=self.least_usual,
            quiet_from_min=_minute(self.quiet_from),
            quiet_to_min=_minute(self.quiet_to),
            quiet_days=frozenset(self.quiet_days),
        )


def _minute(at: time | None) -> int | None:
    return at.hour * 60 + at.minute if at else None


class Round(models.Model):
    """One row: who moves `next_ms` on looks at the alarms, nobody else does in that minute."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    next_ms = models.BigIntegerField(default=0)

    class Meta:
        db_table = "alarms_round"
