"""Conflicts: a call says something else than the transaction of its order, and somebody decides."""

from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE, Caller
from clicktrail.control.api.paging import Ordered, page
from clicktrail.control.api.problems import Fault, missing
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import MAX_NUMBER, Call, Reason, Sent, Time, TransactionNumber, time
from clicktrail.control.ledger.models import Postback
from clicktrail.control.ledger.verdicts import steps_of
from clicktrail.control.secondlooks import conflicts
from clicktrail.control.secondlooks.lookups import World
from clicktrail.control.secondlooks.models import Choice
from clicktrail.core import reasons

router = Router(tags=["Conflicts"])


class FactShape(BaseModel):
    name: str
    transaction: str = Field(description="What stands.")
    call: str = Field(description="What the call says; empty where it leaves it out.")
    differs: bool


class DecisionShape(BaseModel):
    choice: Literal[tuple(Choice.values)]
    actor: str
    reason: str
    at: Time


class GroupShape(BaseModel):
    """Conflicts of callers who prove nothing, grouped by their source. One decision closes the group."""

    count: int = Field(description="Undecided conflicts that this call stands for, itself included.")
    total: int = Field(description="All of them, decided ones included.")
    network: str = Field(description="Where they came from; empty where they name a click.")
    click: str | None = Field(description="Number of the click that they name.")
    first_at: Time
    last_at: Time


class ConflictShape(BaseModel):
    call: str
    at: Time
    program: int | None
    tid: str
    transaction: TransactionNumber | None
    facts: list[FactShape]
    correctable: bool
    separable: bool = Field(description="Whether only a similar order number is known: it may be a separate order.")
    why_not: str = Field(description="Why the transaction cannot be corrected; empty where it can.")
    decision: DecisionShape | None = Field(description="Null while nobody has decided.")
    group: GroupShape | None = Field(description="Null where the conflict stands alone.")


class ConflictDetail(ConflictShape):
    story: list[str] = Field(description="Of the call.")


class ConflictPage(BaseModel):
    items: list[ConflictShape]
    next_cursor: str | None
    next: str | None


class NewDecision(Sent):
    choice: Literal[tuple(Choice.values)] = Field(
        description="keep what is there, correct it to what the call says, or save the call as a separate order."
    )
    reason: Reason


class NewKeeping(Sent):
    calls: Annotated[list[Call], Field(min_length=1, max_length=conflicts.MAX_KEPT)]
    reason: Reason


class Kept(BaseModel):
    kept: list[str]
    refused: list[str] = Field(description="A sentence for each that was left as it is.")


@route(router, "GET", "", READ, answers=ConflictPage)
def list_conflicts(request: HttpRequest, asked: Query[Ordered]) -> Any:
    """List conflicts that nobody has decided yet, the newest first; of a group the call that stands for it."""
    rows = conflicts.undecided(caller_of(request).only(Postback.objects.all()))
    found, cursor, address = page(request, rows, asked, "id", asked.order)
    pairs = conflicts.pairs(found, World(settings.CLICKTRAIL))
    return ConflictPage(items=[ConflictShape(**_columns(pair)) for pair in pairs], next_cursor=cursor, next=address)


@route(router, "POST", "/kept", WRITE, answers=Kept, noted="conflict settled", many=True)
def keep_conflicts(request: HttpRequest, data: NewKeeping) -> Any:
    """Decide up to 500 conflicts at once: what is there stays."""
    caller = caller_of(request)
    wanted = [int(call) for call in data.calls if int(call) <= MAX_NUMBER]
    mine = set(caller.only(Postback.objects.filter(pk__in=wanted)).values_list("pk", flat=True))
    world = World(settings.CLICKTRAIL)
    kept, refused = conflicts.keep_all([call for call in wanted if call in mine], caller.actor, data.reason, world)
    refused += [f"Call {call} is no conflict." for call in data.calls if int(call) not in mine]
    return Kept(kept=[str(call) for call in kept], refused=refused)


@route(router, "GET", "/{call}", READ, answers=ConflictDetail, problems=[404])
def get_conflict(request: HttpRequest, call: Call) -> Any:
    """Look at both sides of a conflict, decided or not."""
    return _detail(_seen(caller_of(request), call))


@route(router, "POST", "/{call}/decision", WRITE, answers=ConflictDetail, problems=[404], noted="conflict settled")
def decide_conflict(request: HttpRequest, call: Call, data: NewDecision) -> Any:
    """Keep what is there, correct it to what the call says, or save the call as a separate order. Only once."""
    caller = caller_of(request)
    row = _seen(caller, call)
    outcome = conflicts.decide(row.pk, data.choice, caller.actor, data.reason, World(settings.CLICKTRAIL))
    if isinstance(outcome, str):
        raise Fault("not_possible", outcome)
    return _detail(row)


def _seen(caller: Caller, call: str) -> Postback:
    rows = caller.only(Postback.objects.filter(reason=reasons.CONFLICT))
    row = rows.filter(pk=int(call)).first() if int(call) <= MAX_NUMBER else None
    if row is None:
        raise missing("conflict", call)
    return row


def _detail(row: Postback) -> ConflictDetail:
    (pair,) = conflicts.pairs([row], World(settings.CLICKTRAIL))
    return ConflictDetail(**_columns(pair), story=steps_of(row))


def _columns(pair: conflicts.Pair) -> dict[str, Any]:
    call, decided = pair.call, conflicts.trail(pair.call)
    decision = DecisionShape(**{**decided, "at": time(decided["at_ms"])}) if decided else None
    return {
        "call": str(call.pk),
        "at": time(call.at_ms),
        "program": call.program_id,
        "tid": call.tid,
        "transaction": call.transaction_number,
        "facts": [
            FactShape(name=fact.name, transaction=fact.stands, call=fact.says, differs=fact.differs)
            for fact in pair.facts
        ],
        "correctable": not pair.why_not,
        "separable": pair.is_separable,
        "why_not": pair.why_not,
        "decision": decision,
        "group": _group(pair),
    }


def _group(pair: conflicts.Pair) -> GroupShape | None:
    group = pair.group
    if group is None:
        return None
    return GroupShape(
        count=pair.group_count,
        total=group.count,
        network=group.network,
        click=None if group.click_id is None else str(group.click_id),
        first_at=time(group.first_ms),
        last_at=time(group.last_ms),
    )
