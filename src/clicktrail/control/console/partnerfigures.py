"""What partners brought in the last 30 days, added up from the day's sums in one query."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from clicktrail.control.accounts.rights import Rights
from clicktrail.control.catalog.models import Program
from clicktrail.control.console.cells import DASH, money_text, number_text
from clicktrail.control.ledger.exact import ExactSum
from clicktrail.control.ledger.models import RollupDay

DAYS = 30
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(slots=True)
class Figures:
    clicks: int = 0
    orders: int = 0
    revenue: dict[str, int] = field(default_factory=dict)
    """Currency -> minor units."""
    commission: dict[str, int] = field(default_factory=dict)

    def add(self, program: Program, row: dict[str, int]) -> None:
        self.clicks += row["clicks"]
        self.orders += row["orders"]
        for amounts, column in ((self.revenue, "revenue"), (self.commission, "commission")):
            if row[column]:
                amounts[program.currency] = amounts.get(program.currency, 0) + row[column]

    @property
    def clicks_text(self) -> str:
        return number_text(self.clicks)

    @property
    def orders_text(self) -> str:
        return number_text(self.orders)

    @property
    def revenue_text(self) -> str:
        return amounts_text(self.revenue)

    @property
    def commission_text(self) -> str:
        return amounts_text(self.commission)


def amounts_text(amounts: dict[str, int]) -> str:
    """Currencies are not added up."""
    return " · ".join(money_text(minor, currency) for currency, minor in sorted(amounts.items())) or DASH


def figures(partners: Iterable[int], rights: Rights, now: datetime | None = None) -> dict[int, Figures]:
    """Of each partner, over the programs that may be seen."""
    numbers = list(partners)
    found = {number: Figures() for number in numbers}
    for (partner, program), row in _rows(numbers, rights, now).items():
        found[partner].add(program, row)
    return found


def by_program(partner: int, rights: Rights, now: datetime | None = None) -> list[tuple[Program, Figures]]:
    found = []
    for (_, program), row in _rows([partner], rights, now).items():
        one = Figures()
        one.add(program, row)
        found.append((program, one))
    return sorted(found, key=lambda each: each[0].name)


def _rows(partners: list[int], rights: Rights, now: datetime | None) -> dict[tuple[int, Program], dict[str, int]]:
    programs = {row.pk: row for row in rights.narrowed(Program.objects.all(), "pk")}
    rows = (
        RollupDay.objects.filter(_days(programs.values(), now or datetime.now(UTC)), partner_id__in=partners)
        .values("partner_id", "program_id")
        .annotate(
            clicks=ExactSum("clicks_net"),
            orders=ExactSum("transactions"),
            revenue=ExactSum("revenue_minor"),
            commission=ExactSum("commission_minor"),
        )
    )
    return {(row["partner_id"], programs[row["program_id"]]): row for row in rows} if programs else {}


def _days(programs: Iterable[Program], now: datetime) -> Q:
    """Today and the 29 days before it, of each program's own zone."""
    zones: dict[str, list[int]] = {}
    for program in programs:
        zones.setdefault(program.time_zone, []).append(program.pk)
    asked = Q(program_id__in=[])
    for zone, members in zones.items():
        today = now.astimezone(ZoneInfo(zone)).date().toordinal() - _EPOCH
        asked |= Q(program_id__in=members, day__gt=today - DAYS, day__lte=today)
    return asked
