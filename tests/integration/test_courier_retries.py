"""What fails comes again, what is dead waits aside, what is done is done: a real courier with a clock of ours."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from support.couriers import LOOPBACK, Post, aside, at_work, seen
from support.ledgers import Place
from support.listener import Got, Listener, Say

from clicktrail import heartbeat, keys
from clicktrail.core.receivers import POSTBACK
from clicktrail.courier.lanes import DOWN_AFTER
from clicktrail.courier.loop import Courier
from clicktrail.courier.schedule import MAX_AGE_MS
from clicktrail.courier.send import Sender
from clicktrail.courier.store import Store
from clicktrail.guard import Guard


@dataclass
class Clock:
    ahead_ms: int = 0

    def __call__(self) -> int:
        return heartbeat.now_ms() + self.ahead_ms


def _scene(ledger: Place, scene: Callable[[Post, Listener, Clock], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with Listener() as listener:
            await scene(Post(ledger), listener, Clock())

    asyncio.run(whole())


def test_what_failed_is_tried_again_with_the_same_id_and_a_new_signature(ledger: Place) -> None:
    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        listener.answer = lambda _: Say(500 if len(listener.got) < 3 else 200)
        post.add(listener.url("/p?t={tid}"))
        post.publish()
        post.orders("A-1")
        async with at_work(ledger, listener, clock=clock):
            for wanted in (1, 2, 3):
                await seen(lambda wanted=wanted: len(post.log()) == wanted, f"attempt {wanted}")
                clock.ahead_ms += 40_000
            await seen(lambda: post.states() == {"delivered": 1}, "delivered")
        assert len({got.delivery for got in listener.got}) == 1
        assert len({got.params["ct_time"] for got in listener.got}) == 3
        assert [row[1] for row in post.log()] == [500, 500, 200]

    _scene(ledger, scene)


def test_after_48_hours_it_is_given_up_and_by_hand_sent_again(ledger: Place) -> None:
    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        listener.answer = lambda _: Say(404, b"no such order")
        post.add(listener.url("/p"))
        post.publish()
        post.orders("A-1")
        async with at_work(ledger, listener, clock=clock):
            await seen(lambda: len(post.log()) == 1, "the first attempt")
            clock.ahead_ms = MAX_AGE_MS + 1
            await seen(lambda: post.states() == {"given_up": 1}, "given up")
            count = len(listener.got)
            listener.answer = lambda _: Say()
            from clicktrail.control.outbox.desk import send_again

            id = ledger.one("SELECT id FROM outbox_delivery")
            assert aside(lambda: _closing(lambda: send_again([id]))) == 1
            clock.ahead_ms = 0
            await seen(lambda: post.states() == {"delivered": 1}, "delivered after all")
        assert len(listener.got) == count + 1 and len({got.delivery for got in listener.got}) == 1

    _scene(ledger, scene)


def _closing(action: Callable[[], int]) -> int:
    from django.db import connection

    try:
        return action()
    finally:
        connection.close()


def test_a_dead_receiver_is_paused_and_the_other_goes_on(ledger: Place) -> None:
    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        listener.answer = lambda got: Say(503 if got.target.startswith("/dead") else 200)
        post.add(listener.url("/dead?t={tid}", "127.0.0.2"))
        post.add(listener.url("/well?t={tid}", "127.0.0.3"))
        post.publish()
        orders = [f"A-{n}" for n in range(DOWN_AFTER + 20)]
        post.orders(*orders)
        async with at_work(ledger, listener, clock=clock):
            await seen(lambda: post.states().get("delivered") == len(orders), "the well one has all")
            rows = "SELECT state, why FROM outbox_standing WHERE receiver_id = 1"
            await seen(lambda: ledger.rows(rows) == [("down", "It answered 503 Service Unavailable.")], "it is down")
            dead = _count(listener, "/dead")
            assert dead == DOWN_AFTER
            listener.answer = lambda _: Say()
            clock.ahead_ms += 60_000
            await seen(lambda: post.states() == {"delivered": 2 * len(orders)}, "it comes back")
            assert ledger.rows(rows) == [("works", "")]

    _scene(ledger, scene)


def _count(listener: Listener, path: str) -> int:
    return sum(got.target.startswith(path) for got in listener.got)


def test_410_ends_it_until_a_person_starts_afresh(ledger: Place) -> None:
    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        listener.answer = lambda _: Say(410)
        post.add(listener.url("/p"))
        post.publish()
        post.orders("A-1")
        async with at_work(ledger, listener, clock=clock):
            await seen(lambda: post.states() == {"given_up": 1}, "given up at once")
            post.orders("A-2")
            clock.ahead_ms += 3_600_000
            await seen(lambda: ledger.one("SELECT state FROM outbox_standing") == "gone", "gone")
            listener.answer = lambda _: Say()
            ledger.engine.ledger.run("DELETE FROM outbox_standing")
            ledger.engine.ledger.run("UPDATE catalog_version SET version = version + 1")
            await seen(lambda: post.states() == {"given_up": 1, "delivered": 1}, "the second one")
        assert len(listener.got) == 2

    _scene(ledger, scene)


def test_a_paused_receiver_waits_for_a_person(ledger: Place) -> None:
    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        post.add(listener.url("/p"))
        post.add(listener.url("/q", "127.0.0.9"))
        post.publish()
        ledger.engine.ledger.run("UPDATE outbox_receiver SET state = 'paused' WHERE id = 1")
        post.orders("A-1")
        async with at_work(ledger, listener, clock=clock):
            await seen(lambda: post.states() == {"delivered": 1, "due": 1}, "the other one")
            ledger.engine.ledger.run("UPDATE outbox_receiver SET state = 'active'")
            ledger.engine.ledger.run("UPDATE catalog_version SET version = version + 1")
            await seen(lambda: post.states() == {"delivered": 2}, "both")

    _scene(ledger, scene)


def test_every_delivery_gets_an_attempt_even_where_the_receiver_was_down_for_days(ledger: Place) -> None:
    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        listener.answer = lambda _: Say(500)
        post.add(listener.url("/p?t={tid}"))
        post.publish()
        post.orders("A-1", "A-2")
        since_ms = heartbeat.now_ms()
        ledger.engine.ledger.run(
            "INSERT INTO outbox_standing (receiver_id, state, why, failures, since_ms, probe_ms) "
            "VALUES (1, 'down', 'It answered 500.', 30, ?, ?)",
            (since_ms, since_ms + 10 * MAX_AGE_MS),
        )
        clock.ahead_ms = MAX_AGE_MS + 1000
        async with at_work(ledger, listener, clock=clock):
            await seen(lambda: post.states() == {"given_up": 2}, "given up")
        assert sorted(got.params["t"] for got in listener.got) == ["A-1", "A-2"]

    _scene(ledger, scene)


@pytest.mark.parametrize("stuck", [40])
def test_stuck_receivers_hold_up_nobody(ledger: Place, stuck: int) -> None:
    """Every tenth host never answers: the others have theirs long before the first patience is out."""
    is_stuck = lambda got: got.host.startswith("127.0.200.")  # noqa: E731

    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        listener.answer = lambda got: Say(stuck=is_stuck(got))
        for n in range(stuck * 10):
            post.add(listener.url("/p", f"127.0.{200 if n % 10 == 0 else n // 200}.{1 + n // 2 % 200}"))
        post.publish()
        post.orders("A-1")
        began_s = asyncio.get_running_loop().time()
        async with at_work(ledger, listener, clock=clock, attempt_s=30.0) as courier:
            await seen(lambda: courier.sent == 9 * stuck, "all the others", 25.0)
            took_s = asyncio.get_running_loop().time() - began_s
            courier._drain_s = 0.1
        assert took_s < 25.0 and sum(map(is_stuck, listener.got)) > 0

    _scene(ledger, scene)


def test_what_nobody_receives_any_more_is_given_up(ledger: Place) -> None:
    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        post.add(listener.url("/p"))
        post.publish()
        post.orders("A-1")
        ledger.engine.ledger.run("DELETE FROM outbox_receiver")
        async with at_work(ledger, listener, clock=clock):
            await seen(lambda: post.states() == {"given_up": 1}, "given up")
        assert post.log() == [("before", None, "Its receiver was deleted.")] and not listener.got

    _scene(ledger, scene)


def test_what_was_done_long_ago_goes_with_its_log(ledger: Place) -> None:
    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        post.add(listener.url("/p"))
        post.publish()
        post.orders("A-1")
        async with at_work(ledger, listener, clock=clock):
            await seen(lambda: post.states() == {"delivered": 1}, "delivered")
        clock.ahead_ms = (ledger.settings.delivery_days + 1) * 86_400_000
        async with at_work(ledger, listener, clock=clock):
            await seen(lambda: post.states() == {}, "deleted")
        assert post.log() == []

    _scene(ledger, scene)


def test_a_webhook_is_told_of_conflicts_and_of_tests_as_tests(ledger: Place) -> None:
    import json

    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        post.add(listener.url("/own"), partner=7)
        post.add(listener.url("/hook"), kind="webhook")
        post.publish()
        post.orders("A-1")
        post.orders("A-1", umsatz="5.00")
        post.orders("T-1", partner=2, nocheck="1")
        async with at_work(ledger, listener, clock=clock):
            await seen(lambda: post.states() == {"delivered": 4}, "all")
        hooks: list[Got] = [got for got in listener.got if got.target == "/hook"]
        told = {(body["type"], body["data"]["tid"]): body["data"] for body in (json.loads(g.body) for g in hooks)}
        assert set(told) == {
            ("transaction.saved", "A-1"), ("call.conflict", "A-1"), ("transaction.saved", "T-1"),
        }  # fmt: skip
        assert told[("transaction.saved", "T-1")]["test"] is True
        assert told[("call.conflict", "A-1")]["differences"][0]["fact"] == "amount"
        assert _count(listener, "/own") == 1

    _scene(ledger, scene)


def test_an_outcome_that_cannot_be_written_ends_the_courier_instead_of_all_deliveries(
    ledger: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A courier that sends and never writes down would send the same again and again, or stand still unheard."""

    def broken(*_: object) -> None:
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")

    monkeypatch.setattr(Store, "write", broken)

    async def scene(post: Post, listener: Listener, _: Clock) -> None:
        post.add(listener.url("/p"))
        post.publish()
        post.orders("A-1")
        guard = Guard((LOOPBACK,), (listener.port,))
        store = Store(ledger.settings, keys.load(ledger.settings.keys_folder))
        async with Sender(guard) as sender:
            await asyncio.wait_for(Courier(store, {POSTBACK: sender}).run(asyncio.Event()), 10)

    with pytest.raises(UnicodeEncodeError):
        _scene(ledger, scene)


@pytest.mark.parametrize("status", [200, 500])
def test_what_was_written_while_the_courier_looked_is_not_sent_again(
    ledger: Place, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Between the look at what is due and the rows of it, outcomes are written: here every look is as old as can be."""
    due, ever = Store.due, dict[tuple[int, int], None]()

    def old(*question: Any) -> list[tuple[int, int]]:
        ever.update(dict.fromkeys(due(*question)))
        return list(ever)

    monkeypatch.setattr(Store, "due", old)

    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        listener.answer = lambda _: Say(status)
        post.add(listener.url("/p?t={tid}"))
        post.publish()
        async with at_work(ledger, listener, clock=clock):
            for count, tid in enumerate(("A-1", "A-2", "A-3"), start=1):
                post.orders(tid)
                await seen(lambda count=count: len(post.log()) >= count, f"attempt {count}")
        assert [got.params["t"] for got in listener.got] == ["A-1", "A-2", "A-3"]

    _scene(ledger, scene)


def test_a_receiver_that_asks_for_a_pause_gets_it(ledger: Place) -> None:
    async def scene(post: Post, listener: Listener, clock: Clock) -> None:
        listener.answer = lambda _: Say(503, b"", {"Retry-After": "1800"})
        post.add(listener.url("/p"))
        post.publish()
        post.orders("A-1")
        async with at_work(ledger, listener, clock=clock):
            await seen(lambda: len(post.log()) == 1, "the first attempt")
        [(made_ms, due_ms)] = ledger.rows("SELECT since_ms, due_ms FROM outbox_delivery")
        assert 1_800_000 <= due_ms - made_ms < 1_900_000

    _scene(ledger, scene)
