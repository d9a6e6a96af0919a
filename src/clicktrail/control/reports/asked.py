"""What the reports page is asked, read from its address, and addresses of other questions.

The address holds the whole question: who gets it as a link sees the same report. What cannot be read is left
out, with a sentence that says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from clicktrail.control.reports import periods
from clicktrail.control.reports.columns import COLUMNS
from clicktrail.control.reports.periods import Period
from clicktrail.control.reports.table import DIMENSIONS, FIRST_DAY, LAST_DAY, PERIODS, Question
from clicktrail.core.ids import read_id

DEFAULT_RANGE = "30d"
OWN = "own"
NUMBERS = ("program", "partner", "creative", "product")
TEXTS = ("subid", "referrer")
LONGEST_TEXT = 255
NO_TEXT = "(none)"
"""Written for the subid, or the host, that is empty; an empty field means any."""


@dataclass(frozen=True, slots=True)
class Asked:
    range: str
    """One of periods.QUICK, or `own`."""
    period: Period
    by: tuple[str, ...]
    filters: Mapping[str, Any]
    """Dimension -> value; only those that are given."""
    compare: str = ""
    """One of periods.COMPARISONS, or empty."""
    own_before: Period | None = None
    sort: str = ""
    chart: str = ""
    currency: str = ""
    tests: bool = False
    page: int = 1
    faults: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    """(field, sentence)"""

    @property
    def before(self) -> Period | None:
        if self.compare == OWN:
            return self.own_before
        if self.period.first < FIRST_DAY or self.period.last > LAST_DAY:
            return None
        return periods.before(self.period, self.compare) if self.compare else None

    def question(self, period: Period, programs: frozenset[int] | None) -> Question:
        return Question(period.first, period.last, self.by, **self.filters, programs=programs, tests=self.tests)

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values for an address; what is as it always is stays out."""
        found: list[tuple[str, Any]] = []
        if self.range == OWN:
            found += [("from", self.period.first), ("to", self.period.last)]
        elif self.range != DEFAULT_RANGE:
            found.append(("range", self.range))
        found += [("by", name) for name in self.by]
        found += [(name, NO_TEXT if value == "" else value) for name, value in self.filters.items()]
        found += [("compare", self.compare)] if self.compare else []
        if self.compare == OWN and self.own_before:
            found += [("before_from", self.own_before.first), ("before_to", self.own_before.last)]
        found += [(name, getattr(self, name)) for name in ("sort", "chart", "currency") if getattr(self, name)]
        found += [("tests", "1")] if self.tests else []
        found += [("page", self.page)] if self.page > 1 else []
        return [(name, str(value)) for name, value in found]

    def query(self, **changes: Any) -> str:
        """`?...` of this question with something else about it; page 1 where no page is named."""
        return "?" + urlencode(replace(self, **({"page": 1} | changes)).pairs())


def read(given: QueryDict, today: date) -> Asked:
    faults: list[tuple[str, str]] = []
    name, period = _period(given, today, faults)
    by = tuple(dict.fromkeys(name for name in given.getlist("by") if name in DIMENSIONS)) or ("day",)
    compare = given.get("compare", "")
    compare = compare if compare in periods.COMPARISONS else ""
    own = _own(given, "before_from", "before_to", faults) if compare == OWN else None
    if compare == OWN and own is None:
        faults.append(("before_from", _("Give both days of the period to compare with.")))
        compare = ""
    sort = given.get("sort", "")
    return Asked(
        range=name,
        period=period,
        by=by,
        filters=_filters(given, faults),
        compare=compare,
        own_before=own,
        sort=sort if sort.removeprefix("-") in (*by, *COLUMNS) else "",
        chart=given.get("chart", "") if given.get("chart") in COLUMNS else "",
        currency=given.get("currency", "")[:3],
        tests=given.get("tests") == "1",
        page=read_id(given.get("page", "")) or 1,
        faults=tuple(faults),
    )


def _period(given: QueryDict, today: date, faults: list[tuple[str, str]]) -> tuple[str, Period]:
    name = given.get("range", "")
    if name in periods.QUICK:
        return name, periods.quick(name, today)
    if given.get("from") or given.get("to"):
        own = _own(given, "from", "to", faults)
        if own is not None:
            return OWN, own
        if not faults:
            faults.append(("from", _("Give both days, the first and the last one.")))
    return DEFAULT_RANGE, periods.quick(DEFAULT_RANGE, today)


def _own(given: QueryDict, first: str, last: str, faults: list[tuple[str, str]]) -> Period | None:
    days = [_day(given.get(name, ""), name, faults) for name in (first, last)]
    if days[0] is None or days[1] is None:
        return None
    return Period(min(days[0], days[1]), max(days[0], days[1]))


def _day(text: str, name: str, faults: list[tuple[str, str]]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        faults.append((name, _("%(text)s is no day; write it like 2026-12-25.") % {"text": text[:20]}))
        return None


def _filters(given: QueryDict, faults: list[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in NUMBERS:
        text = given.get(name, "").strip()
        number = read_id(text)
        if text and number is None:
            faults.append((name, _("“%(text)s” is no number of a row.") % {"text": text[:20]}))
        elif number is not None:
            found[name] = number
    for name in TEXTS:
        text = given.get(name, "").strip()[:LONGEST_TEXT]
        if text:
            found[name] = "" if text == NO_TEXT else text
    return found


FINER = {
    "month": ("day",),
    "week": ("day",),
    "day": ("hour",),
    "hour": (),
    "program": ("partner",),
    "partner": ("creative",),
    "creative": ("day",),
    "product": ("partner",),
    "subid": ("day",),
    "referrer": ("day",),
}


def closer(asked: Asked, values: Mapping[str, Any], name: str) -> str:
    """The address that looks into one value of a row: its report by what lies below it; empty where nothing does."""
    below = FINER[name]
    if not below:
        return ""
    others = tuple(other for other in asked.by if other != name and other not in PERIODS)
    filters = dict(asked.filters)
    changes: dict[str, Any] = {"by": below, "sort": "", "chart": ""}
    if name in PERIODS:
        changes |= {"range": OWN, "period": _within(name, values[name], asked.period), "compare": ""}
        fine = bool({"subid", "referrer"} & {*others, *filters})
        changes["by"] = ("day",) if fine else below
        if fine and name == "day":
            changes["by"] = ("partner",)
    else:
        filters[name] = values[name]
    if name in TEXTS:
        filters = {key: value for key, value in filters.items() if key not in ("creative", "product")}
    if {"creative", "product"} & set(changes["by"]) and {"subid", "referrer"} & set(filters):
        changes["by"] = ("day",)
    return asked.query(**changes, filters=filters)


def _within(name: str, value: str, period: Period) -> Period:
    """The days of a week or month that lie in the period."""
    if name == "day":
        day = date.fromisoformat(value)
        return Period(day, day)
    if name == "month":
        first = date.fromisoformat(f"{value}-01")
        last = date.fromordinal(periods.following_month(first).toordinal() - 1)
    else:
        first = date.fromisocalendar(int(value[:4]), int(value[6:]), 1)
        last = date.fromordinal(first.toordinal() + 6)
    return Period(max(first, period.first), min(last, period.last))
