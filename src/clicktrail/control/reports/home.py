"""Home: what the last days brought, what is waiting, and what to do next where there is nothing yet."""

from typing import Any

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from clicktrail import heartbeat
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.catalog.models import Program
from clicktrail.control.policy import CONSOLE
from clicktrail.control.reports import beginning, figure, overview, waiting
from clicktrail.control.reports.columns import COLUMNS, DIMENSION_WORDS, Column, change_text
from clicktrail.control.reports.overview import Figures, Stretch, View
from clicktrail.control.reports.page import RANGE_WORDS, zone_of
from clicktrail.core.ids import read_id

LINES = {
    "hour": (gettext_lazy("Today"), gettext_lazy("Yesterday")),
    "day": (gettext_lazy("30 days"), gettext_lazy("The 30 days before")),
}
CHART_WORDS = {"hour": gettext_noop("%(measure)s by hour"), "day": gettext_noop("%(measure)s by day")}
TOP_WORDS = {
    "partner": gettext_lazy("Top partners"),
    "creative": gettext_lazy("Top creatives"),
    "subid": gettext_lazy("Top subids"),
}
TOPS = ("partner", "creative", "subid")


def front(request: HttpRequest) -> HttpResponse:
    """The address `/`: partners have a house of their own."""
    if rights_of(request).is_partner:
        return HttpResponseRedirect("/partner/")
    page: HttpResponse = site.admin_view(home)(request)
    return page


def home(request: HttpRequest) -> HttpResponse:
    rights = rights_of(request)
    asked = {
        "program": read_id(request.GET.get("program", "")),
        "tests": "1" if request.GET.get("tests") == "1" else None,
        "chart": "day" if request.GET.get("chart") == "day" else None,
        "measure": request.GET.get("measure") if request.GET.get("measure") in overview.SHOWN else None,
        "currency": request.GET.get("currency"),
    }
    programs = dict(rights.narrowed(Program.objects.order_by("name"), "pk").values_list("pk", "name"))
    program = asked["program"] if asked["program"] in programs else None
    asked["program"] = program
    zone = zone_of(rights, program)
    view = overview.view_of(rights.programs, program, bool(asked["tests"]), zone, heartbeat.now_ms())
    figures = overview.figures(view)
    orders = waiting.open_orders(rights, program)
    context = {
        **site.each_context(request),
        "title": _("Home"),
        "programs": programs,
        "program": program,
        "view": view,
        "is_one_day": len({zone for part in view.parts for _, zone in part.clocks}) == 1,
        "hidden": [(name, value) for name, value in asked.items() if value and name not in ("program", "tests")],
        "steps": beginning.steps(rights),
        "items": waiting.items(request, rights, program, orders["held"]),
        "standing": {**orders, "lag": waiting.journal_lag()},
        "has_figures": bool(figures.currencies),
    }
    if figures.currencies:
        context |= _shown(figures, view, asked)
    response = TemplateResponse(request, "reports/home.html", context)
    response.content_policy = CONSOLE  # type: ignore[attr-defined]
    return response


def _address(asked: dict[str, Any], **changes: Any) -> str:
    return "?" + urlencode({name: value for name, value in {**asked, **changes}.items() if value})


def _report(view: View, **more: Any) -> str:
    return reverse("reports") + _address({"program": view.program, "tests": "1" if view.tests else None}, **more)


def _shown(figures: Figures, view: View, asked: dict[str, Any]) -> dict[str, Any]:
    column = overview.column_of(asked["measure"] or "")
    currency = asked["currency"] if asked["currency"] in figures.currencies else figures.currencies[0]
    unit = asked["chart"] or "hour"
    words = (str(LINES[unit][0]), str(LINES[unit][1]))
    return {
        "heads": [(RANGE_WORDS[one.name], _report(view, **_of(one))) for one in figures.stretches],
        "rows": [_row(figures, COLUMNS[key], currency) for key in overview.SHOWN],
        "chart": overview.chart(figures, view, unit, column, currency, words),
        "chart_label": figure.titled(
            _(CHART_WORDS[unit]) % {"measure": column.label}, column, currency, figures.currencies
        ),
        "units": [
            (_("By hour"), _address(asked, chart=None), unit == "hour"),
            (_("By day"), _address(asked, chart="day"), unit == "day"),
        ],
        "measures": [
            (COLUMNS[key].label, _address(asked, measure=key), key == column.key) for key in overview.SHOWN
        ],
        "currencies": [(one, _address(asked, currency=one), one == currency) for one in figures.currencies]
        if len(figures.currencies) > 1 else [],
        "tops": [_top(view, by, currency) for by in TOPS],
    }  # fmt: skip


def _of(stretch: Stretch) -> dict[str, str]:
    """The same days on the reports page."""
    unit = "hour" if stretch.period.days == 1 else "day"
    return {"range": stretch.name, "compare": "previous", "by": unit}


def _row(figures: Figures, column: Column, currency: str) -> dict[str, Any]:
    """Money is of one currency; what is counted, of all of them."""
    is_money = column.is_money
    cells = []
    for stretch in figures.stretches:
        value, change = stretch.cell(column, currency) if is_money else stretch.together(column)
        tone = "" if not change else "up" if change > 0 else "down"
        cells.append((column.text(value, currency), change_text(change), tone))
    return {"label": column.label, "hint": column.hint, "currency": currency if is_money else "", "cells": cells}


def _top(view: View, by: str, currency: str) -> dict[str, Any]:
    lines = [
        {
            "words": f"{top.name} ({top.value})" if top.name else str(top.value),
            "link": _report(view, range="7d", by="creative" if by == "partner" else "day", **{by: top.value}),
            "clicks": COLUMNS["clicks_net"].text(top.sums["clicks_net"], ""),
            "commission": COLUMNS["commission"].text(top.sums["commission_minor"], top.currency),
            "currency": top.currency,
        }
        for top in overview.tops(view, by, currency)
    ]  # fmt: skip
    return {
        "title": TOP_WORDS[by],
        "label": DIMENSION_WORDS[by],
        "lines": lines,
        "all": _report(view, range="7d", by=by),
    }
