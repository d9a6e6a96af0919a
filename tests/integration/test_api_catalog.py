"""The catalog over the API: the console's rules, errors that name field and mend, published at once."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.counter import Counter, counter

from clicktrail import catalogfile
from clicktrail.heartbeat import now_ms

PROGRAM = {"name": "New", "currency": "EUR", "landing_page": "https://new.example/?c=<% CLICKID %>"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data", api_requests_per_minute=0) as made:
        made.office.orders("C-1", "C-2", "C-3")
        yield made


def _published(api: Counter) -> Any:
    return catalogfile.read(api.office.settings.catalog_folder / catalogfile.CURRENT)


def test_a_whole_program_is_made_and_published(api: Counter) -> None:
    program = api.post("/programs", PROGRAM | {"deeplink_hosts": ["SHOP.example"], "time_zone": "Asia/Tokyo"}).json[
        "id"
    ]
    product = api.post("/products", {"program": program, "name": "Sale", "percent": "7.5"}).json
    target = api.post("/targets", {"program": program, "alias": "shoes", "url": "https://new.example/s"}).json["id"]
    creative = api.post(
        "/creatives", {"program": program, "name": "B", "target": target, "product": product["id"]}
    ).json
    partner = api.post("/partners", {"name": "Nina"}).json["id"]
    api.post("/approvals", {"partner": partner, "program": program, "product": product["id"]})
    api.post("/rates", {"partner": partner, "product": product["id"], "fixed": "2.50"})
    catalog = _published(api)
    made = catalog.programs[program]
    assert (made.deeplink_hosts, made.time_zone, made.default_product) == (("shop.example",), "Asia/Tokyo", "Sale")
    assert made.targets == {"default": PROGRAM["landing_page"], "shoes": "https://new.example/s"}
    assert catalog.creatives[creative["id"]].target == "shoes"
    assert catalog.is_approved(partner, program, "Sale")
    assert catalog.used_rate(partner, program, made.products[0], now_ms()).rate.fixed_minor == 250
    assert (product["percent"], product["fixed"], product["default"]) == ("7.5", None, True)


def test_patch_changes_what_is_named_and_nothing_else(api: Counter) -> None:
    before = api.get("/programs/1").json
    after = api.patch("/programs/1", {"click_lifetime_days": 45, "state": "paused"}).json
    assert after == before | {"click_lifetime_days": 45, "state": "paused"}
    assert _published(api).programs[1].state == "paused"
    assert api.patch("/programs/1", {"state": "active"}).json["state"] == "active"


def test_who_may_call_is_set(api: Counter) -> None:
    change = {"access": {"signed": True, "networks": ["203.0.113.0/24"], "unproven": "hold", "nocheck": "signed"}}
    told = api.patch("/programs/5", change).json["access"]
    assert (told["signed"], told["networks"], told["unproven"], told["nocheck"], told["pid"]) == (
        True, ["203.0.113.0/24"], "hold", "signed", "everybody",
    )  # fmt: skip
    assert _published(api).programs[5].access.signed
    assert api.patch("/programs/5", {"access": {"networks": ["203.0.113.7/24"]}}).fields == ["access.networks"]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/programs", PROGRAM | {"currency": "EUX"}, "currency"),
        ("POST", "/programs", PROGRAM | {"name": "  "}, "name"),
        ("POST", "/programs", PROGRAM | {"time_zone": "Mars"}, "time_zone"),
        ("POST", "/programs", PROGRAM | {"landing_page": "shop"}, "landing_page"),
        ("POST", "/programs", PROGRAM | {"landing_page": "https://x.example/<% NO %>"}, "landing_page"),
        ("POST", "/programs", PROGRAM | {"deeplink_hosts": ["https://x.example"]}, "deeplink_hosts"),
        ("POST", "/programs", PROGRAM | {"click_parameter": "a b"}, "click_parameter"),
        ("POST", "/programs", PROGRAM | {"click_lifetime_days": 0}, "click_lifetime_days"),
        ("POST", "/programs", PROGRAM | {"click_lifetime_days": True}, "click_lifetime_days"),
        ("POST", "/programs", PROGRAM | {"nmae": "x"}, "nmae"),
        ("PATCH", "/programs/1", {"currency": "USD"}, "currency"),
        ("PATCH", "/programs/1", {"default_product": 10**30}, "default_product"),
        ("PATCH", "/programs/1", {"name": None}, "name"),
        ("POST", "/products", {"program": 1, "name": "X"}, "percent"),
        ("POST", "/products", {"program": 1, "name": "X", "percent": "1", "fixed": "1"}, "percent"),
        ("POST", "/products", {"program": 1, "name": "X", "percent": "101"}, "percent"),
        ("POST", "/products", {"program": 1, "name": "X", "percent": 7.5}, "percent"),
        ("POST", "/products", {"program": 5, "name": "X", "fixed": "1.50"}, "fixed"),
        ("POST", "/products", {"program": 99, "name": "X", "fixed": "1.50"}, "program"),
        ("POST", "/targets", {"program": 1, "alias": "a/b", "url": "https://x.example/"}, "alias"),
        ("POST", "/targets", {"program": 1, "alias": "a", "url": "javascript:alert(1)"}, "url"),
        ("PATCH", "/targets/1", {"alias": "other"}, "alias"),
        ("POST", "/creatives", {"program": 1, "name": "x", "target": 99}, "target"),
        ("POST", "/creatives", {"program": 1, "name": "x"}, "target"),
        ("PATCH", "/creatives/1", {"product": 10**18}, "product"),
        ("POST", "/partners", {"name": "x", "state": "gone"}, "state"),
        ("POST", "/partners", {"name": "nul \0"}, "name"),
        ("POST", "/partners", {"name": "\ud800"}, "name"),
        ("POST", "/partners", {"name": 5}, "name"),
        ("POST", "/partners", {"name": "x" * 201}, "name"),
        ("POST", "/approvals", {"partner": 99, "program": 1}, "partner"),
        ("POST", "/rates", {"partner": 7, "product": 99, "fixed": "1"}, "product"),
        ("POST", "/keys", {"name": "x", "scopes": ["admin"]}, "scopes.0"),
        ("POST", "/keys", {"name": "x", "scopes": []}, "scopes"),
        ("POST", "/transactions/moves", {"numbers": [], "verb": "pay", "reason": "x"}, "numbers"),
        ("POST", "/transactions/1/moves", {"verb": "fly", "reason": "x"}, "verb"),
        ("POST", "/transactions/1/moves", {"verb": "pay", "reason": ""}, "reason"),
        ("POST", "/transactions/1/reductions", {"revenue": "1.234", "reason": "x"}, "revenue"),
        ("POST", "/partners", [], "body"),
    ],
)
def test_what_is_wrong_is_named_with_the_mend(api: Counter, method: str, path: str, body: Any, field: str) -> None:
    version = _published(api).version
    answer = api.ask(method, path, body)
    assert (answer.status, answer.code) == (422, "invalid"), answer
    assert field in answer.fields
    assert all(error["detail"].endswith(".") for error in answer.json["errors"])
    assert _published(api).version == version


def test_all_that_is_wrong_is_told_at_once(api: Counter) -> None:
    answer = api.post("/programs", {"name": " ", "currency": "EUX", "landing_page": "x", "time_zone": "Mars"})
    assert answer.fields == ["currency", "name", "time_zone", "landing_page"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/targets", {"program": 1, "alias": "default", "url": "https://x.example/"}),
        ("/products", {"program": 1, "name": "Sale", "percent": "1"}),
        ("/approvals", {"partner": 7, "program": 1}),
    ],
)
def test_what_is_there_is_not_made_twice(api: Counter, path: str, body: Any) -> None:
    answer = api.post(path, body)
    assert (answer.status, answer.code) == (409, "exists")


def test_what_is_in_use_is_not_deleted(api: Counter) -> None:
    assert api.delete("/targets/1").code == "in_use"
    target = api.post("/targets", {"program": 1, "alias": "used", "url": "https://x.example/"}).json["id"]
    creative = api.post("/creatives", {"program": 1, "name": "x", "target": target}).json["id"]
    assert api.delete(f"/targets/{target}").code == "in_use"
    api.patch(f"/creatives/{creative}", {"target": 1})
    assert (api.delete(f"/targets/{target}").status, api.delete(f"/targets/{target}").status) == (204, 404)
    assert "used" not in _published(api).programs[1].targets


def test_an_approval_and_a_rate_are_taken_back(api: Counter) -> None:
    partner = api.post("/partners", {"name": "Short"}).json["id"]
    approval = api.post("/approvals", {"partner": partner, "program": 1}).json["id"]
    rate = api.post("/rates", {"partner": partner, "product": 1, "percent": "3"}).json["id"]
    assert api.patch(f"/rates/{rate}", {"fixed": "4.00"}).json["percent"] is None
    assert [api.delete(f"/{noun}").status for noun in (f"approvals/{approval}", f"rates/{rate}")] == [204, 204]
    assert not _published(api).is_approved(partner, 1, "Sale")


def test_a_transaction_is_moved_with_its_history(api: Counter) -> None:
    key = api.key(name="Back office")
    row = api.get("/transactions?tid=C-1").json["items"][0]
    assert row["verbs"] == ["confirm", "cancel"]
    told = api.post(f"/transactions/{row['number']}/moves", {"verb": "confirm", "reason": "arrived"}, key=key).json
    step = told["history"][0]
    assert (told["state"], step["from_state"], step["reason"]) == ("confirmed", "open", "arrived")
    assert step["actor"] == f"Back office (ct_{key.split('_')[1]})"
    assert told["revision"] == step["revision"] == 1


def test_many_are_moved_each_by_itself(api: Counter) -> None:
    number = api.get("/transactions?tid=C-2").json["items"][0]["number"]
    body = {"numbers": [number, number, 987654], "verb": "confirm", "reason": "list"}
    told = api.post("/transactions/moves", body).json
    assert told["moved"] == [number]
    assert [refused["number"] for refused in told["refused"]] == [number, "987654"]


def test_a_part_is_cancelled(api: Counter) -> None:
    number = api.get("/transactions?tid=C-3").json["items"][0]["number"]
    told = api.post(f"/transactions/{number}/reductions", {"revenue": "40.00", "reason": "shoes came back"}).json
    assert (told["revenue"]["amount"], told["commission"]["amount"]) == ("40.00", "4.00")
    assert {change["fact"] for change in told["history"][-1]["changes"]} >= {"amount"}
    assert api.post(f"/transactions/{number}/reductions", {"revenue": "41", "reason": "x"}).code == "not_possible"


def test_a_part_of_a_paid_one_is_an_adjustment(api: Counter) -> None:
    api.office.orders("C-9")
    number = api.get("/transactions?tid=C-9").json["items"][0]["number"]
    for verb in ("confirm", "pay"):
        api.post(f"/transactions/{number}/moves", {"verb": verb, "reason": "statement 7"})
    told = api.post(f"/transactions/{number}/reductions", {"revenue": "80.00", "reason": "shoes came back"}).json
    assert (told["state"], told["revenue"]["amount"], told["commission"]["amount"]) == ("paid", "100.00", "10.00")
    assert (told["adjusted_revenue"]["amount"], told["adjusted_commission"]["amount"]) == ("-20.00", "-2.00")
    [entry] = told["adjustments"]
    assert api.get(f"/adjustments?transaction={number}").json["items"] == [entry]
    assert (entry["revenue"]["amount"], entry["commission"]["amount"], entry["state"]) == ("-20.00", "-2.00", "open")
    assert (entry["reason"], entry["call"], entry["verbs"]) == ("shoes came back", None, ["settle", "void"])
    moves = f"/transactions/{number}/adjustments/{entry['revision']}/moves"
    told = api.post(moves, {"verb": "settle", "reason": "payout 8"}).json
    assert (told["adjustments"][0]["state"], told["adjustments"][0]["verbs"]) == ("settled", ["reopen"])
    assert told["history"][-1]["changes"] == [{"fact": "adjustment", "earlier": "open", "later": "settled"}]
    assert api.post(moves, {"verb": "void", "reason": "x"}).code == "not_possible"
    assert api.get("/adjustments?state=open").json["items"] == []
    assert api.post(f"/transactions/{number}/adjustments/77/moves", {"verb": "void", "reason": "x"}).status == 404


def test_a_rate_is_planned_and_the_past_is_refused(api: Counter) -> None:
    program = api.post("/programs", PROGRAM).json["id"]
    product = api.post("/products", {"program": program, "name": "Timed", "percent": "5"}).json
    assert (product["valid_from"], len(product["rates"])) == (None, 1)
    later = {"percent": "6", "valid_from": "2099-01-01T00:00:00Z"}
    rates = api.patch(f"/products/{product['id']}", later).json["rates"]
    assert [(rate["percent"], rate["valid_from"]) for rate in rates] == [("5", None), ("6", "2099-01-01T00:00:00.000Z")]
    assert api.get(f"/products/{product['id']}").json["percent"] == "5"
    past = api.patch(f"/products/{product['id']}", {"percent": "7", "valid_from": "2020-01-01T00:00:00Z"})
    assert (past.status, past.fields) == (422, ["valid_from"])
    own = api.post("/rates", {"partner": 7, "product": product["id"], "fixed": "1", "valid_from": later["valid_from"]})
    assert (own.status, own.json["valid_from"]) == (201, "2099-01-01T00:00:00.000Z")
    found = _published(api).used_rate(7, program, _published(api).programs[program].products[0], now_ms())
    assert (found.rate.percent_ppm, found.own) == (50_000, False)
