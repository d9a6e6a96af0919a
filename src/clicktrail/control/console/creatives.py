"""Creatives with their partner link, and click targets."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from unfold.decorators import display

from clicktrail.control.catalog import rules
from clicktrail.control.catalog.apply import DEFAULT_TARGET
from clicktrail.control.catalog.models import ClickTarget, Creative, Partner, PartnerState, Product
from clicktrail.control.console.cells import DASH, state_label
from clicktrail.control.console.fields import ruled
from clicktrail.control.console.filters import MOST_CHOICES, ProgramFilter
from clicktrail.control.console.page import Page
from clicktrail.core.catalog import TEST_PARTNER


class OfProgram(forms.ModelChoiceField):
    """Choices that say which program they belong to, because on a new page that is not chosen yet."""

    def label_from_instance(self, row: Any) -> str:
        return f"{row} – {row.program}"


class CreativeForm(forms.ModelForm):
    class Meta:
        model = Creative
        fields = ("program", "name", "target", "product", "state")
        field_classes = {"target": OfProgram, "product": OfProgram}
        labels = {"target": "Click target", "product": "Commission product"}
        help_texts = {
            "target": "Where the link leads to.",
            "product": "What the link is meant to sell; empty: the program's default product.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, model in (("target", ClickTarget), ("product", Product)):
            rows = model.objects.select_related("program").order_by("program", "pk")
            if name in self.fields:
                self.fields[name].queryset = rows.filter(program=self.instance.program_id) if self.instance.pk else rows

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        program = values.get("program") or getattr(self.instance, "program", None)
        for name in ("target", "product"):
            row = values.get(name)
            if row is not None and program is not None and row.program_id != program.pk:
                self.add_error(name, f"It belongs to {row.program}: choose one of {program}.")
        return values


@admin.register(Creative)
class CreativeAdmin(Page):
    form = CreativeForm
    fields = ("program", "name", "target", "product", "state")
    list_display = ("name", "shown_number", "shown_program", "shown_target", "shown_product", "shown_state")
    list_select_related = ("program", "target", "product")
    list_filter = (ProgramFilter,)
    list_filter_submit = True
    search_fields = ("name", "=id")
    ordering = ("pk",)
    change_form_outer_after_template = "console/partner_link.html"

    def get_readonly_fields(self, _request: HttpRequest, obj: Creative | None = None) -> tuple[str, ...]:
        return ("program",) if obj else ()

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        creative = Creative.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        partners = Partner.objects.filter(state=PartnerState.ACTIVE).order_by("name")[:MOST_CHOICES]
        context = {"partners": partners, "chosen": TEST_PARTNER}
        if creative:
            context |= {"link": partner_link(creative, TEST_PARTNER), "start": partner_link(creative, None)}
        kwargs["extra_context"] = context | (kwargs.get("extra_context") or {})
        return super().change_view(request, object_id, *args, **kwargs)

    def has_delete_permission(self, _request: HttpRequest, _obj: Creative | None = None) -> bool:
        """Partners have its link out in the world; one that has ended is paused."""
        return False

    @display(description="Number", ordering="pk")
    def shown_number(self, row: Creative) -> int:
        return row.pk

    @display(description="Program", ordering="program__name")
    def shown_program(self, row: Creative) -> str:
        return str(row.program)

    @display(description="Click target")
    def shown_target(self, row: Creative) -> str:
        return row.target.alias

    @display(description="Commission product")
    def shown_product(self, row: Creative) -> str:
        return row.product.name if row.product else DASH

    @display(description="State", ordering="state")
    def shown_state(self, row: Creative) -> str:
        return state_label(row.state)


def partner_link(creative: Creative, partner: int | None) -> str:
    """The finished link; without a partner it ends where his number goes."""
    base = settings.CLICKTRAIL.public_url.rstrip("/") or f"http://{settings.CLICKTRAIL.edge}"
    query = urlencode({"cpid": creative.program_id, "wmid": creative.pk})
    return f"{base}/go.cgi?{query}&pid={'' if partner is None else partner}"


class ClickTargetForm(forms.ModelForm):
    class Meta:
        model = ClickTarget
        fields = ("program", "alias", "url")
        labels = {"url": "Address"}
        help_texts = {
            "alias": "Links name it in target. “default” is where visitors go when in doubt.",
            "url": "With <% CLICKID %>, <% PID %>, <% SUBID %>, <% WMID %>, <% CPID %> wherever they are wanted.",
        }

    def clean_alias(self) -> str:
        alias = ruled(rules.alias)(self.cleaned_data["alias"])
        if self.instance.pk and self.initial.get("alias") == DEFAULT_TARGET != alias:
            raise ValidationError("“default” keeps its name: visitors go there when in doubt.")
        return alias

    def clean_url(self) -> str:
        return ruled(rules.target_url)(self.cleaned_data["url"])


@admin.register(ClickTarget)
class ClickTargetAdmin(Page):
    form = ClickTargetForm
    fields = ("program", "alias", "url")
    list_display = ("alias", "shown_program", "shown_url")
    list_select_related = ("program",)
    list_filter = (ProgramFilter,)
    list_filter_submit = True
    search_fields = ("alias", "url")
    ordering = ("program", "alias")

    def get_readonly_fields(self, _request: HttpRequest, obj: ClickTarget | None = None) -> tuple[str, ...]:
        return ("program",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: ClickTarget | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is not None and obj.alias != DEFAULT_TARGET)

    @display(description="Program", ordering="program__name")
    def shown_program(self, row: ClickTarget) -> str:
        return str(row.program)

    @display(description="Address", ordering="url")
    def shown_url(self, row: ClickTarget) -> str:
        return row.url
