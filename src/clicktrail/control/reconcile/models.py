"""What reconciling keeps: the uploaded list, its lines with what was found, and the moves that followed.

Both kinds of work (comparing a list, moving transactions) are jobs: claimed by a
conditional update, with their progress in the row, so that a page can show it and another
process can go on after a restart.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    MAPPING = "mapping", _("Columns to be checked")
    """Uploaded; nobody has said yet which column is what."""
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Job(models.Model):
    state = models.CharField(max_length=8, choices=JobState.choices)
    owner = models.TextField(default="")
    """Who works on it; whoever finds another name there has lost it."""
    beat_ms = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    phase = models.TextField(default="")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    problem = models.TextField(default="")
    """Why it failed: a sentence for people."""

    class Meta:
        abstract = True


class Reconciliation(Job):
    """One uploaded order list of one program."""

    id = models.BigAutoField(primary_key=True)
    program_id = models.BigIntegerField()
    file_name = models.CharField(max_length=255)
    file_bytes = models.PositiveIntegerField()
    actor = models.TextField()
    created_ms = models.BigIntegerField()
    encoding = models.CharField(max_length=16)
    separator = models.CharField(max_length=1)
    has_header = models.BooleanField(default=True)
    sheet = models.CharField(max_length=100, default="", blank=True)
    """Name of the sheet of a workbook; empty: the first that holds something."""
    decimal = models.CharField(max_length=5, default="", blank=True)
    """The decimal separator of amounts as people named it: comma or point; empty: as the column shows."""
    time_format = models.CharField(max_length=60, default="", blank=True)
    """How days are written, as people named it; empty: the usual ways."""
    columns = models.TextField(default="{}")
    """JSON object: role -> place of its column, from 0."""
    signature = models.CharField(max_length=64, default="")
    """Of the header line: the next list of the same form is read the same way."""
    from_day = models.IntegerField(null=True)
    """The period as people named it, days since 1970 in the program's zone; null: as the list's days say."""
    to_day = models.IntegerField(null=True)
    summary = models.TextField(default="{}")
    """JSON object: period, notes, and for each class its lines and sums."""
    finished_ms = models.BigIntegerField(null=True)
    file_cut = models.BooleanField(default=False)
    lines_cut = models.BooleanField(default=False)

    class Meta:
        db_table = "reconcile_list"
        verbose_name = _("order list")
        verbose_name_plural = _("reconcile")
        indexes = [models.Index(fields=["state"], name="reconcile_list_state")]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.pk})"


class FilePart(models.Model):
    """The file as it was uploaded, compressed and in parts; deleted after `order_list_days`."""

    id = models.BigAutoField(primary_key=True)
    list_id = models.BigIntegerField()
    part = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        db_table = "reconcile_file"
        constraints = [models.UniqueConstraint(fields=["list_id", "part"], name="reconcile_part_once")]


class Line(models.Model):
    """One line of the list, or a transaction that the list lacks. Only the cells that were asked for are kept."""

    id = models.BigAutoField(primary_key=True)
    list_id = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    cause = models.CharField(max_length=32)
    sentence = models.TextField()
    line = models.PositiveIntegerField(null=True)
    """Line of the file; null where the list lacks the transaction."""
    order = models.TextField()
    listed_minor = models.BigIntegerField(null=True)
    listed_text = models.TextField()
    listed_day = models.IntegerField(null=True)
    listed_state = models.CharField(max_length=9)
    number = models.BigIntegerField(null=True)
    """The transaction."""
    revenue_minor = models.BigIntegerField(null=True)
    commission_minor = models.BigIntegerField(null=True)
    state = models.CharField(max_length=9)
    """The transaction's, when the list was compared."""
    created_ms = models.BigIntegerField(null=True)
    action_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=9, default="")
    """Of the last action: done, unchanged, refused."""
    outcome_sentence = models.TextField(default="")

    class Meta:
        db_table = "reconcile_line"
        indexes = [
            models.Index(fields=["list_id", "id"], name="reconcile_line_list"),
            models.Index(fields=["list_id", "kind", "id"], name="reconcile_line_class"),
            models.Index(fields=["action_id", "id"], name="reconcile_line_action"),
        ]


class Mapping(models.Model):
    """Which column is what, remembered for the next list of the same form."""

    id = models.BigAutoField(primary_key=True)
    program_id = models.BigIntegerField()
    signature = models.CharField(max_length=64)
    columns = models.TextField()
    decimal = models.CharField(max_length=5, default="", blank=True)
    time_format = models.CharField(max_length=60, default="", blank=True)
    used_ms = models.BigIntegerField()

    class Meta:
        db_table = "reconcile_mapping"
        constraints = [models.UniqueConstraint(fields=["program_id", "signature"], name="reconcile_mapping_once")]


class Action(Job):
    """Moves that followed from a list: whole classes, or lines that somebody chose."""

    RECONCILED = "Reconciled with "
    """How the reason in the history begins; what follows is the file's name, which no partner is told."""

    id = models.BigAutoField(primary_key=True)
    list_id = models.BigIntegerField()
    verb = models.CharField(max_length=12)
    chosen = models.TextField()
    """JSON object: {"kinds": [...]} or {"lines": [...]}."""
    actor = models.TextField()
    reason = models.TextField()
    created_ms = models.BigIntegerField()
    last_line = models.BigIntegerField(default=0)
    """Up to which line it has got; moves in the same transaction as the moves."""
    moved = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "reconcile_action"
        indexes = [
            models.Index(fields=["list_id"], name="reconcile_action_list"),
            models.Index(fields=["state"], name="reconcile_action_state"),
        ]
