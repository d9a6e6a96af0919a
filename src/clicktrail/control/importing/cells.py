"""What stands in a cell, as a value: ids, times, amounts, states. Pure; ValueError says what is wrong and the mend."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from clicktrail.control.reconcile import moments, statuswords
from clicktrail.control.reconcile.columns import plain
from clicktrail.core.explain import quote
from clicktrail.core.ids import read_id
from clicktrail.core.lifecycle import PAID

CLOCK_SLACK_MS = 5 * 60 * 1000
"""How far a time may lie ahead of this machine's clock."""
EARLIEST_MS = 946_684_800_000
"""2000-01-01: what lies before is no time, but a number that was taken for one."""
UNIX, UNIX_MS = moments.UNIX, moments.UNIX_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
PAID_WORDS = ("paid", "payed", "bezahlt", "ausbezahlt", "ausgezahlt", "verguetet", "abgerechnet", "settled", "billed")
"""Of a commission; in a shop's own list the same words say that the customer has paid."""


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
    found = statuswords.state_of(text)
    if found == statuswords.PARTIAL:
        raise ValueError(
            f"{quote(text)} says that a part came back: write the revenue and commission that are left, and a state "
            "such as open or confirmed."
        )
    if found:
        return statuswords.CANCELLED if found == statuswords.RETURNED else found
    raise ValueError(f"{quote(text)} is no state that is known: write open, confirmed, cancelled or paid.")


class Times:
    """Times of one file. form: `unix`, `unix_ms`, `excel`, or one of strptime, like %d/%m/%Y %H:%M; empty: the usual.

    `order`: whether day or month comes first where the column of the file tells.
    """

    def __init__(self, form: str, now_ms: int) -> None:
        self._form = form
        self.order = ""
        self._latest_ms = now_ms + CLOCK_SLACK_MS

    def read(self, text: str, time_zone: str) -> int:
        """Milliseconds since 1970; a time without a zone is one of the program's."""
        if not text:
            raise ValueError("it is empty: give the time at which it happened.")
        at = _read(text, self._form, self.order)
        if at.tzinfo is None:
            at = at.replace(tzinfo=ZoneInfo(time_zone))
        ms = (at - _EPOCH) // _MS
        if not ms >= EARLIEST_MS:
            raise ValueError(f"{quote(text)} lies before the year 2000: say how times are written, with --time-format.")
        if ms > self._latest_ms:
            raise ValueError(f"{quote(text)} lies in the future: is it another time zone, or day and month swapped?")
        return ms


def _read(text: str, form: str, order: str) -> datetime:
    try:
        return moments.by_format(text, form) if form else moments.read_moment(text, order)
    except moments.TwoWays:
        raise ValueError(
            f"{quote(text)} may be day/month or month/day: say it, like --time-format '%d/%m/%Y %H:%M'."
        ) from None
    except moments.NoTime:
        raise ValueError(_why_not(text, form)) from None


def _why_not(text: str, form: str) -> str:
    if form in (UNIX, UNIX_MS):
        return f"{quote(text)} is no number of {'milli' if form == UNIX_MS else ''}seconds since 1970."
    if form:
        return f"{quote(text)} is not written like {form} (--time-format)."
    if not text.strip("#"):
        return "a spreadsheet wrote ##### in place of the time: make the column wider and save the list again."
    try:
        moments.read_moment(re.sub(r"^\d{1,2}", "1", text), moments.DAY_FIRST)
    except moments.NoTime:
        return f"{quote(text)} is no time such as 2026-01-31 08:15:00: say how it is written, --time-format."
    return f"{quote(text)} is no day of the calendar."
