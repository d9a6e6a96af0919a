"""Deliveries that people's moves make, and tests and alarms: rows for the transaction that is open.

The engine has its own way (`engine/outbox.py`); what is told comes from the same functions.
"""

import json
import secrets
from collections.abc import Iterable
from typing import Any

from clicktrail.core import receivers, telling
from clicktrail.core.case import Earlier
from clicktrail.core.receivers import ALARM, TEST, WEBHOOK, key_of
from clicktrail.core.telling import Telling

WANTED = (
    "SELECT id, kind, triggers FROM outbox_receiver "
    "WHERE (partner_id IS NULL OR partner_id = %s) AND (program_id IS NULL OR program_id = %s)"
)
MAKER = "SELECT postback_id FROM ledger_transaction WHERE number = %s"
INSERT = (
    f"INSERT INTO outbox_delivery ({', '.join(chr(34) + name + chr(34) for name in receivers.DELIVERY)}) "  # noqa: S608
    f'VALUES ({", ".join(["%s"] * len(receivers.DELIVERY))}) ON CONFLICT (receiver_id, "key") DO NOTHING'
)


def tell_change(cursor: Any, before: Earlier, after: Earlier, order: telling.Order, at_ms: int) -> int:
    """A transaction was moved or changed in the transaction that `cursor` works in. Returns how many are told."""
    cursor.execute(MAKER, [after.number])
    row = cursor.fetchone()
    told = telling.of_change(before, after, order, row[0] if row else 0, at_ms)
    return put(cursor, told, key_of(after.number, after.revision), at_ms)


def put(cursor: Any, told: Iterable[Telling], key: str, now_ms: int) -> int:
    """Rows for everybody who wants to be told; one that is there already stays as it is."""
    rows = [receivers.row(receiver, key, each.facts, now_ms) for each in told for receiver in _wanted(cursor, each)]
    if rows:
        cursor.executemany(INSERT, rows)
    return len(rows)


def _wanted(cursor: Any, each: Telling) -> list[int]:
    cursor.execute(WANTED, [each.partner, each.program])
    found = cursor.fetchall()
    return [
        id
        for id, kind, triggers in found
        if kind in each.kinds and each.trigger in (json.loads(triggers) if isinstance(triggers, str) else triggers)
    ]


def put_alarm(cursor: Any, key: str, program: int, at_ms: int, **facts: Any) -> int:
    """An alarm for webhooks. key: the same for the same alarm, like `a12`; facts go into the message as they are."""
    told = receivers.facts({"trigger": ALARM, "at_ms": at_ms, "cpid": program, "test": False}, **facts)
    return put(cursor, [Telling(told, (WEBHOOK,))], key, at_ms)


def put_test(cursor: Any, receiver: int, program: int, partner: int, at_ms: int) -> str:
    """A test for one receiver, whatever its triggers; returns the delivery's key."""
    key = f"test-{secrets.token_hex(6)}"
    told = receivers.facts(
        {
            "trigger": TEST, "at_ms": at_ms, "number": 0, "revision": 0, "status": "open", "test": True,
            "tid": "TEST-ORDER", "cpid": program, "pid": partner, "subid": "test", "wmid": 0, "product": "Test",
            "clickid": "", "revenue_minor": 10000, "commission_minor": 1000, "currency": "EUR", "decimals": 2,
            "clicked_ms": None, "created_ms": at_ms, "call": 0,
        }
    )  # fmt: skip
    cursor.execute(INSERT, receivers.row(receiver, key, told, at_ms))
    return key
