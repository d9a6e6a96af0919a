"""What a clock's time is as an instant, also in the night in which the clocks are changed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from clicktrail.control.console.daybounds import moment_ms

BERLIN = "Europe/Berlin"
FORWARD, BACK = "2026-03-29", "2026-10-25"


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("shown", "zone", "since", "until"),
    [
        ("2026-11-23T14:00", "UTC", "2026-11-23T14:00", "2026-11-23T14:00"),
        ("2026-11-23T14:00:30", BERLIN, "2026-11-23T13:00:30", "2026-11-23T13:00:30"),
        ("2026-11-23", BERLIN, "2026-11-22T23:00", "2026-11-22T23:00"),
        (f"{FORWARD}T01:59", BERLIN, f"{FORWARD}T00:59", f"{FORWARD}T00:59"),
        (f"{FORWARD}T02:00", BERLIN, f"{FORWARD}T01:00", f"{FORWARD}T01:00"),
        (f"{FORWARD}T02:30", BERLIN, f"{FORWARD}T01:00", f"{FORWARD}T01:00"),
        (f"{FORWARD}T03:00", BERLIN, f"{FORWARD}T01:00", f"{FORWARD}T01:00"),
        (f"{BACK}T02:00", BERLIN, f"{BACK}T00:00", f"{BACK}T01:00"),
        (f"{BACK}T02:30", BERLIN, f"{BACK}T00:30", f"{BACK}T01:30"),
        (f"{BACK}T03:00", BERLIN, f"{BACK}T02:00", f"{BACK}T02:00"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:30", "2026-10-03T15:30"),
        ("1969-01-01T00:00", "UTC", "1970-01-01T00:00", "1970-01-01T00:00"),
    ],
)
def test_begin_and_end(shown: str, zone: str, since: str, until: str) -> None:
    """Lord Howe puts its clocks forward by half an hour."""
    clock = ZoneInfo(zone)
    assert moment_ms(shown, clock) == utc(since)
    assert moment_ms(shown, clock, is_end=True) == utc(until)


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30T10:00", "2026-11-23T24:30", "9" * 200])
def test_what_is_no_moment_is_no_bound(text: str) -> None:
    assert moment_ms(text, ZoneInfo("UTC")) is None


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("text", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_the_ends_of_the_calendar_are_no_fault(text: str, zone: str) -> None:
    assert moment_ms(text, ZoneInfo(zone)) in (None, 0) or text.startswith("9999")
