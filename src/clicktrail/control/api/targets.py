"""Click targets: where links lead to."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.noting import about
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import Fault, missing
from clicktrail.control.api.reading import Reading, caller_of, program_of
from clicktrail.control.api.shapes import Name, Number, Sent, Url
from clicktrail.control.catalog import rules
from clicktrail.control.catalog.apply import DEFAULT_TARGET
from clicktrail.control.catalog.models import ClickTarget

router = Router(tags=["Click targets"])


class TargetShape(BaseModel):
    id: int
    program: int
    alias: str = Field(description="Links name it in `target`.")
    url: str = Field(description="With placeholders like <% CLICKID %>.")


class TargetPage(BaseModel):
    items: list[TargetShape]
    next_cursor: str | None
    next: str | None


class TargetFilter(Page):
    program: Number = None


class NewTarget(Sent):
    program: Number
    alias: Name
    url: Url


class TargetChange(Sent):
    alias: Name = None
    url: Url = None


def shown(row: ClickTarget) -> TargetShape:
    return TargetShape(id=row.pk, program=row.program_id, alias=row.alias, url=row.url)


def seen(caller: Caller, number: int) -> ClickTarget:
    row = caller.only(ClickTarget.objects.filter(pk=number)).first()
    if row is None:
        raise missing("click target", number)
    return row


@route(router, "GET", "", READ, answers=TargetPage)
def list_targets(request: HttpRequest, filters: Query[TargetFilter]) -> Any:
    """List click targets, by number."""
    rows = caller_of(request).only(ClickTarget.objects.all())
    if filters.program:
        rows = rows.filter(program_id=filters.program)
    found, cursor, address = page(request, rows, filters, "id")
    return TargetPage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: TargetShape})
def create_target(request: HttpRequest, data: NewTarget) -> Any:
    """Make a click target."""
    program = program_of(caller_of(request), data.program)
    row = ClickTarget(program=program)
    return Status(201, _saved(row, Reading(data, row)))


@route(router, "GET", "/{number}", READ, answers=TargetShape, problems=[404])
def get_target(request: HttpRequest, number: Number) -> Any:
    """Look at one click target."""
    return shown(seen(caller_of(request), number))


@route(router, "PATCH", "/{number}", WRITE, answers=TargetShape, problems=[404])
def change_target(request: HttpRequest, number: Number, data: TargetChange) -> Any:
    """Change alias or address. The alias `default` stays, because visitors go there when in doubt."""
    row = seen(caller_of(request), number)
    reading = Reading(data, row)
    if row.alias == DEFAULT_TARGET and reading.has("alias") and data.alias != DEFAULT_TARGET:
        reading.wrong("alias", "`default` keeps its name: visitors go there when in doubt.")
    return _saved(row, reading)


@route(router, "DELETE", "/{number}", WRITE, answers={204: None}, problems=[404])
def delete_target(request: HttpRequest, number: Number) -> Any:
    """Delete a click target that no creative uses. Old links to it lead to `default` then."""
    row = seen(caller_of(request), number)
    if row.alias == DEFAULT_TARGET:
        raise Fault("in_use", "`default` cannot be deleted: visitors go there when in doubt.")
    about(request, row, row.program_id)
    row.delete()
    return Status(204, None)


def _saved(row: ClickTarget, reading: Reading) -> TargetShape:
    others = ClickTarget.objects.filter(program_id=row.program_id).exclude(pk=row.pk)
    reading.take("alias", lambda text: rules.target_alias(text, others.values_list("alias", flat=True)))
    reading.take("url", rules.target_url)
    reading.done()
    row.save()
    return shown(row)
