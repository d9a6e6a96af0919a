"""Every reason code over real HTTP: what the shop is told, and what the transaction log then says."""

import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from support.observe import until
from support.scribe import Scribe
from support.server import Server
from support.shops import Shop

from clicktrail import keys
from clicktrail.core.callnumber import log_number
from clicktrail.core.clickid import Checks, Mint
from clicktrail.core.reasons import REASONS

DAY_MS = 86_400_000
SOON_S = 30.0
EDGE_NODE, OLD_NODE, NEVER_NODE = 1, 5, 77
SIGNED_PROGRAM = 5

PROGRAM = """
[[program]]
id = {id}
name = "Shop {id}"
currency = "EUR"
time_zone = "Europe/Berlin"
{rules}
default_product = "Sale"
state = "{state}"
[[program.product]]
name = "Sale"
percent = "10"
[[program.target]]
alias = "default"
url = "https://shop.example/?qc_clickid=<% CLICKID %>"
"""
PARTNERS = """
[[partner]]
id = 7
name = "Seven"
[[partner.approval]]
program = 1
products = ["Sale"]

[[partner]]
id = 8
name = "Blocked"
state = "blocked"

[[partner]]
id = 9
name = "Unapproved"
"""


def program(id: int, state: str = "active", rules: str = "") -> str:
    return PROGRAM.format(id=id, state=state, rules=rules)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("reasons")
    server = Server(folder / "data", verdict_patience_ms=2_000)  # one of these waits in vain
    programs = [program(1), program(3), program(4, "paused"), program(SIGNED_PROGRAM, rules="signed = true")]
    (folder / "catalog.toml").write_text("".join([*programs, PARTNERS]))
    try:
        server.lay()
        server.run("catalog", "apply", str(folder / "catalog.toml"))
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="module")
def said(server: Server) -> dict[str, tuple[int, dict[str, Any]]]:
    """What the shop is told, by reason: one call for each code that one call alone can bring about."""
    clicked, foreign = click(server, 1), click(server, 3)
    facts = {"cpid": "1", "umsatz": "95,50", "clickid": clicked}
    calls: dict[str, dict[str, str]] = {
        "saved": {},
        "missing_cpid": {"cpid": ""},
        "unknown_program": {"cpid": "99"},
        "missing_tid": {"tid": ""},
        "program_paused": {"cpid": "4"},
        "malformed_clickid": {"clickid": clicked[:-1] + str((int(clicked[-1]) + 1) % 10)},
        "foreign_click": {"clickid": foreign},
        "unknown_click": {"clickid": never_clicked(server, NEVER_NODE)},
        "click_expired": {"clickid": clicked_long_ago(server)},
        "no_attribution": {"clickid": ""},
        "unknown_partner": {"clickid": "", "pid": "99"},
        "partner_inactive": {"clickid": "", "pid": "8"},
        "unknown_creative": {"wmid": "4711"},
        "unknown_product": {"produkt": "sale"},
        "wrong_currency": {"currency": "usd"},
        "missing_amount": {"umsatz": ""},
        "bad_amount": {"umsatz": "1.234,56"},
        "not_approved": {"clickid": "", "pid": "9"},
        "bad_call": {"subid": "x" * 256},
        "unauthorized": {"cpid": str(SIGNED_PROGRAM)},
    }
    found = {reason: order(server, {"tid": reason} | facts | other) for reason, other in calls.items()}
    found["duplicate"] = order(server, {"tid": "saved"} | facts)
    signing = Shop.opened(server, 1)
    found["updated"] = order(server, signing.signed(tid="saved", umsatz="95.00", format="json"))
    found["conflict"] = order(server, {"tid": "saved"} | facts | {"umsatz": "96"})
    return found


def click(server: Server, program: int) -> str:
    location = server.get(f"/go.cgi?cpid={program}&pid=7").location
    return location.partition("qc_clickid=")[2]


def never_clicked(server: Server, node: int) -> str:
    """A genuine ClickID whose click nobody made."""
    kept = keys.load(server.data / "keys")
    checks, id = Checks(kept.clickid, kept.current), Mint(node).next(int(time.time() * 1000))
    return checks.text(id, checks.tail(id))


def clicked_long_ago(server: Server) -> str:
    """Of a node of its own, 31 days old: a day more than a program waits."""
    with Scribe(server.data, OLD_NODE) as scribe:
        made = scribe.click("old", partner=7, at_ms=int(time.time() * 1000) - 31 * DAY_MS)
        scribe.write(made)
        return scribe.clickid(made)


def order(server: Server, params: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Status and verdict, asked for again while it is not known."""
    answer = server.get("/get_trans.cgi?" + urlencode(params) + "&format=json")
    call = answer.json()["call"]

    def final() -> Any:
        again = server.get(f"/get_trans.cgi?call={call}&format=json")
        return again if again.status != 202 else None

    answer = answer if answer.status != 202 else until(final, SOON_S, f"a verdict on {params}")
    return answer.status, answer.json()


@pytest.mark.parametrize("reason", sorted(set(REASONS) - {"waiting"}))
def test_the_shop_is_told_the_reason(said: dict[str, tuple[int, dict[str, Any]]], reason: str) -> None:
    status, verdict = said[reason]
    assert (verdict["reason"], status) == (reason, REASONS[reason].http_status)
    assert verdict["saved"] == (reason == "saved")
    assert bool(verdict["transaction"]) == (reason in ("saved", "duplicate", "updated", "conflict"))
    assert verdict["message"].endswith(".") and "{" not in verdict["message"]


def test_the_log_has_every_call_with_its_reason(server: Server, said: dict[str, tuple[int, dict[str, Any]]]) -> None:
    logged = {str(row["call"]): row for row in server.postbacks()}
    for _, verdict in said.values():
        row = logged[str(log_number(verdict["call"]))]
        assert row["reason"] == verdict["reason"]
        assert str(row["saved"]) == (verdict["transaction"] if verdict["saved"] else "–")


def test_status_counts_the_calls_of_a_day_by_reason(server: Server, said: dict[str, Any]) -> None:
    counted = json.loads(server.run("status", "--json"))["calls"]
    assert set(said) <= set(counted)
    assert counted["duplicate"] == counted["conflict"] == 1
    assert "not_approved 1" in server.run("status")


def test_a_call_waits_and_is_unknown_once_its_node_can_be_read_to_the_end(server: Server, said: object) -> None:
    """While one journal of a node cannot be read nobody can say that a click is not there."""
    torn = server.data / "journal" / f"{EDGE_NODE:04d}" / f"1600000000000-{secrets.token_hex(16)}.sqlite"
    torn.write_bytes(b"no journal")
    until(lambda: names_it(server, torn), SOON_S, "the engine has seen the file that it cannot read")
    query = urlencode({"cpid": "1", "tid": "waits", "umsatz": "1", "clickid": never_clicked(server, EDGE_NODE)})
    answer = server.get(f"/get_trans.cgi?{query}&format=json")
    assert (answer.status, answer.json()["reason"]) == (202, "waiting")
    call = answer.json()["call"]
    until(lambda: logged_reason(server, call) == "waiting", SOON_S, "the log says that it waits")
    torn.unlink()
    final = until(lambda: judged(server, call), SOON_S, "a verdict that is final")
    assert (final.status, final.json()["reason"]) == (422, "unknown_click")


def names_it(server: Server, torn: Path) -> bool:
    return any(torn.name in line and '"process": "engine"' in line for line in server.words().splitlines())


def logged_reason(server: Server, call: str) -> str:
    return next((row["reason"] for row in server.postbacks() if str(row["call"]) == str(log_number(call))), "")


def judged(server: Server, call: str) -> Any:
    answer = server.get(f"/get_trans.cgi?call={call}&format=json")
    return answer if answer.status != 202 else None
