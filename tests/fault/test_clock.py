"""The clock goes back an hour, while a worker runs and across a restart. Invariant 5: no ClickID twice.

Ids of a node rise all the same, for a worker goes on after the highest of clock, reservation and last row.
"""

from support.books import click_id
from support.installation import Installation
from support.load import Story, call, click

HOUR_MS = 3_600_000
CLICKS = 60


def test_the_clock_is_set_back(house: Installation, round_no: int) -> None:
    """Right, an hour back, killed and started an hour back, right again: one rising row of ids."""
    edge = house.edge()
    story = clicks(house, "right")
    house.faults(clock_offset_ms=-HOUR_MS)
    story += clicks(house, "back")
    edge.kill()
    edge = house.edge()
    story += clicks(house, "restarted")
    assert edge.stop() == 0
    edge = house.edge()
    story += clicks(house, "stopped")
    house.faults()
    story += clicks(house, "right again")
    assert edge.stop() == 0
    ids = [click_id(text) for text in story.clickids]
    assert len(ids) == len(story.clicks)
    assert ids == sorted(set(ids))
    house.engine_once()
    house.books.balance(story)


def test_orders_over_a_step_of_the_clock(house: Installation, round_no: int) -> None:
    """A click made before the step, its order after it: the order seems older than its click and is saved."""
    house.edge()
    caller = house.caller()
    before = click(caller, "before", partner=7)
    house.faults(clock_offset_ms=-HOUR_MS)
    order = call(caller, "order", "order", clickid=before.clickid)
    house.engine_once()
    house.books.balance(Story([before], [order]))
    assert house.books.rows("SELECT reason FROM ledger_postback") == [("saved",)]


def clicks(house: Installation, name: str) -> Story:
    caller = house.caller()
    made = [click(caller, f"{name}-{n}") for n in range(CLICKS)]
    caller.close()
    return Story(made, [])
