"""Every page of the console, with every role: nobody sees or does what his role or his programs forbid."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.everywhere import GARDEN, YEN, Form, filled, forms, lists, patterns, seed, snapshot
from support.office import Office, _just_typed_the_password, office

OWN = ("/account/", "/password_change/", "/logout/")
CANARY = "garden"
"""Stands in the name of everything of program 1, and of nothing else."""
EVERYBODYS = ("/catalog/partner/", "/ledger/transaction/filters/")
"""Partners belong to all programs; filters to who keeps them."""
READ_BY_POST = ("/ledger/postback/try/", "/ledger/transaction/filters/")
"""A reader may: what he types is looked up, or is his own."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("rights") / "data") as made:
        seed(made)
        yield made


def somebody(name: str, role: str, programs: list[int] | None = None, **more: Any) -> Any:
    """A signed-in client."""
    from django.test import Client

    from clicktrail.control.accounts.models import Account

    row = Account.objects.filter(username=name).first() or Account.objects.create_user(
        name, password="unused", role=role, programs=programs or [], is_staff=role != "partner", **more
    )
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    client.force_login(row)
    _just_typed_the_password(client, row)
    return client


@pytest.fixture(scope="module")
def cast(desk: Office) -> dict[str, Any]:
    return {
        "manager": somebody("max", "manager"),
        "yuki": somebody("yuki", "manager", [YEN]),
        "reader": somebody("rita", "reader"),
        "partner": somebody("anna", "partner", partner_id=7),
    }


def body(answer: Any) -> str:
    if answer.streaming:
        return b"".join(answer.streaming_content).decode(errors="replace")
    return str(answer.content.decode(errors="replace"))


def gardens() -> list[str]:
    return [filled(pattern, GARDEN) for pattern in patterns() if not pattern.startswith(("/logout/", "/login/"))]


@pytest.fixture(scope="module")
def offered(desk: Office) -> list[tuple[str, Form]]:
    """(page, form) of everything that an owner can do on pages about program 1."""
    return _offered(desk.client)


@pytest.fixture(scope="module")
def gardening(desk: Office) -> list[tuple[str, Form]]:
    """The same for who looks after program 1 alone: nothing in these forms is of another one."""
    return _offered(somebody("gina", "manager", [GARDEN]))


def _offered(client: Any) -> list[tuple[str, Form]]:
    found = []
    for address in gardens():
        answer = client.get(address)
        assert answer.status_code < 500, address
        if answer.status_code == 200 and answer["Content-Type"].startswith("text/html") and not address.startswith(OWN):
            found += [(address, form) for form in forms(address, body(answer))]
    return found


def test_a_manager_of_one_program_sees_nothing_of_another(desk: Office, cast: dict[str, Any]) -> None:
    told = []
    for pattern in patterns():
        for program in (GARDEN, YEN):
            address = filled(pattern, program)
            answer = cast["yuki"].get(address)
            shown = body(answer).casefold().replace(address.casefold(), "")
            if CANARY in shown or answer.status_code >= 500:
                told.append((address, answer.status_code, shown[max(0, shown.find(CANARY) - 60) :][:120]))
    assert not told


def test_the_lists_of_a_program_show_its_rows_to_who_looks_after_it(desk: Office, cast: dict[str, Any]) -> None:
    """The other side: narrowing has not emptied them."""
    for place, page in lists().items():
        if page.program_column and not page.for_owners:
            assert cast["yuki"].get(place).status_code == 200, place
            assert page.get_queryset(_request(cast["yuki"])).exists(), place


def test_no_deed_of_a_manager_of_another_program_changes_anything(
    desk: Office, cast: dict[str, Any], gardening: list[tuple[str, Form]]
) -> None:
    assert len(gardening) > 20
    assert not _changed(desk, cast["yuki"], gardening, allowed=EVERYBODYS, apart_from=YEN)


def test_a_reader_sees_it_all_and_changes_nothing(
    desk: Office, cast: dict[str, Any], offered: list[tuple[str, Form]]
) -> None:
    assert CANARY in body(cast["reader"].get("/ledger/transaction/")).casefold()
    assert not _changed(desk, cast["reader"], offered, allowed=READ_BY_POST)


def test_a_reader_tries_a_call_out(cast: dict[str, Any]) -> None:
    assert cast["reader"].post("/ledger/postback/try/", {"words": "pid=1&tid=A-1"}).status_code == 200
    assert cast["reader"].post("/ledger/postback/again/", {"reason": "bad_call"}).status_code == 403


def test_a_reader_is_offered_nothing_that_changes(desk: Office, cast: dict[str, Any]) -> None:
    found = []
    for address in gardens():
        answer = cast["reader"].get(address)
        is_page = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
        if is_page and not address.startswith(OWN):
            found += [(address, form.action, form.button) for form in forms(address, body(answer))
                      if not form.action.startswith((*OWN, *READ_BY_POST))]  # fmt: skip
    assert not found


def test_people_and_keys_are_for_owners_alone(
    desk: Office, cast: dict[str, Any], offered: list[tuple[str, Form]]
) -> None:
    alone = tuple(place for place, page in lists().items() if page.for_owners)
    assert {"/accounts/account/", "/api/apikey/"} <= set(alone)
    for address in gardens():
        if address.startswith(alone):
            for name, client in cast.items():
                answer = client.get(address)
                is_sent_away = answer.status_code == 302 and answer["Location"] == "/"
                assert is_sent_away or answer.status_code in (403, 404), (name, address)
    deeds = [(page, form) for page, form in offered if page.startswith(alone)]
    assert len(deeds) >= 5
    assert not _changed(desk, cast["manager"], deeds)
    menu = body(cast["manager"].get("/ledger/transaction/"))
    assert "/accounts/activity/" in menu and not any(place in menu for place in alone)


def test_a_partner_finds_nothing_inside(desk: Office, cast: dict[str, Any], offered: list[tuple[str, Form]]) -> None:
    assert cast["partner"].get("/")["Location"] == "/partner/"
    for place in lists():
        assert cast["partner"].get(place).status_code == 404, place
    assert not _changed(desk, cast["partner"], offered)


def test_who_is_switched_off_or_demoted_is_so_at_once(desk: Office) -> None:
    from clicktrail.control.accounts import people
    from clicktrail.control.accounts.models import Account

    client = somebody("lena", "manager")
    row = Account.objects.get(username="lena")
    people.set_part(row, people.Part("reader"))
    assert client.post("/ledger/transaction/move/confirm/", {"numbers": "1", "reason": "x"}).status_code == 403
    people.switch_off(row)
    assert client.get("/ledger/transaction/")["Location"].startswith("/login/")


def _changed(
    desk: Office, client: Any, deeds: list[tuple[str, Form]], allowed: tuple[str, ...] = (), apart_from: int = 0
) -> list[tuple[str, str, str, list[str]]]:
    """(page, address, button, tables) of each deed that went through."""
    found, before = [], snapshot(desk.settings.data, apart_from)
    for page, form in deeds:
        if form.action.startswith(allowed or ("-",)):
            continue
        answer = client.post(form.action, form.fields)
        after = snapshot(desk.settings.data, apart_from)
        tables = [table for table in after if after[table] != before.get(table)]
        if tables or answer.status_code >= 500:
            found.append((page, form.action, form.button, [str(answer.status_code), *tables]))
        before = after
    return found


def _request(client: Any) -> Any:
    from django.contrib.auth import get_user
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.session = client.session
    request.user = get_user(request)
    return request


def test_home_counts_what_waits_for_each(desk: Office, cast: dict[str, Any]) -> None:
    from clicktrail.control.ledger.models import Transaction
    from clicktrail.control.portal.models import Application

    told = {"name": "Nina", "email": "n@x.example", "website": "", "traffic": "", "terms_version": 1, "at_ms": 1}
    asks = Application.objects.create(account_id=1, **told)
    try:
        Transaction.objects.filter(program_id=YEN).update(state="held")
        everything, yens = desk.get("/").text, body(cast["yuki"].get("/"))
        for said in ("2 alarms that nobody looks after", "2 conflicts to decide", "1 transaction on hold",
                     "1 application of a partner", "Open transactions 1 On hold 1"):  # fmt: skip
            assert said in everything, said
        for said in ("1 alarm that nobody looks after", "1 conflict to decide", "1 transaction on hold"):
            assert said in yens, said
        assert "application of a partner" not in yens, "who sees every program decides about partners"
    finally:
        Transaction.objects.filter(program_id=YEN).update(state="open")
        asks.delete()
