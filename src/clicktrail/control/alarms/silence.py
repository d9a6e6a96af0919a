"""Is it too quiet? A pure decision: usual figures, today's figures and the time come in, one frozen value goes out.

The rule in one sentence: an alarm is raised when a program has had no order for so long that
chance alone, at the usual number of orders, would make such a silence less than once in a year.

"The usual number" is what came in the same hours of the last weeks (same weekday, same clock
time in the program's zone), in a weak week of them: the second lowest of eight. One holiday, one
failure or one newsletter among them changes nothing. A silence of n usual orders has the
probability e^-n (Poisson), and a program with d orders a day begins d silences a day: it comes
d * e^-n times a day by chance.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS

MAX_WEEKS = 8
"""So many weeks before the silence are compared."""
MIN_WEEKS = 2
"""Before a program has so many weeks behind it, nobody knows what is usual."""
MIN_SILENCE_MS = 15 * 60_000
"""A shorter silence is a restart, or a shop's own maintenance."""
MAX_SILENCE_MS = 28 * DAY_MS
"""After that a program has ended rather than fallen silent; nothing is raised any more."""

SENSITIVITIES = {"high": 30, "normal": 365, "low": 3650}
"""Name -> days in which chance may raise one false alarm."""

OFF, NO_ORDERS, LEARNING, ASLEEP, QUIET, SHORT, FEW, CHANCE = (
    "off", "no_orders", "learning", "asleep", "quiet", "short", "few", "chance",
)  # fmt: skip
"""Why there is no alarm."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What people may tune for a program; the defaults are meant to stay."""

    on: bool = True
    once_in_days: int = SENSITIVITIES["normal"]
    least_usual: int = 5
    """Fewer usual orders than this in the silent hours never raise an alarm."""
    quiet_from_min: int | None = None
    """Minutes after midnight, program's zone: from here to `quiet_to_min` nothing is raised."""
    quiet_to_min: int | None = None
    quiet_days: frozenset[str] = frozenset()
    """Days (2026-12-25) on which nothing is raised."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A program as the ledger shows it. Times are milliseconds since 1970 UTC."""

    now_ms: int
    zone: str
    last_ms: int | None
    """Its last order; None where there never was one."""
    weeks: tuple[float, ...] = ()
    """Orders in the same hours of each compared week before the silence."""
    daily: float = 0.0
    """Orders a day, over those weeks."""


@dataclass(frozen=True, slots=True)
class Fine:
    why: str


@dataclass(frozen=True, slots=True)
class Silent:
    since_ms: int
    usual: float
    """Orders in the same hours of a weak week."""
    median: float
    weeks: tuple[float, ...]
    once_in_days: float
    """Chance makes so long a silence once in so many days."""


def decide(rule: Rule, standing: Standing) -> Fine | Silent:
    if not rule.on:
        return Fine(OFF)
    if standing.last_ms is None:
        return Fine(NO_ORDERS)
    length_ms = standing.now_ms - standing.last_ms
    if length_ms < MIN_SILENCE_MS:
        return Fine(SHORT)
    if length_ms > MAX_SILENCE_MS:
        return Fine(ASLEEP)
    if len(standing.weeks) < MIN_WEEKS:
        return Fine(LEARNING)
    if is_quiet(rule, standing.now_ms, standing.zone):
        return Fine(QUIET)
    found = measure(standing)
    if found.usual < rule.least_usual:
        return Fine(FEW)
    return found if found.once_in_days > rule.once_in_days else Fine(CHANCE)


def measure(standing: Standing) -> Silent:
    """The figures of a silence, whether or not it is worth an alarm."""
    usual = weak(standing.weeks)
    starts = max(standing.daily, 1.0)
    once_in_days = math.exp(min(usual, 500.0)) / starts
    return Silent(standing.last_ms or 0, usual, median(standing.weeks), standing.weeks, once_in_days)


def weak(counts: Sequence[float]) -> float:
    """Of eight the second lowest, of up to four the lowest: one holiday among the weeks is no measure."""
    return sorted(counts)[(len(counts) - 1) // 4] if counts else 0.0


def median(counts: Sequence[float]) -> float:
    ordered = sorted(counts)
    if not ordered:
        return 0.0
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def same_hours(
    since_ms: int, now_ms: int, zone: str, first_ms: int, longest_ms: int = WEEK_MS
) -> list[tuple[int, int]]:
    """The same stretch of weekday and clock time in the weeks before the silence, nearest first.

    Of a silence longer than a week its last seven days are compared (or the last `longest_ms`), with
    weeks that lie wholly before it. Weeks that began before the program's first order (`first_ms`) do not count. Clock
    time is the zone's, so a change to summer time shifts nothing.
    """
    begin_ms = max(since_ms, now_ms - min(longest_ms, WEEK_MS))
    first_week = max(1, -(-(now_ms - since_ms) // WEEK_MS))
    found = []
    for week in range(first_week, first_week + MAX_WEEKS):
        begin, end = _earlier(begin_ms, zone, week), _earlier(now_ms, zone, week)
        if begin < first_ms:
            break
        found.append((begin, end))
    return found


def midnight(now_ms: int, zone: str) -> int:
    """When today began in the zone."""
    local = _local(now_ms, zone)
    return _ms(local.replace(hour=0, minute=0, second=0, microsecond=0))


def is_quiet(rule: Rule, now_ms: int, zone: str) -> bool:
    """Whether the program's owner wants no alarm now; hours may go past midnight (22:00 to 07:00)."""
    local = _local(now_ms, zone)
    if local.date().isoformat() in rule.quiet_days:
        return True
    begin, end = rule.quiet_from_min, rule.quiet_to_min
    if begin is None or end is None or begin == end:
        return False
    minute = local.hour * 60 + local.minute
    return begin <= minute < end if begin < end else minute >= begin or minute < end


def _earlier(at_ms: int, zone: str, weeks: int) -> int:
    local = _local(at_ms, zone)
    moved = local.replace(tzinfo=None) - timedelta(weeks=weeks)
    return _ms(moved.replace(tzinfo=ZoneInfo(zone), fold=local.fold))


def _local(at_ms: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(zone))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
