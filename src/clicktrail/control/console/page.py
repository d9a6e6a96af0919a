"""Base of every list and form of the console: who may see which rows, who may change them, and what is noted of it.

A page of its own beside the list asks for its row by `self.get_queryset(request)`, never by `Model.objects`; a form of
its own is narrowed by `choices.narrow(form, rights_of(request))`. A POST that changes nothing (a preview) is marked by
`door.reads`, or a reader cannot send it. An action that changes something says `permissions=["change"]`.
"""

from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import override
from unfold.admin import ModelAdmin

from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.console import choices
from clicktrail.control.console.emptylists import EMPTY, Empty
from clicktrail.core.ids import read_id

LOOKUPS = ("exact", "in", "gte", "gt", "lte", "lt", "isnull")
"""What an address may ask of a column of a list."""
ALL_LOOKUPS = frozenset(models.CharField.get_lookups()) | frozenset(models.DateTimeField.get_lookups())


def _binary_columns(model: Any) -> set[str]:
    return {field.name for field in model._meta.fields if isinstance(field, models.BinaryField)}


class Page(ModelAdmin):
    """`program_column` narrows the rows; None: the page is for who sees every program; "": it narrows them itself."""

    program_column: str | None = "program_id"
    shared = False
    """Rows of all programs together: everybody sees them, who sees every program changes them."""
    for_owners = False
    """Pages that owners alone reach."""

    add_words: str | Promise = ""
    """On the way from the list to a new row, in place of “Add” and what a row is called."""

    @property
    def empty(self) -> Empty | None:
        """What the list says while it has no row."""
        return EMPTY.get(self.opts.label_lower)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rights_of(request).narrowed(rows, self.program_column) if self.program_column else rows

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Comparisons only. Patterns cost time, and `range` fails where it gets one value."""
        name, *path = lookup.split("__")
        if path and path[-1] in ALL_LOOKUPS and path[-1] not in LOOKUPS:
            return False
        if name in _binary_columns(self.model):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """A number that no database has room for is a row that is not there."""
        return super().get_object(request, object_id, from_field) if read_id(object_id) else None

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> Any:
        """Whatever was ticked: only rows can be."""
        request.POST = request.POST.copy()  # type: ignore[assignment]
        ticked = [text for text in request.POST.getlist(ACTION_CHECKBOX_NAME) if read_id(text)]
        request.POST.setlist(ACTION_CHECKBOX_NAME, ticked)  # type: ignore[attr-defined]
        return super().response_action(request, queryset)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Offers, and takes, only what is of one's own programs."""
        return choices.narrowed(super().get_form(request, obj, change, **kwargs), rights_of(request))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Ticking rows is for changing them."""
        return super().get_actions(request) if rights_of(request).edits else {}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may_look(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's form
        return self._may_look(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's form
        return self._may_edit(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's form
        return self._may_edit(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's form
        return self._may_edit(request)

    def _may_edit(self, request: HttpRequest) -> bool:
        rights = rights_of(request)
        return self._may_look(request) and rights.edits and (rights.sees_all or not self.shared)

    def _may_look(self, request: HttpRequest) -> bool:
        rights = rights_of(request)
        if self.for_owners:
            return rights.owns
        return rights.is_inside and (self.program_column is not None or rights.sees_all)

    # The look of a form

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A choice is a choice: what it offers has pages of its own, no small windows."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
            for deed in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{deed}_related", False)
        return field

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    # What is noted

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Django's own message; on the way, what the fields said before and say now is kept for `log_change`."""
        request._edited = _edited(form, add)  # type: ignore[attr-defined]
        return super().construct_change_message(request, form, formsets, add)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        note(request, "added", self._called(obj), program=self._program_of(obj), **_facts(request))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if _facts(request):
            note(request, "changed", self._called(obj), program=self._program_of(obj), **_facts(request))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> Any:
        for obj in queryset:
            note(request, "deleted", self._called(obj), program=self._program_of(obj))
        return super().log_deletions(request, queryset)

    def _called(self, obj: Any) -> str:
        """In English, as it is stored."""
        with override("en"):
            return f"{self.opts.verbose_name} {obj}"

    def _program_of(self, obj: Any) -> int | None:
        for step in (self.program_column or "").split("__"):
            obj = getattr(obj, step, None) if step else None
        return obj if isinstance(obj, int) and obj else None


def _facts(request: HttpRequest) -> dict[str, Any]:
    found: dict[str, Any] = getattr(request, "_edited", {})
    return found


def _edited(form: Any, add: bool) -> dict[str, Any]:
    """{"before": {field: value}, "after": {...}} of the fields that differ."""
    names = [name for name in form.changed_data if name in form.cleaned_data]
    after = {name: _plain(form.cleaned_data[name]) for name in names}
    if add:
        return {"after": after} if after else {}
    before = {name: _plain(form.get_initial_for_field(form.fields[name], name)) for name in names}
    return {"before": before, "after": after} if after else {}


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, QuerySet | list | tuple):
        return [_plain(each) for each in value]
    return value
