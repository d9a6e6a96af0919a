"""The partner's transactions: a list, one of them with its trace, and the list as a file."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clicktrail.control.console.cells import STATE_WORDS
from clicktrail.control.csvcells import Amount
from clicktrail.control.csvfile import csv_answer
from clicktrail.control.ledger.export import iso
from clicktrail.control.ledger.models import Click, Transaction, TransactionState
from clicktrail.control.portal import figures, search, seen, trace
from clicktrail.control.portal.viewer import Viewer
from clicktrail.core.clickid import text_of
from clicktrail.core.ids import read_id
from clicktrail.core.money import format_minor
from clicktrail.core.tongue import mark


@require_safe
def transactions(request: Any) -> HttpResponse:
    wanted = search.read(request.GET)
    rows, after = search.page(search.found(request.viewer, wanted), request.GET.get("after", ""))
    context = {
        "rows": seen.seen(rows),
        "search": wanted,
        "states": [(state, STATE_WORDS.get(state, state)) for state in TransactionState.values],
        "programs": programs_of(request.viewer),
        "next": wanted.query(after=after) if after else "",
        "is_first": "after" not in request.GET,
        "query": wanted.query(),
        "click": _click_address(request.viewer, wanted.term) if wanted.term and not rows else "",
    }
    return TemplateResponse(request, "portal/transactions.html", context)


@require_safe
def transaction(request: Any, number: int) -> HttpResponse:
    row = seen.own_transactions(request.viewer).filter(pk=read_id(str(number)) or 0).first()
    if row is None:
        raise Http404(_("There is no such transaction."))
    context = {
        "row": seen.seen([row])[0],
        "history": seen.history(row),
        "adjustments": seen.adjustments(row),
        "paid": seen.paid(row),
        "chapters": trace.of_transaction(request.viewer, row),
    }
    return TemplateResponse(request, "portal/transaction.html", context)


@require_safe
def click(request: Any, clickid: str) -> HttpResponse:
    """The trace of a click that led to no transaction."""
    row = _own_click(request.viewer, clickid)
    if row is None:
        raise Http404(_("There is no such click."))
    context = {"clickid": clickid, "chapters": trace.of_click(request.viewer, row)}
    return TemplateResponse(request, "portal/click.html", context)


@require_safe
def transactions_file(request: HttpRequest) -> HttpResponseBase:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    rows = search.found(viewer, search.read(request.GET))
    return csv_answer("transactions", map(_, HEADER), _lines(rows))


HEADER = (
    mark("Number"), mark("Order number"), mark("Program"), mark("Product"), mark("Creative"), mark("Subid"),
    mark("State"), mark("Why"), mark("Revenue"), mark("Commission"), mark("Currency"), mark("Clicked"),
    mark("Created"), mark("ClickID"), mark("Test"),
)  # fmt: skip


def _lines(rows: Any) -> Iterator[tuple[Any, ...]]:
    for chunk in search.pages(rows):
        for row, told in zip(chunk, seen.seen(chunk), strict=True):
            yield _line(row, told)


def _line(row: Transaction, told: seen.Seen) -> tuple[Any, ...]:
    remaining = row.remaining_revenue_minor
    revenue = "" if remaining is None else Amount(format_minor(remaining, row.decimals))
    clicked = "" if row.clicked_ms is None else iso(row.clicked_ms)
    return (
        row.number, row.tid, told.program, row.product, told.creative, row.subid, _(row.state), told.why, revenue,
        Amount(format_minor(row.remaining_commission_minor, row.decimals)), row.currency, clicked, iso(row.created_ms),
        row.clickid, int(row.test),
    )  # fmt: skip


def programs_of(viewer: Viewer) -> list[tuple[int, str]]:
    """Those that he is approved for, or has sent clicks or orders to."""
    return list(figures.own_programs(viewer).order_by("name").values_list("pk", "name"))


def _own_click(viewer: Viewer, clickid: str) -> Click | None:
    number = search.own_click(clickid.strip())
    return None if number is None else viewer.own(Click.objects.filter(pk=number)).first()


def _click_address(viewer: Viewer, term: str) -> str:
    from django.conf import settings

    row = _own_click(viewer, term)
    return "" if row is None else reverse("portal:click", args=[text_of(settings.CLICKTRAIL.prefix, row.pk, row.tail)])
