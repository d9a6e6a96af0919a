"""How many orders each program had in each quarter of an hour of the last weeks, kept in memory.

Read once at start, a day at a time by the index on time; then each round reads only what has
come in since, by its number. So a round costs the same on a ledger of any size. Orders of the
test partner, and those that people created by hand, say nothing about a shop.
"""

from array import array
from collections.abc import Iterable

from django.db.models import Count, F, Max

from clicktrail.control.alarms.silence import DAY_MS, MAX_SILENCE_MS, MAX_WEEKS, WEEK_MS
from clicktrail.control.ledger.models import Transaction

QUARTER_MS = 15 * 60_000
KEPT_MS = MAX_SILENCE_MS + (MAX_WEEKS + 1) * WEEK_MS
"""Far enough back for the longest silence and the weeks before it."""
MAX_NEW = 50_000
"""Orders taken in at once; the rest comes with the next round."""


class History:
    def __init__(self) -> None:
        self._base = 0
        self._last_number = -1
        self._counts: dict[int, array[int]] = {}
        self.last_ms: dict[int, int] = {}
        """Program -> its latest order."""
        self.first_ms: dict[int, int] = {}
        """Program -> its first order, or where the memory begins."""

    def refresh(self, now_ms: int) -> None:
        if self._last_number < 0 or now_ms // QUARTER_MS - self._base > (KEPT_MS + WEEK_MS) // QUARTER_MS:
            self._load(now_ms)
        rows = Transaction.objects.filter(number__gt=self._last_number).order_by("number")
        for number, program, at_ms, test, manual in rows.values_list(
            "number", "program_id", "created_ms", "test", "manual"
        )[:MAX_NEW]:
            self._last_number = number
            if not (test or manual):
                self._add(program, at_ms // QUARTER_MS, 1, min(at_ms, now_ms), now_ms)

    def sum(self, program: int, begin_ms: int, end_ms: int) -> float:
        """Orders in a stretch of time; of a quarter that lies in it partly, its part."""
        counts = self._counts.get(program)
        if counts is None or end_ms <= begin_ms:
            return 0.0
        first, last = begin_ms // QUARTER_MS - self._base, end_ms // QUARTER_MS - self._base
        whole = float(sum(counts[max(first, 0) : max(last, 0)]))
        whole -= _at(counts, first) * (begin_ms % QUARTER_MS) / QUARTER_MS
        return whole + _at(counts, last) * (end_ms % QUARTER_MS) / QUARTER_MS

    def _load(self, now_ms: int) -> None:
        """A day at a time: no read lasts long, so the ledger's log can be folded back meanwhile."""
        self._base = (now_ms - KEPT_MS) // QUARTER_MS
        self._counts, self.last_ms, self.first_ms = {}, {}, {}
        self._last_number = Transaction.objects.aggregate(last=Max("number"))["last"] or 0
        begin_ms = self._base * QUARTER_MS
        while begin_ms <= now_ms:
            for program, quarter, number, last_ms in _counted(begin_ms, begin_ms + DAY_MS, self._last_number):
                self._add(program, quarter, number, min(last_ms, now_ms), now_ms)
            begin_ms += DAY_MS

    def _add(self, program: int, quarter: int, number: int, last_ms: int, now_ms: int) -> None:
        place = quarter - self._base
        if place < 0 or quarter > now_ms // QUARTER_MS:
            return
        counts = self._counts.setdefault(program, array("L"))
        if place >= len(counts):
            counts.extend([0] * (place + 1 - len(counts)))
        counts[place] += number
        self.last_ms[program] = max(last_ms, self.last_ms.get(program, 0))
        self.first_ms[program] = min(quarter * QUARTER_MS, self.first_ms.get(program, last_ms))


def _counted(begin_ms: int, end_ms: int, last_number: int) -> Iterable[tuple[int, int, int, int]]:
    """(program, quarter, orders, the latest) of a day."""
    rows = Transaction.objects.filter(
        created_ms__gte=begin_ms, created_ms__lt=end_ms, number__lte=last_number, test=False, manual=False
    )
    by_quarter = rows.annotate(quarter=F("created_ms") / QUARTER_MS).values("program_id", "quarter").order_by()
    return by_quarter.annotate(orders=Count("number"), last=Max("created_ms")).values_list(
        "program_id", "quarter", "orders", "last"
    )


def _at(counts: "array[int]", place: int) -> int:
    return counts[place] if 0 <= place < len(counts) else 0
