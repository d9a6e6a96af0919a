"""What has only begun is held against as much of the time before, on Home and in the portal; also where that day has
an hour more or less than the one before it."""

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support import sums
from support.office import Office, office

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = {
    "an hour less": datetime(2026, 3, 29, tzinfo=BERLIN),
    "an hour more": datetime(2026, 10, 25, tzinfo=BERLIN),
    "an ordinary one": datetime(2026, 8, 12, tzinfo=BERLIN),
}
CLICKS = {
    (0, 9): 300, (0, 10): 50,
    (1, 9): 200, (1, 10): 7, (1, 20): 5000,
    (3, 12): 100, (7, 12): 4000, (10, 12): 10_614,
}  # fmt: skip
"""(days before, hour of the clock) -> clicks."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("so-far") / "data") as made:
        book = sums.Sums()
        for day in DAYS.values():
            for (before, hour), many in CLICKS.items():
                at = (day - timedelta(days=before)).replace(hour=hour)
                book.count(int(at.timestamp()), 1, 7, clicks_gross=many, clicks_net=many)
        book.write()
        yield made


@pytest.fixture(scope="module")
def anna(desk: Office) -> Any:
    from django.test import Client

    from clicktrail.control.accounts.models import Account, Role

    client = Client(SERVER_NAME="localhost")
    known = {"role": Role.PARTNER, "partner_id": 7, "time_zone": "Europe/Berlin"}
    client.force_login(Account.objects.create_user("anna@x.example", **known))
    return client


@pytest.fixture(params=DAYS)
def day(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Half past ten on that day, for our pages."""
    at = DAYS[request.param].replace(hour=10, minute=30)
    _be(monkeypatch, at)
    return at


def _be(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr("clicktrail.heartbeat.now_ms", lambda: int(at.timestamp() * 1000))


def _read(anna: Any, period: str) -> str:
    page = anna.get("/partner/", {"period": period}).content.decode()
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.mark.usefixtures("day")
def test_home_compares_what_is_over_with_as_much_before(desk: Office) -> None:
    text = desk.get("/", program="1").text
    assert "350 +50.0 %" in text, "300 until ten o'clock against 200; what began since then is not compared"
    assert "5,657 −50.0 %" in text, "six days that are over against six, not against a seventh"
    assert "of today the hours that are over" in text


@pytest.mark.usefixtures("day")
def test_the_portal_compares_what_is_over_with_as_much_before(anna: Any) -> None:
    today, week = _read(anna, "today"), _read(anna, "7d")
    assert "Clicks 350 +50.0 % before: 200" in today
    assert "against the same hours of the day before" in today
    assert "Clicks 5,657 −50.0 % before: 10,614" in week
    assert "of the days that are over, against as many before" in week
    yesterday = _read(anna, "yesterday")
    assert "Clicks 5,207" in yesterday and "that are over" not in yesterday


def test_nothing_is_compared_in_the_first_hour_of_a_day(
    desk: Office, anna: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _be(monkeypatch, DAYS["an hour less"].replace(minute=20))
    assert "Clicks 350 before: 0" in _read(anna, "today")
    assert "+50.0 %" not in desk.get("/", program="1").text


def test_the_hour_that_comes_twice_is_over_when_it_has_come_twice(anna: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    day = datetime(2025, 10, 26, tzinfo=BERLIN)
    book = sums.Sums()
    for fold in (0, 1):
        at = day.replace(hour=2, fold=fold)
        book.count(int(at.timestamp()), 1, 7, clicks_gross=10, clicks_net=10)
    book.count(int((day - timedelta(days=1)).replace(hour=2).timestamp()), 1, 7, clicks_gross=10, clicks_net=10)
    book.write()
    for at, before in ((day.replace(hour=2, minute=30, fold=1), "0"), (day.replace(hour=3, minute=5), "10")):
        _be(monkeypatch, at)
        assert f"before: {before} " in _read(anna, "today"), at
    assert "+100.0 % before: 10" in _read(anna, "today")


@pytest.mark.parametrize(
    ("at", "begun"),
    [("2026-08-11T23:00", 0), ("2026-08-12T00:59", 0), ("2026-08-12T17:01", 17), ("2026-08-13T00:00", 24)],
)
def test_where_the_day_has_not_come_or_is_over(at: str, begun: int) -> None:
    from clicktrail.control.reports.sofar import ended_hours
    from clicktrail.control.reports.table import Row

    now_ms = int(datetime.fromisoformat(at).replace(tzinfo=BERLIN).timestamp() * 1000)
    rows = [Row({"hour": f"2026-08-12T{hour:02d}:00+02:00"}, False, "EUR", {}) for hour in range(24)]
    day = datetime(2026, 8, 12, tzinfo=BERLIN).date()
    assert len(list(ended_hours(rows, day, now_ms, lambda _row, _at: BERLIN))) == begun
