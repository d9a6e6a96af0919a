"""Numbers that no column holds, in every parameter and every field of the console and the portal: never a 5xx."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from house.rules import SOURCE
from support.everywhere import GARDEN, Form, filled, forms, lists, patterns, seed
from support.office import Office, _just_typed_the_password, office

EXTREMES = ("9223372036854775808", "-9223372036854775809", "9" * 400)
OTHERS = ("9223372036854775807", "18446744073709551616", "1e999", "-1", "٣", "0x10", "1_0", "nan", "inf")
LOOKUPS = ("__in", "", "__gte", "__range", "__isnull", "__year")
OWN = ("calls", "account", "p", "o", "e", "_to_field", "_popup", "id__in", "id", "pk__in")
READS = ("get", "getlist", "pop")
QUERIES = ("given", "query", "chosen", "params", "asked", "parameters")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("extreme") / "data") as made:
        seed(made)
        made.client.raise_request_exception = False
        yield made


def names_of_parameters() -> list[str]:
    """What the source reads from a query: `request.GET.get("x")`, `GET["x"]`, and constants that are used so."""
    found: set[str] = set()
    for path in sorted((SOURCE / "control").rglob("*.py")):
        found |= set(_read_in(path))
    return sorted(found)


def _read_in(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    constants = dict(_constants(tree))
    for node in ast.walk(tree):
        key: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READS:
            key = node.args[0] if node.args and _is_query(node.func.value) else None
        elif isinstance(node, ast.Subscript) and _is_query(node.value):
            key = node.slice
        value = constants.get(key.id) if isinstance(key, ast.Name) else getattr(key, "value", None)
        if isinstance(value, str):
            yield value


def _is_query(node: ast.expr) -> bool:
    """request.GET, or the name that it is handed on by."""
    return isinstance(node, ast.Attribute) and node.attr == "GET" or isinstance(node, ast.Name) and node.id in QUERIES


def _constants(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value.value


def fields_of(page: Any) -> Iterator[str]:
    for field in page.model._meta.fields:
        for lookup in LOOKUPS:
            yield f"{field.name}{lookup}"
            if field.name != field.attname:
                yield f"{field.attname}{lookup}"


def _client(desk: Office, partner: bool) -> Any:
    from django.test import Client

    from clicktrail.control.accounts.models import Account

    if not partner:
        return desk.client
    row = Account.objects.filter(username="anna").first() or Account.objects.create_user(
        "anna", password="unused", role="partner", partner_id=7
    )
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    client.force_login(row)
    _just_typed_the_password(client, row)
    return client


def _is_answered(client: Any, method: str, address: str, given: dict[str, Any]) -> str:
    """Empty, or what went wrong."""
    answer = getattr(client, method)(address, given)
    if answer.streaming:
        try:
            b"".join(answer.streaming_content)
        except Exception as fault:
            return f"{method} {address} {given}: {fault!r}"
    return f"{method} {address} {given}: {answer.status_code}" if answer.status_code >= 500 else ""


def test_the_parameters_are_found() -> None:
    assert {"page", "from", "program"} <= set(names_of_parameters())


def test_every_list_takes_every_parameter(desk: Office, nightly: bool) -> None:
    wrong = []
    for at, (address, page) in enumerate(lists().items()):
        fields = list(fields_of(page))
        names = names_of_parameters()
        if not nightly:
            names, fields = names[at % 6 :: 6], fields[at % 9 :: 9]
        names = [*names, *OWN, *fields]
        for name in names:
            for extreme in (EXTREMES + OTHERS) if nightly else EXTREMES[:1]:
                wrong.append(_is_answered(desk.client, "get", address, {name: extreme}))
    assert list(filter(None, wrong)) == []


def test_a_number_with_64_bits_is_no_row(desk: Office) -> None:
    """The addresses that answered 500."""
    for address in ("/ledger/postback/again/?calls=", "/catalog/partner/?id__in=", "/catalog/partner/?id__range="):
        assert desk.client.get(address + EXTREMES[0]).status_code < 500


def test_every_page_takes_all_parameters(desk: Office, nightly: bool) -> None:
    """Together, and in the long form each for itself."""
    names, wrong = names_of_parameters(), []
    for pattern in patterns():
        if pattern.startswith(("/logout/", "/login/")):
            continue
        for extreme in EXTREMES if nightly else EXTREMES[:1]:
            wrong.append(_is_answered(desk.client, "get", filled(pattern, GARDEN), dict.fromkeys(names, extreme)))
        for name in names if nightly else ():
            wrong.append(_is_answered(desk.client, "get", filled(pattern, GARDEN), {name: EXTREMES[0]}))
    assert list(filter(None, wrong)) == []


def test_every_number_in_an_address_may_be_extreme(desk: Office) -> None:
    wrong = []
    for pattern in patterns():
        for extreme in EXTREMES[::2]:
            address = pattern
            for mark in ("number", "object_id", "creative", "picture", "partner", "product", "version"):
                address = address.replace("{" + mark + "}", extreme)
            if address != pattern:
                wrong.append(_is_answered(desk.client, "get", filled(address, GARDEN), {}))
    assert list(filter(None, wrong)) == []


@pytest.mark.parametrize("partner", [False, True], ids=["console", "portal"])
def test_every_field_of_every_form_may_be_extreme(desk: Office, partner: bool, nightly: bool) -> None:
    """Every number of a form at once; in the long form each field for itself, whatever stands in it."""
    client, wrong, seen = _client(desk, partner), [], set()
    for address in _pages(partner):
        for form in _forms(client, address):
            key = (re.sub(r"\d+", "0", form.action), form.button, tuple(sorted(form.fields)))
            if key in seen or form.action.startswith(("/password_change/", "/account/")):
                continue
            seen.add(key)
            fields = [name for name, values in form.fields.items() if name != form.button and values]
            numbers = {name: [EXTREMES[0]] for name in fields if str(form.fields[name][0]).lstrip("-").isdigit()}
            wrong.append(_is_answered(client, "post", form.action, {**form.fields, **numbers}))
            for name in fields if nightly else ():
                wrong.append(_is_answered(client, "post", form.action, {**form.fields, name: [EXTREMES[0]]}))
    assert seen
    assert list(filter(None, wrong)) == []


def _forms(client: Any, address: str) -> list[Form]:
    answer = client.get(address)
    if answer.status_code != 200 or answer.streaming or not answer["Content-Type"].startswith("text/html"):
        return []
    return forms(address, answer.content.decode())


def _pages(partner: bool) -> list[str]:
    if not partner:
        return [filled(pattern, GARDEN) for pattern in patterns() if not pattern.startswith(("/logout/", "/login/"))]
    return ["/partner/", *(f"/partner/{name}/" for name in portal_pages())]


def portal_pages() -> list[str]:
    from clicktrail.control.portal import urls

    return sorted({str(each.pattern).strip("/") for each in urls.urlpatterns if "<" not in str(each.pattern)} - {""})


def test_every_page_of_the_portal_takes_all_parameters(desk: Office, nightly: bool) -> None:
    client, names, wrong = _client(desk, True), names_of_parameters(), []
    for address in _pages(True):
        for extreme in EXTREMES:
            wrong.append(_is_answered(client, "get", address, dict.fromkeys(names, extreme)))
        for name in names if nightly else ():
            wrong.append(_is_answered(client, "get", address, {name: EXTREMES[0]}))
    assert list(filter(None, wrong)) == []
