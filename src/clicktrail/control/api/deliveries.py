"""Deliveries: what was told to whom, every attempt with its answer, and sending again."""

import json
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.paging import Ordered, page
from clicktrail.control.api.problems import missing
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import Long, Sent, Time, TransactionNumber, time, time_or_none
from clicktrail.control.outbox import desk
from clicktrail.control.outbox.models import Attempt, Delivery, DeliveryState, Receiver
from clicktrail.core.delivery import with_text_ids

router = Router(tags=["Receivers"])

State = Literal[tuple(DeliveryState.values)]


class AttemptShape(BaseModel):
    at: Time
    stage: Literal["before", "attempt", "answer"] = Field(description="How far it got.")
    address: str = Field(description="As it was called.")
    status: int | None
    answer: str = Field(description="The first kilobyte.")
    took_ms: int
    fault: str = Field(description="A sentence; empty where it was taken.")


class DeliveryShape(BaseModel):
    id: int
    delivery: str = Field(description="The delivery id that the receiver sees, the same for every repeat.")
    receiver: int
    event: str
    transaction: TransactionNumber | None
    state: State
    attempts: int = Field(description="In its log, those before it was sent again included.")
    made_at: Time
    due_at: Time = Field(description="Of the next attempt, where it is not done.")
    done_at: Time | None


class DeliveryDetail(DeliveryShape):
    facts: dict[str, Any] = Field(description="What is told, as it was at that moment.")
    log: list[AttemptShape] = Field(description="The newest first, a hundred at most.")


class DeliveryPage(BaseModel):
    items: list[DeliveryShape]
    next_cursor: str | None
    next: str | None


class DeliveryFilter(Ordered):
    receiver: Long = None
    state: State = None
    transaction: Long = None


class NewAgain(Sent):
    ids: Annotated[list[Long], Field(min_length=1, max_length=desk.MOST_AGAIN)]


class SentAgain(BaseModel):
    sent_again: int


def _of(caller: Caller) -> QuerySet[Delivery]:
    """Of receivers that the key may see; a deleted one's for a key of the whole installation."""
    rows = Delivery.objects.all()
    mine = Receiver.objects.filter(program_id=caller.program).values("pk")
    return rows if caller.program is None else rows.filter(receiver_id__in=mine)


def _columns(row: Delivery, attempts: int) -> dict[str, Any]:
    return {
        "id": row.pk,
        "delivery": desk.name_of(row),
        "receiver": row.receiver_id,
        "event": row.trigger,
        "transaction": row.transaction_number,
        "state": row.state,
        "attempts": attempts,
        "made_at": time(row.created_ms),
        "due_at": time(row.due_ms),
        "done_at": time_or_none(row.done_ms),
    }


@route(router, "GET", "", READ, answers=DeliveryPage)
def list_deliveries(request: HttpRequest, filters: Query[DeliveryFilter]) -> Any:
    """List deliveries, the newest first."""
    asked = {"receiver_id": filters.receiver, "state": filters.state, "transaction_number": filters.transaction}
    rows = _of(caller_of(request)).filter(**{name: value for name, value in asked.items() if value})
    found, cursor, address = page(request, rows, filters, "id", filters.order)
    attempts = desk.attempt_counts([row.pk for row in found])
    items = [DeliveryShape(**_columns(row, attempts.get(row.pk, 0))) for row in found]
    return DeliveryPage(items=items, next_cursor=cursor, next=address)


@route(router, "POST", "/again", WRITE, answers=SentAgain, noted="sent again")
def send_again(request: HttpRequest, data: NewAgain) -> Any:
    """Send up to 1,000 again, each with the delivery id that it had."""
    mine = _of(caller_of(request)).filter(pk__in=data.ids).values_list("pk", flat=True)
    return SentAgain(sent_again=desk.send_again(list(mine)))


@route(router, "GET", "/{number}", READ, answers=DeliveryDetail, problems=[404])
def get_delivery(request: HttpRequest, number: Long) -> Any:
    """Look at one delivery with what it tells and every attempt."""
    row = _of(caller_of(request)).filter(pk=number).first()
    if row is None:
        raise missing("delivery", number)
    log = [_attempt(attempt) for attempt in desk.attempts_of(row)]
    attempts = desk.attempt_counts([row.pk]).get(row.pk, 0)
    return DeliveryDetail(**_columns(row, attempts), facts=with_text_ids(json.loads(row.facts)), log=log)


def _attempt(row: Attempt) -> AttemptShape:
    return AttemptShape(
        at=time(row.at_ms), stage=row.stage, address=row.address, status=row.status, answer=row.answer,
        took_ms=row.took_ms, fault=row.fault,
    )  # fmt: skip
