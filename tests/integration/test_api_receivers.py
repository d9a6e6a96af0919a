"""Receivers, deliveries and alarms over the API: what the console can do with them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.counter import Answer, Counter, counter

HOOK = {"kind": "webhook", "name": "Back office", "address": "https://shop.example/hook", "events": ["conflict"]}
POSTBACK = {"kind": "postback", "name": "Anna's", "partner": 7, "address": "https://a.example/p?t={tid}",
            "events": ["confirmed", "saved"]}  # fmt: skip


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path / "data", api_requests_per_minute=0) as made:
        yield made


def _made(api: Counter, body: dict[str, Any], **options: Any) -> Answer:
    answer = api.post("/receivers", body, **options)
    assert answer.status == 201, answer
    return answer


def test_a_receiver_is_made_published_and_changed(api: Counter) -> None:
    made = _made(api, POSTBACK, idempotency_key="r1").json
    assert made["events"] == ["saved", "confirmed"] and made["program"] is None and made["standing"] is None
    assert len(made["secret"]) == 64
    assert _made(api, POSTBACK, idempotency_key="r1").json == made | {"secret": None}
    told = api.patch(f"/receivers/{made['id']}", {"state": "paused", "events": ["paid"]}).json
    assert (told["state"], told["events"], told["name"]) == ("paused", ["paid"], "Anna's")
    assert "secret" not in api.get(f"/receivers/{made['id']}").json
    assert api.delete(f"/receivers/{made['id']}").status == 204
    assert api.get("/receivers").json["items"] == []


def test_the_engine_tells_it_at_once(api: Counter) -> None:
    hook = _made(api, HOOK | {"events": ["saved"]}).json
    api.office.orders("A-1")
    [delivery] = api.get(f"/deliveries?receiver={hook['id']}&state=due").json["items"]
    told = api.get(f"/deliveries/{delivery['id']}").json
    assert (told["event"], told["facts"]["tid"], told["log"]) == ("saved", "A-1", [])
    assert told["delivery"].startswith(f"ct-{hook['id']}-t{told['transaction']}-0-")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"address": "https://a.example/{nonsense}"}, "address"),
        ({"address": "http://169.254.169.254/"}, "address"),
        ({"address": "https://a.example:22/"}, "address"),
        ({"partner": None}, "partner"),
        ({"partner": 99}, "partner"),
        ({"program": 99}, "program"),
        ({"kind": "webhook"}, "partner"),
        ({"events": ["alarm"]}, "events"),
        ({"events": ["no such"]}, "events.0"),
    ],
)
def test_a_receiver_that_cannot_be(api: Counter, change: dict[str, Any], field: str) -> None:
    answer = api.post("/receivers", POSTBACK | change)
    assert (answer.status, answer.fields) == (422, [field]), answer
    assert api.get("/receivers").json["items"] == []


def test_the_next_secret_is_another_one(api: Counter) -> None:
    made = _made(api, HOOK).json
    next_one = api.post(f"/receivers/{made['id']}/rotation").json
    assert next_one["key_number"] == 2 and next_one["secret"].startswith("whsec_")
    assert next_one["secret"] != made["secret"]


def test_a_test_is_sent_and_what_is_done_is_sent_again(api: Counter) -> None:
    from clicktrail.control.outbox.models import Attempt, Delivery

    number = api.post(f"/receivers/{_made(api, HOOK).json['id']}/tests").json["delivery"]
    Delivery.objects.filter(pk=number).update(state="given_up", done_ms=5, attempts=9)
    Attempt.objects.create(
        delivery_id=number, at_ms=5, stage="answer", address="https://shop.example/hook", status=500, answer="No.",
        took_ms=7, fault="It answered 500.",
    )  # fmt: skip
    before = api.get(f"/deliveries/{number}").json
    assert before["event"] == "test" and before["log"][0]["status"] == 500
    assert api.post("/deliveries/again", {"ids": [number, 99]}).json == {"sent_again": 1}
    after = api.get(f"/deliveries/{number}").json
    assert (after["state"], after["done_at"], after["delivery"]) == ("due", None, before["delivery"])


def test_a_receiver_that_is_gone_starts_afresh(api: Counter) -> None:
    from clicktrail.control.outbox.models import Standing

    number = _made(api, HOOK).json["id"]
    Standing.objects.create(receiver_id=number, state="gone", why="It answered 410 Gone.", failures=1, since_ms=5)
    assert api.get("/receivers").json["items"][0]["standing"]["why"] == "It answered 410 Gone."
    assert api.post(f"/receivers/{number}/fresh-start").json["standing"] is None


def test_an_alarm_is_read_and_taken(api: Counter) -> None:
    from clicktrail.control.alarms import book

    row = book.raise_alarm(book.Told("silence", 1, 1000, "No orders", "no_calls", "No calls came."), 2000)
    assert row is not None
    [told] = api.get("/alarms?open=true&program=1").json["items"]
    assert (told["kind"], told["loud"], told["cause"]) == ("silence", True, "no_calls")
    taken = api.post(f"/alarms/{row.pk}/takings", {"note": "I call the shop."}).json
    assert not taken["loud"] and taken["taken_by"].startswith("Test (ct_")
    assert taken["steps"][-1]["note"] == "Acknowledged. I call the shop."
    assert api.post(f"/alarms/{row.pk}/takings", {"snooze_hours": 4}).json["snoozed_until"]
    book.end(row, "Orders again.", 3000)
    again = api.post(f"/alarms/{row.pk}/takings", {})
    assert (again.status, again.code) == (409, "not_possible")
    assert api.get("/alarms?open=true").json["items"] == []
    assert api.get("/alarms?open=false").json["items"][0]["ended_at"]
