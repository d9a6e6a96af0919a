"""Transactions -> Log: every call ever received, with its verdict in words; new ones appear by themselves."""

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from clicktrail.control.accounts import viewer
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.console import callpage, keyset
from clicktrail.control.console.cells import DASH, named, time_cell, with_names
from clicktrail.control.console.narrowing import UNSAVED, CallNarrowing, visible
from clicktrail.control.console.page import Page
from clicktrail.control.console.verdictcells import saved_cell, shape_of, title_of, verdict_label
from clicktrail.control.ledger import verdicts
from clicktrail.control.ledger.models import EngineState, Postback
from clicktrail.control.secondlooks import again
from clicktrail.control.secondlooks import pages as secondlooks_pages
from clicktrail.core import reasons

NAME = "ledger_postback"
MAX_NEW_CALLS = 50
"""Calls that appear at once; of more the newest, and the page says that there are others."""
MAX_LOOKED_AT = 5000
"""Newly judged calls among which a narrowed log looks for its own at once; of more, in the latest."""
MAX_ROWS_LIVE = 200
"""Rows that a page keeps while new ones come; the oldest make room."""
POLL_MS = 2000

__all__ = ["PostbackAdmin", "saved_cell", "verdict_label"]


@admin.register(Postback)
class PostbackAdmin(Page):
    def has_add_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_names(super().get_queryset(request))

    def get_urls(self) -> list[Any]:
        newer = path("newer/", self.admin_site.admin_view(self.newer_view), name=f"{NAME}_newer")
        return [*secondlooks_pages.addresses(self), newer, *super().get_urls()]

    # The list

    def changelist_view(self, request: HttpRequest, _extra: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404(_("There is no such page, or it is not for you."))
        if request.method == "POST":
            return self._again(request)
        judged_up_to = _judged_up_to()  # before the rows: what is judged meanwhile appears as new
        narrowing = CallNarrowing(request.GET, rights_of(request))
        leaf = keyset.leaf(narrowing.narrow(self._rows(request)), request.GET)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Log"),
            "is_fullwidth": "1",
            "rows": [line(row) for row in narrowing.in_one_zone(leaf.rows)],
            "leaf": leaf,
            "narrowing": narrowing,
            "reasons": [(UNSAVED, _("Everything not saved")), *((code, title_of(code)) for code in reasons.REASONS)],
            "edits": rights_of(request).edits,
            "is_live": leaf.newer is None,
            "live": self._live(narrowing, judged_up_to),
        }
        return TemplateResponse(request, "console/calls.html", context)

    def _rows(self, request: HttpRequest) -> QuerySet:
        return with_names(visible(Postback.objects.all(), rights_of(request)))

    def _live(self, narrowing: CallNarrowing, judged_up_to: int) -> dict[str, Any]:
        return {
            "address": f"{reverse(f'admin:{NAME}_newer')}?{narrowing.query}",
            "order": judged_up_to,
            "every_ms": POLL_MS,
            "most": MAX_ROWS_LIVE,
        }

    def newer_view(self, request: HttpRequest) -> HttpResponse:
        """Rows judged, or come in to wait, since `order` and `after`: what the page asks for while it is looked at.

        By the order of judging, not by log number: what another node wrote a moment late would be passed over.
        """
        since, newest = (_number(request.GET.get(name)) for name in ("order", "after"))
        upto = _judged_up_to()
        narrowing = CallNarrowing(request.GET, rights_of(request))
        judged = Q(judged_order__gt=max(since, upto - MAX_LOOKED_AT), judged_order__lte=upto)
        waiting = Q(reason=reasons.WAITING, pk__gt=newest)
        found = narrowing.narrow(self._rows(request))
        rows = sorted(
            [*found.filter(judged).order_by("-judged_order")[:MAX_NEW_CALLS], *found.filter(waiting)[:MAX_NEW_CALLS]],
            key=lambda row: -row.pk,
        )
        context = {"rows": [line(row) for row in narrowing.in_one_zone(rows)], "edits": rights_of(request).edits}
        answer = TemplateResponse(request, "console/calls_rows.html", context)
        is_more = len(rows) >= MAX_NEW_CALLS or upto - since > MAX_LOOKED_AT
        answer.headers["HX-Trigger"] = json.dumps({"ct:judged": {"order": upto, "more": is_more}})
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _again(self, request: HttpRequest) -> HttpResponse:
        """Judge again: those that are ticked, or all that the list is narrowed to."""
        rights_of(request).must_edit()
        if request.POST.get("select_across") == "1":
            chosen = _narrowed(request)
        else:
            ticked = [text for text in request.POST.getlist("_selected_action") if text.isdecimal()]
            chosen = {"calls": ",".join(ticked[: again.MOST_CHOSEN])}
        return HttpResponseRedirect(f"{reverse(f'admin:{NAME}_again')}?{urlencode(chosen)}")

    # One call

    def change_view(self, request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        number = int(object_id) if object_id.isdecimal() and len(object_id) < 20 else 0
        row = self.get_queryset(request).filter(pk=number).first() if number < 1 << 63 else None
        if row is None:
            raise Http404("There is no such call.")
        told = callpage.context(row, rights_of(request).edits)
        context = {**self.admin_site.each_context(request), "opts": self.opts, **told}
        return TemplateResponse(request, "console/call.html", context)

    def history_view(self, _request: HttpRequest, object_id: str, *_: Any, **__: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse(f"admin:{NAME}_change", args=[object_id]))


def line(row: Any) -> dict[str, Any]:
    """A row of the log, as the list and what is newer show it."""
    with viewer.page_zone(row.zone):
        return _line(row)


def _line(row: Any) -> dict[str, Any]:
    return {
        "row": row,
        "time": time_cell(row.at_ms, row.zone, brief=True),
        "program": named(row.program_id, row.program_name),
        "order": row.tid or DASH,
        "amount": row.amount or DASH,
        "product": row.product or DASH,
        "source": callpage.source_of(row),
        "saved": saved_cell(row),
        "tone": shape_of(row.reason).tone,
        "verdict": verdict_label(row),
        "sentence": verdicts.sentence_of(row),
    }


def _judged_up_to() -> int:
    """The last place that judging has given out."""
    following = EngineState.objects.filter(pk=1).values_list("next_order", flat=True).first()
    return (following or 1) - 1


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0


def _narrowed(request: HttpRequest) -> dict[str, str]:
    """What the list is narrowed by, as the page of judging again has it."""
    names = {"reason": "reason", "program": "program", "q": "text", "from": "since", "until": "until"}
    found = {name: request.GET.get(filtered, "") for filtered, name in names.items()}
    found["reason"] = found["reason"] if found["reason"] in again.DISCARDED else ""
    return found
