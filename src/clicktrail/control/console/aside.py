"""Set aside: events that the ledger would not take, each with the database's word on it."""

from typing import Any

import msgspec
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from clicktrail.control.console.cells import time_cell
from clicktrail.control.console.page import Page
from clicktrail.control.ledger.models import SetAside
from clicktrail.journal.events import Click, Event, decode_batch

WAITING = "waiting"
"""Stands for the journal's identity where a call had waited: engine/setaside.py."""


SUMS = "sums"
"""Stands there for a note about the sums, without an event: ledger/migrations/0012_integers.py."""


@admin.register(SetAside)
class SetAsideAdmin(Page):
    """For reading: what to do about one depends on the note, and the event itself stays in its row."""

    program_column = None
    list_display = ("shown_time", "shown_event", "note", "shown_place")
    list_display_links = None
    list_fullwidth = True
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-id",)
    sortable_by = ()
    show_full_result_count = False
    paginator = InfinitePaginator
    actions = None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = _("Events that could not be stored")
        return super().changelist_view(request, {**(extra_context or {}), "title": title})

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: SetAside | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: SetAside | None = None) -> bool:
        return False

    @display(description=gettext_lazy("Set aside"))
    def shown_time(self, row: SetAside) -> str:
        return time_cell(row.at_ms, None)

    @display(description=gettext_lazy("Event"))
    def shown_event(self, row: SetAside) -> str:
        if row.identity == SUMS:
            return _("none")
        try:
            return ", ".join(map(_named, decode_batch(bytes(row.body))))
        except (msgspec.DecodeError, ValueError):
            return _("%(number)s bytes that are no event") % {"number": len(row.body)}

    @display(description=gettext_lazy("Where"))
    def shown_place(self, row: SetAside) -> str:
        if row.identity == SUMS:
            return _("among the sums of the reports")
        if row.identity == WAITING:
            return _("among the calls that waited")
        words = {"journal": row.identity[:8], "row": row.seq, "event": row.position + 1}
        if row.position < 0:
            return _("journal %(journal)s, row %(row)s") % words
        return _("journal %(journal)s, row %(row)s, event %(event)s") % words


def _named(event: Event) -> str:
    """Enough to look it up with `trace`; nothing personal."""
    if isinstance(event, Click):
        return _("click %(id)s of partner %(partner)s") % {"id": event.id, "partner": event.partner}
    return _("call %(id)s of order %(tid)s") % {"id": event.id, "tid": event.params.get("tid") or "–"}
