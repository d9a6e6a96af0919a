"""Line against transaction: which class each falls in. Pure; the likely causes are found in `causes.py`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from clicktrail.control.reconcile import orderrows
from clicktrail.control.reconcile.listed import House, Listed
from clicktrail.control.reconcile.orderrows import Kept, Statement
from clicktrail.control.reconcile.sentences import NOTHING, Sentence, told
from clicktrail.control.reconcile.statuswords import CANCELLED, CONFIRMED, PARTIAL
from clicktrail.core import lifecycle
from clicktrail.core.tongue import mark

ERROR, UNCLEAR, DOUBLED, MISSING, CANCELLED_THERE = "error", "unclear", "doubled", "missing", "cancelled"
AMOUNT, DAY, CONFIRMED_THERE, UNKNOWN, MATCHED = "amount", "day", "confirmed", "unknown", "matched"
CANCELLED_BOTH = "cancelled_both"

CLASSES = {
    MATCHED: mark("Matched"),
    AMOUNT: mark("Amount differs"),
    MISSING: mark("Missing here"),
    UNKNOWN: mark("Unknown there"),
    CANCELLED_THERE: mark("Cancelled there"),
    CANCELLED_BOTH: mark("Cancelled in both"),
    CONFIRMED_THERE: mark("Confirmed there"),
    DAY: mark("Another day"),
    DOUBLED: mark("Twice in the list"),
    UNCLEAR: mark("Not understood"),
    ERROR: mark("Cannot be read"),
}

EXPLAINED = {
    MATCHED: mark("The list and the ledger say the same."),
    AMOUNT: mark("The net revenue of the list is another one."),
    MISSING: mark("The list has the order, the ledger has no transaction."),
    UNKNOWN: mark("The ledger has a transaction of the period that the list lacks."),
    CANCELLED_THERE: mark("The list calls it cancelled, here it is not."),
    CANCELLED_BOTH: mark("It is cancelled here, and cancelled in the list or not in it."),
    CONFIRMED_THERE: mark("The list calls it confirmed, here it is not."),
    DAY: mark("The same order, at another day than the list says."),
    DOUBLED: mark("The order stands in the list more than once."),
    UNCLEAR: mark("Something about these orders is not understood: they are kept out of moves, with all their lines."),
    ERROR: mark("These lines could not be compared."),
}

AGREED = told(mark("It is cancelled here and not in the list: both agree."))

MOVABLE = (MATCHED, AMOUNT, UNKNOWN, CANCELLED_THERE, CONFIRMED_THERE, DAY)
"""Classes whose lines name one transaction and are sure about it."""

UNSURE = ("near_order", "spoiled")
"""Causes of which a line may be another order's: a move of a whole class leaves them out."""

_MIXED = mark("Line {line} of the same order is not understood: the order is kept out of moves.")
_COUNTED = mark("It is counted with line {line}.")
_REPEATED = mark("Line {line} says the same.")


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


@dataclass(slots=True)
class Doubts:
    """What the order numbers of the list leave open."""

    lines: Mapping[int, Sentence] = field(default_factory=dict)
    """Line -> how a spreadsheet spoiled its order number."""
    numbers: Mapping[int, tuple[str, Sentence]] = field(default_factory=dict)
    """Number of a transaction -> (cause, sentence): which line of the list may mean it."""


_NO_DOUBTS = Doubts()
_NO_HOUSE = House("", 2, "UTC")


def classify(
    lines: Iterable[Listed],
    found: Mapping[int, Ours],
    period: Iterable[Ours],
    doubts: Doubts = _NO_DOUBTS,
    house: House = _NO_HOUSE,
) -> list[Finding]:
    """Every line gets one class, and so does every transaction of the period that no line names.

    found: line -> its transaction. period: the program's transactions of the time that the list covers.
    """
    kept = list(lines)
    groups: defaultdict[object, list[Listed]] = defaultdict(list)
    for line in kept:
        ours = found.get(line.line)
        groups[ours.number if ours else line.key or -line.line].append(line)
    made: dict[int, Finding] = {}
    for group in groups.values():
        ours = found.get(group[0].line)
        for finding in _order(group, ours, doubts, house) if ours else _absent(group, doubts):
            assert finding.listed is not None
            made[finding.listed.line] = finding
    findings = [made[line.line] for line in kept]
    named = {ours.number for ours in found.values()}
    findings += [_unlisted(ours, doubts) for ours in period if ours.number not in named]
    return findings


def _order(group: list[Listed], ours: Ours, doubts: Doubts, house: House) -> Iterator[Finding]:
    """The lines of one order that is here."""
    if len(group) == 1 and ours.number not in doubts.numbers and _is_plain(group[0], doubts):
        yield Finding(_kind(group[0], ours), group[0], ours)
        return
    unclear = next((line for line in group if line.fault or line.doubt), None)
    if unclear is not None:
        yield from (_unclear(line, ours, unclear.line) for line in group)
        return
    if ours.number in doubts.numbers:
        cause, sentence = doubts.numbers[ours.number]
        yield from (Finding(UNCLEAR, line, ours, cause, sentence) for line in group)
        return
    made = orderrows.read_together(group, ours.revenue_minor, house)
    if isinstance(made, Kept):
        kind = DOUBLED if made.is_repeated else UNCLEAR
        yield from (Finding(kind, line, ours, made.cause, made.sentence) for line in group)
        return
    yield from _stated(group, made, ours, doubts)


def _is_plain(line: Listed, doubts: Doubts) -> bool:
    """A line by itself that says nothing of a refund, and of which all is understood: nearly every line."""
    if line.fault or line.doubt or line.is_return or line.status == PARTIAL or line.line in doubts.lines:
        return False
    return (line.revenue_minor or 0) >= 0


def _stated(group: list[Listed], made: Statement, ours: Ours, doubts: Doubts) -> Iterator[Finding]:
    lead, cause, sentence = made.lead, made.cause, made.sentence
    if lead.line in doubts.lines:
        cause, sentence = "spoiled", doubts.lines[lead.line]
    first = Finding(_kind(lead, ours), lead, ours, cause, sentence)
    yield first
    for line in group:
        if line.line == lead.line:
            continue
        if made.others == orderrows.SAME:
            yield Finding(DOUBLED, line, ours, orderrows.SAME, told(_REPEATED, line=lead.line))
        else:
            counted = replace(line, revenue_minor=None)
            said = sentence if made.cause else told(_COUNTED, line=lead.line)
            yield Finding(first.kind, counted, None, made.cause or orderrows.WITH, said)


def _unclear(line: Listed, ours: Ours | None, other: int) -> Finding:
    """A line of an order of which one line is not understood."""
    if line.fault:
        return Finding(ERROR, line, ours, "unreadable", line.fault)
    if line.doubt:
        return Finding(UNCLEAR, line, ours, line.doubt_cause, line.doubt)
    return Finding(UNCLEAR, line, ours, "mixed", told(_MIXED, line=other))


def _absent(group: list[Listed], doubts: Doubts) -> Iterator[Finding]:
    """The lines of one order number that is not here: there is nothing to move."""
    first = next((line for line in group if not line.fault), group[0])
    for line in group:
        if line.fault:
            yield Finding(ERROR, line, None, "unreadable", line.fault)
        elif line.line in doubts.lines:
            yield Finding(UNCLEAR, line, None, "spoiled", doubts.lines[line.line])
        elif line is first:
            yield Finding(MISSING, line, None)
        elif (line.revenue_minor, line.status, line.day) == (first.revenue_minor, first.status, first.day):
            yield Finding(DOUBLED, line, None, orderrows.SAME, told(_REPEATED, line=first.line))
        else:
            yield Finding(MISSING, line, None, orderrows.WITH, told(_COUNTED, line=first.line))


def _kind(line: Listed, ours: Ours) -> str:
    if line.status == CANCELLED:
        return CANCELLED_BOTH if ours.state == lifecycle.CANCELLED else CANCELLED_THERE
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


def _unlisted(ours: Ours, doubts: Doubts) -> Finding:
    if ours.state == lifecycle.CANCELLED:
        return Finding(CANCELLED_BOTH, None, ours, "cancelled_here", AGREED)
    if ours.number in doubts.numbers:
        cause, sentence = doubts.numbers[ours.number]
        return Finding(UNCLEAR, None, ours, cause, sentence)
    return Finding(UNKNOWN, None, ours)
