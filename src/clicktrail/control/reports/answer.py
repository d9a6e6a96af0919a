"""The answer of the reports page: rows beside those of the period before, sorted, with totals."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clicktrail.control.catalog.models import Creative, Partner, Product, Program
from clicktrail.control.reports import derived, periods, table
from clicktrail.control.reports.asked import OWN, Asked
from clicktrail.control.reports.columns import COLUMNS, Column
from clicktrail.control.reports.periods import Period
from clicktrail.control.reports.running import Part
from clicktrail.control.reports.table import MEASURES, PERIODS, Row

_NAMED = {"program": Program, "partner": Partner, "creative": Creative, "product": Product}
ZERO = dict.fromkeys(MEASURES, 0)


@dataclass(slots=True)
class Line:
    values: dict[str, Any]
    other: bool
    currency: str
    sums: dict[str, int]
    before: dict[str, int] | None = None
    """Sums of the period before; None where nothing is compared."""

    def cells(self) -> list[tuple[Column, int | None, int | None, int | None]]:
        """(column, value, value before, change in ppm)"""
        found = []
        for column in COLUMNS.values():
            value = column.of(self.sums)
            earlier = column.of(self.before) if self.before is not None else None
            found.append((column, value, earlier, derived.change_ppm(value, earlier)))
        return found


@dataclass(slots=True)
class Answer:
    asked: Asked
    lines: list[Line]
    totals: list[Line]
    zone: str
    parts: list[Part]
    names: dict[str, dict[int, str]] = field(default_factory=dict)

    @property
    def currencies(self) -> list[str]:
        return [line.currency for line in self.totals]


def answer(asked: Asked, programs: frozenset[int] | None, zone: str, parts: Sequence[Part]) -> Answer:
    """Raises ValueError with a sentence where the sums cannot answer.

    A range such as "today" or "30 days" ends on the day that it is in each program's own zone.
    """
    every_now: list[Row] = []
    every_earlier: list[Row] | None = [] if asked.before else None
    lines: dict[Any, Line] = {}
    for period, members in _questions(asked, programs, parts):
        own = replace(asked, period=period)
        now = table.report(own.question(period, members))
        earlier = None if own.before is None else table.report(own.question(own.before, members))
        _join(lines, _beside(now, earlier, own, zone))
        every_now += now
        if every_earlier is not None:
            every_earlier += earlier or []
    totals = _totals(every_now, every_earlier)
    return Answer(asked, _sorted(list(lines.values()), asked), totals, zone, list(parts))


def _questions(
    asked: Asked, programs: frozenset[int] | None, parts: Sequence[Part]
) -> list[tuple[Period, frozenset[int] | None]]:
    if asked.range == OWN:
        return [(asked.period, programs)]
    return [(own_period(asked, part), part.programs) for part in parts]


def own_period(asked: Asked, part: Part) -> Period:
    """The range that was asked for, as it is for programs whose day it is."""
    return asked.period if asked.range == OWN else periods.quick(asked.range, part.today)


def _join(into: dict[Any, Line], lines: list[Line]) -> None:
    for line in lines:
        key = (tuple(line.values.values()), line.other, line.currency)
        known = into.setdefault(key, line)
        if known is not line:
            known.sums = _added(known.sums, line.sums)
            known.before = None if known.before is None else _added(known.before, line.before or ZERO)


def _added(sums: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {name: sums[name] + more[name] for name in MEASURES}


def _totals(now: list[Row], earlier: list[Row] | None) -> list[Line]:
    sums = {row.currency: row.sums for row in table.totals(now)}
    before = {row.currency: row.sums for row in table.totals(earlier or [])}
    return [
        Line({}, False, currency, sums.get(currency, dict(ZERO)), _or_none(earlier, before.get(currency)))
        for currency in sorted({*sums, *before})
    ]


def _or_none(earlier: list[Row] | None, sums: dict[str, int] | None) -> dict[str, int] | None:
    return None if earlier is None else sums or dict(ZERO)


def _beside(now: list[Row], earlier: list[Row] | None, asked: Asked, zone: str) -> list[Line]:
    """Every row of either period once: who sends nothing any more is a row too."""
    lines = {
        (tuple(row.values.values()), row.other, row.currency): Line(
            row.values, row.other, row.currency, row.sums, _or_none(earlier, None)
        )
        for row in now
    }
    if earlier is None or asked.before is None:
        return list(lines.values())
    moved = {unit: shifted(asked.before, asked.period, unit, zone) for unit in PERIODS if unit in asked.by}
    for row in earlier:
        values = {name: moved[name](value) if name in moved else value for name, value in row.values.items()}
        if any(value is None for value in values.values()):
            continue
        key = (tuple(values.values()), row.other, row.currency)
        line = lines.setdefault(key, Line(values, row.other, row.currency, dict(ZERO), dict(ZERO)))
        line.before = {name: (line.before or ZERO)[name] + row.sums[name] for name in MEASURES}
    return list(lines.values())


def shifted(before: Period, period: Period, unit: str, zone: str) -> Any:
    """Label of the period before -> the label in its place now; None where there is none.

    An hour is the same hour of the clocks, also where one of the two days has more or fewer of them.
    """
    if unit == "hour":
        days = dict(zip(periods.labels(before, "day"), periods.labels(period, "day"), strict=False))
        hours = {label[:16]: label for label in reversed(periods.labels(period, "hour", zone))}

        def hour(label: str) -> str | None:
            day = days.get(label[:10])
            return hours.get(f"{day}{label[10:16]}") if day else None

        return hour
    return dict(zip(periods.labels(before, unit), periods.labels(period, unit), strict=False)).get


def _sorted(lines: list[Line], asked: Asked) -> list[Line]:
    first = asked.by[0]
    sort = asked.sort or (f"-{first}" if first in PERIODS else "-commission")
    name, is_down = sort.removeprefix("-"), sort.startswith("-")
    lines.sort(key=lambda line: (line.currency, tuple(str(value) for value in line.values.values())))
    if name in COLUMNS:
        of = COLUMNS[name].of
        lines.sort(key=lambda line: line.sums["clicks_net"], reverse=is_down)
        lines.sort(key=lambda line: _number(of(line.sums), is_down), reverse=is_down)
        if COLUMNS[name].is_money:  # 500 JPY are not more than 400 EUR: each currency for itself.
            lines.sort(key=lambda line: line.currency)
    else:
        lines.sort(key=lambda line: line.values[name], reverse=is_down)
    return lines


def _number(value: int | None, is_down: bool) -> tuple[bool, int]:
    """What has no value comes last, either way."""
    return (value is None) != is_down, value or 0


def with_names(found: Answer, lines: list[Line]) -> Answer:
    """Names of what these lines, and the filters, have numbers of: one query for each kind."""
    for kind, model in _NAMED.items():
        numbers = {line.values[kind] for line in lines if kind in line.values}
        numbers |= {found.asked.filters[kind]} if kind in found.asked.filters else set()
        rows = model.objects.filter(pk__in=numbers).values_list("pk", "name") if numbers else ()
        found.names[kind] = dict(rows)
    return found
