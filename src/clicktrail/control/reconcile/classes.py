"""Line against transaction: which class each falls in. Pure; the likely causes are found in `causes.py`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from clicktrail.control.reconcile.orderlist import CANCELLED, CONFIRMED, Listed
from clicktrail.control.reconcile.sentences import NOTHING, Sentence, told
from clicktrail.core import lifecycle
from clicktrail.core.tongue import mark

ERROR, DOUBLED, MISSING, CANCELLED_THERE = "error", "doubled", "missing", "cancelled"
AMOUNT, DAY, CONFIRMED_THERE, UNKNOWN, MATCHED = "amount", "day", "confirmed", "unknown", "matched"

CLASSES = {
    MATCHED: mark("Matched"),
    AMOUNT: mark("Amount differs"),
    MISSING: mark("Missing here"),
    UNKNOWN: mark("Unknown there"),
    CANCELLED_THERE: mark("Cancelled there"),
    CONFIRMED_THERE: mark("Confirmed there"),
    DAY: mark("Another day"),
    DOUBLED: mark("Twice in the list"),
    ERROR: mark("Cannot be read"),
}

EXPLAINED = {
    MATCHED: mark("The list and the ledger say the same."),
    AMOUNT: mark("The net revenue of the list is another one."),
    MISSING: mark("The list has the order, the ledger has no transaction."),
    UNKNOWN: mark("The ledger has a transaction of the period that the list lacks."),
    CANCELLED_THERE: mark("The list calls it cancelled, here it is not."),
    CONFIRMED_THERE: mark("The list calls it confirmed, here it is not."),
    DAY: mark("The same order, at another day than the list says."),
    DOUBLED: mark("The order stands in the list more than once."),
    ERROR: mark("These lines could not be compared."),
}

AGREED = told(mark("It is cancelled here and not in the list: both agree."))

MOVABLE = (MATCHED, AMOUNT, UNKNOWN, CANCELLED_THERE, CONFIRMED_THERE, DAY)
"""Classes whose lines name one transaction and are sure about it."""


@dataclass(frozen=True, slots=True)
class Ours:
    """A transaction as far as comparing needs it. `day`: since 1970, in the program's zone."""

    number: int
    tid: str
    revenue_minor: int | None
    commission_minor: int
    state: str
    manual: bool
    test: bool
    created_ms: int
    day: int


@dataclass(slots=True)
class Finding:
    kind: str
    listed: Listed | None
    ours: Ours | None
    cause: str = ""
    sentence: Sentence = NOTHING


def classify(lines: Iterable[Listed], found: Mapping[int, Ours], period: Iterable[Ours]) -> list[Finding]:
    """Every line gets one class, and so does every transaction of the period that no line names.

    found: line -> its transaction. period: the program's transactions of the time that the list covers.
    """
    kept = list(lines)
    doubles = _doubles(kept, found)
    findings = [doubles.get(line.line) or _one(line, found.get(line.line)) for line in kept]
    named = {ours.number for ours in found.values()}
    findings += [_unlisted(ours) for ours in period if ours.number not in named]
    return findings


def _one(line: Listed, ours: Ours | None) -> Finding:
    if line.fault:
        return Finding(ERROR, line, ours, "unreadable", line.fault)
    if ours is None:
        return Finding(MISSING, line, None)
    return Finding(_kind(line, ours), line, ours)


def _kind(line: Listed, ours: Ours) -> str:
    if line.status == CANCELLED:
        return MATCHED if ours.state == lifecycle.CANCELLED else CANCELLED_THERE
    if _differ(line.revenue_minor, ours.revenue_minor):
        return AMOUNT
    if _differ(line.day, ours.day):
        return DAY
    if line.status == CONFIRMED and ours.state not in (lifecycle.CONFIRMED, lifecycle.PAID):
        return CONFIRMED_THERE
    return MATCHED


def _differ(theirs: int | None, ours: int | None) -> bool:
    """What one side does not say does not differ."""
    return theirs is not None and ours is not None and theirs != ours


def _unlisted(ours: Ours) -> Finding:
    if ours.state == lifecycle.CANCELLED:
        return Finding(MATCHED, None, ours, "cancelled_here", AGREED)
    return Finding(UNKNOWN, None, ours)


def _doubles(lines: list[Listed], found: Mapping[int, Ours]) -> dict[int, Finding]:
    """line -> finding. Of lines that say the same the first one stands; where they differ none can be trusted."""
    groups: defaultdict[object, list[Listed]] = defaultdict(list)
    for line in lines:
        if not line.fault:
            ours = found.get(line.line)
            groups[ours.number if ours else line.key].append(line)
    made: dict[int, Finding] = {}
    for group in groups.values():
        if len(group) > 1:
            made |= {f.listed.line: f for f in _group(group, found.get(group[0].line)) if f.listed}
    return made


def _group(group: list[Listed], ours: Ours | None) -> Iterator[Finding]:
    first = group[0]
    if all(_facts(line) == _facts(first) for line in group):
        said = told(mark("Line {line} says the same."), line=first.line)
        yield from (Finding(DOUBLED, line, ours, "same", said) for line in group[1:])
        return
    cause, said = _why_several(group, ours)
    yield from (Finding(DOUBLED, line, ours, cause, said) for line in group)


def _why_several(group: list[Listed], ours: Ours | None) -> tuple[str, Sentence]:
    lines = ", ".join(str(line.line) for line in group[:5]) + (", …" if len(group) > 5 else "")
    total = sum(line.revenue_minor or 0 for line in group)
    if ours is not None and ours.revenue_minor == total:
        return "items", told(
            mark("Lines {lines} together are the revenue here: the list has one line for each article."), lines=lines
        )
    return "others", told(
        mark("Lines {lines} have this order with other facts: the list must say which one is right."), lines=lines
    )


def _facts(line: Listed) -> tuple[object, ...]:
    return (line.revenue_minor, line.status, line.day)
