"""The answer of the reports page: rows beside those of the period before, sorted, with totals."""

from dataclasses import dataclass, field
from typing import Any

from clicktrail.control.catalog.models import Creative, Partner, Product, Program
from clicktrail.control.reports import derived, periods, table
from clicktrail.control.reports.asked import Asked
from clicktrail.control.reports.columns import COLUMNS, Column
from clicktrail.control.reports.periods import Period
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
    names: dict[str, dict[int, str]] = field(default_factory=dict)

    @property
    def currencies(self) -> list[str]:
        return [line.currency for line in self.totals]


def answer(asked: Asked, programs: frozenset[int] | None, zone: str) -> Answer:
    """Raises ValueError with a sentence where the sums cannot answer."""
    now = table.report(asked.question(asked.period, programs))
    before = asked.before
    earlier = None if before is None else table.report(asked.question(before, programs))
    lines = _beside(now, earlier, asked, zone)
    return Answer(asked, _sorted(lines, asked), _totals(now, earlier), zone)


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
