"""Days and times as shops, databases and spreadsheets write them, German and English, with and without a zone. Pure.

3/4/2026 is the third of April or the fourth of March: the other cells of its column decide, or the person who reads
the list in.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from clicktrail.core.text import strip_invisible

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
UNIX, UNIX_MS, EXCEL = "unix", "unix_ms", "excel"
"""Formats that strptime does not know: seconds and milliseconds since 1970, days since 1899-12-30."""

MAX_TIME_TEXT = 80
"""Characters of a day or time. A longer cell is none."""
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a time of the program's zone
_EXCEL_DAYS = range(36_526, 73_051)
"""2000-01-01 to 2099-12-31: other numbers are no days."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january januar jaenner",
            "feb february februar feber",
            "mar march maerz mrz mae maer",
            "apr april",
            "may mai",
            "jun june juni",
            "jul july juli",
            "aug august",
            "sep sept september",
            "oct october okt oktober",
            "nov november",
            "dec december dez dezember",
        ),
        start=1,
    )
    for word in words.split()
}
_WEEKDAY_NAMES = """
    mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday mo di mi do fr sa so
    montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
    """
_WEEKDAYS = frozenset(_WEEKDAY_NAMES.split())
_HOURS = {
    "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2, "eet": 2, "eest": 3,
    "oez": 2, "oesz": 3, "est": -5, "edt": -4, "pst": -8, "pdt": -7,
}  # fmt: skip
"""Zone words that mean one offset wherever they are written."""

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\S.*))?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[T ,]+(\S.*))?", re.ASCII)
_PLAIN = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{6}.*))?", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4}|\d{2})(?:[ ,T]+(\S.*))?", re.ASCII)
_TWO_WAYS = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})(?:[ ,T]+(\S.*))?", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d{1,12}))?", re.ASCII)
_CLOCK = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)? ?(am|pm|a\.m\.|p\.m\.)?(?: ?uhr)?(?: ?(\S.*))?",
    re.ASCII | re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{2})(\d{2})(\d{2})(?:[.,](\d{1,9}))?()(?: ?(\S.*))?", re.ASCII)
_OFFSET = re.compile(r"(?:utc|gmt)? ?([+-])(\d{1,2}):?(\d{2})?", re.ASCII | re.IGNORECASE)


class NoTime(ValueError):
    """The text is no day and no time."""


class TwoWays(NoTime):
    """Day and month may be swapped, and nothing tells which is which."""


def read_moment(text: str, order: str = "") -> datetime:
    """Without a zone: a time of the program's zone. order: DAY_FIRST or MONTH_FIRST, where it is known.

    A day without a time is its midnight. Raises NoTime.
    """
    text = strip_invisible(text)
    if not text or len(text) > MAX_TIME_TEXT:
        raise NoTime
    if text[4:5] == text[7:8] == "-" and text[8:10].isdecimal():
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    try:
        return _read(text, order)
    except (OverflowError, ValueError) as fault:
        raise fault if isinstance(fault, NoTime) else NoTime from None


def by_format(text: str, form: str) -> datetime:
    """form: UNIX, UNIX_MS, EXCEL, or one of strptime. Raises NoTime."""
    text = strip_invisible(text)
    try:
        if form in (UNIX, UNIX_MS):
            return _unix(text, 1 if form == UNIX else 1000)
        if form == EXCEL:
            return _excel(_SERIAL.fullmatch(text))
        return datetime.strptime(text, form)  # noqa: DTZ007 - a time without a zone is one of the program's
    except (OverflowError, OSError, ValueError, re.error):
        raise NoTime from None


def day_of(at: datetime, has_clock: bool, zone: ZoneInfo) -> date:
    """The program's day. A day that names a zone but no time of day stays that day."""
    return at.astimezone(zone).date() if at.tzinfo is not None and has_clock else at.date()


def has_clock(text: str) -> bool:
    return ":" in text or "T" in text or text.strip().isdecimal()


def order_of(cells: Iterable[str]) -> str:
    """Whether day or month comes first in the cells of one column; empty where they do not tell, or disagree."""
    first, second = 0, 0
    for cell in cells:
        if found := _TWO_WAYS.match(strip_invisible(cell)):
            first, second = max(first, int(found[1])), max(second, int(found[3]))
    if first > 12 >= second:
        return DAY_FIRST
    return MONTH_FIRST if second > 12 >= first else ""


def is_two_ways(text: str) -> bool:
    """Whether day and month may be swapped in it."""
    return bool(_TWO_WAYS.fullmatch(strip_invisible(text)))


def looks_like_day(text: str) -> bool:
    text = strip_invisible(text)
    if text.isdecimal():
        return False
    try:
        read_moment(text, DAY_FIRST)
    except NoTime:
        return bool(_TWO_WAYS.fullmatch(text))
    return not _SERIAL.fullmatch(text)


def excel_day(text: str) -> date | None:
    """The day that a spreadsheet keeps as this number."""
    found = _SERIAL.fullmatch(text)
    return _excel(found).date() if found and int(found[1]) in _EXCEL_DAYS else None


def month_of(word: str) -> int:
    """0 where the word names no month."""
    return _MONTHS.get(word.casefold().rstrip(".").replace("ä", "ae"), 0)


def _read(text: str, order: str) -> datetime:
    if text.isdecimal() and text.isascii() and len(text) in (10, 13):
        return _unix(text, 1 if len(text) == 10 else 1000)
    for pattern in (_ISO, _YEAR_FIRST):
        if found := pattern.fullmatch(text):
            return _made(int(found[1]), int(found[2]), int(found[3]), found[4])
    if found := _DOTTED.fullmatch(text):
        return _made(_year(found[3]), int(found[2]), int(found[1]), found[4])
    if found := _TWO_WAYS.fullmatch(text):
        return _two_ways(found, order)
    if found := _SERIAL.fullmatch(text):
        return _excel(found)
    if found := _PLAIN.fullmatch(text):
        return _made(int(found[1]), int(found[2]), int(found[3]), found[4])
    return _in_words(text)


def _two_ways(found: re.Match[str], order: str) -> datetime:
    """One number above 12 is the day, whatever the other cells say."""
    order = DAY_FIRST if int(found[1]) > 12 else MONTH_FIRST if int(found[3]) > 12 else order
    if not order:
        raise TwoWays
    day, month = (found[1], found[3]) if order == DAY_FIRST else (found[3], found[1])
    return _made(_year(found[4]), int(month), int(day), found[5])


def _in_words(text: str) -> datetime:
    """`30. November 2026 23:30`, `Mon, Nov 30th, 2026`, `Mon Nov 30 2026 23:30:00 GMT+0100 (CET)`."""
    date_part, clock = _parted(text.partition("(")[0].strip())
    words = [word.strip(".,") for word in re.split(r"[ ,/-]", date_part) if word.strip(".,")]
    if words and words[0].casefold() in _WEEKDAYS:
        del words[0]
    if len(words) == 4 and len(words[3]) == 4 and words[3].isdecimal() and not clock:
        raise NoTime
    months = [place for place, word in enumerate(words) if month_of(word)]
    if len(words) != 3 or len(months) != 1 or months[0] > 1:
        raise NoTime
    month = month_of(words.pop(months[0]))
    day = re.sub(r"(?:st|nd|rd|th)$", "", words[0].casefold())
    if not (day.isdecimal() and words[1].isdecimal() and len(words[1]) in (2, 4)):
        if not (len(words[0]) == 4 and words[1].isdecimal()):
            raise NoTime
        return _made(int(words[0]), month, int(words[1]), clock)
    return _made(_year(words[1]), month, int(day), clock)


def _parted(text: str) -> tuple[str, str | None]:
    """(day, clock): where the first hour with its colon begins. A year behind the clock belongs to the day."""
    colon = text.find(":")
    if colon < 0:
        return text, None
    start = text.rfind(" ", 0, colon)
    if start < 0:
        start = text.rfind("T", 0, colon)
    head, clock = text[:start].rstrip(" ,T"), text[start + 1 :]
    head = head.removesuffix(" at").removesuffix(" um").removesuffix(",")
    if (year := re.search(r" (\d{4})$", clock)) and not re.search(r"\d{4}", head):
        return f"{head} {year[1]}", clock[: year.start()]
    return head, clock


def _made(year: int, month: int, day: int, clock: str | None) -> datetime:
    if not clock:
        return datetime(year, month, day)  # noqa: DTZ001 - a time of the program's zone
    found = _CLOCK.fullmatch(clock) or _COMPACT.fullmatch(clock)
    if found is None:
        return datetime(year, month, day, tzinfo=_zone(clock))
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if half := (found[5] or "").casefold().replace(".", ""):
        if not 1 <= hour <= 12:
            raise NoTime
        hour = hour % 12 + (12 if half == "pm" else 0)
    whole_day = timedelta(days=1) if (hour, minute, second) == (24, 0, 0) else timedelta()
    hour = 0 if whole_day else hour
    micros = int((found[4] or "")[:6].ljust(6, "0"))
    at = datetime(year, month, day, hour, minute, min(second, 59), micros)  # noqa: DTZ001
    if second > 60:
        raise NoTime
    return (at + whole_day).replace(tzinfo=_zone(found[6])) if found[6] else at + whole_day


@lru_cache(maxsize=256)
def _zone(text: str) -> timezone | ZoneInfo:
    """Raises NoTime for a word that is no zone, or one of several."""
    word = text.strip(" ()[]")
    if (hours := _HOURS.get(word.casefold())) is not None:
        return timezone(timedelta(hours=hours))
    if found := _OFFSET.fullmatch(word):
        behind = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if behind > timedelta(hours=14):
            raise NoTime
        return timezone(-behind if found[1] == "-" else behind)
    if re.fullmatch(r"[A-Za-z]{2,20}/[A-Za-z_/+-]{2,40}", word):
        try:
            return ZoneInfo(word)
        except (OSError, ValueError, KeyError):
            raise NoTime from None
    if word.count(" ") == 1 or "[" in word:
        return _zone(re.split(r"[ \[]", word)[0])
    raise NoTime


def _unix(text: str, divisor: int) -> datetime:
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise NoTime
    return _EPOCH + timedelta(milliseconds=int(text) * 1000 // divisor)


def _excel(found: re.Match[str] | None) -> datetime:
    if found is None or int(found[1]) not in _EXCEL_DAYS:
        raise NoTime
    share = int((found[2] or "0").ljust(12, "0"))
    seconds = (share * 86_400 + 500_000_000_000) // 1_000_000_000_000
    return _EXCEL_EPOCH + timedelta(days=int(found[1]), seconds=seconds)


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)
