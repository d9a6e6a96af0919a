"""Receivers: partners' postbacks and webhooks. A key of one program sees those of its program alone."""

from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api import partners
from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.noting import about
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import missing
from clicktrail.control.api.reading import Reading, caller_of
from clicktrail.control.api.shapes import Long, Name, Number, Sent, Time, Url, time
from clicktrail.control.catalog.models import Program
from clicktrail.control.outbox import desk, rules
from clicktrail.control.outbox.models import Method, Receiver, ReceiverState, Standing, StandingState
from clicktrail.core.receivers import FOR_WEBHOOKS, KINDS, WEBHOOK

router = Router(tags=["Receivers"])

Kind = Literal[KINDS]
State = Literal[tuple(ReceiverState.values)]
Event = Literal[FOR_WEBHOOKS]
Events = Annotated[list[Event], Field(min_length=1, max_length=len(FOR_WEBHOOKS))]


class StandingShape(BaseModel):
    state: Literal[tuple(StandingState.values)]
    why: str
    failures: int = Field(description="In a row.")
    since: Time


class ReceiverShape(BaseModel):
    id: int
    kind: Kind
    name: str
    partner: int | None = Field(description="Whose orders; null for a webhook.")
    program: int | None = Field(description="Null: all programs.")
    address: str
    method: Literal[tuple(Method.values)] = Field(description="Of a postback; a webhook is always sent by POST.")
    events: list[str]
    state: State
    key_number: int = Field(description="Of the secret that signs.")
    standing: StandingShape | None = Field(description="What the courier thinks of it; null: nothing was sent yet.")


class ReceiverPage(BaseModel):
    items: list[ReceiverShape]
    next_cursor: str | None
    next: str | None


class ReceiverFilter(Page):
    kind: Kind = None
    partner: Number = None
    program: Number = None


class NewReceiver(Sent):
    kind: Kind
    name: Name
    partner: Number | None = Field(None, description="Whose orders; for a postback.")
    program: Number | None = Field(None, description="Left out: all programs, or the key's.")
    address: Url = Field(description="May hold placeholders.")
    method: Literal[tuple(Method.values)] = "GET"
    events: Events
    state: State = "active"


class ReceiverChange(Sent):
    name: Name = None
    address: Url = None
    method: Literal[tuple(Method.values)] = None
    events: Events = None
    state: State = None


class ReceiverMade(ReceiverShape):
    secret: str | None = Field(
        description="Checks signatures: 64 hexadecimal digits, or whsec_…. Null where the answer is a repeated one."
    )


class SentTest(BaseModel):
    delivery: int


def shown(row: Receiver, standing: Standing | None) -> ReceiverShape:
    told = standing and StandingShape(
        state=standing.state, why=standing.why, failures=standing.failures, since=time(standing.since_ms)
    )
    return ReceiverShape(
        id=row.pk, kind=row.kind, name=row.name, partner=row.partner_id, program=row.program_id, address=row.address,
        method=row.method, events=row.triggers, state=row.state, key_number=row.key_number, standing=told,
    )  # fmt: skip


def seen(caller: Caller, number: int) -> Receiver:
    row = caller.only(Receiver.objects.filter(pk=number)).first()
    if row is None:
        raise missing("receiver", number)
    return row


def _one(row: Receiver) -> ReceiverShape:
    return shown(row, Standing.objects.filter(pk=row.pk).first())


def _made(row: Receiver) -> ReceiverMade:
    return ReceiverMade(**_one(row).model_dump(), secret=desk.secret(row, row.key_number))


@route(router, "GET", "", READ, answers=ReceiverPage)
def list_receivers(request: HttpRequest, filters: Query[ReceiverFilter]) -> Any:
    """List partner postbacks and webhooks, by number."""
    asked = {"kind": filters.kind, "partner_id": filters.partner, "program_id": filters.program}
    rows = caller_of(request).only(Receiver.objects.filter(**{name: v for name, v in asked.items() if v}))
    found, cursor, address = page(request, rows, filters, "id")
    standings = Standing.objects.in_bulk([row.pk for row in found])
    items = [shown(row, standings.get(row.pk)) for row in found]
    return ReceiverPage(items=items, next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: ReceiverMade})
def create_receiver(request: HttpRequest, data: NewReceiver) -> Any:
    """Make a partner postback or a webhook."""
    caller = caller_of(request)
    program = caller.program if data.program is None else data.program
    if program is not None:
        caller.must_own(program)
    row = Receiver(kind=data.kind)
    reading = Reading(data, row)
    reading.name("program", Program.objects.all(), program, "program_id")
    reading.name("partner", partners.of(caller), data.partner, "partner_id")
    if (data.kind == WEBHOOK) == (data.partner is not None):
        reading.wrong("partner", "A postback needs its partner, and a webhook is no partner's.")
    _save(row, reading)
    return Status(201, _made(row))


@route(router, "GET", "/{number}", READ, answers=ReceiverShape, problems=[404])
def get_receiver(request: HttpRequest, number: Long) -> Any:
    """Look at one receiver, and at what the courier thinks of it."""
    return _one(seen(caller_of(request), number))


@route(router, "PATCH", "/{number}", WRITE, answers=ReceiverShape, problems=[404], noted="receiver changed")
def change_receiver(request: HttpRequest, number: Long, data: ReceiverChange) -> Any:
    """Change what is named, and leave the rest. While it is paused its deliveries wait, 48 hours at most."""
    row = seen(caller_of(request), number)
    _save(row, Reading(data, row))
    return _one(row)


@route(router, "DELETE", "/{number}", WRITE, answers={204: None}, problems=[404])
def delete_receiver(request: HttpRequest, number: Long) -> Any:
    """Delete a receiver. What waits for it is given up, and stays in the log."""
    row = seen(caller_of(request), number)
    about(request, row, row.program_id)
    row.delete()
    return Status(204, None)


@route(router, "POST", "/{number}/rotation", WRITE, answers=ReceiverMade, problems=[404], noted="key rotated")
def rotate_receiver(request: HttpRequest, number: Long) -> Any:
    """Sign with the next key from now on, and show its secret. A webhook carries both signatures for seven days."""
    row = seen(caller_of(request), number)
    desk.rotate(row)
    return _made(row)


@route(router, "POST", "/{number}/tests", WRITE, answers={201: SentTest}, problems=[404], noted="test sent")
def send_test(request: HttpRequest, number: Long) -> Any:
    """Send a test now."""
    row = seen(caller_of(request), number)
    about(request, row, row.program_id)
    return Status(201, SentTest(delivery=desk.send_test(row).pk))


@route(router, "POST", "/{number}/fresh-start", WRITE, answers=ReceiverShape, problems=[404], noted="receiver changed")
def start_receiver_afresh(request: HttpRequest, number: Long) -> Any:
    """Forget that it failed, or that it said 410: the courier starts afresh with it."""
    row = seen(caller_of(request), number)
    desk.start_afresh(row)
    return _one(row)


def _save(row: Receiver, reading: Reading) -> None:
    reading.take("name")
    reading.take("address", lambda text: rules.address(row.kind, text, settings.CLICKTRAIL))
    reading.take("method")
    reading.take("state")
    reading.take("events", lambda chosen: rules.triggers(row.kind, chosen), "triggers")
    reading.done()
    row.save()
