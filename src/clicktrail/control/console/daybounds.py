"""Where a day of a list's address begins, in a program's time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def read_day(text: str) -> date | None:
    """None: not a day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def start_ms(day: date, zone: str) -> int:
    """Milliseconds since 1970 UTC; 0 before there is time to count."""
    start = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
    try:
        return int(start.astimezone(UTC).timestamp()) * 1000
    except OverflowError:
        return 0


def day_bounds(first: date | None, last: date | None, zone: str) -> tuple[int | None, int | None]:
    """When the first day begins and the last one has ended; None: no bound, as after the last day that there is."""
    return (
        None if first is None else start_ms(first, zone),
        None if last is None or last == date.max else start_ms(last + timedelta(days=1), zone),
    )
