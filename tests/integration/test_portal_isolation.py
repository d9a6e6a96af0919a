"""A partner never sees another partner's anything: asked of every address that the URL resolver knows of the portal.

Two partners, Anna and Ben, each with orders, a postback, deliveries and an account; everything of Ben's carries a word
that stands nowhere else. Anna asks every page, with every number and word of Ben's in every place of its address and in
its parameters, by GET and by POST. A page that is added is asked as well.
"""

import html
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.office import Office, office

ANNA, BEN = 7, 8
WORDS = ("bens-own", "BEN-1", "BEN-2", "Ben Zebra", "zebra.example", "bens-creative", "1,234.56", "7654.32")
"""What is Ben's; none of it may stand on a page of Anna's."""
STOLEN = {
    "name": "stolen", "address": "https://thief.example/", "method": "GET", "triggers": ["saved"], "state": "active",
    "partner": "8", "partner_id": "8", "pid": "8", "person": "1", "email": "thief@x.example", "session": "x",
}  # fmt: skip
"""What would change something, if it were let."""
SETUP = """
[[partner]]
id = 8
name = "Ben Zebra"
[[partner.approval]]
program = 1
products = ["*"]
"""


@dataclass
class House:
    office: Office
    anna: Any
    ben: Any
    clients: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    """Name of a place in an address -> Ben's values for it."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with office(tmp_path_factory.mktemp("isolation") / "data") as desk:
        from clicktrail.control.catalog.apply import apply

        apply(SETUP, "ben.toml")
        desk.orders("ANNA-1", "ANNA-2", partner=ANNA, cpid="1", produkt="Lead")
        desk.orders("BEN-1", "BEN-2", partner=BEN, cpid="1", produkt="Lead", umsatz="1234.56", subid="bens-own")
        made = House(desk, _account("anna@x.example", ANNA), _account("ben@zebra.example", BEN))
        _settle(made)
        yield made


def _account(mail: str, partner: int) -> Any:
    from clicktrail.control.accounts.models import Account, Role

    return Account.objects.create_user(mail, mail, "correct horse battery", role=Role.PARTNER, partner_id=partner)


def _client(account: Any) -> Any:
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(account)
    return client


def _settle(house: House) -> None:
    """A postback with deliveries for each of them; Ben's numbers are noted."""
    from clicktrail.control.ledger.models import Transaction
    from clicktrail.control.outbox import desk
    from clicktrail.control.outbox.models import Receiver
    from clicktrail.control.portal.models import Application

    for number, word in ((ANNA, "annas-own"), (BEN, "bens-own")):
        row = Receiver(kind="postback", partner_id=number, name=word, triggers=["saved"])
        row.address = f"https://{word}.example/?c=<% CLICKID %>"
        row.save()
        sent = desk.send_test(row)
        if number == BEN:
            house.keys |= {"receiver": [str(row.pk)], "key": [str(sent.pk)]}
    asked = Application.objects.create(
        account_id=house.ben.pk, name="Ben Zebra", email="ben@zebra.example", website="https://zebra.example",
        traffic="bens-own", terms_version=1, at_ms=1,
    )  # fmt: skip
    orders = Transaction.objects.filter(partner_id=BEN).values_list("pk", flat=True)
    house.keys["number"] = [*house.keys.pop("receiver"), *map(str, orders), str(BEN), str(asked.pk)]
    house.keys["clickid"] = [house.office.clickids["BEN-1"]]
    house.clients = {"anna": _client(house.anna), "ben": _client(house.ben)}


def _patterns() -> list[tuple[str, str]]:
    """(name, address with {places}) of every page of the portal."""
    from django.urls import get_resolver

    portal = next(each for each in get_resolver().url_patterns if getattr(each, "app_name", "") == "portal")
    return [(str(each.name), "/partner/" + _shape(each)) for each in _flat(portal.url_patterns)]


def _flat(patterns: Any) -> Iterator[Any]:
    for each in patterns:
        if hasattr(each, "url_patterns"):
            yield from _flat(each.url_patterns)
        else:
            yield each


def _shape(pattern: Any) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda place: "{" + place[1] + "}", str(pattern.pattern))


def _addresses(house: House, address: str) -> list[str]:
    """Every way to put Ben's into the address."""
    places = re.findall(r"{(\w+)}", address)
    every = sorted({value for values in house.keys.values() for value in values})
    values = [house.keys.get(place) or ["test", "delete", "rotate", "resume", *every] for place in places]
    return [address.format(**dict(zip(places, each, strict=True))) for each in itertools.product(*values)]


def _parameters(house: House) -> list[dict[str, str]]:
    """Few, each with as much of his as one address can hold: a page is slow enough."""
    his = {"partner": str(BEN), "pid": str(BEN), "partner_id": str(BEN), "as_partner": str(BEN), "receiver": "2"}
    his |= {"account": str(house.ben.pk), "number": house.keys["number"][0], "before": "99999", "after": "9-9"}
    return [
        {**his, "q": "BEN-1", "by": "subid", "period": "30d"},
        {**his, "q": house.keys["clickid"][0], "by": "creative", "program": "1"},
        {**his, "q": house.keys["number"][1], "subid": "bens-own", "session": "x", "others": "1"},
    ]


def _text(answer: Any) -> str:
    body = answer.getvalue() if answer.streaming else answer.content
    return html.unescape(body.decode("utf-8", "replace"))


def _own_words(given: dict[str, str], address: str) -> set[str]:
    """What a page may repeat because Anna has just typed it."""
    typed = " ".join([*given.values(), address])
    return {word for word in WORDS if word in typed}


def test_no_page_shows_her_anything_of_his(house: House) -> None:
    anna = house.clients["anna"]
    asked = 0
    for name, address in _patterns():
        if name == "leave":
            continue
        for path in _addresses(house, address):
            for given in [{}] if "{" in address else [{}, *_parameters(house)]:
                answer = anna.get(path, given)
                seen = set(filter(_text(answer).__contains__, WORDS)) - _own_words(given, path)
                assert not seen, (path, given, seen)
                asked += 1
            if path in _his_pages(house):
                assert answer.status_code in (404, 405), (path, answer.status_code)
    assert asked > 100


def _his_pages(house: House) -> set[str]:
    """Those that would show him what they are about."""
    receiver, first, second = house.keys["number"][:3]
    delivery = house.keys["key"][0]
    return {
        f"/partner/transactions/{first}/", f"/partner/transactions/{second}/", f"/partner/postbacks/{receiver}/",
        f"/partner/postbacks/{receiver}/log/", f"/partner/postbacks/{receiver}/deliveries/{delivery}/",
        f"/partner/clicks/{house.keys['clickid'][0]}/",
    }  # fmt: skip


def test_the_words_are_really_his(house: House) -> None:
    """Else the test above would look for what stands nowhere."""
    pages = ("/partner/transactions/", "/partner/postbacks/", "/partner/reports/?by=subid", "/partner/account/")
    answers = [house.clients["ben"].get(page) for page in (*pages, *sorted(_his_pages(house)))]
    assert {answer.status_code for answer in answers} == {200}
    text = " ".join(map(_text, answers))
    assert {"bens-own", "BEN-1", "BEN-2", "Ben Zebra", "1,234.56"} <= set(filter(text.__contains__, WORDS))


def test_nothing_of_his_is_changed_by_her(house: House) -> None:
    before = _his_rows(house)
    for name, address in _patterns():
        if name in ("leave", "join"):
            continue
        for path in _addresses(house, address):
            house.clients["anna"].post(path, {**_parameters(house)[-1], **STOLEN})
            assert _his_rows(house) == before, path
    assert _his_rows(house) == before
    house.clients["anna"].force_login(house.anna)


def _his_rows(house: House) -> list[Any]:
    from clicktrail.control.accounts.models import Account, Session
    from clicktrail.control.catalog.models import Partner
    from clicktrail.control.ledger.models import Move, Transaction
    from clicktrail.control.outbox.models import Delivery, Receiver
    from clicktrail.control.portal.models import Application

    receivers = list(Receiver.objects.filter(partner_id=BEN).values())
    tables = [
        Transaction.objects.filter(partner_id=BEN),
        Delivery.objects.filter(receiver_id__in=[row["id"] for row in receivers]),
        Account.objects.filter(pk=house.ben.pk),
        Session.objects.filter(account=house.ben),
        Partner.objects.filter(pk=BEN),
        Application.objects.filter(account_id=house.ben.pk),
        Move.objects.all(),
    ]
    return [receivers, *(list(rows.order_by("pk").values()) for rows in tables)]


def test_every_page_is_wrapped_or_open_to_anybody(house: House) -> None:
    """A stranger is sent to sign in, a manager who is nobody's guest finds nothing."""
    from django.test import Client

    from clicktrail.control.portal.urls import OPEN

    opened = {each.name for each in OPEN} | {"leave"}
    for name, address in _patterns():
        if name in opened:
            continue
        path = re.sub(r"{\w+}", "1", address)
        stranger, manager = Client(SERVER_NAME="localhost").get(path), house.office.client.get(path)
        assert stranger.status_code == 302 and stranger["Location"].startswith("/login/?next="), path
        assert manager.status_code == 404, path
    assert opened == {"join", "joined", "terms", "terms_version", "leave"}


def test_a_guest_reads_and_changes_nothing(house: House) -> None:
    """Somebody of the house signed in as Ben: reading works and says so, nothing else does."""
    client = _guest(house, BEN)
    page = client.get("/partner/transactions/")
    assert "BEN-1" in _text(page) and "You, mona, look at the pages of" in _text(page) and "Leave" in _text(page)
    before = _his_rows(house)
    for name, address in _patterns():
        if name in ("leave", "join"):
            continue
        for path in _addresses(house, address):
            answer = client.post(path, {"name": "x", "address": "https://x.example/", "person": "1", "others": "1"})
            assert answer.status_code in (403, 404, 405), (path, answer.status_code)
    assert _his_rows(house) == before
    assert "secret" not in _text(client.get(f"/partner/postbacks/{house.keys['number'][0]}/")).lower()
    left = client.post("/partner/leave/")
    assert left.status_code == 302 and left["Location"] == f"/catalog/partner/{BEN}/change/"
    assert client.get("/partner/transactions/").status_code == 404


def test_a_reader_and_a_forged_session_are_nobodys_guest(house: House) -> None:
    from clicktrail.control.accounts.models import Account, Role

    reader = Account.objects.create_user("rita", password="x", is_staff=True, role=Role.READER)
    for account in (reader, house.anna):
        client = _client(account)
        session = client.session
        session["as_partner"] = BEN
        session.save()
        assert "BEN-1" not in _text(client.get("/partner/transactions/")), account


def test_a_guest_sees_no_more_than_his_own_programs(house: House) -> None:
    from clicktrail.control.accounts.models import Account, Role

    few = Account.objects.create_user("max", password="x", is_staff=True, role=Role.MANAGER, programs=[5])
    client = _client(few)
    session = client.session
    session["as_partner"] = BEN
    session.save()
    pages = ("", "transactions/", "transactions.csv", "reports/?by=subid", "reports.csv?by=subid", "postbacks/")
    for page in pages:
        text = _text(client.get(f"/partner/{page}"))
        assert not {"BEN-1", "bens-own", "1,234.56"} & set(filter(text.__contains__, WORDS)), page


def _guest(house: House, partner: int) -> Any:
    client = _client(house.office.client.get("/partner/").wsgi_request.user)
    session = client.session
    session["as_partner"] = partner
    session.save()
    return client


def test_a_partner_reaches_no_page_of_the_console_and_none_of_the_api(house: House) -> None:
    from django.urls import get_resolver

    anna = house.clients["anna"]
    for address in _everywhere(get_resolver().url_patterns, "/"):
        if address.startswith(("/partner/", "/login/", "/logout/", "/share/", "/favicon.ico", "/welcome/", "/banner/")):
            continue
        for ask in (anna.get, anna.post):
            answer = ask(address)
            is_sent_home = answer.status_code == 302 and answer["Location"].startswith("/partner/")
            assert is_sent_home or answer.status_code in (401, 403, 404, 405), (address, answer.status_code)


def _everywhere(patterns: Any, before: str) -> Iterator[str]:
    for each in patterns:
        address = before + re.sub(r"<(?:\w+:)?\w+>", "1", str(each.pattern).removeprefix("^"))
        if "(?P<" in address:
            continue
        if hasattr(each, "url_patterns"):
            yield from _everywhere(each.url_patterns, address)
        else:
            yield address
