"""A write with an Idempotency-Key happens once, whatever the line does."""

import threading
from collections.abc import Iterator

import pytest
from support.counter import Counter, counter


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data", api_requests_per_minute=0) as made:
        made.office.orders("I-1", "I-2")
        yield made


def _names(api: Counter) -> list[str]:
    return [row["name"] for row in api.get("/partners?limit=1000").json["items"]]


def test_a_repeat_gets_the_same_answer_and_changes_nothing(api: Counter) -> None:
    first = api.post("/partners", {"name": "Once"}, IDEMPOTENCY_KEY="a")
    again = api.post("/partners", {"name": "Once"}, IDEMPOTENCY_KEY="a")
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert _names(api).count("Once") == 1


def test_without_the_header_it_happens_twice(api: Counter) -> None:
    for _ in range(2):
        api.post("/partners", {"name": "Twice"})
    assert _names(api).count("Twice") == 2


def test_the_same_key_for_another_request_is_refused(api: Counter) -> None:
    api.post("/partners", {"name": "B"}, IDEMPOTENCY_KEY="b")
    answer = api.post("/partners", {"name": "C"}, IDEMPOTENCY_KEY="b")
    assert (answer.status, answer.code) == (422, "key_reused")
    assert api.post("/targets", {"name": "B"}, IDEMPOTENCY_KEY="b").code == "key_reused"
    assert "C" not in _names(api)


def test_another_api_key_may_use_the_same_word(api: Counter) -> None:
    answers = [api.post("/partners", {"name": "D"}, key=api.key(), IDEMPOTENCY_KEY="d") for _ in range(2)]
    assert answers[0].json["id"] != answers[1].json["id"]


def test_an_error_is_not_kept(api: Counter) -> None:
    move = {"verb": "pay", "reason": "x"}
    assert api.post("/transactions/1/moves", move, IDEMPOTENCY_KEY="e").status == 409
    api.post("/transactions/1/moves", {"verb": "confirm", "reason": "x"})
    assert api.post("/transactions/1/moves", move, IDEMPOTENCY_KEY="e").json["state"] == "paid"
    assert api.post("/transactions/1/moves", move, IDEMPOTENCY_KEY="e").json["state"] == "paid"


def test_a_kept_answer_holds_no_secret(api: Counter) -> None:
    from clicktrail.control.api.models import KeptAnswer

    new = {"name": "Once shown", "scopes": ["read"]}
    first = api.post("/keys", new, IDEMPOTENCY_KEY="f").json
    again = api.post("/keys", new, IDEMPOTENCY_KEY="f").json
    assert again == first | {"secret": None}
    assert not [row for row in KeptAnswer.objects.all() if first["secret"] in row.body]


def test_it_is_forgotten_after_its_hours(api: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.api import idempotency, keys

    api.post("/partners", {"name": "Daily"}, IDEMPOTENCY_KEY="g")
    later_ms = keys.now_ms() + 25 * keys.HOUR_MS
    monkeypatch.setattr(idempotency, "now_ms", lambda: later_ms)
    api.post("/partners", {"name": "Daily"}, IDEMPOTENCY_KEY="g")
    assert _names(api).count("Daily") == 2


@pytest.mark.parametrize("word", ["x" * 256, "ä", "a b"])
def test_a_key_that_is_none_is_refused(api: Counter, word: str) -> None:
    assert api.post("/partners", {"name": "H"}, IDEMPOTENCY_KEY=word).fields == ["Idempotency-Key"]


def test_the_answer_is_stored_with_the_write_or_not_at_all(api: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.api import idempotency

    def cut(*_: object) -> None:
        raise RuntimeError("the machine dies here")

    with monkeypatch.context() as broken:
        broken.setattr(idempotency, "_keep", cut)
        assert api.post("/partners", {"name": "Half"}, IDEMPOTENCY_KEY="i").status == 500
    assert "Half" not in _names(api)
    assert api.post("/partners", {"name": "Half"}, IDEMPOTENCY_KEY="i").status == 201


def test_two_at_once_are_executed_once(api: Counter) -> None:
    key, answers = api.key(), []

    def send() -> None:
        from django.db import connection

        answers.append(api.post("/partners", {"name": "Race"}, key=key, IDEMPOTENCY_KEY="j"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    assert _names(api).count("Race") == 1


def test_calls_with_the_same_key_are_handed_in_once(api: Counter) -> None:
    body = {"calls": [{"cpid": 1, "tid": "once-1", "umsatz": 5, "pid": 7}]}
    with api.office.engine_running():
        first = api.post("/postbacks", body, IDEMPOTENCY_KEY="k")
        again = api.post("/postbacks", body, IDEMPOTENCY_KEY="k")
    assert first.body == again.body
    assert len(api.get("/log?tid=once-1").json["items"]) == 1


def test_a_repeat_while_the_first_is_at_work_is_told_so_until_its_lease_is_over(
    api: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clicktrail.control.api import idempotency, keys, postbacks

    def hang(*_: object) -> None:
        raise SystemExit

    body = {"cpid": 1, "tid": "lease-1", "umsatz": 5, "pid": 7}
    key = api.key()
    with monkeypatch.context() as dying:
        dying.setattr(postbacks, "read_calls", hang)
        with pytest.raises(SystemExit):
            api.post("/postbacks", body, key=key, IDEMPOTENCY_KEY="l")
    answer = api.post("/postbacks", body, key=key, IDEMPOTENCY_KEY="l")
    assert (answer.status, answer.code) == (409, "in_progress")
    monkeypatch.setattr(idempotency, "now_ms", lambda: keys.now_ms() + idempotency.LEASE_MS + 1)
    with api.office.engine_running():
        assert api.post("/postbacks", body, key=key, IDEMPOTENCY_KEY="l").json["saved"]
