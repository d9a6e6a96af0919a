"""What keys of the API change stands in the activity log: every writing route, with who, what and which program."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.counter import Counter, counter

ADDRESS = {"address": "https://partner.example/pb?n=<% TID %>", "events": ["saved"]}
WRITES: list[tuple[str, str, dict[str, Any] | None, str, int | None]] = [
    # (route, address, body, verb, program); {last} is the number of what was made last
    ("POST /programs", "/programs", {"name": "New", "currency": "EUR", "landing_page": "https://new.example/"},
     "added", 6),
    ("PATCH /programs/{number}", "/programs/1", {"name": "Gardens"}, "changed", 1),
    ("POST /programs/{number}/signing-keys", "/programs/1/signing-keys", {}, "key made", 1),
    ("DELETE /programs/{number}/signing-keys/{key}", "/programs/1/signing-keys/1", None, "key revoked", 1),
    ("POST /programs/{number}/tokens", "/programs/1/tokens", {"text": "word of the shop"}, "key made", 1),
    ("DELETE /programs/{number}/tokens/{key}", "/programs/1/tokens/1", None, "key revoked", 1),
    ("POST /partners", "/partners", {"name": "Bert"}, "added", None),
    ("PATCH /partners/{number}", "/partners/7", {"state": "active"}, "changed", None),
    ("POST /targets", "/targets", {"program": 5, "alias": "spring", "url": "https://yen.example/s"}, "added", 5),
    ("PATCH /targets/{number}", "/targets/{last}", {"alias": "summer"}, "changed", 5),
    ("DELETE /targets/{number}", "/targets/{last}", None, "deleted", 5),
    ("POST /creatives", "/creatives", {"program": 5, "name": "Banner", "target": 2}, "added", 5),
    ("PATCH /creatives/{number}", "/creatives/{last}", {"state": "paused"}, "changed", 5),
    ("POST /products", "/products", {"program": 1, "name": "Extra", "percent": "5"}, "added", 1),
    ("PATCH /products/{number}", "/products/{last}", {"name": "More"}, "changed", 1),
    ("POST /rates", "/rates", {"partner": 7, "product": 1, "percent": "20"}, "rate changed", 1),
    ("PATCH /rates/{number}", "/rates/{last}", {"percent": "25"}, "rate changed", 1),
    ("DELETE /rates/{number}", "/rates/{last}", None, "rate changed", 1),
    ("POST /approvals", "/approvals", {"partner": 7, "program": 5}, "approval given", 5),
    ("DELETE /approvals/{number}", "/approvals/{last}", None, "approval taken back", 5),
    ("POST /receivers", "/receivers", {"kind": "postback", "name": "His", "partner": 7, "program": 1, **ADDRESS},
     "added", 1),
    ("PATCH /receivers/{number}", "/receivers/{last}", {"name": "His own"}, "receiver changed", 1),
    ("POST /receivers/{number}/rotation", "/receivers/{last}/rotation", {}, "key rotated", 1),
    ("POST /receivers/{number}/tests", "/receivers/{last}/tests", {}, "test sent", 1),
    ("POST /receivers/{number}/fresh-start", "/receivers/{last}/fresh-start", {}, "receiver changed", 1),
    ("POST /deliveries/again", "/deliveries/again", {"ids": [1]}, "sent again", None),
    ("DELETE /receivers/{number}", "/receivers/{last}", None, "deleted", 1),
    ("POST /transactions/{number}/moves", "/transactions/1/moves", {"verb": "confirm", "reason": "ok"},
     "orders moved", 1),
    ("POST /transactions/moves", "/transactions/moves", {"verb": "confirm", "reason": "ok", "numbers": [2, 99]},
     "orders moved", None),
    ("POST /transactions/{number}/reductions", "/transactions/3/reductions", {"revenue": "50", "reason": "part"},
     "orders moved", 1),
    ("POST /transactions/{number}/moves", "/transactions/3/moves", {"verb": "confirm", "reason": "ok"},
     "orders moved", 1),
    ("POST /transactions/{number}/moves", "/transactions/3/moves", {"verb": "pay", "reason": "ok"}, "orders moved", 1),
    ("POST /transactions/{number}/reductions", "/transactions/3/reductions", {"revenue": "40", "reason": "part"},
     "orders moved", 1),
    ("POST /transactions/{number}/adjustments/{revision}/moves", "/transactions/3/adjustments/4/moves",
     {"verb": "settle", "reason": "payout 8"}, "orders moved", 1),
    ("POST /conflicts/{call}/decision", "/conflicts/{call 0}/decision", {"choice": "keep", "reason": "so"},
     "conflict settled", 1),
    ("POST /conflicts/kept", "/conflicts/kept", {"calls": ["{call 1}"], "reason": "so"}, "conflict settled", None),
    ("POST /rejudgings", "/rejudgings", {"program": 1}, "orders judged again", None),
    ("POST /shares", "/shares", {"what": "A-3"}, "story shared", 1),
    ("DELETE /shares/{number}", "/shares/{last}", None, "link taken back", 1),
    ("POST /alarms/{number}/takings", "/alarms/1/takings", {"note": "mine"}, "alarm taken", 1),
    ("POST /keys", "/keys", {"name": "CRM", "scopes": ["read"]}, "key made", None),
    ("POST /keys/{public_id}/rotation", "/keys/{last}/rotation", {}, "key rotated", None),
    ("DELETE /keys/{public_id}", "/keys/{last}", None, "key revoked", None),
]  # fmt: skip


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path / "data", api_requests_per_minute=0, verdict_patience_ms=1) as made:
        from clicktrail.control.alarms.models import Alarm

        made.office.orders("A-1", "A-2", "A-3")
        made.office.orders("A-1", "A-2", umsatz="80")
        Alarm.objects.create(pk=1, kind="silence", program_id=1, since_ms=1, raised_ms=1, updated_ms=1)
        yield made


def lines() -> list[Any]:
    from clicktrail.control.accounts.models import Activity

    return list(Activity.objects.filter(account__startswith="Test (ct_").order_by("pk"))


def writing() -> set[str]:
    """As the routers know them."""
    from clicktrail.control.api import v1

    routers = [*v1.NOUNS.items(), ("/programs", v1.callkeys.router)]
    return {
        f"{method} {noun}{path}"
        for noun, router in routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
        if "write" in operation.openapi_extra["x-scopes"]
    }


def test_what_a_key_writes_is_noted_once_with_its_name(api: Counter) -> None:
    from clicktrail.control.accounts.activity import VERBS

    assert {route for route, *_ in WRITES} == writing(), "a new route needs its line"
    calls = [item["call"] for item in api.get("/conflicts").json["items"]]
    last: Any = None
    for route, address, body, verb, program in WRITES:
        path = address.replace("{last}", str(last)).replace("{call 0}", calls[0])
        if body and body.get("calls"):
            body = {**body, "calls": [calls[1]]}
        before = len(lines())
        answer = api.ask(route.split()[0], path, body)
        assert answer.status in (200, 201, 204), (route, answer)
        if answer.status == 201 and "id" in answer.json:
            last = answer.json["id"]
        assert len(lines()) == before + 1, route
        line = lines()[-1]
        assert (line.verb, line.program_id) == (verb, program), route
        assert verb in VERBS
        assert line.subject.startswith(path.lstrip("/")), route
    kept = " ".join(f"{line.subject} {line.facts}" for line in lines())
    assert "word of the shop" not in kept and "ct_" not in kept, "no secret is written down"
    assert "programs/6 (New)" in kept and "targets/" in kept and "(summer)" in kept
    page = api.office.get("/accounts/activity/", account=lines()[0].account)
    assert "Orders moved" in page.text and "refused: " in page.text


def test_what_only_reads_and_what_is_refused_leaves_no_line(api: Counter) -> None:
    api.get("/programs")
    api.post("/postbacks/dry-run", {"cpid": 1, "tid": "A"})
    api.post("/programs", {"name": ""})
    api.patch("/programs/99", {"name": "x"})
    api.patch("/programs/1", {"name": "x"}, key=api.key(["read"]))
    api.post("/transactions/1/moves", {"verb": "reopen", "reason": "no"})
    assert lines() == []


def test_calls_that_are_handed_in_have_their_own_log(api: Counter) -> None:
    assert api.post("/postbacks", {"cpid": 1, "tid": "Z"}).status in (200, 202)
    assert lines() == []


def test_a_repeat_is_not_noted_twice_and_the_line_is_of_the_same_transaction(
    api: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    from clicktrail.control.api import noting
    from clicktrail.control.catalog.models import Partner

    for _ in range(2):
        assert api.post("/partners", {"name": "Once"}, IDEMPOTENCY_KEY="a").status == 201
    assert len(lines()) == 1

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(noting, "note", away)
    for key in ({}, {"IDEMPOTENCY_KEY": "b"}):
        assert api.post("/partners", {"name": "Never"}, **key).status == 503
    assert not Partner.objects.filter(name="Never").exists()
    assert api.post("/rejudgings", {"program": 1}).status == 201, "what the journal has cannot be taken back"


def test_a_key_of_one_program_is_seen_by_who_sees_that_program(api: Counter) -> None:
    key = api.key(program=1)
    api.post("/transactions/moves", {"verb": "confirm", "reason": "ok", "numbers": [1]}, key=key)
    assert [line.program_id for line in lines()] == [1]
