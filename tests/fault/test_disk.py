"""The journal's disk is full, broken or slow: clicks fail open, postbacks fail closed.

Invariant 4. The faults come in through the one door to the disk, in a real worker.
"""

import pytest
from support.books import click_id
from support.installation import Installation
from support.load import Story, call, click
from support.observe import until

SLOW_MS = 1500
PATIENCE_S = 1.0
"""After this a click whose sync takes longer is sent on."""
TICK_S = 0.3
"""It may be so much early."""
CLICKS = 20


@pytest.mark.parametrize("fault", ["full", "broken"])
def test_the_disk_refuses(house: Installation, fault: str, round_no: int) -> None:
    """Every visitor is sent on, every lost click is counted, every postback is told to come again."""
    edge = house.edge()
    caller = house.caller()
    before = Story([click(caller, "before")], [])
    house.faults(journal=fault)
    lost = [click(caller, f"lost-{n}") for n in range(CLICKS)]
    order = call(caller, "order", "refused", clickid=before.clickids[0])
    assert {c.answer.status for c in lost} == {302}
    assert order.answer.status == 503
    assert b"retry-after" in order.answer.headers.lower()
    assert call(caller, "order", "refused-json", clickid=before.clickids[0], format="json").answer.status == 503
    assert house.health() == 503
    assert house.metric("clicktrail_clicks_lost_total") == CLICKS
    house.faults()
    until(lambda: house.health() == 200, 15, "the worker sees that the disk takes clicks again")
    after = Story([click(caller, f"after-{n}") for n in range(3)], [call(caller, "order", "again", pid=2)])
    assert after.calls[0].answer.status == 200
    assert edge.stop() == 0
    house.engine_once()
    house.books.balance(before + after)
    assert house.books.one("SELECT count(*) FROM ledger_transaction") == 1
    stored = {row[0] for row in house.books.rows("SELECT id FROM ledger_click")}
    given = {click_id(c.clickid) for c in lost if c.clickid}
    assert not given & stored, "a lost click is stored after all, and was counted as lost"


def test_the_disk_is_slow(house: Installation, round_no: int) -> None:
    """A click goes on after a second and is stored late, not lost; a postback waits until it is durable."""
    edge = house.edge()
    caller, shop = house.caller(), house.caller()
    house.faults(journal={"slow_ms": SLOW_MS})
    slow = [click(caller, f"slow-{n}") for n in range(2)]
    order = call(shop, "order", "slow", pid=2)
    house.faults()
    assert {c.answer.status for c in slow} == {302}
    assert house.metric("clicktrail_clicks_late_total") == 2, "the visitors were sent on before the sync had ended"
    assert all(c.answer.took_s >= PATIENCE_S - TICK_S for c in slow), [c.answer.took_s for c in slow]
    assert order.answer.status == 200
    assert house.metric("clicktrail_clicks_lost_total") == 0
    assert edge.stop() == 0
    house.engine_once()
    house.books.balance(Story(slow, [order]))
    stored = {row[0] for row in house.books.rows("SELECT subid FROM ledger_click")}
    assert stored == {"slow-0", "slow-1"}, "late, not lost"
