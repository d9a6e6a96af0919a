"""Receivers of deliveries: partners' postbacks and webhooks. Who is told of what, and what he is told. Pure.

The engine (a verdict) and control (a move by hand) make deliveries from the same functions,
each in the transaction that stores what the delivery tells.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clicktrail.core import lifecycle
from clicktrail.core.tongue import mark

POSTBACK = "postback"
"""A call of a partner's address."""
WEBHOOK = "webhook"
"""A message to the shop or a back office, by the Standard Webhooks scheme."""
KINDS = (POSTBACK, WEBHOOK)

SAVED, HELD, RELEASED, CONFIRMED, CANCELLED, REOPENED, PAID, CHANGED, CONFLICT, ALARM, TEST = (
    "saved", "held", "released", "confirmed", "cancelled", "reopened", "paid", "changed", "conflict", "alarm", "test",
)  # fmt: skip

TRIGGERS: dict[str, str] = {
    SAVED: mark("a transaction was created"),
    HELD: mark("a transaction was created on hold"),
    RELEASED: mark("a transaction on hold was released"),
    CONFIRMED: mark("a transaction was confirmed"),
    CANCELLED: mark("a transaction was cancelled"),
    REOPENED: mark("a cancelled transaction was reopened"),
    PAID: mark("a transaction was marked as paid"),
    CHANGED: mark("revenue, commission or other facts of a transaction changed"),
    CONFLICT: mark("a call named an order that has a transaction, with other facts"),
    ALARM: mark("a program is silent that should not be"),
    TEST: mark("somebody pressed the test button; always sent"),
}
"""trigger -> when it happens."""

FOR_POSTBACKS = (SAVED, HELD, RELEASED, CONFIRMED, CANCELLED, REOPENED, PAID, CHANGED)
FOR_WEBHOOKS = (*FOR_POSTBACKS, CONFLICT, ALARM)
"""What a person may choose; a test needs no choosing."""

EVENTS: dict[str, str] = {
    **{trigger: f"transaction.{trigger}" for trigger in FOR_POSTBACKS},
    CONFLICT: "call.conflict",
    ALARM: "program.alarm",
    TEST: "test",
}
"""trigger -> `type` of a webhook's message."""

OF_VERB = {
    lifecycle.CONFIRM: CONFIRMED,
    lifecycle.CANCEL: CANCELLED,
    lifecycle.REOPEN: REOPENED,
    lifecycle.PAY: PAID,
    "release": RELEASED,
}
"""verb of a move -> trigger."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """The part of a receiver that decides what it is told; address and secrets stay in the ledger."""

    id: int
    kind: str
    partner: int
    """0: every partner; never of a postback."""
    program: int
    """0: every program."""
    triggers: tuple[str, ...]


def key_of(number: int, revision: int) -> str:
    """`t17.0`: transaction 17 as it was created, `t17.1`: after its first move or change."""
    return f"t{number}.{revision}"


def key_of_call(call: int) -> str:
    """Of a conflict: nothing moved, the call itself is the event."""
    return f"c{call}"


def delivery_id(receiver: int, key: str, call: int) -> str:
    """What a receiver knows a repeat by: the same however often it is sent, also from a restored ledger.

    The call's log number makes it one of this installation alone. No full stop: it parts the bytes that are signed.
    """
    return f"ct-{receiver}-{key.replace('.', '-')}-{call}"


FACTS = (
    "trigger", "at_ms", "number", "revision", "status", "test", "tid", "cpid", "pid", "subid", "wmid", "product",
    "clickid", "revenue_minor", "commission_minor", "currency", "decimals", "clicked_ms", "created_ms", "call",
)  # fmt: skip
"""What a delivery remembers of the moment that it tells: a later move changes none of it."""


def facts(values: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """FACTS in their order, those that are not given as None; `more` is for one trigger alone."""
    return {name: values.get(name) for name in FACTS} | more


DELIVERY = (
    "receiver_id", "key", "trigger", "transaction_number", "call_id", "facts", "state", "attempts", "created_ms",
    "since_ms", "due_ms",
)  # fmt: skip
"""Columns of a new delivery, in the order of `row`."""


def row(receiver: int, key: str, told: Mapping[str, Any], now_ms: int) -> tuple[Any, ...]:
    """A delivery that is due now. told: as `facts` makes it."""
    text = json.dumps(told, ensure_ascii=False)
    return (receiver, key, told["trigger"], told["number"], told["call"] or 0, text, "due", 0, now_ms, now_ms, now_ms)
