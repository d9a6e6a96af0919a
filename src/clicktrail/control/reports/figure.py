"""What a report looks like as a chart: over time where time is among its rows, else its largest rows as bars."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from clicktrail.control.reports import periods
from clicktrail.control.reports.answer import ZERO, Answer, Line
from clicktrail.control.reports.columns import Column, Sums
from clicktrail.control.reports.table import MEASURES, PERIODS
from clicktrail.core.money import PERCENT_DECIMALS
from clicktrail.core.rounding import reduce_decimals

MAX_BARS = 12
MAX_POINTS = 1100
"""Of a line; more than that are not drawn."""


def chart(found: Answer, column: Column, currency: str, words: Any) -> dict[str, Any] | None:
    """For chart.js; None where there is nothing to draw. words(name, value) is a dimension's value for people."""
    lines = [line for line in found.lines if column.unit in ("count", "percent") or line.currency == currency]
    if not lines:
        return None
    unit = next((name for name in PERIODS if name in found.asked.by), "")
    return _over_time(found, lines, column, currency, unit) if unit else _bars(found, lines, column, currency, words)


def points(column: Column, sums: Iterable[Sums]) -> list[float | int | None]:
    """Values as chart.js wants them: money in minor units, rates in percent."""
    return [_point(column, column.of(each)) for each in sums]


def data(column: Column, currency: str, kind: str, labels: list[str], series: list[dict[str, Any]]) -> dict[str, Any]:
    unit = "money" if column.unit == "epc" else column.unit
    return {
        "kind": kind, "unit": unit, "currency": currency, "decimals": column.places(currency), "labels": labels,
        "series": series,
    }  # fmt: skip


def _point(column: Column, value: int | None) -> float | int | None:
    """A rate with the decimals that tables show: the browser would round a float in its own way."""
    if column.unit != "percent" or value is None:
        return value
    return reduce_decimals(value, PERCENT_DECIMALS, 2) / 100


def _over_time(found: Answer, lines: list[Line], column: Column, currency: str, unit: str) -> dict[str, Any] | None:
    labels = periods.labels(found.asked.period, unit, found.zone)
    if len(labels) > MAX_POINTS:
        return None
    known = {**{label[:16]: label for label in reversed(labels)}, **{label: label for label in labels}}
    now: dict[str, dict[str, int]] = {}
    before: dict[str, dict[str, int]] = {}
    for line in lines:
        label = known.get(line.values[unit]) or known.get(line.values[unit][:16], "")
        _add(now, label, line.sums)
        _add(before, label, line.before or ZERO)
    series = [{"name": str(column.label), "values": points(column, (now.get(i, ZERO) for i in labels))}]
    if found.asked.before is None:
        return data(column, currency, "line", labels, series)
    values = points(column, (before.get(i, ZERO) for i in labels))
    series.append({"name": _("Period before"), "values": values, "before": True})
    earlier = periods.labels(found.asked.before, unit, found.zone)
    return data(column, currency, "line", labels, series) | {"before_labels": earlier[: len(labels)]}


def _add(into: dict[str, dict[str, int]], label: str, sums: Sums) -> None:
    kept = into.setdefault(label, dict(ZERO))
    for name in MEASURES:
        kept[name] += sums[name]


def _bars(found: Answer, lines: list[Line], column: Column, currency: str, words: Any) -> dict[str, Any]:
    largest = sorted(lines, key=lambda line: column.of(line.sums) or 0, reverse=True)[:MAX_BARS]
    labels = [", ".join(words(name, value, line.other) for name, value in line.values.items()) for line in largest]
    series: list[dict[str, Any]] = [
        {"name": str(column.label), "values": points(column, (line.sums for line in largest))}
    ]
    if found.asked.before is not None:
        values = points(column, (line.before or ZERO for line in largest))
        series.append({"name": _("Period before"), "values": values, "before": True})
    return data(column, currency, "bar", labels, series)
