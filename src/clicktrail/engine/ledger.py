"""The engine's own door to the ledger: what it reads, and the one transaction it writes.

Two implementations, `sql_sqlite.py` and `sql_postgres.py`, with identical insides; the
tests run on both. Look-ups happen before the transaction: only the engine adds rows to
these tables, and the fence in `write` makes a commit fail once another engine has begun.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from clicktrail.control.ledger import adjustmentrow, transactionrow
from clicktrail.core import receivers
from clicktrail.core.periods import REGULAR_DAYS
from clicktrail.errors import LedgerError

Row = tuple[Any, ...]


def named(text: str) -> list[str]:
    """Column names, in the order of a row."""
    return text.split()


CLICK = named(
    "id tail at_ms day program_id partner_id creative_id target subid outcome bot prefetch counted net visitor "
    "referrer_host referrer ip user_agent extra"
)
POSTBACK = named(
    "id at_ms method source actor program_id tid clickid click_id pid subid wmid product amount nocheck params fault "
    "ip user_agent referrer proofs again_id arrived_ms reason facts saved transaction_number judged_order judged_ms "
    "catalog_version conflict_group in_inbox"
)
VERDICT = named(
    "reason facts saved transaction_number judged_order judged_ms catalog_version conflict_group in_inbox id"
)
TRANSACTION = named(
    "number program_id tid partner_id subid creative_id referrer referrer_host clickid click_id product_id product "
    "revenue_minor commission_minor percent_ppm fixed_minor currency decimals state test manual postback_id clicked_ms "
    "created_ms trusted held_for stamp_ms revision tid_key"
)
CHANGE = list(transactionrow.CHANGED)
"""Columns that a trusted call may change; a row has the number and the revision seen behind them."""
MOVE = named("transaction_number at_ms from_state to_state actor reason revision changes call_id")
ADJUSTMENT = list(adjustmentrow.COLUMNS)
FOLLOW = named("state transaction_number state_before")
"""Adjustments that a move of their transaction takes along."""
MEASURES = named("clicks_gross clicks_net clicks_bot clicks_refused transactions revenue_minor commission_minor")
HOUR = named("bucket_s program_id partner_id creative_id product_id")
DAY = named("program_id day partner_id creative_id product_id")
MONTH = named("program_id month partner_id creative_id product_id")
PROGRAM = named("program_id day")
SUBID = named("day program_id partner_id other subid")
REFERRER = named("day program_id partner_id other host")
CURSOR = named("identity node name seq sealed finished_ms")
IMPORTED = named("clickid click_id")
CONFLICT_GROUP = named("key program_id click_id network hour_ms count first_ms last_ms newest_id")
SET_ASIDE = named("identity seq position note body at_ms")
DELIVERY = list(receivers.DELIVERY)

WAITING = named(
    "id at_ms click_id method source actor params fault ip user_agent referrer catalog_version proofs again_id "
    "arrived_ms"
)
"""Columns of a waiting call: what it takes to judge it after a restart."""
CLICK_FACTS = named(
    "id tail at_ms program_id partner_id creative_id subid referrer_host referrer outcome prefetch counted bot"
)
"""Columns of a click that a verdict may need."""
EARLIER = ["program_id", "tid", *transactionrow.COLUMNS]
"""Columns of a transaction against which a later call is held."""


class Busy(LedgerError):
    """Somebody else writes; nothing was begun, the same unit may be written again."""


class Trouble(LedgerError):
    """Out of reach, gone, full: whether the unit was committed is unknown. Connect anew and read where we stand."""


class Refused(LedgerError):
    """The database does not take a value of this unit; nothing of it was stored."""


class Fenced(LedgerError):
    """Another engine has begun; this one must not commit any more."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a journal file has been read; `seq` of its last applied row, the seal included."""

    identity: str
    node: int
    name: str
    seq: int
    sealed: bool
    finished_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """The row of EngineState: counters that only the engine of this epoch may move."""

    epoch: int
    next_transaction: int
    next_order: int


@dataclass(slots=True)
class Sums:
    """Rows to add to the rollups, each list in the order of its keys."""

    hours: list[Row] = field(default_factory=list)
    days: list[Row] = field(default_factory=list)
    months: list[Row] = field(default_factory=list)
    programs: list[Row] = field(default_factory=list)
    """By day; without the test partner."""
    subids: list[Row] = field(default_factory=list)
    referrers: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Unit:
    """What one transaction stores: all of it, or nothing."""

    numbers: Numbers
    applied_ms: int
    clicks: list[Row] = field(default_factory=list)
    named: list[int] = field(default_factory=list)
    """Prefetched clicks that an order named: from now on they count."""
    transactions: list[Row] = field(default_factory=list)
    postbacks: list[Row] = field(default_factory=list)
    verdicts: list[Row] = field(default_factory=list)
    """Final verdicts of calls that waited."""
    changes: list[Row] = field(default_factory=list)
    """Transactions that a trusted call changed, behind those that are new."""
    moves: list[Row] = field(default_factory=list)
    """Lines of history of the changes."""
    adjustments: list[Row] = field(default_factory=list)
    """Of paid transactions, that the changes book."""
    following: list[Row] = field(default_factory=list)
    """Adjustments that change their state with a transaction, behind those that are new."""
    sums: Sums = field(default_factory=Sums)
    cursors: list[Row] = field(default_factory=list)
    aside: list[Row] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    """Who is to be told; one that is there already stays as it is."""
    imported: list[Row] = field(default_factory=list)
    """Which ClickIDs of another system these clicks have."""
    conflict_groups: list[Row] = field(default_factory=list)
    """Conflicts to add to their groups; a group that has none in the inbox puts its `newest_id` there."""


class Ledger(Protocol):
    """All methods raise Trouble where the ledger is out of reach."""

    target_s: float
    """How long a transaction may last; the batch size follows it."""

    def connect(self) -> None:
        """Raises StartError where the database would forget what it has acknowledged."""

    def close(self) -> None: ...

    def take_over(self) -> Numbers:
        """Raise the epoch by one: every engine before this one is fenced off."""

    def numbers(self) -> Numbers: ...

    def cursors(self) -> dict[str, Cursor]: ...

    def waiting(self) -> list[Row]: ...

    def last_click(self) -> int:
        """The highest click id stored; 0 where there is none."""

    def last_postback(self) -> int: ...

    def visitors_since(self, id: int, limit: int) -> list[Row]:
        """(visitor, program, partner, at_ms) of net clicks, newest first."""

    def values(self, table: str, day: int, program: int, partner: int) -> set[str]:
        """Subids or hosts that have a row of their own. table: "subid" or "referrer"."""

    def regular_values(self, table: str, day: int, program: int, partner: int) -> set[str]:
        """Those of the REGULAR_DAYS before that earned most, then those that were there on most of these days."""

    def stored_clicks(self, ids: list[int]) -> set[int]: ...

    def stored_postbacks(self, ids: list[int]) -> set[int]: ...

    def clicks(self, ids: list[int]) -> list[Row]: ...

    def has_imported(self) -> bool:
        """Whether any ClickID of another system is known."""

    def imported(self, texts: list[str]) -> list[Row]:
        """(ClickID of another system, click) of those that are known."""

    def conflict_counts(self, keys: list[str]) -> dict[str, int]:
        """Group -> conflicts in it so far."""

    def earlier(self, keys: list[tuple[int, str]]) -> list[Row]: ...

    def similar(self, keys: list[tuple[int, str]], limit: int) -> list[Row]:
        """Rows of EARLIER for each (program, tid_key): the newest so many, by their numbers."""

    def verdicts(self, calls: list[int]) -> list[Row]:
        """(id, reason, facts, saved, transaction_number) of calls in the log."""

    def judged(self, calls: list[int]) -> dict[int, tuple[int | None, int]]:
        """call -> (order, catalog version) of its judging; no order: it waits."""

    def makers(self, numbers: list[int]) -> dict[int, int]:
        """transaction -> the call that created it."""

    def write(self, unit: Unit, dry: bool = False) -> bool:
        """Store the unit; False where an order had its transaction already, or it was changed: judge again.

        `dry` rolls back.

        Raises Busy, Refused, Fenced or Trouble.
        """

    def trial(self) -> AbstractContextManager[None]:
        """A transaction that is rolled back in any case: for `attempt`."""

    def attempt(self, make: Callable[[], Unit]) -> None:
        """Inside `trial`: make a unit out of look-ups and store it; it is there for later look-ups of the trial.

        Raises Refused, and then nothing of it is stored; or Fenced or Trouble.
        """

    def run(self, statement: str, values: Row = ()) -> int:
        """One statement, with `?` for values on both databases, as a transaction of its own; rows changed."""

    def run_many(self, statement: str, rows: list[Row]) -> None: ...

    def all(self, statement: str, values: Row = ()) -> list[Row]: ...

    def yield_to_others(self) -> None:
        """Leave others a moment, where they want one."""

    def checkpoint(self, *, idle: bool) -> None: ...


def regular(table: str) -> str:
    """The statement of `regular_values`, with `?` for the days, program, partner and number of values.

    Without sums: what is added up here must not leave 64 bits.
    """
    name = "subid" if table == "subid" else "host"
    return (
        f"SELECT {name} FROM ledger_rollup_{table} "  # noqa: S608
        f"WHERE day IN ({', '.join('?' * REGULAR_DAYS)}) AND program_id = ? AND partner_id = ? AND NOT other "
        f"GROUP BY {name} ORDER BY max(transactions) DESC, count(*) DESC, max(clicks_net) DESC LIMIT ?"
    )


def columns(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def add_up(table: str, key: list[str], values: str) -> str:
    """Insert sums, or add them to the row that is there. The same words on both databases."""
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in MEASURES)
    names = columns(key + MEASURES)
    return f"INSERT INTO {table} ({names}) {values} ON CONFLICT ({columns(key)}) DO UPDATE SET {sums}"  # noqa: S608


ADD_TO_GROUP = (
    "ON CONFLICT (key) DO UPDATE SET count = ledger_conflict_group.count + excluded.count, "
    "last_ms = excluded.last_ms, newest_id = excluded.newest_id"
)
UNLISTED = "SELECT newest_id FROM ledger_conflict_group WHERE listed_id IS NULL AND key"
"""Of groups without a call in the inbox, the call that goes there; followed by a list of keys."""
MOVE_CURSOR = (
    "ON CONFLICT (identity) DO UPDATE SET seq = excluded.seq, sealed = excluded.sealed, "
    "finished_ms = excluded.finished_ms, name = excluded.name"
)
