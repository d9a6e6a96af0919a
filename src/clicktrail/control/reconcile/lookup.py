"""What the ledger knows of many orders at once: set-based, never a query for each line."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from django.db.backends.base.base import BaseDatabaseWrapper

from clicktrail.control.reconcile.causes import Seen
from clicktrail.control.reconcile.classes import Ours
from clicktrail.control.reconcile.listed import House
from clicktrail.control.reconcile.sentences import told
from clicktrail.core import explain, reasons
from clicktrail.core.clickid import first_id
from clicktrail.core.money import AmountError, parse_amount
from clicktrail.core.periods import day_of
from clicktrail.core.tongue import mark

BATCH = 500
"""Values in one question: far below what either database takes."""
PAGE_ROWS = 5000
MAX_PERIOD_ROWS = 1_000_000
"""Transactions of the period of one list."""
MAX_CALLS = 20_000
"""Discarded calls of the period that are searched for nearly equal order numbers."""

COLUMNS = (
    "number, tid, revenue_minor + adjusted_revenue_minor, commission_minor + adjusted_commission_minor, state, manual, "
    "test, created_ms"
)
"""Revenue and commission are what remains after adjustments."""
BY_TID = f"SELECT {COLUMNS} FROM ledger_transaction WHERE program_id = %s AND tid IN ({{}})"  # noqa: S608
BY_NUMBER = f"SELECT {COLUMNS} FROM ledger_transaction WHERE program_id = %s AND number IN ({{}})"  # noqa: S608
OF_PERIOD = (
    f"SELECT {COLUMNS} FROM ledger_transaction WHERE program_id = %s AND NOT test AND created_ms < %s "  # noqa: S608
    "AND (created_ms, number) > (%s, %s) ORDER BY created_ms, number LIMIT %s"
)
ELSEWHERE = "SELECT tid, program_id FROM ledger_transaction WHERE program_id = %s AND tid IN ({})"
CALLS = (
    "SELECT tid, id, at_ms, reason, facts, amount, transaction_number FROM ledger_postback "
    "WHERE program_id = %s AND tid IN ({}) AND reason NOT IN ('saved', 'duplicate', 'updated') ORDER BY id"
)
DISCARDED = (
    "SELECT tid, id, at_ms, reason, facts, amount, transaction_number FROM ledger_postback "
    "WHERE id >= %s AND id < %s AND program_id = %s AND NOT saved "
    "AND reason NOT IN ('duplicate', 'conflict', 'updated') "
    "ORDER BY id LIMIT %s"
)

Item = TypeVar("Item")
Tick = Callable[[int], None]
"""Hears how many of the items have been looked up."""


class TooMany(ValueError):
    """The period holds more than can be compared at once."""


class Lookup:
    """Questions about one program."""

    def __init__(self, connection: BaseDatabaseWrapper, program: int, house: House) -> None:
        self._connection, self._program, self._house = connection, program, house

    def by_tid(self, tids: Iterable[str], tick: Tick) -> dict[str, Ours]:
        return {ours.tid: ours for ours in map(self._ours, self._batched(BY_TID, list(tids), tick))}

    def by_number(self, numbers: Iterable[int], tick: Tick) -> dict[int, Ours]:
        return {ours.number: ours for ours in map(self._ours, self._batched(BY_NUMBER, list(numbers), tick))}

    def period(self, first_ms: int, end_ms: int, tick: Tick) -> Iterator[Ours]:
        """Without tests. Raises TooMany."""
        after, seen = (first_ms - 1, 1 << 62), 0
        while rows := self._rows(OF_PERIOD, [self._program, end_ms, *after, PAGE_ROWS]):
            seen += len(rows)
            if seen > MAX_PERIOD_ROWS:
                raise TooMany(
                    told(
                        mark("The period holds more than {count} transactions: name a shorter one."),
                        count=MAX_PERIOD_ROWS,
                    )
                )
            tick(0)
            yield from map(self._ours, rows)
            after = (rows[-1][7], rows[-1][0])

    def calls(self, tids: Iterable[str], tick: Tick) -> dict[str, list[Seen]]:
        """Order number -> its calls that created nothing, oldest first."""
        found: defaultdict[str, list[Seen]] = defaultdict(list)
        for tid, *rest in self._batched(CALLS, list(tids), tick):
            found[tid].append(self._seen(*rest))
        return found

    def discarded(self, first_ms: int, end_ms: int) -> list[tuple[str, Seen]]:
        values = [first_id(max(0, first_ms)), first_id(max(0, end_ms)), self._program, MAX_CALLS]
        return [(tid, self._seen(*rest)) for tid, *rest in self._rows(DISCARDED, values) if tid]

    def elsewhere(self, tids: Iterable[str], programs: Iterable[int], tick: Tick) -> dict[str, int]:
        """Order number -> another program that has it."""
        found: dict[str, int] = {}
        wanted = list(tids)
        for program in programs:
            found |= dict(self._batched(ELSEWHERE, wanted, tick, program))
        return found

    def spelled(self, tids: Iterable[str], tick: Tick) -> dict[str, str]:
        """Order number -> another spelling of it that has a transaction."""
        variants = {variant: tid for tid in tids for variant in _spellings(tid)}
        return {variants[tid]: tid for tid, _ in self._batched(ELSEWHERE, list(variants), tick)}

    def _batched(self, sql: str, items: Sequence[Item], tick: Tick, program: int = 0) -> Iterator[Sequence[Any]]:
        for start in range(0, len(items), BATCH):
            part = items[start : start + BATCH]
            yield from self._rows(sql.format(", ".join(["%s"] * len(part))), [program or self._program, *part])
            tick(start + len(part))

    def _rows(self, sql: str, values: Sequence[Any]) -> list[Any]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    def _ours(self, row: Sequence[Any]) -> Ours:
        number, tid, revenue, commission, state, manual, test, created_ms = row
        day = day_of(self._house.time_zone, created_ms)
        return Ours(number, tid, revenue, commission, state, bool(manual), bool(test), created_ms, day)

    def _seen(self, call: int, at_ms: int, reason: str, facts: str, amount: str, number: int | None) -> Seen:
        sentence = explain.operator_sentence(reason, json.loads(facts or "{}"), number)
        return Seen(at_ms, reason, sentence, self._minor(amount) if reason == reasons.CONFLICT else None, call)

    def _minor(self, amount: str) -> int | None:
        try:
            return parse_amount(amount, self._house.decimals)
        except AmountError:
            return None


def _spellings(tid: str) -> set[str]:
    bare = tid.lstrip("#0 ")
    return {tid.upper(), tid.lower(), bare, f"#{bare}", tid.replace(" ", ""), tid.replace("-", "")} - {tid, ""}
