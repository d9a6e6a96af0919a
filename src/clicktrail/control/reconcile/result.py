"""The result as CSV, page by page; cells that a spreadsheet would run are made harmless as in every export."""

import csv
import io
from collections.abc import Iterator

from clicktrail.control.ledger.export import Cell, csv_cell, iso
from clicktrail.control.reconcile import classes, compare
from clicktrail.control.reconcile.models import Line, Reconciliation
from clicktrail.control.reconcile.orderlist import House, day_text
from clicktrail.core.money import format_minor

PAGE_ROWS = 2000
COLUMNS = (
    ("line", "order", "class", "cause", "explanation", "listed_revenue", "listed_day", "listed_status", "transaction")
    + ("revenue", "commission", "currency", "state", "created_at", "outcome", "outcome_explanation")
)  # fmt: skip


def lines(list_: Reconciliation, kind: str = "") -> Iterator[str]:
    """With their line ends. kind: one class; empty: all."""
    house = compare.house_of_list(list_)
    yield _line(COLUMNS)
    rows = Line.objects.filter(list_id=list_.pk).order_by("pk")
    rows = rows.filter(kind=kind) if kind in classes.CLASSES else rows
    page = list(rows[:PAGE_ROWS])
    while page:
        yield "".join(_line(_cells(line, house)) for line in page)
        page = list(rows.filter(pk__gt=page[-1].pk)[:PAGE_ROWS])


def _cells(line: Line, house: House) -> tuple[Cell, ...]:
    return (
        line.line,
        line.order,
        line.kind,
        line.cause,
        line.sentence,
        _money(line.listed_minor, house) or line.listed_text,
        day_text(line.listed_day),
        line.listed_state,
        line.number,
        _money(line.revenue_minor, house),
        _money(line.commission_minor, house),
        house.currency,
        line.state,
        iso(line.created_ms),
        line.outcome,
        line.outcome_sentence,
    )


def _money(minor: int | None, house: House) -> str:
    return "" if minor is None else format_minor(minor, house.decimals)


def _line(cells: tuple[Cell, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([csv_cell(cell) for cell in cells])
    return line.getvalue()
