"""While it is another day in one program's zone than in another's: each program counts to its own today, on Home and in
reports, and what is not over is drawn as unfinished."""

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support import sums
from support.office import Office, office

BERLIN, TOKYO, HONOLULU = 1, 5, 6
FIRST = datetime(2026, 9, 25, tzinfo=UTC)
INSTANTS = {
    "all have one day": "2026-11-30T10:30", "Tokyo is ahead": "2026-11-30T15:30",
    "Honolulu is behind": "2026-12-01T03:30", "the clocks go back": "2026-10-25T00:30",
    "a month has begun in Tokyo": "2026-10-31T23:30",
}  # fmt: skip
RANGES = ("today", "yesterday", "7d", "30d", "month", "last_month")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Clicks in every hour of ten weeks, other ones in each."""
    with office(tmp_path_factory.mktemp("own-day") / "data") as made:
        from clicktrail.control.catalog.models import Program

        Program.objects.create(pk=HONOLULU, name="Surf shop", currency="USD", time_zone="Pacific/Honolulu")
        book = sums.Sums()
        for hour in range(24 * 70):
            at = FIRST + timedelta(hours=hour)
            for program in (BERLIN, TOKYO, HONOLULU):
                many = 1 + (hour * 7 + program * 13) % 97
                book.count(
                    int(at.timestamp()), program, 7, clicks_gross=many, clicks_net=many, transactions=many % 5,
                    commission_minor=many * program,
                )  # fmt: skip
        book.write()
        yield made


@pytest.fixture(params=INSTANTS)
def instant(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    _be(monkeypatch, INSTANTS[request.param])


def _be(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    at_ms = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    monkeypatch.setattr("clicktrail.heartbeat.now_ms", lambda: at_ms)


def _home(desk: Office, **asked: str) -> list[int]:
    """Net clicks of the four periods."""
    line = desk.get("/", **asked).html.partition("Clicks, net</th>")[2].partition("</tr>")[0]
    return [int(n.replace(",", "")) for n in re.findall(r'class="ct-big">([\d,]+)<', line)]


def _totals(desk: Office, **asked: Any) -> list[tuple[int, int]]:
    """(net clicks, net clicks before) of each currency."""
    page = desk.get("/reports/", compare="previous", **asked).html
    found = []
    for line in re.findall(r"<tfoot>(.*?)</tfoot>", page, re.DOTALL)[0].split("</tr>")[:-1]:
        cell = re.findall(r'class="ct-right">(.*?)</td>', line, re.DOTALL)[1]
        now, before = re.findall(
            r"([\d,]+)(?:<|$)", html.unescape(re.sub(r"<span class=\"ct-(?:up|down|same)\">[^<]*</span>", "", cell))
        )
        found.append((int(now.replace(",", "")), int(before.replace(",", ""))))
    return found


@pytest.mark.usefixtures("instant")
def test_home_is_the_sum_of_its_programs(desk: Office) -> None:
    each = [_home(desk, program=str(number)) for number in (BERLIN, TOKYO, HONOLULU)]
    assert _home(desk) == [sum(values) for values in zip(*each, strict=True)]


@pytest.mark.usefixtures("instant")
@pytest.mark.parametrize("name", RANGES)
def test_a_report_is_the_sum_of_its_programs(desk: Office, name: str) -> None:
    each = [_totals(desk, range=name, by="partner", program=str(n))[0] for n in (BERLIN, TOKYO, HONOLULU)]
    assert sorted(_totals(desk, range=name, by="partner")) == sorted(each), "one of each currency"
    if name in ("today", "yesterday", "7d", "30d"):
        place = ("today", "yesterday", "7d", "30d").index(name)
        assert sum(now for now, _ in each) == _home(desk)[place], "Home says the same"


@pytest.mark.usefixtures("instant")
@pytest.mark.parametrize("by", ["hour", "day", "month", "program"])
def test_the_rows_of_a_report_add_up_to_its_totals(desk: Office, by: str) -> None:
    asked = f"?range=7d&by={by}&compare=previous"
    answer = desk.client.get(f"/reports/csv/{asked}")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    for column in ("Clicks, net", "Clicks, net, before") if by != "month" else ("Clicks, net",):
        place = column.endswith("before")
        must = sum(total[place] for total in _totals(desk, range="7d", by=by))
        assert sum(int(row[column]) for row in rows) == must, column


def _chart(desk: Office, address: str, key: str) -> dict[str, Any]:
    page = desk.get(address).html
    found = re.search(rf'<script id="{key}" type="application/json">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


def test_what_is_not_over_is_drawn_as_unfinished(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    _be(monkeypatch, "2026-11-30T15:30")
    hours = _chart(desk, f"/?program={BERLIN}", "home-figures")
    assert hours["labels"][hours["open_from"]][:13] == "2026-11-30T16", "half past four in Berlin"
    assert hours["series"][0]["values"][16] > 0 and hours["series"][0]["values"][17] is None
    days = _chart(desk, "/?chart=day", "home-figures")
    assert days["labels"][-1] == days["labels"][days["open_from"]] == "2026-11-30", "the day of the page"
    yen = _chart(desk, "/?chart=day&measure=revenue&currency=JPY", "home-figures")
    assert yen["open_from"] is None, "in Tokyo the 30th is over"
    assert days["open_name"] == "Day in progress"
    months = _chart(desk, "/reports/?range=year&by=month", "report-chart")
    assert months["labels"][months["open_from"]] == "2026-11"
    past = _chart(desk, f"/reports/?range=last_month&by=day&program={BERLIN}", "report-chart")
    assert past["open_from"] is None
    ahead = _chart(desk, "/reports/?from=2026-11-29&to=2026-12-05&by=day", "report-chart")
    assert ahead["series"][0]["values"][3:] == [None] * 4, "what has not begun is nothing, and no zero"


def test_today_across_zones_stands_under_its_own_hours(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half past midnight in Tokyo is the first hour of today's line, not of tomorrow's."""
    _be(monkeypatch, "2026-11-30T15:30")
    every, berlin, tokyo, honolulu = (
        _chart(desk, f"/{asked}", "home-figures")["series"][0]["values"]
        for asked in ("", f"?program={BERLIN}", f"?program={TOKYO}", f"?program={HONOLULU}")
    )
    assert tokyo[0] is not None and tokyo[1] is None
    assert every[0] == berlin[0] + tokyo[0] + honolulu[0]
    assert every[16] is not None and every[17] is None, "half past four in Berlin, the latest clock of the three"
