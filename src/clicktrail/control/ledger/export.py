"""Export: the ledger's lists, row by row, in a fixed order of columns.

Rows are read by key pages: each page is one short read that begins after the last key
of the one before. Nothing holds a long read open (on SQLite that would keep the -wal
from shrinking), and memory stays that of one page, however long the list is. What
arrives in the meantime may or may not be in it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Min, Model, QuerySet

from clicktrail.control.catalog.models import Program
from clicktrail.control.csvcells import Amount, Cell, csv_line
from clicktrail.control.ledger.imported import is_imported
from clicktrail.control.ledger.models import Adjustment, Click, Postback, Transaction
from clicktrail.core.clickid import first_id, text_of
from clicktrail.core.ids import read_id
from clicktrail.core.money import AmountError, decimals_of, format_minor, parse_amount

PAGE_ROWS = 2000
DASH = "–"

Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """One list: `rows` takes the first moment wanted (milliseconds since 1970 UTC; 0: all)."""

    columns: tuple[str, ...]
    rows: Callable[[int, str], Iterator[Row]]


def clicks(since_ms: int, prefix: str) -> Iterator[Row]:
    # A minted id never lies before its click's clock time, so the first id of `since_ms` leaves none out.
    wanted = Click.objects.filter(at_ms__gte=since_ms).order_by("id")
    for page in _pages(wanted, "id", first_id(since_ms) if since_ms else 0):
        yield from (click_row(click, prefix) for click in page)


def postbacks(since_ms: int, _prefix: str) -> Iterator[Row]:
    known = decimals_by_program()
    wanted = Postback.objects.filter(at_ms__gte=since_ms).order_by("id")
    for page in _pages(wanted, "id", first_id(since_ms) if since_ms else 0):
        yield from (postback_row(call, known) for call in page)


def transactions(since_ms: int, _prefix: str) -> Iterator[Row]:
    wanted = Transaction.objects.filter(created_ms__gte=since_ms).order_by("number")
    first = wanted.order_by().aggregate(first=Min("number"))["first"] or 0
    for page in _pages(wanted, "number", first):
        yield from (transaction_row(transaction) for transaction in page)


def adjustments(since_ms: int, _prefix: str) -> Iterator[Row]:
    wanted = Adjustment.objects.filter(at_ms__gte=since_ms).order_by("id")
    first = wanted.order_by().aggregate(first=Min("id"))["first"] or 0
    for page in _pages(wanted, "id", first):
        known = Transaction.objects.in_bulk({adjustment.transaction_number for adjustment in page})
        yield from (adjustment_row(each, known[each.transaction_number]) for each in page)


def click_row(c: Click, prefix: str) -> Row:
    return (
        text_of(prefix, c.id, c.tail),
        iso(c.at_ms),
        c.program_id,
        c.partner_id,
        c.creative_id,
        c.target,
        c.subid,
        c.referrer or c.referrer_host,
        c.ip,
        c.user_agent,
        c.outcome,
    )


def postback_row(p: Postback, decimals: Mapping[int, int]) -> Row:
    return (
        p.id,
        iso(p.at_ms),
        p.program_id,
        p.tid,
        p.clickid,
        _id_or_text(p.pid),
        p.subid,
        _id_or_text(p.wmid),
        p.product,
        amount(p.amount, decimals.get(p.program_id or 0)),
        p.nocheck,
        p.ip,
        p.reason,
        p.transaction_number if p.saved else DASH,
        p.source,
    )


def transaction_row(t: Transaction) -> Row:
    return (
        t.number,
        t.program_id,
        t.tid,
        t.partner_id,
        t.subid,
        t.creative_id,
        t.referrer or t.referrer_host,
        t.clickid,
        t.product,
        None if t.revenue_minor is None else format_minor(t.revenue_minor, t.decimals),
        format_minor(t.commission_minor, t.decimals),
        t.currency,
        t.state,
        t.test,
        iso(t.clicked_ms),
        iso(t.created_ms),
        is_imported(t.postback_id),
        Amount(format_minor(t.adjusted_revenue_minor, t.decimals)),
        Amount(format_minor(t.adjusted_commission_minor, t.decimals)),
    )


def adjustment_row(a: Adjustment, t: Transaction) -> Row:
    return (
        a.transaction_number,
        a.revision,
        a.program_id,
        t.tid,
        a.partner_id,
        Amount(format_minor(a.revenue_minor, t.decimals)),
        Amount(format_minor(a.commission_minor, t.decimals)),
        t.currency,
        a.state,
        a.test,
        a.actor,
        a.reason,
        a.call_id,
        iso(a.at_ms),
    )


def decimals_by_program() -> dict[int, int]:
    return {id: decimals_of(currency) for id, currency in Program.objects.values_list("id", "currency")}


EXPORTS = {
    "clicks": Export(
        ("clickid", "at", "program", "partner", "creative", "target", "subid", "referrer", "ip", "user_agent")
        + ("outcome",),
        clicks,
    ),
    "postbacks": Export(
        ("call", "at", "program", "tid", "clickid", "pid", "subid", "wmid", "product", "amount", "nocheck")
        + ("remote", "reason", "saved", "source"),
        postbacks,
    ),
    "transactions": Export(
        ("transaction", "program", "tid", "partner", "subid", "creative", "referrer", "clickid", "product")
        + ("revenue", "commission", "currency", "state", "test", "clicked_at", "created_at", "imported")
        + ("adjusted_revenue", "adjusted_commission"),
        transactions,
    ),
    "adjustments": Export(
        ("transaction", "revision", "program", "tid", "partner", "revenue", "commission", "currency", "state", "test")
        + ("actor", "reason", "call", "created_at"),
        adjustments,
    ),
}


def lines(what: str, form: str, since_ms: int, prefix: str) -> Iterator[str]:
    """Lines of one export, with their line ends: `form` is csv (RFC 4180) or jsonl."""
    export = EXPORTS[what]
    rows = export.rows(since_ms, prefix)
    return _csv(export.columns, rows) if form == "csv" else _jsonl(export.columns, rows)


def read_only() -> None:
    """From here on this connection cannot write, whatever the code below does."""
    wish = "PRAGMA query_only = 1" if connection.vendor == "sqlite" else "SET default_transaction_read_only = on"
    with connection.cursor() as cursor:
        cursor.execute(wish)


def iso(ms: int | None) -> str | None:
    """Milliseconds since 1970 -> `2026-01-31T08:09:10.123Z`; in whole numbers, so that no millisecond is lost."""
    if ms is None:
        return None
    seconds, thousandths = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{thousandths:03d}Z"


def amount(text: str, decimals: int | None) -> str | None:
    """What the shop sent, in the currency's decimals; as it came where it is no amount or has no currency."""
    if text == "":
        return None
    if decimals is None:
        return text
    try:
        return format_minor(parse_amount(text, decimals), decimals)
    except AmountError:
        return text


def _id_or_text(text: str) -> int | str | None:
    """A number as a number; anything else that a shop sent in its place stays to be seen."""
    return read_id(text) or text or None


def _pages(wanted: QuerySet[Any], key: str, first: int) -> Iterator[list[Model | Any]]:
    page = list(wanted.filter(**{f"{key}__gte": first})[:PAGE_ROWS])
    while page:
        yield page
        page = list(wanted.filter(**{f"{key}__gt": getattr(page[-1], key)})[:PAGE_ROWS])


def _csv(columns: tuple[str, ...], rows: Iterator[Row]) -> Iterator[str]:
    yield csv_line(columns)
    yield from map(csv_line, rows)


LONG_IDS = ("call", "transaction", "saved")
"""Columns of numbers with 63 bits: texts in JSON, for many readers keep numbers as doubles."""


def _jsonl(columns: tuple[str, ...], rows: Iterator[Row]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(named(columns, row), ensure_ascii=False) + "\n"


def named(columns: tuple[str, ...], row: Row) -> dict[str, Any]:
    """A row as JSON tells it."""
    found = dict(zip(columns, row, strict=True))
    return found | {name: str(found[name]) for name in LONG_IDS if isinstance(found.get(name), int)}
