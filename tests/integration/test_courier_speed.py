"""How fast one courier is, and what stuck receivers cost the others. `script/bench courier` measures both with
processes of their own; here courier and receiver share one, so that half of the promised rate must do, in seconds of
this process: whoever else wants the processor meanwhile says nothing about the courier."""

import asyncio
import time

import pytest
from support.couriers import Post, at_work, seen
from support.ledgers import Place
from support.listener import Got, Listener, Say

from clicktrail.courier import lanes

PROMISED_A_SECOND, SHARE_HERE = 500, 0.5
DELIVERIES = 1_500
RECEIVERS, STUCK_OF, SCALED = 400, 10, 10
"""Of the promised 10,000 and 1,000; and what the courier may have at once, so that the stuck ones could fill it."""
MOST_DELAY_S = 1.0
TURNS = 8
PATIENCE_S = 40.0


def _is_stuck(got: Got) -> bool:
    return got.host.startswith("127.0.200.")


async def _seconds(ledger: Place, listener: Listener, wanted: int) -> float:
    """Until so many are delivered. What is stuck is not waited for."""
    async with at_work(ledger, listener, attempt_s=60.0) as courier:
        began_s = time.monotonic()
        await seen(lambda: courier.sent >= wanted, f"{wanted} deliveries", PATIENCE_S)
        took_s = time.monotonic() - began_s
        courier._drain_s = 0.1
    return took_s


def test_a_quick_receiver_gets_half_of_the_promised_rate_even_in_this_process(ledger: Place) -> None:
    async def scene() -> float:
        async with Listener() as listener:
            post = Post(ledger)
            post.add(listener.url("/p?t={tid}&s={subid}"))
            post.publish()
            post.orders(*(f"A-{n}" for n in range(DELIVERIES)))
            began_s = time.process_time()
            await _seconds(ledger, listener, DELIVERIES)
            took_s = time.process_time() - began_s
            assert len({got.delivery for got in listener.got}) == len(listener.got) == DELIVERIES
            return DELIVERIES / took_s

    assert asyncio.run(scene()) >= PROMISED_A_SECOND * SHARE_HERE


def test_a_tenth_of_stuck_receivers_delays_the_others_by_no_more_than_a_second(
    ledger: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turn by turn; of each kind the quickest counts, because what else the machine does only adds."""
    for limit in ("MAX_ON_THE_WAY", "MAX_FRESH"):
        monkeypatch.setattr(lanes, limit, getattr(lanes, limit) // SCALED)
    healthy = RECEIVERS - RECEIVERS // STUCK_OF

    async def scene() -> float:
        async with Listener() as listener:
            post = Post(ledger)
            for n in range(RECEIVERS):
                place, rest = divmod(n, STUCK_OF)
                post.add(listener.url("/p", f"127.0.{200 if rest == 0 else rest}.{1 + place}"))
            post.publish()
            alone_s = among_s = PATIENCE_S
            for turn in range(TURNS):
                listener.answer = lambda _: Say()
                post.orders(f"A-{turn}")
                alone_s = min(alone_s, await _seconds(ledger, listener, RECEIVERS))
                listener.answer = lambda got: Say(stuck=_is_stuck(got))
                post.orders(f"B-{turn}")
                among_s = min(among_s, await _seconds(ledger, listener, healthy))
                if among_s - alone_s <= MOST_DELAY_S:
                    break
                _forget_what_is_left(ledger)
            return among_s - alone_s

    assert asyncio.run(scene()) <= MOST_DELAY_S


def _forget_what_is_left(ledger: Place) -> None:
    for table in ("delivery", "attempt", "standing"):
        ledger.engine.ledger.run(f"DELETE FROM outbox_{table}")
