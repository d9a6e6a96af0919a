"""`kill -9` of courier and engine while orders come in: no transaction without its delivery, and a receiver
sees a repeat only with the delivery id that it knows."""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.installation import Installation, Process
from support.listener import Listener, Say, listening
from support.load import Load, Story
from support.observe import until

from clicktrail.sqlite import sqlite3

AGAIN_S = 20.0
DELIVERED_S = 60.0
RECEIVER = (
    "INSERT INTO outbox_receiver (id, kind, name, partner_id, address, method, triggers, state, key_number, salt, "
    "rotated_ms) VALUES (?, ?, 'R', ?, ?, 'GET', '[\"saved\"]', 'active', 1, 'salt', 0)"
)


@dataclass
class Post:
    house: Installation
    listener: Listener
    supervisor: Process
    story: Story
    rounds: int = 0

    def kill(self, name: str) -> None:
        before = self.house.kill(name)
        until(lambda: self.house.pid(name) not in (0, before), AGAIN_S, f"another {name}")

    def kill_the_courier(self) -> None:
        """While a receiver thinks about a delivery: it was taken and not written down."""
        taken = len(self.listener.got)
        until(lambda: len(self.listener.got) > taken, AGAIN_S, "a delivery is taken")
        self.kill("courier")

    def orders(self) -> Load:
        self.rounds += 1
        return Load("127.0.0.1", self.house.edge_port, f"r{self.rounds}", partners=(7,))

    def settle(self, load: Load) -> None:
        """Everything judged, everything told; then what was told is held against the ledger."""
        self.story += load.stop()
        self.house.catch_up()
        until(lambda: not self.house.books.one("SELECT count(*) FROM outbox_delivery WHERE done_ms IS NULL"),
              DELIVERED_S, "everything is delivered")  # fmt: skip
        rows = self.house.books.rows("SELECT receiver_id, key, call_id, state FROM outbox_delivery")
        saved = self.house.books.rows("SELECT number, postback_id FROM ledger_transaction")
        wanted = {(receiver, f"t{number}.0", call) for number, call in saved for receiver in (1, 2)}
        assert {row[:3] for row in rows} == wanted and {row[3] for row in rows} == {"delivered"}
        ids = {f"ct-{receiver}-{key.replace('.', '-')}-{call}" for receiver, key, call in wanted}
        assert {got.delivery for got in self.listener.got} == ids
        told = {(got.delivery, got.params.get("t", "")) for got in self.listener.got}
        assert len(told) == len(ids), "one delivery id, one order"


@pytest.fixture(scope="module")
def post(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    data = tmp_path_factory.mktemp("courier") / "data"
    shutil.copytree(template, data, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
    with listening() as listener:
        # It thinks for a while, so that a killed courier leaves some that were taken and not written down.
        listener.answer = lambda _: Say(after_s=0.3)
        environ = {name: "127.0.0.0/8" for name in ("CLICKTRAIL_COURIER_NETWORKS", "CLICKTRAIL_POSTBACK_NETWORKS")}
        environ |= {"CLICKTRAIL_COURIER_PORTS": str(listener.port)}
        house = Installation(data, workers=1, environ=environ)
        with closing(sqlite3.connect(data / "ledger.sqlite")) as ledger:
            ledger.execute(RECEIVER, (1, "postback", 7, listener.url("/own?t={tid}")))
            ledger.execute(RECEIVER, (2, "webhook", None, listener.url("/hook?t={tid}")))
            ledger.execute("UPDATE catalog_version SET version = version + 1")
            ledger.commit()
        try:
            supervisor = house.serve()
            until(lambda: house.beats("courier"), AGAIN_S, "a courier")
            yield Post(house, listener, supervisor, Story())
        finally:
            house.close()


def test_kill_the_courier_and_the_engine(post: Post, round_no: int) -> None:
    with post.orders() as load:
        load.wait_answered(150)
        post.kill_the_courier()
        load.wait_answered(150)
        post.kill("engine")
        post.kill_the_courier()
        load.wait_answered(100)
        post.settle(load)
    assert max(Counter(got.delivery for got in post.listener.got).values()) > 1, "there were repeats to look at"


def test_a_courier_that_is_asked_to_end_finishes_what_is_in_hand(post: Post) -> None:
    with post.orders() as load:
        load.wait_answered(100)
        assert post.supervisor.stop() == 0
        post.supervisor = post.house.serve()
        post.settle(load)
