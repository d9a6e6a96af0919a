"""The reports page: a question in the address, its answer as chart and table, the same as CSV."""

from typing import Any

from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clicktrail import heartbeat
from clicktrail.control.accounts import viewer
from clicktrail.control.accounts.rights import Rights, rights_of
from clicktrail.control.catalog.models import Creative, Partner, Product, Program
from clicktrail.control.console.cells import day_text
from clicktrail.control.csvcells import Amount
from clicktrail.control.csvfile import csv_answer
from clicktrail.control.policy import CONSOLE
from clicktrail.control.reports import asked as asking
from clicktrail.control.reports import figure, running
from clicktrail.control.reports.answer import Answer, Line, answer, with_names
from clicktrail.control.reports.asked import Asked
from clicktrail.control.reports.columns import COLUMNS, DIMENSION_WORDS, change_text
from clicktrail.control.reports.running import Part
from clicktrail.control.reports.table import DIMENSIONS, PERIODS
from clicktrail.core.ids import read_id

LINES_ON_A_PAGE = 100
MAX_CHOICES = 200
"""Rows that a list to choose from has; where there are more, the number is typed."""
RANGE_WORDS = {
    "today": gettext_lazy("Today"),
    "yesterday": gettext_lazy("Yesterday"),
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "90d": gettext_lazy("90 days"),
    "month": gettext_lazy("This month"),
    "last_month": gettext_lazy("Last month"),
    "year": gettext_lazy("This year"),
}
COMPARE_WORDS = {
    "previous": gettext_lazy("The period before"),
    "year": gettext_lazy("The same days last year"),
    "own": gettext_lazy("Days of your own"),
}


def page(request: HttpRequest) -> HttpResponse:
    rights = _inside(request)
    zone = zone_of(rights, read_id(request.GET.get("program", "")))
    now_ms = heartbeat.now_ms()
    asked, parts = _read(request, rights, zone, now_ms)
    found, fault = _answered(asked, rights, zone, parts)
    context = {
        **site.each_context(request),
        "title": _("Reports"),
        "asked": asked,
        "zone": zone,
        "fault": fault,
        **_form(asked, rights),
        **(_shown(found, now_ms) if found else {}),
    }
    response = TemplateResponse(request, "reports/page.html", context)
    response.content_policy = CONSOLE  # type: ignore[attr-defined]
    if request.headers.get("HX-Request"):
        response["HX-Push-Url"] = request.path + asked.query(page=asked.page)
    return response


def csv(request: HttpRequest) -> HttpResponse:
    """The rows of the page, all of them, in its order and with its columns."""
    rights = _inside(request)
    zone = zone_of(rights, read_id(request.GET.get("program", "")))
    now_ms = heartbeat.now_ms()
    asked, parts = _read(request, rights, zone, now_ms)
    found, fault = _answered(asked, rights, zone, parts)
    if found is None:
        return HttpResponse(fault, status=422, content_type="text/plain; charset=utf-8")
    with_names(found, found.lines)
    header: list[Any] = []
    for name in asked.by:
        header += [DIMENSION_WORDS[name], _("Number")] if name in asking.NUMBERS else [DIMENSION_WORDS[name]]
    header.append(_("Currency"))
    for column in COLUMNS.values():
        label = f"{column.label} %" if column.unit == "percent" else str(column.label)
        header += [label, _("%(measure)s, before") % {"measure": label}] if asked.before else [label]
    name = f"report-{asked.period.first}-{asked.period.last}"
    return csv_answer(name, header, (_csv_line(line, found) for line in found.lines))


def _inside(request: HttpRequest) -> Rights:
    rights = rights_of(request)
    if not rights.is_inside:
        raise PermissionDenied(_("Reports are for managers of the programs."))
    return rights


def zone_of(rights: Rights, program: int | None) -> str:
    """Whose today it is: the program's that is asked for, the one that all programs share, else the viewer's."""
    rows = rights.narrowed(Program.objects.all(), "pk")
    rows = rows if program is None else rows.filter(pk=program)
    zones = list(rows.order_by().values_list("time_zone", flat=True).distinct()[:2])
    own = viewer.zone()
    return zones[0] if len(zones) == 1 else own.key if own else "UTC"


def _read(request: HttpRequest, rights: Rights, zone: str, now_ms: int) -> tuple[Asked, list[Part]]:
    parts = running.parts(rights.programs, read_id(request.GET.get("program", "")), zone, now_ms)
    return asking.read(request.GET, running.day_of_view(parts, zone, now_ms)), parts


def _answered(asked: Asked, rights: Rights, zone: str, parts: list[Part]) -> tuple[Answer | None, str]:
    try:
        return answer(asked, rights.programs, zone, parts), ""
    except ValueError as fault:
        return None, str(fault)


# The form


def _form(asked: Asked, rights: Rights) -> dict[str, Any]:
    compared = asked.own_before or asked.before
    return {
        "ranges": [(name, word, name == asked.range) for name, word in RANGE_WORDS.items()],
        "is_own": asked.range == asking.OWN,
        "dimensions": [(name, DIMENSION_WORDS[name], name in asked.by) for name in _in_order()],
        "comparisons": [(name, word, name == asked.compare) for name, word in COMPARE_WORDS.items()],
        "compared": compared,
        "choices": _choices(asked, rights),
        "texts": [(name, DIMENSION_WORDS[name], _text(asked.filters.get(name))) for name in asking.TEXTS],
        "none": asking.NO_TEXT,
        "csv": asked.query(),
        "has_filters": bool(asked.filters),
        "without_filters": asked.query(filters={}),
    }


def _in_order() -> list[str]:
    return [*PERIODS, *(name for name in DIMENSIONS if name not in PERIODS)]


def _text(value: str | None) -> str:
    return asking.NO_TEXT if value == "" else value or ""


def _choices(asked: Asked, rights: Rights) -> list[dict[str, Any]]:
    """A list to choose from for each kind, or None where it would be too long."""
    programs = asked.filters.get("program")
    of_program = {"program_id": programs} if programs else {}
    rows = {
        "program": rights.narrowed(Program.objects.all(), "pk"),
        "partner": Partner.objects.all(),
        "creative": rights.narrowed(Creative.objects.filter(**of_program)),
        "product": rights.narrowed(Product.objects.filter(**of_program)),
    }
    found = []
    for name, query in rows.items():
        named = list(query.order_by("name", "pk").values_list("pk", "name")[: MAX_CHOICES + 1])
        chosen = asked.filters.get(name)
        options = named if len(named) <= MAX_CHOICES else None
        if options is not None and chosen and chosen not in dict(options):
            options = [(chosen, str(chosen)), *options]
        found.append({"name": name, "label": DIMENSION_WORDS[name], "options": options, "chosen": chosen})
    return found


# The answer


def _shown(found: Answer, now_ms: int) -> dict[str, Any]:
    asked = found.asked
    pages = max(1, -(-len(found.lines) // LINES_ON_A_PAGE))
    number = min(asked.page, pages)
    lines = found.lines[(number - 1) * LINES_ON_A_PAGE : number * LINES_ON_A_PAGE]
    column = COLUMNS[asked.chart or "clicks_net"]
    currency = asked.currency if asked.currency in found.currencies else (found.currencies or [""])[0]
    with_names(found, [*lines, *figure.lines_of_bars(found, column, currency)])
    drawn = figure.chart(found, column, currency, lambda name, value, other: _words(found, name, value, other), now_ms)
    return {
        "heads": _heads(asked),
        "lines": [_line(found, line) for line in lines],
        "totals": [_cells(line) for line in found.totals],
        "has_lines": bool(found.lines),
        "before": asked.before,
        "chart": drawn,
        "chart_label": figure.titled(
            _("%(measure)s by %(dimension)s") % {"measure": column.label, "dimension": DIMENSION_WORDS[asked.by[0]]},
            column, currency, found.currencies,
        ),
        "bars": figure.MAX_BARS if drawn and drawn.get("of", 0) > figure.MAX_BARS else 0,
        "own_days": [part.today for part in found.parts] if len(found.parts) > 1 and asked.range != asking.OWN else [],
        "measures": [
            (str(one.label), asked.query(chart=key), key == column.key) for key, one in COLUMNS.items()
        ],
        "is_money": column.is_money,
        "currencies": [(one, asked.query(currency=one), one == currency) for one in found.currencies]
        if len(found.currencies) > 1 else [],
        "pages": _pages(asked, number, pages),
        "many": len(found.lines),
    }  # fmt: skip


def _pages(asked: Asked, number: int, pages: int) -> dict[str, Any] | None:
    if pages == 1:
        return None
    return {
        "number": number,
        "all": pages,
        "back": asked.query(page=number - 1) if number > 1 else "",
        "on": asked.query(page=number + 1) if number < pages else "",
    }


def _heads(asked: Asked) -> list[dict[str, Any]]:
    """Of the columns: what a press on them asks for."""
    first = asked.by[0]
    sort = asked.sort or (f"-{first}" if first in PERIODS else "-commission")
    heads = [(name, DIMENSION_WORDS[name], "", False) for name in asked.by]
    heads += [(key, column.label, column.hint, True) for key, column in COLUMNS.items()]
    found = []
    for key, label, hint, is_number in heads:
        order = "descending" if sort == f"-{key}" else "ascending" if sort == key else ""
        other = key if order == "descending" else f"-{key}" if is_number or order else key
        found.append({
            "label": label, "hint": hint, "is_number": is_number, "order": order, "link": asked.query(sort=other),
        })  # fmt: skip
    return found


def _line(found: Answer, line: Line) -> dict[str, Any]:
    places = []
    for name, value in line.values.items():
        link = "" if line.other and name in asking.TEXTS else asking.closer(found.asked, line.values, name)
        places.append((_words(found, name, value, line.other), link))
    return {"places": places, **_cells(line)}


def _cells(line: Line) -> dict[str, Any]:
    cells = []
    for column, value, before, change in line.cells():
        earlier = column.text(before, line.currency) if line.before is not None else ""
        tone = "" if not change else "up" if change > 0 else "down"
        cells.append((column.text(value, line.currency), earlier, change_text(change), tone))
    return {"currency": line.currency, "cells": cells}


def _words(found: Answer, name: str, value: Any, other: bool) -> str:
    if name in found.names:
        known = found.names[name].get(value)
        return f"{known} ({value})" if known else str(value) if value else _("unknown")
    if name in asking.TEXTS:
        return _("all others") if other else value or _("none")
    return day_text(str(value)) if name in PERIODS else str(value)


def _csv_line(line: Line, found: Answer) -> list[Any]:
    cells: list[Any] = []
    for name, value in line.values.items():
        if name in asking.NUMBERS:
            cells += [found.names.get(name, {}).get(value, ""), value]
        else:
            cells.append(_words(found, name, value, line.other) if line.other else value)
    cells.append(line.currency)
    for column, value, before, _change in line.cells():
        cells.append(Amount(column.plain(value, line.currency)))
        if line.before is not None:
            cells.append(Amount(column.plain(before, line.currency)))
    return cells
