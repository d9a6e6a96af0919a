"""What a report looks like as a chart: over time where time is among its rows, else its largest rows as bars."""

from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clicktrail.control.reports import periods, running
from clicktrail.control.reports.answer import ZERO, Answer, Line
from clicktrail.control.reports.columns import Column, Sums
from clicktrail.control.reports.table import MEASURES, PERIODS
from clicktrail.core.money import PERCENT_DECIMALS
from clicktrail.core.rounding import reduce_decimals

MAX_BARS = 12
MAX_POINTS = 1100
"""Of a line; more than that are not drawn."""
OPEN_WORDS: dict[str, str | Promise] = {
    "hour": gettext_lazy("Hour in progress"),
    "day": gettext_lazy("Day in progress"),
    "week": gettext_lazy("Week in progress"),
    "month": gettext_lazy("Month in progress"),
}
"""What the legend says of the part of a line that is drawn as unfinished."""


def chart(found: Answer, column: Column, currency: str, words: Any, now_ms: int) -> dict[str, Any] | None:
    """For chart.js; None where there is nothing to draw. words(name, value) is a dimension's value for people."""
    lines = _fitting(found, column, currency)
    if not lines:
        return None
    unit = _unit(found)
    if unit:
        return _over_time(found, lines, column, currency, unit, now_ms)
    return _bars(found, lines, column, currency, words)


def lines_of_bars(found: Answer, column: Column, currency: str) -> list[Line]:
    """Those whose names a chart of bars will ask for; none where it is drawn over time."""
    return [] if _unit(found) else _largest(_together(_fitting(found, column, currency)), column)


def _unit(found: Answer) -> str:
    return next((name for name in PERIODS if name in found.asked.by), "")


def _fitting(found: Answer, column: Column, currency: str) -> list[Line]:
    return [line for line in found.lines if not column.is_money or line.currency == currency]


def _largest(lines: list[Line], column: Column) -> list[Line]:
    return sorted(lines, key=lambda line: column.of(line.sums) or 0, reverse=True)[:MAX_BARS]


def titled(title: str, column: Column, currency: str, currencies: list[str]) -> str:
    """With the currency where there are several: a chart of money shows one of them."""
    return f"{title}, {currency}" if column.is_money and len(currencies) > 1 else title


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


def _over_time(
    found: Answer, lines: list[Line], column: Column, currency: str, unit: str, now_ms: int
) -> dict[str, Any] | None:
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
    clocks = running.now_labels(unit, running.zones(found.parts, currency if column.is_money else ""), now_ms)
    to_come = running.first_to_come(labels, clocks)
    values = points(column, (now.get(i, ZERO) for i in labels[:to_come]))
    series: list[dict[str, Any]] = [{"name": str(column.label), "values": [*values, *[None] * len(labels[to_come:])]}]
    drawn = data(column, currency, "line", labels, series)
    drawn |= {"open_from": running.first_open(labels, clocks), "open_name": str(OPEN_WORDS[unit])}
    if found.asked.before is None:
        return drawn
    values = points(column, (before.get(i, ZERO) for i in labels))
    series.append({"name": _("Period before"), "values": values, "before": True})
    earlier = periods.labels(found.asked.before, unit, found.zone)
    return drawn | {"before_labels": earlier[: len(labels)]}


def _add(into: dict[str, dict[str, int]], label: str, sums: Sums) -> None:
    kept = into.setdefault(label, dict(ZERO))
    for name in MEASURES:
        kept[name] += sums[name]


def _bars(found: Answer, lines: list[Line], column: Column, currency: str, words: Any) -> dict[str, Any]:
    together = _together(lines)
    largest = _largest(together, column)
    labels = [", ".join(words(name, value, line.other) for name, value in line.values.items()) for line in largest]
    series: list[dict[str, Any]] = [
        {"name": str(column.label), "values": points(column, (line.sums for line in largest))}
    ]
    if found.asked.before is not None:
        values = points(column, (line.before or ZERO for line in largest))
        series.append({"name": _("Period before"), "values": values, "before": True})
    return data(column, currency, "bar", labels, series) | {"of": len(together)}


def _together(lines: list[Line]) -> list[Line]:
    """One for each value: what is counted is counted in every currency, and no bar has the name of another."""
    found: dict[Any, Line] = {}
    for line in lines:
        key = (tuple(line.values.values()), line.other)
        if key not in found:
            before = None if line.before is None else dict(line.before)
            found[key] = Line(line.values, line.other, line.currency, dict(line.sums), before)
            continue
        _sum_up(found[key].sums, line.sums)
        _sum_up(found[key].before or {}, line.before or {})
    return list(found.values())


def _sum_up(into: dict[str, int], sums: Sums) -> None:
    for name, value in sums.items():
        into[name] += value
