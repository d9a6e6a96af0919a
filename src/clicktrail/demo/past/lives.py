"""What people decided about the orders of the past: by the console's own function, with the time of each decision."""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from clicktrail.core.periods import DAY_MS
from clicktrail.demo.past.cast import CAST
from clicktrail.demo.past.visits import SEED

HOUR_MS = 3_600_000
MANAGER, OWNER = "lena", "demo"
WAIT_DAYS = 14
"""As long as goods may be sent back an order stays open."""
PAID_ON = 5
"""Day of the month on which confirmed orders are paid."""
WHY_CANCELLED = (
    "Returned within 14 days", "Returned within 14 days", "Cancelled by the customer before dispatch",
    "Payment failed", "Goods were not accepted", "Ordered twice by mistake",
)  # fmt: skip
WHY_CONFIRMED = "Return period is over"
SUSPICIOUS = 103


class Move(NamedTuple):
    at_ms: int
    number: int
    verb: str
    """A verb of the life cycle, or `reduce`."""
    actor: str
    reason: str
    revenue_minor: int = 0


def live(now_ms: int) -> None:
    """One transaction for all: it is a past that nobody has seen yet."""
    from django.db import connection, transaction

    from clicktrail.control.ledger.models import Transaction
    from clicktrail.control.ledger.moves import move, reduce

    rows = Transaction.objects.filter(test=False).order_by("number").values_list(
        "number", "partner_id", "created_ms", "state", "revenue_minor"
    )  # fmt: skip
    moves = sorted(each for row in rows for each in _life(row, now_ms) if each.at_ms < now_ms - HOUR_MS)
    with transaction.atomic():
        for at_ms, number, verb, actor, reason, revenue_minor in moves:
            if verb == "reduce":
                reduce(connection, number, revenue_minor, actor, reason, at_ms)
            else:
                move(connection, number, verb, actor, reason, at_ms)


def _life(row: Any, now_ms: int) -> Iterator[Move]:
    number, partner, created_ms, state, revenue_minor = row
    dice = Random(f"{SEED}/life/{number}")  # noqa: S311 - the same every time
    if state == "held":
        yield from _held(dice, number, created_ms)
        return
    if partner == SUSPICIOUS:
        yield Move(_office(dice, now_ms - 19 * DAY_MS), number, "cancel", OWNER, "Partner blocked: clicks were bought")
        return
    cancelled = next((c.cancelled for c in CAST if c.number == partner), 0.07)
    if dice.random() < cancelled:
        at_ms = _office(dice, created_ms + dice.randint(1, 12) * DAY_MS)
        yield Move(at_ms, number, "cancel", MANAGER, dice.choice(WHY_CANCELLED))
        if dice.random() < 0.08:
            again_ms = _office(dice, at_ms + 3 * DAY_MS)
            yield Move(again_ms, number, "reopen", OWNER, "The parcel was found: the customer keeps it")
        return
    yield from _kept(dice, number, created_ms, revenue_minor)


def _held(dice: Random, number: int, created_ms: int) -> Iterator[Move]:
    """Somebody looks after some days; what is younger waits."""
    at_ms = _office(dice, created_ms + dice.randint(6, 9) * DAY_MS)
    if dice.random() < 0.75:
        yield Move(at_ms, number, "release", MANAGER, "The shop's order list has it")
        yield Move(_office(dice, at_ms + 12 * DAY_MS), number, "confirm", MANAGER, WHY_CONFIRMED)
    else:
        yield Move(at_ms, number, "cancel", MANAGER, "The shop does not know this order")


def _kept(dice: Random, number: int, created_ms: int, revenue_minor: int | None) -> Iterator[Move]:
    if revenue_minor and dice.random() < 0.03:
        left = revenue_minor * dice.randint(35, 80) // 100
        at_ms = _office(dice, created_ms + dice.randint(4, 11) * DAY_MS)
        yield Move(at_ms, number, "reduce", MANAGER, "One article was sent back", left)
    confirmed_ms = _office(dice, created_ms + (WAIT_DAYS + dice.randint(0, 3)) * DAY_MS)
    yield Move(confirmed_ms, number, "confirm", MANAGER, WHY_CONFIRMED)
    yield Move(_pay_day(confirmed_ms) + number % 600 * 1000, number, "pay", OWNER, "Credit note of the month")


def _office(dice: Random, at_ms: int) -> int:
    """A moment of the same day between nine and five."""
    return at_ms // DAY_MS * DAY_MS + 9 * HOUR_MS + dice.randint(0, 8 * HOUR_MS)


def _pay_day(confirmed_ms: int) -> int:
    """The next day of payment, at ten."""
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(confirmed_ms / 1000, UTC)
    year, month = (at.year, at.month) if at.day < PAID_ON else (at.year + at.month // 12, at.month % 12 + 1)
    return int(datetime(year, month, PAID_ON, 10, tzinfo=UTC).timestamp() * 1000)
