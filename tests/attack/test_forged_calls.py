"""Forged, copied and squatted calls over HTTP, against the whole server."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from support.books import Books
from support.server import Server
from support.shops import Shop, known, verdict

from clicktrail.core import signing

OPEN, SIGNED, HOLD, TOKEN, LISTED, STRICT, BY_SIGNED, OTHER = 1, 21, 22, 23, 24, 25, 26, 27
ANNA, SQUATTER, UNAPPROVED = 7, 8, 9
RULES = {
    SIGNED: "signed = true",
    HOLD: 'signed = true\nunproven = "hold"',
    TOKEN: "token_required = true",
    LISTED: 'networks = ["203.0.113.0/24", "2001:db8::/48"]',
    STRICT: 'nocheck_by = "nobody"\npid_by = "nobody"',
    BY_SIGNED: 'nocheck_by = "signed"\npid_by = "signed"',
    OTHER: "signed = true",
}
PROGRAM = """
[[program]]
id = {id}
name = "Shop {id}"
currency = "EUR"
time_zone = "Europe/Berlin"
{rules}
[[program.product]]
name = "Sale"
percent = "10"
[[program.target]]
alias = "default"
url = "https://shop.example/?qc_clickid=<% CLICKID %>"
"""
APPROVAL = '[[partner.approval]]\nprogram = {program}\nproducts = ["*"]\n'


def setup() -> str:
    approvals = "".join(APPROVAL.format(program=program) for program in (OPEN, *RULES))
    return (
        "".join(PROGRAM.format(id=id, rules=rules) for id, rules in RULES.items())
        + f'[[partner]]\nid = {ANNA}\nname = "Anna"\n{approvals}'
        + f'[[partner]]\nid = {SQUATTER}\nname = "Squatter"\n{approvals}'
        + f'[[partner]]\nid = {UNAPPROVED}\nname = "Unapproved"\n'
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("forged")
    server = Server(folder / "data", trusted_proxies="127.0.0.1/32")
    (folder / "catalog.toml").write_text(setup())
    try:
        server.lay()
        server.run("catalog", "apply", str(folder / "catalog.toml"))
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="module")
def shop(server: Server) -> Shop:
    return Shop.opened(server, SIGNED)


def order(tid: str, **other: str) -> dict[str, str]:
    return {"tid": tid, "pid": str(ANNA), "umsatz": "95.50", **other}


def test_a_signed_call_is_saved(shop: Shop) -> None:
    told = shop.tell(**order("honest"))
    assert (told["reason"], told["status"]) == ("saved", 200)


def test_a_forged_one_is_unauthorized(shop: Shop) -> None:
    forged = Shop(shop.server, shop.program, shop.number, b"x" * 32)
    told = forged.tell(**order("forged"))
    assert (told["reason"], told["status"]) == ("unauthorized", 422)
    assert "its signature is wrong" in told["message"]
