"""Reports out of the rollups: clicks, transactions and money by day, hour, program, partner and so on.

Days and hours are those of each program's own zone. Money of two currencies is never added:
every row is of one currency. Cancelled transactions and those of the test partner are in no sum.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum

from clicktrail.control.catalog.models import Program
from clicktrail.control.ledger.models import RollupHour, RollupReferrer, RollupSubid
from clicktrail.control.reports import zones

DIMENSIONS = ("day", "hour", "program", "partner", "creative", "product", "subid", "referrer")
MEASURES = (
    "clicks_gross",
    "clicks_net",
    "clicks_bot",
    "clicks_refused",
    "transactions",
    "revenue_minor",
    "commission_minor",
)
MAX_REPORT_ROWS = 10_000
MAX_REPORT_DAYS = 1100
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""Before and after them nothing was counted, and calendars come to their ends."""

_COLUMNS = {"program": "program_id", "partner": "partner_id", "creative": "creative_id", "product": "product_id"}
_WITHOUT = {"hour", "creative", "product"}
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

    def names(self, dimension: str) -> bool:
        return dimension in self.by or getattr(self, dimension, None) is not None


@dataclass(slots=True)
class Row:
    values: dict[str, Any]
    """Dimension -> value: texts for day and hour, numbers, the subid, the referrer's host."""
    other: bool
    """All those subids or hosts of a busy day that have no row of their own."""
    currency: str
    sums: dict[str, int]


def check(question: Question) -> None:
    """Raise ValueError, with the mend, where the sums cannot answer."""
    if question.last < question.first:
        raise ValueError("The last day lies before the first one.")
    if question.first < FIRST_DAY or question.last > LAST_DAY:
        raise ValueError(f"Ask for days from {FIRST_DAY} to {LAST_DAY}.")
    if (question.last - question.first).days >= MAX_REPORT_DAYS:
        raise ValueError(f"Ask for at most {MAX_REPORT_DAYS} days at once.")
    if question.names("subid") and question.names("referrer"):
        raise ValueError("Subids and referrers are added up apart from each other: ask for one of the two.")
    fine = "subid" if question.names("subid") else "referrer" if question.names("referrer") else ""
    wrong = sorted(name for name in _WITHOUT if fine and (name in question.by or getattr(question, name, None)))
    if wrong:
        raise ValueError(f"Sums by {fine} know no {wrong[0]}: leave one of the two out.")


def report(question: Question) -> list[Row]:
    """Rows in the order of the dimensions asked for. Raises ValueError (see `check`) and TooManyRows."""
    check(question)
    programs = _programs(question.program)
    found = list(_by_value(question, programs) if _is_fine(question) else _by_hour(question, programs))
    if len(found) > MAX_REPORT_ROWS:
        raise TooManyRows(f"The report has more than {MAX_REPORT_ROWS} rows.")
    return sorted(_added(found), key=lambda row: (*_order(row, question.by), row.currency))


def totals(rows: list[Row]) -> list[Row]:
    """One row for each currency."""
    return sorted(_added([Row({}, False, row.currency, dict(row.sums)) for row in rows]), key=lambda row: row.currency)


def _is_fine(question: Question) -> bool:
    return question.names("subid") or question.names("referrer")


def _programs(number: int | None) -> dict[int, Program]:
    rows = Program.objects.all() if number is None else Program.objects.filter(pk=number)
    return rows.in_bulk()


def _by_hour(question: Question, programs: dict[int, Program]) -> Iterator[Row]:
    members = defaultdict(list)
    for program in programs.values():
        members[program.time_zone].append(program.pk)
    left = MAX_REPORT_ROWS + 1
    for zone, numbers in sorted(members.items()):
        span = zones.span(zone, question.first, question.last)
        rows = RollupHour.objects.filter(
            program_id__in=numbers, bucket_s__gte=span.begin_s, bucket_s__lt=span.end_s, **_filters(question)
        )
        extra: dict[str, Any] = {}
        if "day" in question.by:
            extra["in_day"] = span.day()
        if "hour" in question.by:
            extra |= {"in_hour": span.hour(), "offset": span.offset()}
        for row in _grouped(rows, question, extra, [])[:left]:
            left -= 1
            yield _row(row, question, programs)


def _by_value(question: Question, programs: dict[int, Program]) -> Iterator[Row]:
    model, column = (RollupSubid, "subid") if question.names("subid") else (RollupReferrer, "host")
    days = zones.days_since_1970(question.first), zones.days_since_1970(question.last)
    rows = model.objects.filter(program_id__in=list(programs), day__gte=days[0], day__lte=days[1])
    rows = rows.filter(**_filters(question))
    wanted = question.subid if question.subid is not None else question.referrer
    if wanted is not None:
        rows = rows.filter(**{column: wanted, "other": False})
    names = [column, "other"] if {"subid", "referrer"} & set(question.by) else []
    if "day" in question.by:
        names.append("day")
    for row in _grouped(rows, question, {}, names)[: MAX_REPORT_ROWS + 1]:
        yield _row(row, question, programs)


def _filters(question: Question) -> dict[str, int]:
    given = {column: getattr(question, name) for name, column in _COLUMNS.items() if name != "program"}
    return {column: value for column, value in given.items() if value is not None}


def _grouped(rows: QuerySet[Any], question: Question, extra: dict[str, Any], names: list[str]) -> QuerySet[Any]:
    """The program is always among the groups: it says the currency."""
    columns = {"program_id", *(_COLUMNS[name] for name in question.by if name in _COLUMNS)}
    sums = {f"sum_{name}": Sum(name) for name in MEASURES}
    return rows.annotate(**extra).order_by().values(*sorted(columns), *extra, *names).annotate(**sums)


def _row(found: dict[str, Any], question: Question, programs: dict[int, Program]) -> Row:
    values: dict[str, Any] = {}
    for name in question.by:
        if name == "day":
            values[name] = zones.day_text(found["in_day"] if "in_day" in found else found["day"])
        elif name == "hour":
            values[name] = zones.hour_text(found["in_hour"], found["offset"])
        elif name in _COLUMNS:
            values[name] = found[_COLUMNS[name]]
        else:
            values[name] = found["subid" if name == "subid" else "host"]
    sums = {name: int(found[f"sum_{name}"] or 0) for name in MEASURES}
    return Row(values, bool(found.get("other")), programs[found["program_id"]].currency, sums)


def _added(rows: list[Row]) -> list[Row]:
    """Rows that differ in nothing but the program, which was not asked for, become one."""
    found: dict[Any, Row] = {}
    for row in rows:
        key = (tuple(row.values.items()), row.other, row.currency)
        if key in found:
            for name, value in row.sums.items():
                found[key].sums[name] += value
        else:
            found[key] = row
    return list(found.values())


def _order(row: Row, by: tuple[str, ...]) -> tuple[Any, ...]:
    return (*(row.values[name] for name in by), row.other)
