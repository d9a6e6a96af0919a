"""Lists: pages that stay put while rows arrive, filters, and as few queries for a long list as for a short one."""

from collections.abc import Iterator
from typing import Any

import pytest
from support.counter import Counter, counter

NOUNS = ("programs", "partners", "creatives", "targets", "products", "approvals", "rates", "keys", "transactions",
         "adjustments", "log", "clicks")  # fmt: skip


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data", api_requests_per_minute=0) as made:
        made.office.orders(*(f"L-{place}" for place in range(12)))
        for place in range(7):
            partner = made.post("/partners", {"name": f"Partner {place}"}).json["id"]
            made.post("/approvals", {"partner": partner, "program": 1})
            made.post("/rates", {"partner": partner, "product": 1, "percent": "5"})
            made.post("/targets", {"program": 1, "alias": f"t{place}", "url": "https://shop.example/"})
            made.post("/creatives", {"program": 1, "name": f"c{place}", "target": 1})
            made.post("/products", {"program": 1, "name": f"p{place}", "fixed": "1.00"})
            made.post("/programs", {"name": f"P{place}", "currency": "EUR", "landing_page": "https://p.example/"})
            made.key()
        made.office.orders(*(f"P-{place}" for place in range(8)))
        numbers = [row["number"] for row in made.get("/transactions?limit=8").json["items"]]
        for verb in ("confirm", "pay"):
            made.post("/transactions/moves", {"numbers": numbers, "verb": verb, "reason": "statement 7"})
        for number in numbers:
            made.post(f"/transactions/{number}/reductions", {"revenue": "1.00", "reason": "came back"})
        yield made


def _walk(api: Counter, path: str, between: Any = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while path:
        told = api.get(path).json
        found += told["items"]
        path = (told["next"] or "").removeprefix("/api/v1")
        if between:
            between()
    return found


@pytest.mark.parametrize("noun", NOUNS)
def test_pages_tell_everything_once(api: Counter, noun: str) -> None:
    whole = api.get(f"/{noun}?limit=1000").json
    assert whole["next"] is whole["next_cursor"] is None
    assert len(whole["items"]) >= 7
    assert _walk(api, f"/{noun}?limit=3") == whole["items"]


@pytest.mark.parametrize("noun", NOUNS)
def test_a_longer_list_takes_no_more_queries(api: Counter, noun: str) -> None:
    key = api.key()
    api.get(f"/{noun}?limit=1", key=key)
    counts = [api.get(f"/{noun}?limit={limit}", key=key).queries for limit in (1, 7)]
    assert counts[0] == counts[1] <= 3, noun


def test_what_arrives_meanwhile_moves_nothing(api: Counter) -> None:
    before = [row["tid"] for row in api.get("/transactions?limit=1000").json["items"]]
    fresh = iter(range(100))
    walked = _walk(api, "/transactions?limit=4", lambda: api.office.orders(f"N-{next(fresh)}"))
    assert [row["tid"] for row in walked] == before


def test_oldest_first_follows_what_is_new(api: Counter) -> None:
    numbers = [int(row["number"]) for row in _walk(api, "/transactions?order=asc&limit=5")]
    assert numbers == sorted(numbers)


def test_a_cursor_is_good_for_its_own_list_only(api: Counter) -> None:
    cursor = api.get("/transactions?limit=1").json["next_cursor"]
    for path in ("/log?cursor=", "/transactions?order=asc&cursor="):
        assert api.get(path + cursor).fields == ["cursor"]


@pytest.mark.parametrize("cursor", ["", "x", "ZGVzYzpudW1iZXI6LTE", "ä", "ZGVzYzpudW1iZXI6OTk5OTk5OTk5OTk5OTk5OTk5OTk"])
def test_a_cursor_that_is_none_is_refused(api: Counter, cursor: str) -> None:
    assert api.get(f"/transactions?cursor={cursor}").fields == ["cursor"]


@pytest.mark.parametrize(
    ("query", "tids"),
    [
        ("tid=L-3", ["L-3"]),
        ("tid=L-", []),
        ("partner=7&tid=L-4", ["L-4"]),
        ("partner=2", []),
        ("state=paid&tid=L-5", []),
        ("state=open&program=1&product=Sale&test=false&subid=sub-1&tid=L-5", ["L-5"]),
        ("created_from=2099-01-01T00:00:00Z", []),
        ("created_to=2001-01-01T00:00:00%2B01:00", []),
        ("created_from=2001-01-01T00:00:00Z&tid=L-6", ["L-6"]),
    ],
)
def test_filters_of_transactions(api: Counter, query: str, tids: list[str]) -> None:
    assert [row["tid"] for row in api.get(f"/transactions?{query}").json["items"]] == tids


@pytest.mark.parametrize("noun", ["transactions", "log"])
def test_a_clickid_finds_what_hangs_on_it(api: Counter, noun: str) -> None:
    clickid = api.office.clickids["L-7"]
    assert [row["tid"] for row in api.get(f"/{noun}?clickid={clickid}").json["items"]] == ["L-7"]
    assert api.get(f"/clicks/{clickid}").json["partner"] == 7
    assert api.get(f"/{noun}?clickid=QCnone").json["items"] == []


@pytest.mark.parametrize(
    ("query", "some"),
    [("reason=saved&saved=true", True), ("saved=false", False), ("source=api", False),
     ("at_to=2001-01-01T00:00:00Z", False),
     ("at_from=2001-01-01T00:00:00Z&tid=L-1", True)],
)  # fmt: skip
def test_filters_of_the_log(api: Counter, query: str, some: bool) -> None:
    assert bool(api.get(f"/log?{query}").json["items"]) == some


@pytest.mark.parametrize(
    ("query", "some"),
    [("partner=7&outcome=ok&counted=true", True), ("creative=1&subid=sub-1", True), ("program=5", False),
     ("partner=2", False), ("at_from=2099-01-01T00:00:00Z", False)],
)  # fmt: skip
def test_filters_of_clicks(api: Counter, query: str, some: bool) -> None:
    assert bool(api.get(f"/clicks?{query}").json["items"]) == some


def test_two_hundred_thousand_transactions_page_by_key(api: Counter) -> None:
    """Each page is a range of the key: the database says so, however many rows lie before it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    first = api.get("/transactions?limit=1").json["items"][0]["number"]
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA table_info(ledger_transaction)")
        columns = [row[1] for row in cursor.fetchall()]
        values = ", ".join({"number": "1000000 + n", "tid": "'big-' || n"}.get(name, name) for name in columns)
        cursor.execute(
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 200000) "
            f"INSERT INTO ledger_transaction ({', '.join(columns)}) SELECT {values} FROM s, ledger_transaction "
            "WHERE number = %s",
            [first],
        )
    cursor_in_the_middle = api.get("/transactions?limit=1&order=asc").json["next_cursor"]
    for path in ("/transactions?limit=1000", f"/transactions?limit=1000&order=asc&cursor={cursor_in_the_middle}"):
        with CaptureQueriesContext(connection) as seen:
            assert len(api.get(path).json["items"]) == 1000
        query = next(found["sql"] for found in seen if "ledger_transaction" in found["sql"])
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query}")
            plan = " ".join(row[3] for row in cursor.fetchall())
        assert "TEMP B-TREE" not in plan, plan
        assert "OFFSET" not in query
