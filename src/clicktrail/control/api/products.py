"""Commission products: what is paid for."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import missing
from clicktrail.control.api.reading import Reading, caller_of, program_of, rate_shown
from clicktrail.control.api.shapes import Fixed, Number, Percent, ProductName, Sent
from clicktrail.control.catalog import rules
from clicktrail.control.catalog.edits import edit
from clicktrail.control.catalog.models import Product

router = Router(tags=["Commission products"])


class ProductShape(BaseModel):
    id: int
    program: int
    name: str = Field(description="Calls name it in `produkt`, exactly like this.")
    percent: str | None
    fixed: str | None
    currency: str
    default: bool = Field(description="Meant by a call that names no product.")


class ProductPage(BaseModel):
    items: list[ProductShape]
    next_cursor: str | None
    next: str | None


class ProductFilter(Page):
    program: Number = None


class NewProduct(Sent):
    program: Number
    name: ProductName
    percent: Percent | None = None
    fixed: Fixed | None = None


class ProductChange(Sent):
    name: ProductName = None
    percent: Percent | None = None
    fixed: Fixed | None = None


def shown(row: Product) -> ProductShape:
    is_default = row.program.default_product_id == row.pk
    rate = rate_shown(row, row.program.currency)
    return ProductShape(id=row.pk, program=row.program_id, name=row.name, default=is_default, **rate)


def seen(caller: Caller, number: int) -> Product:
    row = caller.only(Product.objects.filter(pk=number).select_related("program")).first()
    if row is None:
        raise missing("commission product", number)
    return row


@route(router, "GET", "", READ, answers=ProductPage)
def list_products(request: HttpRequest, filters: Query[ProductFilter]) -> Any:
    """List commission products, by number."""
    rows = caller_of(request).only(Product.objects.select_related("program"))
    if filters.program:
        rows = rows.filter(program_id=filters.program)
    found, cursor, address = page(request, rows, filters, "id")
    return ProductPage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: ProductShape})
def create_product(request: HttpRequest, data: NewProduct) -> Any:
    """Make a commission product. The first one of a program becomes its default."""
    program = program_of(caller_of(request), data.program)
    row = Product(program=program)
    with edit():
        _save(row, Reading(data, row))
        if program.default_product_id is None:
            program.default_product = row
            program.save()
    return Status(201, shown(row))


@route(router, "GET", "/{number}", READ, answers=ProductShape, problems=[404])
def get_product(request: HttpRequest, number: Number) -> Any:
    """Look at one commission product."""
    return shown(seen(caller_of(request), number))


@route(router, "PATCH", "/{number}", WRITE, answers=ProductShape, problems=[404])
def change_product(request: HttpRequest, number: Number, data: ProductChange) -> Any:
    """Rename a product, or pay something else for it. What was paid before stays as it was."""
    row = seen(caller_of(request), number)
    _save(row, Reading(data, row))
    return shown(row)


def _save(row: Product, reading: Reading) -> None:
    reading.take("name", rules.name)
    reading.rate(row.program.currency)
    reading.done()
    row.save()
