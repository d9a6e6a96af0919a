"""The terms of the portal in the console: owners write a new version; what was accepted stays as it was."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from clicktrail import heartbeat
from clicktrail.control.accounts.activity import note
from clicktrail.control.console.cells import number_text, time_cell
from clicktrail.control.console.page import Page
from clicktrail.control.portal import terms
from clicktrail.control.portal.models import Acceptance, Terms

MAX_TERMS = 50_000
"""Characters."""


class TermsForm(forms.ModelForm):
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=MAX_TERMS,
        widget=UnfoldAdminTextareaWidget({"rows": 24}),
        help_text=gettext_lazy(
            "An empty line begins a paragraph. Saving makes a new version: new partners accept it at sign-up, the "
            "others are asked on their first page. With the first version sign-up opens at /partner/join/."
        ),
    )

    class Meta:
        model = Terms
        fields = ("text",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        newest = terms.in_force()
        kwargs["initial"] = {"text": newest.text if newest else "", **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)


@admin.register(Terms)
class TermsAdmin(Page):
    program_column = None
    for_owners = True
    form = TermsForm
    fields = ("text",)
    list_display = ("shown_version", "shown_time", "actor", "shown_accepted", "shown_link")
    ordering = ("-version",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        counted = Acceptance.objects.filter(version=OuterRef("version")).order_by().values("version")
        yes = counted.annotate(yes=Count("pk")).values("yes")
        return super().get_queryset(request).annotate(accepted=Coalesce(Subquery(yes), 0))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Terms, form: Any, change: bool) -> None:
        obj.actor, obj.at_ms = request.user.get_username(), heartbeat.now_ms()
        super().save_model(request, obj, form, change)
        note(request, "terms changed", _("Version %(number)s") % {"number": obj.version})

    @display(description=gettext_lazy("Version"))
    def shown_version(self, row: Terms) -> int:
        return row.version

    @display(description=gettext_lazy("Since"))
    def shown_time(self, row: Terms) -> str:
        return time_cell(row.at_ms)

    @display(description=gettext_lazy("Accepted by"))
    def shown_accepted(self, row: Any) -> str:
        return number_text(row.accepted)

    @display(description=gettext_lazy("Page"))
    def shown_link(self, row: Terms) -> str:
        return format_html('<a class="ct-link" href="/partner/terms/{}/">{}</a>', row.version, _("As partners read it"))
