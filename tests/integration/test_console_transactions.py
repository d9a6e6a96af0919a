"""Transactions -> Edit: find, read, move, create by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.office import MANAGER, Office, office

LIST = "/ledger/transaction/"
BY_HAND = "/ledger/transaction/by-hand/"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as found:
        yield found


def rows(desk: Office, **query: str) -> list[str]:
    """Order numbers in the list."""
    page = desk.get(LIST, **query)
    assert page.status == 200
    return [word for word in page.text.split() if word.startswith("ORDER-")]


def state(number: int) -> str:
    from clicktrail.control.ledger.models import Transaction

    return Transaction.objects.get(pk=number).state


def history(number: int) -> list[tuple[str, str, str, str]]:
    from clicktrail.control.ledger.models import Move

    rows = Move.objects.filter(transaction_number=number).order_by("pk")
    return list(rows.values_list("from_state", "to_state", "actor", "reason"))


def test_the_list_says_who_what_and_how_much(desk: Office) -> None:
    desk.orders("ORDER-1")
    desk.orders("ORDER-2", partner=2)
    page = desk.get(LIST)
    assert "ORDER-1 Anna <b> (7) sub-1 Sale 100.00 EUR 10.00 EUR Open" in page.text
    assert "ORDER-2 Test partner (2) sub-1 Sale 100.00 EUR 10.00 EUR Open Test" in page.text
    assert "Anna &lt;b&gt;" in page.html, "what people typed is text, never markup"


def test_a_longer_list_takes_no_more_queries(desk: Office) -> None:
    desk.orders("ORDER-1", "ORDER-2")
    short = desk.get(LIST).queries
    desk.orders(*(f"ORDER-{n}" for n in range(3, 33)))
    long = desk.get(LIST)
    assert long.text.count("ORDER-") == 32
    assert long.queries == short <= 15


@pytest.mark.parametrize("what", ["order", "clickid", "number"])
def test_search(desk: Office, what: str) -> None:
    desk.orders("ORDER-1", "ORDER-2", "ORDER-33")
    terms = {"order": "ORDER-33", "clickid": desk.clickids["ORDER-33"], "number": "3"}
    assert rows(desk, q=terms[what]) == ["ORDER-33"]


def test_the_beginning_of_an_order_number_finds_it(desk: Office) -> None:
    desk.orders("ORDER-1", "ORDER-21", "ORDER-22")
    assert rows(desk, q="ORDER-2") == ["ORDER-22", "ORDER-21"]
    assert rows(desk, q="ORDER-1") == ["ORDER-1"]


def test_filters(desk: Office) -> None:
    desk.orders("ORDER-1", "ORDER-2")
    desk.orders("ORDER-3", partner=2)
    desk.post(f"{LIST}move/confirm/", numbers="1", reason="ok")
    assert rows(desk, partner="2") == ["ORDER-3"]
    assert rows(desk, program="5") == []
    assert rows(desk, state="confirmed") == ["ORDER-1"]
    assert rows(desk, test="no") == ["ORDER-2", "ORDER-1"]
    assert rows(desk, test="only") == ["ORDER-3"]
    assert rows(desk, day_from="2020-01-01", day_to="2020-01-02") == []
    assert len(rows(desk, day_from="2020-01-01")) == 3
    assert len(rows(desk, day_from="no day", program="x")) == 3


def test_the_day_begins_in_the_programs_zone(desk: Office) -> None:
    desk.orders("ORDER-1", "ORDER-2")
    from clicktrail.control.ledger.models import Transaction

    # 2026-03-31 22:30 UTC is the first of April in Berlin.
    Transaction.objects.filter(pk=1).update(created_ms=1_774_996_200_000)
    Transaction.objects.filter(pk=2).update(created_ms=1_780_000_000_000)
    assert rows(desk, program="1", day_from="2026-04-01", day_to="2026-04-01") == ["ORDER-1"]
    assert rows(desk, program="1", day_to="2026-03-31") == []
    page = desk.get(LIST, program="1")
    assert "2026-04-01 00:30 CEST" in page.text and 'title="2026-03-31 22:30:00 UTC"' in page.html
    assert "2026-03-31 22:30 UTC" in desk.get(LIST).text, "rows of two programs are told in one zone"


def test_one_transaction_tells_its_whole_story(desk: Office) -> None:
    desk.orders("ORDER-1")
    page = desk.get(f"{LIST}1/change/")
    for part in (desk.clickids["ORDER-1"], "sub-1", "blog.example", "Sale (10 %)", "log number", "Garden shop (1)"):
        assert part in page.text
    assert "10 % of 100.00 EUR" in page.text
    assert "Nobody has moved it yet" in page.text


@pytest.mark.parametrize("number", ["2", "0", "x", "9" * 30])
def test_no_such_transaction(desk: Office, number: str) -> None:
    page = desk.get(f"{LIST}{number}/change/")
    assert page.status == 404 and "There is no such page" in page.text


def test_a_move_needs_a_reason_and_keeps_who_and_why(desk: Office) -> None:
    desk.orders("ORDER-1")
    asked = desk.get(f"{LIST}move/confirm/", numbers="1")
    assert "ORDER-1" in asked.text and "Reason" in asked.text
    again = desk.post(f"{LIST}move/confirm/", numbers="1", reason=" ")
    assert "This field is required." in again.text and state(1) == "open"
    done = desk.post(f"{LIST}move/confirm/", numbers="1", reason="Goods <i>kept</i>")
    assert done.address == f"{LIST}1/change/"
    assert "Transaction 1 was confirmed." in done.text
    assert history(1) == [("open", "confirmed", MANAGER, "Goods <i>kept</i>")]
    assert "open → confirmed mona Goods <i>kept</i>" in done.text


def test_looking_moves_nothing(desk: Office) -> None:
    desk.orders("ORDER-1")
    desk.get(f"{LIST}move/cancel/", numbers="1", reason="by address")
    assert state(1) == "open"


def test_only_what_the_life_cycle_allows_is_offered_and_done(desk: Office) -> None:
    desk.orders("ORDER-1")
    page = desk.get(f"{LIST}1/change/")
    assert "/move/confirm/" in page.html and "/move/pay/" not in page.html
    refused = desk.post(f"{LIST}move/pay/", numbers="1", reason="too early")
    assert "Transaction 1 was left as it is. It is open: confirm it first." in refused.text
    assert state(1) == "open" and history(1) == []
    assert desk.get(f"{LIST}move/explode/", numbers="1").status == 404


def test_many_at_once(desk: Office) -> None:
    desk.orders("ORDER-1", "ORDER-2", "ORDER-3")
    desk.post(f"{LIST}move/cancel/", numbers="2", reason="returned")
    asked = desk.post(f"{LIST}move/confirm/", n=["1", "2", "3"])
    assert "2 transactions will change" in asked.text and "1 is left as it is." in asked.text
    assert 'name="numbers" value="1,3"' in asked.html and "It is cancelled: reopen it first." in asked.text
    assert state(1) == "open"
    done = desk.post(f"{LIST}move/confirm/", numbers="1,2,3", reason="statement 7", back="state=open")
    assert done.address == LIST
    assert "2 transactions were confirmed." in done.text
    assert "Transaction 2 was left as it is. It is cancelled: reopen it first." in done.text
    assert [state(n) for n in (1, 2, 3)] == ["confirmed", "cancelled", "confirmed"]


def test_the_whole_life(desk: Office) -> None:
    desk.orders("ORDER-1")
    for verb in ("confirm", "pay", "cancel", "reopen"):
        desk.post(f"{LIST}move/{verb}/", numbers="1", reason=verb)
    assert [(a, b) for a, b, _, _ in history(1)] == [
        ("open", "confirmed"),
        ("confirmed", "paid"),
        ("paid", "cancelled"),
        ("cancelled", "open"),
    ]


def test_nothing_can_be_typed_over_or_deleted(desk: Office) -> None:
    desk.orders("ORDER-1")
    assert desk.get(f"{LIST}add/").status == 403
    assert desk.get(f"{LIST}1/delete/").status == 403
    desk.post(f"{LIST}1/change/", commission_minor="1", state="paid")
    desk.post(LIST, action="delete_selected", _selected_action=["1"], post="yes")
    assert state(1) == "open"


def test_by_hand_goes_through_the_same_judge(desk: Office) -> None:
    desk.orders("ORDER-1")
    with desk.engine_running():
        page = desk.post(BY_HAND, cpid="1", tid="HAND-1", umsatz="95.50", pid="7", subid="phone")
    assert page.address == f"{LIST}2/change/"
    assert "Saved as transaction 2" in page.text and "By hand" in page.text
    assert f"Entered by hand by {MANAGER}" in page.text
    from clicktrail.control.ledger.models import Postback, Transaction

    made = Transaction.objects.get(pk=2)
    assert (made.manual, made.partner_id, made.commission_minor, made.subid) == (True, 7, 955, "phone")
    call = Postback.objects.get(pk=made.postback_id)
    assert (call.source, call.actor) == ("console", MANAGER)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"tid": "ORDER-1", "pid": "7", "umsatz": "100.00"}, "was saved before as transaction 1"),
        ({"tid": "HAND-1", "pid": "99", "umsatz": "1"}, "There is no partner"),
        ({"tid": "HAND-1", "pid": "7", "umsatz": "1.234,56"}, "cannot be read"),
        ({"tid": "HAND-1", "pid": "7", "umsatz": "1", "produkt": "sale"}, "no commission product"),
        ({"tid": "HAND-1", "pid": "7", "umsatz": "1", "currency": "usd"}, "The currency of the call is USD"),
        ({"tid": "HAND-1", "umsatz": "1"}, "neither a ClickID nor a partner"),
    ],
)
def test_by_hand_is_refused_with_the_judges_sentence(desk: Office, fields: dict[str, str], sentence: str) -> None:
    desk.orders("ORDER-1")
    with desk.engine_running():
        page = desk.post(BY_HAND, cpid="1", **fields)
    assert page.address == BY_HAND
    assert "Not saved." in page.text and sentence in page.text
    assert f'value="{fields["tid"]}"' in page.html, "what was typed is still there"


def test_by_hand_without_an_engine_is_late_not_lost(tmp_path: Path) -> None:
    with office(tmp_path, verdict_patience_ms=100) as desk:
        page = desk.post(BY_HAND, cpid="1", tid="HAND-1", umsatz="10", pid="7")
        assert page.address == "/ledger/postback/"
        assert "stored but not judged yet" in page.text
        desk.judge()
        assert "HAND-1" in desk.get(LIST).text


def test_by_hand_needs_an_order_number(desk: Office) -> None:
    page = desk.post(BY_HAND, cpid="1", tid="", umsatz="10", pid="7")
    assert "This field is required." in page.text
    desk.judge()
    from clicktrail.control.ledger.models import Postback

    assert Postback.objects.count() == 0
