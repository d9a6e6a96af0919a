"""The figures of Home: four stretches of days against the ones before, by hour and by day, and who brought most.

All of them come from three questions to the rollups: two months of days of whole programs, two days of hours, and the
largest partners, creatives and subids of the week; asked once more for programs where it is another day by now.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clicktrail.control.catalog.models import Creative, Partner
from clicktrail.control.reports import figure, periods, running, sofar, table
from clicktrail.control.reports.answer import ZERO
from clicktrail.control.reports.columns import COLUMNS, Column, Sums
from clicktrail.control.reports.derived import change_ppm
from clicktrail.control.reports.figure import OPEN_WORDS
from clicktrail.control.reports.periods import Period
from clicktrail.control.reports.running import Part
from clicktrail.control.reports.table import MEASURES, Question, Row

STRETCHES = ("today", "yesterday", "7d", "30d")
SHOWN = ("clicks_gross", "clicks_net", "transactions", "conversion", "revenue", "commission", "epc")
DAYS = 61
"""Read: thirty days, as many before them, and one more where a zone is a day ahead."""
CHART_DAYS = 30
TOP_DAYS = 7
TOP_LINES = 5


@dataclass(frozen=True, slots=True)
class View:
    """What of the figures somebody looks at."""

    programs: frozenset[int] | None
    """Those that he may see."""
    program: int | None
    tests: bool
    zone: str
    now_ms: int
    parts: tuple[Part, ...]
    today: date

    def question(
        self, period: Period, *by: str, programs: frozenset[int] | None, currency: str | None = None
    ) -> Question:
        return Question(
            period.first, period.last, by, self.program, programs=programs, currency=currency, tests=self.tests
        )


def view_of(programs: frozenset[int] | None, program: int | None, tests: bool, zone: str, now_ms: int) -> View:
    parts = running.parts(programs, program, zone, now_ms)
    return View(programs, program, tests, zone, now_ms, tuple(parts), running.day_of_view(parts, zone, now_ms))


@dataclass(slots=True)
class Stretch:
    name: str
    period: Period
    before: Period
    sums: dict[str, dict[str, int]] = field(default_factory=dict)
    """Currency -> measures."""
    held: dict[str, dict[str, int]] = field(default_factory=dict)
    """What of them is compared: whole hours, whole days."""
    earlier: dict[str, dict[str, int]] = field(default_factory=dict)
    """The same of the time before."""

    def cell(self, column: Column, currency: str) -> tuple[int | None, int | None]:
        """(value, change in ppm)"""
        value, held, earlier = (column.of(each.get(currency, ZERO)) for each in (self.sums, self.held, self.earlier))
        return value, change_ppm(held, earlier)

    def together(self, column: Column) -> tuple[int | None, int | None]:
        """The same of all currencies: for what is no money."""
        value, held, earlier = (column.of(_all(each)) for each in (self.sums, self.held, self.earlier))
        return value, change_ppm(held, earlier)


@dataclass(slots=True)
class Figures:
    stretches: list[Stretch]
    days: list[Row]
    hours: list[Row]
    """Of today and yesterday; where a program has another day by now, its hours stand under the day of the view."""

    @property
    def currencies(self) -> list[str]:
        """With figures in these sixty days; the one with most transactions first."""
        many: dict[str, int] = {}
        for row in self.days:
            many[row.currency] = many.get(row.currency, 0) + row.sums["transactions"] + row.sums["clicks_gross"]
        return sorted((currency for currency in many if many[currency]), key=lambda one: (-many[one], one))


def figures(view: View) -> Figures:
    """Raises TooManyRows where hours of that many programs of different zones come together."""
    found = Figures([_stretch(name, view.today) for name in STRETCHES], [], [])
    for part in view.parts:
        _add_part(found, view, part)
    return found


def _add_part(found: Figures, view: View, part: Part) -> None:
    """Programs that have the same day now: their figures of each stretch, counted back from that day."""
    day = part.today
    days = table.report(view.question(Period(day - timedelta(days=DAYS - 1), day), "day", programs=part.programs))
    for stretch in found.stretches:
        own = _stretch(stretch.name, day)
        held, earlier = sofar.ended_days(own.period, own.before) if own.period.last == day else (own.period, own.before)
        _join(stretch.sums, _sums(days, own.period))
        if stretch.name != "today":
            _join(stretch.held, _sums(days, held))
            _join(stretch.earlier, _sums(days, earlier))
    hours = table.report(view.question(Period(day - timedelta(days=1), day), "hour", programs=part.programs))
    # Half a day against a whole one would frighten everybody each morning.
    ended = list(sofar.ended_hours(hours, day, view.now_ms, sofar.by_its_offset(ZoneInfo(view.zone))))
    _join(found.stretches[0].held, _by_currency(row for row in ended if row.values["hour"][:10] == day.isoformat()))
    _join(found.stretches[0].earlier, _by_currency(row for row in ended if row.values["hour"][:10] != day.isoformat()))
    found.days += days
    found.hours += [_called_as_in(view.today, day, row) for row in hours]


def _called_as_in(view_day: date, day: date, row: Row) -> Row:
    """An hour of a program's today as one of the view's today, and of its yesterday as one of yesterday."""
    if day == view_day:
        return row
    text = row.values["hour"]
    moved = date.fromisoformat(text[:10]) + (view_day - day)
    return Row({**row.values, "hour": f"{moved.isoformat()}{text[10:]}"}, row.other, row.currency, row.sums)


def _stretch(name: str, day: date) -> Stretch:
    period = periods.quick(name, day)
    return Stretch(name, period, Period(period.first - timedelta(days=period.days), period.first - timedelta(days=1)))


def _join(into: dict[str, dict[str, int]], sums: dict[str, dict[str, int]]) -> None:
    for currency, each in sums.items():
        _add(into.setdefault(currency, dict(ZERO)), each)


def _sums(days: Iterable[Row], period: Period) -> dict[str, dict[str, int]]:
    first, last = period.first.isoformat(), period.last.isoformat()
    return _by_currency(row for row in days if first <= row.values["day"] <= last)


def _by_currency(rows: Iterable[Row]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        _add(found.setdefault(row.currency, dict(ZERO)), row.sums)
    return found


def _all(sums: dict[str, dict[str, int]]) -> dict[str, int]:
    """Of every currency."""
    together = dict(ZERO)
    for each in sums.values():
        _add(together, each)
    return together


def _add(into: dict[str, int], sums: Sums) -> None:
    for name in MEASURES:
        into[name] += sums[name]


def chart(
    found: Figures, view: View, unit: str, column: Column, currency: str, words: tuple[str, str]
) -> dict[str, Any]:
    """For chart.js: `hour`, today over yesterday, or `day`, thirty days over the thirty before.

    words: what the two lines are called.
    """
    first = view.today if unit == "hour" else view.today - timedelta(days=CHART_DAYS - 1)
    period = Period(first, view.today)
    before = Period(first - timedelta(days=period.days), first - timedelta(days=1))
    rows = [row for row in (found.hours if unit == "hour" else found.days) if _fits(row, column, currency)]
    (labels, now_sums), (earlier, before_sums) = (_line(rows, unit, each, view.zone) for each in (period, before))
    to_come, open_from = _ends(view, unit, labels, currency if column.is_money else "")
    now = [*figure.points(column, now_sums[:to_come]), *[None] * len(labels[to_come:])]
    series = [
        {"name": words[0], "values": now},
        {"name": words[1], "values": figure.points(column, before_sums)[: len(labels)], "before": True},
    ]
    return figure.data(column, currency, "line", labels, series) | {
        "before_labels": earlier[: len(labels)],
        "open_from": open_from,
        "open_name": str(OPEN_WORDS[unit]),
    }


def _ends(view: View, unit: str, labels: list[str], currency: str) -> tuple[int, int | None]:
    """(place of the first label that has not begun, place of the first one that is not over)

    Hours of the clocks of several zones stand under one label: there the view's own clock says which one is not over.
    """
    zones = running.zones(view.parts, currency)
    if unit == "day":
        clocks = running.now_labels(unit, zones, view.now_ms)
        return running.first_to_come(labels, clocks), running.first_open(labels, clocks)
    own = [view.zone] if view.zone in zones or len(zones) > 1 else zones
    clocks, own_clock = (running.now_labels(unit, each, view.now_ms, view.today) for each in (zones, own))
    return running.first_to_come(labels, clocks), running.first_open(labels, own_clock)


def _fits(row: Row, column: Column, currency: str) -> bool:
    return column.unit in ("count", "percent") or row.currency == currency


def _line(rows: list[Row], unit: str, period: Period, zone: str) -> tuple[list[str], list[dict[str, int]]]:
    """Labels, and sums of each; hours of programs elsewhere count under the same hour of their own clocks."""
    labels = periods.labels(period, unit, zone)
    kept = {label: dict(ZERO) for label in labels}
    known = {**{label[:16]: label for label in reversed(labels)}, **{label: label for label in labels}}
    for row in rows:
        value = row.values[unit]
        label = known.get(value) or known.get(value[:16])
        if label:
            _add(kept[label], row.sums)
    return labels, [kept[label] for label in labels]


@dataclass(frozen=True, slots=True)
class Top:
    """One line of a list of the largest."""

    value: Any
    name: str
    currency: str
    sums: dict[str, int]


def tops(view: View, by: str, currency: str) -> list[Top]:
    """by: partner, creative or subid. By commission in the currency, then by clicks."""
    sums: dict[Any, dict[str, int]] = {}
    for part in view.parts:
        period = Period(part.today - timedelta(days=TOP_DAYS - 1), part.today)
        question = view.question(period, by, programs=part.programs, currency=currency)
        for row in table.largest(question, TOP_LINES if len(view.parts) == 1 else table.MAX_LARGEST):
            _add(sums.setdefault(row.values[by], dict(ZERO)), row.sums)
    most = sorted(sums, key=lambda value: (-sums[value]["commission_minor"], -sums[value]["clicks_net"]))[:TOP_LINES]
    models: dict[str, Any] = {"partner": Partner, "creative": Creative}
    names = dict(models[by].objects.filter(pk__in=most).values_list("pk", "name")) if by in models else {}
    return [Top(value, names.get(value, ""), currency, sums[value]) for value in most]


def column_of(key: str) -> Column:
    return COLUMNS[key] if key in SHOWN else COLUMNS["clicks_net"]
