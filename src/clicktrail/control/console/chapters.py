"""The story of a transaction or of a call, as the pages tell it."""

import json
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from clicktrail.control.console.cells import time_cell
from clicktrail.control.ledger import story
from clicktrail.control.ledger.models import Click, Postback, Transaction
from clicktrail.control.ledger.trace import Found

Told = list[tuple[str, str, list[str]]]
"""(time, heading, sentences), oldest first."""


def story_of(row: Any, calls: list[Postback]) -> Told:
    """Click, calls and transaction; its moves stand in a table of their own."""
    found = Found(clicks=clicks_of([row, *calls]), calls=calls, transactions=[row])
    return _told(found, row.zone)


def story_of_call(call: Any) -> Told:
    rows = Transaction.objects.filter(program_id=call.program_id, tid=call.tid) if call.program_id else []
    found = Found(clicks=clicks_of([call]), calls=[call], transactions=list(rows))
    return _told(found, call.zone)


def clicks_of(rows: Iterable[Any]) -> list[Click]:
    ids = {row.click_id for row in rows if row.click_id is not None}
    return list(Click.objects.filter(pk__in=ids).order_by("pk"))


def _told(found: Found, zone: str | None) -> Told:
    chapters = story.tell(found, settings.CLICKTRAIL.prefix)
    return [(time_cell(chapter.at_ms, zone), chapter.heading, chapter.steps) for chapter in chapters]


def facts_of(call: Postback) -> dict[str, Any]:
    return dict(json.loads(call.facts or "{}"))
