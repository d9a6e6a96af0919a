"""What was told to partners and shops of an order, in sentences: the last part of its story."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from clicktrail.control.outbox.models import Attempt, Delivery, Receiver, ReceiverKind
from clicktrail.core.outcomes import retold
from clicktrail.core.tongue import mark, say

MAX_DELIVERIES = 200
"""Of the transactions in one story; later ones are left off."""
MAX_ATTEMPTS = 1000


@dataclass(slots=True)
class Told:
    """One delivery with its attempts, oldest first."""

    delivery: Delivery
    receiver: Receiver | None
    attempts: list[Attempt] = field(default_factory=list)


def of_transactions(numbers: Iterable[int]) -> list[Told]:
    """Three questions, however many there are."""
    rows = list(Delivery.objects.filter(transaction_number__in=list(numbers)).order_by("id")[:MAX_DELIVERIES])
    if not rows:
        return []
    receivers = Receiver.objects.in_bulk({row.receiver_id for row in rows})
    attempts: dict[int, list[Attempt]] = defaultdict(list)
    found = Attempt.objects.filter(delivery_id__in=[row.pk for row in rows]).defer("answer", "address")
    for attempt in found.order_by("id")[:MAX_ATTEMPTS]:
        attempts[attempt.delivery_id].append(attempt)
    return [Told(row, receivers.get(row.receiver_id), attempts[row.pk]) for row in rows]


HEADINGS = {
    ReceiverKind.POSTBACK: mark("Partner postback to {receiver}, because of '{event}': {state}."),
    ReceiverKind.WEBHOOK: mark("Webhook to {receiver}, because of '{event}': {state}."),
}
STATES = {
    "due": mark("waiting to be sent"),
    "failed": mark("failed, is tried again"),
    "delivered": mark("delivered"),
    "given_up": mark("given up"),
}
EVENTS = (
    mark("saved"), mark("held"), mark("released"), mark("confirmed"), mark("cancelled"), mark("reopened"),
    mark("paid"), mark("changed"), mark("conflict"),
)  # fmt: skip


def heading(told: Told) -> str:
    row, receiver = told.delivery, told.receiver
    kind = ReceiverKind(receiver.kind) if receiver else ReceiverKind.POSTBACK
    name = receiver.name if receiver else say("receiver {number}, which is not there any more", number=row.receiver_id)
    return say(HEADINGS[kind], receiver=name, event=say(row.trigger), state=say(STATES.get(row.state, row.state)))


def steps(told: Told) -> list[str]:
    """One sentence for each attempt."""
    return [_attempt(number, each) for number, each in enumerate(told.attempts, start=1)]


def _attempt(number: int, attempt: Attempt) -> str:
    words = {"number": number, "ms": attempt.took_ms, "status": attempt.status, "fault": retold(attempt.fault)}
    if attempt.fault:
        return say("Attempt {number}, after {ms} ms: {fault}", **words)
    return say("Attempt {number}: answered {status} after {ms} ms.", **words)
