"""Calls handed in over the API: one, or up to a thousand at once, durable together, each with its verdict."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api import idempotency
from clicktrail.control.api.batch import MAX_CALLS, Calls, read_calls
from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import POSTBACK, Caller
from clicktrail.control.api.problems import Fault
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import TransactionNumber
from clicktrail.control.catalog.compile import ledger_version
from clicktrail.control.intake import intake, seats, verdicts
from clicktrail.control.ledger.models import Postback
from clicktrail.core import explain, reasons
from clicktrail.core.ids import read_id

router = Router(tags=["Calls"])

SOURCE = "api"
MOST_NAMED = 20
"""Calls of another program that an error names."""


class Verdict(BaseModel):
    call: str = Field(description="Log number: 63 bits, so a text.")
    saved: bool = Field(description="True only for the call that created the transaction.")
    transaction: TransactionNumber | None = Field(description="A number; of a duplicate and a conflict too.")
    reason: str = Field(description="A reason code; `waiting` where the verdict is not final yet.")
    message: str
    ask: str | None = Field(description="Where to ask again, while it is waiting.")


class Verdicts(BaseModel):
    verdicts: list[Verdict] = Field(description="In the order of the calls.")


_NAMES = {
    "cpid": "Program; may be left out with a key of one program.",
    "tid": "The shop's order number.",
    "clickid": "The stored ClickID.",
    "produkt": "Commission product; left out: the program's default.",
    "umsatz": "Net revenue, like 95.50; a number is taken by its digits.",
    "currency": "ISO 4217 code of the revenue, like EUR; another than the program's is not booked.",
    "pid": "Partner, in place of what the ClickID says.",
    "subid": "In place of what the ClickID says.",
    "wmid": "Creative, in place of what the ClickID says.",
    "nocheck": "1: skip the approval check.",
    "status": "confirmed or cancelled: what becomes of the order.",
}
_CALL = {
    "type": "object",
    "title": "Call",
    "properties": {name: {"description": about} for name, about in _NAMES.items()},
    "additionalProperties": True,
}
_BATCH = {
    "type": "object",
    "title": "Calls",
    "properties": {"calls": {"type": "array", "items": _CALL, "minItems": 1, "maxItems": MAX_CALLS}},
    "required": ["calls"],
    "additionalProperties": False,
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"anyOf": [_BATCH, {**_CALL, "not": {"required": ["calls"]}}]}}},
    }
}


@route(
    router, "POST", "", POSTBACK,
    answers={200: Verdict | Verdicts, 202: Verdict | Verdicts}, once=idempotency.beside, openapi=BODY,
)  # fmt: skip
def hand_in_calls(request: HttpRequest) -> Any:
    """Hand in one call, or up to 1,000 at once.

    All of them are durable before any is judged. 200 where every verdict is final, 202 where one is still waiting.
    A call that is wrong in itself is no error: its verdict says so, and it stands in the log.
    """
    caller = caller_of(request)
    calls, is_batch = read_calls(request.body)
    keep_to_program(caller, calls)
    house = settings.CLICKTRAIL
    numbers = intake(house).hand_in_many(calls, SOURCE, caller.actor, ledger_version()[0], signed_by=caller.id)
    with seats.patience_ms(house) as patience_ms:
        judged = verdicts(numbers, patience_ms)
    found = [told(number, judged.get(number)) for number in numbers]
    status = 202 if any(verdict.ask for verdict in found) else 200
    return Status(status, Verdicts(verdicts=found) if is_batch else found[0])


def told(call: int, row: Postback | None) -> Verdict:
    reason = row.reason if row is not None else reasons.WAITING
    facts = dict(json.loads(row.facts or "{}")) if row is not None else {}
    number = row.transaction_number if row is not None else None
    return Verdict(
        call=str(call),
        saved=row is not None and row.saved,
        transaction=number,
        reason=reason,
        message=explain.sentence(reason, facts, number) if row is not None else "The call is stored, not judged yet.",
        ask=f"/api/v1/log/{call}" if reason == reasons.WAITING else None,
    )


def keep_to_program(caller: Caller, calls: Calls) -> None:
    """A key of one program names no other; where a call names none, that one is meant. Nothing is stored otherwise."""
    if caller.program is None:
        return
    errors = []
    for place, (params, _) in enumerate(calls):
        cpid = params.get("cpid") or str(caller.program)
        if read_id(cpid) != caller.program:
            errors.append((f"calls.{place}.cpid", f"It is not {caller.program}, the program of this key."))
        params["cpid"] = cpid
    if errors:
        sentence = f"{len(errors)} of {len(calls)} calls are for another program; nothing was stored."
        raise Fault("other_program", sentence, errors[:MOST_NAMED])
