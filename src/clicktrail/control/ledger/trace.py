"""Trace: the whole story of a ClickID, an order number, a log number or a transaction number.

`look_up` finds everything that hangs together: a click, the calls that named it, every
call and the transaction of the same order. `tell` puts it into sentences, oldest first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Min, Q

from clicktrail.control.catalog.models import Program
from clicktrail.control.ledger import deliveries
from clicktrail.control.ledger.deliveries import Told
from clicktrail.control.ledger.imported import clicks_meant, foreign_of
from clicktrail.control.ledger.models import Click, Move, Postback, Transaction
from clicktrail.core.callnumber import log_number
from clicktrail.core.clickid import Checks
from clicktrail.core.text import stored_spellings, strip_invisible

MOST_CALLS = 500
"""Calls in one story; the newest beyond it are counted, not told."""
MOST_PROGRAMS = 1000
"""Programs in whose calls an order number is looked for; a call may name any number as its program."""

Order = tuple[int | None, str]
"""(program, tid)"""


@dataclass(slots=True)
class Found:
    clicks: list[Click] = field(default_factory=list)
    calls: list[Postback] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    deliveries: list[Told] = field(default_factory=list)
    calls_left_off: int = 0
    foreign: dict[int, str] = field(default_factory=dict)
    """Click -> the ClickID that another system gave it."""

    def __bool__(self) -> bool:
        return bool(self.clicks or self.calls or self.transactions)


def look_up(text: str, checks: Checks) -> Found:
    """All that belongs to `text`; a number may be several things at once, and then all are found."""
    raw, text = text, strip_invisible(text)
    click_ids, call_ids, orders = _by_clickids(clicks_meant(text, checks))
    number = log_number(text)
    if number is not None:
        more_clicks, more_calls, more_orders = _by_number(number)
        click_ids |= more_clicks
        call_ids |= more_calls
        orders |= more_orders
    orders |= orders_with(raw)
    return gather(click_ids, call_ids, orders)


def _by_clickids(ids: set[int]) -> tuple[set[int], set[int], set[Order]]:
    clicks: set[int] = set()
    calls: set[int] = set()
    orders: set[Order] = set()
    for id in ids:
        more_clicks, more_calls, more_orders = _by_clickid(id)
        clicks |= more_clicks
        calls |= more_calls
        orders |= more_orders
    return clicks, calls, orders


def _by_clickid(id: int | None) -> tuple[set[int], set[int], set[Order]]:
    """A click, the calls that named it, and the orders of those."""
    if id is None:
        return set(), set(), set()
    calls = Postback.objects.filter(click_id=id).values_list("id", "program_id", "tid")[:MOST_CALLS]
    orders = {(program, tid) for _, program, tid in calls if tid}
    return {id}, {call for call, _, _ in calls}, orders | set(_orders_of(Transaction.objects.filter(click_id=id)))


def _by_number(number: int) -> tuple[set[int], set[int], set[Order]]:
    """A number of the log or of a transaction; or the number behind a ClickID, as it stands in the tables."""
    calls = Postback.objects.filter(pk=number)
    orders = set(_orders_of(calls)) | set(_orders_of(Transaction.objects.filter(pk=number)))
    clicks = set(Click.objects.filter(pk=number).values_list("id", flat=True))
    return clicks, set(calls.values_list("id", flat=True)), orders


def orders_with(tid: str) -> set[Order]:
    """The order number in every program; program by program, because that is how it is indexed."""
    tids = stored_spellings(tid)
    orders: set[Order] = set(_orders_of(Transaction.objects.filter(program_id__in=_programs(), tid__in=tids)))
    return orders | set(_orders_of(Postback.objects.filter(_in_programs([*_programs_called(), None]), tid__in=tids)))


def _orders_of(rows: Any) -> Iterator[Order]:
    return ((program, tid) for program, tid in rows.values_list("program_id", "tid").distinct() if tid)


def _programs() -> list[int]:
    return list(Program.objects.values_list("id", flat=True))


def _programs_called() -> Iterator[int]:
    """Each number that some call names as its program: one step in the index for each."""
    last = -1
    for _ in range(MOST_PROGRAMS):
        last = Postback.objects.filter(program_id__gt=last).aggregate(next=Min("program_id"))["next"]
        if last is None:
            return
        yield last


def _in_programs(programs: Iterable[int | None]) -> Q:
    numbers = [program for program in programs if program is not None]
    return Q(program_id__in=numbers) | Q(program_id__isnull=True)


def gather(click_ids: set[int], call_ids: set[int], orders: set[Order]) -> Found:
    """These, and all that hangs together with them."""
    wanted = Q(pk__in=call_ids)
    for program, tid in orders:
        wanted |= Q(program_id=program, tid=tid) if program is not None else Q(program_id__isnull=True, tid=tid)
    calls = Postback.objects.filter(wanted).order_by("id")
    transactions = _transactions(orders)
    found = Found(calls=list(calls[:MOST_CALLS]), transactions=transactions)
    found.calls_left_off = calls.count() - len(found.calls)
    click_ids |= {c.click_id for c in [*found.calls, *transactions] if c.click_id is not None}
    found.clicks = list(Click.objects.filter(pk__in=click_ids).order_by("id"))
    found.foreign = foreign_of(click.pk for click in found.clicks)
    numbers = [transaction.number for transaction in transactions]
    found.moves = list(Move.objects.filter(transaction_number__in=numbers).order_by("id"))
    found.deliveries = deliveries.of_transactions(numbers)
    return found


def _transactions(orders: set[Order]) -> list[Transaction]:
    wanted = Q(pk__in=[])
    for program, tid in orders:
        if program is not None:
            wanted |= Q(program_id=program, tid=tid)
    return list(Transaction.objects.filter(wanted).order_by("number"))
