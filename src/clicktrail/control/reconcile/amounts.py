"""Amounts as shops and spreadsheets write them: currency signs, signs, thousands and decimal separators. Pure.

`1.234` is one thousand or one and a bit. The other cells of its column decide, or the person who reads the list in; a
cell is never guessed by itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from clicktrail.control.reconcile.moments import month_of
from clicktrail.core import faults
from clicktrail.core.money import CURRENCIES, AmountError, check_limit, parse_amount
from clicktrail.core.text import strip_invisible
from clicktrail.core.tongue import mark, say

COMMA, POINT = "comma", "point"
"""Which one is the decimal separator."""
_SIGN_OF = {COMMA: ",", POINT: "."}
_NAME_OF: dict[str | None, str] = {",": COMMA, ".": POINT}
_ALLOWED = {"": (None, ",", "."), COMMA: (None, ","), POINT: (None, ".")}

MAX_AMOUNT_TEXT = 64
"""Characters of an amount with its currency signs. A longer cell is no amount."""

SIGNS = {
    "€": ("EUR",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "ARS", "CLP", "COP", "TWD"),
    "us$": ("USD",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
    "zł": ("PLN",),
    "fr.": ("CHF",),
    "sfr.": ("CHF",),
    "kč": ("CZK",),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("DKK", "SEK", "NOK", "ISK"),
    "ft": ("HUF",),
    "lei": ("RON",),
    "₺": ("TRY",),
    "₹": ("INR",),
}
"""Sign -> the currencies that use it, the likeliest first."""

AMBIGUOUS = mark(
    "it may be thousands or decimals, and no other line of its column tells which: choose the decimal separator "
    "(--decimal comma or --decimal point)."
)
GROUPS = mark("its thousands separators do not stand before groups of three digits.")
NOT_PLAIN = mark("it is not a plain number such as 95.50.")
EXPONENT = mark("a spreadsheet wrote it with an exponent; write all its digits, like 1000.00.")
HASHES = mark("a spreadsheet wrote ##### because the column was too narrow: make it wider and save the list again.")
DATE = mark("a spreadsheet turned the amount into a date: format the column as text or number and enter it again.")
NEGATIVE = mark("it is negative.")
TOO_LONG = mark("it is longer than any amount.")

_SIMPLE = re.compile(r"\d{1,9}(?:([.,])\d{1,2})?", re.ASCII)
"""What nearly all cells are: read without a closer look."""
_BEFORE = re.compile(r"[^\d.,]*")
_BODY = re.compile(r"[\d.,'\u2019\u00b4`\u02bc\s\u00a0\u202f\u2009\u2007]*")
_GROUPING = re.compile(r"['\u2019\u00b4`\u02bc\s\u00a0\u202f\u2009\u2007]")
_EXPONENT = re.compile(r"[+-]?\d{1,20}(?:[.,]\d{1,40})?[eE][+-]?\d{1,5}")
_DATE_LIKE = re.compile(r"\d{0,2}\.?[ -]?([^\W\d_]{3,9})\.?[ -]?\d{0,4}|\d{1,2}[.-]\d{1,2}[.-]\d{4}")
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\uff0d": "-"})
_DASHES = re.compile(r"^([.,])?-+$")
"""Swiss round amounts: 95.-"""


@dataclass(frozen=True, slots=True)
class AmountForm:
    """How the amounts of one column are read. decimal: COMMA or POINT where that is known."""

    currency: str
    decimals: int
    decimal: str = ""


class NumberCell(str):
    """A number of a workbook's cell: plain digits with a point, not a text that people wrote."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Parts:
    is_negative: bool
    currency: str
    body: str


def read_amount(text: str, form: AmountForm, *, is_signed: bool = False) -> int:
    """Minor units. A sign of the program's own currency may stand beside the number. Raises AmountError."""
    if type(text) is str and (simple := _SIMPLE.fullmatch(text)) and simple[1] in _ALLOWED[form.decimal]:
        return _checked(text, form)
    if isinstance(text, NumberCell):
        return _signed(text.startswith("-"), _checked(text.lstrip("-"), form), is_signed)
    parts = _split(text)
    if parts is None:
        raise AmountError(_why_not(strip_invisible(text)))
    if parts.currency:
        _check_currency(parts.currency, form.currency, text)
    return _signed(parts.is_negative, _checked(_plain(parts.body, form), form), is_signed)


def decide(cells: Iterable[str], form: AmountForm) -> AmountForm:
    """With the decimal separator that all cells of a column agree on, where none is chosen."""
    if form.decimal:
        return form
    found = {vote for cell in cells if cell and (vote := _vote(cell, form))}
    return replace(form, decimal=found.pop()) if len(found) == 1 else form


def looks_like_amount(text: str) -> bool:
    return bool(text) and (isinstance(text, NumberCell) or _split(text) is not None)


def is_currency(text: str, own: str) -> bool:
    """Whether a cell of a currency column, code or sign, names the program's currency."""
    word = strip_invisible(text)
    return word.upper() == own or own in SIGNS.get(word.casefold(), ())


def currency_of(text: str) -> str:
    """The code that a cell means; empty where it is none."""
    word = strip_invisible(text)
    if word.upper() in CURRENCIES:
        return word.upper()
    return next(iter(SIGNS.get(word.casefold(), ())), "")


def _checked(text: str, form: AmountForm) -> int:
    return check_limit(parse_amount(text, form.decimals), form.currency)


def _signed(is_negative: bool, minor: int, is_allowed: bool) -> int:
    if is_negative and minor and not is_allowed:
        raise AmountError(NEGATIVE)
    return -minor if is_negative else minor


def _split(text: str) -> _Parts | None:
    """None where a cell has another shape than an amount. Each pattern takes what it can and never steps back."""
    text = strip_invisible(text).translate(_MINUS)
    if not text or len(text) > MAX_AMOUNT_TEXT:
        return None
    before = _taken(_BEFORE, text)
    body = _taken(_BODY, text[len(before) :])
    after = text[len(before) + len(body) :]
    body = strip_invisible(body)
    if _DASHES.match(after) and body[-1:] in ("", ".", ","):
        body, after = body.rstrip(".,"), ""
    signs = [sign for sign in ("-", "+", "(", ")") for part in (before, after) for _ in range(part.count(sign))]
    if not any(sign.isdecimal() for sign in body) or not body.isascii() and not _is_grouped(body):
        return None
    labels = [re.sub(r"[-+()\s\u00a0]", "", part) for part in (before, after)]
    if signs not in ([], ["-"], ["+"], ["(", ")"]) or any(char.isdecimal() for char in after) or all(labels):
        return None
    return _Parts(signs in (["-"], ["(", ")"]), labels[0] or labels[1], body)


def _is_grouped(body: str) -> bool:
    return _GROUPING.sub("", body).isascii()


def _taken(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return found[0] if found else ""


def _check_currency(label: str, own: str, text: str) -> None:
    if is_currency(label, own):
        return
    if currency := currency_of(label):
        raise AmountError(say(faults.OTHER_CURRENCY, currency=currency, own=own))
    raise AmountError(_why_not(strip_invisible(text)))


def _plain(body: str, form: AmountForm) -> str:
    """Digits with a point, without thousands separators. Raises AmountError."""
    body = _without_groups(body)
    decimal = _SIGN_OF[form.decimal] if form.decimal else _evident(body, form.decimals)
    if decimal == "?":
        raise AmountError(AMBIGUOUS)
    if not decimal:
        return body
    whole, separator, behind = body.rpartition(decimal) if body.count(decimal) == 1 else (body, "", "")
    grouped = "," if decimal == "." else "."
    if grouped in behind or decimal in whole or separator and not behind:
        raise AmountError(GROUPS if behind or decimal in whole else mark("digits are missing behind the separator."))
    if grouped in whole:
        whole = _joined(whole, grouped)
    if not whole:
        raise AmountError(mark("digits are missing before the separator."))
    return f"{whole}.{behind}" if behind else whole


def _without_groups(body: str) -> str:
    """Spaces and apostrophes are thousands separators wherever they stand before three digits."""
    found = _GROUPING.search(body)
    if not found:
        return body
    end = next((place for place, char in enumerate(body) if char in ".,"), len(body))
    return _joined(body[:end], found[0]) + body[end:]


def _joined(whole: str, separator: str) -> str:
    first, *groups = whole.split(separator)
    digits = (first, *groups)
    is_split_well = 1 <= len(first) <= 3 and first[0] != "0" and all(len(group) == 3 for group in groups)
    if not is_split_well or not all(map(str.isdecimal, digits)):
        raise AmountError(GROUPS)
    return "".join(digits)


def _vote(cell: str, form: AmountForm) -> str:
    """The decimal separator that a cell shows for certain; empty where it shows none."""
    if type(cell) is str and (simple := _SIMPLE.fullmatch(cell)):
        return _NAME_OF.get(simple[1], "")
    if isinstance(cell, NumberCell) or (parts := _split(cell)) is None:
        return ""
    try:
        evident = _evident(_without_groups(parts.body), form.decimals)
    except AmountError:
        return ""
    return _NAME_OF.get(evident, "")


def _evident(body: str, decimals: int) -> str:
    """The decimal separator as one number tells it; `?`: it cannot tell; empty: it has no separator."""
    commas, points = body.count(","), body.count(".")
    if not commas and not points:
        return ""
    if commas and points:
        return "," if body.rfind(",") > body.rfind(".") else "."
    sign, other = (",", ".") if commas else (".", ",")
    if commas + points > 1:
        return other
    whole, _, behind = body.partition(sign)
    if len(behind) != 3 or not 1 <= len(whole) <= 3 or whole.startswith("0"):
        return sign
    return sign if decimals == 3 and sign == "." else "?"


def _why_not(text: str) -> str:
    if not text:
        return mark("it is empty.")
    if len(text) > MAX_AMOUNT_TEXT:
        return TOO_LONG
    if not text.strip("#"):
        return HASHES
    if _EXPONENT.fullmatch(text):
        return EXPONENT
    dated = _DATE_LIKE.fullmatch(text)
    return DATE if dated and (not dated[1] or month_of(dated[1])) else NOT_PLAIN
