"""Transactions -> Edit: the list with its filters, its CSV file, and the way to everything that is done from there."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clicktrail.control.accounts import viewer
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.console import (
    adjustments,
    bulkpages,
    byhandpage,
    filterpages,
    keyset,
    moving,
    orders,
    transactionpage,
)
from clicktrail.control.console.cells import STATE_WORDS, with_names
from clicktrail.control.console.narrowing import (
    ADJUSTED,
    TESTS_ONLY,
    TO_SETTLE,
    WITHOUT_TESTS,
    TransactionNarrowing,
    visible,
)
from clicktrail.control.console.page import Page
from clicktrail.control.csvcells import Cell
from clicktrail.control.csvfile import csv_answer
from clicktrail.control.ledger.models import Transaction, TransactionState
from clicktrail.control.worklist import bulk
from clicktrail.core.ids import read_id

NAME = "ledger_transaction"
EXPORT_ROWS = 1000
"""Rows that the CSV file reads in one question."""


@admin.register(Transaction)
class TransactionAdmin(Page):
    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        views = {
            "export.csv": (self.export_view, "export"),
            **adjustments.addresses(self),
            **bulkpages.addresses(self),
            **filterpages.addresses(self),
            "by-hand/": (byhandpage.view_of(self), "by_hand"),
        }
        own = [
            path(address, self.admin_site.admin_view(view), name=f"{NAME}_{name}")
            for address, (view, name) in views.items()
        ]
        return [*own, *super().get_urls()]

    # The list

    def rows(self, request: HttpRequest, narrowing: TransactionNarrowing) -> QuerySet:
        """What of the transactions is asked for and may be seen, without names."""
        return narrowing.narrow(visible(Transaction.objects.all(), rights_of(request)))

    def changelist_view(self, request: HttpRequest, _extra: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404(_("There is no such page, or it is not for you."))
        start = None if request.GET else filterpages.start_of(request)
        if start is not None:
            return HttpResponseRedirect(f"{request.path}?{start}")
        narrowing = TransactionNarrowing(request.GET, rights_of(request))
        rows = self.rows(request, narrowing)
        leaf = keyset.leaf(with_names(rows, partner=True), request.GET)
        return TemplateResponse(request, "console/transactions.html", self._context(request, narrowing, rows, leaf))

    def _context(
        self, request: HttpRequest, narrowing: TransactionNarrowing, rows: QuerySet, leaf: keyset.Leaf
    ) -> dict[str, Any]:
        shown = orders.columns(len(narrowing.programs) > 1)
        found = len(leaf.rows) if leaf.is_whole else count_up_to(rows, bulk.MAX_BULK)
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Transactions"),
            "is_fullwidth": "1",
            "columns": shown,
            "rows": [
                (row, [(column, column.cell(row)) for column in shown]) for row in narrowing.in_one_zone(leaf.rows)
            ],
            "leaf": leaf,
            "narrowing": narrowing,
            "found": found,
            "is_too_many": found > bulk.MAX_BULK,
            "most": bulk.MAX_BULK,
            "states": [
                *((state.value, STATE_WORDS[state.value]) for state in TransactionState),
                (ADJUSTED, _("Adjusted")),
                (TO_SETTLE, _("Adjustment to settle")),
            ],
            "tests": [(WITHOUT_TESTS, _("Without tests")), (TESTS_ONLY, _("Tests only"))],
            "filters": filterpages.shown_to(request, narrowing.query),
            "edits": rights_of(request).edits,
            "verbs": moving.VERBS.values(),
        }

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """The rows that the list would show, page after page, in its order and with its columns."""
        narrowing = TransactionNarrowing(request.GET, rights_of(request))
        shown = orders.columns(len(narrowing.programs) > 1)
        rows = with_names(self.rows(request, narrowing), partner=True)
        name = f"transactions-{timezone.localdate().isoformat()}"
        lines = _lines(rows, shown, translation.get_language() or "en", viewer.zone() or ZoneInfo(narrowing.zone))
        return csv_answer(name, list(orders.header(shown)), lines)

    # One transaction

    def change_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        rows = with_names(self.get_queryset(request), partner=True, creative=True)
        row = rows.filter(pk=read_id(object_id) or 0).first()
        if row is None:
            raise Http404("There is no such transaction.")
        context = {**self.admin_site.each_context(request), "opts": self.opts, **transactionpage.context(request, row)}
        return TemplateResponse(request, "console/transaction.html", context)

    def history_view(self, _request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        """The history stands on the transaction's own page."""
        return HttpResponseRedirect(reverse(f"admin:{NAME}_change", args=[object_id]))


def _lines(rows: QuerySet, shown: list[orders.Column], language: str, zone: Any) -> Iterator[list[Cell]]:
    """It is sent after the page's own language and zone have been put away."""
    for page in keyset.walk(rows, EXPORT_ROWS):
        with translation.override(language):
            lines = [orders.line(shown, row, zone) for row in page]
        yield from lines


def count_up_to(rows: QuerySet, most: int) -> int:
    """How many there are; `most` + 1 for more. So it costs the same however long the list is."""
    return rows.values("pk")[: most + 1].count()
