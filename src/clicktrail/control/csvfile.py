"""Rows as a CSV file that a browser saves: RFC 4180, UTF-8 with its mark, sent while it is made."""

from collections.abc import Iterable, Iterator
from contextvars import copy_context
from typing import Any

from django.http import StreamingHttpResponse

from clicktrail.control.csvcells import Cell, csv_line

MARK = "\ufeff"
"""Without it one widespread spreadsheet takes UTF-8 for something else."""
LINES_AT_ONCE = 500


def csv_answer(name: str, header: Iterable[Any], rows: Iterable[Iterable[Cell]]) -> StreamingHttpResponse:
    """`name` without its ending. A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    answer = StreamingHttpResponse(as_now(_lines(header, rows)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def as_now(lines: Iterator[str]) -> Iterator[str]:
    """Made while they are sent, in the language and the zone of the moment in which this is called."""
    context = copy_context()
    return iter(lambda: context.run(next, lines, ""), "")


def _lines(header: Iterable[Any], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    held = [MARK, csv_line(str(cell) for cell in header)]
    for row in rows:
        held.append(csv_line(row))
        if len(held) >= LINES_AT_ONCE:
            yield "".join(held)
            held = []
    yield "".join(held)
