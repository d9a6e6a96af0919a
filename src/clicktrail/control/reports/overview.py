"""The figures of Home: four stretches of days against the ones before, by hour and by day, and who brought most.

All of them come from three questions to the rollups: sixty days of whole programs, two days of hours, and the
largest partners, creatives and subids of the week.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clicktrail.control.catalog.models import Creative, Partner
from clicktrail.control.reports import figure, periods, sofar, table
from clicktrail.control.reports.answer import ZERO
from clicktrail.control.reports.columns import COLUMNS, Column, Sums
from clicktrail.control.reports.derived import change_ppm
from clicktrail.control.reports.periods import Period
from clicktrail.control.reports.table import MEASURES, Question, Row

STRETCHES = ("today", "yesterday", "7d", "30d")
SHOWN = ("clicks_gross", "clicks_net", "transactions", "conversion", "revenue", "commission", "epc")
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

    @property
    def today(self) -> date:
        return periods.today(self.zone, self.now_ms)

    def question(self, period: Period, *by: str) -> Question:
        return Question(period.first, period.last, by, self.program, programs=self.programs, tests=self.tests)


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

    @property
    def currencies(self) -> list[str]:
        """With figures in these sixty days; the one with most transactions first."""
        many: dict[str, int] = {}
        for row in self.days:
            many[row.currency] = many.get(row.currency, 0) + row.sums["transactions"] + row.sums["clicks_gross"]
        return sorted((currency for currency in many if many[currency]), key=lambda one: (-many[one], one))


def figures(view: View) -> Figures:
    """Raises TooManyRows where hours of that many programs of different zones come together."""
    day = view.today
    days = table.report(view.question(Period(day - timedelta(days=59), day), "day"))
    hours = table.report(view.question(Period(day - timedelta(days=1), day), "hour"))
    found = Figures([_stretch(name, day, days) for name in STRETCHES], days, hours)
    # Half a day against a whole one would frighten everybody each morning.
    ended = list(sofar.ended_hours(hours, day, view.now_ms, sofar.by_its_offset(ZoneInfo(view.zone))))
    found.stretches[0].held = _by_currency(row for row in ended if row.values["hour"][:10] == day.isoformat())
    found.stretches[0].earlier = _by_currency(row for row in ended if row.values["hour"][:10] != day.isoformat())
    return found


def _stretch(name: str, day: date, days: list[Row]) -> Stretch:
    period = periods.quick(name, day)
    before = Period(period.first - timedelta(days=period.days), period.first - timedelta(days=1))
    held, earlier = sofar.ended_days(period, before) if period.last == day else (period, before)
    return Stretch(name, period, before, _sums(days, period), _sums(days, held), _sums(days, earlier))


def _sums(days: Iterable[Row], period: Period) -> dict[str, dict[str, int]]:
    first, last = period.first.isoformat(), period.last.isoformat()
    return _by_currency(row for row in days if first <= row.values["day"] <= last)


def _second(hour: str) -> int:
    return int(datetime.fromisoformat(hour).astimezone(UTC).timestamp())


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
    day = view.today
    first = day if unit == "hour" else day - timedelta(days=CHART_DAYS - 1)
    period = Period(first, day)
    before = Period(first - timedelta(days=period.days), first - timedelta(days=1))
    rows = [row for row in (found.hours if unit == "hour" else found.days) if _fits(row, column, currency)]
    both = [_line(rows, unit, each, view.zone) for each in (period, before)]
    labels, earlier = both[0][0], both[1][0]
    now = figure.points(column, both[0][1])
    if unit == "hour":
        # The hours to come have no figures, which is not the same as none.
        now = [
            point if _second(label) <= view.now_ms // 1000 else None for label, point in zip(labels, now, strict=True)
        ]
    series = [
        {"name": words[0], "values": now},
        {"name": words[1], "values": figure.points(column, both[1][1])[: len(labels)], "before": True},
    ]
    return figure.data(column, currency, "line", labels, series) | {"before_labels": earlier[: len(labels)]}


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


def tops(view: View, by: str) -> list[Top]:
    """by: partner, creative or subid. By commission, then by clicks."""
    period = Period(view.today - timedelta(days=TOP_DAYS - 1), view.today)
    rows = table.largest(view.question(period, by), TOP_LINES)
    models: dict[str, Any] = {"partner": Partner, "creative": Creative}
    numbers = [row.values[by] for row in rows]
    names = dict(models[by].objects.filter(pk__in=numbers).values_list("pk", "name")) if by in models else {}
    return [Top(row.values[by], names.get(row.values[by], ""), row.currency, row.sums) for row in rows]


def column_of(key: str) -> Column:
    return COLUMNS[key] if key in SHOWN else COLUMNS["clicks_net"]
