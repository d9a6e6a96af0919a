"""Transactions: the list, one with its history, moves."""

from typing import Annotated, Any, Literal

from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from clicktrail.control.api.adjustments import AdjustmentShape, NewAdjustmentMove, Revision, of_transaction
from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller, now_ms
from clicktrail.control.api.paging import Ordered, page
from clicktrail.control.api.problems import Fault, invalid, missing
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import (
    Flag,
    Long,
    Moment,
    Money,
    Number,
    Reason,
    Sent,
    Text,
    Time,
    TransactionNumber,
    money,
    time,
    time_or_none,
)
from clicktrail.control.ledger.models import Adjustment, Move, Transaction
from clicktrail.control.ledger.moves import Refused, facts_said, move, move_adjustment, reduce
from clicktrail.core import lifecycle
from clicktrail.core.clickid import split
from clicktrail.core.money import AmountError, check_limit, format_percent, parse_fixed

router = Router(tags=["Transactions"])

MAX_MOVES = 1000
"""Transactions in one bulk move."""

State = Literal[lifecycle.STATES]
Verb = Literal[lifecycle.VERBS]


class TransactionShape(BaseModel):
    number: TransactionNumber
    program: int
    tid: str = Field(description="The shop's order number.")
    partner: int
    subid: str
    creative: int | None
    product: str
    product_id: int
    revenue: Money | None = Field(description="Of a paid one as it was paid.")
    commission: Money
    adjusted_revenue: Money | None = Field(description="Sum of its adjustments, 0 or negative.")
    adjusted_commission: Money = Field(description="With `commission` together what remains, and what the sums count.")
    percent: str | None = Field(description="The rate that it was paid by, where that is a percentage.")
    state: State
    verbs: list[Verb] = Field(description="What can be done with it now.")
    test: bool
    manual: bool
    trusted: bool = Field(description="Made or changed by a caller who proved who he is.")
    held_for: str | None = Field(description="Why it is on hold.")
    revision: int = Field(description="Rises with every move and change.")
    clickid: str | None
    referrer: str | None
    call: str = Field(description="Log number of the call that made it.")
    clicked_at: Time | None
    created_at: Time


class ChangeShape(BaseModel):
    fact: str
    earlier: Any
    later: Any


class MoveShape(BaseModel):
    at: Time
    from_state: State
    to_state: State
    actor: str
    reason: str
    revision: int
    changes: list[ChangeShape] = Field(description="What else has changed with it.")
    call: str | None = Field(description="Log number of the call that made it; null where a person did.")


class TransactionDetail(TransactionShape):
    history: list[MoveShape]
    adjustments: list[AdjustmentShape] = Field(description="Part returns after it was paid, oldest first.")


class TransactionPage(BaseModel):
    items: list[TransactionShape]
    next_cursor: str | None
    next: str | None


class TransactionFilter(Ordered):
    program: Number = None
    partner: Number = None
    state: State = None
    tid: Text = Field(None, description="The whole order number.")
    product: Text = None
    subid: Text = None
    clickid: Text = None
    test: Flag = None
    created_from: Moment = Field(None, description="Included.")
    created_to: Moment = Field(None, description="Not included.")


class NewMove(Sent):
    verb: Verb
    reason: Reason


class NewMoves(NewMove):
    numbers: Annotated[list[Long], Field(min_length=1, max_length=MAX_MOVES)]


class Reduction(Sent):
    revenue: Annotated[str, Field(strict=True, max_length=40, description="The new net revenue, like 50.00.")]
    reason: Reason


class RefusedMove(BaseModel):
    number: TransactionNumber
    detail: str


class MovesDone(BaseModel):
    moved: list[TransactionNumber]
    refused: list[RefusedMove] = Field(description="Left as they are, each with the sentence why.")


def shown(row: Transaction) -> TransactionShape:
    return TransactionShape(**_columns(row))


def _columns(row: Transaction) -> dict[str, Any]:
    return {
        "number": row.number,
        "program": row.program_id,
        "tid": row.tid,
        "partner": row.partner_id,
        "subid": row.subid,
        "creative": row.creative_id or None,
        "product": row.product,
        "product_id": row.product_id,
        "revenue": money(row.revenue_minor, row.currency, row.decimals),
        "commission": money(row.commission_minor, row.currency, row.decimals),
        "adjusted_revenue": money(
            None if row.revenue_minor is None else row.adjusted_revenue_minor, row.currency, row.decimals
        ),
        "adjusted_commission": money(row.adjusted_commission_minor, row.currency, row.decimals),
        "percent": None if row.percent_ppm is None else format_percent(row.percent_ppm),
        "state": row.state,
        "verbs": list(lifecycle.verbs_from(row.state)),
        "test": row.test,
        "manual": row.manual,
        "trusted": row.trusted,
        "held_for": row.held_for or None,
        "revision": row.revision,
        "clickid": row.clickid or None,
        "referrer": row.referrer or row.referrer_host or None,
        "call": str(row.postback_id),
        "clicked_at": time_or_none(row.clicked_ms),
        "created_at": time(row.created_ms),
    }


def detail(row: Transaction) -> TransactionDetail:
    moves = Move.objects.filter(transaction_number=row.number).order_by("id")
    return TransactionDetail(**_columns(row), history=[_step(step) for step in moves], adjustments=of_transaction(row))


def _step(step: Move) -> MoveShape:
    return MoveShape(
        at=time(step.at_ms),
        from_state=step.from_state,
        to_state=step.to_state,
        actor=step.actor,
        reason=step.reason,
        revision=step.revision,
        changes=facts_said(step.changes),
        call=None if step.call_id is None else str(step.call_id),
    )


def seen(caller: Caller, number: int) -> Transaction:
    row = caller.only(Transaction.objects.filter(pk=number)).first()
    if row is None:
        raise missing("transaction", number)
    return row


@route(router, "GET", "", READ, answers=TransactionPage)
def list_transactions(request: HttpRequest, filters: Query[TransactionFilter]) -> Any:
    """List transactions, the newest first."""
    rows = _filtered(caller_of(request).only(Transaction.objects.all()), filters)
    found, cursor, address = page(request, rows, filters, "number", filters.order)
    return TransactionPage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "POST", "/moves", WRITE, answers=MovesDone, noted="orders moved", many=True)
def move_transactions(request: HttpRequest, data: NewMoves) -> Any:
    """Move up to 1,000 transactions. Each by itself: one that cannot be moved stops none of the others."""
    caller = caller_of(request)
    mine = set(caller.only(Transaction.objects.filter(pk__in=data.numbers)).values_list("pk", flat=True))
    done = MovesDone(moved=[], refused=[])
    for number in data.numbers:
        sentence = _moved(caller, number, data) if number in mine else f"There is no transaction {number}."
        if sentence:
            done.refused.append(RefusedMove(number=str(number), detail=sentence))
        else:
            done.moved.append(str(number))
    return done


@route(router, "GET", "/{number}", READ, answers=TransactionDetail, problems=[404])
def get_transaction(request: HttpRequest, number: Long) -> Any:
    """Look at one transaction with its history."""
    return detail(seen(caller_of(request), number))


@route(router, "POST", "/{number}/moves", WRITE, answers=TransactionDetail, problems=[404], noted="orders moved")
def move_transaction(request: HttpRequest, number: Long, data: NewMove) -> Any:
    """Release, confirm, cancel, reopen or pay a transaction."""
    caller = caller_of(request)
    seen(caller, number)
    sentence = _moved(caller, number, data)
    if sentence:
        raise Fault("not_possible", sentence)
    return detail(seen(caller, number))


@route(router, "POST", "/{number}/reductions", WRITE, answers=TransactionDetail, problems=[404], noted="orders moved")
def reduce_transaction(request: HttpRequest, number: Long, data: Reduction) -> Any:
    """Cancel a part: a smaller net revenue, and the commission by the transaction's own rate.

    A paid transaction stays as it was paid; an adjustment is booked beside it, and its partner reads the reason in the
    portal.
    """
    caller = caller_of(request)
    row = seen(caller, number)
    try:
        revenue_minor = check_limit(parse_fixed(data.revenue.strip(), row.decimals), row.currency)
    except AmountError as fault:
        raise invalid(("revenue", f"It cannot be taken: {fault}")) from None
    outcome = reduce(connection, number, revenue_minor, caller.actor, data.reason, now_ms())
    if isinstance(outcome, Refused):
        raise Fault("not_possible", outcome.sentence)
    return detail(seen(caller, number))


@route(
    router, "POST", "/{number}/adjustments/{revision}/moves", WRITE, answers=TransactionDetail, problems=[404],
    noted="orders moved",
)  # fmt: skip
def move_one_adjustment(request: HttpRequest, number: Long, revision: Revision, data: NewAdjustmentMove) -> Any:
    """Settle, reopen or void an adjustment of a paid transaction."""
    caller = caller_of(request)
    row = seen(caller, number)
    if not Adjustment.objects.filter(transaction_number=row.number, revision=revision).exists():
        raise missing("adjustment", revision)
    outcome = move_adjustment(connection, number, revision, data.verb, caller.actor, data.reason, now_ms())
    if isinstance(outcome, Refused):
        raise Fault("not_possible", outcome.sentence)
    return detail(seen(caller, number))


def _moved(caller: Caller, number: int, data: NewMove) -> str:
    """Empty, or why it was left as it is."""
    outcome = move(connection, number, data.verb, caller.actor, data.reason, now_ms())
    return outcome.sentence if isinstance(outcome, Refused) else ""


def _filtered(rows: QuerySet[Transaction], f: TransactionFilter) -> QuerySet[Transaction]:
    columns = {
        "program_id": f.program,
        "partner_id": f.partner,
        "state": f.state,
        "tid": f.tid,
        "product": f.product,
        "subid": f.subid,
        "test": f.test,
        "created_ms__gte": f.created_from,
        "created_ms__lt": f.created_to,
    }
    rows = rows.filter(**{name: value for name, value in columns.items() if value is not None})
    if f.clickid is not None:
        parts = split(f.clickid, f.clickid[:2])
        rows = rows.filter(click_id=parts[0]) if parts else rows.filter(clickid=f.clickid)
    return rows
