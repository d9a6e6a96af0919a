"""Links and visitors as they really come, through a real worker into the ledger on both databases."""

import re
from urllib.parse import quote

import pytest
from support.cast import ANNA, HOSTS, SHOP, with_program
from support.edges import Edge
from support.ledgers import Place
from support.server import BROWSER

DEFAULT = "https://shop.example/?c=ID&p=7"
LISTED = (*HOSTS, "www.shop.example", "xn--strae-oqa.shop.example")
ADDRESS = "https://shop.example/p?a=1&b=2"


def thrice(text: str) -> str:
    for _ in range(3):
        text = quote(text, safe="")
    return text


def locations(ledger: Place, targets: list[str]) -> list[str]:
    """Where links with these values of `target` lead, with ID for the ClickID."""
    ledger.publish(with_program(deeplink_hosts=LISTED))
    found = []
    with Edge(ledger.settings.data, catalog=None) as edge, edge.wire() as wire:
        for number, target in enumerate(targets):
            answer = wire.get(f"/go.cgi?cpid={SHOP}&pid={ANNA}&subid=n{number}&target={target}", User_Agent=BROWSER)
            assert answer.status == 302
            found.append(re.sub("QC[0-9]{27}", "ID", answer.location))
        assert edge.stop() == 0
    ledger.catch_up()
    return found


def credited(ledger: Place) -> list[tuple[str, int]]:
    rows = ledger.rows("SELECT subid, outcome, partner_id FROM ledger_click ORDER BY id")
    return [(subid, partner) for subid, outcome, partner in rows if outcome == "ok"]


def assert_led_to(ledger: Place, expected: dict[str, str]) -> None:
    assert locations(ledger, list(expected)) == list(expected.values())
    assert credited(ledger) == [(f"n{number}", ANNA) for number in range(len(expected))]


def test_a_host_in_other_letters_is_the_one_that_browsers_ask_for(ledger: Place) -> None:
    there = "https://xn--strae-oqa.shop.example/?qc_clickid=ID"
    assert_led_to(
        ledger,
        {
            "https%3A%2F%2Fstra%C3%9Fe.shop.example%2F": there,
            "https://stra%C3%9Fe.shop.example/": there,
            "https://STRA%E1%BA%9EE.shop.example/": there,
            "https://stra%DFe.shop.example/": there,
            "https://xn--strae-oqa.shop.example/": there,
            "https://strasse.shop.example/": DEFAULT,
        },
    )


def test_an_address_in_any_encoding_keeps_the_credit(ledger: Place) -> None:
    assert_led_to(
        ledger,
        {
            "https://shop.example/p?a=1%26b%3D2": f"{ADDRESS}&qc_clickid=ID",
            "https://shop.example/p?a%3D1%26b%3D2": f"{ADDRESS}&qc_clickid=ID",
            quote(ADDRESS, safe=""): f"{ADDRESS}&qc_clickid=ID",
            quote(quote(ADDRESS, safe=""), safe=""): f"{ADDRESS}&qc_clickid=ID",
            thrice(ADDRESS): DEFAULT,
            "www.shop.example/p": "https://www.shop.example/p?qc_clickid=ID",
            "%20https://shop.example/p": "https://shop.example/p?qc_clickid=ID",
            "%E2%80%8Bhttps://shop.example/p%0A": "https://shop.example/p?qc_clickid=ID",
        },
    )


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
def test_no_spelling_of_an_address_is_an_open_redirect(ledger: Place) -> None:
    evil = [
        "https://evil.example/p?a=1%26b%3D2",
        "https://evil.example%3Fshop.example/p?a=1%26b%3D2",
        "https://shop.example%40evil.example/p?a=1%26b%3D2",
        "https://shop.example%2540evil.example/?a=1%26b%3D2",
        "https://evil.example%5C.shop.example/",
        "https://shop.example.evil.example/",
        thrice("https://evil.example/"),
        "www.evil.example/p",
        "%20https://evil.example/",
        "%20//evil.example/p",
        "//evil.example/p",
        "https:/evil.example/",
    ]
    assert_led_to(ledger, dict.fromkeys(evil, DEFAULT))


WEBVIEW = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "Instagram 324.0.3.26.85 (iPhone14,5; iOS 17_4; de_DE)"
)
ANDROID_WEBVIEW = (
    "Mozilla/5.0 (Linux; Android 13; SM-A536B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0 "
    "Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/450.0;]"
)


def test_programs_that_follow_links_are_counted_as_bots(ledger: Place) -> None:
    bots = [{}, {"User_Agent": ""}, {"User_Agent": "Microsoft Office Existence Discovery"}]
    visitors = [{"User_Agent": WEBVIEW}, {"User_Agent": ANDROID_WEBVIEW}]
    with Edge(ledger.settings.data, catalog=None) as edge, edge.wire() as wire:
        for headers in bots + visitors:
            assert wire.get(f"/go.cgi?cpid={SHOP}&pid={ANNA}&target=default", **headers).location.startswith(
                "https://shop.example/?c=QC"
            )
        assert edge.stop() == 0
    ledger.catch_up()
    for table in ("hour", "day", "month", "program", "subid"):
        [counts] = ledger.rows(f"SELECT sum(clicks_bot), sum(clicks_net), sum(clicks_gross) FROM ledger_rollup_{table}")
        assert [int(count) for count in counts] == [len(bots), len(visitors), len(visitors)]
    assert {agent or "": bool(bot) for agent, bot in ledger.rows("SELECT user_agent, bot FROM ledger_click")} == {
        "": True,
        "Microsoft Office Existence Discovery": True,
        WEBVIEW: False,
        ANDROID_WEBVIEW: False,
    }
