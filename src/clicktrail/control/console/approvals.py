"""Which partner may earn which product (the table is in matrix.py), and at which rate of his own."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from clicktrail.control.catalog import rates
from clicktrail.control.catalog.models import Approval, PartnerRate, Product
from clicktrail.control.console import matrix
from clicktrail.control.console.cells import rate_text
from clicktrail.control.console.creatives import OfProgram
from clicktrail.control.console.fields import RateForm
from clicktrail.control.console.filters import PartnerFilter, ProgramFilter
from clicktrail.control.console.page import Page
from clicktrail.control.console.ratepages import MomentField
from clicktrail.core.catalog import NO_RATE, Rate

EVERY = gettext_lazy("Every product, later ones too")


class ApprovalForm(forms.ModelForm):
    class Meta:
        model = Approval
        fields = ("partner", "program", "product")
        field_classes = {"product": OfProgram}
        help_texts = {"product": gettext_lazy("Empty: every product of the program, later ones too.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "product" not in self.fields:  # Who may only look has no fields.
            return
        self.fields["product"].queryset = Product.objects.select_related("program").order_by("program", "name")
        self.fields["product"].empty_label = EVERY

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        product, program = values.get("product"), values.get("program")
        if product is not None and program is not None and product.program_id != program.pk:
            self.add_error(
                "product",
                _("It belongs to %(program)s: choose one of %(chosen)s.")
                % {"program": product.program, "chosen": program},
            )
        return values


@admin.register(Approval)
class ApprovalAdmin(Page):
    form = ApprovalForm

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.opts, **(extra_context or {})}
        return matrix.matrix_page(request, context)


class PartnerRateForm(RateForm):
    valid_from = MomentField()

    class Meta:
        model = PartnerRate
        fields = ("partner", "product")
        field_classes = {"product": OfProgram}
        labels = {"product": gettext_lazy("Commission product")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.select_related("program").order_by("program", "name")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        program = self.chosen_program()
        text = values.get("valid_from", "").strip()
        values["since_ms"] = None
        if text and program:
            values["since_ms"] = self._read("valid_from", text, lambda t: rates.moment(t, program.time_zone))
        if values["since_ms"] is not None:
            try:
                rates.from_now(values["since_ms"], rates.now_ms())
            except ValueError as fault:
                self.add_error("valid_from", str(fault))
        return values

    def _get_validation_exclusions(self) -> set[str]:
        """Whoever has a rate already gets the next one: no second row is made."""
        return {*super()._get_validation_exclusions(), "partner"}

    def validate_unique(self) -> None:
        """As above."""


class RateProgramFilter(ProgramFilter):
    column = "product__program_id"


@admin.register(PartnerRate)
class PartnerRateAdmin(Page):
    """The list; a rate's own page is its history (ratepages.py)."""

    program_column = "product__program_id"
    form = PartnerRateForm
    fields = ("partner", "product", "percent", "fixed", "valid_from")
    list_display = ("shown_partner", "shown_program", "shown_product", "shown_rate")
    list_filter = (RateProgramFilter, PartnerFilter)
    list_filter_submit = True
    search_fields = ("partner__name", "product__name")
    ordering = ("partner", "product")
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[PartnerRate]:
        rows = super().get_queryset(request).select_related("partner", "product__program")
        return rates.with_valid(rows, "partner_id")

    def has_delete_permission(self, _request: HttpRequest, _obj: PartnerRate | None = None) -> bool:
        """It ends, on its page; what was paid stays to be read."""
        return False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        if row is None:
            return super().change_view(request, object_id, form_url, extra_context)
        return HttpResponseRedirect(reverse("admin:catalog_partner_rates", args=[row.partner_id, row.product_id]))

    def save_model(self, request: HttpRequest, obj: PartnerRate, form: Any, change: bool) -> None:  # noqa: ARG002
        rate = Rate(obj.percent_ppm, obj.fixed_minor)
        since_ms = form.cleaned_data["since_ms"]
        rates.enter(obj.product, obj.partner, rate, since_ms, request.user.get_username())
        # Django goes on with the row that it believes it has made.
        obj.pk = PartnerRate.objects.get(partner=obj.partner, product=obj.product).pk

    @display(description=gettext_lazy("Partner"), ordering="partner__name")
    def shown_partner(self, row: PartnerRate) -> str:
        return str(row.partner)

    @display(description=gettext_lazy("Program"))
    def shown_program(self, row: PartnerRate) -> str:
        return str(row.product.program)

    @display(description=gettext_lazy("Commission product"))
    def shown_product(self, row: PartnerRate) -> str:
        return row.product.name

    @display(description=gettext_lazy("Commission"))
    def shown_rate(self, row: PartnerRate) -> str:
        rate = rates.annotated(row)
        if rate == NO_RATE:
            return _("What the product pays")
        return rate_text(rate.percent_ppm, rate.fixed_minor, row.product.program.currency)
