"""Traces: the whole story of a ClickID, an order number, a log number or a transaction number."""

from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from clicktrail import keys as house_keys
from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, Caller
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import LONGEST_TEXT, Time, TransactionNumber, time
from clicktrail.control.ledger import missing, story, trace
from clicktrail.core.clickid import Checks, text_of
from clicktrail.core.text import strip_invisible

router = Router(tags=["Traces"])


class Asked(BaseModel):
    what: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)] = Field(
        description="A ClickID, an order number, a log number or a transaction number."
    )


class ChapterShape(BaseModel):
    at: Time
    heading: str
    steps: list[str]


class TraceShape(BaseModel):
    found: bool
    chapters: list[ChapterShape] = Field(description="Oldest first.")
    clickids: list[str]
    calls: list[str]
    transactions: list[TransactionNumber]
    calls_left_off: int = Field(description="Later calls that the story leaves off.")
    hints: list[str] = Field(description="Where nothing was found: what was looked for, and the nearest help.")


@route(router, "GET", "", READ, answers=TraceShape)
def get_trace(request: HttpRequest, asked: Query[Asked]) -> Any:
    """Tell the whole story of a click, an order or a call.

    A key of one program is told what belongs to that program, and gets no hints.
    """
    caller, house = caller_of(request), settings.CLICKTRAIL
    kept = house_keys.load(house.keys_folder)
    checks = Checks(kept.clickid, kept.current, house.prefix)
    what = strip_invisible(asked.what)
    found = _only(caller, trace.look_up(what, checks))
    hints = [] if found or caller.program is not None else missing.sentences(what, checks, house.journal_folder, 0)
    return TraceShape(
        found=bool(found),
        chapters=[
            ChapterShape(at=time(chapter.at_ms), heading=chapter.heading, steps=chapter.steps)
            for chapter in story.tell(found, house.prefix)
        ],
        clickids=[text_of(house.prefix, row.pk, row.tail) for row in found.clicks],
        calls=[str(row.pk) for row in found.calls],
        transactions=[row.pk for row in found.transactions],
        calls_left_off=found.calls_left_off,
        hints=hints,
    )


def _only(caller: Caller, found: trace.Found) -> trace.Found:
    if caller.program is None:
        return found
    transactions = [row for row in found.transactions if caller.sees(row.program_id)]
    numbers = {row.number for row in transactions}
    return trace.Found(
        clicks=[row for row in found.clicks if caller.sees(row.program_id)],
        calls=[row for row in found.calls if caller.sees(row.program_id)],
        transactions=transactions,
        moves=[row for row in found.moves if row.transaction_number in numbers],
        deliveries=[told for told in found.deliveries if told.delivery.transaction_number in numbers],
    )
