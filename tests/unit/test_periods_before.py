"""What a stretch of days is compared with: right before it, and the same days a year ago, also around a leap day."""

from datetime import date

import pytest

from clicktrail.control.reports.periods import Period, before, quick


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("first", "last", "year_first", "year_last"),
    [
        ("2026-11-23", "2026-11-23", "2025-11-23", "2025-11-23"),
        ("2026-12-28", "2027-01-03", "2025-12-28", "2026-01-03"),
        ("2024-02-29", "2024-02-29", "2023-02-28", "2023-02-28"),
        ("2024-02-01", "2024-02-29", "2023-02-01", "2023-02-28"),
        ("2025-02-01", "2025-02-28", "2024-02-01", "2024-02-28"),
        ("2024-02-28", "2024-03-01", "2023-02-28", "2023-03-01"),
        ("2024-01-01", "2024-12-31", "2023-01-01", "2023-12-31"),
        ("2001-02-28", "2001-03-01", "2000-02-28", "2000-03-01"),
    ],
)
def test_the_same_days_last_year(first: str, last: str, year_first: str, year_last: str) -> None:
    """By the calendar: a leap day is in one of the two only, and has the 28th before it."""
    assert before(Period(day(first), day(last)), "year") == Period(day(year_first), day(year_last))


@pytest.mark.parametrize(
    ("first", "last", "before_first", "before_last"),
    [
        ("2024-03-01", "2024-03-07", "2024-02-23", "2024-02-29"),
        ("2024-03-01", "2024-03-31", "2024-02-01", "2024-02-29"),
        ("2023-03-01", "2023-03-31", "2023-02-01", "2023-02-28"),
        ("2024-02-01", "2024-02-29", "2024-01-01", "2024-01-31"),
        ("2024-01-01", "2024-12-31", "2023-01-01", "2023-12-31"),
    ],
)
def test_as_many_days_or_whole_months_right_before(first: str, last: str, before_first: str, before_last: str) -> None:
    assert before(Period(day(first), day(last)), "previous") == Period(day(before_first), day(before_last))


@pytest.mark.parametrize(
    ("name", "today", "before_first", "before_last"),
    [
        ("30d", "2026-11-30", "2026-10-02", "2026-10-31"),
        ("30d", "2026-11-29", "2026-10-01", "2026-10-30"),
        ("30d", "2026-04-30", "2026-03-02", "2026-03-31"),
        ("90d", "2026-03-31", "2025-10-03", "2025-12-31"),
        ("7d", "2026-03-01", "2026-02-16", "2026-02-22"),
        ("today", "2026-03-01", "2026-02-28", "2026-02-28"),
        ("month", "2026-11-30", "2026-10-01", "2026-10-31"),
        ("last_month", "2026-12-05", "2026-10-01", "2026-10-31"),
        ("year", "2026-12-31", "2025-01-01", "2025-12-31"),
    ],
)
def test_the_chosen_range_decides(name: str, today: str, before_first: str, before_last: str) -> None:
    """Thirty days are compared with thirty days, also where they are a calendar month; a month with a month."""
    assert before(quick(name, day(today)), "previous") == Period(day(before_first), day(before_last))
