"""Approvals: which partner may earn which product."""

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
from clicktrail.control.api.shapes import Number, Sent
from clicktrail.control.catalog.models import Approval, Partner, Product

router = Router(tags=["Approvals"])


class ApprovalShape(BaseModel):
    id: int
    partner: int
    program: int
    product: int | None = Field(description="Null: every product of the program, later ones too.")


class ApprovalPage(BaseModel):
    items: list[ApprovalShape]
    next_cursor: str | None
    next: str | None


class ApprovalFilter(Page):
    program: Number = None
    partner: Number = None


class NewApproval(Sent):
    partner: Number
    program: Number
    product: Number | None = None


def shown(row: Approval) -> ApprovalShape:
    return ApprovalShape(id=row.pk, partner=row.partner_id, program=row.program_id, product=row.product_id)


def seen(caller: Caller, number: int) -> Approval:
    row = caller.only(Approval.objects.filter(pk=number)).first()
    if row is None:
        raise missing("approval", number)
    return row


@route(router, "GET", "", READ, answers=ApprovalPage)
def list_approvals(request: HttpRequest, filters: Query[ApprovalFilter]) -> Any:
    """List approvals, by number."""
    rows = caller_of(request).only(Approval.objects.all())
    if filters.program:
        rows = rows.filter(program_id=filters.program)
    if filters.partner:
        rows = rows.filter(partner_id=filters.partner)
    found, cursor, address = page(request, rows, filters, "id")
    return ApprovalPage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: ApprovalShape}, noted="approval given")
def create_approval(request: HttpRequest, data: NewApproval) -> Any:
    """Let a partner earn a product, or every product of a program."""
    program = program_of(caller_of(request), data.program)
    row = Approval(program=program)
    reading = Reading(data, row)
    reading.name("partner", Partner.objects.all(), data.partner, "partner_id")
    reading.name("product", Product.objects.filter(program=program), data.product, "product_id")
    reading.done()
    same = Approval.objects.filter(partner_id=row.partner_id, program=program, product_id=row.product_id).first()
    if same is not None:
        raise Fault("exists", f"Partner {data.partner} has this approval already: number {same.pk}.")
    row.save()
    return Status(201, shown(row))


@route(router, "GET", "/{number}", READ, answers=ApprovalShape, problems=[404])
def get_approval(request: HttpRequest, number: Number) -> Any:
    """Look at one approval."""
    return shown(seen(caller_of(request), number))


@route(router, "DELETE", "/{number}", WRITE, answers={204: None}, problems=[404], noted="approval taken back")
def delete_approval(request: HttpRequest, number: Number) -> Any:
    """Take an approval back. What was earned stays."""
    row = seen(caller_of(request), number)
    about(request, row, row.program_id)
    row.delete()
    return Status(204, None)
