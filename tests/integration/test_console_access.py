"""Who may call, in the console: the rules of a program, its signing keys and tokens, and what is on hold."""

import re
from collections.abc import Iterator

import pytest
from support.office import Office, office

from clicktrail import catalogfile, keys
from clicktrail.core.access import Access, token_digest, token_purpose

FIELDS = {
    "name": "Garden shop",
    "state": "active",
    "time_zone": "Europe/Berlin",
    "click_lifetime_days": "30",
    "click_parameter": "qc_clickid",
    "deeplink_hosts": "",
    "default_product": "1",
    "networks": "",
    "unproven": "refuse",
    "nocheck_by": "everybody",
    "pid_by": "everybody",
    "replay_window_s": "300",
}
PAGE = "/catalog/program/1/change/"
KEYS = "/catalog/program/1/call-keys/"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("access")) as found:
        yield found


def access(desk: Office) -> Access:
    return catalogfile.read(desk.settings.catalog_folder / catalogfile.CURRENT).programs[1].access


def test_the_rules_are_set_in_plain_words(desk: Office) -> None:
    assert "Anybody can call as long as nothing is demanded here" in desk.get(PAGE).text
    rules = {
        "signed": "on",
        "token_required": "on",
        "networks": "203.0.113.7\r\n2001:db8::/48, 203.0.113.7",
        "unproven": "hold",
        "nocheck_by": "nobody",
        "pid_by": "signed",
        "replay_window_s": "60",
    }
    page = desk.post(PAGE, **FIELDS | rules)
    assert page.address == "/catalog/program/", page.text
    found = access(desk)
    assert found.networks == ("203.0.113.7/32", "2001:db8::/48")
    assert (found.signed, found.token_required, found.unproven) == (True, True, "hold")
    assert (found.nocheck, found.pid, found.replay_window_s) == ("nobody", "signed", 60)
    assert "203.0.113.7/32" in desk.get(PAGE).text
    assert desk.post(PAGE, **FIELDS).address == "/catalog/program/"
    assert access(desk) == Access()


@pytest.mark.parametrize(
    ("networks", "sentence"),
    [
        ("shop.example", '"shop.example" is no network'),
        ("203.0.113.7/33", "is no network"),
        ("203.0.113.7/24", "did you mean 203.0.113.0/24?"),
        ("::ffff:203.0.113.7", "write it as IPv4"),
        ("1.2.3\r\n4.5.6", '"1.2.3" is no network'),
        ("\r\n".join(f"10.0.{n}.0/24" for n in range(201)), "201 networks are too many"),
    ],
)
def test_a_wrong_address_list_says_what_is_wrong(desk: Office, networks: str, sentence: str) -> None:
    before = access(desk)
    assert sentence in desk.post(PAGE, **FIELDS | {"networks": networks}).text
    assert access(desk) == before


def test_a_wrong_window_is_refused(desk: Office) -> None:
    for seconds in ("0", "86401"):
        assert "out of range" in desk.post(PAGE, **FIELDS | {"replay_window_s": seconds}).text


def secret_on(html: str) -> str:
    found = re.search(r'<code class="ct-code">([^<]+)</code>', html)
    return found[1] if found else ""


def test_signing_keys_are_made_shown_and_revoked(desk: Office) -> None:
    made = desk.post(KEYS, make_key="1")
    secret, key = secret_on(made.html), access(desk).keys[-1]
    kept = keys.load(desk.settings.keys_folder)
    assert secret == keys.derive(kept, key.purpose(1)).hex()
    assert secret not in desk.get(KEYS).html
    assert secret_on(desk.post(KEYS, show_key=str(key.number)).html) == secret
    second = secret_on(desk.post(KEYS, make_key="1").html)
    assert second != secret and [each.number for each in access(desk).keys[-2:]] == [key.number, key.number + 1]
    assert f"signing key {key.number} is revoked" in desk.post(KEYS, revoke_key=str(key.number)).text
    assert [each.number for each in access(desk).keys] == [key.number + 1]
    for _ in range(7):
        desk.post(KEYS, make_key="1")
    assert "has 8 signing keys that count: revoke one first" in desk.post(KEYS, make_key="1").text
    numbers = [each.number for each in access(desk).keys]
    assert len(numbers) == 8 and key.number not in numbers, "a number is never given twice"


def test_a_token_is_shown_once(desk: Office) -> None:
    secret = secret_on(desk.post(KEYS, make_token="1").html)
    token = access(desk).tokens[-1]
    kept = keys.load(desk.settings.keys_folder)
    assert token.digest == token_digest(keys.derive(kept, token_purpose(1)), secret)
    assert len(secret) >= 32 and secret not in desk.get(KEYS).html
    desk.post(KEYS, make_token="1", text="old word of the shop")
    assert len(access(desk).tokens) == 2
    for text, sentence in (
        ("short", "A token has 8 to"),
        (" padded token", "without blanks"),
        ("old word of the shop", "already"),
    ):
        assert sentence in desk.post(KEYS, make_token="1", text=text).text
    desk.post(KEYS, revoke_token=str(token.number))
    assert [each.number for each in access(desk).tokens] == [token.number + 1]


def test_what_is_demanded_and_cannot_be_met_is_said(desk: Office) -> None:
    place = "/catalog/program/5/call-keys/"
    assert "has no signing key" not in desk.get(place).text
    changes = {"name": "Yen shop", "default_product": "3", "signed": "on", "token_required": "on"}
    assert desk.post("/catalog/program/5/change/", **FIELDS | changes).address == "/catalog/program/"
    text = desk.get(place).text
    assert "has no signing key" in text and "demands a token and has none" in text


def test_secrets_want_a_password_typed_a_short_while_ago(desk: Office) -> None:
    session = desk.client.session
    kept = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{"method": "password", "at": 0}]
    session.save()
    before = access(desk)
    for field in ("make_key", "show_key", "make_token", "revoke_key"):
        assert desk.post(KEYS, **{field: "2"}).address == "/account/confirm/"
    assert access(desk) == before
    session["account_authentication_methods"] = kept
    session.save()


def test_what_is_on_hold_is_released_by_hand(desk: Office) -> None:
    desk.post(KEYS, make_key="1")
    desk.post(PAGE, **FIELDS | {"signed": "on", "unproven": "hold"})
    desk.orders("H-1", "H-2", "H-3", umsatz="10")
    from clicktrail.control.ledger.models import Transaction

    rows = Transaction.objects.filter(tid__startswith="H-").order_by("number")
    number, other, third = rows.values_list("number", flat=True)
    assert desk.get("/ledger/transaction/", state="held").text.count("On hold") >= 3
    page = desk.get(f"/ledger/transaction/{number}/change/")
    assert "it carries no signature" in page.text and "Release" in page.text
    desk.post("/ledger/transaction/move/release/", numbers=f"{number},{other}", reason="checked in the shop")
    desk.post("/ledger/transaction/move/cancel/", numbers=str(third), reason="nobody knows it")
    assert list(rows.values_list("state", flat=True)) == ["open", "open", "cancelled"]
    assert "held → open" in desk.get(f"/ledger/transaction/{number}/change/").text
