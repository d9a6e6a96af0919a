"""A day that has begun, held against whole ones: only what has ended is compared, with the same of the time before.

Hours are those of the clock, in the zone in which a row was counted. So a day on which the clocks are changed is held
against the same hours of the day before, though it has one less by then, or one more.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo

from clicktrail.control.reports.periods import Period
from clicktrail.control.reports.table import Row

ZoneOf = Callable[[Row, datetime], tzinfo]
"""(row, its hour) -> the zone whose clocks it goes by."""


def ended_hours(rows: Iterable[Row], today: date, now_ms: int, zone_of: ZoneOf) -> Iterator[Row]:
    """Of rows by the hour, of today and another day: those whose hour by the clock is over today."""
    begun: dict[tzinfo, int] = {}
    for row in rows:
        at = datetime.fromisoformat(row.values["hour"])
        zone = zone_of(row, at)
        if zone not in begun:
            begun[zone] = _begun_hour(zone, today, now_ms)
        if at.hour < begun[zone]:
            yield row


def ended_days(period: Period, before: Period) -> tuple[Period, Period]:
    """The period without its last day, which has only begun, and as many days of the one before it."""
    days = timedelta(days=period.days - 2)
    return Period(period.first, period.first + days), Period(before.first, before.first + days)


def by_its_offset(own: tzinfo) -> ZoneOf:
    """Where a row does not say whose it is: `own` where the offset is its, else the offset alone."""
    return lambda _row, at: own if at.astimezone(own).utcoffset() == at.utcoffset() else at.tzinfo or own


def _begun_hour(zone: tzinfo, today: date, now_ms: int) -> int:
    """The hour of the clock that has begun there; 24 where the day is over, 0 where it has not come."""
    local = datetime.fromtimestamp(now_ms / 1000, zone)
    if local.date() != today:
        return 24 if local.date() > today else 0
    return local.hour
