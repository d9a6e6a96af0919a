"""Partner postbacks and webhooks: who is told of what, with secrets, a test, and what the courier thinks of it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from clicktrail.control.accounts.activity import note
from clicktrail.control.console.cells import DASH, label, state_label, time_cell
from clicktrail.control.console.fields import ruled
from clicktrail.control.console.page import Page
from clicktrail.control.outbox import desk, rules
from clicktrail.control.outbox.models import Receiver, ReceiverKind, Standing
from clicktrail.core.ids import read_id
from clicktrail.core.receivers import FOR_WEBHOOKS, TRIGGERS

STANDINGS = {"works": "success", "fails": "warning", "down": "danger", "gone": "danger"}


class ReceiverForm(forms.ModelForm):
    triggers = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=[(name, capfirst(gettext_lazy(TRIGGERS[name]))) for name in FOR_WEBHOOKS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("What it is told of. A partner is never told of conflicts and alarms."),
    )

    class Meta:
        model = Receiver
        fields = ("kind", "name", "partner", "program", "address", "method", "triggers", "state")
        widgets = {"address": UnfoldAdminTextareaWidget({"rows": 3, "data-receiver-address": ""})}
        help_texts = {
            "kind": gettext_lazy(
                "A postback calls a partner's own address; a webhook sends JSON to the shop or a back office."
            ),
            "partner": gettext_lazy("Whose orders; for a postback only."),
            "program": gettext_lazy("Empty: all programs."),
            "address": format_lazy(
                gettext_lazy("With any of {marks}, or {{subid}} and so on."), marks=", ".join(rules.placeholders())
            ),
            "method": gettext_lazy("Of a postback; a webhook is always sent by POST."),
            "state": gettext_lazy("Paused: what happens meanwhile waits, 48 hours at most."),
        }

    def clean_address(self) -> str:
        kind = self.cleaned_data.get("kind") or self.instance.kind
        return ruled(lambda text: rules.address(kind or ReceiverKind.POSTBACK, text, settings.CLICKTRAIL))(
            self.cleaned_data["address"]
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        kind = values.get("kind") or self.instance.kind
        if kind == ReceiverKind.POSTBACK and not (values.get("partner") or self.instance.partner_id):
            self.add_error("partner" if "partner" in self.fields else None, _("A postback needs its partner."))
        if kind == ReceiverKind.WEBHOOK and values.get("partner"):
            self.add_error("partner", _("A webhook is no partner's: leave this empty."))
        if "triggers" in values:
            try:
                values["triggers"] = rules.triggers(kind, values["triggers"])
            except ValueError as fault:
                self.add_error("triggers", ValidationError(str(fault)))
        return values


@admin.register(Receiver)
class ReceiverAdmin(Page):
    form = ReceiverForm
    fields = ("kind", "name", "partner", "program", "address", "method", "triggers", "state")
    list_display = ("name", "shown_kind", "shown_partner", "shown_program", "address", "shown_state", "shown_standing")
    list_select_related = ("partner", "program")
    list_filter = ("kind", "state")
    list_filter_submit = True
    search_fields = ("name", "address", "=id")
    ordering = ("pk",)
    change_form_outer_after_template = "console/receiver.html"

    class Media:
        js = ("console/receiver.js",)

    def get_readonly_fields(self, _request: HttpRequest, obj: Receiver | None = None) -> tuple[str, ...]:
        return ("kind", "partner") if obj else ()

    def get_urls(self) -> list[Any]:
        guard = self.admin_site.admin_view
        return [
            path("check/", guard(self.check_view), name="outbox_receiver_check"),
            path("<int:number>/do/<str:deed>/", guard(self.do_view), name="outbox_receiver_do"),
            *super().get_urls(),
        ]

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """The address as it would be called for a sample order, or what is wrong with it."""
        text, number = request.GET.get("address", ""), read_id(request.GET.get("receiver", "")) or 0
        kept = self.get_queryset(request).filter(pk=number).values_list("kind", flat=True).first()
        kind = kept or request.GET.get("kind") or ReceiverKind.POSTBACK
        try:
            return JsonResponse({"filled": rules.filled(rules.address(kind, text, settings.CLICKTRAIL))})
        except ValueError as fault:
            return JsonResponse({"fault": str(fault)})

    def do_view(self, request: HttpRequest, number: int, deed: str) -> HttpResponse:
        """test, rotate, resume: by POST."""
        receiver = self.get_queryset(request).filter(pk=number).first()
        if request.method != "POST" or receiver is None or not self.has_change_permission(request, receiver):
            raise Http404(_("There is nothing to do."))
        if deed == "test":
            delivery = desk.send_test(receiver)
            note(request, "test sent", f"receiver {receiver}", program=receiver.program_id)
            return HttpResponseRedirect(reverse("admin:outbox_delivery_change", args=[delivery.pk]))
        if deed == "rotate":
            desk.rotate(receiver)
            note(request, "key rotated", f"receiver {receiver}", program=receiver.program_id)
            messages.success(
                request, _("Key %(key_number)s is in force from now on.") % {"key_number": receiver.key_number}
            )
        elif deed == "resume":
            desk.start_afresh(receiver)
            messages.success(request, _("The courier starts afresh with it."))
        else:
            raise Http404(_("There is nothing to do."))
        return HttpResponseRedirect(reverse("admin:outbox_receiver_change", args=[number]))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        receiver = self.get_object(request, object_id)
        if receiver is not None and self.has_change_permission(request, receiver):
            kwargs["extra_context"] = _context(receiver) | (kwargs.get("extra_context") or {})
        return super().change_view(request, object_id, *args, **kwargs)

    @display(description=gettext_lazy("Kind"), ordering="kind")
    def shown_kind(self, row: Receiver) -> str:
        return str(row.get_kind_display())

    @display(description=gettext_lazy("Partner"), ordering="partner__name")
    def shown_partner(self, row: Receiver) -> str:
        return str(row.partner) if row.partner else DASH

    @display(description=gettext_lazy("Program"), ordering="program__name")
    def shown_program(self, row: Receiver) -> str:
        return str(row.program) if row.program else _("All")

    @display(description=gettext_lazy("State"), ordering="state")
    def shown_state(self, row: Receiver) -> str:
        return state_label(row.state)

    @display(description=gettext_lazy("Courier"))
    def shown_standing(self, row: Receiver) -> str:
        standing = Standing.objects.filter(pk=row.pk).first()
        return standing_label(standing) if standing else DASH


def standing_label(standing: Standing) -> str:
    return label(str(standing.get_state_display()), STANDINGS.get(standing.state, "plain"))


def _context(receiver: Receiver) -> dict[str, Any]:
    numbers = [receiver.key_number - 1, receiver.key_number, receiver.key_number + 1]
    words = (_("before"), _("in force"), _("next"))
    standing = Standing.objects.filter(pk=receiver.pk).first()
    return {
        "receiver": receiver,
        "secrets": [
            (number, word, desk.secret(receiver, number)) for number, word in zip(numbers, words, strict=True) if number
        ],
        "standing": standing,
        "standing_state": standing_label(standing) if standing else label(_("Nothing sent yet")),
        "standing_since": time_cell(standing.since_ms, None) if standing else "",
        "sample": rules.filled(receiver.address),
    }
