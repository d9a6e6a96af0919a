"""One truth: Home, reports, CSV, API and portal say the same of the same days, also where the clocks change.

Orders stand at the edges of days, in a zone that changes its clocks and in one half an hour off; what each
day must have is counted here from the times themselves.
"""

import csv
import io
import re
from collections import Counter as Tally
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support import sums
from support.counter import Counter, counter

ZONES = {1: "Europe/Berlin", 6: "Asia/Kolkata", 7: "Australia/Lord_Howe"}
"""Lord Howe moves its clocks by half an hour."""
CHANGES = (date(2026, 3, 29), date(2026, 10, 25), date(2026, 4, 5), date(2026, 10, 4))
TESTER = 2


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data", api_requests_per_minute=0) as made:
        for number in (6, 7):
            program = {"name": f"Shop {number}", "currency": "EUR", "time_zone": ZONES[number]}
            assert made.post("/programs", program | {"landing_page": "https://x.example/"}).json["id"] == number
        made.counted = _fill()  # type: ignore[attr-defined]
        yield made


def _fill() -> Tally[tuple[int, str]]:
    """Something in every half hour of the three days around each change; (program, day) -> clicks."""
    counted: Tally[tuple[int, str]] = Tally()
    book = sums.Sums()
    for program, name in ZONES.items():
        zone = ZoneInfo(name)
        step = 3600 if program == 1 else 1800
        for change in CHANGES:
            begin = datetime.combine(change - timedelta(days=1), datetime.min.time(), tzinfo=UTC) - timedelta(hours=12)
            for at_s in range(int(begin.timestamp()), int(begin.timestamp()) + 96 * 3600, step):
                many = 1 + at_s // step % 7
                book.count(
                    at_s, program, 7, clicks_gross=many, clicks_net=many, transactions=1, revenue_minor=100 * many
                )
                book.count(at_s, program, TESTER, clicks_gross=1000)
                counted[program, datetime.fromtimestamp(at_s, zone).date().isoformat()] += many
    book.write()
    return counted


def _days(change: date) -> list[str]:
    return [(change + timedelta(days=n)).isoformat() for n in (-1, 0, 1)]


def _of_api(api: Counter, program: int, change: date, by: str) -> Tally[str]:
    first, *_, last = _days(change)
    rows = api.get(f"/reports?day_from={first}&day_to={last}&by={by}&program={program}").json["rows"]
    found: Tally[str] = Tally()
    for row in rows:
        found[row[by][:10]] += row["clicks_gross"]
    return found


def _of_page(api: Counter, program: int, change: date, by: str) -> Tally[str]:
    first, *_, last = _days(change)
    html = api.office.client.get(f"/reports/?from={first}&to={last}&by={by}&program={program}").content.decode()
    rows = re.findall(r'<th scope="row" class="ct-place">(?:<a[^>]*>)?([^<]+).*?ct-right">([\d,]+)', html, re.DOTALL)
    found: Tally[str] = Tally()
    for day, many in rows:
        found[day[:10]] += int(many.replace(",", ""))
    return found


def _of_csv(api: Counter, program: int, change: date, by: str) -> Tally[str]:
    first, *_, last = _days(change)
    answer = api.office.client.get(f"/reports/csv/?from={first}&to={last}&by={by}&program={program}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    found: Tally[str] = Tally()
    for row in csv.DictReader(io.StringIO(text)):
        found[next(iter(row.values()))[:10]] += int(row["Clicks, gross"])
    return found


@pytest.mark.parametrize("by", ["day", "hour"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("program", ZONES)
def test_api_page_and_csv_agree_by_day_and_by_hour(api: Counter, program: int, change: date, by: str) -> None:
    must = Tally({day: api.counted[program, day] for day in _days(change)})  # type: ignore[attr-defined]
    assert _of_api(api, program, change, by) == must
    assert _of_page(api, program, change, by) == must
    assert _of_csv(api, program, change, by) == must


@pytest.mark.parametrize("by", ["week", "month", "partner", "creative", "program"])
def test_every_way_of_adding_up_comes_to_the_same(api: Counter, by: str) -> None:
    """Whole months and single days at both ends; and the sum of all programs is theirs."""
    asked = "day_from=2026-03-28&day_to=2026-10-25"
    rows = api.get(f"/reports?{asked}&by={by}").json["rows"]
    by_day = api.get(f"/reports?{asked}&by=day&by=partner").json["rows"]
    must = sum(n for (_, day), n in api.counted.items() if "2026-03-28" <= day <= "2026-10-25")  # type: ignore[attr-defined]
    assert sum(row["clicks_gross"] for row in rows) == sum(row["clicks_gross"] for row in by_day) == must


def test_the_test_partner_is_in_where_it_is_asked_for(api: Counter) -> None:
    asked = "/reports?day_from=2026-03-29&day_to=2026-03-29&program=1"
    with_tests, without = (api.get(asked + more).json["totals"][0]["clicks_gross"] for more in ("&tests=true", ""))
    assert with_tests == without + 23 * 1000, "the day has 23 hours"
    assert api.get(asked + "&partner=2").json["totals"][0]["clicks_gross"] == 23_000


@pytest.mark.parametrize("program", ZONES)
@pytest.mark.parametrize("change", CHANGES)
def test_home_agrees(api: Counter, program: int, change: date, monkeypatch: pytest.MonkeyPatch) -> None:
    """Late on the day of the change: today and yesterday."""
    late = datetime(change.year, change.month, change.day, 23, 50, tzinfo=ZoneInfo(ZONES[program]))
    monkeypatch.setattr("clicktrail.heartbeat.now_ms", lambda: int(late.timestamp() * 1000))
    html = api.office.client.get(f"/?program={program}").content.decode()
    line = html.partition("Clicks, gross</th>")[2].partition("</tr>")[0]
    shown = [int(n.replace(",", "")) for n in re.findall(r'class="ct-big">([\d,]+)<', line)]
    yesterday, today, _ = _days(change)
    assert shown[:2] == [api.counted[program, today], api.counted[program, yesterday]]  # type: ignore[attr-defined]
