"""Order numbers that a spreadsheet spoiled: which form they have, and which orders they may have been. Pure.

Spreadsheets read `1234567890123456` as a number and write `1,23457E+15`, drop the zeros of `000123`, and take `3-12`
for a day. Some forms can be read back exactly; of the others only the orders that fit are known.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from clicktrail.control.reconcile import moments
from clicktrail.control.reconcile.listed import Listed
from clicktrail.control.reconcile.sentences import Sentence, told
from clicktrail.control.reconcile.statuswords import CANCELLED, PARTIAL
from clicktrail.core.explain import quote
from clicktrail.core.tongue import mark

ROUNDED, HASHES, DATE, ZEROS = "rounded", "hashes", "date", "zeros"
KEPT_DIGITS = 15
"""Digits of a number that spreadsheets keep; those behind become 0."""
MAX_NAMED = 5
"""Orders that one sentence names."""

_EXPONENT = re.compile(r"(\d)(?:[.,](\d{1,30}))?[eE]\+?(\d{1,3})", re.ASCII)
_EXPONENT_SIGNS = frozenset(".,+")
"""One of them stands in each exponent that a program writes; `1E5` is an order number."""
_TRAILING = re.compile(r"(\d{1,30})[.,]0{1,4}", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3}){1,9}|\d{1,3}(?:,\d{3}){1,9}|\d{1,3}(?:['\u2019\u00a0 ]\d{3}){1,9}", re.ASCII)
_PAIR = re.compile(r"(\d{1,4})[-/.](\d{1,2})(?:[-/.](\d{1,4}))?", re.ASCII)
_MONTH_WORD = re.compile(r"(\d{0,4})[.]?[ -]?([^\W\d_]{3,9})[.]?[ -]?(\d{0,4})")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0{1,6})?)?)?", re.ASCII)
_LOCAL_DATE = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", re.ASCII)

SAID = {
    ROUNDED: mark("{text}: spoiled by a spreadsheet, the order number was rounded."),
    HASHES: mark("{text}: spoiled by a spreadsheet, the column was too narrow for the order number."),
    DATE: mark("{text}: spoiled by a spreadsheet, the order number became a date."),
    ZEROS: mark("{text}: spoiled by a spreadsheet, the order number lost its leading zeros."),
}
IS_ORDER = {
    ROUNDED: mark("{text}: spoiled by a spreadsheet, the order number was rounded. Only {order} fits."),
    DATE: mark("{text}: spoiled by a spreadsheet, the order number became a date. Only {order} fits."),
    ZEROS: mark("{text}: spoiled by a spreadsheet, the order number lost its leading zeros. Only {order} fits."),
}
MAY_BE = {
    ROUNDED: mark("{text}: spoiled by a spreadsheet, the order number was rounded. It may be {orders}."),
    DATE: mark("{text}: spoiled by a spreadsheet, the order number became a date. It may be {orders}."),
    ZEROS: mark("{text}: spoiled by a spreadsheet, the order number lost its leading zeros. It may be {orders}."),
}
MAY_NAME = mark("Line {line} of the list may mean it: a spreadsheet spoiled the order number there, {text}.")


@dataclass(frozen=True, slots=True)
class Order:
    """A transaction of the ledger, as far as it is compared here."""

    number: int
    tid: str
    revenue_minor: int | None
    is_listed: bool
    """Another line of the list names it."""


@dataclass(slots=True)
class Found:
    matched: dict[int, int] = field(default_factory=dict)
    """Line -> number of the one transaction that it can be."""
    lines: dict[int, Sentence] = field(default_factory=dict)
    """Line -> what is wrong with its order number."""
    possible: dict[int, Sentence] = field(default_factory=dict)
    """Number of a transaction -> which line may mean it."""


def other_readings(key: str) -> Iterator[str]:
    """What the cell held before a spreadsheet wrote it so, digit by digit: `'123`, `123.0` and `1.234.567`."""
    if key[:1] in "'\u2019`" and len(key) > 1:
        yield key[1:]
        return
    if not key[:1].isdecimal() or key.isdecimal():
        return
    if found := _TRAILING.fullmatch(key):
        yield found[1]
    if _GROUPED.fullmatch(key):
        yield re.sub(r"\D", "", key)


def unwrapped(key: str) -> str:
    """`="00123"` is how a list tells spreadsheets to keep a text."""
    return key[2:-1].replace('""', '"') if key.startswith('="') and key.endswith('"') and len(key) > 3 else key


def kind_of(key: str) -> str:
    """ROUNDED, HASHES or DATE, where a cell cannot be the order number itself; empty elsewhere."""
    if key[:1] == "#" and not key.strip("#") and len(key) > 1:
        return HASHES
    if has_exponent(key) or _is_cut(key):
        return ROUNDED
    return DATE if _dates_of_cell(key) and not key.isdecimal() else ""


def has_exponent(key: str) -> bool:
    return not _EXPONENT_SIGNS.isdisjoint(key) and _EXPONENT.fullmatch(key) is not None


def compare(lines: Iterable[Listed], orders: Iterable[Order]) -> Found:
    """lines: those whose order number names no transaction. orders: what the ledger has of the period and the list."""
    found, groups = Found(), defaultdict[str, list[Listed]](list)
    for line in lines:
        if kind_of(line.key) or line.key.isdecimal():
            groups[line.key].append(line)
    if not groups:
        return found
    index = _Index(list(orders))
    fits = {key: index.fitting(key, group) for key, group in groups.items()}
    claims = Counter(order.number for _, fitting in fits.values() for order in fitting)
    for key, (kind, fitting) in fits.items():
        if kind:
            _decide(found, groups[key], kind, fitting, claims)
    return found


def _decide(found: Found, group: list[Listed], kind: str, fitting: list[Order], claims: Counter[int]) -> None:
    line, text = group[0], quote(group[0].key)
    if len(group) == len(fitting) == 1 and kind in IS_ORDER and _is_sure(line, fitting[0], claims):
        found.matched[line.line] = fitting[0].number
        found.lines[line.line] = told(IS_ORDER[kind], text=text, order=quote(fitting[0].tid))
        return
    sentence = told(SAID[kind], text=text)
    if fitting and kind in MAY_BE:
        named = ", ".join(quote(order.tid) for order in fitting[:MAX_NAMED]) + (
            " …" if len(fitting) > MAX_NAMED else ""
        )
        sentence = told(MAY_BE[kind], text=text, orders=named)
    found.lines.update(dict.fromkeys((each.line for each in group), sentence))
    for order in fitting:
        found.possible.setdefault(order.number, told(MAY_NAME, line=line.line, text=text))


def _is_sure(line: Listed, order: Order, claims: Counter[int]) -> bool:
    is_equal = line.revenue_minor is not None and line.revenue_minor == order.revenue_minor
    return is_equal and not line.fault and not order.is_listed and claims[order.number] == 1


def _takes_back(line: Listed) -> bool:
    """Then it may belong to an order that has a line of its own."""
    return (line.revenue_minor or 0) < 0 or line.status in (CANCELLED, PARTIAL) or bool(line.doubt or line.fault)


class _Index:
    """Orders by what spreadsheets can make of their numbers."""

    def __init__(self, orders: list[Order]) -> None:
        self._orders = orders
        numbered = [(value, order.number, order) for order in orders for value in _values(order.tid)]
        numbered.sort(key=lambda each: each[:2])
        self._values = [value for value, _, _ in numbered]
        self._by_value = [order for _, _, order in numbered]
        self._dated: dict[tuple[int, int], list[Order]] = {}
        for order in orders:
            for month_and_day in _dates_of_number(order.tid):
                self._dated.setdefault(month_and_day, []).append(order)

    def fitting(self, key: str, group: list[Listed]) -> tuple[str, list[Order]]:
        """(how the key is spoiled, the orders that it can be); empty where it is not spoiled."""
        kind, orders = self._possible(key, group)
        may_be_listed = any(map(_takes_back, group))
        return kind, [order for order in orders if may_be_listed or not order.is_listed]

    def _possible(self, key: str, group: list[Listed]) -> tuple[str, list[Order]]:
        kind = kind_of(key)
        if kind == HASHES:
            return kind, self._with_amounts({None if _takes_back(line) else line.revenue_minor for line in group})
        if kind == ROUNDED:
            return kind, self._between(*_range_of(key))
        dates = _dates_of_cell(key)
        dated = list({order.number: order for date in dates for order in self._dated.get(date, ())}.values())
        if kind == DATE or dated:
            return DATE, dated
        padded = (
            [order for order in self._between(int(key), int(key)) if len(order.tid) > len(key)] if key.isascii() else []
        )
        return (ZEROS, padded) if padded else ("", [])

    def _with_amounts(self, amounts: set[int | None]) -> list[Order]:
        """Where nothing of the number is left, its amount may tell; without an amount it may be any order."""
        if None in amounts:
            return self._orders
        return [order for order in self._orders if order.revenue_minor is None or order.revenue_minor in amounts]

    def _between(self, low: int, high: int) -> list[Order]:
        return self._by_value[bisect_left(self._values, low) : bisect_right(self._values, high)]


def _values(tid: str) -> Iterator[int]:
    """Of `123` and of `12E3`, which spreadsheets read as 12000."""
    if len(tid) > 30 or not tid.isascii():
        return
    if tid.isdecimal():
        yield int(tid)
    elif found := re.fullmatch(r"(\d{1,15})[eE](\d{1,2})", tid):
        yield int(found[1]) * 10 ** int(found[2])


def _is_cut(key: str) -> bool:
    return len(key) > KEPT_DIGITS and key.isascii() and key.isdecimal() and not key[KEPT_DIGITS:].strip("0")


def _range_of(key: str) -> tuple[int, int]:
    """The lowest and the highest number that a spreadsheet writes like this."""
    if key.isdecimal():
        unit = 10 ** (len(key) - KEPT_DIGITS)
        return int(key), int(key) + unit - 1
    found = _EXPONENT.fullmatch(key)
    assert found is not None
    digits, exponent = found[1] + (found[2] or ""), int(found[3])
    behind = exponent - len(found[2] or "")
    if behind < 0:
        return 1, 0
    value, unit = int(digits) * 10**behind, 10**behind
    return value - unit // 2, value + unit // 2


def _dates_of_cell(key: str) -> set[tuple[int, int]]:
    """(month, day or year of two digits) that a cell shows: `Mär 12`, `12. Mär`, `2026-03-12 00:00:00`, `46093`."""
    if len(key) > 30:
        return set()
    if key.isdecimal():
        day = moments.excel_day(key) if key.isascii() else None
        return _dates(day.month, day.day, day.year) if day else set()
    if found := _ISO_DATE.fullmatch(key):
        return _dates(int(found[2]), int(found[3]), int(found[1]))
    if found := _LOCAL_DATE.fullmatch(key):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        return _dates(second, first, year) | _dates(first, second, year)
    if (found := _MONTH_WORD.fullmatch(key)) and (month := moments.month_of(found[2])):
        return {(month, int(part) % 100) for part in (found[1], found[3]) if part}
    return set()


def _dates(month: int, day: int, year: int) -> set[tuple[int, int]]:
    if not 1 <= month <= 12:
        return set()
    return {(month, day)} | ({(month, year % 100)} if day == 1 else set())


def _dates_of_number(tid: str) -> set[tuple[int, int]]:
    """What a spreadsheet takes an order number such as `3-12`, `2026-03-12` or `MAR12` for."""
    if len(tid) > 12:
        return set()
    if found := _PAIR.fullmatch(tid):
        first, second, third = int(found[1]), int(found[2]), found[3]
        pairs = {(first, second), (second, first)}
        if third:
            pairs |= {(second, int(third)), (first, second)}
        return {(month, other % 100) for month, other in pairs if 1 <= month <= 12}
    if (found := _MONTH_WORD.fullmatch(tid)) and (month := moments.month_of(found[2])):
        return {(month, int(part) % 100) for part in (found[1], found[3]) if part}
    return set()
