"""Partner rates: what one partner is paid, in place of what the product pays."""

from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.noting import about
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import Fault, missing
from clicktrail.control.api.reading import RateStep, Reading, caller_of, enter_rate, rate_shown
from clicktrail.control.api.shapes import Fixed, Number, Percent, Sent, ValidFrom
from clicktrail.control.catalog import rates
from clicktrail.control.catalog.edits import edit
from clicktrail.control.catalog.models import Partner, PartnerRate, Product, TimedRate
from clicktrail.core.catalog import NO_RATE

router = Router(tags=["Partner rates"])


class RateShape(BaseModel):
    id: int
    partner: int
    program: int
    product: int
    percent: str | None = Field(description="What he is paid now, or first.")
    fixed: str | None
    valid_from: str | None = Field(description="Since when, or from when on; null: from the beginning.")
    currency: str
    rates: list[RateStep] = Field(description="What he was, is and will be paid, oldest first.")


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
    valid_from: ValidFrom = None


class RateChange(Sent):
    percent: Percent | None = None
    fixed: Fixed | None = None
    valid_from: ValidFrom = None


def shown(row: PartnerRate, steps: list[rates.Step] | None = None) -> RateShape:
    """`steps`: of this partner and product, where they have been read for many rows at once."""
    program = row.product.program
    rate = rate_shown(steps or rates.history(row.product, row.partner_id), program.currency)
    return RateShape(id=row.pk, partner=row.partner_id, program=program.pk, product=row.product_id, **rate)


def of(caller: Caller) -> Any:
    """Without those that have been taken back: their history stays with partner and product."""
    later = TimedRate.objects.filter(partner_id=OuterRef("partner_id"), product_id=OuterRef("product_id"))
    last = later.order_by("-valid_from_ms")
    rows = PartnerRate.objects.select_related("product__program").annotate(
        last_ms=Subquery(last.values("valid_from_ms")[:1]),
        last_percent=Subquery(last.values("percent_ppm")[:1]),
        last_fixed=Subquery(last.values("fixed_minor")[:1]),
    )
    is_his = Q(last_percent__isnull=False) | Q(last_fixed__isnull=False)
    rows = rows.filter(Q(last_ms__isnull=True) | Q(last_ms__gt=rates.now_ms()) | is_his)
    return caller.only(rows, "product__program_id")


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
    paid = rates.own_histories(found)
    items = [shown(row, paid[row.partner_id, row.product_id]) for row in found]
    return RatePage(items=items, next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: RateShape}, noted="rate changed")
def create_rate(request: HttpRequest, data: NewRate) -> Any:
    """Give a partner a rate of his own for a product."""
    caller = caller_of(request)
    row = PartnerRate()
    reading = Reading(data, row)
    product = caller.only(Product.objects.filter(pk=data.product).select_related("program")).first()
    partner = Partner.objects.filter(pk=data.partner).first()
    if partner is None:
        reading.wrong("partner", f"There is no partner {data.partner}.")
    if product is None:
        reading.wrong("product", f"There is no product {data.product}.")
    rate = reading.rate(product.program.currency, is_new=True) if product else None
    reading.done()
    same = of(caller).filter(partner_id=data.partner, product_id=data.product).first()
    if same is not None:
        raise Fault("exists", f"Partner {data.partner} has a rate for this product already: number {same.pk}.")
    if product is not None and rate is not None:
        enter_rate(product, partner, rate, data.valid_from, caller.actor)
    return Status(201, shown(of(caller).get(partner_id=data.partner, product_id=data.product)))


@route(router, "GET", "/{number}", READ, answers=RateShape, problems=[404])
def get_rate(request: HttpRequest, number: Number) -> Any:
    """Look at one partner rate."""
    return shown(seen(caller_of(request), number))


@route(router, "PATCH", "/{number}", WRITE, answers=RateShape, problems=[404], noted="rate changed")
def change_rate(request: HttpRequest, number: Number, data: RateChange) -> Any:
    """Pay the partner something else, from now or from a later moment on. What was paid before stays as it was."""
    caller = caller_of(request)
    row = seen(caller, number)
    reading = Reading(data, row)
    rate = reading.rate(row.product.program.currency, is_new=False)
    reading.done()
    if rate is not None:
        enter_rate(row.product, row.partner, rate, data.valid_from, caller.actor)
    return shown(row)


@route(router, "DELETE", "/{number}", WRITE, answers={204: None}, problems=[404], noted="rate changed")
def delete_rate(request: HttpRequest, number: Number) -> Any:
    """Take the partner's own rate back: from now on he earns what the product pays. What was planned for him goes."""
    caller = caller_of(request)
    row = seen(caller, number)
    about(request, row, row.product.program_id)
    with edit():
        for later in TimedRate.objects.filter(
            partner=row.partner_id, product=row.product_id, valid_from_ms__gt=rates.now_ms()
        ):
            later.delete()
        if row.valid_from_ms > rates.now_ms():
            row.delete()
        else:
            rates.enter(row.product, row.partner, NO_RATE, None, caller.actor)
    return Status(204, None)
