"""The partner's first page; and the way out for who looks at it as somebody of the house."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.console.cells import money_text, number_text
from clicktrail.control.portal import charts, figures, seen, terms
from clicktrail.control.portal.viewer import AS_PARTNER, Viewer
from clicktrail.control.reports import periods
from clicktrail.control.reports.table import Row, TooManyRows

USUAL = "30d"
TOP_ROWS = 5
NEWEST_ROWS = 5


@require_safe
def overview(request: Any) -> HttpResponse:
    name = request.GET.get("period", USUAL)
    name = name if name in periods.QUICK else USUAL
    span = figures.span(request.viewer, name)
    groups = figures.by_currency(request.viewer, span)
    currencies = [currency for currency, _figures in groups]
    newest = seen.own_transactions(request.viewer).order_by("-created_ms", "-number")[:NEWEST_ROWS]
    context = {
        "period": name,
        "periods": period_words().items(),
        "span": span.drawn(),
        "compared": figures.compared(span),
        "groups": groups,
        "charts": charts.by_day(request.viewer, span, currencies),
        "tops": [top for by in ("creative", "subid") for top in _tops(request.viewer, span, by, currencies)],
        "newest": seen.seen(newest),
        "new_terms": None if request.viewer.by else terms.to_accept(request.user.pk),
    }
    return TemplateResponse(request, "portal/overview.html", context)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Back to the console; for everybody else there is nothing to leave."""
    number = request.session.pop(AS_PARTNER, None)
    if number is None or not rights_of(request).is_inside:
        return HttpResponseRedirect("/")
    note(request, "left partner", str(number))
    return HttpResponseRedirect(reverse("admin:catalog_partner_change", args=[number]))


def period_words() -> dict[str, str]:
    return {
        "today": _("Today"),
        "yesterday": _("Yesterday"),
        "7d": _("7 days"),
        "30d": _("30 days"),
        "90d": _("90 days"),
        "month": _("This month"),
        "last_month": _("Last month"),
        "year": _("This year"),
    }


def _tops(viewer: Viewer, span: figures.Span, dimension: str, currencies: list[str]) -> list[dict[str, Any]]:
    """The best ones by commission, then by clicks; amounts of two currencies are not compared."""
    titles = {"creative": _("Top creatives"), "subid": _("Top subids")}
    heads = {"creative": _("Creative"), "subid": _("Subid")}
    try:
        rows = [row for row in figures.ask_span(viewer, span, dimension) if not row.other]
    except TooManyRows:
        rows = []
    found = []
    for currency in currencies:
        title = titles[dimension] + (f" ({currency})" if len(currencies) > 1 else "")
        most = _largest([row for row in rows if row.currency == currency])
        found.append({"title": title, "head": heads[dimension], "by": dimension, "rows": _shown(dimension, most)})
    return found


def _largest(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row.sums["commission_minor"], -row.sums["clicks_net"]))[:TOP_ROWS]


def _shown(dimension: str, rows: list[Row]) -> list[tuple[str, ...]]:
    named = figures.names(dimension, rows)
    return [
        (
            named[row.values[dimension]],
            number_text(row.sums["clicks_net"]),
            number_text(row.sums["transactions"]),
            money_text(row.sums["commission_minor"], row.currency),
        )
        for row in rows
    ]
