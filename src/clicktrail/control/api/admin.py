"""API keys in the console: listed, made and rotated with the secret shown once, revoked."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.api import keys
from clicktrail.control.api.models import ApiKey
from clicktrail.control.catalog.models import Program
from clicktrail.control.console.cells import DASH, label, time_cell
from clicktrail.control.console.choices import narrow
from clicktrail.control.console.page import Page

ALL = gettext_lazy("All programs")
SCOPES = {
    keys.READ: gettext_lazy("Read: look at everything, change nothing"),
    keys.WRITE: gettext_lazy("Write: change the catalog, move transactions, manage keys"),
    keys.POSTBACK: gettext_lazy("Postback: hand in orders, which count like signed calls"),
}

SCOPE_NAMES = {
    keys.READ: gettext_lazy("read"),
    keys.WRITE: gettext_lazy("write"),
    keys.POSTBACK: gettext_lazy("postback"),
}


class KeyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=keys.LONGEST_NAME,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Who uses it; histories name it."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Scopes"),
        choices=list(SCOPES.items()),
        initial=[keys.READ],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    program = forms.ModelChoiceField(
        Program.objects.order_by("pk"),
        label=gettext_lazy("Program"),
        required=False,
        empty_label=ALL,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("A key of one program sees and changes that program only."),
    )


class RotateForm(forms.Form):
    overlap_hours = forms.IntegerField(
        label=gettext_lazy("Hours that the secret in use stays good"),
        min_value=0,
        max_value=keys.MAX_OVERLAP_HOURS,
        initial=keys.OVERLAP_HOURS,
        widget=UnfoldAdminTextInputWidget({"inputmode": "numeric"}),
    )


@admin.register(ApiKey)
class ApiKeyAdmin(Page):
    add_words = gettext_lazy("Make an API key")
    for_owners = True
    list_display = ("name", "shown_id", "shown_scopes", "shown_program", "shown_used", "shown_state")
    search_fields = ("name", "public_id")
    ordering = ("pk",)
    actions = None

    def has_delete_permission(self, _request: HttpRequest, _obj: ApiKey | None = None) -> bool:
        """Histories name it for ever; one that is not wanted any more is revoked."""
        return False

    def add_view(self, request: HttpRequest, *_args: Any, **_more: Any) -> HttpResponse:
        """A key may do no more than who makes it."""
        rights_of(request).must_own()
        form = narrow(KeyForm(request.POST or None), rights_of(request), must=True)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            program = given["program"].pk if given["program"] else None
            try:
                row, secret = keys.make(given["name"], given["scopes"], program, request.user.get_username())
                note(request, "key made", f"API key {row}", program=program, scopes=given["scopes"])
                return self._page(request, row, secret)
            except ValueError as fault:
                form.add_error("name", str(fault))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Make an API key"),
            "form": form,
        }
        return TemplateResponse(request, "console/api_key_new.html", context)

    def change_view(self, request: HttpRequest, object_id: str, *_args: Any, **_more: Any) -> HttpResponse:
        rights_of(request).must_own()
        is_number = object_id.isascii() and object_id.isdigit() and len(object_id) < 19
        row = ApiKey.objects.filter(pk=int(object_id)).first() if is_number else None
        if row is None:
            raise Http404(_("There is no such key."))
        secret = ""
        form = RotateForm(request.POST if "rotate" in request.POST else None)
        if "revoke" in request.POST:
            keys.revoke(row, request.user.get_username())
            note(request, "key revoked", f"API key {row}", program=row.program_id)
            messages.success(request, _("The key %(row)s is revoked.") % {"row": row})
        elif "rotate" in request.POST and form.is_valid() and row.revoked_ms is None:
            secret = keys.rotate(row, form.cleaned_data["overlap_hours"])
            note(request, "key rotated", f"API key {row}", program=row.program_id)
        return self._page(request, row, secret, form)

    def _page(self, request: HttpRequest, row: ApiKey, secret: str, form: RotateForm | None = None) -> HttpResponse:
        """The secret is in this one answer and nowhere else, so it must not be kept on the way."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(row),
            "row": row,
            "facts": self._facts(row),
            "secret": secret,
            "form": form or RotateForm(),
        }
        response = TemplateResponse(request, "console/api_key.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def _facts(self, row: ApiKey) -> list[tuple[str, str]]:
        until = row.old_until_ms if row.old_until_ms > keys.now_ms() else None
        return [
            (_("Scopes"), self.shown_scopes(row)),
            (_("Program"), self.shown_program(row)),
            (_("Made"), time_cell(row.created_ms, None)),
            (_("Made by"), row.created_by),
            (_("Last used"), self.shown_used(row)),
            (_("Old secret good until"), time_cell(until, None)),
            (_("Revoked"), time_cell(row.revoked_ms, None)),
            (_("Revoked by"), row.revoked_by or DASH),
        ]

    @display(description=gettext_lazy("Key"))
    def shown_id(self, row: ApiKey) -> str:
        return f"{keys.PREFIX}{row.public_id}_…"

    @display(description=gettext_lazy("Scopes"))
    def shown_scopes(self, row: ApiKey) -> str:
        return ", ".join(str(SCOPE_NAMES[scope]) for scope in row.scopes.split(","))

    @display(description=gettext_lazy("Program"))
    def shown_program(self, row: ApiKey) -> str:
        return ALL if row.program_id is None else str(row.program_id)

    @display(description=gettext_lazy("Last used"))
    def shown_used(self, row: ApiKey) -> str:
        return time_cell(row.last_used_ms, None)

    @display(description=gettext_lazy("State"))
    def shown_state(self, row: ApiKey) -> str:
        return label("Revoked", "danger") if row.revoked_ms else label("Active", "success")
