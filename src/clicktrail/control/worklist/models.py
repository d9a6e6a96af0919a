"""Saved filters of the list of transactions, whose start view is which, and moves of many at once."""

from django.db import models

from clicktrail.control.reconcile.models import Job


class SavedFilter(models.Model):
    """A filter with a name: of the account that made it alone, or for everybody."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    name = models.CharField(max_length=60)
    query = models.TextField()
    """As it stands in the address, sorted by name: `partner=7&state=open`."""
    shared = models.BooleanField(default=False)
    created_ms = models.BigIntegerField()

    class Meta:
        db_table = "worklist_filter"
        constraints = [models.UniqueConstraint(fields=["account_id", "name"], name="filter_name_once")]
        indexes = [models.Index(fields=["shared"], name="filter_shared")]

    def __str__(self) -> str:
        return self.name


class StartView(models.Model):
    """The filter that an account begins with."""

    account_id = models.BigIntegerField(primary_key=True)
    filter = models.ForeignKey(SavedFilter, on_delete=models.CASCADE)

    class Meta:
        db_table = "worklist_start"


class BulkMove(Job):
    """One verb for many transactions, as somebody has seen and confirmed it in a preview."""

    id = models.BigAutoField(primary_key=True)
    verb = models.CharField(max_length=12)
    basis = models.CharField(max_length=4, default="")
    """Of a recalculation: by the rates of `then` or of `now`."""
    chosen = models.TextField()
    """JSON list of [transaction, its revision in the preview], by number."""
    account_id = models.BigIntegerField()
    actor = models.TextField()
    reason = models.TextField()
    created_ms = models.BigIntegerField()
    moved = models.PositiveIntegerField(default=0)
    left = models.TextField(default="{}")
    """JSON object: sentence -> transactions that were left as they are because of it."""

    class Meta:
        db_table = "worklist_bulk"
        indexes = [models.Index(fields=["state"], name="bulk_by_state")]
