"""A shop reports a part return of an order that was paid: a signed call through a real edge and engine."""

import json
from pathlib import Path
from typing import Any

from support.server import Server, fetch
from support.shops import Shop

from clicktrail.core.callnumber import log_number

FACTS = ("revenue", "commission", "adjusted_revenue", "adjusted_commission")


def test_a_signed_part_return_of_a_paid_order(server: Server, tmp_path: Path) -> None:
    shop = Shop.opened(server, 1)
    key = server.run("keys", "api", "create", "--name", "Payouts", "--scopes", "read,write").strip()

    def api(method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        answer = fetch(method, f"{server.console_url}/api/v1{path}", data, headers)
        assert answer.status == 200, answer.body
        return answer.json()

    def amounts() -> list[str]:
        told = api("GET", f"/transactions/{number}")
        return [told[name]["amount"] for name in FACTS]

    saved = shop.tell(tid="A-1", pid="2", umsatz="100.00")
    assert saved["reason"] == "saved", saved
    number = saved["transaction"]
    for verb in ("confirm", "pay"):
        api("POST", f"/transactions/{number}/moves", {"verb": verb, "reason": "statement 7"})

    told = shop.tell(tid="A-1", pid="2", umsatz="80.00")
    assert (told["reason"], told["status"], told["transaction"]) == ("updated", 200, number)
    assert "80.00 EUR" in told["message"]
    assert amounts() == ["100.00", "10.00", "-20.00", "-2.00"]
    assert shop.tell(tid="A-1", pid="2", umsatz="80.00")["reason"] == "duplicate"
    assert shop.tell(tid="A-1", pid="2", umsatz="95.00")["reason"] == "conflict"
    assert shop.say(tid="A-1", pid="2", umsatz="10.00")["reason"] == "conflict", "nobody else's word is taken"
    [entry] = api("GET", "/adjustments")["items"]
    assert (int(entry["transaction"]), entry["state"]) == (int(number), "open")
    assert entry["call"] == str(log_number(told["call"]))

    moves = f"/transactions/{number}/adjustments/{entry['revision']}/moves"
    api("POST", moves, {"verb": "settle", "reason": "payout 8"})
    assert shop.tell(tid="A-1", pid="2", umsatz="75.05", status="confirmed")["reason"] == "updated"
    assert shop.tell(tid="A-1", pid="2", status="cancelled")["reason"] == "updated"
    assert [row["state"] for row in api("GET", "/adjustments?order=asc")["items"]] == ["settled", "superseded"]

    lines = [json.loads(line) for line in server.run("export", "adjustments", "--format", "jsonl").splitlines()]
    assert [(line["revenue"], line["commission"], line["actor"]) for line in lines] == [
        ("-20.00", "-2.00", "shop, key 1"), ("-4.95", "-0.49", "shop, key 1"),
    ]  # fmt: skip
    assert "Adjustment" in server.run("trace", "A-1")
    replayed = server.run("replay", "--into", str(tmp_path / "rebuilt.sqlite"))
    assert replayed.endswith("Nothing differs.\n"), replayed
