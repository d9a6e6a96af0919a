"""The reference lists every address of the console; those that open without an account are the ones that say so."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.office import Office, office

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "routes.md"
OF_EVERY_LIST = ("add/", "{object_id}/", "{object_id}/change/", "{object_id}/delete/", "{object_id}/history/")
"""The page says so once, below the table."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("routes") / "data") as made:
        yield made


def _addresses() -> list[str]:
    from django.contrib import admin
    from django.urls import get_resolver

    lists = {f"/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry}
    every = {found + end for found in lists for end in OF_EVERY_LIST}
    return [found for found in dict.fromkeys(_walk(get_resolver().url_patterns, "/")) if found not in every]


def _walk(patterns: list[object], before: str) -> Iterator[str]:
    for pattern in patterns:
        address = before + str(pattern.pattern).removeprefix("^")
        if address.startswith(("/api/v", "/(?P<")):
            continue  # The API has a page of its own; the other two are Django's: chapters, and 404.
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns, address)
        else:
            yield re.sub(r"<(?:\w+:)?(\w+)>", lambda name: "{" + name[1] + "}", address)


def _names(patterns: list[object]) -> Iterator[str]:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from (f"{pattern.namespace or ''}:{name}" for name in _names(pattern.url_patterns))
        elif pattern.name:
            yield pattern.name


def _told() -> dict[str, str]:
    part = PAGE.read_text().partition("## The console\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (\S+) \|", part, re.MULTILINE))


def test_every_address_is_listed(desk: Office) -> None:
    assert sorted(_addresses()) == sorted(_told())


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 5000])
def test_a_number_that_no_database_has_room_for_is_of_no_row(desk: Office, number: str) -> None:
    from django.contrib import admin

    marked = [found for found in _addresses() if "{" in found]
    lists = [f"/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]
    desk.client.raise_request_exception = False
    for address in (*marked, *(found + end for found in lists for end in OF_EVERY_LIST)):
        answer = desk.client.get(re.sub(r"{\w+}", number, address))
        assert answer.status_code < 500, address


def test_no_two_addresses_have_one_name(desk: Office) -> None:
    """A link by that name leads to one of them only; a page that leads on to the other by it leads to itself."""
    from django.urls import get_resolver

    names = list(_names(get_resolver().url_patterns))
    assert "admin::catalog_program_call_keys" in names
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_without_an_account_only_the_open_ones_answer(desk: Office) -> None:
    from django.test import Client

    told = _told()
    assert set(told.values()) == {"anybody", "account"}
    stranger = Client(SERVER_NAME="localhost")
    for address, who in told.items():
        answer = stranger.get(re.sub(r"{\w+}", "1", address))
        is_sent_to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/login/?next=")
        assert is_sent_to_sign_in == (who == "account"), (address, answer.status_code)


@pytest.mark.parametrize("ticked", ["9" * 20, "", "two", "\x00"])
def test_what_cannot_be_a_row_is_not_ticked(desk: Office, ticked: str) -> None:
    for address, action in (("/outbox/delivery/", "send_again"), ("/alarms/alarmrule/", "delete_selected")):
        page = desk.post(address, action=action, _selected_action=ticked)
        assert page.status == 200 and page.address == address
