"""Reports: the rollups added up in each program's own days, never two currencies together."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from support import sums
from support.counter import Counter, counter


def _s(zone: str, *at: int) -> int:
    return int(datetime(*at, tzinfo=ZoneInfo(zone)).timestamp())


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data", api_requests_per_minute=0) as made:
        made.post("/programs", {"name": "Half an hour off", "currency": "EUR", "time_zone": "Asia/Kolkata",
                                "landing_page": "https://in.example/"})  # fmt: skip
        _fill()
        yield made


def _fill() -> None:
    from clicktrail.control.ledger.models import RollupReferrer, RollupSubid

    berlin, tokyo, kolkata = "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata"
    hours = [
        (_s(berlin, 2026, 3, 28, 23), 1, 7, 1, 1, 1000),
        (_s(berlin, 2026, 3, 29, 0), 1, 7, 1, 1, 200),
        (_s(berlin, 2026, 3, 29, 23), 1, 8, 1, 1, 30),
        (_s(berlin, 2026, 3, 30, 0), 1, 7, 1, 1, 4),
        (_s(tokyo, 2026, 3, 29, 0), 5, 7, 2, 3, 50),
        (_s(kolkata, 2026, 3, 29, 0), 6, 7, 3, 9, 7),
        (_s(kolkata, 2026, 3, 29, 0) - 900, 6, 7, 3, 9, 9000),
    ]
    book = sums.Sums()
    for bucket, program, partner, creative, product, many in hours:
        book.count(bucket, program, partner, creative, product, **sums.everything(many))
    book.write()
    day = date(2026, 3, 29).toordinal() - date(1970, 1, 1).toordinal()
    for other, text, many in ((False, "a", 1), (False, "", 20), (True, "", 300)):
        common = {"day": day, "program_id": 1, "partner_id": 7, "other": other, **sums.everything(many)}
        RollupSubid.objects.create(subid=text, **common)
        RollupReferrer.objects.create(host=text, **common)


def _rows(api: Counter, *by: str, **asked: Any) -> list[dict[str, Any]]:
    days = {"day_from": "2026-03-29", "day_to": "2026-03-29"} | asked
    answer = api.get(f"/reports?{urlencode([*days.items(), *(('by', name) for name in by)])}")
    assert answer.status == 200, answer
    return list(answer.json["rows"])


def test_a_day_is_the_programs_own_also_when_the_clocks_change(api: Counter) -> None:
    rows = {(row["program"], row["day"]): row["transactions"] for row in _rows(api, "program", "day")}
    assert rows == {(1, "2026-03-29"): 230, (5, "2026-03-29"): 50, (6, "2026-03-29"): 7}
    three = _rows(api, "day", program=1, day_from="2026-03-28", day_to="2026-03-30")
    assert [(row["day"], row["clicks_net"]) for row in three] == [
        ("2026-03-28", 1000), ("2026-03-29", 230), ("2026-03-30", 4),
    ]  # fmt: skip


def test_hours_carry_the_offset_of_the_moment(api: Counter) -> None:
    rows = _rows(api, "hour", program=1)
    assert [row["hour"] for row in rows] == ["2026-03-29T00:00+01:00", "2026-03-29T23:00+02:00"]
    assert [row["hour"] for row in _rows(api, "hour", program=6)] == ["2026-03-29T00:00+05:30"]


def test_currencies_are_never_added_and_keep_their_decimals(api: Counter) -> None:
    rows = _rows(api)
    assert [(row["currency"], row["revenue"]["amount"]) for row in rows] == [("EUR", "2.37"), ("JPY", "50")]


@pytest.mark.parametrize(
    ("by", "filters", "found"),
    [
        ("partner", {"program": 1}, [(7, 200), (8, 30)]),
        ("creative", {}, [(1, 230), (2, 50), (3, 7)]),
        ("product", {"partner": 7}, [(1, 200), (3, 50), (9, 7)]),
        ("product", {"creative": 2}, [(3, 50)]),
        ("partner", {"product": 1}, [(7, 200), (8, 30)]),
        ("subid", {"program": 1}, [("", 20), ("", 300), ("a", 1)]),
        ("referrer", {}, [("", 20), ("", 300), ("a", 1)]),
        ("day", {"subid": "a"}, [("2026-03-29", 1)]),
        ("partner", {"referrer": "a"}, [(7, 1)]),
        ("day", {"subid": ""}, [("2026-03-29", 20)]),
    ],
)
def test_dimensions_and_filters(api: Counter, by: str, filters: dict[str, Any], found: list[Any]) -> None:
    assert [(row[by], row["clicks_gross"]) for row in _rows(api, by, **filters)] == found


def test_what_has_no_row_of_its_own_says_so(api: Counter) -> None:
    assert [row["other"] for row in _rows(api, "subid")] == [False, True, False]


def test_totals_are_the_sum_of_the_rows(api: Counter) -> None:
    told = api.get("/reports?day_from=2026-01-01&day_to=2026-12-31&by=day&by=program").json
    euros = [row for row in told["rows"] if row["currency"] == "EUR"]
    total = next(row for row in told["totals"] if row["currency"] == "EUR")
    assert total["transactions"] == sum(row["transactions"] for row in euros) == 10241


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("day_from=2026-03-29", "invalid"),
        ("day_from=2026-03-29&day_to=2026-03-28", "invalid"),
        ("day_from=0001-01-01&day_to=9999-12-31", "invalid"),
        ("day_from=9999-12-31&day_to=9999-12-31", "invalid"),
        ("day_from=2026-02-30&day_to=2026-03-28", "invalid"),
        ("day_from=2026-03-29&day_to=2026-03-29&by=subid&by=referrer", "invalid"),
        ("day_from=2026-03-29&day_to=2026-03-29&by=subid&by=hour", "invalid"),
        ("day_from=2026-03-29&day_to=2026-03-29&by=subid&creative=1", "invalid"),
        ("day_from=2026-03-29&day_to=2026-03-29&by=colour", "invalid"),
    ],
)
def test_what_cannot_be_answered_is_said(api: Counter, query: str, code: str) -> None:
    assert api.get(f"/reports?{query}").code == code


def test_a_report_that_would_be_too_long_is_refused(api: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.reports import table

    monkeypatch.setattr(table, "MAX_REPORT_ROWS", 2)
    for by in ("program&by=partner", "subid"):
        answer = api.get(f"/reports?day_from=2026-03-29&day_to=2026-03-29&by={by}")
        assert (answer.status, answer.code) == (422, "too_many_rows")


def test_live_orders_show(api: Counter) -> None:
    from clicktrail.control.ledger.models import Transaction

    api.office.orders("R-1")
    at = datetime.fromtimestamp(Transaction.objects.get(tid="R-1").created_ms / 1000, UTC)
    day = at.astimezone(ZoneInfo("Europe/Berlin")).date().isoformat()
    row = _rows(api, "subid", program=1, day_from=day, day_to=day)[0]
    assert (row["transactions"], row["revenue"]["amount"], row["commission"]["amount"]) == (1, "100.00", "10.00")


def test_a_report_takes_few_queries(api: Counter) -> None:
    answer = api.get("/reports?day_from=2026-01-01&day_to=2026-12-31&by=day&by=program&by=partner")
    assert answer.queries <= 2 + 3, "the key, the programs, and one for each zone"
