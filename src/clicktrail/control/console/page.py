"""Base of every list and form of the console: who may see which rows, and who may change them."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from clicktrail.control.accounts.rights import rights_of


class Page(ModelAdmin):
    """`program_column` narrows the rows; without one the page is for who sees every program."""

    program_column: str | None = "program_id"
    for_owners = False
    """Pages that owners alone reach."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rights_of(request).narrowed(rows, self.program_column) if self.program_column else rows

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may_look(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's form
        return self._may_look(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's form
        return self._may_look(request) and rights_of(request).edits

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's form
        return self._may_look(request) and rights_of(request).edits

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's form
        return self._may_look(request) and rights_of(request).edits

    def _may_look(self, request: HttpRequest) -> bool:
        rights = rights_of(request)
        if self.for_owners:
            return rights.owns
        return rights.is_inside and (self.program_column is not None or rights.sees_all)
