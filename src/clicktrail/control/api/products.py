"""Commission products: what is paid for."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import missing
from clicktrail.control.api.reading import RateStep, Reading, caller_of, enter_rate, program_of, rate_shown
from clicktrail.control.api.shapes import Fixed, Number, Percent, ProductName, Sent, ValidFrom
from clicktrail.control.catalog import rates, rules
from clicktrail.control.catalog.edits import edit
from clicktrail.control.catalog.models import Product

router = Router(tags=["Commission products"])


class ProductShape(BaseModel):
    id: int
    program: int
    name: str = Field(description="Calls name it in `produkt`, exactly like this.")
    percent: str | None = Field(description="What is paid now.")
    fixed: str | None
    valid_from: str | None = Field(description="Since when; null: from the beginning.")
    currency: str
    rates: list[RateStep] = Field(description="What was, is and will be paid, oldest first.")
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
    valid_from: ValidFrom = None


def shown(row: Product, steps: list[rates.Step] | None = None) -> ProductShape:
    """`steps`: its rates, where they have been read for many rows at once."""
    is_default = row.program.default_product_id == row.pk
    rate = rate_shown(steps or rates.history(row), row.program.currency)
    return ProductShape(id=row.pk, program=row.program_id, name=row.name, default=is_default, **rate)


def seen(caller: Caller, number: int) -> Product:
    row = caller.only(Product.objects.filter(pk=number).select_related("program")).first()
    if row is None:
        raise missing("commission product", number)
    return row


def names_beside(row: Product) -> list[str]:
    """The names of the other products of its program."""
    return list(Product.objects.filter(program_id=row.program_id).exclude(pk=row.pk).values_list("name", flat=True))


@route(router, "GET", "", READ, answers=ProductPage)
def list_products(request: HttpRequest, filters: Query[ProductFilter]) -> Any:
    """List commission products, by number."""
    rows = caller_of(request).only(Product.objects.select_related("program"))
    if filters.program:
        rows = rows.filter(program_id=filters.program)
    found, cursor, address = page(request, rows, filters, "id")
    paid = rates.histories(found)
    return ProductPage(items=[shown(row, paid[0, row.pk]) for row in found], next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: ProductShape})
def create_product(request: HttpRequest, data: NewProduct) -> Any:
    """Make a commission product. The first one of a program becomes its default."""
    program = program_of(caller_of(request), data.program)
    row = Product(program=program)
    reading = Reading(data, row)
    reading.take("name", lambda text: rules.product_name(text, names_beside(row)))
    rate = reading.rate(program.currency, is_new=True)
    reading.done()
    with edit():
        row.percent_ppm, row.fixed_minor = rate and rate.percent_ppm, rate and rate.fixed_minor
        row.save()
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
    """Rename a product, or pay something else from now or a later moment on. What was paid before stays."""
    caller = caller_of(request)
    row = seen(caller, number)
    reading = Reading(data, row)
    reading.take("name", lambda text: rules.product_name(text, names_beside(row)))
    rate = reading.rate(row.program.currency, is_new=False)
    reading.done()
    with edit():
        row.save()
        if rate is not None:
            enter_rate(row, None, rate, data.valid_from, caller.actor)
    row.refresh_from_db(fields=["percent_ppm", "fixed_minor"])
    return shown(row)
