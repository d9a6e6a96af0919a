"""What the portal's charts show, as `reports/chart.js` wants it."""

from typing import Any

from django.utils.translation import gettext as _

from clicktrail.control.portal import figures
from clicktrail.control.portal.viewer import Viewer
from clicktrail.control.reports import periods
from clicktrail.control.reports.periods import Period


def by_day(viewer: Viewer, period: Period, currencies: list[str]) -> list[dict[str, Any]]:
    """Clicks, and the commission of each currency, with the period before beside it."""
    before = periods.before(period, "previous")
    unit = "day" if period.days <= 92 else "month"
    now_rows, before_rows = figures.ask(viewer, period, unit), figures.ask(viewer, before, unit)
    labels = periods.labels(period, unit), periods.labels(before, unit)

    def chart(key: str, title: str, kind: str, measure: str, currency: str, unit_of_values: str) -> dict[str, Any]:
        series = [
            {"name": title, "values": figures.by_time(now_rows, currency, labels[0], measure, unit)},
            {
                "name": _("Period before"),
                "values": figures.by_time(before_rows, currency, labels[1], measure, unit),
                "before": True,
            },
        ]
        data = {"kind": kind, "unit": unit_of_values, "currency": currency, "labels": labels[0], "series": series}
        return {"id": key, "title": title, "data": {**data, "before_labels": labels[1]}}

    found = []
    for number, currency in enumerate(currencies):
        mark = f" ({currency})" if len(currencies) > 1 else ""
        clicks, commission = _("Clicks") + mark, _("Commission") + mark
        found.append(chart(f"clicks-{number}", clicks, "line", "clicks_net", currency, "count"))
        found.append(chart(f"commission-{number}", commission, "bar", "commission_minor", currency, "money"))
    return found


def of_report(rows: list[Any], labels: list[str], unit: str) -> list[dict[str, Any]]:
    """Clicks and commission by day, week or month."""
    found = []
    for number, currency in enumerate(sorted({row.currency for row in rows})):
        values = figures.by_time(rows, currency, labels, "commission_minor", unit)
        title = _("Commission in %(currency)s") % {"currency": currency}
        series = [{"name": title, "values": values}]
        data = {"kind": "bar", "unit": "money", "currency": currency, "labels": labels, "series": series}
        found.append({"id": f"report-{number}", "title": title, "data": data})
    return found
