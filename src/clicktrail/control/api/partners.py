"""Partners. They belong to the whole house: a key of one program sees those who may earn something there."""

from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import missing
from clicktrail.control.api.reading import Reading, caller_of
from clicktrail.control.api.shapes import Name, Number, Sent
from clicktrail.control.catalog import rules
from clicktrail.control.catalog.models import Approval, Partner, PartnerRate
from clicktrail.core.catalog import TEST_PARTNER

router = Router(tags=["Partners"])

State = Literal["pending", "active", "blocked"]


class PartnerShape(BaseModel):
    id: int
    name: str
    state: State
    test: bool


class PartnerPage(BaseModel):
    items: list[PartnerShape]
    next_cursor: str | None
    next: str | None


class PartnerFilter(Page):
    state: State = None


class NewPartner(Sent):
    name: Name
    state: State = "active"


class PartnerChange(Sent):
    name: Name = None
    state: State = None


def shown(row: Partner) -> PartnerShape:
    return PartnerShape(id=row.pk, name=row.name, state=row.state, test=row.pk == TEST_PARTNER)


def of(caller: Caller) -> QuerySet[Partner]:
    rows = Partner.objects.all()
    if caller.program is None:
        return rows
    approved = Approval.objects.filter(program_id=caller.program).values("partner_id")
    rated = PartnerRate.objects.filter(product__program_id=caller.program).values("partner_id")
    return rows.filter(Q(pk__in=approved) | Q(pk__in=rated))


@route(router, "GET", "", READ, answers=PartnerPage)
def list_partners(request: HttpRequest, filters: Query[PartnerFilter]) -> Any:
    """List partners, by number."""
    rows = of(caller_of(request))
    if filters.state:
        rows = rows.filter(state=filters.state)
    found, cursor, address = page(request, rows, filters, "id")
    return PartnerPage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: PartnerShape})
def create_partner(request: HttpRequest, data: NewPartner) -> Any:
    """Take in a partner. Needs a key of the whole installation."""
    caller_of(request).must_own_all("partners")
    row = Partner()
    return Status(201, _saved(row, Reading(data, row)))


@route(router, "GET", "/{number}", READ, answers=PartnerShape, problems=[404])
def get_partner(request: HttpRequest, number: Number) -> Any:
    """Look at one partner."""
    row = of(caller_of(request)).filter(pk=number).first()
    if row is None:
        raise missing("partner", number)
    return shown(row)


@route(router, "PATCH", "/{number}", WRITE, answers=PartnerShape, problems=[404])
def change_partner(request: HttpRequest, number: Number, data: PartnerChange) -> Any:
    """Rename a partner, activate or block him. Needs a key of the whole installation."""
    caller_of(request).must_own_all("partners")
    row = Partner.objects.filter(pk=number).first()
    if row is None:
        raise missing("partner", number)
    return _saved(row, Reading(data, row))


def _saved(row: Partner, reading: Reading) -> PartnerShape:
    reading.take("name", rules.name)
    reading.take("state")
    reading.done()
    row.save()
    return shown(row)
