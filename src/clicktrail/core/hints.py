"""What would have worked, as far as call and catalog tell: facts for `core/nearest.py`. Pure.

A discarded call may come a thousand times a second, so nothing here compares with every row
of the catalog: a number's neighbours are made and looked up, a name is looked up folded.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Protocol

from clicktrail.core.access import Access, Proofs
from clicktrail.core.case import Facts
from clicktrail.core.money import CURRENCIES
from clicktrail.core.secretnames import HIDDEN
from clicktrail.core.unfilled import is_unfilled

MOST_NAMED = 12
"""Products that a hint names."""
LONGEST_NAME = 60
"""Characters of a parameter's name that is still somebody's name for something."""
LONGEST_NUMBER = 9
"""Digits of a number whose neighbours are still looked up."""
LONGEST_AMOUNT = 24


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ORDER_NAMES = _words(
    "tid order orderid orderno ordernr ordernumber ordernum oid transaction transactionid transactionno transid "
    "txid txnid bestellung bestellnummer bestellnr bestellid auftrag auftragsnummer auftragsnr invoice invoiceid "
    "invoiceno receipt reference"
)
AMOUNT_NAMES = _words(
    "umsatz amount amt value total sum price revenue net netto netamount nettotal nettoumsatz ordervalue "
    "ordertotal orderamount betrag nettobetrag preis summe wert warenwert warenkorb warenkorbwert subtotal "
    "turnover cartvalue"
)
PROGRAM_NAMES = _words(
    "cpid program programid programm programmid campaign campaignid advertiser advertiserid merchant merchantid"
)
CLICK_NAMES = _words("clickid qcclickid clid clickref click cid clickidentifier trackingid affclickid affiliateclickid")

SIGNS = {
    "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "$": "USD", "US$": "USD", "DOLLAR": "USD", "£": "GBP", "¥": "JPY",
    "FR": "CHF", "FR.": "CHF", "SFR": "CHF", "SFR.": "CHF", "ZŁ": "PLN", "KČ": "CZK", "₹": "INR",
}  # fmt: skip
"""What people write in place of a currency code."""

_CLICKID = re.compile(r"[A-Z]{2}[0-9]{27}")
_PLAIN = re.compile(r"[^a-z0-9]")
_NUMBER = re.compile(r"[0-9][0-9., '\u2019\u00a0\u202f]*[0-9]|[0-9]")
_POWER = re.compile(r"([0-9]+)(?:\.([0-9]+))?[eE]\+?([0-9]{1,2})")


class Named(Protocol):
    @property
    def name(self) -> str: ...


def demanded(rules: Access, proofs: Proofs) -> list[str]:
    """Which of the demanded proofs are missing: "signature", "token", "address"."""
    lacks = {
        "signature": rules.signed and not proofs.signed_by,
        "token": rules.token_required and not proofs.token,
        "address": bool(rules.networks) and not proofs.listed,
    }
    return [proof for proof, is_missing in lacks.items() if is_missing]


def like_order(params: Mapping[str, str]) -> str | None:
    """The name of a parameter that looks like the order number under another name."""
    return _called(params, ORDER_NAMES)


def like_amount(params: Mapping[str, str]) -> str | None:
    return _called(params, AMOUNT_NAMES)


def like_program(params: Mapping[str, str]) -> str | None:
    return _called(params, PROGRAM_NAMES)


def like_clickid(params: Mapping[str, str]) -> str | None:
    """By its value, which nothing else looks like; else by its name."""
    for name, value in params.items():
        if _CLICKID.fullmatch(value.strip()) and len(name) <= LONGEST_NAME:
            return name
    return _called(params, CLICK_NAMES)


def _called(params: Mapping[str, str], names: Collection[str]) -> str | None:
    for name, value in params.items():
        is_short = len(name) <= LONGEST_NAME
        if is_short and value.strip() and value != HIDDEN and _PLAIN.sub("", name.lower()) in names:
            if is_unfilled(value):
                continue
            return name
    return None


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one whose spelling is nearest, case aside; None where none is near."""
    by_folded = {known.casefold().strip(): known for known in names}
    found = get_close_matches(name.casefold().strip(), by_folded, n=1)
    return by_folded[found[0]] if found else None


def nearest_currency(text: str, own: str) -> str | None:
    """The ISO 4217 code that a text was to be: by its sign, else by its spelling; the program's own before others."""
    if text in SIGNS:
        return SIGNS[text]
    return nearest(text, [own]) or next(iter(get_close_matches(text, CURRENCIES, n=1)), None)


def nearest_row(text: str, rows: Mapping[int, Named], by_name: Mapping[str, int]) -> Facts | None:
    """{"number", "name"} of what was meant: the name in place of the number, a blank too many, one digit wrong."""
    number = by_name.get(text.casefold().strip())
    if number is None:
        number = next((near for near in _numbers(text) if near in rows), None)
    if number is None and len(rows) == 1:
        number = next(iter(rows))
    return None if number is None else {"number": number, "name": rows[number].name}


def _numbers(text: str) -> Iterator[int]:
    """The number itself without what hangs on it, then those that are one typing error away."""
    digits = "".join(sign for sign in text[: 2 * LONGEST_NUMBER] if sign in "0123456789")
    if not digits or len(digits) > LONGEST_NUMBER:
        return
    yield int(digits)
    for place in range(len(digits)):
        before, after = digits[:place], digits[place + 1 :]
        if len(digits) > 1:
            yield int(before + after)
            yield int(before + after[:1] + digits[place] + after[1:])
        for digit in "0123456789":
            if len(digits) > 1:
                yield int(before + digit + after)
            yield int(before + digit + digits[place] + after)


def some(names: Iterable[str]) -> list[str]:
    return list(names)[:MOST_NAMED]


def readings(amount: str) -> list[str]:
    """How an amount that cannot be read could be meant, each in a form that can: 1.234,56 is 1234.56 or 1.23456."""
    text = amount.strip()
    text = f"0{text}" if text[:1] in (".", ",") else text
    if len(text) > LONGEST_AMOUNT or "-" in text or "\u2212" in text:
        return []
    power = _POWER.fullmatch(text)
    if power:
        return _power(power[1], power[2] or "", int(power[3]))
    numbers = _NUMBER.findall(text)
    return list(dict.fromkeys(_meant(numbers[0]))) if len(numbers) == 1 else []


def _power(whole: str, behind: str, exponent: int) -> list[str]:
    digits = (whole + behind.ljust(exponent, "0")) if exponent <= 12 else ""
    place = len(whole) + exponent
    return [_tidy(digits[:place], digits[place:])] if digits else []


def _meant(text: str) -> Iterator[str]:
    """The last separator stands before the decimals; or the other kind does; or all of them part thousands."""
    kinds = [sign for sign in dict.fromkeys(text) if sign in ".,"]
    plain = "".join(sign for sign in text if sign in "0123456789.,")
    if not kinds:
        yield _tidy(plain, "")
        return
    for sign in reversed(kinds):
        if plain.count(sign) == 1:
            whole, _, behind = plain.partition(sign)
            yield _tidy(_digits(whole), _digits(behind))
    if len(kinds) == 1 and _parts_thousands(plain, kinds[0]):
        yield _tidy(_digits(plain), "")


def _parts_thousands(text: str, sign: str) -> bool:
    first, *others = text.split(sign)
    return 1 <= len(first) <= 3 and all(len(part) == 3 for part in others)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign in "0123456789")


def _tidy(whole: str, behind: str) -> str:
    return (whole.lstrip("0") or "0") + (f".{behind}" if behind else "")
