"""Where a day of a list's address begins, in a program's time zone; and which instant a clock's time there is."""

from bisect import bisect_left
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


def moment_ms(text: str, zone: ZoneInfo, *, is_end: bool = False) -> int | None:
    """When the clocks of the zone show `2026-03-29T14:00`. None: no moment.

    Of an hour that comes twice the first one begins a stretch and the second one ends it; of an hour that is left out
    both are the instant at which the clocks are put forward.
    """
    try:
        shown = datetime.fromisoformat(text).replace(tzinfo=None)
        first, second = (int(shown.replace(tzinfo=zone, fold=fold).timestamp()) for fold in (0, 1))
    except (ValueError, OverflowError):
        return None
    if second < first:
        seconds = range(second, first)
        first = second = second + bisect_left(seconds, shown, key=lambda at: _shown(at, zone))
    return max(0, second if is_end else first) * 1000


def _shown(at_s: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_s, zone).replace(tzinfo=None)
