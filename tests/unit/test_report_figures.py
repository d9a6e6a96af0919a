"""Derived measures, periods and what stands before them, as tables."""

from datetime import date

import pytest

from clicktrail.control.reports import derived, periods, zones

SUMS = {"transactions": 3, "clicks_net": 200, "commission_minor": 1001, "revenue_minor": 10_001}
NOTHING = dict.fromkeys(SUMS, 0)
SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("measure", "found"), [(derived.conversion_ppm, 15_000), (derived.epc, 501), (derived.average_minor, 3334)]
)
def test_a_derived_measure_is_rounded_half_up_and_is_nothing_over_nothing(measure, found: int) -> None:  # type: ignore[no-untyped-def]
    assert measure(SUMS) == found
    assert measure(NOTHING) is None


@pytest.mark.parametrize(
    ("now", "before", "found"), [(15, 10, 500_000), (5, 10, -500_000), (1, 3, -666_667), (7, 0, None), (None, 4, None)]
)
def test_a_change_is_of_what_it_was_before(now: int | None, before: int | None, found: int | None) -> None:
    assert derived.change_ppm(now, before) == found


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", date(2026, 11, 22), SUNDAY),
        ("yesterday", date(2026, 11, 21), date(2026, 11, 21)),
        ("7d", date(2026, 11, 16), SUNDAY),
        ("30d", date(2026, 10, 24), SUNDAY),
        ("month", date(2026, 11, 1), SUNDAY),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("year", date(2026, 1, 1), SUNDAY),
    ],
)
def test_a_quick_range_ends_today(name: str, first: date, last: date) -> None:
    assert periods.quick(name, SUNDAY) == periods.Period(first, last)


@pytest.mark.parametrize(
    ("period", "how", "before"),
    [
        ((date(2026, 11, 16), SUNDAY), "previous", (date(2026, 11, 9), date(2026, 11, 15))),
        ((date(2026, 11, 1), date(2026, 11, 30)), "previous", (date(2026, 10, 1), date(2026, 10, 31))),
        ((date(2026, 3, 1), date(2026, 4, 30)), "previous", (date(2026, 1, 1), date(2026, 2, 28))),
        ((date(2024, 2, 29), date(2024, 3, 1)), "year", (date(2023, 2, 28), date(2023, 3, 1))),
        ((date(2026, 11, 16), SUNDAY), "year", (date(2025, 11, 16), date(2025, 11, 22))),
    ],
)
def test_the_period_before(period: tuple[date, date], how: str, before: tuple[date, date]) -> None:
    assert periods.before(periods.Period(*period), how) == periods.Period(*before)


def test_a_week_begins_on_monday_and_a_month_on_its_first() -> None:
    day = zones.days_since_1970
    assert [zones.week_text(zones.week_of(day(date(2026, 1, n)))) for n in (4, 5, 11, 12)] == [
        "2026-W01", "2026-W02", "2026-W02", "2026-W03",
    ]  # fmt: skip
    assert zones.week_text(zones.week_of(day(date(2027, 1, 3)))) == "2026-W53"
    assert zones.month_text(zones.month_of(day(date(2026, 12, 31)))) == "2026-12"


def test_the_labels_of_a_period_leave_nothing_out() -> None:
    period = periods.Period(date(2026, 3, 28), date(2026, 4, 1))
    assert periods.labels(period, "day") == ["2026-03-28", "2026-03-29", "2026-03-30", "2026-03-31", "2026-04-01"]
    assert periods.labels(period, "week") == ["2026-W13", "2026-W14"]
    assert periods.labels(period, "month") == ["2026-03", "2026-04"]
    hours = periods.labels(periods.Period(date(2026, 3, 29), date(2026, 3, 29)), "hour", "Europe/Berlin")
    assert (len(hours), hours[1], hours[2]) == (23, "2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00")
