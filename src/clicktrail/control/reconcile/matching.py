"""Which transaction a line of the list means, by its order number. Pure."""

from collections.abc import Mapping

from clicktrail.control.reconcile import spoiled
from clicktrail.control.reconcile.classes import Doubts, Ours
from clicktrail.control.reconcile.listed import Listed, Listing
from clicktrail.control.reconcile.sentences import Sentence, told
from clicktrail.control.reconcile.spoiled import Order
from clicktrail.control.reconcile.statuswords import CANCELLED, PARTIAL
from clicktrail.core.ordernumber import order_number_key
from clicktrail.core.postback import MAX_TEXT
from clicktrail.core.tongue import mark


def is_key(key: str) -> bool:
    """Whether it can be asked for."""
    return 0 < len(key) <= MAX_TEXT


def matched(listing: Listing, chosen: dict[str, Ours]) -> tuple[dict[int, Ours], dict[int, int]]:
    """(line -> its transaction, number of a transaction -> the broken line that may name it)."""
    found: dict[int, Ours] = {}
    for line in listing.lines:
        readings = (line.key, *spoiled.other_readings(line.key))
        if line.key and (reading := next((each for each in readings if each in chosen), None)):
            found[line.line] = chosen[reading]
    return found, {chosen[text].number: line for text, line in listing.broken.items() if text in chosen}


def doubts_of(listing: Listing, found: dict[int, Ours], broken: dict[int, int], rows: list[Ours]) -> Doubts:
    """Lines with spoiled order numbers that fit one transaction alone are added to `found`."""
    listed = {ours.number: ours for ours in found.values()}
    known = {ours.number: ours for ours in rows} | listed
    lost = [line for line in listing.lines if is_key(line.key) and line.line not in found]
    orders = (Order(each.number, each.tid, each.revenue_minor, each.number in listed) for each in known.values())
    made = spoiled.compare(lost, orders)
    found.update({line: known[number] for line, number in made.matched.items()})
    numbers = _taken_back(lost, listed)
    numbers |= {number: ("spoiled", sentence) for number, sentence in made.possible.items()}
    said = mark("Line {line} of the list cannot be read, and may name this order.")
    numbers |= {number: ("broken", told(said, line=line)) for number, line in broken.items()}
    return Doubts(made.lines, numbers)


def _taken_back(lost: list[Listed], listed: dict[int, Ours]) -> dict[int, tuple[str, Sentence]]:
    """Listed transactions of which another line takes something back, under nearly the same order number."""
    lines = {order_number_key(line.key): line.line for line in lost if _takes_back(line)}
    if not lines:
        return {}
    said = mark("Line {line} takes back an order of nearly the same number, and may mean this one.")
    keys = {number: order_number_key(ours.tid) for number, ours in listed.items()}
    return {number: ("near_order", told(said, line=lines[key])) for number, key in keys.items() if key in lines}


def _takes_back(line: Listed) -> bool:
    return (line.revenue_minor or 0) < 0 or line.status in (CANCELLED, PARTIAL)


def choose(by_tid: Mapping[str, Ours], as_number: Mapping[str, Ours]) -> tuple[dict[str, Ours], list[Sentence]]:
    """A number may be an order's and, of another order, the transaction's: the lines that can be only one decide."""
    torn = [key for key in as_number if key in by_tid and as_number[key].number != by_tid[key].number]
    if not torn:
        return {**as_number, **by_tid}, []
    only_tid, only_number = len(by_tid) - len(torn), len(as_number) - len(torn)
    if only_number > only_tid:
        return {**by_tid, **as_number}, [told(_AS_TRANSACTIONS, count=len(torn))]
    return {**as_number, **by_tid}, [told(_AS_ORDERS, count=len(torn))]


_AS_TRANSACTIONS = mark(
    "{count} numbers of the list are order numbers and, of other orders, transaction numbers: they were read as "
    "transaction numbers. Choose 'Order number' for that column to read them the other way."
)
_AS_ORDERS = mark(
    "{count} numbers of the list are order numbers and, of other orders, transaction numbers: they were read as "
    "order numbers. Choose 'Transaction number' for that column to read them the other way."
)
