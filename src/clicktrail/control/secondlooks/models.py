"""What people decided at a second look: calls judged again, conflicts, stories that were shared."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Rejudging(models.Model):
    """Discarded calls that somebody had judged again."""

    id = models.BigAutoField(primary_key=True)
    created_ms = models.BigIntegerField()
    actor = models.TextField()
    chosen = models.TextField()
    """JSON object: the filter that they were chosen by."""
    matched = models.IntegerField()
    """Calls that the filter found."""
    calls = models.TextField()
    """JSON list of [call, its copy]: handed in, judged by the engine like any call."""

    class Meta:
        db_table = "secondlooks_rejudging"


class Choice(models.TextChoices):
    KEEP = "keep", _("Keep")
    CORRECT = "correct", _("Correct")
    SEPARATE = "separate", _("Save as a separate order")


class Decision(models.Model):
    """What somebody decided about one conflict: once, and for ever."""

    call_id = models.BigIntegerField(primary_key=True)
    transaction_number = models.BigIntegerField()
    choice = models.CharField(max_length=8, choices=Choice.choices)
    actor = models.TextField()
    reason = models.TextField()
    at_ms = models.BigIntegerField()

    class Meta:
        db_table = "secondlooks_decision"
        indexes = [models.Index(fields=["transaction_number"], name="decision_by_transaction")]


class Share(models.Model):
    """A link to one story. The link is signed with a key that is derived from the salt; it is not stored."""

    id = models.BigAutoField(primary_key=True)
    salt = models.CharField(max_length=32)
    program_id = models.BigIntegerField()
    tid = models.TextField()
    """The order; or empty where a click, or a call without an order number, is shared."""
    click_id = models.BigIntegerField(null=True)
    call_id = models.BigIntegerField(null=True)
    partner_id = models.BigIntegerField(null=True)
    """For whom: this partner; null: the shop."""
    actor = models.TextField()
    created_ms = models.BigIntegerField()
    expires_ms = models.BigIntegerField()
    revoked_ms = models.BigIntegerField(null=True)

    class Meta:
        db_table = "secondlooks_share"
        indexes = [models.Index(fields=["program_id", "tid"], name="share_by_order")]
