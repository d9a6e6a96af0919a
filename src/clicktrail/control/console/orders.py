"""The columns of the list of transactions: as cells of the page, and as text of the CSV file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clicktrail.control.console.cells import (
    DASH,
    STATE_WORDS,
    label,
    labels,
    money_cell,
    named,
    page_link,
    state_label,
    time_cell,
)
from clicktrail.control.csvcells import Amount, Cell
from clicktrail.control.ledger.imported import is_imported
from clicktrail.core.money import format_minor


@dataclass(frozen=True, slots=True)
class Column:
    title: str | Promise
    cell: Callable[[Any], str]
    text: Callable[[Any, ZoneInfo | None], Cell]
    """In the zone of who looks, else in the one of the list."""
    right: bool = False
    name: str = ""
    """By which the page places the cell where a row is a card; without one a card leaves it out."""


def columns(many_programs: bool) -> list[Column]:
    """The program has a column of its own where there are several."""
    return [each for each in COLUMNS if many_programs or each is not PROGRAM]


def header(shown: list[Column]) -> Iterator[str]:
    """Of the file: amounts stand there as plain numbers, their currency beside them."""
    for column in shown:
        yield str(column.title)
    yield _("Currency")
    yield _("Marks")


def line(shown: list[Column], row: Any, zone: ZoneInfo | None) -> list[Cell]:
    return [*(column.text(row, zone) for column in shown), row.currency, ", ".join(map(str, mark_words(row)))]


def _time_text(row: Any, zone: ZoneInfo | None) -> str:
    at = datetime.fromtimestamp(row.created_ms / 1000, UTC).astimezone(zone or ZoneInfo(row.zone or "UTC"))
    return at.strftime("%Y-%m-%d %H:%M:%S %Z")


def _named_text(number: int | None, name: str | None) -> str:
    if not number:
        return ""
    return f"{name} ({number})" if name else str(number)


def _amount(minor: int | None, row: Any) -> str:
    return "" if minor is None else Amount(format_minor(minor, row.decimals))


MARKS: tuple[tuple[Callable[[Any], bool], str | Promise, str], ...] = (
    (lambda row: row.test, gettext_lazy("Test"), "warning"),
    (lambda row: row.is_adjusted, gettext_lazy("Adjusted"), "warning"),
    (lambda row: row.manual, gettext_lazy("By hand"), "plain"),
    (lambda row: is_imported(row.postback_id), gettext_lazy("Imported"), "plain"),
    (lambda row: row.trusted, gettext_lazy("Proven"), "success"),
)


def marks(row: Any) -> list[str]:
    return [label(word, tone) for holds, word, tone in MARKS if holds(row)]


def mark_words(row: Any) -> list[str | Promise]:
    return [word for holds, word, _tone in MARKS if holds(row)]


def state_text(state: str) -> str:
    return str(STATE_WORDS.get(state, state))


def _wide(text: str) -> str:
    return format_html('<span class="ct-clip" title="{0}">{0}</span>', text) if text else DASH


PROGRAM = Column(
    gettext_lazy("Program"),
    lambda row: named(row.program_id, row.program_name),
    lambda row, _zone: _named_text(row.program_id, row.program_name),
    name="program",
)
COLUMNS = (
    Column(
        gettext_lazy("Number"),
        lambda row: page_link("ledger_transaction", row.number, row.number),
        lambda row, _zone: row.number,
        name="number",
    ),
    Column(
        gettext_lazy("Created"),
        lambda row: time_cell(row.created_ms, row.zone, brief=True),
        _time_text,
        name="time",
    ),
    PROGRAM,
    Column(gettext_lazy("Order number"), lambda row: _wide(row.tid), lambda row, _zone: row.tid, name="order"),
    Column(
        gettext_lazy("Partner"),
        lambda row: named(row.partner_id, row.partner_name),
        lambda row, _zone: _named_text(row.partner_id, row.partner_name),
        name="partner",
    ),
    Column(gettext_lazy("Subid"), lambda row: _wide(row.subid), lambda row, _zone: row.subid),
    Column(gettext_lazy("Product"), lambda row: row.product, lambda row, _zone: row.product),
    Column(
        gettext_lazy("Revenue"),
        lambda row: money_cell(row.remaining_revenue_minor, row.decimals, row.currency),
        lambda row, _zone: _amount(row.remaining_revenue_minor, row),
        right=True,
        name="revenue",
    ),
    Column(
        gettext_lazy("Commission"),
        lambda row: money_cell(row.remaining_commission_minor, row.decimals, row.currency),
        lambda row, _zone: _amount(row.remaining_commission_minor, row),
        right=True,
        name="commission",
    ),
    Column(
        gettext_lazy("State"),
        lambda row: labels([state_label(row.state), *marks(row)]),
        lambda row, _zone: state_text(row.state),
        name="state",
    ),
)
