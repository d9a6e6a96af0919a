"""What became of the deliveries of the past: the courier that would have sent them was not there."""

import json
from random import Random
from typing import Any

from clicktrail.core.delivery import read_address
from clicktrail.core.periods import DAY_MS
from clicktrail.courier.schedule import next_due_ms
from clicktrail.demo.past.visits import SEED

OUT_OF_ORDER = "/away"
AWAY_SINCE_DAYS = 5
"""Since then this partner's server has not answered as it should."""
EVEN = 0.5
"""The dice of a pause that is neither shorter nor longer."""
AWAY = "It answered 503 Service Unavailable."
UPDATE = (
    "UPDATE outbox_delivery SET created_ms = %s, since_ms = %s, due_ms = %s, state = %s, attempts = %s, done_ms = %s "
    "WHERE id = %s"
)


def deliver(now_ms: int) -> None:
    """Every one has its attempts at their own times. What the broken server did not take was given up after two days,
    what is younger is still tried."""
    from django.db import connection

    from clicktrail.control.outbox.models import Attempt, Delivery, Receiver

    addresses = dict(Receiver.objects.values_list("pk", "address"))
    dice = Random(f"{SEED}/told")  # noqa: S311 - the same every time
    rows = list(Delivery.objects.all())
    attempts = []
    for row in rows:
        facts = json.loads(row.facts)
        address = addresses.get(row.receiver_id, "")
        away = OUT_OF_ORDER in address and facts["at_ms"] > now_ms - AWAY_SINCE_DAYS * DAY_MS
        filled = read_address(address).fill(facts) if address else ""
        times = _outcome(row, facts["at_ms"], away, now_ms)
        attempts += [_attempt(dice, row, at_ms, filled, away) for at_ms in times]
    with connection.cursor() as cursor:
        cursor.executemany(
            UPDATE,
            [(r.created_ms, r.since_ms, r.due_ms, r.state, r.attempts, r.done_ms, r.pk) for r in rows],
        )
    Attempt.objects.bulk_create([Attempt(**facts) for facts in attempts], batch_size=500)
    _standings(addresses, now_ms)


def _outcome(row: Any, at_ms: int, away: bool, now_ms: int) -> list[int]:
    """When it was tried."""
    row.created_ms = row.since_ms = row.due_ms = at_ms
    row.state, row.attempts, row.done_ms = "delivered", 1, min(at_ms + 900, now_ms)
    if not away:
        return [at_ms]
    times, next_ms = _times_of_failures(at_ms, now_ms)
    row.state, row.attempts, row.done_ms = "given_up", len(times), times[-1]
    if next_ms is not None:
        row.state, row.done_ms, row.due_ms = "failed", None, next_ms
    return times


def _times_of_failures(at_ms: int, now_ms: int) -> tuple[list[int], int | None]:
    """When the courier would have tried until now, and when it tries next; None: it has given up."""
    times = [at_ms]
    while True:
        next_ms = next_due_ms(len(times), at_ms, times[-1], EVEN)
        if next_ms is None or next_ms > now_ms:
            return times, next_ms
        times.append(next_ms)


def _attempt(dice: Random, row: Any, at_ms: int, address: str, away: bool) -> dict[str, Any]:
    status, answer, fault = (503, "out of order", AWAY) if away else (200, "ok", "")
    return {
        "delivery_id": row.pk, "at_ms": at_ms + dice.randint(200, 800), "stage": "answer", "address": address,
        "status": status, "answer": answer, "took_ms": dice.randint(38, 260), "fault": fault,
    }  # fmt: skip


def _standings(addresses: dict[int, str], now_ms: int) -> None:
    from clicktrail.control.outbox.models import Standing, StandingState

    for receiver, address in addresses.items():
        if OUT_OF_ORDER in address:
            down = {"state": StandingState.DOWN, "why": AWAY, "failures": 23}
            since_ms = now_ms - AWAY_SINCE_DAYS * DAY_MS
            Standing.objects.create(receiver_id=receiver, since_ms=since_ms, probe_ms=now_ms + DAY_MS // 24, **down)
        else:
            Standing.objects.create(receiver_id=receiver, since_ms=now_ms - 89 * DAY_MS, state=StandingState.WORKS)
