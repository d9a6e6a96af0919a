"""A key of one program sees and changes that program's things only: every route, one by one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from support.counter import Answer, Counter, counter
from support.scribe import Scribe

MINE, OTHER = 1, 5
MOVE = {"verb": "confirm", "reason": "test"}


@dataclass
class House:
    """Two programs with everything in them, and a key of the first one with every scope."""

    api: Counter
    mine: str = ""
    other: dict[str, Any] = field(default_factory=dict)
    """Noun -> id of a row of the other program."""

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        return self.api.ask(method, path, body, key=self.mine)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with counter(tmp_path_factory.mktemp("api") / "data", api_requests_per_minute=0) as api:
        made = House(api)
        _fill(made)
        yield made


def _fill(house: House) -> None:
    api = house.api
    product = api.get(f"/products?program={OTHER}").json["items"][0]["id"]
    target = api.post("/targets", {"program": OTHER, "alias": "sale", "url": "https://yen.example/s"}).json["id"]
    creative = api.post("/creatives", {"program": OTHER, "name": "Banner", "target": target}).json["id"]
    stranger = api.post("/partners", {"name": "Only in the other program"}).json["id"]
    approval = api.post("/approvals", {"partner": stranger, "program": OTHER}).json["id"]
    rate = api.post("/rates", {"partner": stranger, "product": product, "fixed": "700"}).json["id"]
    api.post("/rates", {"partner": 7, "product": 1, "percent": "12"})
    house.api.office.orders("M-2", "M-1")
    with Scribe(api.office.settings.data, 1) as scribe:
        click = scribe.click("s", stranger, program=OTHER, creative=creative, target="sale")
        order = scribe.order("O-1", scribe.clickid(click), cpid=str(OTHER))
        scribe.write(click, scribe.order("O-2", scribe.clickid(click), cpid=str(OTHER)), order)
    api.office.judge()
    row = api.get("/transactions?tid=O-1").json["items"][0]
    assert row["program"] == OTHER
    key = api.key(["read"], OTHER).split("_")[1]
    looks = {program: _looks(api, program) for program in (MINE, OTHER)}
    for tid in ("M-2", "O-2"):
        _adjust(api, api.get(f"/transactions?tid={tid}").json["items"][0]["number"])
    house.mine = api.key(program=MINE)
    house.other = {
        "programs": OTHER, "products": product, "targets": target, "creatives": creative, "partners": stranger,
        "approvals": approval, "rates": rate, "transactions": row["number"], "log": row["call"],
        "clicks": row["clickid"], "keys": key, "tid": "O-1", **looks[OTHER],
    }  # fmt: skip


def _adjust(api: Counter, number: int) -> None:
    """Paid, and a part came back."""
    for verb in ("confirm", "pay"):
        api.post(f"/transactions/{number}/moves", {"verb": verb, "reason": "statement 7"})
    assert api.post(f"/transactions/{number}/reductions", {"revenue": "4", "reason": "came back"}).status == 200


def _looks(api: Counter, program: int) -> dict[str, Any]:
    """A conflict, a share, a receiver with a delivery, an alarm, something judged again: noun -> id."""
    from clicktrail.control.alarms import book

    tid = api.get(f"/transactions?program={program}").json["items"][0]["tid"]
    with Scribe(api.office.settings.data, 1) as scribe:
        conflict = scribe.order(tid, "", cpid=str(program), umsatz="3")
        scribe.write(conflict)
    api.office.judge()
    assert api.get(f"/log/{conflict.id}").json["reason"] == "conflict"
    share = api.post("/shares", {"what": tid, "program": program})
    hook = {"kind": "webhook", "name": "Hook", "program": program, "address": "https://h.example/", "events": ["saved"]}
    receiver = api.post("/receivers", hook)
    alarm = book.raise_alarm(book.Told("silence", program, 1, "Silent", "none", "Why."), 2)
    assert alarm is not None and (share.status, receiver.status) == (201, 201), (share, receiver)
    return {
        "conflicts": str(conflict.id),
        "shares": share.json["id"],
        "receivers": receiver.json["id"],
        "deliveries": api.post(f"/receivers/{receiver.json['id']}/tests").json["delivery"],
        "alarms": alarm.pk,
        "rejudgings": api.post("/rejudgings", {"program": program}).json["id"],
    }


def _list_is_clean(noun: str) -> Callable[[House], None]:
    def check(house: House) -> None:
        everything = house.api.get(f"/{noun}").json["items"]
        seen = house.ask("GET", f"/{noun}").json["items"]
        if noun == "partners":
            assert {row["id"] for row in seen} == {2, 7}
            return
        column = "id" if noun == "programs" else "program"
        assert {row[column] for row in seen} == {MINE}
        assert {row[column] for row in everything} > {MINE}, "the other program has such rows too"

    return check


def _is_hidden(method: str, noun: str, body: Any = None, tail: str = "") -> Callable[[House], None]:
    """Neither seen nor changed, and not told from one that does not exist."""

    def check(house: House) -> None:
        path = f"/{noun}/{house.other[noun]}{tail}"
        before = house.api.get(f"/{noun}/{house.other[noun]}").json
        answer = house.ask(method, path, body)
        assert (answer.status, answer.code) == (404, "not_found")
        after = house.api.get(f"/{noun}/{house.other[noun]}").json
        assert after == before | {"last_used_at": after["last_used_at"]} if "last_used_at" in after else after == before

    return check


def _is_refused(method: str, path: str, body: Any) -> Callable[[House], None]:
    def check(house: House) -> None:
        answer = house.ask(method, path.format(**house.other), body(house) if callable(body) else body)
        assert (answer.status, answer.code) == (403, "other_program"), answer

    return check


def _rate_is_refused(house: House) -> None:
    answer = house.ask("POST", "/rates", {"partner": 7, "product": house.other["products"], "fixed": "1"})
    assert (answer.status, answer.fields) == (422, ["product"])


def _bulk_move_skips(house: House) -> None:
    number = house.other["transactions"]
    answer = house.ask("POST", "/transactions/moves", MOVE | {"numbers": [number]})
    assert answer.json == {"moved": [], "refused": [{"number": number, "detail": f"There is no transaction {number}."}]}
    assert house.api.get(f"/transactions/{number}").json["state"] == "open"


def _nothing_is_handed_in(house: House) -> None:
    before = len(house.api.get("/log").json["items"])
    for cpid in (OTHER, "05", "x", "1 2"):
        answer = house.ask("POST", "/postbacks", {"calls": [{"tid": "P-1"}, {"cpid": cpid, "tid": "P-2"}]})
        assert (answer.status, answer.code, answer.fields) == (403, "other_program", ["calls.1.cpid"])
    house.api.office.judge()
    assert len(house.api.get("/log").json["items"]) == before


def _trace_is_empty(house: House) -> None:
    assert house.api.get("/traces?what=O-1").json["found"]
    for what in ("tid", "log", "clicks", "transactions"):
        told = house.ask("GET", f"/traces?what={house.other[what]}").json
        assert (told["transactions"], told["hints"]) == ([] if what != "transactions" else told["transactions"], [])
        assert house.other["log"] not in told["calls"]
        assert house.other["clicks"] not in told["clickids"]
        assert house.other["transactions"] not in told["transactions"]


def _report_is_own(house: House) -> None:
    days = "day_from=2020-01-01&day_to=2022-12-31"
    assert house.ask("GET", f"/reports?{days}&program={OTHER}").code == "other_program"
    today = house.api.get(f"/transactions/{house.other['transactions']}").json["created_at"][:10]
    tomorrow = date.fromisoformat(today) + timedelta(days=1)  # as it is already in the program's zone, late in UTC
    told = house.ask("GET", f"/reports?day_from={today}&day_to={tomorrow}&by=program").json
    assert {row["program"] for row in told["rows"]} == {MINE}
    assert {row["currency"] for row in told["totals"]} == {"EUR"}


def _dry_run_is_refused(house: House) -> None:
    answer = house.ask("POST", "/postbacks/dry-run", {"cpid": OTHER, "tid": "x"})
    assert (answer.status, answer.code) == (403, "other_program")


def _is_own_alone(noun: str, column: str = "") -> Callable[[House], None]:
    """A list without a column of its program: the other one's rows are not in it, and ours may be."""

    def check(house: House) -> None:
        seen = [str(row[column or "id"]) for row in house.ask("GET", f"/{noun}").json["items"]]
        everything = [str(row[column or "id"]) for row in house.api.get(f"/{noun}").json["items"]]
        assert str(house.other[noun]) not in seen and str(house.other[noun]) in everything

    return check


def _nothing_is_kept(house: House) -> None:
    answer = house.ask("POST", "/conflicts/kept", {"calls": [house.other["conflicts"]], "reason": "x"})
    assert answer.json["kept"] == []
    assert house.api.get(f"/conflicts/{house.other['conflicts']}").json["decision"] is None


def _share_is_refused(house: House) -> None:
    body = {"what": house.other["tid"], "program": OTHER}
    assert house.ask("POST", "/shares", body).code == "other_program"
    assert house.ask("POST", "/shares", {"what": house.other["tid"]}).fields == ["what"]


def _share_stays(house: House) -> None:
    number = house.other["shares"]
    assert house.ask("DELETE", f"/shares/{number}").status == 404
    rows = {row["id"]: row for row in house.api.get("/shares").json["items"]}
    assert rows[number]["revoked_at"] is None


def _nothing_is_sent_again(house: House) -> None:
    answer = house.ask("POST", "/deliveries/again", {"ids": [house.other["deliveries"]]})
    assert answer.json == {"sent_again": 0}


def _key_stays_inside(house: House) -> None:
    answer = house.ask("POST", "/keys", {"name": "wider", "scopes": ["read"]})
    assert (answer.status, answer.json["program"]) == (201, MINE)
    assert house.ask("POST", "/keys", {"name": "x", "scopes": ["read"], "program": OTHER}).code == "other_program"


CHECKS: dict[str, Callable[[House], None]] = {
    "list_programs": _list_is_clean("programs"),
    "create_program": _is_refused(
        "POST", "/programs", {"name": "x", "currency": "EUR", "landing_page": "https://x.example/"}
    ),
    "get_program": _is_hidden("GET", "programs"),
    "change_program": _is_hidden("PATCH", "programs", {"name": "taken over"}),
    "list_signing_keys": _is_hidden("GET", "programs", tail="/signing-keys"),
    "create_signing_key": _is_hidden("POST", "programs", tail="/signing-keys"),
    "revoke_signing_key": _is_hidden("DELETE", "programs", tail="/signing-keys/1"),
    "list_tokens": _is_hidden("GET", "programs", tail="/tokens"),
    "create_token": _is_hidden("POST", "programs", {}, "/tokens"),
    "revoke_token": _is_hidden("DELETE", "programs", tail="/tokens/1"),
    "list_partners": _list_is_clean("partners"),
    "create_partner": _is_refused("POST", "/partners", {"name": "x"}),
    "get_partner": _is_hidden("GET", "partners"),
    "change_partner": _is_refused("PATCH", "/partners/{partners}", {"state": "blocked"}),
    "list_creatives": _list_is_clean("creatives"),
    "create_creative": _is_refused("POST", "/creatives", {"program": OTHER, "name": "x", "target": 1}),
    "get_creative": _is_hidden("GET", "creatives"),
    "change_creative": _is_hidden("PATCH", "creatives", {"state": "paused"}),
    "list_targets": _list_is_clean("targets"),
    "create_target": _is_refused("POST", "/targets", {"program": OTHER, "alias": "x", "url": "https://x.example/"}),
    "get_target": _is_hidden("GET", "targets"),
    "change_target": _is_hidden("PATCH", "targets", {"url": "https://evil.example/"}),
    "delete_target": _is_hidden("DELETE", "targets"),
    "list_products": _list_is_clean("products"),
    "create_product": _is_refused("POST", "/products", {"program": OTHER, "name": "x", "percent": "1"}),
    "get_product": _is_hidden("GET", "products"),
    "change_product": _is_hidden("PATCH", "products", {"fixed": "1"}),
    "list_approvals": _list_is_clean("approvals"),
    "create_approval": _is_refused("POST", "/approvals", {"program": OTHER, "partner": 7}),
    "get_approval": _is_hidden("GET", "approvals"),
    "delete_approval": _is_hidden("DELETE", "approvals"),
    "list_rates": _list_is_clean("rates"),
    "create_rate": _rate_is_refused,
    "get_rate": _is_hidden("GET", "rates"),
    "change_rate": _is_hidden("PATCH", "rates", {"fixed": "1"}),
    "delete_rate": _is_hidden("DELETE", "rates"),
    "list_transactions": _list_is_clean("transactions"),
    "get_transaction": _is_hidden("GET", "transactions"),
    "move_transaction": _is_hidden("POST", "transactions", MOVE, "/moves"),
    "reduce_transaction": _is_hidden("POST", "transactions", {"revenue": "1", "reason": "x"}, "/reductions"),
    "move_one_adjustment": _is_hidden("POST", "transactions", {"verb": "void", "reason": "x"}, "/adjustments/1/moves"),
    "list_adjustments": _list_is_clean("adjustments"),
    "move_transactions": _bulk_move_skips,
    "hand_in_calls": _nothing_is_handed_in,
    "list_calls": _list_is_clean("log"),
    "get_call": _is_hidden("GET", "log"),
    "list_clicks": _list_is_clean("clicks"),
    "get_click": _is_hidden("GET", "clicks"),
    "get_trace": _trace_is_empty,
    "get_report": _report_is_own,
    "list_keys": _list_is_clean("keys"),
    "create_key": _key_stays_inside,
    "get_key": _is_hidden("GET", "keys"),
    "revoke_key": _is_hidden("DELETE", "keys"),
    "rotate_key": _is_hidden("POST", "keys", {}, "/rotation"),
    "judge_calls": _dry_run_is_refused,
    "preview_rejudging": _is_refused("GET", f"/rejudgings/preview?program={OTHER}", None),
    "judge_calls_again": _is_refused("POST", "/rejudgings", {"program": OTHER}),
    "list_rejudgings": _is_own_alone("rejudgings"),
    "get_rejudging": _is_hidden("GET", "rejudgings"),
    "list_conflicts": _list_is_clean("conflicts"),
    "keep_conflicts": _nothing_is_kept,
    "get_conflict": _is_hidden("GET", "conflicts"),
    "decide_conflict": _is_hidden("POST", "conflicts", {"choice": "correct", "reason": "x"}, "/decision"),
    "list_shares": _list_is_clean("shares"),
    "share_story": _share_is_refused,
    "revoke_share": _share_stays,
    "list_receivers": _list_is_clean("receivers"),
    "create_receiver": _is_refused(
        "POST",
        "/receivers",
        {"kind": "webhook", "name": "x", "program": OTHER, "address": "https://x.example/", "events": ["saved"]},
    ),
    "get_receiver": _is_hidden("GET", "receivers"),
    "change_receiver": _is_hidden("PATCH", "receivers", {"address": "https://evil.example/"}),
    "delete_receiver": _is_hidden("DELETE", "receivers"),
    "rotate_receiver": _is_hidden("POST", "receivers", tail="/rotation"),
    "send_test": _is_hidden("POST", "receivers", tail="/tests"),
    "start_receiver_afresh": _is_hidden("POST", "receivers", tail="/fresh-start"),
    "list_deliveries": _is_own_alone("deliveries"),
    "send_again": _nothing_is_sent_again,
    "get_delivery": _is_hidden("GET", "deliveries"),
    "list_alarms": _list_is_clean("alarms"),
    "get_alarm": _is_hidden("GET", "alarms"),
    "take_alarm": _is_hidden("POST", "alarms", {"note": "mine"}, "/takings"),
}
"""operationId -> what a key of one program must meet there. A new route needs a line here."""


def test_every_route_is_checked(house: House) -> None:
    from clicktrail.control.api.v1 import api

    paths = api.get_openapi_schema()["paths"]
    assert {told["operationId"] for found in paths.values() for told in found.values()} == set(CHECKS)


@pytest.mark.parametrize("operation", CHECKS)
def test_a_key_of_one_program_stays_in_it(house: House, operation: str) -> None:
    CHECKS[operation](house)


def test_it_may_do_all_that_in_its_own_program(house: House) -> None:
    target = house.ask("POST", "/targets", {"program": MINE, "alias": "own", "url": "https://shop.example/own"})
    assert target.status == 201
    creative = {"program": MINE, "name": "Own", "target": target.json["id"]}
    assert house.ask("POST", "/creatives", creative).status == 201
    assert house.ask("PATCH", f"/programs/{MINE}", {"name": "Renamed"}).json["name"] == "Renamed"
    number = house.ask("GET", "/transactions?tid=M-1").json["items"][0]["number"]
    assert house.ask("POST", f"/transactions/{number}/moves", MOVE).json["state"] == "confirmed"


def test_a_row_of_another_program_cannot_be_named_in_ones_own(house: House) -> None:
    answer = house.ask("POST", "/creatives", {"program": MINE, "name": "x", "target": house.other["targets"]})
    assert (answer.status, answer.fields) == (422, ["target"])
    answer = house.ask("PATCH", f"/programs/{MINE}", {"default_product": house.other["products"]})
    assert (answer.status, answer.fields) == (422, ["default_product"])


def test_its_calls_mean_its_own_program_where_they_name_none(house: House) -> None:
    with house.api.office.engine_running():
        answer = house.ask("POST", "/postbacks", {"tid": "own-1", "umsatz": "10", "pid": 7})
    assert answer.json["saved"], answer
    assert house.ask("GET", f"/log/{answer.json['call']}").json["program"] == MINE
