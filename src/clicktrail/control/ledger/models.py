"""The ledger: what became of every click and every postback. The engine writes it.

No foreign keys into the catalog: a click may name a partner that never existed, and the
ledger outlives what people delete. Times are milliseconds since 1970 UTC, money is an
integer of minor units of the row's currency; no float touches it.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Click(models.Model):
    id = models.BigIntegerField(primary_key=True)
    tail = models.IntegerField()
    at_ms = models.BigIntegerField()
    day = models.IntegerField()
    """Days since 1970, UTC."""
    program_id = models.BigIntegerField()
    partner_id = models.BigIntegerField()
    creative_id = models.BigIntegerField()
    target = models.TextField()
    subid = models.TextField()
    outcome = models.CharField(max_length=32)
    bot = models.BooleanField()
    prefetch = models.BooleanField()
    counted = models.BooleanField()
    """In the rollups' gross clicks: credited, no bot, no prefetch that led to no order."""
    net = models.BooleanField()
    """The visitor's first in 15 minutes, for this program and partner."""
    visitor = models.BinaryField(null=True)
    referrer_host = models.TextField()
    referrer = models.TextField(null=True)
    ip = models.TextField(null=True)
    user_agent = models.TextField(null=True)
    extra = models.TextField(null=True)

    class Meta:
        db_table = "ledger_click"
        indexes = [models.Index(fields=["partner_id", "day", "subid"], name="click_by_subid")]


class Postback(models.Model):
    """One call of get_trans.cgi with its verdict: a line of the transaction log."""

    id = models.BigIntegerField(primary_key=True)
    at_ms = models.BigIntegerField()
    method = models.CharField(max_length=8)
    source = models.CharField(max_length=8)
    actor = models.TextField()
    program_id = models.BigIntegerField(null=True)
    tid = models.TextField()
    clickid = models.TextField()
    click_id = models.BigIntegerField(null=True)
    """The click that its ClickID names, where the check holds."""
    pid = models.TextField()
    subid = models.TextField()
    wmid = models.TextField()
    product = models.TextField()
    amount = models.TextField()
    nocheck = models.BooleanField()
    params = models.TextField(null=True)
    """JSON object: every parameter as received, secrets left out."""
    fault = models.TextField()
    ip = models.TextField(null=True)
    user_agent = models.TextField(null=True)
    referrer = models.TextField(null=True)
    reason = models.CharField(max_length=32)
    facts = models.TextField()
    """JSON object: what the judge saw, for the sentence and the story."""
    saved = models.BooleanField()
    transaction_number = models.BigIntegerField(null=True)
    """The transaction created, or named by a duplicate or a conflict."""
    judged_order = models.BigIntegerField(null=True)
    judged_ms = models.BigIntegerField(null=True)
    catalog_version = models.BigIntegerField()
    proofs = models.TextField(db_default="")
    """JSON object of what it proved: numbers of keys, never their values (`core/access.py`); or empty."""
    again_id = models.BigIntegerField(null=True)
    """The call that this one judges once more."""
    arrived_ms = models.BigIntegerField(null=True)
    """When the order happened, where that was before the call was handed in."""
    conflict_group = models.TextField(null=True)
    """Of a conflict that anyone could have made: the `ConflictGroup` that it is counted in."""
    in_inbox = models.BooleanField(null=True)
    """Whether a person is to decide it: a conflict that stands alone, or the one that its group is listed by."""

    class Meta:
        db_table = "ledger_postback"
        verbose_name = _("call")
        verbose_name_plural = _("log")
        indexes = [
            models.Index(fields=["program_id", "tid"], name="postback_by_tid"),
            models.Index(fields=["program_id", "id"], name="postback_by_program"),
            models.Index(fields=["click_id"], name="postback_by_click", condition=Q(click_id__isnull=False)),
            models.Index(fields=["id"], name="postback_waiting", condition=Q(reason="waiting")),
            models.Index(fields=["judged_order"], name="postback_by_order"),
            models.Index(fields=["reason", "id"], name="postback_by_reason"),
            models.Index(fields=["again_id"], name="postback_by_again", condition=Q(again_id__isnull=False)),
            models.Index(fields=["id"], name="postback_in_inbox", condition=Q(in_inbox=True)),
            models.Index(
                fields=["conflict_group", "id"],
                name="postback_by_conflict_group",
                condition=Q(conflict_group__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Call %(number)s") % {"number": self.pk}


class ConflictGroup(models.Model):
    """Conflicts that anyone could have made, counted by their source: `core/conflictsource.py`."""

    key = models.TextField(primary_key=True)
    program_id = models.BigIntegerField()
    click_id = models.BigIntegerField(null=True)
    """The click that its calls name, or null."""
    network = models.TextField()
    hour_ms = models.BigIntegerField(null=True)
    """Beginning of the hour in which they came, where they name no click."""
    count = models.BigIntegerField()
    decided_count = models.BigIntegerField(db_default=0)
    """How many of them there were when somebody decided last."""
    first_ms = models.BigIntegerField()
    last_ms = models.BigIntegerField()
    newest_id = models.BigIntegerField()
    """The first of the calls that were added last."""
    listed_id = models.BigIntegerField(null=True)
    """The call that stands for the group in the inbox; null: nothing is to be decided."""

    class Meta:
        db_table = "ledger_conflict_group"


class ImportedClick(models.Model):
    """The ClickID that another system gave a click; here it has one of ours as well."""

    clickid = models.CharField(max_length=64, primary_key=True)
    click_id = models.BigIntegerField()

    class Meta:
        db_table = "ledger_imported_click"
        indexes = [models.Index(fields=["click_id"], name="imported_by_click")]


class TransactionState(models.TextChoices):
    HELD = "held", _("Held")
    OPEN = "open", _("Open")
    CONFIRMED = "confirmed", _("Confirmed")
    CANCELLED = "cancelled", _("Cancelled")
    PAID = "paid", _("Paid")


class Transaction(models.Model):
    number = models.BigIntegerField(primary_key=True)
    program_id = models.BigIntegerField()
    tid = models.TextField()
    tid_key = models.TextField(db_default="")
    """Of `core/ordernumber.py`: the same for similar order numbers."""
    partner_id = models.BigIntegerField()
    subid = models.TextField()
    creative_id = models.BigIntegerField()
    """0 where no creative is known."""
    referrer = models.TextField(null=True)
    referrer_host = models.TextField()
    clickid = models.TextField()
    click_id = models.BigIntegerField(null=True)
    product_id = models.BigIntegerField()
    product = models.TextField()
    revenue_minor = models.BigIntegerField(null=True)
    """Null where a fixed-amount product came without `umsatz`."""
    commission_minor = models.BigIntegerField()
    percent_ppm = models.IntegerField(null=True)
    fixed_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    decimals = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=TransactionState.choices)
    test = models.BooleanField()
    manual = models.BooleanField()
    postback_id = models.BigIntegerField()
    clicked_ms = models.BigIntegerField(null=True)
    created_ms = models.BigIntegerField()
    revision = models.IntegerField(db_default=0)
    """Rises with every move and change; nobody changes a revision that he has not seen."""
    trusted = models.BooleanField(db_default=False)
    """Whether a call that proved where it comes from stands behind it."""
    held_for = models.TextField(db_default="")
    """Which proof is missing, of one that is or was on hold."""
    stamp_ms = models.BigIntegerField(db_default=0)
    """Of the last word that counted; a signed call of before it changes nothing."""
    adjusted_revenue_minor = models.BigIntegerField(db_default=0)
    """Sum of its adjustments that are not voided: 0 or negative. The sums count what remains."""
    adjusted_commission_minor = models.BigIntegerField(db_default=0)

    class Meta:
        db_table = "ledger_transaction"
        constraints = [models.UniqueConstraint(fields=["program_id", "tid"], name="tid_once_a_program")]
        indexes = [
            models.Index(fields=["click_id"], name="transaction_by_click", condition=Q(click_id__isnull=False)),
            models.Index(fields=["partner_id", "created_ms"], name="transaction_by_partner"),
            models.Index(fields=["partner_id", "subid", "created_ms"], name="transaction_by_subid"),
            models.Index(fields=["partner_id", "state", "created_ms"], name="transaction_of_partner_state"),
            models.Index(fields=["created_ms"], name="transaction_by_time"),
            models.Index(fields=["state", "test", "program_id"], name="transaction_by_state"),
            models.Index(fields=["program_id", "number"], name="transaction_by_program"),
            models.Index(fields=["program_id", "tid_key", "number"], name="transaction_by_tid_key"),
        ]

    def __str__(self) -> str:
        return gettext("Transaction %(number)s") % {"number": self.pk}

    @property
    def remaining_revenue_minor(self) -> int | None:
        """What the order is worth after its adjustments."""
        return None if self.revenue_minor is None else self.revenue_minor + self.adjusted_revenue_minor

    @property
    def remaining_commission_minor(self) -> int:
        return self.commission_minor + self.adjusted_commission_minor

    @property
    def is_adjusted(self) -> bool:
        return bool(self.adjusted_revenue_minor or self.adjusted_commission_minor)


class AdjustmentState(models.TextChoices):
    OPEN = "open", _("Open")
    SETTLED = "settled", _("Settled")
    VOIDED = "voided", _("Voided")
    SUPERSEDED = "superseded", _("Superseded")


class Adjustment(models.Model):
    """What a part return took back from a paid transaction, which stays as it was paid. `core/adjustment.py`."""

    id = models.BigAutoField(primary_key=True)
    transaction_number = models.BigIntegerField()
    revision = models.IntegerField()
    """Of the transaction when this was booked; with the transaction's number it names the adjustment."""
    program_id = models.BigIntegerField()
    partner_id = models.BigIntegerField()
    """Who was paid."""
    revenue_minor = models.BigIntegerField()
    """Negative; positive where an earlier adjustment took too much."""
    commission_minor = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=AdjustmentState.choices)
    test = models.BooleanField()
    at_ms = models.BigIntegerField()
    actor = models.TextField()
    reason = models.TextField()
    call_id = models.BigIntegerField(null=True)
    """The call that made it, or whose word was taken."""

    class Meta:
        db_table = "ledger_adjustment"
        constraints = [models.UniqueConstraint(fields=["transaction_number", "revision"], name="adjustment_once")]
        indexes = [
            models.Index(fields=["program_id", "id"], name="adjustment_by_program"),
            models.Index(fields=["partner_id", "id"], name="adjustment_by_partner"),
            models.Index(fields=["state", "id"], name="adjustment_by_state"),
        ]


class Move(models.Model):
    """One step in the life of a transaction: who, when, why."""

    id = models.BigAutoField(primary_key=True)
    transaction_number = models.BigIntegerField(db_index=True)
    at_ms = models.BigIntegerField()
    from_state = models.CharField(max_length=9)
    to_state = models.CharField(max_length=9)
    actor = models.TextField()
    reason = models.TextField()
    revision = models.IntegerField(db_default=0)
    """Of the transaction, after the move."""
    changes = models.TextField(db_default="")
    """JSON list of {"fact", "earlier", "later"} where more than the state has changed; or empty."""
    call_id = models.BigIntegerField(null=True)
    """The call that made it; null where a person did."""

    class Meta:
        db_table = "ledger_move"


class Measures(models.Model):
    """What every rollup counts. Cancelled transactions are taken out again."""

    clicks_gross = models.BigIntegerField(default=0)
    clicks_net = models.BigIntegerField(default=0)
    clicks_bot = models.BigIntegerField(default=0)
    """Bots and prefetches."""
    clicks_refused = models.BigIntegerField(default=0)
    transactions = models.BigIntegerField(default=0)
    revenue_minor = models.BigIntegerField(default=0)
    commission_minor = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class RollupHour(Measures):
    """By hour (quarter-hour where the program's zone needs it), UTC."""

    pk = models.CompositePrimaryKey("bucket_s", "program_id", "partner_id", "creative_id", "product_id")
    bucket_s = models.BigIntegerField()
    program_id = models.BigIntegerField()
    partner_id = models.BigIntegerField()
    creative_id = models.BigIntegerField()
    product_id = models.BigIntegerField()
    """Of a click: its creative's product, else the program's default; 0 where there is none."""

    class Meta:
        db_table = "ledger_rollup_hour"


class RollupDay(Measures):
    """The hours of a day of the program's zone."""

    pk = models.CompositePrimaryKey("program_id", "day", "partner_id", "creative_id", "product_id")
    program_id = models.BigIntegerField()
    day = models.IntegerField()
    """Days since 1970."""
    partner_id = models.BigIntegerField()
    creative_id = models.BigIntegerField()
    product_id = models.BigIntegerField()

    class Meta:
        db_table = "ledger_rollup_day"
        indexes = [models.Index(fields=["partner_id", "day"], name="rollup_day_by_partner")]


class RollupMonth(Measures):
    """The days of a month."""

    pk = models.CompositePrimaryKey("program_id", "month", "partner_id", "creative_id", "product_id")
    program_id = models.BigIntegerField()
    month = models.IntegerField()
    """Months since the year 0."""
    partner_id = models.BigIntegerField()
    creative_id = models.BigIntegerField()
    product_id = models.BigIntegerField()

    class Meta:
        db_table = "ledger_rollup_month"
        indexes = [models.Index(fields=["partner_id", "month"], name="rollup_month_by_partner")]


class RollupProgram(Measures):
    """All of a program in one row a day, but for the test partner's."""

    pk = models.CompositePrimaryKey("program_id", "day")
    program_id = models.BigIntegerField()
    day = models.IntegerField()

    class Meta:
        db_table = "ledger_rollup_program"


class RollupSubid(Measures):
    """By day of the program's zone; at most 1,000 subids a partner and day, the rest in `other`."""

    pk = models.CompositePrimaryKey("day", "program_id", "partner_id", "other", "subid")
    day = models.IntegerField()
    program_id = models.BigIntegerField()
    partner_id = models.BigIntegerField()
    other = models.BooleanField()
    subid = models.TextField()

    class Meta:
        db_table = "ledger_rollup_subid"


class RollupReferrer(Measures):
    """By day of the program's zone; at most 1,000 hosts a partner and day, the rest in `other`."""

    pk = models.CompositePrimaryKey("day", "program_id", "partner_id", "other", "host")
    day = models.IntegerField()
    program_id = models.BigIntegerField()
    partner_id = models.BigIntegerField()
    other = models.BooleanField()
    host = models.TextField()

    class Meta:
        db_table = "ledger_rollup_referrer"


class JournalCursor(models.Model):
    """How far the engine has read each journal file. Moves with the rows it read."""

    identity = models.CharField(max_length=32, primary_key=True)
    node = models.PositiveSmallIntegerField(db_index=True)
    name = models.TextField()
    seq = models.BigIntegerField()
    sealed = models.BooleanField()
    """Read past its seal: nothing more will come."""
    finished_ms = models.BigIntegerField(null=True)

    class Meta:
        db_table = "ledger_journal_cursor"


class EngineState(models.Model):
    """One row. The epoch is taken at start; a commit of an older epoch changes nothing."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.BigIntegerField(default=0)
    next_transaction = models.BigIntegerField(default=1)
    next_order = models.BigIntegerField(default=1)
    applied_ms = models.BigIntegerField(default=0)
    cuts = models.TextField(default="{}")
    """JSON object: up to which row each kind of personal data has been cut (`engine/privacy.py`)."""

    class Meta:
        db_table = "ledger_engine_state"


class SetAside(models.Model):
    """An event or batch that could not be stored: kept whole, with a note; the rest went on."""

    id = models.BigAutoField(primary_key=True)
    identity = models.CharField(max_length=32)
    seq = models.BigIntegerField()
    position = models.IntegerField()
    note = models.TextField()
    body = models.BinaryField()
    at_ms = models.BigIntegerField()

    class Meta:
        db_table = "ledger_set_aside"
        verbose_name = _("event set aside")
        verbose_name_plural = _("set aside")
        constraints = [models.UniqueConstraint(fields=["identity", "seq", "position"], name="set_aside_once")]
