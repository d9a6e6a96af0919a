"""Odd order numbers and currencies over real HTTP: nothing is merged, booked twice, or lost without a word."""

from collections.abc import Iterator

import pytest
from support.books import Books
from support.observe import until
from support.server import Server

SOON_S = 30.0
CATALOG = """
[[program]]
id = 1
name = "Shop"
currency = "EUR"
time_zone = "Europe/Berlin"
default_product = "Sale"
[[program.product]]
name = "Sale"
percent = "10"
[[program.target]]
alias = "default"
url = "https://shop.example/?qc_clickid=<% CLICKID %>"
"""
CALLS = [
    ("tid=M%FCller-1", "saved", "Müller-1"),
    ("tid=M%F6ller-1", "saved", "Möller-1"),
    ("tid=M%C3%BCller-1", "duplicate", "Müller-1"),
    ("tid=Mu%CC%88ller-1", "conflict", "Mu\u0308ller-1"),
    ("tid=1001", "saved", "1001"),
    ("tid=%231001", "conflict", "#1001"),
    ("tid=%231001&umsatz=20", "saved", "#1001"),
    ("tid=%7B%7Border.id%7D%7D", "missing_tid", "{{order.id}}"),
    ("tid=undefined", "missing_tid", "undefined"),
    ("tid=undefined", "missing_tid", "undefined"),
    ("tid=2001&umsatz=NaN", "missing_amount", "2001"),
    ("tid=2001&subid=%5BSUBID%5D", "saved", "2001"),
    ("tid=3001&currency=usd", "wrong_currency", "3001"),
    ("tid=3001&currency=%20eur", "saved", "3001"),
    ("tid=3001&currency=USD", "conflict", "3001"),
]
"""(query, reason, order number in the log): calls of the test partner, one after the other."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("odd-orders") / "data")
    try:
        made.lay()
        setup = made.data / "setup.toml"
        setup.write_text(CATALOG)
        made.run("catalog", "apply", str(setup))
        yield made.start()
    finally:
        made.close()


def reasons(server: Server) -> list[tuple[str, str]]:
    rows = Books(server.data).rows("SELECT reason, tid FROM ledger_postback WHERE reason <> 'waiting' ORDER BY id")
    return [(row[0], row[1]) for row in rows]


def test_each_call_is_saved_or_says_why_not(server: Server) -> None:
    for number, (query, _, _) in enumerate(CALLS, start=1):
        amount = "" if "umsatz=" in query else "&umsatz=10"
        assert server.get(f"/get_trans.cgi?cpid=1&pid=2&{query}{amount}").status == 200
        until(lambda wanted=number: len(reasons(server)) == wanted, SOON_S, f"a verdict on {query}")
    assert reasons(server) == [(reason, tid) for _, reason, tid in CALLS]
    told = server.run("judge", "cpid=1&pid=2&umsatz=10&currency=USD&tid=4001", code=1)
    assert "The currency of the call is USD" in told


def test_a_replay_agrees(server: Server) -> None:
    assert "Nothing differs." in server.run("replay", "--into", str(server.data.parent / "replay.sqlite"))
