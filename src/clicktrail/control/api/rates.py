"""Partner rates: what one partner is paid, in place of what the product pays."""

from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import Fault, missing
from clicktrail.control.api.reading import Reading, caller_of, rate_shown
from clicktrail.control.api.shapes import Fixed, Number, Percent, Sent
from clicktrail.control.catalog.models import Partner, PartnerRate, Product

router = Router(tags=["Partner rates"])


class RateShape(BaseModel):
    id: int
    partner: int
    program: int
    product: int
    percent: str | None
    fixed: str | None
    currency: str


class RatePage(BaseModel):
    items: list[RateShape]
    next_cursor: str | None
    next: str | None


class RateFilter(Page):
    program: Number = None
    partner: Number = None


class NewRate(Sent):
    partner: Number
    product: Number
    percent: Percent | None = None
    fixed: Fixed | None = None


class RateChange(Sent):
    percent: Percent | None = None
    fixed: Fixed | None = None


def shown(row: PartnerRate) -> RateShape:
    program = row.product.program
    rate = rate_shown(row, program.currency)
    return RateShape(id=row.pk, partner=row.partner_id, program=program.pk, product=row.product_id, **rate)


def of(caller: Caller) -> Any:
    return caller.only(PartnerRate.objects.select_related("product__program"), "product__program_id")


def seen(caller: Caller, number: int) -> PartnerRate:
    row = of(caller).filter(pk=number).first()
    if row is None:
        raise missing("partner rate", number)
    return row


@route(router, "GET", "", READ, answers=RatePage)
def list_rates(request: HttpRequest, filters: Query[RateFilter]) -> Any:
    """List partner rates, by number."""
    rows = of(caller_of(request))
    if filters.program:
        rows = rows.filter(product__program_id=filters.program)
    if filters.partner:
        rows = rows.filter(partner_id=filters.partner)
    found, cursor, address = page(request, rows, filters, "id")
    return RatePage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: RateShape})
def create_rate(request: HttpRequest, data: NewRate) -> Any:
    """Give a partner a rate of his own for a product."""
    caller = caller_of(request)
    row = PartnerRate()
    reading = Reading(data, row)
    product = caller.only(Product.objects.filter(pk=data.product).select_related("program")).first()
    reading.name("partner", Partner.objects.all(), data.partner, "partner_id")
    if product is None:
        reading.wrong("product", f"There is no product {data.product}.")
    else:
        row.product = product
        reading.rate(product.program.currency)
    reading.done()
    same = PartnerRate.objects.filter(partner_id=data.partner, product_id=data.product).first()
    if same is not None:
        raise Fault("exists", f"Partner {data.partner} has a rate for this product already: number {same.pk}.")
    row.save()
    return Status(201, shown(row))


@route(router, "GET", "/{number}", READ, answers=RateShape, problems=[404])
def get_rate(request: HttpRequest, number: Number) -> Any:
    """Look at one partner rate."""
    return shown(seen(caller_of(request), number))


@route(router, "PATCH", "/{number}", WRITE, answers=RateShape, problems=[404])
def change_rate(request: HttpRequest, number: Number, data: RateChange) -> Any:
    """Pay the partner something else from now on."""
    row = seen(caller_of(request), number)
    reading = Reading(data, row)
    reading.rate(row.product.program.currency)
    reading.done()
    row.save()
    return shown(row)


@route(router, "DELETE", "/{number}", WRITE, answers={204: None}, problems=[404])
def delete_rate(request: HttpRequest, number: Number) -> Any:
    """Take the partner's own rate back: he earns what the product pays."""
    seen(caller_of(request), number).delete()
    return Status(204, None)
