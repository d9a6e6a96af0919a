"""The lines of a shop's order list as facts: order, amount, day, status. Pure.

What could mean two things is an error of that line with a sentence, never a guess.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from clicktrail.control.reconcile import columns
from clicktrail.control.reconcile.columns import Columns
from clicktrail.control.reconcile.sentences import NOTHING, Sentence, fault, told, word
from clicktrail.control.reconcile.sheet import MAX_LINES, Row
from clicktrail.core import faults
from clicktrail.core.explain import quote
from clicktrail.core.ids import read_id
from clicktrail.core.money import CURRENCIES, AmountError, check_limit, parse_amount
from clicktrail.core.postback import MAX_TEXT
from clicktrail.core.tongue import mark, say

OPEN, CONFIRMED, CANCELLED = "open", "confirmed", "cancelled"

STATUSES: dict[str, tuple[str, ...]] = {
    CANCELLED: (
        ("storniert", "storno", "abgebrochen", "abgelehnt", "retour", "retourniert", "zurueckgegeben", "erstattet")
        + ("rueckerstattet", "cancelled", "canceled", "cancel", "void", "voided", "refunded", "returned", "rejected")
        + ("declined", "failed", "fehlgeschlagen", "widerrufen", "reversed", "chargeback")
    ),
    CONFIRMED: (
        (
            "bestaetigt",
            "bezahlt",
            "abgeschlossen",
            "versendet",
            "versandt",
            "geliefert",
            "freigegeben",
            "erledigt",
            "ok",
        )
        + ("confirmed", "confirm", "paid", "completed", "complete", "shipped", "fulfilled", "delivered", "approved")
        + ("accepted", "valid", "success", "done", "sent", "closed")
    ),
    OPEN: (
        ("offen", "neu", "inbearbeitung", "wartend", "ausstehend", "open", "new", "pending", "processing", "onhold")
        + ("authorized", "unpaid", "unbezahlt", "bestellt", "ordered", "placed")
    ),
}
_STATUS_OF = {word: state for state, words in STATUSES.items() for word in words}

SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "zł": "PLN", "fr.": "CHF", "sfr.": "CHF", "kč": "CZK"}
MAX_AMOUNT_TEXT = 64
"""Characters of an amount with its currency signs. A longer cell is no amount."""
_SIGN_BEFORE = re.compile(r"[^\d\s.,+-]*+\.?")
_NUMBER = re.compile(r"[-+]?[\d.,'\s]*+")
_SIGN_AFTER = re.compile(r"[^\d\s.,]*+\.?")

_ISO = re.compile(r"^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$")
_DOTTED = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})(?:[ ,T].*)?$")
_SLASHED = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?:[ ,T].*)?$")
_YEAR_FIRST = re.compile(r"^(\d{4})/(\d{1,2})/(\d{1,2})(?:[ ,T].*)?$")
_PLAIN = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
EPOCH_DAY = date(1970, 1, 1).toordinal()
MOST_NOTED = 5
"""Values in a note about cells that were not understood."""


@dataclass(slots=True)
class Listed:
    """One line. `fault`: why it cannot be compared; then nothing but `line` and `key` holds."""

    line: int
    key: str
    """Order or transaction number as it stands in the list."""
    revenue_minor: int | None = None
    gross_minor: int | None = None
    amount_text: str = ""
    day: int | None = None
    status: str = ""
    fault: Sentence = NOTHING


@dataclass(slots=True)
class Listing:
    lines: list[Listed] = field(default_factory=list)
    notes: list[Sentence] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class House:
    """What the program knows: its currency, its decimals, its zone."""

    currency: str
    decimals: int
    time_zone: str


class TooLong(ValueError):
    """Its sentence says how many lines a list may have."""


def read_lines(rows: Iterable[Row], form: Columns, house: House) -> Listing:
    """Raises TooLong."""
    kept = _bounded(rows, form.has_header)
    order = _order_of_slashes(kept, form)
    unknown: dict[str, int] = {}
    listing = Listing([_line(row, form, house, order, unknown) for row in kept])
    listing.notes = list(_notes(listing, form, order, unknown))
    return listing


def looks_like_amount(cell: str) -> bool:
    found = _split_signs(cell)
    return bool(found and found[1])


def looks_like_day(cell: str) -> bool:
    text = cell.strip()
    return any(pattern.match(text) for pattern in (_ISO, _DOTTED, _SLASHED, _YEAR_FIRST))


def looks_like_status(cell: str) -> bool:
    return columns.plain(cell) in _STATUS_OF


def amount(text: str, house: House) -> int:
    """Minor units; a mark of the program's own currency may stand beside the number. Raises AmountError."""
    found = _split_signs(text)
    if not found or not found[1]:
        return check_limit(parse_amount(text.strip(), house.decimals), house.currency)
    before, number, after = found
    for sign in (before, after):
        currency = SIGNS.get(sign.casefold(), sign.upper())
        if sign and currency != house.currency:
            if currency in CURRENCIES:
                raise AmountError(say(faults.OTHER_CURRENCY, currency=currency, own=house.currency))
            raise AmountError("it is not a plain number such as 95.50.")
    return check_limit(parse_amount(number.removeprefix("+"), house.decimals), house.currency)


def _split_signs(text: str) -> tuple[str, str, str] | None:
    """The currency sign before the number, the number, the sign after it; None where a cell has another shape.

    Three matches that never step back, so a hostile cell costs no more than its length.
    """
    text = text.strip()
    if len(text) > MAX_AMOUNT_TEXT:
        return None
    before = _take(_SIGN_BEFORE, text)
    rest = text[len(before) :].lstrip()
    number = _take(_NUMBER, rest)
    after = rest[len(number) :]
    if not _SIGN_AFTER.fullmatch(after) or (number.strip() and not any(sign.isdecimal() for sign in number)):
        return None
    return before, number.strip(), after


def _take(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return found[0] if found else ""


def day_of(text: str, order: str, time_zone: str) -> int | None:
    """Days since 1970. A time with an offset is read in the program's zone. None where it is no day.

    order: dmy or mdy for days written with slashes; empty: they cannot be told.
    """
    text = text.strip()
    parts = _day_parts(text, order)
    if parts is None:
        return None
    try:
        if _ISO.match(text) and len(text) > 10 and (text[-1] in "zZ" or re.search(r"[+-]\d\d:?\d\d$", text)):
            at = datetime.fromisoformat(text.replace("z", "Z"))
            return at.astimezone(ZoneInfo(time_zone)).date().toordinal() - EPOCH_DAY
        return date(*parts).toordinal() - EPOCH_DAY
    except (ValueError, OverflowError):
        return None


def day_text(day: int | None) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat() if day is not None else ""


def _bounded(rows: Iterable[Row], has_header: bool) -> list[Row]:
    kept: list[Row] = []
    for row in _without_header(rows, has_header):
        if len(kept) == MAX_LINES:
            raise TooLong(
                told(mark("The list has more than {count} lines: split it, by months for example."), count=MAX_LINES)
            )
        kept.append(row)
    return kept


def _without_header(rows: Iterable[Row], has_header: bool) -> Iterator[Row]:
    for place, row in enumerate(rows):
        if place or not has_header:
            yield row


def _line(row: Row, form: Columns, house: House, order: str, unknown: dict[str, int]) -> Listed:
    if row.fault:
        return Listed(row.line, "", fault=Sentence(row.fault))
    listed = Listed(row.line, _cell(row, form, form.key))
    listed.fault = _key_fault(listed.key, form.key)
    listed.amount_text = _cell(row, form, columns.REVENUE)[:MAX_TEXT]
    for role, name in ((columns.REVENUE, "revenue_minor"), (columns.GROSS, "gross_minor")):
        if text := _cell(row, form, role):
            _read_amount(listed, name, role, text, house)
    if text := _cell(row, form, columns.DAY):
        listed.day = day_of(text, order, house.time_zone)
        if listed.day is None and not _is_undecided(text, order):
            listed.fault = listed.fault or told(
                mark("{text} is no day such as 2026-01-31 or 31.01.2026."), text=quote(text)
            )
    if text := _cell(row, form, columns.STATUS):
        listed.status = _STATUS_OF.get(columns.plain(text), "")
        if not listed.status:
            unknown[text[:MAX_TEXT]] = unknown.get(text[:MAX_TEXT], 0) + 1
    return listed


def _read_amount(listed: Listed, name: str, role: str, text: str, house: House) -> None:
    """A gross amount is only asked for causes: one that cannot be read spoils nothing."""
    try:
        setattr(listed, name, amount(text, house))
    except AmountError as wrong:
        if role == columns.REVENUE:
            said = mark("The amount {amount} cannot be read: {fault}")
            listed.fault = listed.fault or told(said, amount=quote(text), fault=fault(str(wrong)))


def _key_fault(key: str, role: str) -> Sentence:
    if not key:
        return told(mark("The column '{name}' is empty."), name=word(columns.ROLES[role]))
    if len(key) > MAX_TEXT:
        return told(mark("The order number is longer than {count} characters."), count=MAX_TEXT)
    if role == columns.NUMBER and read_id(key) is None:
        return told(mark("{text} is no transaction number."), text=quote(key))
    return NOTHING


def _cell(row: Row, form: Columns, role: str) -> str:
    place = form.places.get(role)
    return row.cells[place].strip() if place is not None and place < len(row.cells) else ""


def _order_of_slashes(rows: list[Row], form: Columns) -> str:
    """3/4/2026 is the third of April or the fourth of March: the whole column tells, or nobody."""
    if columns.DAY not in form.places:
        return ""
    first, second = 0, 0
    for row in rows:
        if found := _SLASHED.match(_cell(row, form, columns.DAY)):
            first, second = max(first, int(found[1])), max(second, int(found[2]))
    if first > 12 >= second:
        return "dmy"
    return "mdy" if second > 12 >= first else ""


def _is_undecided(text: str, order: str) -> bool:
    return not order and bool(_SLASHED.match(text))


def _day_parts(text: str, order: str) -> tuple[int, int, int] | None:
    for pattern in (_ISO, _YEAR_FIRST, _PLAIN):
        if found := pattern.match(text):
            return int(found[1]), int(found[2]), int(found[3])
    if found := _DOTTED.match(text):
        return _year(found[3]), int(found[2]), int(found[1])
    if order and (found := _SLASHED.match(text)):
        day, month = (found[1], found[2]) if order == "dmy" else (found[2], found[1])
        return _year(found[3]), int(month), int(day)
    return None


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _notes(listing: Listing, form: Columns, order: str, unknown: dict[str, int]) -> Iterator[Sentence]:
    if unknown:
        named = ", ".join(f"{quote(text)} ({count})" for text, count in sorted(unknown.items())[:MOST_NOTED])
        yield told(mark("Some words of the status column are not known and were passed over: {words}."), words=named)
    if columns.DAY in form.places and not order and any(line.day is None and not line.fault for line in listing.lines):
        yield told(
            mark(
                "Days written with slashes could be day/month or month/day, and no line of the list tells which: "
                "they were passed over. Write them like 2026-01-31."
            )
        )
    if columns.REVENUE not in form.places:
        yield told(mark("No column holds the net revenue: amounts were not compared."))
