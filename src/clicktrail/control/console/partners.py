"""Partners: the list with what they brought, and each one's page (partnerpage.py)."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.catalog.models import Partner, Product
from clicktrail.control.console import applicants, partnerpage, ratepages
from clicktrail.control.console.cells import label, labels, state_label
from clicktrail.control.console.page import Page
from clicktrail.control.console.partnerfigures import Figures, figures
from clicktrail.core.catalog import TEST_PARTNER

NO_FIGURES = Figures()


class PartnerList(ChangeList):
    """Beside each partner of the page what he brought: one query for all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        found = figures([row.pk for row in rows], rights_of(request))
        for row in rows:
            row.figures = found[row.pk]
        self.result_list = rows


@admin.register(Partner)
class PartnerAdmin(Page):
    program_column = ""
    shared = True
    list_display = (
        "shown_name",
        "shown_number",
        "shown_state",
        "shown_clicks",
        "shown_orders",
        "shown_revenue",
        "shown_commission",
    )
    list_filter = ("state",)
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "=id")
    ordering = ("pk",)
    fields = ("name", "state")
    change_form_outer_after_template = "console/partner.html"
    list_before_template = "console/applications_waiting.html"

    class Media:
        css = {"all": ("console/partners.css",)}

    def get_changelist(self, _request: HttpRequest, **_kwargs: Any) -> type[ChangeList]:
        return PartnerList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        more = {"waiting": applicants.count(request), **(extra_context or {})}
        return super().changelist_view(request, more)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        row = self.get_object(request, object_id)
        more = partnerpage.context(request, row) if row is not None and self.has_view_permission(request) else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def get_urls(self) -> list[Any]:
        inside = self.admin_site.admin_view
        return [
            path("<int:number>/notes/", inside(self.note_view), name="catalog_partner_note"),
            path("<int:number>/sign-in/", inside(self.sign_in_view), name="catalog_partner_sign_in"),
            path("<int:number>/rates/<int:product>/", inside(self.rates_view), name="catalog_partner_rates"),
            path("applications/", inside(self.applications_view), name="catalog_partner_applications"),
            path("applications/<int:number>/", inside(self.application_view), name="catalog_partner_application"),
            *super().get_urls(),
        ]

    def note_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return partnerpage.add_note(request, self._posted(request, number))

    def sign_in_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return partnerpage.enter(request, self._posted(request, number))

    def rates_view(self, request: HttpRequest, number: int, product: int) -> HttpResponse:
        row = Product.objects.select_related("program").filter(pk=product).first()
        return ratepages.rate_page(request, self._context(request), row, self._found(request, number))

    def applications_view(self, request: HttpRequest) -> HttpResponse:
        return applicants.list_page(request, self._context(request))

    def application_view(self, request: HttpRequest, number: int) -> HttpResponse:
        return applicants.one_page(request, self._context(request), number)

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts}

    def _posted(self, request: HttpRequest, number: int) -> Partner:
        if request.method != "POST":
            raise Http404(_("There is nothing to do."))
        rights_of(request).must_edit()
        return self._found(request, number)

    def _found(self, request: HttpRequest, number: int) -> Partner:
        row: Partner | None = self.get_queryset(request).filter(pk=number).first()
        if row is None or not self.has_view_permission(request):
            raise Http404(_("There is no such partner."))
        return row

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        return super().get_queryset(request)

    def has_delete_permission(self, _request: HttpRequest, _obj: Partner | None = None) -> bool:
        """Transactions name him for ever; one who has left is blocked."""
        return False

    @display(description=gettext_lazy("Name"), ordering="name")
    def shown_name(self, row: Partner) -> str:
        return row.name

    @display(description=gettext_lazy("Number"), ordering="pk")
    def shown_number(self, row: Partner) -> int:
        return row.pk

    @display(description=gettext_lazy("State"), ordering="state")
    def shown_state(self, row: Partner) -> str:
        test = [label(_("Test"), "warning")] if row.pk == TEST_PARTNER else []
        return labels([state_label(row.state), *test])

    @display(description=gettext_lazy("Clicks, 30 days"))
    def shown_clicks(self, row: Partner) -> str:
        return _of(row).clicks_text

    @display(description=gettext_lazy("Orders"))
    def shown_orders(self, row: Partner) -> str:
        return _of(row).orders_text

    @display(description=gettext_lazy("Revenue"))
    def shown_revenue(self, row: Partner) -> str:
        return _lines(_of(row).revenue_text)

    @display(description=gettext_lazy("Commission"))
    def shown_commission(self, row: Partner) -> str:
        return _lines(_of(row).commission_text)


def _lines(amounts: str) -> str:
    """Each currency in a line of its own."""
    return format_html_join(SafeString("<br>"), "{}", ((amount,) for amount in amounts.split(" · ")))


def _of(row: Any) -> Figures:
    return getattr(row, "figures", NO_FIGURES)
