"""Adjustments: part returns of paid transactions, and what became of them."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, BeforeValidator, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ
from clicktrail.control.api.paging import Ordered, page
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import (
    Long,
    Money,
    Number,
    Reason,
    Sent,
    Time,
    TransactionNumber,
    money,
    read_digits,
    time,
)
from clicktrail.control.ledger.models import Adjustment, Transaction
from clicktrail.core import adjustment

router = Router(tags=["Transactions"])

State = Literal[adjustment.STATES]
Verb = Literal[adjustment.VERBS]
Revision = Annotated[int, BeforeValidator(read_digits), Field(ge=1, lt=1 << 31)]
"""Of a transaction when one of its adjustments was booked."""


class AdjustmentShape(BaseModel):
    transaction: TransactionNumber
    revision: int = Field(description="Of the transaction when it was booked: with its number it names the adjustment.")
    program: int
    tid: str = Field(description="The shop's order number.")
    partner: int = Field(description="Who was paid.")
    revenue: Money = Field(description="Negative; positive where an earlier adjustment had taken too much.")
    commission: Money
    state: State
    verbs: list[Verb] = Field(description="What can be done with it now.")
    test: bool
    actor: str
    reason: str
    call: str | None = Field(description="Log number of the call that booked it; null where a person did.")
    created_at: Time


class AdjustmentPage(BaseModel):
    items: list[AdjustmentShape]
    next_cursor: str | None
    next: str | None


class AdjustmentFilter(Ordered):
    program: Number = None
    partner: Number = None
    transaction: Long = None
    state: State = None


class NewAdjustmentMove(Sent):
    verb: Verb
    reason: Reason


@route(router, "GET", "", READ, answers=AdjustmentPage)
def list_adjustments(request: HttpRequest, filters: Query[AdjustmentFilter]) -> Any:
    """List part returns of paid transactions, the newest first."""
    asked = {
        "program_id": filters.program, "partner_id": filters.partner, "transaction_number": filters.transaction,
        "state": filters.state,
    }  # fmt: skip
    rows = caller_of(request).only(Adjustment.objects.all())
    rows = rows.filter(**{name: value for name, value in asked.items() if value is not None})
    found, cursor, address = page(request, rows, filters, "id", filters.order)
    return AdjustmentPage(items=shown(found), next_cursor=cursor, next=address)


def of_transaction(row: Transaction) -> list[AdjustmentShape]:
    return shown(Adjustment.objects.filter(transaction_number=row.number).order_by("revision"))


def shown(rows: Iterable[Adjustment]) -> list[AdjustmentShape]:
    rows = list(rows)
    orders = Transaction.objects.in_bulk({row.transaction_number for row in rows})
    return [_shown(row, orders[row.transaction_number]) for row in rows]


def _shown(row: Adjustment, order: Transaction) -> AdjustmentShape:
    is_cancelled = order.state == "cancelled"
    return AdjustmentShape(
        transaction=row.transaction_number,
        revision=row.revision,
        program=row.program_id,
        tid=order.tid,
        partner=row.partner_id,
        revenue=money(row.revenue_minor, order.currency, order.decimals),
        commission=money(row.commission_minor, order.currency, order.decimals),
        state=row.state,
        verbs=[] if is_cancelled else list(adjustment.verbs_from(row.state)),
        test=row.test,
        actor=row.actor,
        reason=row.reason,
        call=None if row.call_id is None else str(row.call_id),
        created_at=time(row.at_ms),
    )
