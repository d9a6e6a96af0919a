"""Stretches of days: the quick ones, the ones before them to compare with, and their labels."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from clicktrail.control.reports import zones

QUICK = ("today", "yesterday", "7d", "30d", "90d", "month", "last_month", "year")
_DAYS = {"7d": 7, "30d": 30, "90d": 90}
COMPARISONS = ("previous", "year", "own")


@dataclass(frozen=True, slots=True)
class Period:
    first: date
    last: date
    """Both included."""
    counts_days: bool = field(default=False, compare=False)
    """Chosen as a number of days: the period before it has as many, also where these happen to be a whole month."""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_months(self) -> bool:
        """Whole calendar months."""
        return not self.counts_days and self.first.day == 1 and (self.last + timedelta(days=1)).day == 1


def today(zone: str, now_ms: int) -> date:
    return datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(zone)).date()


def quick(name: str, day: date) -> Period:
    """name: one of QUICK. They end on `day`, but for those that were over before it."""
    if name == "yesterday":
        return Period(day - timedelta(days=1), day - timedelta(days=1))
    if name == "last_month":
        last = day.replace(day=1) - timedelta(days=1)
        return Period(last.replace(day=1), last)
    if name == "month":
        return Period(day.replace(day=1), day)
    if name == "year":
        return Period(day.replace(month=1, day=1), day)
    return Period(day - timedelta(days=_DAYS.get(name, 1) - 1), day, counts_days=True)


def before(period: Period, how: str) -> Period:
    """how: `previous` (as many days, or as many whole months, right before) or `year` (the same days a year before).

    A period that was chosen as a number of days is compared with as many days, whatever its dates are.
    """
    if how == "year":
        return Period(_year_before(period.first), _year_before(period.last))
    last = period.first - timedelta(days=1)
    if not period.is_months:
        return Period(last - timedelta(days=period.days - 1), last)
    months = zones.month_number(period.last) - zones.month_number(period.first) + 1
    year, month = divmod(zones.month_number(period.first) - months, 12)
    return Period(date(year, month + 1, 1), last)


def following_month(day: date) -> date:
    """Its first day."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def labels(period: Period, unit: str, zone: str = "UTC") -> list[str]:
    """Of every hour, day, week or month in it, as reports write them; hours by the clocks of the zone."""
    if unit == "hour":
        return _hours(period, zone)
    days = [period.first + timedelta(days=n) for n in range(period.days)]
    return list(dict.fromkeys(label_of(day, unit) for day in days))


def label_of(day: date, unit: str) -> str:
    """The day, week or month that a day lies in, as reports write it."""
    number = zones.days_since_1970(day)
    if unit == "week":
        return zones.week_text(zones.week_of(number))
    return zones.month_text(zones.month_of(number)) if unit == "month" else day.isoformat()


def _hours(period: Period, zone: str) -> list[str]:
    """By whole hours of UTC: a clock that is set back shows one hour twice, one set forward leaves one out."""
    span = zones.span(zone, period.first, period.last)
    offsets = [(at_s, span.offset_at(at_s)) for at_s in range(span.begin_s, span.end_s, zones.HOUR_S)]
    found = [zones.hour_text((at_s + offset) // zones.HOUR_S, offset) for at_s, offset in offsets]
    return list(dict.fromkeys(found))


def _year_before(day: date) -> date:
    """The 29th of February has the 28th before it."""
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)
