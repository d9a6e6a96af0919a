"""Money: integers of a currency's minor units. Exact, half up, never a float.

Amounts come as texts. What could mean two things is refused with a sentence, not guessed.
"""

import re

from clicktrail.core import faults
from clicktrail.core.catalog import Rate
from clicktrail.core.tongue import mark, say

MOST_DIGITS = 12
"""Digits before the separator of an amount: below a trillion."""

MAX_AMOUNT = 10_000_000
"""Whole units of a currency that one amount may be; more in a weak currency."""

PPM = 1_000_000
"""A percentage of 100 in parts per million; 10 % is 100,000."""

PERCENT_DECIMALS = 4
"""7.1234 % is the finest."""

_AMOUNT = re.compile(r"([0-9]+)(?:([.,])([0-9]+))?")

_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD "
    "HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU "
    "MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG "
    "SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST "
    "XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

CURRENCIES: dict[str, int] = {code: decimals for decimals, codes in _DECIMALS.items() for code in codes.split()}
"""ISO 4217 code -> decimals of its minor unit."""


_WEAK = {
    100_000_000: "AED BOB BRL BWP CNY COU CZK DKK ERN GHS GTQ HKD HNL ILS LSL LYD MAD MDL MOP MVR MXN MYR NAD "
    "NOK PEN PGK PLN QAR RON SAR SBD SCR SEK SLE STN SVC SZL TJS TMT TTD UYI UYW ZAR ZMW",
    1_000_000_000: "AFN ALL BDT BTN CVE DJF DOP DZD EGP ETB GMD GYD HTG INR ISK JMD JPY KES KGS LKR LRD MKD MRU "
    "MUR MZN NIO NPR PHP PKR RSD RUB SRD THB TRY TWD UAH UYU VUV XPF ZWG",
    5_000_000_000: "IQD",
    10_000_000_000: "AMD AOA ARS BIF CDF CLP COP CRC HUF KHR KMF KPW KRW KZT MGA MMK MNT MWK NGN RWF SDG SSP TZS "
    "UGX VED VES XAF XOF YER",
    50_000_000_000: "GNF IDR IRR LAK LBP PYG SYP UZS VND",
}
"""Currencies of which an order may need more. Every limit is below a millionth of 2^63 minor units, so that
a million of the largest amounts still fit into one sum."""

_MAX_AMOUNTS: dict[str, int] = {code: most for most, codes in _WEAK.items() for code in codes.split()}


class AmountError(ValueError):
    """The sentence says in words why an amount, a percentage or a currency cannot be taken."""


def decimals_of(currency: str) -> int:
    """Decimals of an ISO 4217 currency: 2 for EUR, 0 for JPY, 3 for KWD. Raises AmountError for an unknown code."""
    if currency not in CURRENCIES:
        raise AmountError(say(faults.CURRENCY, currency=repr(currency)))
    return CURRENCIES[currency]


def max_minor(currency: str) -> int:
    """The largest amount in minor units of the currency, the limit itself included."""
    return int(_MAX_AMOUNTS.get(currency, MAX_AMOUNT) * 10 ** CURRENCIES.get(currency, 2))


def check_limit(minor: int, currency: str) -> int:
    """The amount as it is. Raises AmountError, which names the limit, where it is above it."""
    if minor > max_minor(currency):
        most = f"{_MAX_AMOUNTS.get(currency, MAX_AMOUNT):,}".replace(",", "\u00a0")
        raise AmountError(say(faults.LIMIT, most=most, currency=currency))
    return minor


def parse_amount(text: str, decimals: int) -> int:
    """Minor units of a net revenue as a shop sends it, rounded half up.

    With a point any number of decimals, with a comma one or two. Raises AmountError.
    """
    whole, behind = _digits(text)
    kept = int(whole + behind[:decimals].ljust(decimals, "0"))
    return kept + (behind[decimals : decimals + 1] >= "5")


def parse_fixed(text: str, decimals: int) -> int:
    """Minor units of an amount that people set: no more decimals than the currency has. Raises AmountError."""
    whole, behind = _digits(text)
    if len(behind) > decimals:
        raise AmountError(say(faults.DECIMALS, count=decimals))
    return int(whole + behind.ljust(decimals, "0"))


def parse_percent(text: str) -> int:
    """Parts per million of a percentage from 0 to 100 with up to four decimals: "7.5" is 75,000. Raises AmountError."""
    whole, behind = _digits(text)
    if len(behind) > PERCENT_DECIMALS:
        raise AmountError("a percentage has at most four decimals.")
    ppm = int(whole + behind.ljust(PERCENT_DECIMALS, "0"))
    if ppm > PPM:
        raise AmountError("a percentage is at most 100.")
    return ppm


def format_minor(minor: int, decimals: int) -> str:
    """The amount with exactly the currency's decimals and a point: 9550 is "95.50"."""
    sign, digits = "-" if minor < 0 else "", str(abs(minor)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def format_percent(ppm: int) -> str:
    """A percentage without needless zeros: 75,000 is "7.5"."""
    digits = str(ppm).rjust(PERCENT_DECIMALS + 1, "0")
    return f"{digits[:-PERCENT_DECIMALS]}.{digits[-PERCENT_DECIMALS:]}".rstrip("0").rstrip(".")


def commission(rate: Rate, revenue_minor: int | None) -> int:
    """Minor units that a rate pays, half up. A percentage of no revenue is 0; the judge asks for it before."""
    if rate.percent_ppm is None:
        return rate.fixed_minor or 0
    return ((revenue_minor or 0) * rate.percent_ppm + PPM // 2) // PPM


def _digits(text: str) -> tuple[str, str]:
    """The digits before and behind the separator of an amount that can be read in one way only."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise AmountError(_why_not(text))
    whole, separator, behind = found[1], found[2], found[3] or ""
    if len(whole) > MOST_DIGITS:
        raise AmountError(say(faults.DIGITS, count=MOST_DIGITS))
    if separator == "," and len(behind) == 3:
        raise AmountError("three digits behind a comma may be thousands or decimals; send it with a point.")
    if separator == "," and len(behind) > 3:
        raise AmountError("behind a comma there are one or two digits; send it with a point.")
    return whole, behind


def _why_not(text: str) -> str:
    if not text:
        return mark("it is empty.")
    if text.startswith(("-", "\u2212")):
        return mark("it is negative.")
    if "." in text and "," in text or text.count(",") > 1 or text.count(".") > 1:
        return mark("it has several separators; send it without thousands separators, like 1234.56.")
    if re.fullmatch(r"[0-9.]+[eE][+-]?[0-9]+", text):
        return mark("it is written with an exponent; send all its digits, like 1000.00.")
    if text[0] in ".," or text[-1] in ".,":
        return mark("digits are missing before or behind the separator.")
    return mark("it is not a plain number such as 95.50.")
