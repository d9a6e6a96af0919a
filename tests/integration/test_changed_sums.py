"""What changes hands takes its sums along: its click's, and its subid's."""

from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
from django.db import connection
from support.cast import ANNA, BERT, CATALOG, SHOP
from support.ledgers import Place

from clicktrail.control.boot import boot
from clicktrail.control.ledger.moves import Deed, Moved, change, move
from clicktrail.core.catalog import Approval

BY_SUBID = (
    "SELECT partner_id, other, subid, transactions, revenue_minor FROM ledger_rollup_subid "
    "WHERE transactions <> 0 ORDER BY partner_id, other, subid"
)
CLICKS = "SELECT sum(clicks_gross), sum(clicks_net), sum(clicks_bot) FROM ledger_rollup_"


@pytest.fixture
def house(ledger: Place) -> Iterator[Place]:
    ledger.publish(replace(CATALOG, approvals=(*CATALOG.approvals, Approval(BERT, SHOP, "*"))))
    boot(ledger.settings, "ledger")
    from clicktrail.control.catalog.models import Program

    Program.objects.bulk_create([Program(id=SHOP, name="Shop", currency="EUR", time_zone="Europe/Berlin")])
    ledger.restart()
    yield ledger
    connection.close()


def test_a_prefetched_click_counts_when_a_signed_call_names_it_for_an_order_that_is_there(house: Place) -> None:
    with house.scribe() as scribe:
        click = scribe.click("s", ANNA, prefetch=True)
        scribe.write(click, scribe.order("A-1", "", pid=str(BERT), umsatz="7"))
        house.catch_up()
        order = scribe.order("A-1", scribe.clickid(click))
        scribe.write(msgspec.structs.replace(order, signed_by=1, stamp_ms=order.at_ms))
    house.catch_up()
    assert house.rows("SELECT partner_id, click_id FROM ledger_transaction") == [(ANNA, click.id)]
    assert [bool(flag) for flag in house.rows("SELECT counted, net FROM ledger_click")[0]] == [True, True]
    for table in ("hour", "day", "month", "program", "subid", "referrer"):
        assert [int(n) for n in house.rows(CLICKS + table)[0]] == [1, 1, 0], table


def test_a_subid_has_its_sums_in_one_row_also_where_a_person_named_it_first(house: Place) -> None:
    with house.scribe() as scribe:
        scribe.write(scribe.order("A-1", "", pid=str(ANNA)))
        house.catch_up()
        deed = Deed("mia", "it was his", 5)
        assert isinstance(change(connection, 1, lambda seen: replace(seen, partner=BERT, subid="x"), deed), Moved)
        assert house.rows(BY_SUBID) == [(BERT, False, "x", 1, 10_000)]
        scribe.write(scribe.order("A-2", "", pid=str(BERT), subid="x", umsatz="50"))
    house.catch_up()
    assert house.rows(BY_SUBID) == [(BERT, False, "x", 2, 15_000)]
    assert isinstance(move(connection, 1, "cancel", "mia", "returned", 6), Moved)
    assert house.rows(BY_SUBID) == [(BERT, False, "x", 1, 5_000)]
