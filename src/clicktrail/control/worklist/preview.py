"""What a verb would make of many transactions: line by line, and what it means for the sums."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from clicktrail.control.worklist.plans import RECALCULATE, Step, plan
from clicktrail.control.worklist.rates import Rates
from clicktrail.core import lifecycle

CHUNK_ROWS = 500
"""Transactions read in one question."""


@dataclass(slots=True)
class Sums:
    """Of what counts: without the cancelled, those on hold, and tests."""

    transactions: int = 0
    revenue_minor: int = 0
    commission_minor: int = 0

    def add(self, revenue_minor: int, commission_minor: int) -> None:
        self.transactions += 1
        self.revenue_minor += revenue_minor
        self.commission_minor += commission_minor


@dataclass(slots=True)
class Change:
    """Of one currency."""

    decimals: int
    before: Sums = field(default_factory=Sums)
    after: Sums = field(default_factory=Sums)


@dataclass(slots=True)
class Preview:
    changing: list[tuple[Any, Step]] = field(default_factory=list)
    """The first ones."""
    left: list[tuple[Any, Step]] = field(default_factory=list)
    """The first ones."""
    changed: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    """Sentence -> transactions that are left as they are because of it."""
    sums: dict[str, Change] = field(default_factory=dict)
    """By currency."""
    seen: list[tuple[int, int]] = field(default_factory=list)
    """(number, revision) of all that will change: what was not foreseen is not done."""

    @property
    def left_out(self) -> int:
        return sum(self.reasons.values())


def steps(rows: QuerySet, numbers: Sequence[int], verb: str, basis: str = "") -> Iterator[tuple[Any, Step]]:
    """By number, as the rows stand; `rows`: what may be seen."""
    rates = Rates(settings.CLICKTRAIL, basis)
    for start in range(0, len(numbers), CHUNK_ROWS):
        for row in rows.filter(pk__in=numbers[start : start + CHUNK_ROWS]).order_by("pk"):
            yield row, plan(verb, row, rates.of(row) if verb == RECALCULATE else None)


def preview(told: Iterable[tuple[Any, Step]], most_shown: int) -> Preview:
    made = Preview()
    for row, step in told:
        _count(made, row, step)
        shown = made.left if step.sentence else made.changing
        if len(shown) < most_shown:
            shown.append((row, step))
    return made


def _count(made: Preview, row: Any, step: Step) -> None:
    if step.sentence:
        sentence = str(step.sentence)
        made.reasons[sentence] = made.reasons.get(sentence, 0) + 1
    else:
        made.changed += 1
        made.seen.append((row.number, row.revision))
    if row.test:
        return
    sums = made.sums.setdefault(row.currency, Change(row.decimals))
    if lifecycle.counts(row.state):
        sums.before.add(row.remaining_revenue_minor or 0, row.remaining_commission_minor)
    if lifecycle.counts(step.state):
        sums.after.add(row.remaining_revenue_minor or 0, step.commission_minor)
