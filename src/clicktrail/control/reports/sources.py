"""Which rollup answers a question: always the one with the fewest rows to read.

| asked for | read |
| --- | --- |
| a subid or a referrer | the day's rows by value |
| hours | hours |
| nothing but programs and days, weeks or months | days of whole programs |
| partner, creative or product by day or week | days |
| the same by month, or over all | whole months, and days before the first and behind the last one |
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, connection
from django.db.models import Case, F, IntegerField, QuerySet, Sum, Value, When

from clicktrail.control.catalog.models import Program
from clicktrail.control.ledger import exact
from clicktrail.control.ledger.models import (
    RollupDay,
    RollupHour,
    RollupMonth,
    RollupProgram,
    RollupReferrer,
    RollupSubid,
)
from clicktrail.control.reports import periods, tree, zones
from clicktrail.core.catalog import TEST_PARTNER

if TYPE_CHECKING:
    from clicktrail.control.reports.table import Question

MEASURES = (
    "clicks_gross",
    "clicks_net",
    "clicks_bot",
    "clicks_refused",
    "transactions",
    "revenue_minor",
    "commission_minor",
)
COLUMNS = {
    "program": "program_id",
    "partner": "partner_id",
    "creative": "creative_id",
    "product": "product_id",
    "subid": "subid",
    "referrer": "host",
}
"""Dimension -> column."""
_PLACES = ("partner", "creative", "product")
Found = dict[str, Any]
"""Columns of a group, `sum_<measure>`, and the time as in_hour with offset, in_day, in_week or in_month."""


def rows(question: "Question", programs: Mapping[int, Program], most: int, *, largest: bool = False) -> list[Found]:
    """At most `most` rows of each table that is read; `largest`: those with most commission, then most clicks.

    For the largest, ask for days that lie in one piece: a partner that is small in each of three pieces is lost.
    Whatever figures are stored, the sums are exact.
    """
    try:
        return list(_rows(question, programs, most, largest))
    except exact.OutOfRange:
        pass
    except OperationalError as fault:
        if not exact.is_overflow(fault):
            raise
    return list(_rows(replace(question, exact=True), programs, most, largest))


def _rows(question: "Question", programs: Mapping[int, Program], most: int, largest: bool) -> Iterator[Found]:
    if largest:
        found = _values(question) if question.fine else RollupDay.objects.filter(**_days(question.first, question.last))
        order = {"most_commission": exact.RoughSum("commission_minor"), "most_clicks": exact.RoughSum("clicks_net")}
        names = (COLUMNS[question.fine], "other") if question.fine else ()
        grouped = _grouped(found, question, list(programs), {}, names).annotate(**order)
        return iter(grouped.order_by(*(f"-{name}" for name in order))[:most])
    if question.fine:
        return _by_value(question, programs, most)
    if "hour" in question.by:
        return _by_hour(question, programs, most)
    if not question.has_tests and not any(question.names(name) for name in _PLACES):
        return _by_program(question, programs, most)
    if unit_of(question.by) in ("day", "week"):
        return _by_day(question, programs, most, question.first, question.last, question.by)
    return _by_month(question, programs, most)


def unit_of(by: tuple[str, ...]) -> str:
    """The unit in which time is read; a week may lie in two months, so both together come from days."""
    if "day" in by or ("week" in by and "month" in by):
        return "day"
    return next((unit for unit in ("week", "month") if unit in by), "")


def by_zone(programs: Mapping[int, Program]) -> list[tuple[str, list[int]]]:
    members = defaultdict(list)
    for number, program in programs.items():
        members[program.time_zone].append(number)
    return sorted(members.items())


def _by_hour(question: "Question", programs: Mapping[int, Program], most: int) -> Iterator[Found]:
    for zone, numbers in by_zone(programs):
        span = zones.span(zone, question.first, question.last)
        found = RollupHour.objects.filter(bucket_s__gte=span.begin_s, bucket_s__lt=span.end_s)
        when = {"in_hour": span.hour(), "offset": span.offset()}
        yield from _together(found, question, programs, numbers, when, most)


def _by_program(question: "Question", programs: Mapping[int, Program], most: int) -> Iterator[Found]:
    found = RollupProgram.objects.filter(**_days(question.first, question.last))
    when = _when(question.by, question.first, question.last)
    return _together(found, question, programs, list(programs), when, most)


def _together(
    found: QuerySet[Any],
    question: "Question",
    programs: Mapping[int, Program],
    numbers: list[int],
    when: dict[str, Any],
    most: int,
) -> Iterator[Found]:
    """Where nobody asks for each program, the database adds up those of one currency: there may be a thousand."""
    if "program" in question.by or not when:
        yield from _grouped(found, question, numbers, when)[:most]
        return
    for currency in sorted({programs[number].currency for number in numbers}):
        members = [number for number in numbers if programs[number].currency == currency]
        for row in _grouped(found, question, members, when, apart=False)[:most]:
            if row["sum_transactions"] is not None:  # One month alone is no group: its sum is there without any row.
                yield {**row, "program_id": members[0]}


def _by_day(
    question: "Question", programs: Mapping[int, Program], most: int, first: date, last: date, by: tuple[str, ...]
) -> Iterator[Found]:
    found = RollupDay.objects.filter(**_days(first, last))
    return iter(_grouped(found, question, list(programs), _when(by, first, last))[:most])


def _by_month(question: "Question", programs: Mapping[int, Program], most: int) -> Iterator[Found]:
    first, last = question.first, question.last
    begin = first if first.day == 1 else periods.following_month(first)
    end = periods.following_month(last) if _is_last(last) else last.replace(day=1)
    if begin >= end:
        yield from _by_day(question, programs, most, first, last, question.by)
        return
    if first < begin:
        yield from _by_day(question, programs, most, first, begin - timedelta(days=1), question.by)
    found = RollupMonth.objects.filter(month__gte=zones.month_number(begin), month__lt=zones.month_number(end))
    yield from _grouped(found, question, list(programs), {"in_month": F("month")} if "month" in question.by else {})[
        :most
    ]
    if end <= last:
        yield from _by_day(question, programs, most, end, last, question.by)


def _by_value(question: "Question", programs: Mapping[int, Program], most: int) -> Iterator[Found]:
    found, column = _values(question), COLUMNS[question.fine]
    wanted = question.subid if question.subid is not None else question.referrer
    if wanted is not None:
        found = found.filter(**{column: wanted, "other": False})
    names = (column, "other") if {"subid", "referrer"} & set(question.by) else ()
    when = _when(question.by, question.first, question.last)
    if names and not when and "partner" not in question.by and connection.vendor == "sqlite" and not question.exact:
        keys = [*names, "program_id"]
        rows = _narrowed(found, question, list(programs)).order_by().values_list(*keys, *MEASURES)
        return tree.grouped(rows, keys, MEASURES, most)
    return iter(_grouped(found, question, list(programs), when, names)[:most])


def _values(question: "Question") -> QuerySet[Any]:
    model: Any = RollupSubid if question.fine == "subid" else RollupReferrer
    return model.objects.filter(**_days(question.first, question.last))


def _days(first: date, last: date) -> dict[str, int]:
    return {"day__gte": zones.days_since_1970(first), "day__lte": zones.days_since_1970(last)}


def _when(by: tuple[str, ...], first: date, last: date) -> dict[str, Any]:
    unit = unit_of(by)
    if unit == "day":
        return {"in_day": F("day")}
    if unit == "week":
        return {"in_week": (F("day") + Value(zones.MONDAY)) / Value(7)}
    return {"in_month": _month(first, last)} if unit == "month" else {}


def _month(first: date, last: date) -> Any:
    """Months since the year 0, of a row's day; one comparison for each month of the range."""
    whens, month = [], first
    while zones.month_number(month) < zones.month_number(last):
        following = periods.following_month(month)
        before = zones.days_since_1970(following)
        whens.append(When(day__lt=before, then=Value(zones.month_number(month))))
        month = following
    return Case(*whens, default=Value(zones.month_number(last)), output_field=IntegerField())


def _is_last(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def _narrowed(found: QuerySet[Any], question: "Question", programs: list[int]) -> QuerySet[Any]:
    """The rows that the question is about."""
    given = {COLUMNS[name]: getattr(question, name) for name in _PLACES}
    found = found.filter(program_id__in=programs, **{name: value for name, value in given.items() if value is not None})
    if not question.has_tests and found.model is not RollupProgram:
        found = found.exclude(partner_id=TEST_PARTNER)
    return found


def _grouped(
    found: QuerySet[Any],
    question: "Question",
    programs: list[int],
    when: dict[str, Any],
    names: tuple[str, ...] = (),
    *,
    apart: bool = True,
) -> QuerySet[Any]:
    """`apart`: the program is among the groups, as it says the currency."""
    found = _narrowed(found, question, programs)
    columns = {
        *(["program_id"] if apart else []),
        *(COLUMNS[name] for name in question.by if name in ("program", *_PLACES)),
    }
    kind = exact.ExactSum if question.exact else Sum
    sums = {f"sum_{name}": kind(name) for name in MEASURES}
    # Values first: what differs most decides a comparison at once when the database sorts rows into groups.
    return found.annotate(**when).order_by().values(*names, *when, *sorted(columns)).annotate(**sums)
