"""One courier: how fast to a quick receiver, and how much ten thousand receivers lose by a thousand stuck ones."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import ledger
from bench.installation import Installation, installation
from bench.measure import Row
from bench.processes import clicktrail, free_port, get, running

DELIVERIES = 20_000
RECEIVERS, STUCK = 10_000, 1_000
WANTED_A_SECOND = 500
WANTED_DELAY_S = 1.0
PATIENCE_S = 120
TURNS = 2

RECEIVER = (
    "INSERT INTO outbox_receiver (id, kind, name, partner_id, address, method, triggers, state, key_number, salt, "
    "rotated_ms) VALUES ({id}, 'postback', 'Bench', 7, '{address}', 'GET', '[]', 'active', 1, 'bench', 0)"
)
DELIVERY = (
    "INSERT INTO outbox_delivery (receiver_id, key, trigger, call_id, facts, state, attempts, created_ms, since_ms, "
    "due_ms) VALUES ({receiver}, 't{n}.0', 'saved', {n}, '{facts}', 'due', 0, {ms}, {ms}, {ms})"
)
FACTS = {
    "trigger": "saved", "at_ms": 0, "number": 1, "status": "open", "tid": "4711", "cpid": 1, "pid": 7,
    "subid": "summer", "commission_minor": 955, "revenue_minor": 9550, "currency": "EUR", "decimals": 2,
}  # fmt: skip


def courier(database: str = "") -> list[Row]:
    port = free_port()
    listener = [sys.executable, "-m", "bench.listener", str(port)]
    name = "PostgreSQL" if database else "SQLite"
    with running(listener, port):
        rate = _to_one(port, database)
        alone_s, among_s = (min(times) for times in zip(*(_turn(port, database) for _ in range(TURNS)), strict=True))
    delay_s = among_s - alone_s
    return [
        Row(
            f"courier on {name}: deliveries/s to one quick receiver",
            f"{rate:,.0f}",
            f"at least {WANTED_A_SECOND}",
            rate >= WANTED_A_SECOND,
        ),
        Row(
            f"courier on {name}: one delivery to each of {RECEIVERS:,} receivers, all well; {STUCK:,} of them stuck",
            f"{alone_s:.1f} s; {among_s:.1f} s to the others",
            f"at most {WANTED_DELAY_S:g} s longer",
            delay_s <= WANTED_DELAY_S,
        ),
    ]


def _turn(port: int, database: str) -> tuple[float, float]:
    """All well, then some stuck. Of the turns the quickest counts: what others do on the machine only adds."""
    return _to_many(port, database, 0), _to_many(port, database, STUCK)


def _to_one(port: int, database: str) -> float:
    with installation(database) as where:
        _fill(where, [f"http://127.0.0.1:{port}/p?t=<% TID %>&s=<% SUBID %>"], DELIVERIES)
        with _courier(where, port):
            told = _told(port, DELIVERIES)
    return DELIVERIES / float(told["took_s"])


def _to_many(port: int, database: str, stuck: int) -> float:
    """Seconds from the first delivery to the last one that could be taken; so many of the receivers are stuck."""
    every = RECEIVERS // stuck if stuck else RECEIVERS + 1
    hosts = [f"127.{200 if n % every == every - 1 else 1}.{n // 250}.{1 + n % 250}" for n in range(RECEIVERS)]
    healthy = RECEIVERS - stuck
    with installation(database) as where:
        _fill(where, [f"http://{host}:{port}/p?t=<% TID %>" for host in hosts], len(hosts))
        with _courier(where, port):
            told = _told(port, healthy)
    return float(told["took_s"])


def _fill(where: Installation, addresses: list[str], deliveries: int) -> None:
    ms = int(time.time() * 1000)
    facts = json.dumps(FACTS)
    statements = [f"DELETE FROM outbox_{table}" for table in ("attempt", "delivery", "standing", "receiver")]
    statements += [RECEIVER.format(id=n + 1, address=address) for n, address in enumerate(addresses)]
    statements += [DELIVERY.format(receiver=n % len(addresses) + 1, n=n, facts=facts, ms=ms) for n in range(deliveries)]
    ledger.run_all(where, statements)


@contextmanager
def _courier(where: Installation, port: int) -> Iterator[Any]:
    loopback = {f"CLICKTRAIL_{whose}_NETWORKS": "127.0.0.0/8" for whose in ("COURIER", "POSTBACK")}
    environ = {**where.environ, **loopback, "CLICKTRAIL_COURIER_PORTS": str(port)}
    with running(clicktrail("courier", "--data", str(where.data)), port, env=environ) as process:
        yield process


def _told(port: int, wanted: int) -> dict[str, Any]:
    """Asked seldom, and told by the receiver's own clock."""
    deadline = time.monotonic() + PATIENCE_S
    seen = 0
    while time.monotonic() < deadline:
        time.sleep(1)
        told = dict(json.loads(get(port, f"/told?enough={wanted}")[1]))
        seen = told["deliveries"]
        if seen >= wanted:
            return told
    raise RuntimeError(f"only {seen} of {wanted} deliveries came within {PATIENCE_S} s")
