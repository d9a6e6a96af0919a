"""Receivers and deliveries in the console: made, checked, tested, sent again, keys changed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.office import Office, office

from clicktrail import catalogfile

POSTBACK = {
    "kind": "postback", "name": "Anna's tracker", "partner": "7", "program": "", "method": "GET",
    "address": "https://anna.example/pb?c=<% CLICKID %>&s={subid}", "triggers": ["saved", "cancelled"],
    "state": "active",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as found:
        yield found


def _add(desk: Office, **changes: Any) -> Any:
    return desk.post("/outbox/receiver/add/", **(POSTBACK | changes))


def _rows() -> list[dict[str, Any]]:
    from clicktrail.control.outbox.models import Receiver

    return list(Receiver.objects.order_by("pk").values())


def _deliveries() -> list[Any]:
    from clicktrail.control.outbox.models import Delivery

    return list(Delivery.objects.order_by("pk"))


def test_a_new_receiver_is_in_the_published_catalog_and_is_told(desk: Office) -> None:
    _add(desk)
    [receiver] = catalogfile.read(desk.settings.catalog_folder / catalogfile.CURRENT).receivers
    assert (receiver.kind, receiver.partner, receiver.program) == ("postback", 7, 0)
    assert receiver.triggers == ("saved", "cancelled")
    desk.orders("A-1")
    [delivery] = _deliveries()
    assert (delivery.key, delivery.trigger, delivery.state) == ("t1.0", "saved", "due")
    page = desk.get(f"/outbox/delivery/{delivery.pk}/change/")
    assert page.status == 200 and f"ct-1-t1-0-{delivery.call_id}" in page.text and "A-1" in page.text


def test_moves_by_hand_tell_what_is_wanted_and_once(desk: Office) -> None:
    _add(desk)
    desk.orders("A-1")
    for verb in ("confirm", "cancel", "reopen", "cancel"):
        desk.post(f"/ledger/transaction/move/{verb}/", numbers="1", reason="because")
    assert [(d.key, d.trigger, json.loads(d.facts)["status"]) for d in _deliveries()] == [
        ("t1.0", "saved", "open"),
        ("t1.2", "cancelled", "cancelled"),
        ("t1.4", "cancelled", "cancelled"),
    ]
    assert len({d.call_id for d in _deliveries()}) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"address": "https://a.example/?x={subbid}"}, "Did you mean <% SUBID %>?"),
        ({"address": "https://{subid}.example/"}, "no host that can be read"),
        ({"address": "https://a.example{subid}/"}, "no placeholder may choose it"),
        ({"address": "http://127.0.0.1/"}, "127.0.0.1 is loopback"),
        ({"address": "http://[::ffff:10.0.0.1]/"}, "is private"),
        ({"address": "https://a.example:8443/"}, "Port 8443 is not called"),
        ({"address": "https://u:p@a.example/"}, "leave them out"),
        ({"address": "javascript:alert(1)"}, "must begin with"),
        ({"address": "https://a.example/#{tid}"}, "fragment"),
        ({"partner": ""}, "A postback needs its partner."),
        ({"triggers": ["conflict"]}, '"conflict" is nothing that a postback is told of'),
        ({"kind": "webhook"}, "A webhook is no partner's"),
        ({"triggers": []}, "This field is required."),
    ],
)
def test_what_cannot_be_is_said_at_once(desk: Office, changes: dict[str, Any], sentence: str) -> None:
    page = _add(desk, **changes)
    assert sentence in page.text and not _rows()


def test_the_address_is_checked_while_it_is_typed(desk: Office) -> None:
    def said(address: str) -> dict[str, str]:
        return json.loads(desk.get("/outbox/receiver/check/", address=address).html)

    assert said("https://a.example/?t={tid}&r=<%REVENUE%>") == {"filled": "https://a.example/?t=4711&r=95.50"}
    assert "nothing like" not in said("https://a.example/?t={tidd}")["fault"]
    assert "Did you mean <% TID %>?" in said("https://a.example/?t={tidd}")["fault"]


def test_the_test_button_makes_a_delivery_whatever_the_triggers(desk: Office) -> None:
    _add(desk)
    page = desk.post("/outbox/receiver/1/do/test/")
    [delivery] = _deliveries()
    assert page.address == f"/outbox/delivery/{delivery.pk}/change/" and delivery.trigger == "test"
    assert "Nothing was sent yet" in page.text
    assert desk.get("/outbox/receiver/1/do/test/").status == 404


def test_another_key_is_another_secret_and_both_are_shown(desk: Office) -> None:
    from clicktrail.control.outbox import desk as work
    from clicktrail.control.outbox.models import Receiver

    _add(desk, kind="webhook", partner="", triggers=["saved", "conflict"])
    receiver = Receiver.objects.get()
    first, second = work.secret(receiver, 1), work.secret(receiver, 2)
    assert first.startswith("whsec_") and first != second
    assert first in desk.get("/outbox/receiver/1/change/").text
    page = desk.post("/outbox/receiver/1/do/rotate/")
    assert "Key 2 is in force" in page.text and first in page.text and second in page.text
    assert Receiver.objects.get().rotated_ms > 0


def test_sending_again_keeps_the_delivery_id(desk: Office) -> None:
    from clicktrail.control.outbox import desk as work
    from clicktrail.control.outbox.models import Delivery

    _add(desk)
    desk.orders("A-1")
    Delivery.objects.update(state="given_up", attempts=9, done_ms=5, since_ms=0)
    before = work.name_of(_deliveries()[0])
    page = desk.post(f"/outbox/delivery/{_deliveries()[0].pk}/again/")
    [delivery] = _deliveries()
    assert "It is sent again" in page.text and work.name_of(delivery) == before
    assert (delivery.state, delivery.attempts, delivery.done_ms) == ("due", 0, None) and delivery.since_ms > 0
    found = desk.post(
        "/outbox/delivery/", action="send_again", _selected_action=[str(delivery.pk)], select_across="0", index="0"
    )
    assert "1 deliveries are sent again" in found.text


def test_starting_afresh_forgets_what_the_courier_thinks(desk: Office) -> None:
    from clicktrail.control.outbox.models import Standing

    _add(desk)
    version = catalogfile.read(desk.settings.catalog_folder / catalogfile.CURRENT).version
    Standing.objects.create(receiver_id=1, state="down", why="It answered 500.", failures=12, since_ms=1, probe_ms=2)
    page = desk.get("/outbox/receiver/1/change/")
    assert "Paused by itself" in page.text and "It answered 500." in page.text
    desk.post("/outbox/receiver/1/do/resume/")
    assert not Standing.objects.exists()
    assert catalogfile.read(desk.settings.catalog_folder / catalogfile.CURRENT).version > version


def test_lists_are_shown_and_filtered(desk: Office) -> None:
    _add(desk)
    _add(desk, kind="webhook", partner="", name="Back office", triggers=["saved"])
    desk.orders("A-1", "A-2")
    assert "Anna's tracker" in desk.get("/outbox/receiver/").text
    page = desk.get("/outbox/delivery/", receiver="2", state="due")
    assert page.text.count("Back office (2)") >= 2 and page.status == 200
    assert desk.get("/outbox/delivery/", q="2").status == 200


def test_no_move_without_its_delivery(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The delivery is written in the move's own transaction: where it cannot be, nothing moves."""
    from django.db import connection

    from clicktrail.control.ledger import moves
    from clicktrail.control.ledger.models import Move, Transaction

    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    _add(desk)
    desk.orders("A-1")
    monkeypatch.setattr(moves.outbox, "put", fail)
    with pytest.raises(RuntimeError):
        moves.move(connection, 1, "cancel", "mona", "because", 1)
    assert Transaction.objects.get().state == "open" and not Move.objects.exists()
