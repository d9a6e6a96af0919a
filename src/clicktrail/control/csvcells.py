"""Cells and lines of the CSV files that we write: the only place that writes CSV.

A spreadsheet runs a cell as a formula when it begins with one of a few signs. Such a text gets an apostrophe in front,
and so does a part of a text that a spreadsheet would split off: one that expects semicolons opens our commas too.
"""

import csv
import re
from collections.abc import Iterable
from typing import Any

Cell = str | int | bool | None

SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
"""For a character class. The last four are fullwidth forms, which some spreadsheets read as the first four."""
_STARTS = re.compile(f"[\\t\\r\\n]|[{SIGNS}]")
_SPLIT_OFF = re.compile(f"([;|\\t\\r\\n][ \"]{{0,4}})(?=[{SIGNS}])")
UNSEEN = " \u00a0\u200b\u200c\u200d\u2060\ufeff"
"""What may stand in front of the sign and is trimmed, or not seen."""


class Amount(str):
    """An amount of money that was formatted here: harmless in a spreadsheet, also with a minus in front."""

    __slots__ = ()


def csv_cell(cell: Cell) -> Cell:
    """Made harmless for a spreadsheet. Numbers and amounts stay what they are, also negative ones."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if not isinstance(cell, str) or isinstance(cell, Amount):
        return cell
    text = _SPLIT_OFF.sub(r"\1'", cell)
    return "'" + text if _STARTS.match(text.lstrip(UNSEEN)) else text


def csv_line(cells: Iterable[Any]) -> str:
    """One line with its end, as RFC 4180 has it."""
    written: str = csv.writer(_Echo()).writerow([csv_cell(cell) for cell in cells])  # type: ignore[assignment]
    return written


class _Echo:
    def write(self, text: str) -> str:
        return text
