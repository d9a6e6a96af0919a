"""A CSV file of another system, read as a stream: its columns by their names, its lines one after the other.

What can be wrong with a cell is said with line, column and mend, all faults together.
"""

import codecs
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TextIO

from clicktrail.control.reconcile import filekinds, sheet, workbook
from clicktrail.control.reconcile.columns import MAX_TITLE_ROWS, plain
from clicktrail.control.reconcile.workbook import Workbook
from clicktrail.core.explain import quote
from clicktrail.core.text import strip_invisible
from clicktrail.errors import ImportRefused

MAX_LINE_CHARS = 65_536
"""Characters of one line of a file; a longer one is read as several."""
MOST_FAULTS = 50
"""Faults that are named; all are counted."""
PROGRESS_LINES = 2000
QUOTE = "a value that holds the separator needs quotation marks around it."

Hear = Callable[[str, int, int], None]
"""(phase, done, total)"""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column can be. names: what other systems call it, the surest first, as `plain` writes them."""

    name: str
    names: tuple[str, ...]
    required: bool = False


class Wrong(ValueError):
    """A line that cannot be taken: which column, what is wrong, the mend."""

    def __init__(self, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.column = column


@dataclass(slots=True)
class Faults:
    file: str
    count: int = 0
    named: list[str] = field(default_factory=list)

    def add(self, line: int, column: str, sentence: str) -> None:
        self.count += 1
        if len(self.named) < MOST_FAULTS:
            where = f", column {quote(column)}" if column else ""
            self.named.append(f"{self.file}, line {line}{where}: {sentence}")

    def lines(self) -> list[str]:
        more = self.count - len(self.named)
        return [*self.named, f"{more} more lines cannot be taken."] if more else list(self.named)


class Line:
    """One line; cells are asked for by our names for them."""

    __slots__ = ("_cells", "_table", "number")

    def __init__(self, table: "Table", number: int, cells: tuple[str, ...]) -> None:
        self._table, self.number, self._cells = table, number, cells

    def text(self, name: str) -> str:
        """Without spaces and invisible characters around it; empty where the file has no such column."""
        place = self._table.places.get(name)
        return strip_invisible(self._cells[place]) if place is not None and place < len(self._cells) else ""

    def wrong(self, name: str, sentence: str) -> Wrong:
        """Names the column as the file does."""
        return Wrong(self._table.header_of(name), sentence)


class Table:
    """Raises ImportRefused where the file cannot be read or a needed column is not found."""

    def __init__(
        self, path: Path, columns: tuple[Column, ...], chosen: Mapping[str, str], name: str = "", sheet_name: str = ""
    ) -> None:
        self.path, self.name = path, name or path.name
        try:
            self.bytes = path.stat().st_size
            self._workbook = _workbook(path, self.name, sheet_name)
            self._encoding = "" if self._workbook else encoding_of(path)
            self._separator = "" if self._workbook else self._separator_of_start()
        except OSError as fault:
            raise ImportRefused(f"{self.name} cannot be read: {fault.strerror}.") from None
        self.header, self._header_line = self._find_header(columns)
        self.places = places(self.name, self.header, columns, chosen)

    def header_of(self, name: str) -> str:
        place = self.places.get(name)
        return self.header[place].strip() if place is not None else name

    def lines(self, faults: Faults, phase: str, hear: Hear | None = None) -> Iterator[Line]:
        """Of the rows below the header; one that cannot be split, or has more cells than the header, is a fault."""
        names, width = [plain(cell) for cell in self.header], len(self.header)
        first = strip_invisible(self.header[0]).casefold() if self.header else ""
        for row in self._rows(phase, hear):
            if row.line <= self._header_line and not row.fault:
                continue
            if row.fault:
                faults.add(row.line, "", row.fault)
            elif len(row.cells) > width and any(map(strip_invisible, row.cells[width:])):
                faults.add(row.line, "", f"it has {len(row.cells)} cells, the header {width}: {QUOTE}")
            elif strip_invisible(row.cells[0]).casefold() != first or [plain(cell) for cell in row.cells] != names:
                yield Line(self, row.line, row.cells)

    def column(self, name: str) -> Iterator[str]:
        """Its cells, in one pass through the file; nothing where the file has no such column."""
        if (place := self.places.get(name)) is not None:
            for row in self._rows():
                if row.line > self._header_line and place < len(row.cells):
                    yield row.cells[place]

    def _find_header(self, columns: tuple[Column, ...]) -> tuple[tuple[str, ...], int]:
        """(names of the columns, their line): of the first rows the one with most names that are known."""
        known = {name for column in columns for name in (column.name, *column.names)}
        first = [row for row in islice(self._rows(), MAX_TITLE_ROWS) if row.cells]
        best = max(first, key=lambda row: (len({plain(cell) for cell in row.cells} & known), -row.line), default=None)
        return (best.cells, best.line) if best else ((), 0)

    def _separator_of_start(self) -> str:
        with self._open() as file:
            return sheet.separator_of(_start(file))

    def _rows(self, phase: str = "", hear: Hear | None = None) -> Iterator[sheet.Row]:
        if self._workbook:
            yield from self._workbook.rows()
            return
        with self._open() as file:
            yield from sheet.rows_of(self._told(file, phase, hear), self._separator)

    def _told(self, file: TextIO, phase: str, hear: Hear | None) -> Iterator[str]:
        done = 0
        for count, line in enumerate(_lines(file)):
            yield line
            done += len(line)
            if hear and count % PROGRESS_LINES == 0:
                hear(phase, min(done, self.bytes - 1), self.bytes)
        if hear:
            hear(phase, 1, 1)

    def _open(self) -> TextIO:
        return self.path.open(encoding=self._encoding, errors="replace", newline="")


def _workbook(path: Path, name: str, sheet_name: str) -> Workbook | None:
    """None for a file of text. Raises ImportRefused for what holds no table."""
    with path.open("rb") as file:
        head = file.read(filekinds.HEAD_BYTES)
        if head[:2] == b"PK":
            head += file.read(sheet.MAX_FILE_BYTES)
        is_longer = bool(file.read(1))
    try:
        if filekinds.kind_of(head, sheet.decode_head(head, filekinds.HEAD_BYTES)) != filekinds.XLSX:
            return None
        if is_longer:
            raise ImportRefused(f"{name} is larger than {sheet.MAX_FILE_BYTES >> 20} MiB: save the sheet as CSV.")
        return workbook.read(head, sheet_name)
    except (filekinds.Unreadable, workbook.CannotRead) as fault:
        raise ImportRefused(f"{name}: {str(fault)[:1].lower()}{str(fault)[1:]}") from None


def batches(lines: Iterable[Line], size: int) -> Iterator[list[Line]]:
    source = iter(lines)
    while batch := list(islice(source, size)):
        yield batch


def places(
    name: str, header: tuple[str, ...], columns: tuple[Column, ...], chosen: Mapping[str, str]
) -> dict[str, int]:
    """Our names -> places, as chosen, else guessed by the header line. Raises ImportRefused."""
    known = {column.name for column in columns}
    for ours in chosen:
        if ours not in known:
            raise ImportRefused(f"--map: there is no column {quote(ours)}; known are {', '.join(sorted(known))}.")
    titles = [plain(cell) for cell in header]
    found = {ours: _chosen(name, ours, theirs, header, titles) for ours, theirs in chosen.items() if theirs}
    for column in columns:
        if column.name not in chosen:
            place = _guessed(column, titles, set(found.values()))
            if place is not None:
                found[column.name] = place
    missing = [column.name for column in columns if column.required and column.name not in found]
    if missing:
        raise ImportRefused(
            f"{name}: no column for {', '.join(missing)} is found; its first line names "
            f"{', '.join(map(quote, header[:MOST_FAULTS])) or 'none'}. Say which it is: --map {missing[0]}=NAME."
        )
    return found


def _chosen(name: str, ours: str, theirs: str, header: tuple[str, ...], titles: list[str]) -> int:
    if plain(theirs) in titles:
        return titles.index(plain(theirs))
    if theirs.isascii() and theirs.isdigit() and 1 <= int(theirs[:6]) <= len(titles):
        return int(theirs) - 1
    raise ImportRefused(f"--map {ours}: {name} has no column {quote(theirs)}; it has {', '.join(map(quote, header))}.")


def _guessed(column: Column, titles: list[str], taken: set[int]) -> int | None:
    for wanted in (column.name, *column.names):
        for place, title in enumerate(titles):
            if title == wanted and place not in taken:
                return place
    return None


def encoding_of(path: Path) -> str:
    """UTF-8 and UTF-16 with or without a mark, else Windows-1252; the whole file is looked at, piece by piece."""
    with path.open("rb") as file:
        encoding = sheet.encoding_of(file.read(sheet.SAMPLE_BYTES))
        if encoding not in ("utf-8", "cp1252"):
            return encoding
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _start(file: TextIO) -> str:
    return "".join(islice(_lines(file), sheet.SAMPLE_ROWS))[: sheet.SAMPLE_BYTES]


def _lines(file: TextIO) -> Iterator[str]:
    first = True
    while line := file.readline(MAX_LINE_CHARS):
        if first:
            line, first = line.lstrip("\ufeff"), False
        yield line.replace("\0", "\ufffd") if "\0" in line else line
