"""A network that is opened to the house's own webhooks is opened to no partner: not by form, not on the way."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from support.couriers import Post, seen
from support.ledgers import Place
from support.listener import Listener
from support.office import Office, office

from clicktrail import keys
from clicktrail.control.boot import boot
from clicktrail.control.outbox import rules
from clicktrail.courier.loop import Courier
from clicktrail.courier.send import senders
from clicktrail.courier.store import Store
from clicktrail.settings import Settings

INSIDE = "http://10.1.2.3/p?t={tid}"
OPENED = Settings(data=Path("nowhere"), courier_networks=("10.1.0.0/16",))


def test_a_network_opened_for_webhooks_stays_closed_to_postbacks(ledger: Place) -> None:
    async def scene() -> None:
        async with Listener() as listener:
            post = Post(ledger)
            webhook = post.add(listener.url("/webhook"), kind="webhook")
            postback = post.add(listener.url("/postback?t={tid}"))
            post.publish()
            post.orders("A-1")
            opened = msgspec.structs.replace(
                ledger.settings, courier_networks=("127.0.0.0/8",), courier_ports=(str(listener.port),)
            )
            boot(opened, "ledger")
            stop = asyncio.Event()
            async with senders(opened) as ways:
                running = asyncio.create_task(Courier(Store(opened, keys.load(opened.keys_folder)), ways).run(stop))
                told = "SELECT count(*) FROM outbox_attempt"
                await seen(lambda: ledger.rows(told)[0][0] == 2, "an attempt of each")
                stop.set()
                await running
            assert [got.target for got in listener.got] == ["/webhook"]
            faults = dict(
                ledger.rows(
                    "SELECT receiver_id, fault FROM outbox_attempt JOIN outbox_delivery d ON d.id = delivery_id"
                )
            )
            assert faults[webhook] == ""
            assert "is loopback; it is not called unless the setting postback_networks lists it" in faults[postback]

    asyncio.run(scene())


def test_rules_know_the_kind() -> None:
    assert rules.address("webhook", INSIDE, OPENED) == INSIDE
    with pytest.raises(ValueError, match="private: it is not called unless the setting postback_networks"):
        rules.address("postback", INSIDE, OPENED)
    trial = Settings(data=Path("nowhere"), postback_networks=("10.1.0.0/16",))
    assert rules.address("postback", INSIDE, trial) == INSIDE
    with pytest.raises(ValueError, match="courier_networks"):
        rules.address("webhook", INSIDE, trial)


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("outside"), courier_networks=("10.1.0.0/16",)) as found:
        yield found


def test_the_console_checks_each_kind_by_its_own_rule(desk: Office) -> None:
    check = "/outbox/receiver/check/"
    assert "filled" in desk.get(check, address=INSIDE, kind="webhook").html
    for kind in ("postback", ""):
        assert "postback_networks" in desk.get(check, address=INSIDE, kind=kind).html
    given = {"name": "In", "address": INSIDE, "method": "POST", "triggers": "saved", "state": "active", "program": ""}
    desk.post("/outbox/receiver/add/", kind="postback", partner="7", **given)
    page = desk.post("/outbox/receiver/add/", kind="webhook", partner="", **given)
    from clicktrail.control.outbox.models import Receiver

    assert list(Receiver.objects.values_list("kind", flat=True)) == ["webhook"], page.text
