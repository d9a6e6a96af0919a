"""A program's days and hours out of sums that are kept by the hour in UTC: the zone's offset, piece by piece."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Case, Expression, F, Value, When

QUARTER_S = 900
HOUR_S = 3600
DAY_S = 86_400
_FIRST = date(1970, 1, 1)
MONDAY = 3
"""1970 began on a Thursday: so many days later a week had begun on a Monday before."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included, in one zone."""

    begin_s: int
    end_s: int
    """Not included. Both in seconds since 1970 UTC."""
    pieces: tuple[tuple[int, int], ...]
    """(until, offset) in seconds, in order; the last one reaches to the end."""

    def offset(self) -> Expression:
        """Seconds by which the zone is ahead of UTC at `bucket_s`."""
        *earlier, (_, last) = self.pieces
        whens = [When(bucket_s__lt=until, then=Value(offset)) for until, offset in earlier]
        return Case(*whens, default=Value(last), output_field=BigIntegerField())

    def day(self) -> Expression:
        """Days since 1970 in the zone."""
        return (F("bucket_s") + self.offset()) / Value(DAY_S, output_field=BigIntegerField())

    def hour(self) -> Expression:
        """Hours since 1970 by the clocks of the zone."""
        return (F("bucket_s") + self.offset()) / Value(HOUR_S, output_field=BigIntegerField())

    def offset_at(self, at_s: int) -> int:
        return next((offset for until, offset in self.pieces if at_s < until), self.pieces[-1][1])


def span(zone: str, first: date, last: date) -> Span:
    info = ZoneInfo(zone)
    begin_s, end_s = _start_s(info, first), _start_s(info, last + timedelta(days=1))
    pieces = []
    at_s = begin_s
    while at_s < end_s:
        next_s = min(at_s + DAY_S, end_s)
        if _offset_s(info, at_s) != _offset_s(info, next_s):
            pieces.append((_change_s(info, at_s, next_s), _offset_s(info, at_s)))
        at_s = next_s
    return Span(begin_s, end_s, (*pieces, (end_s, _offset_s(info, end_s))))


def hour_text(hour: int, offset_s: int) -> str:
    """`2026-01-31T14:00+01:00`"""
    local = datetime.fromtimestamp(hour * HOUR_S, UTC)
    sign, minutes = "-" if offset_s < 0 else "+", abs(offset_s) // 60
    return f"{local:%Y-%m-%dT%H:00}{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def day_text(day: int) -> str:
    return f"{datetime.fromtimestamp(day * DAY_S, UTC):%Y-%m-%d}"


def week_of(day: int) -> int:
    """Weeks, each from Monday to Sunday, of a day since 1970."""
    return (day + MONDAY) // 7


def week_text(week: int) -> str:
    """`2026-W07`, by ISO 8601."""
    year, number, _ = (_FIRST + timedelta(days=week * 7 - MONDAY)).isocalendar()
    return f"{year}-W{number:02d}"


def month_of(day: int) -> int:
    return month_number(_FIRST + timedelta(days=day))


def month_number(day: date) -> int:
    """Months since the year 0."""
    return day.year * 12 + day.month - 1


def month_text(month: int) -> str:
    """`2026-01`"""
    return f"{month // 12}-{month % 12 + 1:02d}"


def days_since_1970(day: date) -> int:
    return (day - _FIRST).days


def _start_s(info: ZoneInfo, day: date) -> int:
    return int(datetime.combine(day, time(), tzinfo=info).timestamp())


def _offset_s(info: ZoneInfo, at_s: int) -> int:
    offset = datetime.fromtimestamp(at_s, UTC).astimezone(info).utcoffset()
    return int((offset or timedelta()).total_seconds())


def _change_s(info: ZoneInfo, low_s: int, high_s: int) -> int:
    """The quarter-hour at which the offset changes; there is one between the two."""
    before = _offset_s(info, low_s)
    low, high = low_s // QUARTER_S, -(-high_s // QUARTER_S)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset_s(info, middle * QUARTER_S) == before else (low, middle)
    return high * QUARTER_S
