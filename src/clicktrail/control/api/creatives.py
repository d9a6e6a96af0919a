"""Creatives: the links and banners of a program."""

from typing import Any, Literal
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import missing
from clicktrail.control.api.reading import Reading, caller_of, program_of
from clicktrail.control.api.shapes import Name, Number, Sent
from clicktrail.control.catalog import rules
from clicktrail.control.catalog.models import ClickTarget, Creative, Product

router = Router(tags=["Creatives"])

State = Literal["active", "paused"]


class CreativeShape(BaseModel):
    id: int
    program: int
    name: str
    target: int = Field(description="Click target that the link leads to.")
    product: int | None = Field(description="What the link is meant to sell; null: the program's default product.")
    state: State
    link: str = Field(description="The partner's link; his number goes to its end.")


class CreativePage(BaseModel):
    items: list[CreativeShape]
    next_cursor: str | None
    next: str | None


class CreativeFilter(Page):
    program: Number = None
    state: State = None


class NewCreative(Sent):
    program: Number
    name: Name
    target: Number
    product: Number | None = None
    state: State = "active"


class CreativeChange(Sent):
    name: Name = None
    target: Number = None
    product: Number | None = None
    state: State = None


def shown(row: Creative) -> CreativeShape:
    return CreativeShape(
        id=row.pk,
        program=row.program_id,
        name=row.name,
        target=row.target_id,
        product=row.product_id,
        state=row.state,
        link=_link(row),
    )


def _link(row: Creative) -> str:
    base = settings.CLICKTRAIL.public_url.rstrip("/") or f"http://{settings.CLICKTRAIL.edge}"
    return f"{base}/go.cgi?{urlencode({'cpid': row.program_id, 'wmid': row.pk})}&pid="


def seen(caller: Caller, number: int) -> Creative:
    row = caller.only(Creative.objects.filter(pk=number)).first()
    if row is None:
        raise missing("creative", number)
    return row


@route(router, "GET", "", READ, answers=CreativePage)
def list_creatives(request: HttpRequest, filters: Query[CreativeFilter]) -> Any:
    """List creatives, by number."""
    rows = caller_of(request).only(Creative.objects.all())
    if filters.program:
        rows = rows.filter(program_id=filters.program)
    if filters.state:
        rows = rows.filter(state=filters.state)
    found, cursor, address = page(request, rows, filters, "id")
    return CreativePage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: CreativeShape})
def create_creative(request: HttpRequest, data: NewCreative) -> Any:
    """Make a creative."""
    program = program_of(caller_of(request), data.program)
    row = Creative(program=program)
    return Status(201, _saved(row, Reading(data, row), data))


@route(router, "GET", "/{number}", READ, answers=CreativeShape, problems=[404])
def get_creative(request: HttpRequest, number: Number) -> Any:
    """Look at one creative."""
    return shown(seen(caller_of(request), number))


@route(router, "PATCH", "/{number}", WRITE, answers=CreativeShape, problems=[404])
def change_creative(request: HttpRequest, number: Number, data: CreativeChange) -> Any:
    """Rename a creative, point it elsewhere, pause it."""
    row = seen(caller_of(request), number)
    return _saved(row, Reading(data, row), data)


def _saved(row: Creative, reading: Reading, data: NewCreative | CreativeChange) -> CreativeShape:
    reading.take("name", rules.name)
    reading.take("state")
    if reading.has("target"):
        reading.name("target", ClickTarget.objects.filter(program_id=row.program_id), data.target, "target_id")
    if reading.has("product"):
        reading.name("product", Product.objects.filter(program_id=row.program_id), data.product, "product_id")
    reading.done()
    row.save()
    return shown(row)
