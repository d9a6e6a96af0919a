"""`trace`: who asks for one thing gets all that hangs together; who asks for nothing gets the nearest help."""

from collections.abc import Iterator

import pytest
from support.cast import ANNA, BERT, OTHER_SHOP, SHOP
from support.desk import desk
from support.ledgers import Place

from clicktrail.core.clickid import Checks


@pytest.fixture
def checks(ledger: Place) -> Iterator[Checks]:
    with desk(ledger) as made:
        yield made


def _story(text: str, checks: Checks) -> str:
    from clicktrail.control.ledger import story, trace

    found = trace.look_up(text, checks)
    return "\n".join(story.lines(story.tell(found, "QC"), found.calls_left_off))


def _hints(text: str, ledger: Place, checks: Checks, backlog: int = 0) -> str:
    from clicktrail.control.ledger import missing, trace

    assert not trace.look_up(text, checks)
    return "\n".join(missing.sentences(text, checks, ledger.settings.journal_folder, backlog))


def test_clickid_order_log_and_transaction_number_tell_the_same_story(ledger: Place, checks: Checks) -> None:
    with ledger.scribe() as scribe:
        click = scribe.click("spring", ANNA, referrer="https://blog.example/a")
        pixel, server = scribe.order("A-1", scribe.clickid(click)), scribe.order("A-1", "", pid=str(ANNA))
        stranger = scribe.order("B-2", "", pid=str(BERT), nocheck="1")
        scribe.write(click, stranger, pixel, server)
    ledger.catch_up()
    number = ledger.one("SELECT number FROM ledger_transaction WHERE tid = 'A-1'")
    asked = (scribe.clickid(click), "A-1", str(pixel.id), str(server.id), str(number))
    stories = {_story(text, checks) for text in asked}
    assert len(stories) == 1
    (told,) = stories
    lines = told.splitlines()
    assert "Click on a link of partner 7 (Anna) for program 1 (Shop)" in lines[0]
    assert f"ClickID {scribe.clickid(click)}, made by node 1." in told
    assert "Sub id 'spring'." in told
    assert "It came from blog.example." in told
    assert "Product 'Sale' pays 10 % of 100.00 EUR, so 10.00 EUR." in told
    assert "Order 'A-1' was saved before as transaction" in told
    assert f"Transaction {number} for partner 7 (Anna): commission 10.00 EUR, revenue 100.00 EUR, open." in told
    assert "Bert" not in told


def test_an_order_number_of_several_programs_tells_of_all(ledger: Place, checks: Checks) -> None:
    with ledger.scribe() as scribe:
        scribe.write(
            scribe.order("A-1", "", pid=str(ANNA)),
            scribe.order("A-1", "", cpid=str(OTHER_SHOP), pid=str(ANNA), produkt="Sale"),
            scribe.order("A-1", "", cpid="4711", pid=str(ANNA)),
            scribe.order("A-1", "", cpid=""),
        )
    ledger.catch_up()
    told = _story("A-1", checks)
    for program in (f"program {SHOP} (Shop)", f"program {OTHER_SHOP} (Other)", "program '4711'", "the parameter cpid"):
        assert program in told
    assert told.count("Call GET") == 4


def test_a_number_that_is_two_things_tells_of_both(ledger: Place, checks: Checks) -> None:
    """Order number 1, and transaction 1, which is another order."""
    with ledger.scribe() as scribe:
        scribe.write(scribe.order("first", "", pid=str(ANNA)), scribe.order("1", "", pid=str(ANNA)))
    ledger.catch_up()
    told = _story("1", checks)
    assert "order 'first'" in told
    assert "order '1'" in told


def test_the_moves_of_a_transaction_are_told_with_who_and_why(ledger: Place, checks: Checks) -> None:
    from clicktrail.control.ledger.models import Move

    with ledger.scribe() as scribe:
        scribe.write(scribe.order("A-1", "", pid=str(ANNA)))
    ledger.catch_up()
    Move.objects.create(transaction_number=1, at_ms=1_800_000_000_000, from_state="open", to_state="cancelled",
                        actor="manager", reason="returned")  # fmt: skip
    assert "2027-01-15T08:00:00.000Z  open -> cancelled, by manager: 'returned'." in _story("A-1", checks)


def test_a_click_without_a_credit_says_why(ledger: Place, checks: Checks) -> None:
    with ledger.scribe() as scribe:
        click = scribe.click("", 99, outcome="unknown_partner")
        scribe.write(click)
    ledger.catch_up()
    assert "Nobody is credited: the link named no partner that exists." in _story(scribe.clickid(click), checks)


def test_more_calls_than_a_story_can_hold_are_counted(
    ledger: Place, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clicktrail.control.ledger import trace

    monkeypatch.setattr(trace, "MOST_CALLS", 3)
    with ledger.scribe() as scribe:
        scribe.write(*(scribe.order("A-1", "", pid=str(ANNA)) for _ in range(8)))
    ledger.catch_up()
    told = _story("A-1", checks)
    assert told.count("Call GET") == 3
    assert told.splitlines()[-1].startswith("5 later calls")


def test_a_mistyped_clickid_is_recognised_and_the_right_one_named(ledger: Place, checks: Checks) -> None:
    with ledger.scribe() as scribe:
        click = scribe.click()
        scribe.write(click)
    right = scribe.clickid(click)
    other = str((int(right[10]) + 1) % 10)
    swapped = next(n for n in range(8, 27) if right[n] != right[n + 1])
    for wrong in (
        right[:10] + other + right[11:],
        right[:swapped] + right[swapped + 1] + right[swapped] + right[swapped + 2 :],
        right[:12] + right[13:],
        right[:12] + right[12] + right[12:],
        right.lower(),
        right[:8] + " " + right[8:],
    ):
        assert f"One typing error away lies {right}" in _hints(wrong, ledger, checks), wrong


def test_an_invented_clickid_has_nothing_near_but_its_claims_are_told(ledger: Place, checks: Checks) -> None:
    told = _hints("QC423840809685489623456289367", ledger, checks)
    assert "its check is not" in told
    assert "claim that node" in told
    assert "One typing error" not in told
    assert "begin with QC" in _hints("XX423840809685489623456289367", ledger, checks)
    assert "has 29 characters; this one has 30" in _hints("QC4238408096854896234562893671", ledger, checks)


def test_a_genuine_clickid_without_a_click_tells_node_and_time(ledger: Place, checks: Checks) -> None:
    with ledger.scribe(node=3) as scribe:
        click = scribe.click()
    told = _hints(scribe.clickid(click), ledger, checks)
    assert "The ClickID is genuine: node 3 made it at 20" in told
    assert "nor in what is still unread" in told


def test_what_the_engine_has_not_read_yet_is_found_in_the_journal(ledger: Place, checks: Checks) -> None:
    with ledger.scribe() as scribe:
        click, call = scribe.click(), scribe.order("A-1", "", pid=str(ANNA))
        scribe.write(click, call)
    assert "Its click is in the journal" in _hints(scribe.clickid(click), ledger, checks)
    told = _hints(str(call.id), ledger, checks, backlog=2)
    assert "with this log number is in the journal" in told
    assert "2 events behind" in told


def test_an_unknown_number_says_what_was_looked_for(ledger: Place, checks: Checks) -> None:
    told = _hints("4711", ledger, checks)
    for place in ("log number", "transaction number", "order number (tid) in every program"):
        assert place in told
    assert "log number" not in _hints("A-4711", ledger, checks)


def test_another_spelling_of_an_order_is_offered(ledger: Place, checks: Checks) -> None:
    with ledger.scribe() as scribe:
        scribe.write(scribe.order("ABC-1", "", pid=str(ANNA)))
    ledger.catch_up()
    assert "There is an order 'ABC-1'" in _hints("abc-1", ledger, checks)
    assert "There is an order 'ABC-1'" in _hints("#ABC-1", ledger, checks)


def test_what_was_set_aside_says_so(ledger: Place, checks: Checks) -> None:
    from clicktrail.control.ledger.models import SetAside
    from clicktrail.journal.events import encode_batch

    with ledger.scribe() as scribe:
        click = scribe.click()
    SetAside.objects.create(identity="x" * 32, seq=1, position=0, note="too long", body=encode_batch([click]), at_ms=1)
    assert "was set aside" in _hints(scribe.clickid(click), ledger, checks)
