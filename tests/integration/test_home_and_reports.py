"""Home and the reports page: what they show, to whom, and that their address holds the question."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from support import sums
from support.office import Office, office

NOON = datetime(2026, 11, 18, 12, 30, tzinfo=ZoneInfo("Europe/Berlin"))


def _s(*at: int) -> int:
    return int(datetime(*at, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("desk") / "data") as made:
        _fill()
        yield made


def _fill() -> None:
    book = sums.Sums()
    for at, partner, many in (
        ((2026, 11, 18, 9), 7, 300),
        ((2026, 11, 17, 9), 7, 200),
        ((2026, 11, 17, 20), 7, 5000),
        ((2026, 11, 16, 9), 2, 70),
    ):
        money = {"transactions": 3, "revenue_minor": many * 100, "commission_minor": many}
        book.count(_s(*at), 1, partner, clicks_gross=many, clicks_net=many, **money)
    book.count(int(datetime(2026, 11, 18, 1, tzinfo=UTC).timestamp()), 5, 7, clicks_gross=44, revenue_minor=900)
    book.write()


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clicktrail.heartbeat.now_ms", lambda: int(NOON.timestamp() * 1000))


def _csv(desk: Office, query: str) -> list[dict[str, str]]:
    answer = desk.client.get(f"/reports/csv/{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_home_holds_today_against_yesterday_up_to_this_hour(desk: Office) -> None:
    text = desk.get("/", program="1").text
    assert "300 +50.0 %" in text, "200 until this hour of yesterday, not all 5,200 of it"
    assert "Today is the day in Europe/Berlin" in text
    assert "Anna <b> (7)" in text


def test_home_leaves_the_test_partner_out_but_for_the_switch(desk: Office) -> None:
    without, with_tests = desk.get("/", program="1"), desk.get("/", program="1", tests="1")
    assert "5,500" in without.text and "5,570" in with_tests.text
    assert "partner=2" not in without.html, "in the list of the largest too"
    assert 0 < with_tests.html.index("partner=7") < with_tests.html.index("partner=2"), "the largest first"


@pytest.mark.parametrize("by", ["hour", "partner", "month"])
def test_reports_leave_the_test_partner_out_but_for_the_switch(desk: Office, by: str) -> None:
    day = {"from": "2026-11-16", "to": "2026-11-16", "program": "1", "by": by}
    assert "Nothing was counted" in desk.get("/reports/", **day).text
    assert " 70 " in desk.get("/reports/", **day, tests="1").text


def test_home_says_what_is_waiting_and_what_to_do_first(desk: Office) -> None:
    page = desk.get("/")
    assert "Your account has no second factor" in page.text
    assert "From here to the first order" in page.text
    assert "Connect the shop" in page.text and 'href="/assistant/"' in page.html


def test_homes_chart_is_by_hour_and_by_day_over_the_time_before(desk: Office) -> None:
    def series(**asked: str) -> list[list[int | None]]:
        page = desk.get("/", program="1", **asked)
        data = re.search(r'<script id="home-figures" type="application/json">(.*?)</script>', page.html)
        assert data
        return [line["values"] for line in json.loads(data[1])["series"]]

    today, yesterday = series()
    assert (today[9], today[12], today[13]) == (300, 0, None), "the hours to come have no figures"
    assert (yesterday[9], yesterday[20]) == (200, 5000)
    days, before = series(chart="day")
    assert days[-3:] == [0, 5200, 300] and sum(before) == 0


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({}, "the engine has not said anything yet"),
        ({"beat_ms": -120_000, "lag_events": 0}, "the engine has been silent for 2 minutes"),
        ({"beat_ms": 0, "lag_events": 12, "lag_s": 45}, "12 events unread"),
        ({"beat_ms": 0, "lag_events": 0}, "everything has been read"),
    ],
)
def test_home_says_how_far_the_journals_are_read(
    desk: Office, monkeypatch: pytest.MonkeyPatch, seen: dict[str, int], said: str
) -> None:
    if "beat_ms" in seen:
        seen = seen | {"beat_ms": int(NOON.timestamp() * 1000) + seen["beat_ms"]}
    monkeypatch.setattr("clicktrail.heartbeat.read", lambda *_: seen)
    assert said in desk.get("/").text


def test_money_of_home_is_of_one_currency_at_a_time(desk: Office) -> None:
    assert "Revenue EUR" in desk.get("/").text
    assert "Revenue JPY" in desk.get("/", currency="JPY").text


def test_rows_stand_beside_those_of_the_period_before_and_lead_closer(desk: Office) -> None:
    page = desk.get(
        "/reports/", **{"from": "2026-11-18", "to": "2026-11-18"}, by="partner", compare="previous", program="1"
    )
    assert "300 −94.2 % 5,200" in page.text
    assert (
        "from=2026-11-18&amp;to=2026-11-18&amp;by=creative&amp;program=1&amp;partner=7&amp;compare=previous"
        in page.html
    )
    closer = desk.get("/reports/", **{"from": "2026-11-17", "to": "2026-11-17"}, by="hour", program="1", partner="7")
    assert "2026-11-17 20:00+01:00" in closer.text


def test_a_period_is_compared_with_any_other(desk: Office) -> None:
    asked = {"from": "2026-11-18", "to": "2026-11-18", "by": "program", "program": "1", "tests": "1", "compare": "own"}
    page = desk.get("/reports/", **asked, before_from="2026-11-16", before_to="2026-11-16")
    assert "300 +328.6 % 70" in page.text and "compared with 2026-11-16 to 2026-11-16" in page.text


def test_the_file_has_what_is_seen_in_its_order(desk: Office) -> None:
    query = "?from=2026-11-17&to=2026-11-18&by=day&program=1&sort=clicks_gross"
    rows = _csv(desk, query)
    assert [(row["Day"], row["Clicks, gross"], row["Revenue"]) for row in rows] == [
        ("2026-11-18", "300", "300.00"), ("2026-11-17", "5200", "5200.00"),
    ]  # fmt: skip
    shown = desk.get("/reports/" + query).text
    assert shown.index("2026-11-18 EUR" if "2026-11-18 EUR" in shown else "2026-11-18 300") < shown.index("5,200")


def test_what_cannot_be_asked_is_said_with_the_mend(desk: Office) -> None:
    assert "leave one of the two out" in desk.get("/reports/", by=["subid", "hour"]).text
    assert "is no day" in desk.get("/reports/", **{"from": "yesterday", "to": "2026-11-18"}).text
    assert (
        "Nothing was counted in these days" in desk.get("/reports/", **{"from": "2020-01-01", "to": "2020-01-02"}).text
    )

    for days in ({"from": "0001-01-01", "to": "0001-01-01"}, {"from": "2026-01-01", "to": "9999-12-31"}):
        for compare in ("previous", "year"):
            assert "Ask for days from 2000-01-01" in desk.get("/reports/", compare=compare, **days).text


def test_both_are_narrowed_by_rights_and_a_partner_is_taken_to_his_portal(desk: Office) -> None:
    from django.test import Client

    from clicktrail.control.accounts.models import Account, Role

    reader = Account.objects.create_user("rita", password="unused", is_staff=True, role=Role.READER, programs=[5])
    partner = Account.objects.create_user("anna", password="unused", role=Role.PARTNER, partner_id=7)
    seen = Client(SERVER_NAME="localhost")
    seen.force_login(reader)
    for path in ("/", "/reports/?range=7d&by=program", "/reports/?range=7d&program=1"):
        page = seen.get(path).content.decode()
        assert "5,200" not in page and "300" not in page.partition("<main")[2].partition("ct-begin")[0], path
    assert b"Yen shop" in seen.get("/reports/?range=7d&by=program").content
    seen.force_login(partner)
    assert seen.get("/").headers["Location"] == "/partner/"


@pytest.mark.parametrize("by", ["hour", "day", "month", "partner", "subid", "referrer"])
def test_reports_are_answered_from_sums_alone(desk: Office, by: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        desk.client.get("/reports/", {"range": "30d", "by": by, "compare": "previous"})
    asked = [table for query in seen for table in re.findall(r'(?:FROM|JOIN) "ledger_(\w+)"', query["sql"])]
    sums_of = [table for table in asked if table.startswith("rollup")]
    # The menu counts conflicts; the figures come from nowhere else.
    assert sums_of and set(asked) - set(sums_of) <= {"postback"}


def test_they_take_few_queries(desk: Office) -> None:
    assert desk.get("/").queries <= 40
    assert desk.get("/reports/", compare="previous").queries <= 24


def test_a_thousand_programs_of_one_currency_are_one_row_a_day(desk: Office) -> None:
    from datetime import date

    from clicktrail.control.catalog.models import Program
    from clicktrail.control.ledger.models import RollupProgram
    from clicktrail.control.reports import sources, zones
    from clicktrail.control.reports.table import Question

    day, numbers = date(2025, 5, 5), range(2001, 2004)
    Program.objects.bulk_create([Program(id=n, name=f"P{n}", currency="EUR") for n in numbers])
    RollupProgram.objects.bulk_create(
        [RollupProgram(program_id=n, day=zones.days_since_1970(day), clicks_net=n) for n in numbers]
    )
    found = list(sources.rows(Question(day, day, ("day",)), Program.objects.in_bulk(), 10))
    assert [row["sum_clicks_net"] for row in found] == [sum(numbers)]


def test_a_report_by_subid_adds_up_every_row_once_and_waits_for_no_writer(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import date, timedelta

    from clicktrail.control.catalog.models import Program
    from clicktrail.control.db.sqlite.base import Want
    from clicktrail.control.ledger.models import RollupSubid
    from clicktrail.control.reports import sources, zones
    from clicktrail.control.reports.table import Question

    first, last = date(2024, 2, 1), date(2024, 2, 4)
    days = [zones.days_since_1970(first + timedelta(days=n)) for n in range(4)]
    places = [(d, g, p, t) for d in days for g in (1, 5) for p in (2, 7, 8) for t in ("", "a", "b", "A")]
    rows = [RollupSubid(day=d, program_id=g, partner_id=p, other=False, subid=t) for d, g, p, t in places]
    rows += [RollupSubid(day=d, program_id=1, partner_id=7, other=True, subid="") for d in days]
    for number, row in enumerate(rows):
        row.clicks_net, row.revenue_minor = 1 + number, 10**12 + number
    RollupSubid.objects.bulk_create(rows)
    must: dict[tuple[str, bool, int], list[int]] = {}
    for row in rows:
        if row.partner_id != 2:
            kept = must.setdefault((row.subid, row.other, row.program_id), [0, 0])
            kept[:] = kept[0] + row.clicks_net, kept[1] + row.revenue_minor

    monkeypatch.setattr(Want, "__enter__", lambda _: pytest.fail("the engine was asked to wait for a report"))
    for _ in range(2):
        found = list(sources.rows(Question(first, last, ("subid",)), Program.objects.in_bulk(), 100))
        assert len(found) == len(must) == 9
        for row in found:
            key = (row["subid"], bool(row["other"]), row["program_id"])
            assert [row["sum_clicks_net"], row["sum_revenue_minor"]] == must[key]
    assert len(list(sources.rows(Question(first, last, ("subid",)), Program.objects.in_bulk(), 4))) == 4
