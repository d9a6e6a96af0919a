"""Second looks over the API: dry run, judging again, conflicts, shares."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from support.counter import Counter, counter
from support.scribe import MID_HOUR_MS, Scribe


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path / "data", api_requests_per_minute=0) as made:
        yield made


def test_a_dry_run_of_one_and_of_many(api: Counter) -> None:
    api.office.orders("A-1")
    clickid = api.office.clickids["A-1"]
    one = api.post("/postbacks/dry-run", {"cpid": 1, "tid": "NEW", "clickid": clickid, "umsatz": 95.50}).json
    assert (one["saved"], one["reason"]) == (True, "saved")
    assert one["credit"]["partner"] == 7 and one["credit"]["commission"] == {"amount": "9.55", "currency": "EUR"}
    call = {"cpid": 1, "tid": "NEW", "clickid": clickid, "umsatz": "1"}
    many = api.post("/postbacks/dry-run", {"calls": [call, call, call | {"tid": "X", "produkt": "sale"}]}).json
    assert [verdict["reason"] for verdict in many["verdicts"]] == ["saved", "duplicate", "unknown_product"]
    assert many["verdicts"][2]["nearest"] == "The product is called 'Sale', you sent 'sale'."
    assert api.post("/postbacks/dry-run", call | {"tid": "Y", "currency": "USD"}).json["reason"] == "wrong_currency"
    similar = api.post("/postbacks/dry-run", {"cpid": 1, "tid": "#a-1", "clickid": clickid, "umsatz": "100"}).json
    assert (similar["reason"], similar["saved"]) == ("conflict", False)
    assert len(api.get("/log").json["items"]) == 1, "nothing was written"


def test_as_whom_and_when(api: Counter) -> None:
    from clicktrail.control.catalog.models import Program

    program = Program.objects.get(pk=1)
    program.signed = True
    program.save()
    call = {"cpid": 1, "tid": "NEW", "pid": 7, "umsatz": "1"}
    reasons = {
        who: api.post(f"/postbacks/dry-run?from={who}", call).json["reason"] for who in ("api", "shop", "signed")
    }
    assert reasons == {"api": "saved", "shop": "unauthorized", "signed": "saved"}
    for who in ("api", "signed"):
        story = " ".join(api.post(f"/postbacks/dry-run?from={who}", call).json["story"])
        assert "signed with key" not in story, "the program has no key, so no number of one"
        assert ("Supposed to be signed by the shop." in story) == (who == "signed")
    assert api.post("/postbacks/dry-run?at=2020-01-31T08:00:00Z", call).status == 200


def test_a_key_of_one_program_looks_into_no_other(api: Counter) -> None:
    key = api.key(program=5)
    assert api.post("/postbacks/dry-run", {"cpid": 1, "tid": "A"}, key=key).code == "other_program"
    assert api.get("/rejudgings/preview?program=1", key=key).code == "other_program"
    api.office.orders("A-1")
    api.office.orders("A-1", umsatz="80")
    assert api.get("/conflicts", key=key).json["items"] == []
    number = api.get("/conflicts").json["items"][0]["call"]
    assert api.get(f"/conflicts/{number}", key=key).status == 404
    assert api.post(f"/conflicts/{number}/decision", {"choice": "keep", "reason": "x"}, key=key).status == 404
    assert api.post("/conflicts/kept", {"calls": [number], "reason": "x"}, key=key).json["kept"] == []
    assert api.post("/shares", {"what": "A-1"}, key=key).code == "invalid"


def test_judging_again(api: Counter) -> None:
    from clicktrail.control.catalog.models import Approval, Partner

    Partner.objects.create(pk=8, name="Bert")
    api.office.orders("B-1", partner=8)
    assert api.get("/rejudgings/preview").json["saved"] == 0
    Approval.objects.create(partner_id=8, program_id=1)
    found = api.get("/rejudgings/preview?reason=not_approved&partner=8").json
    assert (found["matched"], found["saved"]) == (1, 1)
    assert found["verdicts"] == [{"before": "not_approved", "after": "saved", "calls": 1}]
    assert found["sums"] == [{"currency": "EUR", "revenue": "100.00 EUR", "commission": "10.00 EUR"}]
    made = api.post("/rejudgings", {"reason": "not_approved"}, idempotency_key="k1")
    assert made.status == 201 and made.json["total"] == 1 and not made.json["done"]
    assert api.post("/rejudgings", {"reason": "not_approved"}, idempotency_key="k1").json == made.json
    api.office.judge()
    progress = api.get(f"/rejudgings/{made.json['id']}").json
    assert progress["done"] and progress["verdicts"] == {"saved": 1}
    first = api.get(f"/log/{found['calls'][0]['call']}").json
    again = api.get(f"/log/{first['judged_again'][0]}").json
    assert again["again_of"] == first["call"] and again["saved"] and not first["saved"]
    assert api.get("/rejudgings/99").status == 404


def test_conflicts(api: Counter) -> None:
    api.office.orders("A-1", "A-2")
    api.office.orders("A-1", "A-2", umsatz="80")
    items = api.get("/conflicts").json["items"]
    assert [item["tid"] for item in items] == ["A-2", "A-1"] and items[0]["correctable"]
    facts = {fact["name"]: (fact["transaction"], fact["call"]) for fact in items[0]["facts"] if fact["differs"]}
    assert facts["Revenue"] == ("100.00 EUR", "80.00 EUR")
    decided = api.post(f"/conflicts/{items[0]['call']}/decision", {"choice": "correct", "reason": "part return"})
    assert decided.json["decision"]["choice"] == "correct"
    number = items[0]["transaction"]
    assert api.get(f"/transactions/{number}").json["revenue"] == {"amount": "80.00", "currency": "EUR"}
    history = api.get(f"/transactions/{number}").json["history"]
    assert [change["fact"] for change in history[0]["changes"]] == ["amount", "commission"]
    second = api.post(f"/conflicts/{items[0]['call']}/decision", {"choice": "keep", "reason": "late"})
    assert (second.status, second.code) == (409, "not_possible")
    kept = api.post("/conflicts/kept", {"calls": [items[1]["call"], "5"], "reason": "tests"}).json
    assert kept["kept"] == [items[1]["call"]] and kept["refused"] == ["Call 5 is no conflict."]
    assert api.get("/conflicts").json["items"] == []


def test_grouped_conflicts(api: Counter) -> None:
    """One of a group is listed; keeping it closes the group."""
    api.office.orders("A-1")
    with Scribe(api.office.settings.data, 2) as scribe:
        calls = [structs.replace(scribe.order("A-1", "x", umsatz="1"), at_ms=MID_HOUR_MS) for _ in range(12)]
        scribe.write(*calls)
    api.office.judge()
    (item,) = api.get("/conflicts").json["items"]
    assert item["call"] == str(calls[0].id)
    assert (item["group"]["count"], item["group"]["total"], item["group"]["click"]) == (12, 12, None)
    assert api.get(f"/conflicts/{calls[5].id}").json["group"]["count"] == 1, "it stands for itself"
    assert api.post("/conflicts/kept", {"calls": [item["call"]], "reason": "guessed"}).json["kept"] == [item["call"]]
    assert api.get("/conflicts").json["items"] == []
    assert api.get(f"/conflicts/{calls[0].id}").json["decision"]["reason"] == "guessed"


def _kept_anywhere(text: str) -> bool:
    """In an answer that is kept for a repeat."""
    from clicktrail.control.api.models import KeptAnswer

    return KeptAnswer.objects.filter(body__contains=text).exists()


def test_shares(api: Counter) -> None:
    from django.test import Client

    api.office.orders("A-1")
    wanted = {"what": "A-1", "partner": 7, "days": 2}
    made = api.post("/shares", wanted, idempotency_key="s1")
    assert made.status == 201
    path = made.json["link"].partition("/share/")[2]
    assert api.post("/shares", wanted, idempotency_key="s1").json == made.json | {"link": None}
    assert not _kept_anywhere(path)
    stranger = Client(SERVER_NAME="localhost")
    assert stranger.get(f"/share/{path}").status_code == 200
    listed = api.get("/shares")
    assert listed.json["items"][0]["partner"] == 7 and path.encode() not in listed.body
    assert api.delete(f"/shares/{made.json['id']}").json["revoked_at"]
    assert stranger.get(f"/share/{path}").status_code == 404
    assert api.post("/shares", {"what": "nothing"}).fields == ["what"]
    assert api.post("/shares", {"what": "A-1", "days": 91}).status == 422
