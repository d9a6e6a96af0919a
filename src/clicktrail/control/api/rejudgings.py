"""Discarded calls judged again: preview, apply, progress."""

import json
from typing import Annotated, Any, Literal

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api import idempotency
from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import missing
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import Call, Long, Moment, Number, Sent, Text, Time, time
from clicktrail.control.intake import intake
from clicktrail.control.secondlooks import again
from clicktrail.control.secondlooks.lookups import World
from clicktrail.control.secondlooks.models import Rejudging

router = Router(tags=["Calls"])

MOST_PREVIEWED = 1000
"""Calls that a preview names; all are counted."""

Discarded = Literal[again.DISCARDED]


class Chosen(BaseModel):
    reason: Discarded = Field(None, description="Discarded with this reason.")
    program: Number = None
    partner: Number = Field(None, description="Named by the call, or by its click.")
    at_from: Moment = Field(None, description="Included.")
    at_to: Moment = Field(None, description="Not included.")
    text: Text = Field(None, description="In the order number or the product, or a whole ClickID.")


class NewRejudging(Sent):
    reason: Discarded | None = Field(None, description="Discarded with this reason.")
    program: Number | None = None
    partner: Number | None = Field(None, description="Named by the call, or by its click.")
    at_from: Moment | None = Field(None, description="Included.")
    at_to: Moment | None = Field(None, description="Not included.")
    text: Text | None = Field(None, description="In the order number or the product, or a whole ClickID.")
    calls: Annotated[list[Call], Field(max_length=again.MOST_CHOSEN)] = Field([], description="These alone.")


class Changed(BaseModel):
    before: str
    after: str
    calls: int


class Sum(BaseModel):
    currency: str
    revenue: str
    commission: str


class PreviewedCall(BaseModel):
    call: str
    tid: str
    before: str = Field(description="Its verdict.")
    after: str = Field(description="The one that it would get now.")
    message: str


class PreviewShape(BaseModel):
    matched: int
    more: bool = Field(description="More calls match: only the oldest are looked at.")
    saved: int = Field(description="How many would be saved, and are handed in when it is applied.")
    verdicts: list[Changed]
    sums: list[Sum] = Field(description="Of what would be saved.")
    calls: list[PreviewedCall]


class RejudgingShape(BaseModel):
    id: int
    at: Time
    actor: str
    matched: int
    total: int = Field(description="Calls that were handed in again.")
    judged: int
    done: bool
    verdicts: dict[str, int] = Field(description="How many got which, so far.")


class RejudgingPage(BaseModel):
    items: list[RejudgingShape]
    next_cursor: str | None
    next: str | None


def _filter(caller: Caller, asked: Any) -> again.Filter:
    if asked.program is not None:
        caller.must_own(asked.program)
    return again.Filter(
        asked.reason or "", asked.program or caller.program or 0, asked.partner or 0, asked.at_from or 0,
        asked.at_to or 0, asked.text or "", tuple(map(int, getattr(asked, "calls", []))),
    )  # fmt: skip


@route(router, "GET", "/preview", READ, answers=PreviewShape)
def preview_rejudging(request: HttpRequest, chosen: Query[Chosen]) -> Any:
    """Show what discarded calls would become if they were judged again now. Nothing is written."""
    found = again.preview(_filter(caller_of(request), chosen), World(settings.CLICKTRAIL))
    return PreviewShape(
        matched=found.matched,
        more=found.more,
        saved=len(found.saved),
        verdicts=[Changed(before=old, after=new, calls=number) for old, new, number in found.verdicts()],
        sums=[Sum(currency=code, revenue=revenue, commission=earned) for code, revenue, earned in found.sums()],
        calls=[_previewed(line) for line in found.lines[:MOST_PREVIEWED]],
    )


def _previewed(line: again.Line) -> PreviewedCall:
    looked = line.looked
    return PreviewedCall(
        call=str(line.call.pk),
        tid=line.call.tid,
        before=line.call.reason,
        after=looked.reason,
        message=looked.sentence(),
    )


@route(router, "POST", "", WRITE, answers={201: RejudgingShape}, once=idempotency.beside, noted="orders judged again")
def judge_calls_again(request: HttpRequest, data: NewRejudging) -> Any:
    """Hand in once more what would be saved now. What was saved stays as it is, and both verdicts stay in the log."""
    caller, house = caller_of(request), settings.CLICKTRAIL
    row = again.apply(_filter(caller, data), World(house), intake(house), caller.actor)
    return Status(201, shown(row))


@route(router, "GET", "", READ, answers=RejudgingPage)
def list_rejudgings(request: HttpRequest, asked: Query[Page]) -> Any:
    """List what was judged again. Needs a key of the whole installation to see those of others."""
    found, cursor, address = page(request, _visible(caller_of(request)), asked, "id")
    return RejudgingPage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "GET", "/{number}", READ, answers=RejudgingShape, problems=[404])
def get_rejudging(request: HttpRequest, number: Long) -> Any:
    """See how far the engine has got with the calls that were handed in again."""
    row = _visible(caller_of(request)).filter(pk=number).first()
    if row is None:
        raise missing("rejudging", number)
    return shown(row)


def _visible(caller: Caller) -> QuerySet[Rejudging]:
    rows = Rejudging.objects.all()
    return rows if caller.program is None else rows.filter(actor=caller.actor)


def shown(row: Rejudging) -> RejudgingShape:
    progress = again.progress(row)
    return RejudgingShape(
        id=row.pk,
        at=time(row.created_ms),
        actor=row.actor,
        matched=row.matched,
        total=len(json.loads(row.calls)),
        judged=progress.judged,
        done=progress.done,
        verdicts=dict(progress.verdicts),
    )
