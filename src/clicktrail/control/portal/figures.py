"""The partner's figures. Every question to the rollups is asked here, and names the partner."""

from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clicktrail import heartbeat
from clicktrail.control.catalog.models import Approval, Creative, Product, Program
from clicktrail.control.console.cells import DASH, day_text, money_text, number_text
from clicktrail.control.ledger.models import RollupMonth
from clicktrail.control.portal.viewer import Viewer
from clicktrail.control.reports import derived, periods, running, sofar, table
from clicktrail.control.reports.columns import COLUMNS, change_text
from clicktrail.control.reports.periods import Period
from clicktrail.control.reports.running import Part

ALL, DAYS, HOURS = "all", "days", "hours"
TIMES = ("day", "week", "month")
NONE = {"clicks_gross": 0, "clicks_net": 0, "transactions": 0, "revenue_minor": 0, "commission_minor": 0}


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: str
    before: str
    change: str
    tone: str
    """up, down, or nothing."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days that a partner asks for."""

    period: Period
    """Of the programs where it is the latest day."""
    quick: str = ""
    """Of periods.QUICK; empty where the days are given."""
    program: int | None = None
    parts: tuple[Part, ...] = ()
    """A quick one ends today, in each program's own zone."""

    def of_parts(self, viewer: Viewer) -> list[tuple[Viewer, Period]]:
        """The programs whose day it is, and the days that are meant for them."""
        if not self.quick or len(self.parts) == 1:
            return [(viewer, self.period)]
        return [
            (replace(viewer, programs=part.programs), periods.quick(self.quick, part.today)) for part in self.parts
        ]

    def drawn(self) -> Period:
        """From the first to the last day of any program."""
        found = [periods.quick(self.quick, part.today) for part in self.parts] if self.quick else [self.period]
        first, last = min(each.first for each in found), max(each.last for each in found)
        return Period(first, last, counts_days=self.period.counts_days)

    def drawn_of(self, currency: str) -> Period:
        """What a chart of a currency shows: up to the day that has begun in all programs of it."""
        if not self.quick:
            return self.period
        return periods.quick(self.quick, running.of_currency(self.parts, currency)[0].today)


def span(viewer: Viewer, quick: str = "", period: Period | None = None, program: int | None = None) -> Span:
    """A quick one, or days that are given.

    Rows count on the day of their program's zone. A zone in which the partner has no program has no say: there the next
    day may have begun, and a period that ends on it ends with an empty day.
    """
    programs = frozenset(own_programs(viewer).values_list("pk", flat=True))
    parts = tuple(running.parts(programs, program, timezone.get_current_timezone_name(), heartbeat.now_ms()))
    return Span(period or periods.quick(quick, parts[-1].today), "" if period else quick, program, parts)


def ask(viewer: Viewer, period: Period, *by: str, program: int | None = None) -> list[table.Row]:
    """Raises what `report` raises."""
    question = table.Question(
        period.first, period.last, by, program=program, partner=viewer.partner.pk, programs=viewer.programs
    )
    return table.report(question)


def ask_span(viewer: Viewer, asked: Span, *by: str) -> list[table.Row]:
    """The same of a span: each program's own days."""
    found = [row for each, period in asked.of_parts(viewer) for row in ask(each, period, *by, program=asked.program)]
    return found if len(asked.parts) == 1 else table.joined(found, by)


def own_programs(viewer: Viewer) -> QuerySet[Program]:
    """Those that the partner is approved for, or has sent clicks or orders to, as far as the viewer may see them."""
    approved = Approval.objects.filter(partner=viewer.partner).values("program_id")
    counted = RollupMonth.objects.filter(partner_id=viewer.partner.pk).values("program_id")
    rows = Program.objects.filter(Q(pk__in=approved) | Q(pk__in=counted))
    return rows if viewer.programs is None else rows.filter(pk__in=viewer.programs)


def by_currency(viewer: Viewer, asked: Span) -> list[tuple[str, list[Figure]]]:
    """What the period brought, each currency apart; what of it is over is held against the same of the time before."""
    now = _sums(ask_span(viewer, asked))
    held_rows: list[table.Row] = []
    before_rows: list[table.Row] = []
    for each, period in asked.of_parts(viewer):
        held, before = _compared(each, period, asked)
        held_rows += held
        before_rows += before
    held, before = _sums(held_rows), _sums(before_rows)
    found = sorted(set(now) | set(before)) or _currencies(viewer)
    return [(one, _figures(one, *(each.get(one, NONE) for each in (now, held, before)))) for one in found]


def compared(asked: Span) -> str:
    """What of it is held against the time before: all of it, its whole days, or its whole hours."""
    return _compared_how(asked.period, asked)


def _compared_how(period: Period, asked: Span) -> str:
    if period.last < min(part.today for part in asked.parts):
        return ALL
    return DAYS if period.days > 1 else HOURS


def _compared(viewer: Viewer, period: Period, asked: Span) -> tuple[list[table.Row], list[table.Row]]:
    before = periods.before(period, "previous")
    how = _compared_how(period, asked)
    if how == HOURS:
        return _hours(viewer, period, before, asked.program)
    held, earlier = sofar.ended_days(period, before) if how == DAYS else (period, before)
    return ask(viewer, held, program=asked.program), ask(viewer, earlier, program=asked.program)


def _hours(
    viewer: Viewer, period: Period, before: Period, program: int | None
) -> tuple[list[table.Row], list[table.Row]]:
    """Each program's by its own clocks."""
    try:
        rows = ask(viewer, Period(before.first, period.last), "hour", "program", program=program)
    except table.TooManyRows:
        return [], []
    zones = dict(Program.objects.filter(pk__in={row.values["program"] for row in rows}).values_list("pk", "time_zone"))
    own = timezone.get_current_timezone()
    ended = list(
        sofar.ended_hours(
            rows,
            period.last,
            heartbeat.now_ms(),
            lambda row, _at: ZoneInfo(zones[row.values["program"]]) if row.values["program"] in zones else own,
        )
    )
    today_text = period.last.isoformat()
    return (
        [row for row in ended if row.values["hour"][:10] == today_text],
        [row for row in ended if row.values["hour"][:10] != today_text],
    )


def _sums(rows: list[table.Row]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        into = found.setdefault(row.currency, dict(NONE))
        for name in NONE:
            into[name] += row.sums[name]
    return found


def _currencies(viewer: Viewer) -> list[str]:
    """Where nothing has happened yet: that of a program which he may work for."""
    rows = Program.objects.filter(approvals__partner=viewer.partner)
    rows = rows if viewer.programs is None else rows.filter(pk__in=viewer.programs)
    return sorted(set(rows.values_list("currency", flat=True)))[:1] or ["EUR"]


def _figures(currency: str, now: dict[str, int], held: dict[str, int], before: dict[str, int]) -> list[Figure]:
    def figure(name: str, read: Any, write: Any) -> Figure:
        ppm = derived.change_ppm(read(held), read(before))
        tone = "" if not ppm else "up" if ppm > 0 else "down"
        return Figure(name, write(read(now)), write(read(before)), change_text(ppm), tone)

    def money(minor: int | None) -> str:
        return DASH if minor is None else money_text(minor, currency)

    return [
        figure(_("Clicks"), lambda sums: sums["clicks_net"], number_text),
        figure(_("Transactions"), lambda sums: sums["transactions"], number_text),
        figure(_("Conversion rate"), derived.conversion_ppm, rate),
        figure(_("Revenue"), lambda sums: sums["revenue_minor"], money),
        figure(_("Commission"), lambda sums: sums["commission_minor"], money),
        figure(_("Earnings per click"), derived.epc, lambda value: epc_text(value, currency)),
    ]


def rate(ppm: int | None) -> str:
    return COLUMNS["conversion"].text(ppm, "")


def epc_text(value: int | None, currency: str) -> str:
    return DASH if value is None else f"{COLUMNS['epc'].text(value, currency)} {currency}"


def by_time(rows: list[table.Row], currency: str, labels: list[str], measure: str, unit: str = "day") -> list[int]:
    """A value for each label, nothing missing."""
    found = {row.values[unit]: row.sums[measure] for row in rows if row.currency == currency}
    return [found.get(label, 0) for label in labels]


def names(dimension: str, rows: list[table.Row]) -> dict[Any, str]:
    """Value -> what the partner reads in its place."""
    models = {"program": Program, "creative": Creative, "product": Product}
    values = {row.values[dimension] for row in rows}
    if dimension in models:
        known = dict(models[dimension].objects.filter(pk__in=values).values_list("pk", "name"))  # type: ignore[attr-defined]
        return {value: known.get(value) or (str(value) if value else _("(none)")) for value in values}
    if dimension in table.PERIODS:
        return {value: day_text(value) for value in values}
    return {value: value or _("(none)") for value in values}
