"""A table of cells from the bytes of a CSV file, whatever wrote them. Pure; no bytes make it fail.

Encodings: UTF-8 and UTF-16 with or without a byte order mark, else Windows-1252.
Separators: semicolon, tab, bar, comma; Excel's first line `sep=;` is obeyed.
"""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from clicktrail.core.tongue import mark

MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_LINES = 250_000
MAX_COLUMNS = 200
MAX_ROW_LINES = 20
"""Lines of the file that one row may take up, by line ends inside of quotation marks."""

SEPARATORS = (";", "\t", "|", ",")
"""In the order of trust: a comma may also be a decimal mark."""
SAMPLE_ROWS = 50
SAMPLE_BYTES = 64 * 1024

WIDE = mark("It has {count} columns, more than {most}.")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    """Where it begins in the file, from 1."""
    cells: tuple[str, ...]
    fault: str = ""
    """Why it could not be split; then it has no cells."""
    rest: tuple[str, ...] = ()
    """Of a row that could not be split: what stands between its separators."""


@dataclass(frozen=True, slots=True)
class Sheet:
    encoding: str
    separator: str
    text: str

    def rows(self, separator: str = "") -> Iterator[Row]:
        """Without rows in which every cell is empty."""
        return rows(self.text, separator or self.separator)


def read(body: bytes) -> Sheet:
    encoding, text = decode(body)
    return Sheet(encoding, separator_of(text), text)


def decode(body: bytes) -> tuple[str, str]:
    """(encoding, text). What an encoding does not know becomes U+FFFD, and so does NUL, which no ledger takes."""
    for sign, encoding in _MARKS:
        if body.startswith(sign):
            return encoding, _text(body[len(sign) :], encoding)
    encoding = _unmarked(body)
    return encoding, _text(body, encoding)


def decode_head(body: bytes, count: int) -> str:
    """The text at the beginning of a file, for telling what it is."""
    encoding = encoding_of(body[:count])
    return _text(body[:count], encoding)[: count // 4]


def separator_of(text: str) -> str:
    """The separator that splits the first rows most evenly; a semicolon where none splits them."""
    first = text[:6].casefold()
    if first.startswith("sep=") and len(first) > 4 and first[4] in SEPARATORS:
        return first[4]
    return max(SEPARATORS, key=lambda each: (*_evenness(text, each), -SEPARATORS.index(each)))


def rows(text: str, separator: str) -> Iterator[Row]:
    return rows_of(io.StringIO(text, newline=""), separator)


def rows_of(lines: Iterable[str], separator: str) -> Iterator[Row]:
    """The same from lines with their ends, as a file gives them; no more than one row's are kept at a time."""
    source = iter(lines)
    window = list(islice(source, MAX_ROW_LINES))
    number = 1
    if window and window[0][:4].casefold() == "sep=":
        del window[0]
        number = 2
    while window:
        used, row = _row(window, number, separator)
        del window[:used]
        number += used
        window += islice(source, used)
        if row.fault or any(cell.strip() for cell in row.cells):
            yield row


def _row(lines: list[str], number: int, separator: str) -> tuple[int, Row]:
    """(lines of the file used up, row). number: of the first of these lines."""
    line = lines[0]
    if '"' not in line:
        return 1, _checked(number, line.rstrip("\r\n").split(separator))
    for used in range(1, min(MAX_ROW_LINES, len(lines)) + 1):
        try:
            return used, _checked(number, _split("".join(lines[:used]), separator, strict=True))
        except csv.Error as fault:
            if "end of data" not in str(fault):
                break
    if line.count('"') % 2 == 0:
        return 1, _loosely(line, number, separator)
    return 1, Row(number, (), mark("A quotation mark is opened and not closed."), _rest(line, separator))


def _loosely(line: str, number: int, separator: str) -> Row:
    """As spreadsheets read it where quotation marks stand at odd places."""
    try:
        return _checked(number, _split(line, separator, strict=False))
    except csv.Error:
        return Row(number, (), mark("Its quotation marks make no sense."), _rest(line, separator))


def _rest(line: str, separator: str) -> tuple[str, ...]:
    return tuple(line.rstrip("\r\n").replace('"', "").split(separator)[:MAX_COLUMNS])


def _split(text: str, separator: str, *, strict: bool) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict), [])


def _checked(number: int, cells: list[str]) -> Row:
    if len(cells) > MAX_COLUMNS:
        return Row(number, (), WIDE.format(count=len(cells), most=MAX_COLUMNS), tuple(cells[:MAX_COLUMNS]))
    return Row(number, tuple(cells))


def encoding_of(sample: bytes) -> str:
    """By the beginning of a file; utf-8 and cp1252 only the whole of it can tell apart."""
    return next((encoding for sign, encoding in _MARKS if sample.startswith(sign)), "") or _unmarked(sample)


def _unmarked(body: bytes) -> str:
    sample = body[:SAMPLE_BYTES]
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if len(sample) >= 4 and zeros.count(0) * 2 > len(zeros):
            return encoding
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _text(body: bytes, encoding: str) -> str:
    return body.decode(encoding, "replace").replace("\0", "\ufffd").lstrip("\ufeff")


def _evenness(text: str, separator: str) -> tuple[int, int]:
    """(rows that have the most frequent number of columns, that number); nothing where it is one column."""
    sample = islice(rows(text[:SAMPLE_BYTES], separator), SAMPLE_ROWS)
    widths = Counter(len(row.cells) for row in sample if len(row.cells) > 1)
    return (0, 0) if not widths else max((count, width) for width, count in widths.items())
