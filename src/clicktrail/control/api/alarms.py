"""Alarms: what is silent or refused, since when and why; and saying that somebody looks after it."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from clicktrail import heartbeat
from clicktrail.control.alarms import book
from clicktrail.control.alarms.models import Alarm, Kind
from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.paging import Ordered, page
from clicktrail.control.api.problems import Fault, missing
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import Flag, Long, Number, Sent, Time, time, time_or_none

router = Router(tags=["Alarms"])

HOUR_MS = 3_600_000
LONGEST_NOTE = 500

Kinds = Literal[tuple(Kind.values)]


class AlarmShape(BaseModel):
    id: int
    kind: Kinds
    program: int | None = Field(description="Null: the whole installation.")
    headline: str
    cause: str = Field(description="The likely cause, for programs.")
    sentence: str = Field(description="The same, for people.")
    since: Time
    raised_at: Time
    ended_at: Time | None
    loud: bool = Field(description="Open, and nobody looks after it.")
    taken_by: str
    snoozed_until: Time | None


class StepShape(BaseModel):
    at: Time
    actor: str = Field(description="Empty: the watch itself.")
    note: str


class AlarmDetail(AlarmShape):
    steps: list[StepShape]


class AlarmPage(BaseModel):
    items: list[AlarmShape]
    next_cursor: str | None
    next: str | None


class AlarmFilter(Ordered):
    open: Flag = Field(None, description="true: those that have not ended; false: those that have.")
    kind: Kinds = None
    program: Number = None


class NewTaking(Sent):
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    snooze_hours: Annotated[int, Field(strict=True, ge=1, le=book.LONGEST_SNOOZE_MS // HOUR_MS)] | None = Field(
        None, description="Left out: until it ends."
    )


def _columns(row: Alarm) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in ("kind", "headline", "cause", "sentence", "taken_by")},
        "id": row.pk,
        "program": row.program_id or None,
        "since": time(row.since_ms),
        "raised_at": time(row.raised_ms),
        "ended_at": time_or_none(row.ended_ms),
        "loud": book.is_loud(row, heartbeat.now_ms()),
        "snoozed_until": time_or_none(row.snoozed_until_ms),
    }


@route(router, "GET", "", READ, answers=AlarmPage)
def list_alarms(request: HttpRequest, filters: Query[AlarmFilter]) -> Any:
    """List alarms, the newest first."""
    rows = caller_of(request).only(Alarm.objects.all())
    if filters.open is not None:
        rows = rows.filter(ended_ms__isnull=filters.open)
    asked = {"kind": filters.kind, "program_id": filters.program}
    rows = rows.filter(**{name: value for name, value in asked.items() if value})
    found, cursor, address = page(request, rows, filters, "id", filters.order)
    return AlarmPage(items=[AlarmShape(**_columns(row)) for row in found], next_cursor=cursor, next=address)


@route(router, "GET", "/{number}", READ, answers=AlarmDetail, problems=[404])
def get_alarm(request: HttpRequest, number: Long) -> Any:
    """Look at one alarm and at what happened to it."""
    return _detail(_seen(caller_of(request), number))


@route(router, "POST", "/{number}/takings", WRITE, answers=AlarmDetail, problems=[404], noted="alarm taken")
def take_alarm(request: HttpRequest, number: Long, data: NewTaking) -> Any:
    """Say that somebody looks after it, or wants to hear of it again in some hours. It leaves the banner."""
    caller = caller_of(request)
    row, now_ms = _seen(caller, number), heartbeat.now_ms()
    if data.snooze_hours is None:
        taken = book.take(row, caller.actor, data.note, now_ms)
    else:
        taken = book.snooze(row, caller.actor, data.note, now_ms + data.snooze_hours * HOUR_MS, now_ms)
    if not taken:
        raise Fault("not_possible", "The alarm has ended.")
    row.refresh_from_db()
    return _detail(row)


def _seen(caller: Caller, number: int) -> Alarm:
    row = caller.only(Alarm.objects.filter(pk=number)).first()
    if row is None:
        raise missing("alarm", number)
    return row


def _detail(row: Alarm) -> AlarmDetail:
    steps = [StepShape(at=time(step.at_ms), actor=step.actor, note=step.note) for step in row.steps.order_by("pk")]
    return AlarmDetail(**_columns(row), steps=steps)
