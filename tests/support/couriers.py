"""A courier in this process, on a `ledger` of either database, with receivers on loopback."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any

from support.cast import CATALOG
from support.desk import desk
from support.ledgers import Place
from support.listener import Listener
from support.observe import SLOWER

from clicktrail import heartbeat, keys
from clicktrail.control.boot import boot
from clicktrail.core.receivers import FOR_WEBHOOKS, POSTBACK, WEBHOOK, Receiver
from clicktrail.courier.loop import Courier
from clicktrail.courier.send import Sender
from clicktrail.courier.store import Store
from clicktrail.guard import Guard

LOOPBACK = ip_network("127.0.0.0/8")
SALT = "0123456789abcdef"
INSERT = (
    "INSERT INTO outbox_receiver (id, kind, name, partner_id, program_id, address, method, triggers, state, "
    "key_number, salt, rotated_ms) VALUES (?, ?, 'R', ?, ?, ?, ?, '[]', 'active', 1, ?, 0)"
)


@dataclass
class Post:
    """Receivers of one ledger: stored, and published for the engine."""

    ledger: Place
    receivers: tuple[Receiver, ...] = ()

    def add(
        self,
        address: str,
        *,
        kind: str = "postback",
        partner: int = 7,
        program: int = 0,
        triggers: tuple[str, ...] = FOR_WEBHOOKS,
        method: str = "GET",
    ) -> int:
        if not self.receivers:
            self._people()
        id = len(self.receivers) + 1
        whose = 0 if kind == "webhook" else partner
        self.receivers += (Receiver(id, kind, whose, program, triggers),)
        self.ledger.engine.ledger.run(INSERT, (id, kind, whose or None, program or None, address, method, SALT))
        return id

    def _people(self) -> None:
        """The cast's programs and partners as rows, so that receivers may name them."""

        def make() -> None:
            with desk(self.ledger):
                pass

        aside(make)

    def publish(self) -> None:
        version = self.ledger.engine.catalogs.current().version + 1
        self.ledger.publish(replace(CATALOG, version=version, receivers=self.receivers))
        self.ledger.engine.ledger.run("UPDATE catalog_version SET version = ?", (version,))

    def orders(self, *tids: str, partner: int = 7, **params: str) -> None:
        """Saved by a click of the partner, and by the engine."""
        with self.ledger.scribe() as scribe:
            click = scribe.click("sub/1 ä", partner)
            scribe.write(click, *(scribe.order(tid, scribe.clickid(click), **params) for tid in tids))
        self.ledger.catch_up()

    def states(self) -> dict[str, int]:
        return dict(self.ledger.rows("SELECT state, count(*) FROM outbox_delivery GROUP BY state"))

    def log(self) -> list[tuple[Any, ...]]:
        return self.ledger.rows("SELECT stage, status, fault FROM outbox_attempt ORDER BY id")


def aside(action: Callable[[], Any]) -> Any:
    """Django refuses to work in a thread that runs a loop; then it gets one of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return action()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(action).result()


@asynccontextmanager
async def at_work(
    ledger: Place,
    listener: Listener | None = None,
    *,
    clock: Callable[[], int] = heartbeat.now_ms,
    dice: Callable[[], float] = lambda: 0.5,
    connect_s: float = 2.0,
    attempt_s: float = 5.0,
    look_up: Any = None,
    ports: tuple[int, ...] = (),
) -> AsyncIterator[Courier]:
    """The courier runs until the end of the block; an error of it is an error of the test."""
    boot(ledger.settings, "ledger")
    guard = Guard((LOOPBACK,), (*ports, *([listener.port] if listener else [])))
    store = Store(ledger.settings, keys.load(ledger.settings.keys_folder))
    stop = asyncio.Event()
    async with Sender(guard, look_up, connect_s, attempt_s) as sender:
        courier = Courier(store, dict.fromkeys((POSTBACK, WEBHOOK), sender), clock=clock, dice=dice)
        running = asyncio.create_task(courier.run(stop))
        try:
            yield courier
        finally:
            stop.set()
            await running


async def seen(look: Callable[[], Any], what: str, within_s: float = 10.0) -> Any:
    """The first truthy result of `look`, while the loop goes on."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s * SLOWER
    never = asyncio.Event()
    while True:
        if found := look():
            return found
        assert loop.time() < deadline, f"not within {within_s * SLOWER} s: {what}"
        try:
            await asyncio.wait_for(never.wait(), 0.01)
        except TimeoutError:
            continue
