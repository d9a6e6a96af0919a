"""Types that several nouns share: numbers, texts, times, money. What they say stands in the OpenAPI document."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, WithJsonSchema

from clicktrail.control.ledger.export import iso
from clicktrail.core.ids import LARGEST_ID
from clicktrail.core.money import decimals_of, format_minor

MAX_NUMBER = (1 << 63) - 1
LONGEST_TEXT = 255
LONGEST_URL = 2000
LONGEST_REASON = 1000

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Sent(BaseModel):
    """What a caller sends: a name that is not known is most often a slip of the pen."""

    model_config = ConfigDict(extra="forbid")


def read_digits(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        return int(value)
    raise ValueError("write a whole number in digits")


def _text_of_number(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _true_or_false(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError("write true or false")


def _moment_ms(value: Any) -> int:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("write a time with its zone, like 2026-01-31T08:00:00Z (a + in an address is %2B)")
    try:
        at = datetime.fromisoformat(value.upper())
        return int(at.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise ValueError("there is no such time") from None


def _day(value: Any) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("write a day like 2026-01-31")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day") from None


Number = Annotated[int, BeforeValidator(read_digits), Field(ge=1, le=LARGEST_ID)]
"""Of a program, partner, creative: 1 to 2^53."""
Long = Annotated[int, BeforeValidator(read_digits), Field(ge=1, le=MAX_NUMBER)]
"""Of a transaction, or behind a cursor: 63 bits."""
Call = Annotated[str, Field(pattern=r"^[0-9]{1,19}$", description="Log number: 63 bits, so a text.")]
TransactionNumber = Annotated[
    str, BeforeValidator(_text_of_number), Field(pattern=r"^[0-9]{1,19}$", description="63 bits, so a text.")
]
"""As it is told; whoever sends one may send a number or its digits."""
Flag = Annotated[bool, BeforeValidator(_true_or_false)]
Moment = Annotated[int, BeforeValidator(_moment_ms), WithJsonSchema({"type": "string", "format": "date-time"})]
"""Read as milliseconds since 1970 UTC."""
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Text = Annotated[str, Strict(), Field(max_length=LONGEST_TEXT)]
Name = Annotated[str, Strict(), Field(min_length=1, max_length=200)]
ProductName = Annotated[str, Strict(), Field(min_length=1, max_length=100)]
Url = Annotated[str, Strict(), Field(min_length=1, max_length=LONGEST_URL)]
Reason = Annotated[str, Strict(), Field(min_length=1, max_length=LONGEST_REASON, description="Kept in the history.")]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="ISO 8601, UTC.")]
Percent = Annotated[str, Strict(), Field(max_length=40, description="Percent of the net revenue, like 7.5.")]
Fixed = Annotated[str, Strict(), Field(max_length=40, description="An amount for each order, in the currency.")]

ValidFrom = Annotated[
    Moment | None,
    Field(
        description="The rate is used for calls that arrive from then on; absent: from now on. A moment that has "
        "passed is refused."
    ),
]


class Money(BaseModel):
    """Exact: a text with as many decimals as the currency has."""

    amount: str = Field(examples=["95.50"])
    currency: str = Field(examples=["EUR"])


def money(minor: int | None, currency: str, decimals: int | None = None) -> Money | None:
    if minor is None:
        return None
    places = decimals_of(currency) if decimals is None else decimals
    return Money(amount=format_minor(minor, places), currency=currency)


def time(ms: int) -> str:
    return iso(ms) or ""


def time_or_none(ms: int | None) -> str | None:
    return iso(ms)
