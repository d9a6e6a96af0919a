"""The API on a real PostgreSQL: lists and filters, reports, writes that happen once, calls, second looks."""

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from support.counter import SETUP, Counter
from support.office import manager, signed_in
from support.postgres import database

from clicktrail import keys
from clicktrail.control.boot import boot
from clicktrail.control.ledger import schema
from clicktrail.settings import Settings

LISTS = (
    "programs", "partners", "creatives", "targets", "products", "approvals", "rates", "transactions", "log",
    "clicks", "keys", "rejudgings", "conflicts", "shares", "receivers", "deliveries", "alarms",
)  # fmt: skip


@pytest.fixture(scope="module")
def api(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    folder = tmp_path_factory.mktemp("api") / "data"
    with database(postgres, f"t{uuid.uuid4().hex[:16]}") as address:
        made = Settings(data=folder, database=address, api_requests_per_minute=0)
        keys.create(made.keys_folder)
        made.journal_folder.mkdir()
        schema.migrate(made)
        boot(made, "console")
        from clicktrail.control.catalog.apply import apply
        from clicktrail.control.catalog.fresh import make_fresh

        make_fresh()
        apply(SETUP, "setup.toml")
        with signed_in(made, manager()) as office:
            office.orders("A-1", "A-2", "A-3")
            yield Counter(office)


@pytest.mark.parametrize("noun", LISTS)
def test_every_list_pages_and_tells_everything_once(api: Counter, noun: str) -> None:
    whole = api.get(f"/{noun}").json["items"]
    paged, path = [], f"/{noun}?limit=1"
    while path:
        answer = api.get(path)
        assert answer.status == 200, answer
        paged += answer.json["items"]
        path = (answer.json["next"] or "").removeprefix("/api/v1")
    assert paged == whole


def test_filters_that_look_into_texts_and_times(api: Counter) -> None:
    clickid = api.office.clickids["A-2"]
    assert [row["tid"] for row in api.get(f"/transactions?clickid={clickid}").json["items"]] == ["A-2"]
    assert len(api.get("/log?reason=saved&at_from=2020-01-01T00:00:00Z").json["items"]) == 3
    assert api.get("/traces?what=A-3").json["found"]


@pytest.mark.parametrize("by", ["program", "partner", "creative", "product", "day", "hour", "subid", "referrer"])
def test_reports_add_up_by_everything(api: Counter, by: str) -> None:
    today = datetime.now(UTC).astimezone(ZoneInfo("Europe/Berlin")).date().isoformat()
    told = api.get(f"/reports?day_from={today}&day_to={today}&by={by}&program=1").json
    assert sum(row["transactions"] for row in told["rows"]) == told["totals"][0]["transactions"] >= 3


def test_a_write_happens_once_also_when_four_come_at_once(api: Counter) -> None:
    key, answers = api.key(), []

    def send() -> None:
        from django.db import connection

        try:
            answers.append(api.post("/partners", {"name": "Race"}, key=key, IDEMPOTENCY_KEY="j"))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} <= {201, 409} and len(answers) == 4
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    assert [row["name"] for row in api.get("/partners").json["items"]].count("Race") == 1
    assert api.post("/partners", {"name": "Other"}, key=key, IDEMPOTENCY_KEY="j").code == "key_reused"


def test_a_refused_write_leaves_the_connection_whole(api: Counter) -> None:
    """A failed statement ends a transaction there; what was refused is answered, and the next write works."""
    twice = {"program": 1, "alias": "again", "url": "https://shop.example/"}
    assert [api.post("/targets", twice, IDEMPOTENCY_KEY=f"t{n}").status for n in range(3)] == [201, 409, 409]
    assert api.post("/targets", twice | {"alias": "next"}, IDEMPOTENCY_KEY="t1").status == 201


def test_calls_are_judged_moved_and_told(api: Counter) -> None:
    hook = {"kind": "webhook", "name": "Hook", "address": "https://shop.example/hook", "events": ["saved", "confirmed"]}
    assert api.post("/receivers", hook).status == 201
    body = {"calls": [{"cpid": 1, "tid": "P-1", "umsatz": "5", "pid": 7}, {"cpid": 1, "tid": "P-1", "umsatz": "5"}]}
    with api.office.engine_running():
        first = api.post("/postbacks", body, IDEMPOTENCY_KEY="p")
        assert api.post("/postbacks", body, IDEMPOTENCY_KEY="p").body == first.body
    told = first.json["verdicts"]
    assert [verdict["reason"] for verdict in told] == ["saved", "duplicate"]
    number = told[0]["transaction"]
    assert api.post(f"/transactions/{number}/moves", {"verb": "confirm", "reason": "kept"}).json["state"] == "confirmed"
    events = [row["event"] for row in api.get(f"/deliveries?transaction={number}").json["items"]]
    assert events == ["confirmed", "saved"]


def test_dry_runs_and_judging_again(api: Counter) -> None:
    call = {"cpid": 1, "tid": "D-1", "umsatz": "5", "pid": 7}
    assert api.post("/postbacks/dry-run", call).json["saved"]
    assert api.get("/rejudgings/preview?text=nothing").json["matched"] == 0
