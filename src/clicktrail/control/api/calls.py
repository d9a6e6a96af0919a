"""The transaction log: every call ever received, with its verdict."""

import json
from typing import Any, Literal

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import POSTBACK, READ, Caller
from clicktrail.control.api.paging import Ordered, page
from clicktrail.control.api.postbacks import SOURCE, Verdict, told
from clicktrail.control.api.problems import missing
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import (
    MAX_NUMBER,
    Call,
    Flag,
    Moment,
    Number,
    Text,
    Time,
    TransactionNumber,
    time,
    time_or_none,
)
from clicktrail.control.ledger import verdicts
from clicktrail.control.ledger.missing import is_unread
from clicktrail.control.ledger.models import Postback
from clicktrail.core import reasons
from clicktrail.core.clickid import first_id, node_of, split
from clicktrail.settings import CONTROL_NODE

router = Router(tags=["Calls"])

Code = Literal[tuple(reasons.REASONS)]


class CallShape(BaseModel):
    call: str = Field(description="Log number: 63 bits, so a text.")
    at: Time
    source: str = Field(description="edge (a shop), console (by hand), api, import, again.")
    actor: str
    method: str
    program: int | None
    tid: str
    clickid: str
    pid: str
    subid: str
    wmid: str
    product: str
    amount: str = Field(description="As it was sent.")
    nocheck: bool
    reason: str
    message: str = Field(description="The verdict as a sentence, for who runs the program.")
    saved: bool
    transaction: TransactionNumber | None = Field(description="Created, or named by a duplicate or a conflict.")
    judged_at: Time | None
    catalog_version: int
    again_of: str | None = Field(description="The earlier call that this one judges once more.")


class CallDetail(CallShape):
    params: dict[str, str] = Field(description="All parameters as received; values of secrets are hidden.")
    story: list[str] = Field(description="The way to the verdict, step by step, and what would have worked.")
    judged_again: list[str] = Field(description="Later calls that judge this one once more.")
    ip: str | None
    user_agent: str | None
    referrer: str | None


class CallPage(BaseModel):
    items: list[CallShape]
    next_cursor: str | None
    next: str | None


class CallFilter(Ordered):
    program: Number = None
    tid: Text = Field(None, description="The whole order number.")
    clickid: Text = None
    reason: Code = None
    saved: Flag = None
    source: Literal["edge", "console", "api", "import", "again"] = None
    at_from: Moment = Field(None, description="Included.")
    at_to: Moment = Field(None, description="Not included.")


def shown(row: Postback) -> CallShape:
    return CallShape(**_columns(row))


def _columns(row: Postback) -> dict[str, Any]:
    return {
        "call": str(row.pk),
        "at": time(row.at_ms),
        "source": row.source,
        "actor": row.actor,
        "method": row.method,
        "program": row.program_id,
        "tid": row.tid,
        "clickid": row.clickid,
        "pid": row.pid,
        "subid": row.subid,
        "wmid": row.wmid,
        "product": row.product,
        "amount": row.amount,
        "nocheck": row.nocheck,
        "reason": row.reason,
        "message": verdicts.sentence_of(row),
        "saved": row.saved,
        "transaction": row.transaction_number,
        "judged_at": time_or_none(row.judged_ms),
        "catalog_version": row.catalog_version,
        "again_of": None if row.again_id is None else str(row.again_id),
    }


def detail(row: Postback) -> CallDetail:
    copies = verdicts.copies_of([row])[row.pk]
    return CallDetail(
        **_columns(row),
        params=json.loads(row.params or "{}"),
        story=verdicts.steps_of(row, copies),
        judged_again=[str(copy.pk) for copy in copies],
        ip=row.ip,
        user_agent=row.user_agent,
        referrer=row.referrer,
    )


@route(router, "GET", "", READ, answers=CallPage)
def list_calls(request: HttpRequest, filters: Query[CallFilter]) -> Any:
    """List the transaction log, the newest call first."""
    rows = _filtered(caller_of(request).only(Postback.objects.all()), filters)
    found, cursor, address = page(request, rows, filters, "id", filters.order)
    return CallPage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "GET", "/{call}", READ, POSTBACK, answers={200: CallDetail, 202: Verdict}, problems=[404])
def get_call(request: HttpRequest, call: Call) -> Any:
    """Look at one call, or ask for the verdict of one that was handed in.

    202: it is stored and not judged yet. A key that may only hand in sees its own calls.
    """
    caller, number = caller_of(request), int(call)
    if number > MAX_NUMBER:
        raise missing("call", call)
    row = _visible(caller).filter(pk=number).first()
    if row is not None:
        return Status(200, detail(row))
    if node_of(number) == CONTROL_NODE and not Postback.objects.filter(pk=number).exists() and _is_on_its_way(number):
        return Status(202, told(number, None))
    raise missing("call", call)


def _visible(caller: Caller) -> QuerySet[Postback]:
    rows = caller.only(Postback.objects.all())
    return rows if READ in caller.scopes else rows.filter(source=SOURCE, actor=caller.actor)


def _is_on_its_way(number: int) -> bool:
    return is_unread(number, settings.CLICKTRAIL.journal_folder)


def _filtered(rows: QuerySet[Postback], f: CallFilter) -> QuerySet[Postback]:
    columns = {
        "program_id": f.program,
        "tid": f.tid,
        "reason": f.reason,
        "saved": f.saved,
        "source": f.source,
        "id__gte": None if f.at_from is None else first_id(f.at_from),
        "id__lt": None if f.at_to is None else first_id(f.at_to),
    }
    rows = rows.filter(**{name: value for name, value in columns.items() if value is not None})
    if f.clickid is not None:
        parts = split(f.clickid, f.clickid[:2])
        rows = rows.filter(click_id=parts[0]) if parts else rows.filter(clickid=f.clickid)
    return rows
