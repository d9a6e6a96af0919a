"""What stands in a cell, as a value: ids, times, amounts, states. Pure; ValueError says what is wrong and the mend."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from clicktrail.control.reconcile.columns import plain
from clicktrail.control.reconcile.orderlist import STATUSES
from clicktrail.core.explain import quote
from clicktrail.core.ids import read_id
from clicktrail.core.lifecycle import PAID

CLOCK_SLACK_MS = 5 * 60 * 1000
"""How far a time may lie ahead of this machine's clock."""
EARLIEST_MS = 946_684_800_000
"""2000-01-01: what lies before is no time, but a number that was taken for one."""
UNIX, UNIX_MS = "unix", "unix_ms"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?(?: Uhr)?")
_SLASHED = re.compile(r"\d{1,4}/\d{1,2}/\d{1,4}.*")

PAID_WORDS = ("paid", "payed", "bezahlt", "ausbezahlt", "ausgezahlt", "verguetet", "abgerechnet", "settled", "billed")
"""Of a commission; in a shop's own list the same words say that the customer has paid."""

Parse = Callable[[str], datetime]


def number(text: str) -> int:
    found = read_id(text)
    if found is None:
        raise ValueError(f"{quote(text)} is no number from 1 to 2^53: numbers of programs, partners, creatives are.")
    return found


def state(text: str) -> str:
    """open, confirmed, cancelled, paid; empty is open."""
    word = plain(text)
    if not word:
        return "open"
    if word in PAID_WORDS:
        return PAID
    for found, words in STATUSES.items():
        if word in words or word == found:
            return found
    raise ValueError(f"{quote(text)} is no state that is known: write open, confirmed, cancelled or paid.")


class Times:
    """Times of one file. form: `unix`, `unix_ms`, or one of strptime, like %d/%m/%Y %H:%M; empty: the usual ones."""

    def __init__(self, form: str, now_ms: int) -> None:
        self._parse = _by_form(form) if form else _usual
        self._latest_ms = now_ms + CLOCK_SLACK_MS

    def read(self, text: str, time_zone: str) -> int:
        """Milliseconds since 1970; a time without a zone is one of the program's."""
        if not text:
            raise ValueError("it is empty: give the time at which it happened.")
        try:
            at = self._parse(text)
        except (OverflowError, OSError) as fault:
            raise ValueError(f"{quote(text)} is no time.") from fault
        if at.tzinfo is None:
            at = at.replace(tzinfo=ZoneInfo(time_zone))
        ms = (at - _EPOCH) // _MS
        if not ms >= EARLIEST_MS:
            raise ValueError(f"{quote(text)} lies before the year 2000: say how times are written, with --time-format.")
        if ms > self._latest_ms:
            raise ValueError(f"{quote(text)} lies in the future: is it another time zone, or day and month swapped?")
        return ms


def _by_form(form: str) -> Parse:
    if form in (UNIX, UNIX_MS):
        divisor = 1 if form == UNIX else 1000
        return lambda text: _unix(text, divisor)
    return lambda text: _formed(text, form)


def _formed(text: str, form: str) -> datetime:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the program's
    except (ValueError, re.error):
        raise ValueError(f"{quote(text)} is not written like {form} (--time-format).") from None


def _unix(text: str, divisor: int) -> datetime:
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise ValueError(f"{quote(text)} is no number of seconds since 1970.")
    return _EPOCH + timedelta(milliseconds=int(text) * 1000 // divisor)


def _usual(text: str) -> datetime:
    if text.isascii() and text.isdigit() and len(text) in (10, 13):
        return _unix(text, 1 if len(text) == 10 else 1000)
    if found := _DOTTED.fullmatch(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
        return _made(text, year, month, day, hour, minute, second)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    if _SLASHED.fullmatch(text):
        raise ValueError(f"{quote(text)} may be day/month or month/day: say it, like --time-format '%d/%m/%Y %H:%M'.")
    raise ValueError(f"{quote(text)} is no time such as 2026-01-31 08:15:00: say how it is written, --time-format.")


def _made(text: str, *parts: int) -> datetime:
    try:
        return datetime(*parts)  # type: ignore[arg-type, misc] # noqa: DTZ001
    except ValueError:
        raise ValueError(f"{quote(text)} is no day of the calendar.") from None
