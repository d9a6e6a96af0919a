"""A postback that comes before its click is judged as if it had come after it. Invariant 6.

The engine reads the journal with the order first, because the click lies in another node's.
"""

from collections.abc import Iterator

import pytest
from support.installation import Installation
from support.load import Story, call, click
from support.ports import free_port
from support.scribe import Scribe

ORDERS = 300


def test_orders_that_are_read_before_their_clicks(house: Installation, round_no: int) -> None:
    """The orders are even older than the clicks, and all of them fill more than one batch of the engine."""
    with Scribe(house.data, 1) as shop, Scribe(house.data, 2) as visitors:
        clicks = [visitors.click(f"c{n}", partner=7) for n in range(ORDERS)]
        early = [shop.order(f"t{n}", visitors.clickid(c)) for n, c in enumerate(clicks)]
        for block in chunks(early, 50):
            shop.write(*block)
        visitors.write(*[visitors.click(f"crowd{n}") for n in range(5000)])
        for block in chunks(clicks, 50):
            visitors.write(*block)
    house.engine_once()
    house.books.balance(Story())
    assert house.books.rows("SELECT reason, count(*) FROM ledger_postback GROUP BY 1") == [("saved", ORDERS)]


def test_an_invented_click_is_unknown_at_once(house: Installation, round_no: int) -> None:
    """Genuine ClickIDs whose clicks were never written: of a known node, and of one never seen. No timer guesses."""
    with Scribe(house.data, 1) as shop, Scribe(house.data, 3) as never_written:
        ours, theirs = shop.click(), never_written.click()
        orders = [shop.order("known", shop.clickid(ours)), shop.order("seen", never_written.clickid(theirs))]
        shop.write(*orders)
    house.engine_once()
    assert house.books.rows("SELECT DISTINCT reason FROM ledger_postback") == [("unknown_click",)]


@pytest.mark.parametrize("shop_first", [True, False])
def test_the_shop_is_on_another_worker(house: Installation, shop_first: bool, round_no: int) -> None:
    """Live: an order is sent to the other worker at the moment its ClickID has come. It never misses it."""
    other = free_port()
    house.edge(1)
    house.edge(2, other)
    house.engine()
    visitor, shop = house.caller(other if shop_first else 0), house.caller(0 if shop_first else other)
    story = Story()
    for n in range(100):
        clicked = click(visitor, f"c{n}", partner=7)
        story.clicks.append(clicked)
        story.calls.append(call(shop, f"t{n}", f"m{n}", clickid=clicked.clickid))
    house.catch_up()
    house.books.balance(story)
    assert house.books.rows("SELECT reason, count(*) FROM ledger_postback GROUP BY 1") == [("saved", 100)]


def chunks(items: list, size: int) -> Iterator[list]:  # type: ignore[type-arg]
    return (items[n : n + size] for n in range(0, len(items), size))
