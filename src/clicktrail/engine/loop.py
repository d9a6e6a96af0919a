"""The engine: read a batch of all journals, judge it, store it in one transaction, tell who waits.

    take      rows of the journals, oldest first                              feed.py
    sort      new clicks and calls; what the ledger has already falls out     memory.py
    again     the journals of missing clicks, once more to their ends         feed.py
    apply     clicks: which count                                             clicks.py
    judge     calls, and those that waited                                    postbacks.py
    store     rows, sums, cursors and counters, fenced, in one transaction    sql_*.py
    tell      final verdicts to the edges that wait                           answers.py

Nothing is remembered of a unit that was not stored; see `memory.py`.
"""

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import IO

from clicktrail.core.case import Verdict
from clicktrail.core.catalog import Catalog
from clicktrail.core.clickid import Reader
from clicktrail.engine import setaside
from clicktrail.engine.catalogs import Catalogs
from clicktrail.engine.clicks import apply_clicks
from clicktrail.engine.feed import Feed, Haul, JournalReader, Part
from clicktrail.engine.ledger import Busy, Cursor, Fenced, Ledger, Numbers, Refused, Row, Trouble, Unit
from clicktrail.engine.memory import Intake, LedgerFacts, Memory
from clicktrail.engine.postbacks import Call, Judged, judge_calls
from clicktrail.errors import StartError
from clicktrail.journal.events import Click, Event
from clicktrail.settings import Settings

FIRST_LIMIT = 2000
MIN_LIMIT, MAX_LIMIT = 200, 20_000
"""Events in one transaction; between the two the number follows how long the last ones took."""
MAX_READY = 1000
"""Waiting calls judged in one unit."""
MAX_ATTEMPTS = 400
"""Attempts to store a part of a refused row in one step; a search that needs more goes on in the next."""
MAX_UNEXPLAINED = 3
"""A row that is refused so often, although all of its events can be stored, is set aside whole."""
JUDGING_COSTS = 4
"""A call costs as much as so many clicks: the limit counts it so."""

log = logging.getLogger(__name__)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Progress:
    """What one step did."""

    events: int = 0
    """Events that the ledger has now and did not have before."""
    final: list[tuple[int, Verdict]] = field(default_factory=list)
    """(call, verdict) of calls judged for good."""
    moved: bool = False
    """Whether anything was stored: then there may be more at once."""


@dataclass(slots=True)
class Prepared:
    unit: Unit
    judged: Judged
    ready: list[Call]


class Engine:
    """One engine for one ledger. `open`, then `step` again and again; Trouble means `recover`, later."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        reader: JournalReader,
        read_clickid: Reader,
        *,
        catalogs: Catalogs | None = None,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.settings, self.ledger = settings, ledger
        self.catalogs = catalogs or Catalogs(settings.catalog_folder)
        self._read_clickid, self._clock = read_clickid, clock
        self.feed = Feed(reader, {})
        self.memory = Memory(ledger, Numbers(0, 1, 1))
        self.limit = FIRST_LIMIT
        self.units = 0
        """Units stored since the start."""
        self._aside: dict[setaside.Place, str] = {}
        self._held: IO[str] | None = None
        self._stuck: dict[int, tuple[Call, str]] = {}
        """Waiting calls that cannot be stored: they stay in the log as waiting, with a note set aside."""
        self._unnoted: set[int] = set()
        """Those whose note is not in the ledger yet."""
        self._small = 0
        """After a unit was refused: events of the next one, down to one row of a journal. 0: as many as usual."""
        self._unexplained = 0
        """How often the same row was refused, although each of its events could be stored."""
        self._held_up: tuple[Haul, Prepared] | None = None

    def hold(self) -> None:
        """Take the data folder for this engine; raises StartError where another has it."""
        self._held = self._held or hold(self.settings)

    def open(self) -> None:
        """Raises StartError where another engine holds the data folder, Trouble where the ledger is out of reach."""
        self.hold()
        self.ledger.connect()
        self._remember(self.ledger.take_over())

    def close(self) -> None:
        self.ledger.close()
        if self._held is not None:
            self._held.close()
            self._held = None

    def recover(self) -> None:
        """Connect anew and read from the ledger where it stands. Raises Trouble, Fenced."""
        self.ledger.connect()
        numbers = self.ledger.numbers()
        if numbers.epoch > self.memory.numbers.epoch:
            raise Fenced("Another engine has taken over this ledger; this one ends.")
        # A lower epoch is an older copy of the ledger, put back by hand.
        self._remember(numbers if numbers.epoch == self.memory.numbers.epoch else self.ledger.take_over())

    def _remember(self, numbers: Numbers) -> None:
        """All that is known comes from the ledger; reading goes on behind its cursors."""
        memory = Memory(self.ledger, numbers)
        memory.read(self.ledger, self._read_clickid)
        self.feed.reset(self.ledger.cursors())
        self.memory = memory
        self._held_up = None

    def step(self) -> Progress:
        """One unit. Raises Busy (nothing lost, step again), Trouble, Fenced."""
        catalog = self.catalogs.current()
        if catalog is None:
            return Progress()
        haul = self._held_up[0] if self._held_up else self.feed.take(self._small or self.limit)
        try:
            prepared = self._held_up[1] if self._held_up else self._prepare_all(haul, catalog)
            return self._store(haul, prepared) if prepared else Progress()
        except Refused as fault:
            self._divide(haul, catalog, fault)
            return Progress(moved=True)

    def _prepare_all(self, haul: Haul, catalog: Catalog) -> Prepared | None:
        """The next unit; None where there is nothing to store."""
        prepared = self._prepare(haul, catalog, self.memory)
        if not haul and not prepared.ready:
            return None
        prepared.unit.cursors = [cursor_row(c, self._clock()) for c in haul.cursors.values()]
        prepared.unit.aside = setaside.rows(haul.parts, self._aside, self._clock()) + self._stuck_rows()
        return prepared

    def _store(self, haul: Haul, prepared: Prepared) -> Progress:
        """While somebody else holds the ledger the unit is kept, and stored by a later step."""
        self._held_up = (haul, prepared)
        if not self._write(prepared.unit):
            self._remember(self.ledger.numbers())
            return Progress(moved=True)
        self._held_up = None
        self._accept(haul, prepared)
        self.ledger.checkpoint(idle=False)
        self.ledger.yield_to_others()
        return Progress(haul.events, prepared.judged.final, moved=True)

    def _prepare(self, haul: Haul, catalog: Catalog, memory: Memory, trial: list[Call] | None = None) -> Prepared:
        """Everything in memory; only look-ups. Raises Refused for whatever goes wrong with an event."""
        try:
            return self._work_out(haul, catalog, memory, trial)
        except (Busy, Trouble, Refused, Fenced):
            raise
        except Exception as fault:
            raise Refused(f"{type(fault).__name__}: {fault}") from fault

    def _work_out(self, haul: Haul, catalog: Catalog, memory: Memory, trial: list[Call] | None) -> Prepared:
        """With `trial` nothing more is read, and of the waiting calls only these are judged."""
        intake = Intake(memory, self.ledger, self._read_clickid)
        intake.add(self._kept(haul.parts))
        facts = LedgerFacts(intake, self.ledger, self.catalogs, self.feed, catalog)
        missing = facts.missing_nodes(intake.calls) if trial is None and intake.calls and not self._small else set()
        if missing:
            before = len(haul.parts)
            self.feed.take(self.limit, haul, missing)
            intake.add(self._kept(haul.parts[before:]))
        intake.settle()
        clicks = apply_clicks(intake.clicks, catalog, memory.visitors, memory.rollups)
        ready = self._ready(intake.clicks, memory) if trial is None else trial
        judged = judge_calls(ready + intake.calls, facts, memory.numbers, memory.rollups, self._clock())
        unit = Unit(
            judged.numbers, self._clock(), clicks, judged.named, judged.transactions, judged.postbacks,
            judged.verdicts, judged.changes, judged.moves, judged.adjustments, judged.following,
            memory.rollups.drain(), deliveries=judged.deliveries, imported=list(intake.imported.items()),
            conflict_groups=judged.conflict_groups,
        )  # fmt: skip
        return Prepared(unit, judged, ready)

    def _kept(self, parts: list[Part]) -> list[Part]:
        return [setaside.without(part, self._aside) for part in parts] if self._aside else parts

    def _ready(self, clicks: Iterable[Click], memory: Memory) -> list[Call]:
        if not len(memory.waiting):
            return []
        limit = MAX_READY + len(self._stuck)
        ready = memory.waiting.ready((click.id for click in clicks), self.feed.read_to_end, limit)
        return [call for call in ready if call.event.id not in self._stuck]

    def _stuck_rows(self) -> list[Row]:
        stuck = [self._stuck[id] for id in sorted(self._unnoted)]
        return [setaside.row_of_waiting(call.event, note, self._clock()) for call, note in stuck]

    def _write(self, unit: Unit) -> bool:
        began_s = time.perf_counter()
        stored = self.ledger.write(unit)
        self._adapt(time.perf_counter() - began_s, len(unit.clicks) + JUDGING_COSTS * len(unit.postbacks))
        return stored

    def _adapt(self, took_s: float, events: int) -> None:
        """Larger units while they are quick, smaller ones where a transaction lasts too long for others."""
        if took_s > self.ledger.target_s:
            self.limit = max(MIN_LIMIT, int(self.limit * max(0.5, self.ledger.target_s / took_s)))
        elif events >= self.limit // 2:
            self.limit = min(MAX_LIMIT, int(self.limit * min(1.25, self.ledger.target_s / took_s)))

    def _accept(self, haul: Haul, prepared: Prepared) -> None:
        """The unit is in the ledger: memory follows."""
        memory, judged = self.memory, prepared.judged
        memory.numbers = judged.numbers
        memory.imported = memory.imported or bool(prepared.unit.imported)
        still = {call.event.id for call in judged.waiting}
        for call in prepared.ready:
            if call.event.id not in still:
                memory.waiting.remove(call)
        for call in judged.waiting:
            if not call.waited:
                memory.waiting.add(call)
        self.feed.accept(haul)
        self.units += 1
        self._aside.clear()
        self._unnoted.clear()
        self._unexplained = 0
        self._small = self._small * 2 if self._small * 2 < self.limit else 0
        log.debug("unit stored: %d events, %d verdicts", haul.events, len(judged.final))

    def _divide(self, haul: Haul, catalog: Catalog, fault: Refused) -> None:
        """The unit was refused: the next one is half as large. A single row is searched for what cannot be stored.

        Perhaps memory was wrong: it is read again in any case.
        """
        log.warning("a unit of %d events was refused: %s", haul.events, fault)
        try:
            if len([part for part in haul.parts if part.events]) > 1:
                self._small = max(1, min(haul.events, self._small or self.limit) // 2)
            else:
                self._small = 1
                self._search(haul, catalog, fault)
        finally:
            self._remember(self.ledger.numbers())

    def _search(self, haul: Haul, catalog: Catalog, fault: Refused) -> None:
        """Set aside the events, and waiting calls, that cannot be stored beside the others."""
        events = [(place, part, event) for part in self._kept(haul.parts) for place, event in setaside.places(part)]
        clicks = [event for _, _, event in events if isinstance(event, Click)]
        items: list[_Item] = [*events, *self._ready(clicks, self.memory)]
        with self.ledger.trial():
            found = setaside.find(items, lambda some: self._try_to_store(some, catalog), MAX_ATTEMPTS)
        self._unexplained = 0 if found else self._unexplained + 1
        if not found and self._unexplained >= MAX_UNEXPLAINED:
            if not items:
                raise Trouble("The ledger refuses a unit without events: is it damaged?") from fault
            found = [(item, str(fault)) for item in items]
        for item, note in found:
            self._note(item, note)

    def _note(self, item: "_Item", note: str) -> None:
        if isinstance(item, Call):
            log.error("waiting call set aside: %d: %s", item.event.id, note)
            self._stuck[item.event.id] = (item, note)
            self._unnoted.add(item.event.id)
        else:
            log.error("event set aside: file %s, row %d, position %d: %s", *item[0], note)
            self._aside[item[0]] = note

    def _try_to_store(self, items: Sequence["_Item"], catalog: Catalog) -> str | None:
        """Why these cannot be stored; None where they are, for as long as the trial lasts.

        The visitors' window is left out: nobody looks at the result.
        """
        calls = [item for item in items if isinstance(item, Call)]
        parts = [
            Part(part.identity, part.seq, part.tick, [event], [place[2]])
            for place, part, event in (item for item in items if not isinstance(item, Call))
        ]

        def unit() -> Unit:
            numbers = replace(self.ledger.numbers(), epoch=self.memory.numbers.epoch)
            return self._prepare(Haul(parts), catalog, Memory(self.ledger, numbers), trial=calls).unit

        try:
            self.ledger.attempt(unit)
        except Refused as fault:
            return str(fault)
        return None


_Item = tuple[setaside.Place, Part, Event] | Call
"""What may be set aside: an event of a journal's row, or a call that waited."""


def hold(settings: Settings) -> IO[str]:
    """The lock of a data folder's engine, until it is closed. Raises StartError."""
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    handle = (settings.run_folder / "engine.lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise StartError(f"Another engine works on {settings.data}: stop it first.") from None
    os.set_inheritable(handle.fileno(), False)
    return handle


def cursor_row(cursor: Cursor, at_ms: int) -> tuple[object, ...]:
    """A row of `ledger.CURSOR`; a file is finished when its seal was read."""
    finished_ms = at_ms if cursor.sealed else None
    return (cursor.identity, cursor.node, cursor.name, cursor.seq, cursor.sealed, finished_ms)
