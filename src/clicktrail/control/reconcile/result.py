"""The result as CSV, page by page; cells that a spreadsheet would run are made harmless as in every export.

For programs its columns, classes and states have their codes; for people their names, in the language of who asks.
"""

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from clicktrail.control.csvcells import Amount, Cell, csv_line
from clicktrail.control.ledger.export import iso
from clicktrail.control.reconcile import classes, compare, tables
from clicktrail.control.reconcile.listed import House
from clicktrail.control.reconcile.models import Line, Reconciliation
from clicktrail.control.reconcile.orderlist import day_text
from clicktrail.control.reconcile.sentences import tell
from clicktrail.core.money import format_minor
from clicktrail.core.tongue import mark

PAGE_ROWS = 2000
COLUMNS = (
    ("line", "order", "class", "cause", "explanation", "listed_revenue", "listed_day", "listed_status", "transaction")
    + ("revenue", "commission", "currency", "state", "created_at", "outcome", "outcome_explanation")
)  # fmt: skip
NAMES = (
    mark("Line"), mark("Order number"), mark("Class"), mark("Likely cause"), mark("Explanation"),
    mark("Revenue in the list"), mark("Day in the list"), mark("Status in the list"), mark("Transaction"),
    mark("Revenue here"), mark("Commission here"), mark("Currency"), mark("State"), mark("Created"), mark("Outcome"),
    mark("Why so"),
)  # fmt: skip
"""The same for people."""


def lines(list_: Reconciliation, kind: str = "", *, is_named: bool = False) -> Iterator[str]:
    """With their line ends. kind: one class; empty: all. is_named: for people."""
    house = compare.house_of_list(list_)
    yield csv_line(tuple(map(_, NAMES)) if is_named else COLUMNS)
    rows = Line.objects.filter(list_id=list_.pk).order_by("pk")
    rows = rows.filter(kind=kind) if kind in classes.CLASSES else rows
    page = list(rows[:PAGE_ROWS])
    while page:
        calls = tables.verdicts_of(page)
        yield "".join(csv_line(_cells(line, house, calls, is_named)) for line in page)
        page = list(rows.filter(pk__gt=page[-1].pk)[:PAGE_ROWS])


def _cells(line: Line, house: House, calls: Mapping[int, str], is_named: bool) -> tuple[Cell, ...]:
    kind, cause, outcome = line.kind, line.cause, line.outcome
    if is_named:
        kind, cause = _(classes.CLASSES[kind]), tables.cause_name(cause) if cause else ""
        outcome = _(tables.OUTCOMES[outcome]) if outcome else ""
    return (
        line.line,
        line.order,
        kind,
        cause,
        tell(line.sentence, calls),
        _money(line.listed_minor, house) or line.listed_text,
        day_text(line.listed_day),
        _word(line.listed_state, is_named),
        line.number,
        _money(line.revenue_minor, house),
        _money(line.commission_minor, house),
        house.currency,
        _word(line.state, is_named),
        iso(line.created_ms),
        outcome,
        tell(line.outcome_sentence),
    )


def _word(state: str, is_named: bool) -> str:
    return _(state) if is_named and state else state


def _money(minor: int | None, house: House) -> str:
    return "" if minor is None else Amount(format_minor(minor, house.decimals))
