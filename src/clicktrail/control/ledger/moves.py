"""Move a transaction: confirm, cancel, reopen, pay. One function for console, API and replay.

A move is one conditional update (where the state is the one seen) with its line of history
and its change of the sums in one transaction: of two people who press at once one is told
that the other was quicker, and totals never count a transaction twice.
"""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from clicktrail.core.lifecycle import after, counts
from clicktrail.core.periods import bucket_s, day_of

SEEN = (
    "SELECT t.state, t.program_id, t.partner_id, t.creative_id, t.product_id, t.subid, t.referrer_host, "
    "t.revenue_minor, t.commission_minor, t.test, t.created_ms, p.time_zone "
    "FROM ledger_transaction t LEFT JOIN catalog_program p ON p.id = t.program_id WHERE t.number = %s"
)
UPDATE = "UPDATE ledger_transaction SET state = %s WHERE number = %s AND state = %s"
HISTORY = (
    "INSERT INTO ledger_move (transaction_number, at_ms, from_state, to_state, actor, reason) "
    "VALUES (%s, %s, %s, %s, %s, %s)"
)
MEASURES = ("transactions", "revenue_minor", "commission_minor")


@dataclass(frozen=True, slots=True)
class Moved:
    number: int
    from_state: str
    to_state: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The sentence says why nothing was changed."""

    number: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Seen:
    state: str
    program: int
    partner: int
    creative: int
    product: int
    subid: str
    host: str
    revenue_minor: int | None
    commission_minor: int
    test: bool
    created_ms: int
    time_zone: str | None
    """None where the program is not in the catalog any more."""


def move(
    connection: BaseDatabaseWrapper, number: int, verb: str, actor: str, reason: str, now_ms: int
) -> Moved | Refused:
    """All of it happens, or nothing. verb: one of `core.lifecycle.VERBS`. Raises what the database raises."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(SEEN, [number])
        row = cursor.fetchone()
        if row is None:
            return Refused(number, f"There is no transaction {number}.")
        seen = Seen(*row)
        to_state = after(seen.state, verb)
        if to_state is None:
            return Refused(number, f"Transaction {number} is {seen.state}; it cannot be moved by '{verb}'.")
        cursor.execute(UPDATE, [to_state, number, seen.state])
        if cursor.rowcount != 1:
            return Refused(number, f"Transaction {number} was moved by somebody else in the same moment; look again.")
        cursor.execute(HISTORY, [number, now_ms, seen.state, to_state, actor, reason])
        if counts(seen.state) != counts(to_state) and not seen.test:
            _change_sums(cursor, seen, 1 if counts(to_state) else -1)
    return Moved(number, seen.state, to_state)


def _change_sums(cursor: Any, seen: Seen, sign: int) -> None:
    """Take out of the sums, or put back, what the engine added when the transaction was created."""
    from clicktrail.control.catalog.compile import rollup_minutes

    zone = seen.time_zone or "UTC"
    change = [sign, sign * (seen.revenue_minor or 0), sign * seen.commission_minor]
    bucket = bucket_s(seen.created_ms, rollup_minutes(zone))
    hour = {"bucket_s": bucket, "program_id": seen.program, "partner_id": seen.partner}
    _add(cursor, "ledger_rollup_hour", hour | {"creative_id": seen.creative, "product_id": seen.product}, change)
    day = {"day": day_of(zone, seen.created_ms), "program_id": seen.program, "partner_id": seen.partner}
    _add_value(cursor, "ledger_rollup_subid", day, "subid", seen.subid, change)
    _add_value(cursor, "ledger_rollup_referrer", day, "host", seen.host, change)


def _add_value(cursor: Any, table: str, day: dict[str, Any], name: str, value: str, change: list[int]) -> None:
    """A value without a row of its own was counted in `other`, and rows are never deleted."""
    if not _update(cursor, table, day | {"other": False, name: value}, change):
        _add(cursor, table, day | {"other": True, name: ""}, change)


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
