"""Partners."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from clicktrail.control.catalog.models import Partner
from clicktrail.control.console.cells import label, labels, state_label
from clicktrail.control.console.page import Page
from clicktrail.core.catalog import TEST_PARTNER


@admin.register(Partner)
class PartnerAdmin(Page):
    program_column = ""
    shared = True
    list_display = ("name", "shown_number", "shown_state")
    list_filter = ("state",)
    list_filter_submit = True
    search_fields = ("name", "=id")
    ordering = ("pk",)
    fields = ("name", "state")

    def has_delete_permission(self, _request: HttpRequest, _obj: Partner | None = None) -> bool:
        """Transactions name him for ever; one who has left is blocked."""
        return False

    @display(description="Number", ordering="pk")
    def shown_number(self, row: Partner) -> int:
        return row.pk

    @display(description="State", ordering="state")
    def shown_state(self, row: Partner) -> str:
        test = [label("Test", "warning")] if row.pk == TEST_PARTNER else []
        return labels([state_label(row.state), *test])
