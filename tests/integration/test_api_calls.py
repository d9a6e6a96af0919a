"""Calls over the API: one or a thousand, durable together, each with its final verdict."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.counter import Counter, counter
from support.observe import until


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data", api_requests_per_minute=0) as made:
        made.office.orders("S-1")
        yield made


@pytest.fixture
def judged(api: Counter) -> Iterator[Counter]:
    with api.office.engine_running():
        yield api


def _order(tid: str, **more: Any) -> dict[str, Any]:
    return {"cpid": 1, "tid": tid, "umsatz": 95.5, "pid": 7} | more


def test_one_call_gets_its_final_verdict(judged: Counter) -> None:
    answer = judged.post("/postbacks", _order("T-1"))
    told = answer.json
    assert answer.status == 200
    assert (told["saved"], told["reason"], told["ask"]) == (True, "saved", None)
    row = judged.get(f"/transactions/{told['transaction']}").json
    assert (row["tid"], row["call"], row["revenue"]) == ("T-1", told["call"], {"amount": "95.50", "currency": "EUR"})
    assert row["trusted"]
    again = judged.post("/postbacks", _order("T-1")).json
    assert (again["saved"], again["reason"], again["transaction"]) == (False, "duplicate", told["transaction"])


def test_the_log_says_which_key_it_was(judged: Counter) -> None:
    key = judged.key(name="Till 3")
    call = judged.post("/postbacks", _order("T-2"), key=key).json["call"]
    row = judged.get(f"/log/{call}").json
    assert (row["source"], row["actor"]) == ("api", f"Till 3 (ct_{key.split('_')[1]})")


def test_numbers_are_taken_by_their_digits(judged: Counter) -> None:
    raw = b'{"calls": [{"cpid": 1, "tid": 12345678901234567890123, "umsatz": 80.25210084033614, "pid": 7}]}'
    call = judged.post("/postbacks", raw=raw).json["verdicts"][0]["call"]
    row = judged.get(f"/log/{call}").json
    assert (row["tid"], row["amount"]) == ("12345678901234567890123", "80.25210084033614")
    assert row["params"]["umsatz"] == "80.25210084033614"


def test_a_thousand_go_to_disk_in_one_commit_and_wake_the_engine_once(
    judged: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clicktrail.control.intake import Intake, intake

    desk, commits, wakes = intake(judged.office.settings), [], []
    commit, wake = desk._writer.commit, Intake._wake
    monkeypatch.setattr(
        desk._writer, "commit", lambda events, until: (commits.append(len(events)), commit(events, until))
    )
    monkeypatch.setattr(Intake, "_wake", lambda self: (wakes.append(1), wake(self)))
    calls = [_order(f"M-{place}") for place in range(1000)]
    answer = judged.post("/postbacks", {"calls": calls})
    assert (commits, len(wakes)) == ([1000], 1)
    told = answer.json["verdicts"]
    for place in (0, 500, 999):
        shown = until(lambda at=place: judged.get(f"/log/{told[at]['call']}").json.get("tid"), 10, "it is in the log")
        assert shown == f"M-{place}"
    if answer.status == 200:
        assert all(verdict["saved"] for verdict in told)


def test_bad_calls_are_verdicts_like_any_other(judged: Counter) -> None:
    secret = {"cpid": 1, "tid": "B-4", "pid": 7, "umsatz": "1", "api_key": "s3cr3t"}
    bad = [7, None, "x", ["y"], {}, {"tid": "B-1"}, {"cpid": 1}, _order("B-2", umsatz="1.234,56"), _order("x" * 300)]
    answer = judged.post("/postbacks", {"calls": [*bad, _order("B-3"), secret]})
    assert answer.status == 200
    reasons = [verdict["reason"] for verdict in answer.json["verdicts"]]
    assert reasons == [
        "bad_call", "bad_call", "bad_call", "bad_call", "missing_cpid", "missing_cpid", "missing_tid", "bad_amount",
        "bad_call", "saved", "saved",
    ]  # fmt: skip
    assert all(judged.get(f"/log/{verdict['call']}").status == 200 for verdict in answer.json["verdicts"])
    assert judged.get(f"/log/{answer.json['verdicts'][-1]['call']}").json["params"]["api_key"] == "…"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "unreadable_json"),
        (b"{", "unreadable_json"),
        (b"[" * 100_000, "unreadable_json"),
        (b'{"tid": NaN}', "unreadable_json"),
        (b"[]", "invalid"),
        (b'"x"', "invalid"),
        (b'{"calls": []}', "invalid"),
        (b'{"calls": {}}', "invalid"),
        (b'{"calls": [{}], "more": 1}', "invalid"),
        (b'{"calls": [' + b"{}," * 1000 + b"{}]}", "invalid"),
        (b" " * (2 * 1024 * 1024 + 1), "too_large"),
    ],
)
def test_a_body_that_is_none_stores_nothing(api: Counter, raw: bytes, code: str) -> None:
    from clicktrail.control.intake import intake

    before = intake(api.office.settings)._mint._last
    assert api.post("/postbacks", raw=raw).code == code
    assert intake(api.office.settings)._mint._last == before


def test_a_call_that_is_not_judged_yet_says_where_to_ask_again(api: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings
    from django.test import override_settings
    from msgspec.structs import replace

    key = api.key(["postback"])
    with override_settings(CLICKTRAIL=replace(settings.CLICKTRAIL, verdict_patience_ms=50)):
        answer = api.post("/postbacks", _order("W-1"), key=key)
    assert answer.status == 202
    assert (answer.json["reason"], answer.json["saved"]) == ("waiting", False)
    ask = answer.json["ask"].removeprefix("/api/v1")
    assert api.get(ask, key=key).status == 202
    api.office.judge()
    assert (api.get(ask, key=key).status, api.get(ask, key=key).json["reason"]) == (200, "saved")


def test_a_key_that_only_hands_in_sees_its_own_calls(judged: Counter) -> None:
    mine, other = judged.key(["postback"]), judged.key(["postback"])
    call = judged.post("/postbacks", _order("O-1"), key=mine).json["call"]
    assert judged.get(f"/log/{call}", key=mine).status == 200
    assert judged.get(f"/log/{call}", key=other).status == 404
    shop = judged.get("/log?source=edge").json["items"][0]["call"]
    assert judged.get(f"/log/{shop}", key=mine).status == 404
    assert judged.get("/log", key=mine).code == "missing_scope"


@pytest.mark.parametrize("call", ["0", "9" * 19, "9223372036854775808", "1"])
def test_a_log_number_that_is_none_is_not_found(api: Counter, call: str) -> None:
    assert api.get(f"/log/{call}").code == "not_found"


def test_where_the_disk_refuses_nothing_is_stored_and_said(api: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.intake import intake
    from clicktrail.errors import JournalRefused

    def full(*_: object) -> None:
        raise JournalRefused("/secret/path: no space left")

    monkeypatch.setattr(intake(api.office.settings)._writer, "commit", full)
    answer = api.post("/postbacks", _order("F-1"))
    assert (answer.status, answer.code) == (503, "not_durable")
    assert answer.headers["retry-after"]
    assert b"secret" not in answer.body


def test_callers_who_wait_for_an_engine_that_is_away_leave_a_thread_to_the_pages(api: Counter) -> None:
    import time
    from contextlib import ExitStack

    from clicktrail.control.intake import seats

    house = api.office.settings
    with ExitStack() as others:
        waited = [others.enter_context(seats.patience_ms(house)) for _ in range(house.console_threads - 1)]
        assert waited == [house.verdict_patience_ms] * (house.console_threads - 1)

        def is_quick(number: int) -> bool:
            began_s = time.monotonic()
            assert api.post("/postbacks", _order(f"T-LATE-{number}")).status == 202
            return time.monotonic() - began_s < house.verdict_patience_ms / 1000

        assert any(is_quick(number) for number in range(5)), "what else the machine does holds up one, not all of them"
    with seats.patience_ms(house) as patience_ms:
        assert patience_ms == house.verdict_patience_ms
