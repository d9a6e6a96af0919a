"""The cells of an .xlsx workbook, read by a process of its own: it may take so much time and memory, and no more.

Called as a module it reads the workbook from standard input and writes JSON lines: the names of the sheets, then a
list for each row. Numbers stay numbers, days and times are written in ISO form, texts are kept as they are.
"""

import io
import json
import resource
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from clicktrail.control.reconcile.amounts import NumberCell
from clicktrail.control.reconcile.sheet import MAX_COLUMNS, WIDE, Row
from clicktrail.core.tongue import mark, say

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_ENTRIES = 2000
MAX_SHEETS = 100
MAX_CELLS = 5_000_000
MAX_OUTPUT_CHARS = 128 * 1024 * 1024
MAX_CELL_CHARS = 4096
MAX_MEMORY_BYTES = 2 * 1024 * 1024 * 1024
WITHIN_S = 60
"""Seconds that reading a workbook may take."""

TOO_LARGE = mark("The workbook is larger than can be read: save the sheet with the orders as CSV, or split it.")
DAMAGED = mark("The workbook is damaged or has a password: open it, save it again as .xlsx, and take that file.")
EMPTY = mark("No sheet of the workbook holds anything.")
NO_SHEET = mark("The workbook has no sheet {name}; it has {sheets}.")


class CannotRead(ValueError):
    """The sentence says why, and the fix."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """One sheet of a workbook, as far as reading a list needs it."""

    sheets: tuple[str, ...]
    """Those that hold something, in their order."""
    sheet: str
    table: list[Row]
    encoding: str = "xlsx"
    separator: str = ";"

    def rows(self, _separator: str = "") -> Iterator[Row]:
        """Without rows in which every cell is empty."""
        return iter(self.table)


def read(body: bytes, sheet: str = "", most_rows: int = 0) -> Workbook:
    """sheet: its name; empty: the first that holds something. most_rows: 0 is all. Raises CannotRead."""
    command = [sys.executable, "-m", "clicktrail.control.reconcile.workbook", sheet, str(most_rows)]
    try:
        done = subprocess.run(command, input=body, capture_output=True, timeout=WITHIN_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise CannotRead(say(TOO_LARGE)) from None
    lines = done.stdout.decode("utf-8", "replace").split("\n")
    try:
        head: dict[str, Any] = json.loads(lines[0])
    except ValueError:
        raise CannotRead(say(DAMAGED if done.returncode > 0 else TOO_LARGE)) from None
    if "error" in head:
        raise CannotRead(say(head["error"], **head.get("words", {})))
    if done.returncode:
        raise CannotRead(say(TOO_LARGE))
    return Workbook(tuple(head["sheets"]), head["sheet"], list(_rows(lines[1:])))


def _rows(lines: list[str]) -> Iterator[Row]:
    for line in lines:
        if line:
            number, *cells = json.loads(line, parse_float=_number, parse_int=_number)
            cut = tuple(cells)
            if len(cut) > MAX_COLUMNS and any(cut[MAX_COLUMNS:]):
                yield Row(int(number), (), WIDE.format(count=len(cut), most=MAX_COLUMNS), cut[:MAX_COLUMNS])
            else:
                yield Row(int(number), cut[:MAX_COLUMNS])


def _number(text: str) -> NumberCell:
    return NumberCell(format(Decimal(text), "f") if "e" in text or "E" in text else text)


# In the process of its own


class _Refused(Exception):
    """Its sentence, and the words of it."""


def main(arguments: list[str]) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (WITHIN_S, WITHIN_S))
    body = sys.stdin.buffer.read()
    try:
        _check_size(body)
        _write(body, arguments[0], int(arguments[1]))
    except _Refused as refused:
        sentence, *words = refused.args
        sys.stdout.write(json.dumps({"error": sentence, "words": words[0] if words else {}}) + "\n")
    except MemoryError:
        sys.stdout.write(json.dumps({"error": TOO_LARGE}) + "\n")
    return 0


def _check_size(body: bytes) -> None:
    """What the entries really unpack to, whatever they say; nothing is kept of it."""
    left = MAX_UNPACKED_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > left:
                raise _Refused(TOO_LARGE)
            for entry in entries:
                left -= _unpacked(body, entry, left)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, RuntimeError, ValueError):
        raise _Refused(DAMAGED) from None


def _unpacked(body: bytes, entry: zipfile.ZipInfo, most: int) -> int:
    """Bytes that an entry unpacks to. Raises _Refused where they are more than `most`, or than it says."""
    start = entry.header_offset
    lengths = body[start + 26 : start + 30]
    if len(lengths) < 4:
        raise _Refused(DAMAGED)
    start += 30 + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")
    packed = body[start : start + entry.compress_size]
    if entry.compress_type == zipfile.ZIP_STORED:
        return len(packed)
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        raise _Refused(DAMAGED)
    unpacker, count = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while packed:
        count += len(unpacker.decompress(packed, 1 << 20))
        if count > min(most, entry.file_size):
            raise _Refused(TOO_LARGE)
        packed = unpacker.unconsumed_tail
    return count


def _write(body: bytes, wanted: str, most_rows: int) -> None:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        shown = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet][:MAX_SHEETS]
        sheets = {each.name: book.get_sheet_by_name(each.name) for each in shown}
    except (CalamineError, ValueError, OSError):
        raise _Refused(DAMAGED) from None
    visible = [each.name for each in shown if each.visible == SheetVisibleEnum.Visible]
    filled = [name for name in sheets if sheets[name].height]
    if not filled:
        raise _Refused(EMPTY)
    if wanted and wanted not in sheets:
        raise _Refused(NO_SHEET, {"name": repr(wanted), "sheets": ", ".join(map(repr, filled))})
    chosen = wanted or next((name for name in filled if name in visible), filled[0])
    sheet = sheets[chosen]
    if sheet.total_height * sheet.total_width > MAX_CELLS:
        raise _Refused(TOO_LARGE)
    out = sys.stdout
    out.write(json.dumps({"sheets": filled, "sheet": chosen}) + "\n")
    left = MAX_OUTPUT_CHARS
    rows = sheet.to_python(skip_empty_area=False, nrows=_row_count(sheet.total_height, most_rows))
    for number, row in enumerate(rows, start=1):
        cells = [_cell(value) for value in row]
        if any(cell != "" for cell in cells):
            line = json.dumps([number, *cells], ensure_ascii=False)
            left -= len(line)
            if left < 0:
                raise SystemExit(1)
            out.write(line + "\n")


def _row_count(height: int, most: int) -> int | None:
    return most if 0 < most < height else None


def _cell(value: Any) -> str | int | float:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return ""
        return int(value) if value.is_integer() else value
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        value = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        is_midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if is_midnight else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)[:MAX_CELL_CHARS].replace("\0", "\ufffd")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
