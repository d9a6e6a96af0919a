"""The lines of a shop's order list as facts: order, amount, day, status. Pure.

What could mean two things is an error of that line with a sentence, never a guess. What can be read and is not
understood, such as an unknown status word, is a doubt: it keeps the whole order out of moves.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from clicktrail.control.reconcile import amounts, columns, moments, spoiled, statuswords
from clicktrail.control.reconcile.amounts import AmountForm
from clicktrail.control.reconcile.columns import Columns
from clicktrail.control.reconcile.listed import House, Listed, Listing
from clicktrail.control.reconcile.sentences import NOTHING, Sentence, fault, told, word
from clicktrail.control.reconcile.sheet import MAX_LINES, SAMPLE_ROWS, Row
from clicktrail.control.reconcile.statuswords import CANCELLED, CONFIRMED, OPEN, PARTIAL
from clicktrail.core.explain import quote
from clicktrail.core.ids import read_id
from clicktrail.core.money import AmountError
from clicktrail.core.postback import MAX_TEXT
from clicktrail.core.text import strip_invisible
from clicktrail.core.tongue import mark

__all__ = ("CANCELLED", "CONFIRMED", "EPOCH_DAY", "OPEN", "PARTIAL", "House", "Listed", "Listing", "read_lines")

EPOCH_DAY = date(1970, 1, 1).toordinal()
MAX_NAMED = 200
"""Words of a status column that a note names; a column with more is no status column."""
LINES_NAMED = 20
_TOTALS = """
    summe gesamt gesamtsumme zwischensumme insgesamt endsumme total totals grandtotal subtotal sum overall
    summenetto summebrutto gesamtnetto gesamtbrutto totalnet totalgross summeeur gesamteur totaleur
    """
TOTALS = frozenset(_TOTALS.split())
"""What stands in front of a sum below a list."""
_TOTAL_INITIALS = frozenset(word[0] for word in TOTALS)

STATUS_UNKNOWN, CURRENCY_OTHER = "status_word", "currency"
"""Causes of doubt."""

looks_like_amount = amounts.looks_like_amount
looks_like_day = moments.looks_like_day

_TOKENS = re.compile(r'[;,|\t\r\n"]')


class TooLong(ValueError):
    """Its sentence says how many lines a list may have."""


@dataclass(slots=True)
class _Reading:
    """How the columns of one list are read, and what was met on the way."""

    form: Columns
    house: House
    zone: ZoneInfo
    width: int
    money: dict[str, AmountForm]
    order: str
    unknown: Counter[str] = field(default_factory=Counter)
    passed_over: list[int] = field(default_factory=list)
    sum_minor: int = 0
    """Of the amounts so far, to recognise the line that adds them up."""
    count: int = 0


def read_lines(rows: Iterable[Row], form: Columns, house: House) -> Listing:
    """Raises TooLong."""
    header, kept = _bounded(rows, form.has_header)
    reading = _reading(kept, form, house, header)
    names = tuple(map(columns.plain, header))
    initials = {"", " ", "\ufeff", *(each for cell in header[:1] for each in (cell[:1].lower(), cell[:1].upper()))}
    listing = Listing()
    above = ""
    for row in kept:
        if header and row.cells and row.cells[0][:1] in initials and tuple(map(columns.plain, row.cells)) == names:
            reading.passed_over.append(row.line)
            continue
        line = _line(row, reading)
        if _is_total(row, line, reading):
            reading.passed_over.append(row.line)
            continue
        reading.sum_minor += line.revenue_minor or 0
        reading.count += line.revenue_minor is not None
        listing.lines.append(line)
        if row.fault or line.fault and not _is_key(line.key):
            listing.broken.update(dict.fromkeys(_tokens(row), row.line))
        is_rest = not line.key or len(row.cells) < reading.width
        if line.fault and not row.fault and is_rest and above:
            listing.broken[above] = row.line
        above = line.key or above
    listing.notes = list(_notes(listing, reading))
    return listing


def looks_like_status(cell: str) -> bool:
    return bool(statuswords.state_of(cell))


def amount(text: str, house: House) -> int:
    """Minor units of one amount for itself. Raises AmountError."""
    return amounts.read_amount(text, AmountForm(house.currency, house.decimals))


def day_of(text: str, order: str, time_zone: str, time_format: str = "") -> int | None:
    """Days since 1970. A time with a zone is read in the program's. None where it is no day.

    order: dmy or mdy for days written with slashes; empty: they cannot be told.
    """
    try:
        at = moments.by_format(text, time_format) if time_format else moments.read_moment(text, order)
        if at.tzinfo is None:
            return at.toordinal() - EPOCH_DAY
        return moments.day_of(at, moments.has_clock(text), ZoneInfo(time_zone)).toordinal() - EPOCH_DAY
    except (moments.NoTime, OverflowError):
        return None


def day_text(day: int | None) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat() if day is not None else ""


def _bounded(rows: Iterable[Row], has_header: bool) -> tuple[tuple[str, ...], list[Row]]:
    """(names of the columns, the rows below them)."""
    source = iter(rows)
    first = list(islice(source, SAMPLE_ROWS))
    header: tuple[str, ...] = ()
    if has_header:
        named = [row for row in first if row.cells]
        place = columns.header_place([row.cells for row in named], looks_like_amount, looks_like_day)
        top = named[place] if place < len(named) else None
        header = top.cells if top else ()
        first = [row for row in first if top and row.line > top.line]
    kept = first
    for row in source:
        if len(kept) == MAX_LINES:
            break
        kept.append(row)
    else:
        if len(kept) <= MAX_LINES:
            return header, kept
    raise TooLong(told(mark("The list has more than {count} lines: split it, by months for example."), count=MAX_LINES))


def _reading(rows: list[Row], form: Columns, house: House, header: tuple[str, ...]) -> _Reading:
    widths = Counter(len(row.cells) for row in rows[:SAMPLE_ROWS] if row.cells)
    width = len(header) or max(widths, key=lambda each: (widths[each], each), default=0)
    money = AmountForm(house.currency, house.decimals, form.decimal)
    decided = {role: amounts.decide(_column(rows, form, role), money) for role in (columns.REVENUE, columns.GROSS)}
    known = next((each for each in decided.values() if each.decimal), money)
    order = moments.order_of(_column(rows, form, columns.DAY))
    return _Reading(
        form, house, ZoneInfo(house.time_zone), width,
        {role: each if each.decimal else known for role, each in decided.items()}, order,
    )  # fmt: skip


def _column(rows: list[Row], form: Columns, role: str) -> Iterator[str]:
    place = form.places.get(role)
    return (row.cells[place] for row in rows if place is not None and place < len(row.cells))


def _line(row: Row, reading: _Reading) -> Listed:
    if row.fault:
        return Listed(row.line, "", fault=Sentence(row.fault))
    form = reading.form
    listed = Listed(row.line, spoiled.unwrapped(str(_cell(row, form, form.key))))
    listed.fault = _width_fault(row, reading) or _key_fault(listed.key, form.key)
    listed.amount_text = str(_cell(row, form, columns.REVENUE))[:MAX_TEXT]
    if columns.ITEM in form.places:
        listed.item = _cell(row, form, columns.ITEM)[:MAX_TEXT]
    for role, name in ((columns.REVENUE, "revenue_minor"), (columns.GROSS, "gross_minor")):
        if role in form.places and (text := _cell(row, form, role)):
            _read_amount(listed, name, role, text, reading.money[role])
    if text := _cell(row, form, columns.DAY):
        _read_day(listed, text, reading)
    if text := _cell(row, form, columns.STATUS):
        _read_status(listed, text, reading.unknown)
    text = _cell(row, form, columns.CURRENCY) if columns.CURRENCY in form.places else ""
    if text and not amounts.is_currency(text, reading.house.currency):
        said = mark("The line is in {currency}; the program's currency is {own}.")
        shown = amounts.currency_of(text) or quote(text[:MAX_TEXT])
        listed.doubt_cause, listed.doubt = CURRENCY_OTHER, told(said, currency=shown, own=reading.house.currency)
    return listed


def _read_amount(listed: Listed, name: str, role: str, text: str, money: AmountForm) -> None:
    """A gross amount is only asked for causes: one that cannot be read spoils nothing."""
    try:
        setattr(listed, name, amounts.read_amount(text, money, is_signed=True))
    except AmountError as wrong:
        if role == columns.REVENUE:
            said = mark("The amount {amount} cannot be read: {fault}")
            listed.fault = listed.fault or told(said, amount=quote(text), fault=fault(str(wrong)))


def _read_day(listed: Listed, text: str, reading: _Reading) -> None:
    listed.day = day_of(text, reading.order, reading.house.time_zone, reading.form.time_format)
    if listed.day is not None or _is_undecided(text, reading):
        return
    if reading.form.time_format:
        said = mark("{text} is not written like {form} (--time-format).")
        wrong = told(said, text=quote(text), form=reading.form.time_format)
    elif not text.strip("#"):
        said = mark("A spreadsheet wrote ##### in place of the day: make the column wider and save the list again.")
        wrong = told(said)
    else:
        wrong = told(mark("{text} is no day such as 2026-01-31 or 31.01.2026."), text=quote(text))
    listed.fault = listed.fault or wrong


def _read_status(listed: Listed, text: str, unknown: Counter[str]) -> None:
    state = statuswords.state_of(text)
    listed.is_return = state == statuswords.RETURNED
    listed.status = CANCELLED if listed.is_return else state
    if not state:
        unknown[text[:MAX_TEXT]] += 1
        said = mark("The word {text} of the status column is not known.")
        listed.doubt_cause, listed.doubt = STATUS_UNKNOWN, told(said, text=quote(text))


def _width_fault(row: Row, reading: _Reading) -> Sentence:
    """A separator inside of a value without quotation marks shifts or cuts what stands behind it."""
    if len(row.cells) > reading.width and any(map(strip_invisible, row.cells[reading.width :])):
        said = mark(
            "It has {count} cells, and the list has {width} columns: a value that holds the separator needs quotation "
            "marks around it."
        )
        return told(said, count=len(row.cells), width=reading.width)
    if reading.form.has_header and len(row.cells) <= reading.form.places.get(columns.REVENUE, 0):
        said = mark("It has {count} cells, and the list has {width} columns: a line break may have cut it.")
        return told(said, count=len(row.cells), width=reading.width)
    return NOTHING


def _key_fault(key: str, role: str) -> Sentence:
    if not key:
        return told(mark("The column '{name}' is empty."), name=word(columns.ROLES[role]))
    if len(key) > MAX_TEXT:
        return told(mark("The order number is longer than {count} characters."), count=MAX_TEXT)
    if "\n" in key or "\r" in key:
        return told(mark("The order number holds a line break: a quotation mark is missing here or above."))
    if role == columns.NUMBER and not any(map(read_id, (key, *spoiled.other_readings(key)))):
        kind = spoiled.kind_of(key)
        said = spoiled.SAID[kind] if kind else mark("{text} is no transaction number.")
        return told(said, text=quote(key))
    return NOTHING


def _is_key(key: str) -> bool:
    return bool(key) and len(key) <= MAX_TEXT and "\n" not in key and "\r" not in key


def _tokens(row: Row) -> Iterator[str]:
    """Whatever may be the order number of a row that cannot be read."""
    return filter(_is_key, map(strip_invisible, _TOKENS.split(";".join(row.cells or row.rest))))


def _is_total(row: Row, line: Listed, reading: _Reading) -> bool:
    """A line below the others that adds them up."""
    if row.fault or line.key and line.key[:1].casefold() not in _TOTAL_INITIALS:
        return False
    if line.revenue_minor is None and not line.fault:
        return False
    label = next(filter(None, map(columns.plain, row.cells)), "")
    if re.sub(r"\d", "", columns.plain(line.key) or label) in TOTALS:
        return True
    return not line.key and reading.count > 1 and line.revenue_minor == reading.sum_minor


def _cell(row: Row, form: Columns, role: str) -> str:
    place = form.places.get(role)
    return strip_invisible(row.cells[place]) if place is not None and place < len(row.cells) else ""


def _is_undecided(text: str, reading: _Reading) -> bool:
    return not reading.form.time_format and not reading.order and moments.is_two_ways(text)


def _notes(listing: Listing, reading: _Reading) -> Iterator[Sentence]:
    if reading.unknown:
        words = sorted(reading.unknown.items())
        named = ", ".join(f"{quote(text)} ({count})" for text, count in words[:MAX_NAMED])
        said = mark("These words of the status column are not known, and their orders are kept out of moves: {words}.")
        yield told(said, words=named + (" …" if len(words) > MAX_NAMED else ""))
    if reading.passed_over:
        said = mark("Lines that repeat the names of the columns or add up the list were passed over: {lines}.")
        yield told(said, lines=_numbers(reading.passed_over))
    if (
        columns.DAY in reading.form.places
        and not reading.order
        and _any(listing, lambda line: line.day is None and not line.fault and not reading.form.time_format)
    ):
        yield told(
            mark(
                "Days written with slashes could be day/month or month/day, and no line of the list tells which: "
                "they were passed over. Write them like 2026-01-31, or say how: --time-format %d/%m/%Y."
            )
        )
    if columns.REVENUE not in reading.form.places:
        yield told(mark("No column holds the net revenue: amounts were not compared."))


def _any(listing: Listing, test: Callable[[Listed], bool]) -> bool:
    return any(map(test, listing.lines))


def _numbers(lines: list[int]) -> str:
    return ", ".join(map(str, lines[:LINES_NAMED])) + (", …" if len(lines) > LINES_NAMED else "")
