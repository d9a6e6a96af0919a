"""Why a line and the ledger differ: the likely cause of each finding, in a sentence. Pure.

What the log knows comes first; what the numbers suggest comes second.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from clicktrail.control.reconcile import classes
from clicktrail.control.reconcile.classes import Finding, Ours
from clicktrail.control.reconcile.listed import House, Listed
from clicktrail.control.reconcile.sentences import (
    NOTHING,
    Sentence,
    day,
    days,
    local,
    moment,
    money,
    number,
    told,
    verdict,
    word,
)
from clicktrail.control.reconcile.statuswords import CANCELLED
from clicktrail.core import lifecycle, reasons
from clicktrail.core.explain import quote
from clicktrail.core.periods import DAY_MS
from clicktrail.core.tongue import mark

CAUSES = {
    "no_call": mark("No call ever came"),
    "near_order": mark("Another spelling here"),
    "near_call": mark("A call with another spelling"),
    "other_program": mark("In another program"),
    "cancelled_there": mark("Cancelled by the shop"),
    "cancelled_here": mark("Cancelled here"),
    "vat_here": mark("Gross here"),
    "vat_there": mark("Gross in the list"),
    "shipping": mark("Shipping or a fixed sum"),
    "slip": mark("Decimal separator"),
    "factor": mark("Another currency"),
    "second_call": mark("A later call said so"),
    "less": mark("Less than here"),
    "more": mark("More than here"),
    "utc": mark("Days in UTC"),
    "midnight": mark("Around midnight"),
    "other_day": mark("Call at another day"),
    "by_hand": mark("Made by hand"),
    "edge": mark("At the edge of the period"),
    "only_here": mark("Only here"),
    "open_here": mark("Not confirmed here"),
    "on_hold": mark("On hold here"),
    "test": mark("Test partner"),
    "same": mark("Same facts"),
    "items": mark("One line an article"),
    "others": mark("Other facts"),
    "unreadable": mark("Cannot be read"),
    "refunds": mark("Sale and refunds"),
    "with_line": mark("Counted with another line"),
    "equal": mark("Equal lines"),
    "refund_alone": mark("Refund without its sale"),
    "part": mark("A part came back"),
    "part_or_all": mark("A part or all of it"),
    "too_much": mark("Refunds that do not fit"),
    "status_word": mark("Unknown status word"),
    "currency": mark("Line in another currency"),
    "mixed": mark("Another line of the order"),
    "spoiled": mark("Order number spoiled"),
    "broken": mark("Named in a broken line"),
}
"""Code -> name in a filter; a discarded call is named by its reason code."""

Shape = Callable[[str], str]
"""What is left of an order number when spelling is taken away; empty: too little to go by."""

VATS = (190, 200, 70, 210, 220, 230, 240, 250, 100, 130, 81, 77, 55, 26)
"""Rates of value added tax in thousandths, the usual ones of Europe."""
MIDNIGHT_MS = 3 * 3_600_000
COMMON = 3
"""As often a difference must recur before it means something."""
LEAST_DIGITS = 4
"""An order number is told by its digits alone where it has so many."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A call that created no transaction. `sentence` says why, for who runs the program; in English."""

    at_ms: int
    reason: str
    sentence: str
    amount_minor: int | None
    call: int = 0
    """Its number."""


@dataclass(slots=True)
class Evidence:
    calls: Mapping[str, list[Seen]] = field(default_factory=dict)
    """Order number -> its calls, oldest first."""
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    """Order number -> another program that has a transaction of it."""
    spelled: Mapping[str, str] = field(default_factory=dict)
    """Order number of the list -> another spelling of it that the ledger has."""
    discarded: Iterable[tuple[str, Seen]] = ()
    """(order number, call) of the period that no line names."""
    first_ms: int | None = None
    """The period that the list covers."""
    last_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Usual:
    """What recurs in a list: a fixed difference (shipping), and a ratio in thousandths (another currency)."""

    difference_minor: int | None
    ratio: int | None


def explain(findings: list[Finding], evidence: Evidence, house: House) -> None:
    """Fill in `cause` and `sentence` where classifying has not done so."""
    near = _near_orders(findings)
    near_calls = _near_calls(findings, evidence.discarded)
    usual = _usual(findings)
    for finding in findings:
        if not finding.cause:
            finding.cause, finding.sentence = _why(finding, evidence, house, near, near_calls, usual)


def _why(
    finding: Finding,
    evidence: Evidence,
    house: House,
    near: Mapping[str, Finding],
    near_calls: Mapping[str, tuple[str, Seen]],
    usual: Usual,
) -> tuple[str, Sentence]:
    line, ours = finding.listed, finding.ours
    if line and not ours:
        return _missing(line, evidence, near, near_calls)
    if ours and not line:
        return _unknown(ours, evidence, house, near)
    assert line is not None and ours is not None
    if finding.kind == classes.AMOUNT:
        return _amount(line, ours, evidence.calls.get(ours.tid, []), house, usual)
    if finding.kind == classes.DAY:
        return _day(line, ours, house)
    return _agreed(finding.kind, ours)


def _missing(
    line: Listed,
    evidence: Evidence,
    near: Mapping[str, Finding],
    near_calls: Mapping[str, tuple[str, Seen]],
) -> tuple[str, Sentence]:
    if line.status == CANCELLED:
        return "cancelled_there", told(mark("The shop cancelled it: nothing is missing."))
    if calls := evidence.calls.get(line.key):
        return calls[-1].reason, _discarded(calls[-1], len(calls))
    if (found := near.get(line.key)) and found.ours:
        return (
            "near_order",
            told(
                mark("Transaction {number} has nearly the same order number: {order}."),
                number=found.ours.number,
                order=quote(found.ours.tid),
            ),
        )
    if spelled := evidence.spelled.get(line.key):
        return "near_order", told(mark("The order is known here as {order}."), order=quote(spelled))
    if line.key in near_calls:
        tid, call = near_calls[line.key]
        said = verdict(call.call, call.sentence)
        return "near_call", told(
            mark("A call came with the order number {order}: {verdict}"), order=quote(tid), verdict=said
        )
    if line.key in evidence.elsewhere:
        program = evidence.elsewhere[line.key]
        return (
            "other_program",
            told(
                mark("Program {program} has a transaction with this order number: the call named that program."),
                program=program,
            ),
        )
    return "no_call", told(
        mark("No call with this order number ever came: the shop did not report it, or under another number.")
    )


def _discarded(call: Seen, count: int) -> Sentence:
    words = {"at": moment(call.at_ms), "verdict": verdict(call.call, call.sentence)}
    if count > 1:
        return told(mark("{count} calls came, the last at {at}. {verdict}"), count=count, **words)
    return told(mark("A call came at {at}. {verdict}"), **words)


def _unknown(ours: Ours, evidence: Evidence, house: House, near: Mapping[str, Finding]) -> tuple[str, Sentence]:
    if (found := near.get(ours.tid)) and found.listed:
        return "near_order", told(
            mark("Line {line} has nearly the same order number: {order}."),
            line=found.listed.line,
            order=quote(found.listed.key),
        )
    if ours.manual:
        return "by_hand", told(mark("It was made by hand, so the shop may never have had it."))
    if _is_at_edge(ours, evidence):
        return (
            "edge",
            told(
                mark("It came at {at}, at the edge of the period: the list may count it to another day."),
                at=_clock(ours, house),
            ),
        )
    return (
        "only_here",
        told(
            mark(
                "A call came at {at}, the list has no such order: not paid, a test, left out, or a call that was not "
                "the shop's."
            ),
            at=moment(ours.created_ms),
        ),
    )


def _is_at_edge(ours: Ours, evidence: Evidence) -> bool:
    ends = (evidence.first_ms, evidence.last_ms)
    return any(end is not None and abs(ours.created_ms - end) < MIDNIGHT_MS for end in ends)


def _agreed(kind: str, ours: Ours) -> tuple[str, Sentence]:
    if kind == classes.CANCELLED_THERE:
        return "cancelled_there", told(mark("The shop cancelled it; here it is {state}."), state=word(ours.state))
    if kind == classes.CONFIRMED_THERE and ours.state == lifecycle.CANCELLED:
        return "cancelled_here", told(mark("It is cancelled here: reopen it before it can be confirmed."))
    if kind == classes.CONFIRMED_THERE:
        return "open_here", told(mark("The shop confirmed it; here it is {state}."), state=word(ours.state))
    if ours.state == lifecycle.HELD:
        return "on_hold", told(mark("It is on hold: its call had no proof. Confirming it lets it count."))
    if ours.test:
        return "test", told(mark("It is a transaction of the test partner, in no total."))
    if ours.state == lifecycle.CANCELLED:
        return "cancelled_here", told(mark("It is cancelled here."))
    return "", NOTHING


# Amounts


def _amount(line: Listed, ours: Ours, calls: list[Seen], house: House, usual: Usual) -> tuple[str, Sentence]:
    theirs, here = line.revenue_minor or 0, ours.revenue_minor or 0
    if call := next((c for c in calls if c.reason == reasons.CONFLICT and c.amount_minor == theirs), None):
        return (
            "second_call",
            told(
                mark("A later call at {at} had this amount; it was a conflict and changed nothing."),
                at=moment(call.at_ms),
            ),
        )
    if line.gross_minor == here:
        return "vat_here", told(
            mark("Here stands the list's gross amount: the shop reports gross revenue in place of net.")
        )
    if found := _by_numbers(theirs, here):
        return found
    change = money(abs(theirs - here), house.currency, house.decimals)
    if usual.difference_minor == theirs - here:
        return "shipping", told(_MORE_EACH if here > theirs else _LESS_EACH, money=change)
    if usual.ratio and _ratio(theirs, here) and abs(_ratio(theirs, here) - usual.ratio) * 100 <= usual.ratio:
        shown = f"{usual.ratio // 1000}.{usual.ratio % 1000:03d}"
        return "factor", told(
            mark("Most amounts of the list are {factor} times those here: it may be in another currency."),
            factor=number(shown),
        )
    if theirs < here:
        return "less", told(
            mark("The list has {money} less: a part of the order may have been returned."), money=change
        )
    return "more", told(mark("The list has {money} more: something may have been added after the call."), money=change)


_MORE_EACH = mark("Here it is {money} more, as on other lines of the list: shipping, or another fixed sum.")
_LESS_EACH = mark("Here it is {money} less, as on other lines of the list: shipping, or another fixed sum.")
_LARGER_THERE = mark("One is {factor} times the other, the list's is larger: a decimal separator was lost or misread.")
_LARGER_HERE = mark("One is {factor} times the other, the call's is larger: a decimal separator was lost or misread.")


def _by_numbers(theirs: int, here: int) -> tuple[str, Sentence] | None:
    for vat in VATS:
        shown = number(f"{vat // 10}.{vat % 10}".removesuffix(".0"))
        if _is_with(here, theirs, vat):
            return "vat_here", told(
                mark("Here it is {percent} % more: the shop reports gross revenue, or the tax was left in."),
                percent=shown,
            )
        if _is_with(theirs, here, vat):
            return "vat_there", told(
                mark("The list has {percent} % more: its column may hold gross amounts."), percent=shown
            )
    for zeros in (1, 2, 3):
        factor = 10**zeros
        small, large = sorted((theirs, here))
        if small and abs(large - small * factor) < factor:
            return "slip", told(_LARGER_THERE if theirs > here else _LARGER_HERE, factor=factor)
    return None


def _is_with(larger: int, smaller: int, vat: int) -> bool:
    """Within one minor unit."""
    return smaller > 0 and abs(larger * 1000 - smaller * (1000 + vat)) <= 1000


def _ratio(theirs: int, here: int) -> int:
    return theirs * 1000 // here if here else 0


def _usual(findings: Iterable[Finding]) -> Usual:
    """Of the amounts that no tax and no slip explains."""
    pairs = [
        (f.listed.revenue_minor or 0, f.ours.revenue_minor or 0)
        for f in findings
        if f.kind == classes.AMOUNT and f.listed and f.ours
    ]
    odd = [pair for pair in pairs if _by_numbers(*pair) is None]
    differences = Counter(theirs - here for theirs, here in odd).most_common(1)
    difference = differences[0][0] if differences and differences[0][1] >= COMMON else None
    return Usual(difference, _usual_ratio([_ratio(*pair) for pair in odd]))


def _usual_ratio(ratios: list[int]) -> int | None:
    """The middle one, where at least four of five lie within a hundredth of it."""
    if len(ratios) < COMMON:
        return None
    middle = sorted(ratios)[len(ratios) // 2]
    close = sum(abs(ratio - middle) * 100 <= middle for ratio in ratios)
    return middle if close * 5 >= len(ratios) * 4 else None


# Days


def _day(line: Listed, ours: Ours, house: House) -> tuple[str, Sentence]:
    at = _clock(ours, house)
    if ours.created_ms // DAY_MS == line.day:
        return "utc", told(
            mark("The call came at {at}: in UTC that is {utc}, so the list may count days in UTC."),
            at=at,
            utc=day(line.day),
        )
    shift = ours.day - (line.day or 0)
    if abs(shift) == 1 and _from_midnight_ms(ours, house) < MIDNIGHT_MS:
        return "midnight", told(_BEFORE_MIDNIGHT if shift > 0 else _AFTER_MIDNIGHT, at=at)
    return "other_day", told(_LATER if shift > 0 else _EARLIER, at=at, days=days(abs(shift)))


_BEFORE_MIDNIGHT = mark("The call came at {at}; for the shop the order was placed before midnight.")
_AFTER_MIDNIGHT = mark("The call came at {at}; for the shop the order was placed after midnight.")
_LATER = mark("The call came at {at}, {days} later than the list says.")
_EARLIER = mark("The call came at {at}, {days} earlier than the list says.")


def _clock(ours: Ours, house: House) -> dict[str, Any]:
    return local(ours.created_ms, house.time_zone)


def _local(ours: Ours, house: House) -> datetime:
    return datetime.fromtimestamp(ours.created_ms // 1000, UTC).astimezone(ZoneInfo(house.time_zone))


def _from_midnight_ms(ours: Ours, house: House) -> int:
    at = _local(ours, house)
    since = ((at.hour * 60 + at.minute) * 60 + at.second) * 1000
    return min(since, DAY_MS - since)


# Order numbers that are nearly the same


def _near_orders(findings: list[Finding]) -> dict[str, Finding]:
    """Order number -> the finding on the other side that is nearly the same, where there is only one."""
    missing = [f for f in findings if f.kind == classes.MISSING and f.listed and not f.cause]
    unknown = [f for f in findings if f.kind == classes.UNKNOWN and f.ours]
    near: dict[str, Finding] = {}
    for shape in (_letters, _digits):
        theirs = _only_ones((shape(f.listed.key), f) for f in missing if f.listed)
        ours = _only_ones((shape(f.ours.tid), f) for f in unknown if f.ours)
        for key in theirs.keys() & ours.keys():
            line, row = theirs[key], ours[key]
            assert line.listed and row.ours
            if line.listed.key not in near and row.ours.tid not in near:
                near |= {line.listed.key: row, row.ours.tid: line}
    return near


def _near_calls(findings: list[Finding], discarded: Iterable[tuple[str, Seen]]) -> dict[str, tuple[str, Seen]]:
    by_shape = {shape: dict(_shaped(shape, discarded)) for shape in (_letters, _digits)}
    found: dict[str, tuple[str, Seen]] = {}
    for finding in findings:
        if finding.kind == classes.MISSING and finding.listed and not finding.cause:
            key = finding.listed.key
            near = next((calls[s] for shape, calls in by_shape.items() if (s := shape(key)) and s in calls), None)
            if near:
                found[key] = near
    return found


def _shaped(shape: Shape, discarded: Iterable[tuple[str, Seen]]) -> Iterator[tuple[str, tuple[str, Seen]]]:
    for tid, call in discarded:
        if key := shape(tid):
            yield key, (tid, call)


def _only_ones(pairs: Iterable[tuple[str, Finding]]) -> dict[str, Finding]:
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for key, finding in pairs:
        if key:
            groups[key].append(finding)
    return {key: group[0] for key, group in groups.items() if len(group) == 1}


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold()).lstrip("0")


def _digits(text: str) -> str:
    digits = "".join(re.findall(r"[0-9]+", text)).lstrip("0")
    return digits if len(digits) >= LEAST_DIGITS else ""
