"""The partner's reports: by day, week, month, program, creative, product, subid or referrer, with chart and file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clicktrail.control.console.cells import money_text, number_text
from clicktrail.control.csvcells import Amount
from clicktrail.control.csvfile import csv_answer
from clicktrail.control.portal import charts, figures
from clicktrail.control.portal.overview import USUAL, period_words
from clicktrail.control.portal.search import day
from clicktrail.control.portal.transactions import programs_of
from clicktrail.control.portal.viewer import Viewer
from clicktrail.control.reports import derived, periods, table
from clicktrail.control.reports.periods import Period
from clicktrail.core.ids import read_id
from clicktrail.core.money import decimals_of, format_minor

BY = ("day", "week", "month", "program", "creative", "product", "subid", "referrer")


@dataclass(frozen=True, slots=True)
class Asked:
    by: str
    span: figures.Span

    def query(self) -> str:
        span = self.span
        days = {"period": span.quick} if span.quick else {"from": span.period.first, "to": span.period.last}
        return urlencode({"by": self.by, **days, **({"program": span.program} if span.program else {})})


@require_safe
def reports(request: Any) -> HttpResponse:
    asked = _read(request.viewer, request.GET)
    context = {
        "asked": asked,
        "query": asked.query(),
        "dimensions": words().items(),
        "periods": period_words().items(),
        "programs": programs_of(request.viewer),
        **_answer(request.viewer, asked),
    }
    return TemplateResponse(request, "portal/reports.html", context)


@require_safe
def reports_file(request: HttpRequest) -> HttpResponseBase:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    asked = _read(viewer, request.GET)
    try:
        rows = figures.ask_span(viewer, asked.span, asked.by)
    except ValueError:  # The page says what is wrong with it.
        rows = []
    header = (
        words()[asked.by], _("Clicks"), _("Clicks, gross"), _("Transactions"), _("Revenue"), _("Commission"),
        _("Currency"),
    )  # fmt: skip
    return csv_answer(f"report-{asked.by}", header, _lines(rows, asked.by))


def words() -> dict[str, str]:
    return {
        "day": _("Day"),
        "week": _("Week"),
        "month": _("Month"),
        "program": _("Program"),
        "creative": _("Creative"),
        "product": _("Product"),
        "subid": _("Subid"),
        "referrer": _("Referrer"),
    }


def _read(viewer: Viewer, given: Any) -> Asked:
    by = given.get("by", "day")
    program = read_id(given.get("program", ""))
    quick = given.get("period", "")
    first, last = day(given.get("from", "")), day(given.get("to", ""))
    if quick in periods.QUICK or first is None or last is None:
        quick = quick if quick in periods.QUICK else USUAL
        span = figures.span(viewer, quick, program=program)
    else:
        span = figures.span(viewer, period=Period(first, last), program=program)
    return Asked(by if by in BY else "day", span)


def _answer(viewer: Viewer, asked: Asked) -> dict[str, Any]:
    try:
        rows = figures.ask_span(viewer, asked.span, asked.by)
    except ValueError as fault:
        return {"fault": str(fault), "rows": []}
    named = figures.names(asked.by, rows)
    found: dict[str, Any] = {
        "rows": [(_("all others") if row.other else named[row.values[asked.by]], _cells(row)) for row in rows],
        "sums": [_cells(row) for row in table.totals(rows)],
        "charts": [],
    }
    if asked.by in figures.TIMES:
        found["rows"].reverse()
        found["charts"] = charts.of_report(rows, asked.span, asked.by)
    return found


def _cells(row: table.Row) -> list[str]:
    sums = row.sums
    return [
        number_text(sums["clicks_net"]),
        number_text(sums["clicks_gross"]),
        number_text(sums["transactions"]),
        figures.rate(derived.conversion_ppm(sums)),
        money_text(sums["revenue_minor"], row.currency),
        money_text(sums["commission_minor"], row.currency),
        figures.epc_text(derived.epc(sums), row.currency),
    ]


def _lines(rows: list[table.Row], by: str) -> Iterator[tuple[Any, ...]]:
    named = {} if by in table.PERIODS else figures.names(by, rows)
    for row in rows:
        sums, places = row.sums, decimals_of(row.currency)
        yield (
            _("(other)") if row.other else named.get(row.values[by], row.values[by]),
            sums["clicks_net"], sums["clicks_gross"], sums["transactions"],
            Amount(format_minor(sums["revenue_minor"], places)),
            Amount(format_minor(sums["commission_minor"], places)), row.currency,
        )  # fmt: skip
