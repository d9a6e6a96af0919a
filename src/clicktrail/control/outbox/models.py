"""Who is told of verdicts and moves, and what became of each telling.

A receiver is a row that people edit, part of the catalog: the engine knows it from the
published picture. Deliveries are written by the engine and by moves, in their own
transactions; only the courier changes them. No foreign key leads from a delivery to its
receiver: the engine may still know one that was deleted a moment ago, and a verdict must
never fail because of it.
"""

import secrets

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clicktrail.control.catalog.models import Edited, Partner, Program


class ReceiverState(models.TextChoices):
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")


class ReceiverKind(models.TextChoices):
    POSTBACK = "postback", _("Partner postback")
    WEBHOOK = "webhook", _("Webhook")


class Method(models.TextChoices):
    GET = "GET", "GET"
    POST = "POST", "POST"


def new_salt() -> str:
    return secrets.token_hex(8)


class Receiver(Edited):
    """A partner's postback, or a webhook of the shop or a back office."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=8, choices=ReceiverKind.choices)
    name = models.CharField(max_length=200)
    partner = models.ForeignKey(Partner, null=True, blank=True, on_delete=models.CASCADE, related_name="receivers")
    program = models.ForeignKey(Program, null=True, blank=True, on_delete=models.CASCADE, related_name="receivers")
    """None: all programs."""
    address = models.CharField(max_length=2000)
    """Template; `core/delivery.py` knows its placeholders."""
    method = models.CharField(max_length=4, choices=Method.choices, default=Method.GET)
    triggers = models.JSONField(default=list)
    state = models.CharField(max_length=6, choices=ReceiverState.choices, default=ReceiverState.ACTIVE)
    """By a person's hand. Paused: deliveries are still written and wait. What the courier thinks is in Standing."""
    key_number = models.PositiveIntegerField(default=1)
    salt = models.CharField(max_length=16, default=new_salt)
    rotated_ms = models.BigIntegerField(default=0)
    """When the key number was last raised; for a while webhooks are signed with the one before as well."""

    class Meta:
        db_table = "outbox_receiver"
        indexes = [models.Index(fields=["partner"], name="receiver_by_partner")]
        constraints = [
            models.CheckConstraint(
                name="postback_has_a_partner",
                condition=Q(kind="postback", partner__isnull=False) | Q(kind="webhook", partner__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"


class StandingState(models.TextChoices):
    WORKS = "works", _("Works")
    FAILS = "fails", _("Fails")
    DOWN = "down", _("Paused by itself")
    GONE = "gone", _("Gone")


class Standing(models.Model):
    """What the courier knows of a receiver; without a row nothing was sent yet. Not part of the catalog."""

    receiver_id = models.BigIntegerField(primary_key=True)
    state = models.CharField(max_length=5, choices=StandingState.choices)
    why = models.TextField(default="")
    failures = models.IntegerField(default=0)
    """In a row."""
    since_ms = models.BigIntegerField()
    probe_ms = models.BigIntegerField(default=0)
    """When a receiver that is down is asked again."""

    class Meta:
        db_table = "outbox_standing"


class DeliveryState(models.TextChoices):
    DUE = "due", _("Due")
    FAILED = "failed", _("Failed, is tried again")
    DELIVERED = "delivered", _("Delivered")
    GIVEN_UP = "given_up", _("Given up")


class Delivery(models.Model):
    """One thing to tell one receiver; never a second one for the same move."""

    id = models.BigAutoField(primary_key=True)
    receiver_id = models.BigIntegerField()
    key = models.CharField(max_length=64)
    trigger = models.CharField(max_length=16)
    transaction_number = models.BigIntegerField(null=True)
    call_id = models.BigIntegerField()
    """The call behind it; with receiver and key it makes the delivery id. 0 where there is none."""
    facts = models.TextField()
    """JSON object, as it was at that moment: `core/receivers.py`."""
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.DUE)
    attempts = models.IntegerField(default=0)
    """Since `since_ms`."""
    created_ms = models.BigIntegerField()
    since_ms = models.BigIntegerField()
    """Where its 48 hours begin: when it was made, or last sent again by hand."""
    due_ms = models.BigIntegerField()
    done_ms = models.BigIntegerField(null=True)
    """Null: still to be sent, or sent again."""

    class Meta:
        db_table = "outbox_delivery"
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["receiver_id", "key"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["receiver_id", "due_ms", "id"],
                name="delivery_due",
                condition=Q(done_ms__isnull=True),
            ),
            models.Index(fields=["receiver_id", "id"], name="delivery_by_receiver"),
            models.Index(fields=["receiver_id", "created_ms"], name="delivery_tests", condition=Q(trigger="test")),
            models.Index(fields=["transaction_number"], name="delivery_by_transaction"),
            models.Index(fields=["done_ms"], name="delivery_done", condition=Q(done_ms__isnull=False)),
            models.Index(fields=["id"], name="delivery_given_up", condition=Q(state="given_up")),
        ]

    def __str__(self) -> str:
        return gettext("Delivery %(number)s") % {"number": self.pk}


class Attempt(models.Model):
    """One line of the log: what was sent, and what came back."""

    id = models.BigAutoField(primary_key=True)
    delivery_id = models.BigIntegerField(db_index=True)
    at_ms = models.BigIntegerField()
    stage = models.CharField(max_length=7)
    """How far it got: before (address, name, guard), attempt (connecting, waiting), answer."""
    address = models.TextField()
    status = models.IntegerField(null=True)
    answer = models.TextField()
    """The first kilobyte."""
    took_ms = models.IntegerField()
    fault = models.TextField()
    """A sentence; empty where it was taken."""

    class Meta:
        db_table = "outbox_attempt"
