"""Numbers of calls and transactions have 63 bits and are texts in JSON: a reader that keeps doubles loses digits.

The API's document, a webhook's message and the lines of an export are walked: an integer that is new to them must be
entered here, with why it stays below 2^53.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.counter import Counter, counter

LARGEST = 1 << 53
MADE_BY_PEOPLE = {
    "id", "program", "partner", "creative", "product", "product_id", "target", "default_product", "receiver",
    "delivery", "ids",
}  # fmt: skip
"""Programs, partners and so on: `LARGEST_ID`; and rows that are counted from one."""
COUNTS = {
    "limit", "clicks_gross", "clicks_net", "clicks_bot", "clicks_refused", "transactions", "calls", "calls_left_off",
    "attempts", "failures", "sent_again", "matched", "saved", "total", "judged", "verdicts", "revision", "status",
    "took_ms", "replay_window_s", "click_lifetime_days", "days", "snooze_hours", "overlap_hours", "catalog_version",
    "key_number", "count",
}  # fmt: skip
SENT = {"NewMoves.numbers", "DeliveryFilter.transaction", "AdjustmentFilter.transaction"}
"""What a caller sends: digits in a text are taken too."""
KEYS_OF_PROGRAMS = {"CallKeyMade.number", "CallKeyShape.number"}
"""Keys and tokens of one program, counted from one."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("long") / "data") as made:
        made.office.orders("L-1", "L-2", cpid="1", produkt="Lead")
        yield made


def _integers(node: Any, name: str) -> Iterator[str]:
    """Names of the properties below that hold an integer."""
    if isinstance(node, list):
        for each in node:
            yield from _integers(each, name)
    elif isinstance(node, dict):
        if node.get("type") == "integer" and not node.get("maximum", LARGEST + 1) <= LARGEST:
            yield name
        for key, value in node.items():
            inner = value.items() if key == "properties" else ((name, value),)
            for inner_name, each in inner:
                yield from _integers(each, inner_name)


def test_the_api_has_no_integer_that_may_be_too_long(api: Counter) -> None:
    schemas = api.get("/openapi.json").json["components"]["schemas"]
    found = {f"{schema}.{name}" for schema, node in schemas.items() for name in _integers(node, "")}
    short = {each for each in found if each.partition(".")[2] in MADE_BY_PEOPLE | COUNTS}
    assert found - short - SENT - KEYS_OF_PROGRAMS == set()


def test_they_are_texts_wherever_the_api_tells_them(api: Counter) -> None:
    listed = api.get("/transactions").json["items"]
    number = listed[0]["number"]
    assert number == "2" and api.get(f"/transactions/{number}").json["number"] == "2"
    assert {call["transaction"] for call in api.get("/log").json["items"]} == {"1", "2"}
    assert api.get("/traces?what=L-1").json["transactions"] == ["1"]
    dry = {"cpid": 1, "tid": "L-1", "pid": 7, "produkt": "Lead"}
    assert api.post("/postbacks/dry-run", dry).json["transaction"] == "1"
    moves = {"verb": "confirm", "reason": "x", "numbers": [1, "2", 77]}
    done = api.post("/transactions/moves", moves).json
    assert done["moved"] == ["1", "2"] and done["refused"][0]["number"] == "77"


FACTS = {
    "trigger": "saved", "at_ms": 1, "number": (1 << 62) + 1, "revision": 0, "status": "open", "test": False, "tid": "T",
    "cpid": 1, "pid": 7, "revenue_minor": 100, "commission_minor": 10, "currency": "EUR", "decimals": 2,
    "clicked_ms": 1, "created_ms": 1, "call": (1 << 62) + 3,
}  # fmt: skip


@pytest.mark.parametrize("more", [{}, {"trigger": "conflict", "transaction": (1 << 62) + 5}])
def test_a_webhook_tells_them_as_texts(more: dict[str, Any]) -> None:
    from clicktrail.core.delivery import message

    told = json.loads(message(FACTS | more))["data"]
    assert (told["number"], told["call"]) == ("4611686018427387905", "4611686018427387907")
    assert all(value <= LARGEST for value in told.values() if isinstance(value, int))


@pytest.mark.parametrize("what", ["transactions", "postbacks", "clicks"])
def test_json_lines_tell_them_as_texts(api: Counter, what: str) -> None:
    from clicktrail.control.ledger.export import lines

    found = [json.loads(line) for line in lines(what, "jsonl", 0, "QC")]
    assert found
    for row in found:
        assert all(value <= LARGEST for value in row.values() if isinstance(value, int))
        assert all(isinstance(row[name], str) for name in ("call", "transaction", "saved") if name in row)
