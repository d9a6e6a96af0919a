"""Reports out of the rollups: clicks, transactions and money by day, hour, program, partner and so on.

Days and hours are those of each program's own zone. Money of two currencies is never added:
every row is of one currency. Cancelled transactions are in no sum, those on hold neither. What the
test partner sent is in none but where it is asked for: its clicks from the rollups, its orders,
which no rollup has, from the ledger itself.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from clicktrail.control.catalog.models import Creative, Product, Program
from clicktrail.control.ledger.models import Transaction
from clicktrail.control.reports import sources, zones
from clicktrail.core.catalog import TEST_PARTNER
from clicktrail.core.lifecycle import STATES, counts
from clicktrail.core.tongue import day_form, mark, say

PERIODS = ("hour", "day", "week", "month")
DIMENSIONS = (
    "day", "hour", "week", "month", "program", "partner", "creative", "product", "subid", "referrer",
)  # fmt: skip
MEASURES = sources.MEASURES
MAX_REPORT_ROWS = 10_000
MAX_REPORT_DAYS = 1100
MAX_GROUPS = 30_000
"""Rows that one question may take out of the ledger before they are folded."""
MAX_LARGEST = 200
"""Groups read to find the few largest: a value that several programs have is added up from them."""
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""Before and after them nothing was counted, and calendars come to their ends."""

_WITHOUT = {mark("hour"), mark("creative"), mark("product")}
"""What the sums by subid and by referrer do not know."""


class TooManyRows(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class Question:
    first: date
    last: date
    """Both included."""
    by: tuple[str, ...] = ()
    """Of DIMENSIONS; empty: one sum."""
    program: int | None = None
    partner: int | None = None
    creative: int | None = None
    product: int | None = None
    subid: str | None = None
    referrer: str | None = None
    programs: frozenset[int] | None = None
    """Those that whoever asks may see; None: every one."""
    currency: str | None = None
    """Only programs of this one."""
    tests: bool = False
    """The test partner's too. Who asks for that partner by number gets them anyway."""
    exact: bool = False
    """The database's own sums would overflow: see `ledger/exact.py`."""

    def names(self, dimension: str) -> bool:
        return dimension in self.by or getattr(self, dimension, None) is not None

    @property
    def fine(self) -> str:
        """Which of the two tables by value is asked; empty: none."""
        return next((name for name in ("subid", "referrer") if self.names(name)), "")

    @property
    def has_tests(self) -> bool:
        return self.tests or self.partner == TEST_PARTNER


@dataclass(slots=True)
class Row:
    values: dict[str, Any]
    """Dimension -> value: texts for hour, day, week and month, numbers, the subid, the referrer's host."""
    other: bool
    """All those subids or hosts of a busy day that have no row of their own."""
    currency: str
    sums: dict[str, int]


def check(question: Question) -> None:
    """Raise ValueError, with the mend, where the sums cannot answer."""
    if question.last < question.first:
        raise ValueError(say("The last day lies before the first one."))
    if question.first < FIRST_DAY or question.last > LAST_DAY:
        raise ValueError(
            say(
                "Ask for days from {first} to {last}.",
                first=FIRST_DAY.strftime(day_form()),
                last=LAST_DAY.strftime(day_form()),
            )
        )
    if (question.last - question.first).days >= MAX_REPORT_DAYS:
        raise ValueError(say("Ask for at most {count} days at once.", count=MAX_REPORT_DAYS))
    if question.names("subid") and question.names("referrer"):
        raise ValueError(say("Subids and referrers are added up apart from each other: ask for one of the two."))
    fine = question.fine
    wrong = sorted(name for name in _WITHOUT if fine and question.names(name))
    if wrong:
        raise ValueError(
            say("Sums by {one} know no {other}: leave one of the two out.", one=say(fine), other=say(wrong[0]))
        )


def report(question: Question) -> list[Row]:
    """Rows in the order of the dimensions asked for. Raises ValueError (see `check`) and TooManyRows."""
    check(question)
    programs = _programs(question)
    rows = _added(_counted(question, programs), MAX_REPORT_ROWS)
    return sorted(rows, key=lambda row: (*_order(row, question.by), row.currency))


def largest(question: Question, most: int) -> list[Row]:
    """The rows with most commission, then most net clicks, `most` of each currency: amounts of two are not compared."""
    check(question)
    programs = _programs(question)
    found = []
    for currency in sorted({program.currency for program in programs.values()}):
        members = {number: program for number, program in programs.items() if program.currency == currency}
        rows = _added(_counted(question, members, MAX_LARGEST, largest=True))
        named = [row for row in rows if not row.other and all(value not in ("", 0) for value in row.values.values())]
        named.sort(key=lambda row: (row.sums["commission_minor"], row.sums["clicks_net"]), reverse=True)
        found += named[:most]
    return found


def joined(rows: Iterable[Row], by: tuple[str, ...]) -> list[Row]:
    """The rows of several questions by the same dimensions as those of one."""
    return sorted(_added(rows), key=lambda row: (*_order(row, by), row.currency))


def totals(rows: list[Row]) -> list[Row]:
    """One row for each currency."""
    return sorted(_added(Row({}, False, row.currency, dict(row.sums)) for row in rows), key=lambda row: row.currency)


def _programs(question: Question) -> dict[int, Program]:
    """Those that the answer can be about: a creative, and a product, belongs to one."""
    rows = Program.objects.only("time_zone", "currency")
    if question.programs is not None:
        rows = rows.filter(pk__in=question.programs)
    if question.program is not None:
        rows = rows.filter(pk=question.program)
    if question.currency is not None:
        rows = rows.filter(currency=question.currency)
    for model, number in ((Creative, question.creative), (Product, question.product)):
        # What was deleted has its figures still; nobody knows of which program.
        home = model.objects.filter(pk=number).values_list("program_id", flat=True).first() if number else None
        rows = rows.filter(pk=home) if home else rows
    return rows.in_bulk()


def _counted(
    question: Question, programs: dict[int, Program], most: int = MAX_GROUPS + 1, *, largest: bool = False
) -> Iterator[Row]:
    for found in sources.rows(question, programs, most, largest=largest):
        sums = {name: int(found[f"sum_{name}"] or 0) for name in MEASURES}
        yield Row(_values(question.by, found), bool(found.get("other")), programs[found["program_id"]].currency, sums)
    if question.has_tests and question.partner in (None, TEST_PARTNER):
        yield from _test_orders(question, programs)


def _values(by: tuple[str, ...], found: dict[str, Any]) -> dict[str, Any]:
    """`found` has the time in one unit, the finest that was asked for; the longer ones follow from it."""
    return {name: _period(name, found) if name in PERIODS else found[sources.COLUMNS[name]] for name in by}


def _period(name: str, found: dict[str, Any]) -> str:
    if name == "hour":
        return zones.hour_text(found["in_hour"], found["offset"])
    day = found["in_hour"] // 24 if "in_hour" in found else found.get("in_day")
    if name == "day":
        return zones.day_text(day)
    if name == "week":
        return zones.week_text(zones.week_of(day) if day is not None else found["in_week"])
    return zones.month_text(zones.month_of(day) if day is not None else found["in_month"])


def _test_orders(question: Question, programs: dict[int, Program]) -> Iterator[Row]:
    """Read one by one: there are few, and an index leads to them."""
    states = [state for state in STATES if counts(state)]
    filters = {"creative_id": question.creative, "product_id": question.product}
    filters |= {"subid": question.subid, "referrer_host": question.referrer}
    for zone, numbers in sources.by_zone(programs):
        span = zones.span(zone, question.first, question.last)
        orders = Transaction.objects.filter(
            partner_id=TEST_PARTNER, test=True, program_id__in=numbers, state__in=states,
            created_ms__gte=span.begin_s * 1000, created_ms__lt=span.end_s * 1000,
            **{name: value for name, value in filters.items() if value is not None},
        )  # fmt: skip
        for order in orders[:MAX_GROUPS]:
            at_s = order.created_ms // 1000
            offset = span.offset_at(at_s)
            hour = (at_s + offset) // zones.HOUR_S
            found = {**order.__dict__, "in_hour": hour, "offset": offset, "host": order.referrer_host}
            sums = dict.fromkeys(MEASURES, 0) | {"transactions": 1}
            sums["revenue_minor"] = order.remaining_revenue_minor or 0
            sums["commission_minor"] = order.remaining_commission_minor
            yield Row(_values(question.by, found), False, programs[order.program_id].currency, sums)


def _added(rows: Iterable[Row], most: int | None = None) -> list[Row]:
    """Rows that differ in nothing but what was not asked for become one.

    Raises TooManyRows as soon as there are more than `most`, or more than MAX_GROUPS were read for them.
    """
    found: dict[Any, Row] = {}
    for read, row in enumerate(rows, 1):
        key = (tuple(row.values.values()), row.other, row.currency)
        if key in found:
            sums = found[key].sums
            for name, value in row.sums.items():
                sums[name] += value
        else:
            found[key] = row
        if most is not None and (len(found) > most or read > MAX_GROUPS):
            raise TooManyRows(say("The report has more than {count} rows.", count=most))
    return list(found.values())


def _order(row: Row, by: tuple[str, ...]) -> tuple[Any, ...]:
    return (*(row.values[name] for name in by), row.other)
