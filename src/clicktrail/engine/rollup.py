"""Sums of one unit, in memory, until they are added to the rows of the ledger.

Clicks and orders are added up by the hour; days, months and whole programs are these hours added up once more, so
that a page about a year reads some thousand rows. All go into the ledger together.

Rows are bounded: ids that the catalog does not know count under 0, and of subids and
referrer hosts at most 1,000 a program, partner and day get a row, the rest is "other".
Anyone can send clicks with invented values, so another 1,000 rows are kept for values that earn, or that
earned or were there on the days before. Rows are not deleted: what is taken out again later
(`control/ledger/moves.py`) finds the row it was added to.
"""

from collections.abc import Callable
from functools import partial
from operator import add

from clicktrail.core.catalog import TEST_PARTNER, Catalog, Program
from clicktrail.core.periods import MAX_ROWS_OF_VALUES, MAX_VALUES, QUARTER_MS, bucket_s, day_of, month_of
from clicktrail.engine.ledger import Row, Sums

MAX_KEPT_VALUES = 500_000
"""Values in memory over all groups, 60 MB; above it they are read from the ledger again when needed."""

GROSS, NET, BOT, REFUSED, TRANSACTIONS, REVENUE, COMMISSION = range(7)
"""Places in a sum. A net click is counted under NET alone; GROSS is added at the end."""
ZERO = (0,) * 7

Sum = list[int]
LoadValues = Callable[[str, int, int, int], set[str]]
"""(table, day, program, partner) -> the values that have a row of their own; or that are known from days before."""


class Group:
    """The subids, or the hosts, of one program, partner and day."""

    __slots__ = ("_load_regular", "_regular", "known", "other", "sums")

    def __init__(self, known: set[str], load_regular: Callable[[], set[str]]) -> None:
        self.known = known
        self.sums: dict[str, Sum] = {}
        self.other: Sum | None = None
        self._load_regular = load_regular
        self._regular: set[str] | None = None

    def sum(self, value: str, *, earns: bool = False) -> Sum:
        """Where the value is counted. earns: it has a transaction, not only a click."""
        found = self.sums.get(value)
        return self._admit(value, earns) if found is None else found

    def _admit(self, value: str, earns: bool) -> Sum:
        if value not in self.known:
            if not self._has_room(value, earns):
                if self.other is None:
                    self.other = list(ZERO)
                return self.other
            self.known.add(value)
        found = self.sums[value] = list(ZERO)
        return found

    def _has_room(self, value: str, earns: bool) -> bool:
        """Days before are looked up once, and only where a day has very many values."""
        if len(self.known) < MAX_VALUES:
            return True
        if len(self.known) >= MAX_ROWS_OF_VALUES:
            return False
        if not earns and self._regular is None:
            self._regular = self._load_regular()
        return earns or value in (self._regular or ())

    def size(self) -> int:
        return len(self.known) + len(self._regular or ())


class Slot:
    """Where clicks and orders of one quarter-hour, partner and creative are added up."""

    __slots__ = ("hosts", "hour", "subids")

    def __init__(self, hour: Sum, subids: Group, hosts: Group) -> None:
        self.hour, self.subids, self.hosts = hour, subids, hosts

    def add(self, place: int, subid: str, host: str, amount: int = 1) -> None:
        earns = place >= TRANSACTIONS
        self.hour[place] += amount
        self.subids.sum(subid, earns=earns)[place] += amount
        self.hosts.sum(host, earns=earns)[place] += amount


class Rollups:
    def __init__(self, load: LoadValues, load_regular: LoadValues) -> None:
        self._load, self._load_regular = load, load_regular
        self._groups: dict[tuple[str, int, int, int], Group] = {}
        self._touched: set[tuple[str, int, int, int]] = set()
        self._hours: dict[tuple[int, int, int, int, int], Sum] = {}
        self._day_of: dict[tuple[int, int], int] = {}
        """(hour, program) -> day of the program's zone."""
        self._slots: dict[tuple[int, int, int, int], Slot] = {}

    def slot(self, at_ms: int, program: int, partner: int, creative: int, catalog: Catalog) -> Slot:
        """Where a click belongs: its product is the creative's, else the program's default."""
        key = (at_ms // QUARTER_MS, program, partner, creative)
        found = self._slots.get(key)
        if found is None:
            found = self._slots[key] = self._slot_of_click(at_ms, program, partner, creative, catalog)
        return found

    def _slot_of_click(self, at_ms: int, program: int, partner: int, creative: int, catalog: Catalog) -> Slot:
        known = catalog.creatives.get(creative)
        name = (known.product if known else None) or _default_product(catalog.programs.get(program))
        product = catalog.product(program, name) if name else None
        return self.at(at_ms, program, partner, creative, product.id if product else 0, catalog)

    def at(self, at_ms: int, program: int, partner: int, creative: int, product: int, catalog: Catalog) -> Slot:
        """Where something of this product belongs."""
        found = catalog.programs.get(program)
        program = program if found else 0
        partner = partner if partner in catalog.partners else 0
        creative = creative if creative in catalog.creatives else 0
        day = day_of(found.time_zone if found else "UTC", at_ms)
        key = (bucket_s(at_ms, found.rollup_minutes if found else 60), program, partner, creative, product)
        hour = self._hours.setdefault(key, list(ZERO))
        self._day_of[key[0], program] = day
        return Slot(hour, self._group("subid", day, program, partner), self._group("referrer", day, program, partner))

    def _group(self, table: str, day: int, program: int, partner: int) -> Group:
        key = (table, day, program, partner)
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = Group(self._load(*key), partial(self._load_regular, *key))
        self._touched.add(key)
        return found

    def drain(self) -> Sums:
        """What is to be added to the ledger. Begins anew."""
        hours = [(key, _measures(sums)) for key, sums in sorted(self._hours.items()) if any(sums)]
        days, months, programs = self._longer(hours)
        rows = [key + sums for key, sums in hours]
        drained = Sums(rows, days, months, programs, self._rows_of("subid"), self._rows_of("referrer"))
        self._hours.clear()
        self._day_of.clear()
        self._slots.clear()
        self._touched.clear()
        if sum(group.size() for group in self._groups.values()) > MAX_KEPT_VALUES:
            self._groups.clear()
        return drained

    def _longer(self, hours: list[tuple[Row, Row]]) -> tuple[list[Row], list[Row], list[Row]]:
        """The hours as days, months and days of whole programs."""
        days: dict[Row, Row] = {}
        months: dict[Row, Row] = {}
        programs: dict[Row, Row] = {}
        for (bucket, program, partner, *place), sums in hours:
            day = self._day_of[bucket, program]
            _add(days, (program, day, partner, *place), sums)
            _add(months, (program, month_of(day), partner, *place), sums)
            if partner != TEST_PARTNER:
                _add(programs, (program, day), sums)
        return _rows(days), _rows(months), _rows(programs)

    def _rows_of(self, table: str) -> list[Row]:
        rows: list[Row] = []
        for place in self._touched:
            kind, *key = place
            if kind != table:
                continue
            group = self._groups[place]
            rows += [(*key, False, value, *_measures(sums)) for value, sums in group.sums.items() if any(sums)]
            if group.other is not None:
                rows.append((*key, True, "", *_measures(group.other)))
            group.sums, group.other = {}, None
        return sorted(rows)


def _default_product(program: Program | None) -> str | None:
    return program.default_product if program else None


def _measures(sums: Sum) -> Row:
    return (sums[GROSS] + sums[NET], *sums[NET:])


def _add(rows: dict[Row, Row], key: Row, sums: Row) -> None:
    found = rows.get(key)
    rows[key] = sums if found is None else tuple(map(add, found, sums))


def _rows(sums: dict[Row, Row]) -> list[Row]:
    return [key + row for key, row in sorted(sums.items()) if any(row)]
