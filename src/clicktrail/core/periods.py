"""Hours and days in which things are added up."""

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

QUARTER_MS = 15 * 60 * 1000
"""No zone's offset is finer than a quarter of an hour: within one, the day is the same."""
DAY_MS = 86_400_000
MAX_VALUES = 1000
"""Rows for subids, and for hosts, of a program, partner and day; more are added up in `other`."""
MAX_ROWS_OF_VALUES = 2000
"""The same together with rows for values that earn, or that are known from the days before."""
REGULAR_DAYS = 7
"""How many days before are looked at for values that are known."""
_EPOCH_DAY = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - a date only


def bucket_s(at_ms: int, minutes: int) -> int:
    """Start of the hour (or of so many minutes), in seconds since 1970 UTC."""
    length_ms = minutes * 60_000
    return at_ms // length_ms * length_ms // 1000


def day_of(time_zone: str, at_ms: int) -> int:
    """Days since 1970 in the zone. Raises OverflowError or ValueError for times that no calendar knows."""
    return _day_of_quarter(time_zone, at_ms // QUARTER_MS)


@lru_cache(maxsize=10_000)
def month_of(day: int) -> int:
    """Months since the year 0, of a day since 1970: January 2026 is 24312."""
    found = date.fromordinal(day + _EPOCH_DAY)
    return found.year * 12 + found.month - 1


@lru_cache(maxsize=10_000)
def _day_of_quarter(time_zone: str, quarter: int) -> int:
    moment = datetime.fromtimestamp(quarter * QUARTER_MS // 1000, UTC).astimezone(ZoneInfo(time_zone))
    return moment.toordinal() - _EPOCH_DAY
