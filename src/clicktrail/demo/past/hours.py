"""When things happen: the hour, the weekday, slow growth, a campaign. Pure: the dice are handed in."""

import math
from bisect import bisect
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from clicktrail.demo.past.cast import COFFEE, OUTDOOR, Character

T = TypeVar("T")

DAYS = 90
HOUR_S = 3600
CAMPAIGN = {COFFEE: (21, 14, 1.9), OUTDOOR: (30, 27, 1.6)}
"""program -> (from and to how many days ago, how many times the usual)."""
SCALE = 0.72
"""Of what the cast could send: the demo has to start within seconds."""
GROWTH = 0.45
"""How much smaller the first day was than the last."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a program's zone; age: how many days ago, 0 is today."""

    age: int
    date: date
    zone: ZoneInfo

    def at_ms(self, second: float) -> int:
        """A second of the day as milliseconds since 1970. On the day of a clock change it may be an hour off."""
        midnight = datetime(self.date.year, self.date.month, self.date.day, tzinfo=self.zone)
        return int((midnight.timestamp() + second) * 1000)


def days(time_zone: str, now_ms: int) -> list[Day]:
    """The last 90 days of the zone, today among them, oldest first."""
    zone = ZoneInfo(time_zone)
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    return [Day(age, today - timedelta(days=age), zone) for age in range(DAYS - 1, -1, -1)]


def volume(character: Character, program: int, day: Day) -> float:
    """How many clicks are to be expected."""
    if day.age > character.since or day.age < character.until:
        return 0.0
    usual = character.sends[program].clicks * SCALE * (1 - GROWTH * day.age / DAYS)
    usual *= character.peaks.get(day.age, 1.0) * campaign(program, day.age)
    if character.mailing_days:
        return usual * (4.5 if day.date.weekday() in character.mailing_days else 0.35)
    return usual * character.week[day.date.weekday()]


def campaign(program: int, age: int) -> float:
    """Its first days are the strongest."""
    begin, end, times = CAMPAIGN.get(program, (0, 1, 1.0))
    return 1 + (times - 1) * (age - end + 1) / (begin - end + 1) if end <= age <= begin else 1.0


def some(dice: Random, expected: float) -> int:
    """A number of independent events of which so many are expected."""
    return max(0, round(dice.gauss(expected, math.sqrt(expected)))) if expected > 0 else 0


def second(dice: Random, hours: tuple[float, ...]) -> float:
    """A second of the day, by the weights of its hours."""
    sums = list(accumulate(hours))
    hour = min(bisect(sums, dice.random() * sums[-1]), 23)
    return (hour + dice.random()) * HOUR_S


def pick(dice: Random, weighted: tuple[tuple[T, float], ...]) -> T:
    sums = list(accumulate(weight for _, weight in weighted))
    return weighted[min(bisect(sums, dice.random() * sums[-1]), len(weighted) - 1)][0]
