"""Deliveries: what was told to whom, every attempt with its answer, and sending again."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.console.cells import DASH, label, named, page_link, time_cell
from clicktrail.control.console.filters import MOST_CHOICES
from clicktrail.control.console.page import Page
from clicktrail.control.outbox import desk
from clicktrail.control.outbox.models import Attempt, Delivery, DeliveryState, Receiver
from clicktrail.core.ids import read_id
from clicktrail.core.outcomes import retold
from clicktrail.core.receivers import TRIGGERS

TONES = {"due": "info", "failed": "warning", "delivered": "success", "given_up": "danger"}
STAGES = {"before": gettext_lazy("Before"), "attempt": gettext_lazy("Attempt"), "answer": gettext_lazy("Answer")}

EVENTS = {
    "saved": gettext_lazy("Saved"),
    "held": gettext_lazy("On hold"),
    "released": gettext_lazy("Released"),
    "confirmed": gettext_lazy("Confirmed"),
    "cancelled": gettext_lazy("Cancelled"),
    "reopened": gettext_lazy("Reopened"),
    "paid": gettext_lazy("Paid"),
    "changed": gettext_lazy("Changed"),
    "conflict": gettext_lazy("Conflict"),
    "alarm": gettext_lazy("Alarm"),
    "test": gettext_lazy("Test"),
}
"""trigger -> a short name."""


class ReceiverFilter(DropdownFilter):
    title = gettext_lazy("receiver")
    parameter_name = "receiver"

    def lookups(self, request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        rows = rights_of(request).narrowed(Receiver.objects.order_by("name"))
        return [(str(number), f"{name} ({number})") for number, name in rows.values_list("pk", "name")[:MOST_CHOICES]]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        number = read_id(self.value())
        return queryset.filter(receiver_id=number) if number else queryset


class DeliveryStateFilter(DropdownFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in DeliveryState]

    def queryset(self, _request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """What is not done has an index of its own."""
        if self.value() in ("due", "failed"):
            queryset = queryset.filter(done_ms__isnull=True)
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(Delivery)
class DeliveryAdmin(Page):
    program_column = ""
    list_display = ("shown_time", "shown_receiver", "shown_event", "shown_order", "shown_state", "shown_attempts")
    list_filter = (ReceiverFilter, DeliveryStateFilter)
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("key",)
    search_help_text = gettext_lazy("Transaction number")
    show_full_result_count = False
    paginator = InfinitePaginator
    actions = ("send_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        name = Receiver.objects.filter(pk=OuterRef("receiver_id")).values("name")[:1]
        tried = Attempt.objects.filter(delivery_id=OuterRef("pk")).order_by().values("delivery_id")
        rows = super().get_queryset(request).annotate(
            receiver_name=Subquery(name), tried=Subquery(tried.annotate(many=Count("id")).values("many"))
        )
        rights = rights_of(request)
        seen = rights.narrowed(Receiver.objects.all()).values("pk")
        return rows if rights.sees_all else rows.filter(receiver_id__in=seen)

    def get_search_results(self, _request: HttpRequest, queryset: QuerySet, term: str) -> tuple[QuerySet, bool]:
        number = read_id(term.strip())
        return (queryset.filter(transaction_number=number) if number else queryset), False

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Delivery | None = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def get_urls(self) -> list[Any]:
        again = self.admin_site.admin_view(self.again_view)
        return [path("<int:number>/again/", again, name="outbox_delivery_again"), *super().get_urls()]

    @admin.action(description=gettext_lazy("Send again"), permissions=["change"])
    def send_again(self, request: HttpRequest, rows: QuerySet) -> None:
        sent = desk.send_again(list(rows.values_list("pk", flat=True)[: desk.MOST_AGAIN]))
        note(request, "sent again", f"{sent} deliveries")
        messages.success(
            request, _("%(sent)s deliveries are sent again, each with the delivery id that it had.") % {"sent": sent}
        )

    def again_view(self, request: HttpRequest, number: int) -> HttpResponse:
        is_there = self.get_queryset(request).filter(pk=number).exists()
        if request.method != "POST" or not is_there or not self.has_change_permission(request):
            raise Http404(_("There is no such delivery."))
        desk.send_again([number])
        note(request, "sent again", f"delivery {number}")
        messages.success(request, _("It is sent again, with the delivery id that it had."))
        return HttpResponseRedirect(reverse("admin:outbox_delivery_change", args=[number]))

    def change_view(self, request: HttpRequest, object_id: str, *_args: Any, **_more: Any) -> HttpResponse:
        """One delivery with every attempt; nothing here is a field to be typed over."""
        row = self.get_queryset(request).filter(pk=read_id(object_id) or 0).first()
        if row is None or not self.has_view_permission(request, row):
            raise Http404(_("There is no such delivery."))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Delivery %(name)s") % {"name": desk.name_of(row)},
            "original": row,
            "row": row,
            "state": _state(row),
            "event": EVENTS.get(row.trigger, row.trigger),
            "facts": _facts(row),
            "told": json.dumps(json.loads(row.facts), indent=1, ensure_ascii=False),
            "attempts": [
                (time_cell(a.at_ms, None), STAGES.get(a.stage, a.stage), retold(a.fault), a)
                for a in desk.attempts_of(row)
            ],
        }
        return TemplateResponse(request, "console/delivery.html", context)

    @display(description=gettext_lazy("Made"))
    def shown_time(self, row: Delivery) -> str:
        return time_cell(row.created_ms, None)

    @display(description=gettext_lazy("Receiver"))
    def shown_receiver(self, row: Any) -> str:
        return named(row.receiver_id, row.receiver_name)

    @display(description=gettext_lazy("Event"))
    def shown_event(self, row: Delivery) -> str:
        return str(EVENTS.get(row.trigger, row.trigger))

    @display(description=gettext_lazy("Transaction"))
    def shown_order(self, row: Delivery) -> str:
        return str(row.transaction_number or DASH)

    @display(description=gettext_lazy("State"))
    def shown_state(self, row: Delivery) -> str:
        return _state(row)

    @display(description=gettext_lazy("Attempts"))
    def shown_attempts(self, row: Any) -> int:
        return row.tried or 0


def _state(row: Delivery) -> str:
    return label(str(DeliveryState(row.state).label), TONES.get(row.state, "plain"))


def _facts(row: Any) -> list[tuple[str, Any]]:
    number = row.transaction_number
    return [
        (_("Delivery id"), desk.name_of(row)),
        (_("Receiver"), page_link("outbox_receiver", row.receiver_id, named(row.receiver_id, row.receiver_name))),
        (_("Event"), capfirst(_(TRIGGERS[row.trigger])) if row.trigger in TRIGGERS else row.trigger),
        (_("Transaction"), page_link("ledger_transaction", number, number) if number else DASH),
        (_("Made"), time_cell(row.created_ms, None)),
        (_("Next attempt") if row.done_ms is None else _("Done"), time_cell(row.done_ms or row.due_ms, None)),
    ]
