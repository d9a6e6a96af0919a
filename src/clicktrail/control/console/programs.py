"""Programs."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.catalog import rules
from clicktrail.control.catalog.apply import DEFAULT_TARGET
from clicktrail.control.catalog.models import ClickTarget, Product, Program
from clicktrail.control.console import programpage, whomaycall
from clicktrail.control.console.cells import DASH, state_label
from clicktrail.control.console.fields import HostsField, ruled
from clicktrail.control.console.longselect import LongSelect
from clicktrail.control.console.page import Page
from clicktrail.control.console.whomaycall import AccessForm
from clicktrail.core.money import CURRENCIES

FIRST_CHOICES = ("Europe/Berlin", "Europe/Vienna", "Europe/Zurich", "UTC")


class ProgramForm(AccessForm):
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        widget=LongSelect,
        help_text=gettext_lazy("Days in lists and reports begin here."),
    )
    deeplink_hosts = HostsField(
        label=gettext_lazy("Deeplink hosts"),
        required=False,
        help_text=gettext_lazy(
            "Hosts that partners may link to directly, one a line: shop.example, *.shop.example, shop.example:8443."
        ),
    )
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"),
        widget=LongSelect,
        choices=[(code, code) for code in sorted(CURRENCIES)],
        help_text=gettext_lazy("For ever: it cannot be changed later."),
        initial="EUR",
    )
    landing_page = forms.CharField(
        label=gettext_lazy("Landing page"),
        widget=UnfoldAdminTextInputWidget({"placeholder": "https://shop.example/?qc_clickid=<% CLICKID %>"}),
        validators=[ruled(rules.target_url)],
        help_text=gettext_lazy("Where visitors go: becomes the click target “default”."),
    )

    class Meta(AccessForm.Meta):
        fields = "__all__"
        help_texts = AccessForm.Meta.help_texts | {
            "click_lifetime_days": gettext_lazy("Days after a click in which an order is credited to it."),
            "click_parameter": gettext_lazy("Under this name the ClickID comes to the landing page of a deeplink."),
            "default_product": gettext_lazy("Paid where a call names no product."),
            "state": gettext_lazy("A paused program credits nobody; visitors still reach the shop."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [*FIRST_CHOICES, *(zone for zone in sorted(rules.zones()) if zone not in FIRST_CHOICES)]
        self.fields["time_zone"].choices = [(zone, zone) for zone in zones]
        if self.instance.pk:
            # Both are asked for once, when the program is made.
            for name in ("landing_page", "currency"):
                self.fields.pop(name, None)
        if "default_product" in self.fields:
            self.fields["default_product"].queryset = Product.objects.filter(program=self.instance.pk)

    def clean_click_lifetime_days(self) -> int:
        return ruled(rules.click_lifetime_days)(self.cleaned_data["click_lifetime_days"])

    def clean_click_parameter(self) -> str:
        return ruled(rules.click_parameter)(self.cleaned_data["click_parameter"])


@admin.register(Program)
class ProgramAdmin(Page):
    program_column = "pk"
    form = ProgramForm
    list_display = (
        "shown_name",
        "shown_number",
        "currency",
        "time_zone",
        "shown_product",
        "shown_lifetime",
        "shown_state",
    )
    list_select_related = ("default_product",)
    search_fields = ("name", "=id")
    ordering = ("pk",)

    actions_detail = ("to_keys", "integrate")
    change_form_outer_after_template = "console/program.html"

    class Media:
        css = {"all": ("console/partners.css",)}

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        more = programpage.context(request, row) if row is not None else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def get_fieldsets(self, request: HttpRequest, obj: Program | None = None) -> list[Any]:
        rules_of_calls = {
            "fields": whomaycall.FIELDS,
            "description": whomaycall.EXPLAINED,
            "classes": ("who-may-call",),
        }
        return [(None, {"fields": self.get_fields(request, obj)}), (gettext_lazy("Who may call"), rules_of_calls)]

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.call_keys_view)
        return [path("<int:number>/call-keys/", page, name="catalog_program_call_keys"), *super().get_urls()]

    @action(description=gettext_lazy("Signing keys and tokens"), icon="key", url_path="keys", permissions=["change"])
    def to_keys(self, _request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:catalog_program_call_keys", args=[object_id]))

    @action(description=gettext_lazy("Integration assistant"), icon="integration_instructions", url_path="integrate")
    def integrate(self, _request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('assistant')}?program={object_id}")

    def call_keys_view(self, request: HttpRequest, number: int) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return whomaycall.keys_page(request, context, self.get_queryset(request).filter(pk=number).first())

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who looks after some programs makes no new one."""
        return super().has_add_permission(request, obj) and rights_of(request).sees_all

    def get_fields(self, _request: HttpRequest, obj: Program | None = None) -> list[str]:
        common = ["name", "state", "currency", "time_zone", "click_lifetime_days", "click_parameter", "deeplink_hosts"]
        return (
            [*common[:2], "landing_page", *common[2:]] if obj is None else [*common[:2], "default_product", *common[2:]]
        )

    def get_readonly_fields(self, _request: HttpRequest, obj: Program | None = None) -> tuple[str, ...]:
        return ("currency",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Program, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            ClickTarget.objects.create(program=obj, alias=DEFAULT_TARGET, url=form.cleaned_data["landing_page"].strip())

    def has_delete_permission(self, _request: HttpRequest, _obj: Program | None = None) -> bool:
        """Transactions name it for ever; a program that has ended is paused."""
        return False

    @display(description=gettext_lazy("Program"), ordering="name")
    def shown_name(self, row: Program) -> str:
        return row.name

    @display(description=gettext_lazy("Number"), ordering="pk")
    def shown_number(self, row: Program) -> int:
        return row.pk

    @display(description=gettext_lazy("Default product"))
    def shown_product(self, row: Program) -> str:
        return row.default_product.name if row.default_product else DASH

    @display(description=gettext_lazy("Click lifetime"), ordering="click_lifetime_days")
    def shown_lifetime(self, row: Program) -> str:
        days = row.click_lifetime_days
        return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}

    @display(description=gettext_lazy("State"), ordering="state")
    def shown_state(self, row: Program) -> str:
        return state_label(row.state)
