"""The book of alarms: raised once, kept up to date, ended with a note, taken over by people.

Every change is one conditional update with its step in the same transaction, so that two that
come at once (a watch and a person) never undo each other.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection, transaction

from clicktrail.control.alarms.causes import ENGINE
from clicktrail.control.alarms.models import Alarm, Kind, Notice, Step
from clicktrail.control.outbox.put import put_alarm
from clicktrail.core.tongue import mark

RAISED, TURNED = mark("Raised."), mark("The likely cause is another now.")
ACKNOWLEDGED = mark("Acknowledged.")
LONGEST_SNOOZE_MS = 30 * 86_400_000


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm as a round sees it."""

    kind: str
    program_id: int
    since_ms: int
    headline: str
    cause: str
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    """`figures` (name, usual, now), `todo` (sentences), and what the page links to."""


def open_alarms() -> dict[tuple[str, int], Alarm]:
    rows = Alarm.objects.filter(ended_ms__isnull=True)
    return {(row.kind, row.program_id): row for row in rows}


def raise_alarm(told: Told, now_ms: int) -> Alarm | None:
    """None where it is open already."""
    try:
        with transaction.atomic():
            row = Alarm.objects.create(
                kind=told.kind,
                program_id=told.program_id,
                since_ms=told.since_ms,
                raised_ms=now_ms,
                **_shown(told, now_ms),
            )
            Step.objects.create(alarm=row, at_ms=now_ms, note=f"{RAISED} {told.sentence}")
            if not follows(told.kind, told.cause):
                _tell_webhooks(row, now_ms)
    except IntegrityError:
        return None
    return row


def update(row: Alarm, told: Told, now_ms: int) -> None:
    """Another cause is a step; new figures alone are not."""
    with transaction.atomic():
        changed = Alarm.objects.filter(pk=row.pk, ended_ms__isnull=True).update(**_shown(told, now_ms))
        if changed and row.cause != told.cause:
            Step.objects.create(alarm=row, at_ms=now_ms, note=f"{TURNED} {told.sentence}")
            if follows(row.kind, row.cause):
                row.cause, row.sentence = told.cause, told.sentence
                _tell_webhooks(row, now_ms)


def end(row: Alarm, note: str, now_ms: int, actor: str = "") -> bool:
    """Mails that have not gone out by then need not go any more."""
    with transaction.atomic():
        changed = Alarm.objects.filter(pk=row.pk, ended_ms__isnull=True).update(ended_ms=now_ms, updated_ms=now_ms)
        if changed:
            Step.objects.create(alarm=row, at_ms=now_ms, actor=actor, note=note)
            row.ended_ms = now_ms
            _tell_webhooks(row, now_ms)
            Notice.objects.filter(alarm=row, state="due", attempts=0).update(
                state="given_up", answer="It ended before."
            )
    return bool(changed)


def take(row: Alarm, actor: str, note: str, now_ms: int) -> bool:
    """Somebody looks after it: no banner any more."""
    with transaction.atomic():
        rows = Alarm.objects.filter(pk=row.pk, ended_ms__isnull=True)
        changed = rows.update(taken_by=actor, taken_ms=now_ms, snoozed_until_ms=None)
        if changed:
            Step.objects.create(alarm=row, at_ms=now_ms, actor=actor, note=_noted(ACKNOWLEDGED, note))
    return bool(changed)


def snooze(row: Alarm, actor: str, note: str, until_ms: int, now_ms: int) -> bool:
    """No banner until then."""
    until_ms = min(until_ms, now_ms + LONGEST_SNOOZE_MS)
    with transaction.atomic():
        rows = Alarm.objects.filter(pk=row.pk, ended_ms__isnull=True)
        changed = rows.update(taken_by=actor, taken_ms=now_ms, snoozed_until_ms=until_ms)
        if changed:
            hours = max(1, round((until_ms - now_ms) / 3_600_000))
            said = f"Snoozed for {hours} hour{'' if hours == 1 else 's'}."
            Step.objects.create(alarm=row, at_ms=now_ms, actor=actor, note=_noted(said, note))
    return bool(changed)


def is_loud(row: Alarm, now_ms: int) -> bool:
    """Whether it still asks for somebody: open, and neither taken over nor snoozed."""
    if row.ended_ms is not None:
        return False
    return not row.taken_by or (row.snoozed_until_ms is not None and row.snoozed_until_ms <= now_ms)


def notify(row: Alarm, addresses: tuple[str, ...], host: str, now_ms: int) -> int:
    """One mail a person and alarm, whatever happens to the processes; the number of new ones."""
    made = [
        Notice(alarm=row, address=address, message_id=f"<alarm-{row.pk}-{uuid.uuid4().hex}@{host}>", due_ms=now_ms)
        for address in dict.fromkeys(addresses)
    ]
    known = set(Notice.objects.filter(alarm=row).values_list("address", flat=True))
    new = [notice for notice in made if notice.address not in known]
    Notice.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def follows(kind: str, cause: str) -> bool:
    """Whether another alarm says it already: an engine that is behind makes every program look silent."""
    return kind == Kind.SILENCE and cause == ENGINE


def _tell_webhooks(row: Alarm, now_ms: int) -> None:
    """In the transaction that raises or ends it; each once, as the key is the alarm's."""
    state = "open" if row.ended_ms is None else "ended"
    with connection.cursor() as cursor:
        put_alarm(
            cursor, f"a{row.pk}.{state}", row.program_id, now_ms, alarm=row.pk, kind=row.kind, state=state,
            headline=row.headline, cause=row.cause, sentence=row.sentence, since_ms=row.since_ms,
        )  # fmt: skip


def _shown(told: Told, now_ms: int) -> dict[str, Any]:
    return {
        "headline": told.headline,
        "cause": told.cause,
        "sentence": told.sentence,
        "facts": json.dumps(told.facts),
        "updated_ms": now_ms,
    }


def _noted(said: str, note: str) -> str:
    return f"{said} {note.strip()}" if note.strip() else said
