"""Rebuild a ledger from the kept journals with the engine's own functions, and compare.

    clicks    of all kept files, applied as the engine applies them
    calls     judged in the order in which they were judged, each with the catalog of that time
    moves     made by hand, made again, each before the signed calls that came after it
    compare   transactions by (program, tid), field by field

Journals are read as far as the ledger had them at the beginning; the server may go on.
What lies outside the kept journals is not rebuilt, only looked up: a click or an earlier
transaction that a kept call needs is taken from the ledger, and the report counts it.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clicktrail.control.boot import boot
from clicktrail.control.ledger import transactionrow
from clicktrail.core.case import Earlier
from clicktrail.core.catalog import Catalog
from clicktrail.core.clickid import NODE_MASK, Checks
from clicktrail.core.foreign import is_importable
from clicktrail.core.lifecycle import MOVES
from clicktrail.core.orders import MAX_SIMILAR, Key
from clicktrail.engine import setaside
from clicktrail.engine.catalogs import Catalogs
from clicktrail.engine.clicks import apply_clicks
from clicktrail.engine.feed import Feed
from clicktrail.engine.keptcalls import KeptCalls
from clicktrail.engine.ledger import Cursor, Ledger, Row, Unit, named
from clicktrail.engine.loop import cursor_row, now_ms
from clicktrail.engine.memory import Intake, Memory, known_click
from clicktrail.engine.postbacks import Call, Judged, KnownClick, judge_calls, read_call
from clicktrail.engine.run import open_ledger
from clicktrail.engine.sql_sqlite import SqliteLedger
from clicktrail.errors import CatalogError, LedgerError
from clicktrail.journal.events import Postback
from clicktrail.journal.local import File, Read, Reader
from clicktrail.keys import load as load_keys
from clicktrail.settings import Settings

ALIAS = "replay"
PAGE = 1000
MAX_LISTED = 1000
"""Differences and outside rows that are named; all are counted."""

COMPARED = named(
    "partner_id subid creative_id product revenue_minor commission_minor currency state test manual clicked_ms "
    "created_ms trusted held_for revision adjusted_revenue_minor adjusted_commission_minor"
)
VERBS = {(begin, end): verb for (begin, verb), end in MOVES.items()}
TRANSACTIONS = (
    f"SELECT number, program_id, tid, postback_id, {', '.join(COMPARED)} FROM ledger_transaction "  # noqa: S608
    "WHERE number > ? ORDER BY number LIMIT ?"
)
MOVE = (
    "SELECT m.id, t.program_id, t.tid, m.from_state, m.to_state, m.actor, m.reason, m.at_ms, m.changes, m.revision, "
    "CASE WHEN p.reason = 'conflict' THEN NULL ELSE m.call_id END "
    "FROM ledger_move m JOIN ledger_transaction t ON t.number = m.transaction_number "
    "LEFT JOIN ledger_postback p ON p.id = m.call_id"
)
"""Where somebody took a conflicting call's word, it is his move, not the call's."""
HAND_MADE = f"{MOVE} WHERE (m.call_id IS NULL OR p.reason = 'conflict') AND m.id > ? ORDER BY m.id LIMIT ?"
"""Made by people; what calls have changed the calls change again."""
MOVES_ON = f"{MOVE} WHERE t.program_id = ? AND t.tid = ? ORDER BY m.id"
JUDGED_MS = "SELECT judged_ms FROM ledger_postback WHERE id = ?"
NEVER_MS = 1 << 62
"""A transaction that said its last word then is changed by no call."""


@dataclass(frozen=True, slots=True)
class Difference:
    """field is `missing` (only the ledger has it), `added` (only the rebuilt one), or a column."""

    program: int
    tid: str
    field: str
    ledger: Any = None
    rebuilt: Any = None


@dataclass(slots=True)
class Report:
    clicks: int = 0
    calls: int = 0
    transactions: int = 0
    moves: int = 0
    outside: int = 0
    """Transactions of the ledger whose call is in no kept journal: not rebuilt."""
    outside_clicks: int = 0
    """Clicks that a kept call names and that only the ledger still has."""
    outside_rows: list[Key] = field(default_factory=list)
    different: int = 0
    differences: list[Difference] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Journal files that could not be read, each with the reason."""

    @property
    def agrees(self) -> bool:
        return not self.different and not self.broken

    def add(self, difference: Difference) -> None:
        self.different += 1
        if len(self.differences) < MAX_LISTED:
            self.differences.append(difference)

    def add_outside(self, program: int, tid: str) -> None:
        self.outside += 1
        if len(self.outside_rows) < MAX_LISTED:
            self.outside_rows.append((program, tid))


def replay(settings: Settings, into: Path) -> Report:
    """Rebuild into a new SQLite file, whatever database the ledger is on; the ledger itself is only read.

    Raises LedgerError where the file is there already, or the ledger is out of reach.
    """
    if into.exists():
        raise LedgerError(f"{into} is there already: name a file that is not.")
    original = open_ledger(settings)
    original.connect()
    try:
        _make_ledger(settings, into)
        with closing(_Rebuild(settings, original, into.resolve())) as rebuild:
            return rebuild.run()
    finally:
        original.close()


class _Rebuild:
    def __init__(self, settings: Settings, original: Ledger, into: Path) -> None:
        self.original = original
        self.fresh = SqliteLedger(into)
        self.fresh.connect()
        self.memory = Memory(self.fresh, self.fresh.take_over())
        self.memory.high = [0] * (NODE_MASK + 1)
        self.reader = Reader(settings.journal_folder)
        self.feed = Feed(_AsFarAsRead(self.reader, original.cursors()), {})
        self.aside = setaside.known(original)
        self.next_transaction = original.numbers().next_transaction
        keys = load_keys(settings.keys_folder)
        self.read_clickid = Checks(keys.clickid, keys.current, settings.prefix).read
        self.catalogs = Catalogs(settings.catalog_folder)
        self.catalog = _required(self.catalogs.current())
        self.report = Report()
        self.calls = KeptCalls()
        self._repeated: set[int] = set()

    def close(self) -> None:
        from django.db import connections

        connections[ALIAS].close()
        self.calls.close()
        self.reader.close()
        self.fresh.close()

    def run(self) -> Report:
        self._apply_clicks()
        for rows in self.calls.in_order():
            self._judge(rows)
        self._repeat_moves()
        self._compare()
        self._look_for_added()
        self.report.broken = list(self.feed.broken.values())
        return self.report

    def _apply_clicks(self) -> None:
        while haul := self.feed.take(5 * PAGE):
            intake = Intake(self.memory, self.fresh, self.read_clickid)
            intake.add([setaside.without(part, self.aside) for part in haul.parts] if self.aside else haul.parts)
            intake.settle()
            rows = apply_clicks(intake.clicks, self.catalog, self.memory.visitors, self.memory.rollups)
            self._store(Unit(self.memory.numbers, now_ms(), rows, cursors=[
                cursor_row(cursor, now_ms()) for cursor in haul.cursors.values()
            ], imported=list(intake.imported.items())))  # fmt: skip
            self.feed.accept(haul)
            self.report.clicks += len(rows)
            self._keep([call.event for call in intake.calls])

    def _store(self, unit: Unit) -> None:
        unit.sums = self.memory.rollups.drain()
        if not self.fresh.write(unit):
            raise LedgerError("The rebuilt ledger has an order twice, which cannot be.")
        self.memory.numbers = unit.numbers

    def _keep(self, events: list[Postback]) -> None:
        """Calls wait until all clicks are there, with the order and the catalog of their first judging."""
        events = [event for event in events if (setaside.WAITING, event.id, 0) not in self.aside]
        self.report.calls += len(events)
        known = self.original.judged([event.id for event in events])
        self.calls.add([(known.get(event.id, (None, event.catalog)), event) for event in events])

    def _judge(self, rows: list[Postback]) -> None:
        """Together, but for calls that may change what people have moved: it is brought to where it was then."""
        together: list[Call] = []
        for call in [read_call(event, self.read_clickid, tick=0) for event in rows]:
            due = self._due(call) if call.typed.proofs.trusted else []
            if due:
                self._judge_together(together)
                self._repeat(due)
                together = []
            together.append(call)
        self._judge_together(together)

    def _due(self, call: Call) -> list[Row]:
        """Moves by hand that came before its judging: by the revision that the call made, else by time."""
        moves = self.original.all(MOVES_ON, call.key)
        hand_made = [row for row in moves if row[-1] is None and row[0] not in self._repeated]
        if not hand_made:
            return []
        made = next((row[-2] for row in moves if row[-1] == call.event.id), None)
        if made is not None:
            return [row for row in hand_made if row[-2] < made]
        judged = self.original.all(JUDGED_MS, (call.event.id,))
        judged_ms = judged[0][0] if judged and judged[0][0] is not None else call.event.at_ms
        return [row for row in hand_made if row[7] <= judged_ms]

    def _judge_together(self, calls: list[Call]) -> None:
        if not calls:
            return
        judged = judge_calls(calls, _Facts(self), self.memory.numbers, self.memory.rollups, now_ms())
        self._store(_unit(judged))
        self.report.transactions += len(judged.transactions)

    def _repeat_moves(self) -> None:
        for rows in _pages(self.original, HAND_MADE):
            self._repeat(rows)

    def _repeat(self, rows: list[Row]) -> None:
        """Moves of MOVE, made again in their order, each once."""
        if not rows:
            return
        stands = {(row[0], row[1]): row[2:] for row in self.fresh.earlier([(row[1], row[2]) for row in rows])}
        for id, program, tid, *move, _, _ in rows:
            row = stands.get((program, tid))
            if row is not None and id not in self._repeated:
                self._repeated.add(id)
                self.report.moves += repeat(transactionrow.read(row).number, *move)

    def _compare(self) -> None:
        for rows in _pages(self.original, TRANSACTIONS):
            rebuilt = self._rebuilt([(row[1], row[2]) for row in rows])
            for number, program, tid, call, *kept in rows:
                if number < self.next_transaction:
                    self._compare_one(program, tid, call, kept, rebuilt.get((program, tid)))

    def _compare_one(self, program: int, tid: str, call: int, kept: list[Any], rebuilt: Row | None) -> None:
        if rebuilt is None and not self.calls.has(call):
            self.report.add_outside(program, tid)
        elif rebuilt is None:
            self.report.add(Difference(program, tid, "missing"))
        else:
            for name, before, now in zip(COMPARED, kept, rebuilt, strict=True):
                if before != now:
                    self.report.add(Difference(program, tid, name, before, now))

    def _rebuilt(self, keys: list[Key]) -> dict[Key, Row]:
        rows = self.fresh.all(
            f"SELECT t.program_id, t.tid, {', '.join('t.' + name for name in COMPARED)} FROM json_each(?) AS k "  # noqa: S608
            "CROSS JOIN ledger_transaction AS t ON t.program_id = k.value ->> 0 AND t.tid = k.value ->> 1",
            (json.dumps(keys),),
        )
        return {(row[0], row[1]): row[2:] for row in rows}

    def _look_for_added(self) -> None:
        for rows in _pages(self.fresh, TRANSACTIONS):
            keys = [(row[1], row[2]) for row in rows]
            kept = {(row[0], row[1]) for row in self.original.earlier(keys)}
            for program, tid in keys:
                if (program, tid) not in kept:
                    self.report.add(Difference(program, tid, "added"))


class _AsFarAsRead:
    """The journals up to where the ledger had them when this began: its engine may be running."""

    def __init__(self, reader: Reader, cursors: dict[str, Cursor]) -> None:
        self._reader, self._cursors = reader, cursors

    def files(self) -> list[File]:
        return [file for file in self._reader.files() if file.identity in self._cursors]

    def read(self, file: File, after_seq: int, limit_events: int) -> Read:
        end = self._cursors[file.identity].seq
        found = self._reader.read(file, after_seq, limit_events)
        if found.last_seq < end:
            return found
        return Read([(seq, body) for seq, body in found.batches if seq <= end], True, True, end)

    def pending(self, file: File, after_seq: int) -> int:
        return self._reader.pending(file, after_seq)

    def forget(self, file: File) -> None:
        self._reader.forget(file)


class _Facts:
    """What judging looks up: the rebuilt ledger first, then what only the original has."""

    def __init__(self, rebuild: _Rebuild) -> None:
        self._rebuild = rebuild

    def clicks(self, ids: list[int]) -> dict[int, KnownClick]:
        found = {row[0]: known_click(row) for row in self._rebuild.fresh.clicks(sorted(set(ids)))}
        missing = sorted(set(ids) - found.keys())
        outside = {row[0]: known_click(row) for row in self._rebuild.original.clicks(missing)} if missing else {}
        for click in outside.values():
            click.counted = True  # Its sums are outside too: an order that names it must not change them.
        self._rebuild.report.outside_clicks += len(outside)
        return outside | found

    def imported(self, calls: list[Call]) -> dict[int, int]:
        """An order that came before its click was imported was judged without it, and is so again."""
        texts = {call.event.id: call.typed.clickid for call in calls if is_importable(call.typed.clickid)}
        wanted = sorted(set(texts.values()))
        known: dict[str, int] = dict(self._rebuild.original.imported(wanted)) if wanted else {}
        known |= dict(self._rebuild.fresh.imported(wanted)) if wanted else {}
        found = {id: known[text] for id, text in texts.items() if text in known}
        without = self._judged_without(sorted(found))
        return {id: click for id, click in found.items() if id not in without}

    def _judged_without(self, calls: list[int]) -> set[int]:
        if not calls:
            return set()
        marks = ", ".join("?" * len(calls))
        rows = self._rebuild.original.all(
            f"SELECT id FROM ledger_postback WHERE click_id IS NULL AND id IN ({marks})",  # noqa: S608
            tuple(calls),
        )
        return {row[0] for row in rows}

    def earlier(self, keys: list[Key]) -> dict[Key, Earlier]:
        """An earlier transaction of the original counts only where its own call is in no kept journal."""
        if not keys:
            return {}
        keys = sorted(set(keys))
        found = {(row[0], row[1]): transactionrow.read(row[2:]) for row in self._rebuild.fresh.earlier(keys)}
        rows = self._rebuild.original.earlier([key for key in keys if key not in found])
        for row in self._outside(rows):
            # As it stands today, so no call of long ago may change it, and none of its row is here.
            found[(row[0], row[1])] = replace(transactionrow.read(row[2:]), trusted=True, stamp_ms=NEVER_MS)
        return found

    def conflict_counts(self, keys: list[str]) -> dict[str, int]:
        return self._rebuild.fresh.conflict_counts(keys) if keys else {}

    def similar(self, keys: list[Key]) -> dict[Key, Earlier]:
        """As with `earlier`: of the original only what no kept call creates."""
        rows = [*self._outside(self._rebuild.original.similar(keys, MAX_SIMILAR))]
        rows += self._rebuild.fresh.similar(keys, MAX_SIMILAR)
        return {(row[0], row[1]): transactionrow.read(row[2:]) for row in rows}

    def _outside(self, rows: list[Row]) -> list[Row]:
        makers = self._rebuild.original.makers([row[2] for row in rows])
        return [row for row in rows if not self._rebuild.calls.has(makers.get(row[2]))]

    def catalog(self, version: int) -> Catalog:
        return self._rebuild.catalogs.at(version) or self._rebuild.catalog

    def is_final(self, click_id: int, tick: int) -> bool:  # noqa: ARG002 - nothing more will come
        return True


def _unit(judged: Judged) -> Unit:
    return Unit(
        judged.numbers, now_ms(), named=judged.named, transactions=judged.transactions, postbacks=judged.postbacks,
        changes=judged.changes, moves=judged.moves, adjustments=judged.adjustments, following=judged.following,
        conflict_groups=judged.conflict_groups,
    )  # fmt: skip


def repeat(number: int, begin: str, end: str, actor: str, reason: str, at_ms: int, changes: str) -> bool:
    """Make a move again in the rebuilt ledger; whether there was anything to make."""
    from django.db import connections

    from clicktrail.control.ledger import moves

    deed = moves.Deed(actor, reason, at_ms)
    if changes:
        said = json.loads(changes)
        moves.change(
            connections[ALIAS], number, lambda seen: moves.again(seen, end, said), deed, moves.entry_move(said)
        )
    elif (begin, end) in VERBS:
        moves.move(connections[ALIAS], number, VERBS[(begin, end)], actor, reason, at_ms)
    else:
        return False
    return True


def _pages(ledger: Ledger, statement: str) -> Iterator[list[Row]]:
    """Rows by their first column, a page at a time: no read stays open."""
    after = 0
    while rows := ledger.all(statement, (after, PAGE)):
        yield rows
        after = rows[-1][0]


def _required(catalog: Catalog | None) -> Catalog:
    if catalog is None:
        raise CatalogError("There is no published catalog: run `clicktrail init` or `clicktrail catalog apply` first.")
    return catalog


def _make_ledger(settings: Settings, into: Path) -> None:
    """The tables, and the catalog as it stands: with it the rebuilt ledger could be used in place of the other."""
    boot(settings, "ledger")
    from django.core.management import call_command
    from django.db import connections

    values = {"ENGINE": "clicktrail.control.db.sqlite", "NAME": str(into.resolve())}
    connections.settings[ALIAS] = connections.configure_settings({"default": {}, ALIAS: values})[ALIAS]
    if hasattr(connections._connections, ALIAS):  # type: ignore[attr-defined]
        del connections[ALIAS]
    into.touch(mode=0o600)
    call_command("migrate", database=ALIAS, interactive=False, verbosity=0)
    _copy_catalog()


def _copy_catalog() -> None:
    from django.apps import apps
    from django.db import transaction

    with transaction.atomic(using=ALIAS):
        for model in apps.get_app_config("catalog").get_models():
            model._default_manager.using(ALIAS).all().delete()
            model._default_manager.using(ALIAS).bulk_create(model._default_manager.using("default").all())
