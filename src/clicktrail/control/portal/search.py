"""Which of his transactions a partner looks for: state, program, subid, time, and one field for every number."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from clicktrail import keys
from clicktrail.control.catalog.models import Program
from clicktrail.control.ledger.models import Transaction, TransactionState
from clicktrail.control.portal.seen import own_transactions
from clicktrail.control.portal.viewer import Viewer
from clicktrail.control.reports.table import FIRST_DAY, LAST_DAY
from clicktrail.core.clickid import Checks, upper_clickid
from clicktrail.core.ids import read_id
from clicktrail.core.text import stored_spellings, strip_invisible

PAGE_ROWS = 50
EXPORT_ROWS = 1000
"""Rows read at once; no read of the ledger stays open while a file is sent."""
MAX_TERM = 255


@dataclass(frozen=True, slots=True)
class Search:
    state: str = ""
    program: int | None = None
    subid: str = ""
    term: str = ""
    first: date | None = None
    last: date | None = None

    def query(self, **more: Any) -> str:
        """As it stands in an address."""
        given = {
            "state": self.state, "program": self.program or "", "subid": self.subid, "q": self.term,
            "from": self.first or "", "to": self.last or "", **more,
        }  # fmt: skip
        return urlencode({name: value for name, value in given.items() if value})


def read(given: Any) -> Search:
    """What is no filter is none."""
    state = given.get("state", "")
    return Search(
        state=state if state in TransactionState.values else "",
        program=read_id(given.get("program", "")),
        subid=strip_invisible(given.get("subid", "")[:MAX_TERM]),
        term=strip_invisible(given.get("q", "")[:MAX_TERM]),
        first=_counted(day(given.get("from", ""))),
        last=_counted(day(given.get("to", ""))),
    )


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _counted(on: date | None) -> date | None:
    """The nearest day on which there may have been something."""
    return None if on is None else min(max(on, FIRST_DAY), LAST_DAY)


def found(viewer: Viewer, search: Search) -> QuerySet[Transaction]:
    """Newest first."""
    rows = own_transactions(viewer)
    if search.state:
        rows = rows.filter(state=search.state)
    if search.program:
        rows = rows.filter(program_id=search.program)
    if search.subid:
        rows = rows.filter(subid=search.subid)
    if search.first:
        rows = rows.filter(created_ms__gte=_begin_ms(search.first))
    if search.last:
        rows = rows.filter(created_ms__lt=_begin_ms(search.last + timedelta(days=1)))
    if search.term:
        rows = rows.filter(pk__in=list(_numbers(search.term)))
    return rows.order_by("-created_ms", "-number")


def page(rows: QuerySet[Transaction], after: str) -> tuple[list[Transaction], str]:
    """(rows, the key of the next page or empty)."""
    got = list(_behind(rows, after)[: PAGE_ROWS + 1])
    more = len(got) > PAGE_ROWS
    return got[:PAGE_ROWS], _key(got[PAGE_ROWS - 1]) if more else ""


def pages(rows: QuerySet[Transaction]) -> Iterator[list[Transaction]]:
    after = ""
    while True:
        got = list(_behind(rows, after)[:EXPORT_ROWS])
        if got:
            yield got
        if len(got) < EXPORT_ROWS:
            return
        after = _key(got[-1])


def own_click(term: str) -> int | None:
    """The number of the click that a ClickID names."""
    house = settings.CLICKTRAIL
    kept = keys.load(house.keys_folder)
    return Checks(kept.clickid, kept.current, house.prefix).read(upper_clickid(strip_invisible(term)))


def _behind(rows: QuerySet[Transaction], after: str) -> QuerySet[Transaction]:
    ms, _, number = after.partition("-")
    at_ms, last = read_id(ms), read_id(number)
    if at_ms is None or last is None:
        return rows
    return rows.filter(Q(created_ms__lt=at_ms) | Q(created_ms=at_ms, number__lt=last)).filter(created_ms__lte=at_ms)


def _key(row: Transaction) -> str:
    return f"{row.created_ms}-{row.number}"


def _numbers(term: str) -> Iterator[int]:
    """Transactions that the words may mean, each by an index: number, order number, ClickID. Whose they are is asked
    afterwards."""
    number = read_id(term)
    if number is not None:
        yield number
    programs = list(Program.objects.values_list("pk", flat=True))
    tids = stored_spellings(term)
    yield from Transaction.objects.filter(program_id__in=programs, tid__in=tids).values_list("pk", flat=True)
    click = own_click(term)
    if click is not None:
        yield from Transaction.objects.filter(click_id=click).values_list("pk", flat=True)


def _begin_ms(on: date) -> int:
    """Of the day in the viewer's zone."""
    zone = timezone.get_current_timezone()
    begin = datetime.combine(on, time(), tzinfo=zone).astimezone(UTC)
    return int(begin.timestamp()) * 1000
