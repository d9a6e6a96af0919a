"""Choices of a form, narrowed to the programs that who asks may see."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.forms import ModelChoiceField

from clicktrail.control.accounts.rights import Rights
from clicktrail.control.catalog.models import Program


def narrow(form: Any, rights: Rights, *, must: bool = False) -> Any:
    """The form, whose fields offer and take only rows of those programs.

    `must`: an empty program would mean all of them, so who sees only some has to choose one.
    """
    if rights.sees_all:
        return form
    for field in form.fields.values():
        column = column_of(field.queryset.model) if isinstance(field, ModelChoiceField) else None
        if column is None:
            continue
        field.queryset = rights.narrowed(field.queryset, column)
        if must and field.queryset.model is Program:
            field.required, field.empty_label = True, None
    return form


def narrowed(form_class: Any, rights: Rights) -> Any:
    """The same for a class of forms that somebody else will fill."""
    if rights.sees_all:
        return form_class

    class Narrowed(form_class):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            narrow(self, rights, must=True)

    return Narrowed


def column_of(model: type[Model]) -> str | None:
    """By which a model's rows belong to a program; None where they belong to all."""
    if model is Program:
        return "pk"
    for name, column in (("program", "program_id"), ("program_id", "program_id"), ("product", "product__program_id")):
        try:
            model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        return column
    return None
