"""Which partner may earn which product, and at which rate of his own."""

from typing import Any

from django import forms
from django.contrib import admin
from unfold.decorators import display

from clicktrail.control.catalog.models import Approval, PartnerRate, Product
from clicktrail.control.console.cells import rate_text
from clicktrail.control.console.creatives import OfProgram
from clicktrail.control.console.fields import RateForm
from clicktrail.control.console.filters import PartnerFilter, ProgramFilter
from clicktrail.control.console.page import Page

EVERY = "Every product, later ones too"


class ApprovalForm(forms.ModelForm):
    class Meta:
        model = Approval
        fields = ("partner", "program", "product")
        field_classes = {"product": OfProgram}
        help_texts = {"product": "Empty: every product of the program, later ones too."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.select_related("program").order_by("program", "name")
        self.fields["product"].empty_label = EVERY

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        product, program = values.get("product"), values.get("program")
        if product is not None and program is not None and product.program_id != program.pk:
            self.add_error("product", f"It belongs to {product.program}: choose one of {program}.")
        return values


@admin.register(Approval)
class ApprovalAdmin(Page):
    form = ApprovalForm
    list_display = ("shown_partner", "shown_program", "shown_product")
    list_select_related = ("partner", "program", "product")
    list_filter = (ProgramFilter, PartnerFilter)
    list_filter_submit = True
    search_fields = ("partner__name", "product__name")
    ordering = ("partner", "program", "pk")

    @display(description="Partner", ordering="partner__name")
    def shown_partner(self, row: Approval) -> str:
        return str(row.partner)

    @display(description="Program", ordering="program__name")
    def shown_program(self, row: Approval) -> str:
        return str(row.program)

    @display(description="Commission product")
    def shown_product(self, row: Approval) -> str:
        return row.product.name if row.product else EVERY


class PartnerRateForm(RateForm):
    class Meta:
        model = PartnerRate
        fields = ("partner", "product")
        field_classes = {"product": OfProgram}
        labels = {"product": "Commission product"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].queryset = Product.objects.select_related("program").order_by("program", "name")


class RateProgramFilter(ProgramFilter):
    column = "product__program_id"


@admin.register(PartnerRate)
class PartnerRateAdmin(Page):
    program_column = "product__program_id"
    form = PartnerRateForm
    fields = ("partner", "product", "percent", "fixed")
    list_display = ("shown_partner", "shown_program", "shown_product", "shown_rate")
    list_select_related = ("partner", "product__program")
    list_filter = (RateProgramFilter, PartnerFilter)
    list_filter_submit = True
    search_fields = ("partner__name", "product__name")
    ordering = ("partner", "product")

    @display(description="Partner", ordering="partner__name")
    def shown_partner(self, row: PartnerRate) -> str:
        return str(row.partner)

    @display(description="Program")
    def shown_program(self, row: PartnerRate) -> str:
        return str(row.product.program)

    @display(description="Commission product")
    def shown_product(self, row: PartnerRate) -> str:
        return row.product.name

    @display(description="Commission")
    def shown_rate(self, row: PartnerRate) -> str:
        return rate_text(row.percent_ppm, row.fixed_minor, row.product.program.currency)
