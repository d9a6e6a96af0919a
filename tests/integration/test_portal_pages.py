"""What a partner's pages say: figures, transactions with state and reason, traces without what is the house's, files,
postbacks with their limits. Whose data they are is tested in test_portal_isolation.py."""

import csv
import html
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from support.office import Office, office

ANNA = 7
ORDERS = 55
WHY = "Sent back after two days"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """55 orders of Anna's: one cancelled with a reason by mona, one paid, one confirmed with a word for the house."""
    with office(tmp_path_factory.mktemp("portal") / "data") as made:
        made.orders(*(f"A-{n}" for n in range(ORDERS)), cpid="1", produkt="Lead", secret_param="shop-inside")
        _move("A-0", "cancel", WHY)
        _move("A-1", "confirm", "for the house alone")
        _move("A-2", "confirm", "")
        _move("A-2", "pay", "")
        yield made


@pytest.fixture(scope="module")
def anna(desk: Office) -> Any:
    from django.test import Client

    from clicktrail.control.accounts.models import Account, Role

    client = Client(SERVER_NAME="localhost")
    client.force_login(Account.objects.create_user("anna@x.example", role=Role.PARTNER, partner_id=ANNA))
    return client


def _move(tid: str, verb: str, reason: str) -> None:
    from django.db import connection

    from clicktrail import heartbeat
    from clicktrail.control.ledger import moves

    moves.move(connection, _number(tid), verb, "mona", reason, heartbeat.now_ms())


def _number(tid: str) -> int:
    from clicktrail.control.ledger.models import Transaction

    return int(Transaction.objects.get(tid=tid).number)


def _text(answer: Any) -> str:
    shown = re.sub(r"<(script|style|head).*?</\1>", "", answer.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", shown)).split())


def _orders(text: str) -> list[str]:
    return re.findall(r"\bA-\d+\b", text)


def _rows(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_the_list_goes_on_by_key_and_the_file_has_it_all(anna: Any) -> None:
    first = anna.get("/partner/transactions/")
    shown = _orders(_text(first))
    assert len(shown) == 50 and shown[0] == f"A-{ORDERS - 1}"
    more = re.search(r'href="(\?after=[^"]+)"', first.content.decode())
    assert more is not None
    rest = _orders(_text(anna.get("/partner/transactions/" + html.unescape(more[1]))))
    assert len({*shown, *rest}) == ORDERS and len(shown) + len(rest) == ORDERS
    file = _rows(anna.get("/partner/transactions.csv"))
    assert [row[1] for row in file[1:]] == [*shown, *rest]
    cancelled = dict(zip(file[0], file[-1], strict=True))
    assert (cancelled["State"], cancelled["Why"], cancelled["Commission"]) == ("cancelled", WHY, "2.50")


def test_no_question_for_each_row(desk: Office, anna: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked(query: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            anna.get(f"/partner/transactions/{query}")
        return len(seen)

    assert asked("?state=open") == asked("?state=held") + 2, "fifty rows ask for two lists of names more than none"
    assert asked("") < 20


@pytest.mark.parametrize(
    ("query", "orders"),
    [
        ("state=cancelled", ["A-0"]), ("state=paid", ["A-2"]), ("q=A-17", ["A-17"]), ("q=a-17", []),
        ("subid=sub-2", []), ("from=2999-01-01", []), ("to=2020-01-01", []), ("state=paid&q=A-0", []),
        ("program=5", []), ("program=1&state=confirmed", ["A-1"]), ("q=%27", []), ("after=x", None),
        ("from=0001-01-01&to=0001-01-01", []), ("from=9999-12-31&to=9999-12-31", []),
    ],
)  # fmt: skip
def test_finding(anna: Any, query: str, orders: list[str] | None) -> None:
    """A filter that is none is none; the file has what is seen."""
    answer = anna.get(f"/partner/transactions/?{query}")
    assert answer.status_code == 200
    if orders is not None:
        assert _orders(answer.content.decode().partition("<tbody>")[2]) == orders
        assert [row[1] for row in _rows(anna.get(f"/partner/transactions.csv?{query}"))[1:]] == orders


def test_a_clickid_finds_its_order_and_a_click_without_one_its_trace(desk: Office, anna: Any) -> None:
    from support.scribe import Scribe

    assert _orders(_text(anna.get("/partner/transactions/", {"q": desk.clickids["A-3"]})).partition("State")[2])
    with Scribe(desk.settings.data, 2) as scribe:
        click = scribe.click("lonely", ANNA)
        clickid = scribe.clickid(click)
        scribe.write(click)
    desk.judge()
    assert "This click led to no transaction." in _text(anna.get("/partner/transactions/", {"q": clickid}))
    told = _text(anna.get(f"/partner/clicks/{clickid}/"))
    assert "A click on your link." in told and "Subid 'lonely'." in told


@pytest.mark.parametrize(
    ("tid", "words"),
    [
        ("A-0", f"Cancelled {WHY}"), ("A-1", "It is paid with the next payout."), ("A-2", "Your commission is paid."),
        ("A-3", "The shop has reported the order, and confirms or cancels it later."),
    ],
)  # fmt: skip
def test_the_state_is_said_in_words(anna: Any, tid: str, words: str) -> None:
    assert words in _text(anna.get(f"/partner/transactions/{_number(tid)}/"))


def test_what_is_on_hold_says_what_it_waits_for() -> None:
    from clicktrail.control.portal.seen import why_of

    assert why_of("held", "") == "It waits for a proof from the shop that the order is genuine."
    assert why_of("cancelled", "") == "The shop gave no reason."


def test_a_trace_tells_nothing_that_is_the_houses(desk: Office, anna: Any) -> None:
    """Who moved it, reasons of other moves, parameters of the shop's calls, addresses, agents, full referrers."""
    for tid in ("A-0", "A-1"):
        page = anna.get(f"/partner/transactions/{_number(tid)}/").content.decode()
        assert "A call that reports this order." in page and "blog.example" in page
        for word in ("mona", "for the house alone", "shop-inside", "secret_param", "blog.example/post", "Mozilla"):
            assert word not in page, (tid, word)
        assert not re.search(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", page), tid


def test_every_page_has_the_same_sums(anna: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """54 orders of 2.50 count: the cancelled one is in no sum. The clock stands at the time of the orders."""
    from clicktrail.control.ledger.models import Transaction

    at_ms = Transaction.objects.get(tid="A-0").created_ms
    monkeypatch.setattr("clicktrail.heartbeat.now_ms", lambda: at_ms)
    assert "135.00 EUR" in _text(anna.get("/partner/?period=today"))
    for by in ("day", "week", "month", "program", "creative", "product", "subid", "referrer"):
        text = _text(anna.get(f"/partner/reports/?by={by}&period=7d"))
        assert "135.00 EUR" in text, by
        rows = _rows(anna.get(f"/partner/reports.csv?by={by}&period=7d"))
        assert sum(int(row[3]) for row in rows[1:]) == ORDERS - 1, by


def test_a_report_that_cannot_be_says_why(anna: Any) -> None:
    answer = anna.get("/partner/reports/?from=2026-01-02&to=2026-01-01")
    assert "The last day lies before the first one." in _text(answer)
    assert anna.get("/partner/reports.csv?from=2026-01-02&to=2026-01-01").status_code == 200


def _postback(anna: Any, **given: Any) -> Any:
    fields = {"name": "T", "address": "https://t.example/?c=<% CLICKID %>", "method": "GET", "state": "active"}
    return anna.post("/partner/postbacks/new/", {**fields, "program": "", "triggers": ["saved"], **given})


def test_a_postback_is_checked_told_and_limited(desk: Office, anna: Any) -> None:
    from clicktrail.control.outbox.models import Delivery, Receiver
    from clicktrail.control.portal.postbacks import MAX_OWN_POSTBACKS, MAX_TESTS_AN_HOUR

    wrong = _text(_postback(anna, address="http://127.0.0.1/?c=<% NOPE %>", triggers=[]))
    assert "NOPE" in wrong and "Choose at least one event." in wrong
    assert "All programs" in wrong and "Yen shop" not in wrong, "only programs that are his"
    assert "is not one of the available choices" in _text(_postback(anna, program="5"))
    assert _postback(anna).status_code == 302
    row = Receiver.objects.get(partner_id=ANNA)
    assert (row.kind, row.program, row.triggers) == ("postback", None, ["saved"])
    desk.orders("NEW-1", cpid="1", produkt="Lead")
    log = _text(anna.get(f"/partner/postbacks/{row.pk}/log/"))
    assert "a transaction was created" in log and "Waiting to be sent" in log
    assert "Your postback T: a transaction was created." in _text(
        anna.get(f"/partner/transactions/{_number('NEW-1')}/")
    )
    for _ in range(MAX_TESTS_AN_HOUR + 3):
        anna.post(f"/partner/postbacks/{row.pk}/do/test/")
    assert Delivery.objects.filter(receiver_id=row.pk, trigger="test").count() == MAX_TESTS_AN_HOUR
    for _ in range(MAX_OWN_POSTBACKS + 2):
        _postback(anna)
    assert Receiver.objects.filter(partner_id=ANNA).count() == MAX_OWN_POSTBACKS
    for deed in ("rotate", "resume", "delete"):
        assert anna.post(f"/partner/postbacks/{row.pk}/do/{deed}/").status_code == 302
    assert not Receiver.objects.filter(pk=row.pk).exists()


def test_an_answers_text_is_hidden_where_a_postback_could_reach_the_house(desk: Office, anna: Any) -> None:
    import msgspec
    from django.conf import settings

    from clicktrail.control.outbox.models import Attempt, Delivery, Receiver

    row = Receiver.objects.filter(partner_id=ANNA).last()
    anna.post(f"/partner/postbacks/{row.pk}/do/test/")
    sent = Delivery.objects.create(receiver_id=row.pk, key="x", trigger="test", call_id=0, facts="{}",
                                   created_ms=1, since_ms=1, due_ms=1)  # fmt: skip
    Attempt.objects.create(delivery_id=sent.pk, at_ms=1, stage="answer", address="https://t.example/", status=200,
                           answer="inner secret", took_ms=3, fault="")  # fmt: skip
    page = f"/partner/postbacks/{row.pk}/deliveries/{sent.pk}/"
    assert "inner secret" in _text(anna.get(page))
    before = settings.CLICKTRAIL
    settings.CLICKTRAIL = msgspec.structs.replace(before, postback_networks=("10.0.0.0/8",))
    try:
        text = _text(anna.get(page))
    finally:
        settings.CLICKTRAIL = before
    assert "Your server answered 200 after 3 ms." in text and "inner secret" not in text


def test_his_language_zone_and_address(anna: Any) -> None:
    from clicktrail.control.accounts.models import Account

    given = {"person": "1", "email": "new@x.example", "language": "de", "time_zone": "Asia/Tokyo"}
    assert anna.post("/partner/account/", given).status_code == 302
    row = Account.objects.get(username="anna@x.example")
    assert (row.email, row.language, row.time_zone) == ("new@x.example", "de", "Asia/Tokyo")
    page = anna.get("/partner/").content.decode()
    assert '<html lang="de">' in page and "JST" in page and "135,00" in page or "137,50" in page
    assert anna.post("/partner/account/", {**given, "email": "nobody"}).status_code == 200
