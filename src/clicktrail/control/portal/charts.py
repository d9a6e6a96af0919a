"""What the portal's charts show, as `reports/chart.js` wants it."""

from typing import Any

from django.utils.translation import gettext as _

from clicktrail import heartbeat
from clicktrail.control.portal import figures
from clicktrail.control.portal.viewer import Viewer
from clicktrail.control.reports import periods, running
from clicktrail.control.reports.figure import OPEN_WORDS
from clicktrail.control.reports.periods import Period
from clicktrail.control.reports.table import Row

LONGEST_BY_DAY = 92


def by_day(viewer: Viewer, span: figures.Span, currencies: list[str]) -> list[dict[str, Any]]:
    """Clicks, and the commission of each currency, with the period before beside it."""
    rows: dict[Period, list[Row]] = {}
    found = []
    for number, currency in enumerate(currencies):
        period = span.drawn_of(currency)
        before = periods.before(period, "previous")
        unit = "day" if period.days <= LONGEST_BY_DAY else "month"
        for each in (period, before):
            rows[each] = rows[each] if each in rows else figures.ask(viewer, each, unit)
        labels, before_labels = periods.labels(period, unit), periods.labels(before, unit)
        mark = f" ({currency})" if len(currencies) > 1 else ""
        for key, title, kind, measure in (
            ("clicks", _("Clicks"), "line", "clicks_net"), ("commission", _("Commission"), "bar", "commission_minor"),
        ):  # fmt: skip
            values = figures.by_time(rows[period], currency, labels, measure, unit)
            earlier = figures.by_time(rows[before], currency, before_labels, measure, unit)
            chart = _chart(f"{key}-{number}", title + mark, kind, values, currency, labels, unit, span)
            chart["data"]["series"].append({"name": _("Period before"), "values": earlier, "before": True})
            chart["data"]["before_labels"] = before_labels
            found.append(chart)
    return found


def of_report(rows: list[Row], span: figures.Span, unit: str) -> list[dict[str, Any]]:
    """Commission by day, week or month, each currency apart."""
    found = []
    for number, currency in enumerate(sorted({row.currency for row in rows})):
        labels = periods.labels(span.drawn_of(currency), unit)
        values = figures.by_time(rows, currency, labels, "commission_minor", unit)
        title = _("Commission in %(currency)s") % {"currency": currency}
        found.append(_chart(f"report-{number}", title, "bar", values, currency, labels, unit, span))
    return found


def _chart(
    key: str, title: str, kind: str, values: list[int], currency: str, labels: list[str], unit: str, span: figures.Span
) -> dict[str, Any]:
    """Of one series; what has not begun has no value, what is not over is drawn as unfinished."""
    clocks = running.now_labels(unit, running.zones(span.parts, currency), heartbeat.now_ms())
    to_come = running.first_to_come(labels, clocks)
    return {
        "id": key,
        "title": title,
        "data": {
            "kind": kind,
            "unit": "count" if kind == "line" else "money",
            "currency": currency,
            "labels": labels,
            "series": [{"name": title, "values": [*values[:to_come], *[None] * len(labels[to_come:])]}],
            "open_from": running.first_open(labels, clocks),
            "open_name": str(OPEN_WORDS[unit]),
        },
    }
