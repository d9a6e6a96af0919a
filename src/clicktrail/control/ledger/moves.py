"""Move a transaction, or change what it says: one function each, for console, API, reconciling and replay.

Each is one conditional update (where the revision is the one seen) with its line of history, its change of
the sums and its deliveries in one transaction: of two people who press at once one is told that the other
was quicker, and totals never count a transaction twice.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from clicktrail.control.ledger import adjustmentrow, transactionrow
from clicktrail.control.outbox import put as outbox
from clicktrail.core import adjustment, refusals, telling
from clicktrail.core.case import Earlier, Facts, difference
from clicktrail.core.catalog import Rate
from clicktrail.core.lifecycle import CANCELLED, after, counts
from clicktrail.core.periods import MAX_ROWS_OF_VALUES, bucket_s, day_of, month_of
from clicktrail.core.repeat import ADJUSTABLE, REDUCIBLE, differences, recalculated_by, reduced
from clicktrail.core.tongue import say

SEEN = (
    f"SELECT {', '.join('t.' + name for name in transactionrow.COLUMNS)}, t.program_id, t.tid, t.currency, "  # noqa: S608
    "t.decimals, p.time_zone FROM ledger_transaction t LEFT JOIN catalog_program p ON p.id = t.program_id "
    "WHERE t.number = %s"
)
UPDATE = (
    f"UPDATE ledger_transaction SET {', '.join(f'{name} = %s' for name in transactionrow.CHANGED)} "  # noqa: S608
    "WHERE number = %s AND revision = %s"
)
HISTORY = (
    "INSERT INTO ledger_move (transaction_number, at_ms, from_state, to_state, actor, reason, revision, changes, "
    "call_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
EXACT = (
    "subid", "creative", "host", "clickid", "click_id", "product_id", "percent_ppm", "fixed_minor", "test",
    "clicked_ms", "adjusted_revenue_minor", "adjusted_commission_minor",
)  # fmt: skip
"""Facts of a transaction that a line of history keeps for a rebuilt ledger."""
BOOK = (
    f"INSERT INTO ledger_adjustment ({', '.join(adjustmentrow.COLUMNS)}) "  # noqa: S608
    f"VALUES ({', '.join(['%s'] * len(adjustmentrow.COLUMNS))})"
)
FOLLOW = "UPDATE ledger_adjustment SET state = %s WHERE transaction_number = %s AND state = %s"
ENTRY = (
    "SELECT revenue_minor, commission_minor, state FROM ledger_adjustment "
    "WHERE transaction_number = %s AND revision = %s"
)
MOVE_ENTRY = "UPDATE ledger_adjustment SET state = %s WHERE transaction_number = %s AND revision = %s AND state = %s"
MEASURES = ("transactions", "revenue_minor", "commission_minor")


@dataclass(frozen=True, slots=True)
class Moved:
    number: int
    from_state: str
    to_state: str
    differences: tuple[Facts, ...] = ()
    """What changed beside the state."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The sentence says why nothing was changed."""

    number: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Order:
    """What of a transaction never changes."""

    program: int
    tid: str
    currency: str
    decimals: int
    time_zone: str | None
    """None where the program is not in the catalog any more."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Who changes something, and why."""

    actor: str
    reason: str
    now_ms: int
    call_id: int | None = None
    """The call whose word is taken, where it is one's."""


Decide = Callable[[Earlier], Earlier | str]
"""What the transaction is to become, or a sentence that says why nothing is to change."""


def move(
    connection: BaseDatabaseWrapper, number: int, verb: str, actor: str, reason: str, now_ms: int
) -> Moved | Refused:
    """verb: one of `core.lifecycle.VERBS`. Raises what the database raises."""

    def decide(seen: Earlier) -> Earlier | str:
        state = after(seen.state, verb)
        if state is None:
            return say(refusals.NO_MOVE, number=number, state=say(seen.state), verb=say(verb))
        return replace(seen, state=state)

    return change(connection, number, decide, Deed(actor, reason, now_ms))


def reduce(
    connection: BaseDatabaseWrapper, number: int, revenue_minor: int, actor: str, reason: str, now_ms: int
) -> Moved | Refused:
    """A part of the order is cancelled: its net revenue becomes smaller, its commission follows by its own rate.

    Of a paid transaction an adjustment is booked; it stays as it was paid.
    """

    def decide(seen: Earlier) -> Earlier | str:
        if seen.state not in (*REDUCIBLE, *ADJUSTABLE):
            return say(refusals.SETTLED, number=number, state=say(seen.state))
        if seen.remaining_revenue_minor is None:
            return say(refusals.NO_REVENUE, number=number)
        if not 0 <= revenue_minor < seen.remaining_revenue_minor:
            return say(refusals.NOT_BELOW, number=number)
        return reduced(seen, revenue_minor)

    return change(connection, number, decide, Deed(actor, reason, now_ms))


def recalculated(seen: Earlier, rate: Rate) -> Earlier:
    """The transaction with another rate, and the commission that its revenue earns by it."""
    rated = replace(seen, percent_ppm=rate.percent_ppm, fixed_minor=rate.fixed_minor)
    if rate.percent_ppm is None:
        return replace(rated, commission_minor=(rate.fixed_minor or 0) - seen.adjusted_commission_minor)
    return recalculated_by(rated, seen.remaining_revenue_minor)


@dataclass(frozen=True, slots=True)
class EntryMove:
    """An adjustment of the transaction goes from one state to another."""

    revision: int
    """The transaction's when it was booked."""
    before: str
    now: str

    @property
    def fact(self) -> Facts:
        return adjustment.moved_fact(self.revision, self.before, self.now)


def move_adjustment(
    connection: BaseDatabaseWrapper, number: int, revision: int, verb: str, actor: str, reason: str, now_ms: int
) -> Moved | Refused:
    """verb: one of `core.adjustment.VERBS`; revision: of the transaction when the adjustment was booked."""
    with connection.cursor() as cursor:
        cursor.execute(ENTRY, [number, revision])
        row = cursor.fetchone()
    if row is None:
        return Refused(number, say(refusals.NO_ADJUSTMENT, number=number, revision=revision))
    revenue_minor, commission_minor, before = row
    state = adjustment.after(before, verb) if verb in adjustment.VERBS else None
    if state is None:
        return Refused(number, say(refusals.NO_ENTRY_MOVE, number=number, state=say(before), verb=say(verb)))

    def decide(seen: Earlier) -> Earlier | str:
        if seen.state == CANCELLED:
            return say(refusals.ADJUSTMENTS_STAND, number=number)
        found = adjustment.void(seen, revenue_minor, commission_minor) if verb == adjustment.VOID else seen
        return say(refusals.NOT_VOIDED, number=number) if found is None else found

    return change(connection, number, decide, Deed(actor, reason, now_ms), EntryMove(revision, before, state))


def change(
    connection: BaseDatabaseWrapper, number: int, decide: Decide, deed: Deed, entry: EntryMove | None = None
) -> Moved | Refused:
    """All of it happens, or nothing. Raises what the database raises.

    A change of what a paid transaction has been adjusted by is booked, unless it follows from a move of `entry`.
    """
    try:
        return _change(connection, number, decide, deed, entry)
    except _SumOutOfRange:
        return Refused(number, say(refusals.SUM_OUT_OF_RANGE, number=number))


class _SumOutOfRange(Exception):
    """A sum would leave the 64 bits of its column."""


def _change(
    connection: BaseDatabaseWrapper, number: int, decide: Decide, deed: Deed, entry: EntryMove | None
) -> Moved | Refused:
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(SEEN, [number])
        row = cursor.fetchone()
        if row is None:
            return Refused(number, say(refusals.UNKNOWN, number=number))
        seen, order = (
            transactionrow.read(row[: len(transactionrow.COLUMNS)]),
            Order(*row[len(transactionrow.COLUMNS) :]),
        )
        decided = decide(seen)
        if isinstance(decided, str):
            return Refused(number, decided)
        # Later than what was said before, also where a shop's clock is ahead: its old call, sent again, is stale.
        stamp_ms = max(seen.stamp_ms + 1, deed.now_ms)
        now = replace(decided, revision=seen.revision + 1, stamp_ms=stamp_ms)
        cursor.execute(UPDATE, [*transactionrow.values(now), number, seen.revision])
        if cursor.rowcount != 1:
            return Refused(number, say(refusals.QUICKER, number=number))
        if not _adjust(cursor, order, seen, now, deed, entry):
            transaction.set_rollback(True, using=connection.alias)
            return Refused(number, say(refusals.QUICKER, number=number))
        found = tuple(d for d in differences(seen, now) if d["fact"] != "status")
        moved = Moved(number, seen.state, now.state, (entry.fact, *found) if entry else found)
        _write_history(cursor, moved, _exactly(seen, now), now.revision, deed)
        try:
            _change_sums(cursor, order, seen, now)
        except (DataError, IntegrityError, OverflowError) as fault:
            raise _SumOutOfRange from fault
        if entry is None or found:
            told = telling.Order(order.program, order.tid, order.currency, order.decimals)
            outbox.tell_change(cursor, seen, now, told, deed.now_ms)
    return moved


def _adjust(cursor: Any, order: Order, seen: Earlier, now: Earlier, deed: Deed, entry: EntryMove | None) -> bool:
    """Book an adjustment, move one, or take all along with the transaction; False where somebody was quicker."""
    if entry is not None:
        cursor.execute(MOVE_ENTRY, [entry.now, now.number, entry.revision, entry.before])
        return bool(cursor.rowcount == 1)
    row = adjustmentrow.booked_row(seen, now, order.program, deed.now_ms, deed.actor, deed.reason, deed.call_id)
    if row is not None:
        cursor.execute(BOOK, row)
    following = adjustmentrow.follow_row(seen, now)
    if following is not None:
        cursor.execute(FOLLOW, following)
    return True


def facts_said(changes: str) -> list[Facts]:
    """What a line of history says to a person: {"fact", "earlier", "later"} of what changed beside the state."""
    return [each for each in json.loads(changes or "[]") if each["fact"] not in EXACT]


def entry_move(said: list[Facts]) -> EntryMove | None:
    """The move of an adjustment that a line of history keeps; None where it is no such line."""
    found = next((each for each in said if each["fact"] == adjustment.FACT), None)
    return EntryMove(found["entry"], found["earlier"], found["later"]) if found else None


def again(seen: Earlier, state: str, said: list[Facts]) -> Earlier:
    """The transaction with what a line of history says of it; for a ledger that is rebuilt."""
    later = {each["fact"]: each["later"] for each in said}
    return replace(
        replace(seen, **{name: later[name] for name in EXACT if name in later}),
        state=state,
        partner=later.get("partner", seen.partner),
        product=later.get("product", seen.product),
        revenue_minor=later.get("amount", seen.revenue_minor),
        commission_minor=later.get("commission", seen.commission_minor),
    )


def _exactly(seen: Earlier, now: Earlier) -> list[Facts]:
    """What changed beside what a person reads; never a referrer, which is somebody's own."""
    pairs = [(name, getattr(seen, name), getattr(now, name)) for name in EXACT]
    return [difference(name, before, later) for name, before, later in pairs if before != later]


def _write_history(cursor: Any, moved: Moved, exactly: list[Facts], revision: int, deed: Deed) -> None:
    said = [*moved.differences, *exactly]
    changes = json.dumps(said, ensure_ascii=False) if said else ""
    cursor.execute(
        HISTORY,
        [moved.number, deed.now_ms, moved.from_state, moved.to_state, deed.actor, deed.reason, revision, changes,
         deed.call_id],
    )  # fmt: skip


def _change_sums(cursor: Any, order: Order, before: Earlier, after: Earlier) -> None:
    """Out of the sums as it stood, into them as it stands: what the engine adds when a transaction is created.

    Table by table and in the order of their keys, as the engine does: in another order the two could wait for each
    other for ever.
    """
    from clicktrail.control.catalog.compile import rollup_minutes

    zone = order.time_zone or "UTC"
    minutes = rollup_minutes(zone)
    counted = [(sign, row) for sign, row in ((-1, before), (1, after)) if counts(row.state) and not row.test]
    counted.sort(key=lambda each: (each[1].partner, each[1].creative, each[1].product_id))
    for table in ("hour", "day", "month", "program"):
        for sign, row in counted:
            _add(
                cursor, f"ledger_rollup_{table}", _place(table, order.program, row, zone, minutes), _measures(sign, row)
            )
    for name, value in (("subid", "subid"), ("referrer", "host")):
        for sign, row in sorted(counted, key=lambda each: (each[1].partner, getattr(each[1], value))):
            day = {"day": day_of(zone, row.created_ms), "program_id": order.program, "partner_id": row.partner}
            _add_value(cursor, f"ledger_rollup_{name}", day, {value: getattr(row, value)}, _measures(sign, row))


def _place(table: str, program: int, row: Earlier, zone: str, minutes: int) -> dict[str, Any]:
    """The key of the row in which the transaction is counted."""
    day = day_of(zone, row.created_ms)
    if table == "program":
        return {"program_id": program, "day": day}
    periods = {"hour": ("bucket_s", bucket_s(row.created_ms, minutes)), "day": ("day", day)}
    name, value = periods.get(table, ("month", month_of(day)))
    place = {"program_id": program, "partner_id": row.partner, "creative_id": row.creative}
    return {name: value, **place, "product_id": row.product_id}


def _measures(sign: int, row: Earlier) -> list[int]:
    return [sign, sign * (row.remaining_revenue_minor or 0), sign * row.remaining_commission_minor]


def _add_value(cursor: Any, table: str, day: dict[str, Any], value: dict[str, str], change: list[int]) -> None:
    """Into the row that the value has, or gets where there is room for one more; else into `other`.

    As the engine does it, and rows are never deleted: so what is taken out again finds the row that it was added to.
    """
    own = day | {"other": False, **value}
    if _update(cursor, table, own, change):
        return
    has_room = change[0] > 0 and _rows(cursor, table, day | {"other": False}) < MAX_ROWS_OF_VALUES
    _add(cursor, table, own if has_room else day | {"other": True, **dict.fromkeys(value, "")}, change)


def _rows(cursor: Any, table: str, key: dict[str, Any]) -> int:
    where = " AND ".join(f"{name} = %s" for name in key)
    cursor.execute(f"SELECT count(*) FROM {table} WHERE {where}", [*key.values()])  # noqa: S608
    return int(cursor.fetchone()[0])


def _add(cursor: Any, table: str, key: dict[str, Any], change: list[int]) -> None:
    if _update(cursor, table, key, change):
        return
    # The program's zone was edited since: the sum over all periods stays right.
    names = [*key, "clicks_gross", "clicks_net", "clicks_bot", "clicks_refused", *MEASURES]
    values = [*key.values(), 0, 0, 0, 0, *change]
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(values))}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {_sums(table)}",
        [*values, *change],
    )


def _update(cursor: Any, table: str, key: dict[str, Any], change: list[int]) -> bool:
    where = " AND ".join(f"{name} = %s" for name in key)
    cursor.execute(f"UPDATE {table} SET {_sums(table)} WHERE {where}", [*change, *key.values()])  # noqa: S608
    return bool(cursor.rowcount)


def _sums(table: str) -> str:
    return ", ".join(f"{name} = {table}.{name} + %s" for name in MEASURES)
