"""Commission products: what is paid for, and what is paid."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from clicktrail.control.catalog import rates, rules
from clicktrail.control.catalog.models import Product
from clicktrail.control.console import ratepages
from clicktrail.control.console.cells import DASH, label, rate_text
from clicktrail.control.console.fields import RateForm, ruled
from clicktrail.control.console.filters import ProgramFilter
from clicktrail.control.console.page import Page


class ProductForm(RateForm):
    class Meta:
        model = Product
        fields = ("program", "name")
        labels = {"program": gettext_lazy("Program"), "name": gettext_lazy("Name")}
        help_texts = {"name": gettext_lazy("Calls name it in produkt, exactly like this, capitals included.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # What is paid has a history and a page of its own; here is only what the product is.
            for name in ("percent", "fixed"):
                self.fields.pop(name, None)

    def clean(self) -> dict[str, Any]:
        return super().clean() if "percent" in self.fields else self.cleaned_data

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        program = self.instance.program_id or getattr(self.cleaned_data.get("program"), "pk", None)
        others = Product.objects.filter(program_id=program).exclude(pk=self.instance.pk).values_list("name", flat=True)
        if name == self.initial.get("name"):
            return name
        return ruled(lambda text: rules.product_name(text, list(others)))(name)


@admin.register(Product)
class ProductAdmin(Page):
    form = ProductForm
    change_form_outer_after_template = "console/product.html"
    list_display = ("name", "shown_program", "shown_rate", "shown_default")
    list_select_related = ("program",)
    list_filter = (ProgramFilter,)
    list_filter_submit = True
    search_fields = ("name",)
    ordering = ("program", "name")

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.rates_view)
        return [path("<int:number>/rates/", page, name="catalog_product_rates"), *super().get_urls()]

    def rates_view(self, request: HttpRequest, number: int) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        product = self.get_queryset(request).filter(pk=number).first()
        return ratepages.rate_page(request, context, product, None)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        more = ratepages.card(row) if row is not None else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def get_fields(self, _request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        return ("program", "name") if obj else ("program", "name", "percent", "fixed")

    def get_readonly_fields(self, _request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        return ("program",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """The first product of a program is its default."""
        super().save_model(request, obj, form, change)
        if not change and obj.program.default_product_id is None:
            obj.program.default_product = obj
            obj.program.save()

    def has_delete_permission(self, _request: HttpRequest, _obj: Product | None = None) -> bool:
        return False

    @display(description=gettext_lazy("Program"), ordering="program__name")
    def shown_program(self, row: Product) -> str:
        return str(row.program)

    @display(description=gettext_lazy("Commission"))
    def shown_rate(self, row: Product) -> str:
        rate = rates.annotated(row)
        return rate_text(rate.percent_ppm, rate.fixed_minor, row.program.currency)

    @display(description=gettext_lazy("Default"))
    def shown_default(self, row: Product) -> str:
        return label(_("Default"), "info") if row.program.default_product_id == row.pk else DASH

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return rates.with_valid(super().get_queryset(request).select_related("program"))
