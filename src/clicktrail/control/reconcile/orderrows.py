"""The lines of one order, read together: articles, refunds, repetitions, or what nobody can tell. Pure.

What is not wholly understood makes the whole order a `Kept`: none of its lines is moved with a class.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from clicktrail.control.reconcile.listed import House, Listed
from clicktrail.control.reconcile.sentences import NOTHING, Sentence, money, told
from clicktrail.control.reconcile.statuswords import CANCELLED, CONFIRMED, PARTIAL
from clicktrail.core.tongue import mark

LINES_NAMED = 5

SAME, ITEMS, REFUNDS, WITH = "same", "items", "refunds", "with_line"
OTHERS, EQUAL, ALONE, PART_OR_ALL, PART, TOO_MUCH = "others", "equal", "refund_alone", "part_or_all", "part", "too_much"
"""Causes."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What the lines say together. `lead` stands for the order; `cause` of the others says what they are."""

    lead: Listed
    cause: str = ""
    sentence: Sentence = NOTHING
    others: str = WITH
    """SAME: the other lines repeat the first. WITH: they are counted with it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Why the lines of an order are kept out of moves. is_repeated: the list has the order several times."""

    cause: str
    sentence: Sentence
    is_repeated: bool = False


def read_together(lines: Sequence[Listed], revenue_minor: int | None, house: House) -> Statement | Kept:
    """lines: of one order, each of them understood. revenue_minor: the transaction's."""
    refunds = [line for line in lines if (line.revenue_minor or 0) < 0]
    if refunds:
        return _with_refunds(lines, refunds, revenue_minor, house)
    made = _sold(lines, revenue_minor, house)
    return made if isinstance(made, Kept) else _checked(made, len(lines), revenue_minor, house)


def _sold(lines: Sequence[Listed], revenue_minor: int | None, house: House) -> Statement | Kept:
    """Lines that take nothing back."""
    first, facts = lines[0], [line for line in lines if _facts(line) != (None, "", None)]
    if len(facts) < 2:
        return Statement(facts[0] if facts else first)
    if len({line.status for line in facts if line.status}) > 1:
        return _differing(lines)
    status, is_return = next(((line.status, line.is_return) for line in facts if line.status), ("", False))
    amounts = [line.revenue_minor for line in facts if line.revenue_minor is not None]
    total = sum(amounts)
    lead = replace(facts[0], status=status, is_return=is_return)
    if len(amounts) < 2:
        amount = amounts[0] if amounts else None
        is_same = len({line.day for line in facts if line.day is not None}) < 2
        return Statement(replace(lead, revenue_minor=amount), others=_others(lines)) if is_same else _differing(lines)
    if total == revenue_minor:
        said = mark("Lines {lines} together are the revenue here: the list has one line for each article.")
        return Statement(_summed(lead, lines), ITEMS, told(said, lines=_numbers(lines)))
    is_repeated = all(_facts(line) == _facts(facts[0]) for line in facts)
    is_total = revenue_minor is None or set(amounts) == {revenue_minor}
    if is_total and (is_repeated or _has_items(facts) and revenue_minor is not None):
        return Statement(lead, others=SAME)
    if _has_items(facts):
        return Statement(_summed(lead, lines))
    return _equal(lines, total, house) if is_repeated else _differing(lines)


def _checked(made: Statement, count: int, revenue_minor: int | None, house: House) -> Statement | Kept:
    """A status that speaks of a part, or may do so, needs an amount that says which part."""
    amount, lead = made.lead.revenue_minor, made.lead
    if lead.status == PARTIAL:
        if amount is not None and revenue_minor is not None and amount < revenue_minor:
            return made
        said = mark("A part of the order was returned, and the list does not say how much is left.")
        return Kept(PART, told(said))
    may_be_part = lead.is_return or count > 1 and made.others == WITH and lead.status == CANCELLED
    if may_be_part and amount and revenue_minor is not None and amount < revenue_minor:
        said = mark("The list says cancelled or refunded, and names {part} of {whole}: a part of the order, or all?")
        return Kept(PART_OR_ALL, told(said, part=_money(amount, house), whole=_money(revenue_minor, house)))
    return made


def _with_refunds(
    lines: Sequence[Listed], refunds: list[Listed], revenue_minor: int | None, house: House
) -> Statement | Kept:
    sales = [line for line in lines if (line.revenue_minor or 0) >= 0]
    returned = sum(line.revenue_minor or 0 for line in refunds)
    if not any(line.revenue_minor is not None for line in sales):
        return _alone(refunds, returned, revenue_minor, house)
    sold = _sold(sales, None if revenue_minor is None else _before(sales, refunds, revenue_minor), house)
    if isinstance(sold, Kept):
        return sold
    lead, amount = sold.lead, sold.lead.revenue_minor or 0
    net = amount + returned
    if not all(_is_refund(line, lead) for line in refunds) or _is_doubled(refunds, net, revenue_minor):
        return _differing(lines)
    if net < 0 or lead.status == CANCELLED and net:
        said = mark("Lines {lines}: the refunds are more than the sale, or less than a status that says all.")
        return Kept(TOO_MUCH, told(said, lines=_numbers(lines)))
    if revenue_minor is not None and revenue_minor not in _after_each(amount, refunds):
        return _differing(lines)
    status = CANCELLED if not net else "" if lead.status == PARTIAL else lead.status
    said = mark("Lines {lines} together: {sold} sold, {returned} taken back.")
    sentence = told(said, lines=_numbers(lines), sold=_money(amount, house), returned=_money(-returned, house))
    return Statement(
        replace(lead, revenue_minor=net, gross_minor=None, status=status, is_return=False), REFUNDS, sentence
    )


def _alone(refunds: list[Listed], returned: int, revenue_minor: int | None, house: House) -> Statement | Kept:
    """The sale stands in another list, so what is left is only known where all of it came back."""
    if len(refunds) == 1 and returned == -(revenue_minor or 0) and refunds[0].status in ("", CANCELLED):
        said = mark("The line takes back all of the order: {returned}.")
        lead = replace(refunds[0], revenue_minor=0, status=CANCELLED, is_return=False)
        return Statement(lead, REFUNDS, told(said, returned=_money(-returned, house)))
    said = mark("The list takes back {returned} and has no line of the sale: make the revenue smaller by hand.")
    return Kept(ALONE, told(said, returned=_money(-returned, house)))


def _before(sales: list[Listed], refunds: list[Listed], revenue_minor: int) -> int:
    """The revenue here before the refunds that are booked here already."""
    total = sum(line.revenue_minor or 0 for line in sales)
    return total if revenue_minor in _after_each(total, refunds) else revenue_minor


def _after_each(amount: int, refunds: Iterable[Listed]) -> list[int]:
    left = [amount]
    for line in refunds:
        left.append(left[-1] + (line.revenue_minor or 0))
    return left


def _is_refund(line: Listed, lead: Listed) -> bool:
    """An open refund is none yet."""
    return line.status in ("", CANCELLED, PARTIAL, CONFIRMED, lead.status)


def _is_doubled(refunds: list[Listed], net: int, revenue_minor: int | None) -> bool:
    """Equal refunds may be one that was written twice."""
    is_equal = len({(_facts(line), line.item) for line in refunds}) < len(refunds)
    return is_equal and net != revenue_minor


def _summed(lead: Listed, lines: Iterable[Listed]) -> Listed:
    gross = [line.gross_minor for line in lines if line.gross_minor is not None]
    total = sum(line.revenue_minor or 0 for line in lines)
    return replace(lead, revenue_minor=total, gross_minor=sum(gross) if gross else None)


def _has_items(lines: list[Listed]) -> bool:
    items = [line.item for line in lines]
    return all(items) and len(set(items)) == len(items)


def _others(lines: Sequence[Listed]) -> str:
    return SAME if all(_facts(line) == _facts(lines[0]) for line in lines) else WITH


def _facts(line: Listed) -> tuple[int | None, str, int | None]:
    return (line.revenue_minor, line.status, line.day)


def _equal(lines: Sequence[Listed], total: int, house: House) -> Kept:
    said = mark("Lines {lines} are equal: {one} written several times, or articles of {total} together.")
    one = _money(lines[0].revenue_minor or 0, house)
    return Kept(EQUAL, told(said, lines=_numbers(lines), one=one, total=_money(total, house)), is_repeated=True)


def _differing(lines: Sequence[Listed]) -> Kept:
    said = mark("Lines {lines} have this order with other facts: the list must say which one is right.")
    return Kept(OTHERS, told(said, lines=_numbers(lines)), is_repeated=True)


def _numbers(lines: Sequence[Listed]) -> str:
    return ", ".join(str(line.line) for line in lines[:LINES_NAMED]) + (", …" if len(lines) > LINES_NAMED else "")


def _money(minor: int, house: House) -> dict[str, object]:
    return money(minor, house.currency, house.decimals)
