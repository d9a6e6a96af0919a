"""Today in several time zones: rows count on the days of their program's zone, and the last of them is not over yet.

Where all programs have the same day, there is one part and nothing to tell apart. While it is the 30th in one zone and
the 1st in another, "today" is the 30th for the programs of the one and the 1st for those of the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from clicktrail.control.catalog.models import Program
from clicktrail.control.reports import periods


@dataclass(frozen=True, slots=True)
class Part:
    """Programs that have the same day now."""

    today: date
    programs: frozenset[int] | None
    """None: every one."""
    clocks: tuple[tuple[str, str], ...]
    """(currency, zone) of them."""


def parts(programs: frozenset[int] | None, program: int | None, zone: str, now_ms: int) -> list[Part]:
    """Of the programs that may be seen, or of one of them, the earliest day first; `zone` where there is no program."""
    rows = Program.objects.all() if programs is None else Program.objects.filter(pk__in=programs)
    rows = rows if program is None else rows.filter(pk=program)
    clocks = sorted(rows.order_by().values_list("currency", "time_zone").distinct()) or [("", zone)]
    days: dict[date, list[tuple[str, str]]] = {}
    for currency, name in clocks:
        days.setdefault(periods.today(name, now_ms), []).append((currency, name))
    if len(days) == 1:
        return [Part(next(iter(days)), programs, tuple(clocks))]
    found = []
    for day, members in sorted(days.items()):
        numbers = rows.filter(time_zone__in={name for _, name in members}).values_list("pk", flat=True)
        found.append(Part(day, frozenset(numbers), tuple(members)))
    return found


def day_of_view(found: Sequence[Part], zone: str, now_ms: int) -> date:
    """The day that pages are named by: that of the view's zone where programs have it, else the latest that one has."""
    day = periods.today(zone, now_ms)
    return day if any(part.today == day for part in found) else found[-1].today


def of_currency(found: Sequence[Part], currency: str) -> list[Part]:
    """Those with a program of the currency; every one where none has."""
    return [part for part in found if any(one == currency for one, _ in part.clocks)] or list(found)


def zones(found: Sequence[Part], currency: str = "") -> list[str]:
    """Of the programs, or of those of a currency."""
    every = [clock for part in found for clock in part.clocks]
    return [zone for one, zone in every if one == currency] or [zone for _, zone in every]


def first_open(labels: Sequence[str], now: Sequence[str]) -> int | None:
    """Place of the first hour, day, week or month that is not over; None where all are.

    now: the label in which each of the clocks stands, see `now_labels`.
    """
    return next((place for place, label in enumerate(labels) if _cut(label, now) >= min(now)), None)


def first_to_come(labels: Sequence[str], now: Sequence[str]) -> int:
    """Place of the first one that has not begun anywhere: it has no figures, which is not the same as none."""
    return next((place for place, label in enumerate(labels) if _cut(label, now) > max(now)), len(labels))


def now_labels(unit: str, zones: Sequence[str], now_ms: int, day: date | None = None) -> list[str]:
    """The hour, day, week or month in which each clock stands, as `periods.labels` writes it; hours without offset.

    day: what the day of each clock is called, where hours of several days stand under one.
    """
    found = []
    for zone in zones:
        local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(ZoneInfo(zone))
        here = local.date()
        found.append(f"{day or here}T{local:%H}" if unit == "hour" else periods.label_of(here, unit))
    return found


def _cut(label: str, now: Sequence[str]) -> str:
    return label[: len(now[0])]
