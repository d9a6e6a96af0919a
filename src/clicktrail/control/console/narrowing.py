"""What a list is narrowed to: read from its address, the same for page, CSV file and moves of all that was found."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F, Q, QuerySet

from clicktrail.control.accounts import viewer
from clicktrail.control.accounts.rights import Rights
from clicktrail.control.catalog.models import Partner, Program
from clicktrail.control.console.daybounds import day_bounds, moment_ms, read_day
from clicktrail.control.ledger.models import Adjustment, ImportedClick, Transaction, TransactionState
from clicktrail.core import adjustment, reasons
from clicktrail.core.callnumber import log_number
from clicktrail.core.clickid import first_id, split, upper_clickid
from clicktrail.core.ids import read_id
from clicktrail.core.text import stored_spellings, strip_invisible

LONGEST_TERM = 255
MAX_PARTNERS_MEANT = 200
"""Partners whose name contains what was typed; further ones are not looked at."""
LAST = chr(0x10FFFF)
UNSAVED = "unsaved"
WITHOUT_TESTS, TESTS_ONLY = "no", "only"
ADJUSTED, TO_SETTLE = "adjusted", "to_settle"
"""Beside the states: transactions with adjustments, and those with one that is still to be settled."""


class Known(NamedTuple):
    """A program that may be seen."""

    number: int
    name: str
    zone: str


class Narrowing:
    """`names`: what of an address is a filter; everything else in it is passed over."""

    names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, asked: Mapping[str, str], rights: Rights) -> None:
        texts = {name: strip_invisible(str(asked.get(name, ""))) for name in self.names}
        values = {name: text.replace("\0", "")[:LONGEST_TERM] for name, text in texts.items()}
        self.values = {name: value for name, value in values.items() if value}
        self.rights = rights

    @classmethod
    def of_query(cls, query: str, rights: Rights) -> Any:
        return cls(dict(parse_qsl(query[:4000])), rights)

    @property
    def query(self) -> str:
        """The same filter has the same text."""
        return urlencode(sorted(self.values.items()))

    def without(self, *names: str) -> str:
        return urlencode(sorted((name, value) for name, value in self.values.items() if name not in names))

    @cached_property
    def programs(self) -> list[Known]:
        """By name."""
        rows = self.rights.narrowed(Program.objects.order_by("name", "pk"), "pk")
        return [Known(*row) for row in rows.values_list("pk", "name", "time_zone")]

    @property
    def numbers(self) -> list[int]:
        return [program.number for program in self.programs]

    @property
    def program(self) -> int | None:
        return read_id(self.values.get("program"))

    @property
    def zone(self) -> str:
        """In which days begin: of the program that is filtered by, or of the only one; else UTC."""
        zones = [program.zone for program in self.programs if self.program in (None, program.number)]
        return zones[0] if len(zones) == 1 else "UTC"

    def in_one_zone(self, rows: Iterable[Any]) -> list[Any]:
        """The rows of a page, their times in the zone in which the days begin."""
        found = list(rows)
        for row in found:
            row.zone = self.zone
        return found

    def days(self) -> tuple[int | None, int | None]:
        """Milliseconds since 1970 UTC at which the first day begins and the last one has ended."""
        first, last = (read_day(self.values.get(name, "")) for name in ("day_from", "day_to"))
        return day_bounds(first, last, self.zone)


class TransactionNarrowing(Narrowing):
    names = ("q", "program", "partner", "state", "test", "day_from", "day_to")

    def narrow(self, rows: QuerySet) -> QuerySet:
        """Rows of `Transaction`, as far as they may be seen."""
        rows = rows.filter(*self._conditions())
        return self._found(rows, self.values["q"]) if "q" in self.values else rows

    def _conditions(self) -> Iterator[Q]:
        since_ms, until_ms = self.days()
        if self.program:
            yield Q(program_id=self.program)
        if "partner" in self.values:
            yield Q(partner_id__in=partners_meant(self.values["partner"]))
        if self.values.get("state") in TransactionState.values:
            yield Q(state=self.values["state"])
        if self.values.get("state") in (ADJUSTED, TO_SETTLE):
            states = [adjustment.OPEN] if self.values["state"] == TO_SETTLE else list(adjustment.STATES)
            yield Q(pk__in=Adjustment.objects.filter(state__in=states).values("transaction_number"))
        if self.values.get("test") in (WITHOUT_TESTS, TESTS_ONLY):
            yield Q(test=self.values["test"] == TESTS_ONLY)
        if since_ms is not None:
            yield Q(created_ms__gte=since_ms)
        if until_ms is not None:
            yield Q(created_ms__lt=until_ms)

    def _found(self, rows: QuerySet, term: str) -> QuerySet:
        """A ClickID; an order or transaction number, whole; else the beginning of one, a subid, a partner."""
        clicks = clicks_named(term)
        if clicks:
            return rows.filter(click_id__in=clicks)
        exact = rows.filter(Q(program_id__in=self.numbers, tid__in=stored_spellings(term)) | Q(pk=read_id(term) or 0))
        if exact.exists():
            return exact
        begins = Q(program_id__in=self.numbers) & _begins("tid", term)
        return rows.filter(begins | Q(subid=term) | Q(partner_id__in=partners_meant(term)))


class CallNarrowing(Narrowing):
    """Log numbers rise with time, so the primary key answers for a stretch of it."""

    names = ("q", "reason", "program", "from", "until")

    @cached_property
    def clock(self) -> ZoneInfo:
        """By which `from` and `until` are read: the one that the list's times are shown by."""
        return viewer.zone() or ZoneInfo(self.zone)

    def stretch(self) -> tuple[int | None, int | None]:
        """Milliseconds since 1970 UTC of the first instant that is wanted, and of the first that is not any more."""
        since, until = (self.values.get(name, "") for name in ("from", "until"))
        return moment_ms(since, self.clock), moment_ms(until, self.clock, is_end=True)

    def narrow(self, rows: QuerySet) -> QuerySet:
        """Rows of `Postback`, as far as they may be seen."""
        rows = rows.filter(*self._conditions())
        return self._found(rows, self.values["q"]) if "q" in self.values else rows

    def _conditions(self) -> Iterator[Q]:
        since_ms, until_ms = self.stretch()
        reason = self.values.get("reason")
        if reason == UNSAVED:
            yield Q(saved=False)
        elif reason in reasons.REASONS:
            yield Q(reason=reason)
        if self.program:
            yield Q(program_id=self.program)
        if since_ms is not None:
            yield Q(pk__gte=first_id(since_ms))
        if until_ms is not None:
            yield Q(pk__lt=first_id(until_ms))

    def _found(self, rows: QuerySet, term: str) -> QuerySet:
        clicks = clicks_named(term)
        if clicks:
            return rows.filter(click_id__in=clicks)
        known = Q(program_id__in=self.numbers) | Q(program_id__isnull=True)
        wanted = Q(pk=read_id(term) or 0) | (known & Q(tid__in=stored_spellings(term)))
        if (number := log_number(term)) is not None:
            wanted |= Q(pk=number)
            for program, tid in Transaction.objects.filter(pk=read_id(term) or 0).values_list("program_id", "tid"):
                wanted |= Q(program_id=program, tid=tid)
        return rows.filter(wanted)


def visible(rows: QuerySet, rights: Rights) -> QuerySet:
    """Those that may be seen, for a list that is read by its key.

    Of several programs no index has the newest first: as a sum of nothing their number hides from the planner, which
    would sort all of their rows, and the key is walked instead.
    """
    if rights.sees_all or rights.programs is None or len(rights.programs) == 1:
        return rights.narrowed(rows)
    return rows.alias(of_program=F("program_id") + 0).filter(of_program__in=sorted(rights.programs))


def clicks_named(term: str) -> list[int]:
    """Clicks that a ClickID names, ours or another system's."""
    parts = split(upper_clickid(term), term[:2].upper())
    found = set(ImportedClick.objects.filter(pk=term).values_list("click_id", flat=True))
    return sorted(found | ({parts[0]} if parts else set()))


def partners_meant(text: str) -> list[int]:
    """By number, or by what their names contain."""
    meant = Partner.objects.filter(Q(pk=read_id(text) or 0) | Q(name__icontains=text)).order_by("pk")
    return list(meant.values_list("pk", flat=True)[:MAX_PARTNERS_MEANT])


def _begins(column: str, text: str) -> Q:
    """On SQLite as a span, which its index answers; a LIKE would read every row."""
    if connection.vendor == "sqlite":
        return Q(**{f"{column}__gte": text, f"{column}__lt": text + LAST})
    return Q(**{f"{column}__startswith": text})
