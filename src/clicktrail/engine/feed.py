"""What the engine reads: rows of all journals, the oldest first, and how far each node was read.

A pass has a number. A node is *read to its end in pass n* when a read of its journal that
began in pass n found nothing behind what has been handed out. A call that was read in
pass m and misses its click may be judged once its node was read to its end in a pass
after m: its ClickID left the edge only after the click was durable.
"""

import heapq
import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from clicktrail.core.clickid import made_ms
from clicktrail.engine.ledger import Cursor
from clicktrail.errors import JournalBroken
from clicktrail.journal.events import Click, Event, decode_batch
from clicktrail.journal.local import File, Read

log = logging.getLogger(__name__)

READ_AHEAD_EVENTS = 4000
"""Read from one file at a time and kept until handed out."""


class JournalReader(Protocol):
    def files(self) -> list[File]: ...

    def read(self, file: File, after_seq: int, limit_events: int) -> Read: ...

    def pending(self, file: File, after_seq: int) -> int: ...

    def forget(self, file: File) -> None: ...


@dataclass(frozen=True, slots=True)
class Torn:
    """A part of a journal row that is no event: set aside whole."""

    position: int
    note: str
    body: bytes


@dataclass(slots=True)
class Part:
    """One row of a journal, as it is handed out."""

    identity: str
    seq: int
    tick: int
    """The pass in which it was read."""
    events: list[Event]
    positions: list[int] | None = None
    """Where the events stood in the row, when some could not be read."""
    torn: list[Torn] = field(default_factory=list)


@dataclass(slots=True)
class Haul:
    """What is applied in one transaction: rows, and the cursors behind them."""

    parts: list[Part] = field(default_factory=list)
    cursors: dict[str, Cursor] = field(default_factory=dict)
    events: int = 0

    def __bool__(self) -> bool:
        return bool(self.parts or self.cursors)


class _Source:
    """One file that is not finished: its rows read ahead, and where reading goes on."""

    __slots__ = ("_at_ms", "ahead", "end_tick", "events", "file", "handed", "read_to", "sealed")

    def __init__(self, file: File, cursor: Cursor | None) -> None:
        self.file = file
        self.handed = self.read_to = cursor.seq if cursor else 0
        self.sealed = False
        self.ahead: deque[Part] = deque()
        self.events = 0
        self.end_tick = 0
        self._at_ms = file.created_ms

    @property
    def at_ms(self) -> int:
        """Time of the next event; with nothing read ahead, of the last one handed out."""
        if self.ahead and self.ahead[0].events:
            self._at_ms = _came_ms(self.ahead[0].events[0])
        return self._at_ms


class Feed:
    """Not for two threads. `cursors` is the ledger's; `reset` after anything went wrong."""

    def __init__(self, reader: JournalReader, cursors: dict[str, Cursor]) -> None:
        self._reader = reader
        self.tick = 0
        self.broken: dict[str, str] = {}
        """Files that cannot be read: name -> why. They are tried again in every pass."""
        self.files: list[File] = []
        self._ended: dict[int, int] = {}
        self.reset(cursors)

    def reset(self, cursors: dict[str, Cursor]) -> None:
        self._cursors = dict(cursors)
        self._nodes = {cursor.node for cursor in cursors.values()}
        self._sources: dict[str, _Source] = {}
        self._ended.clear()

    def knows(self, node: int) -> bool:
        """Whether this node has ever had a journal here."""
        return node in self._nodes

    def read_to_end(self, node: int) -> int:
        """The last pass that read the node to its end; 0: none."""
        return self._ended.get(node, 0)

    def take(self, limit_events: int, haul: Haul | None = None, nodes: Iterable[int] | None = None) -> Haul:
        """One pass: read on, and hand out rows of at most so many events (one row may be larger).

        With `nodes` only these are read; with `haul` the rows are added to it.
        """
        self.tick += 1
        haul = Haul() if haul is None else haul
        wanted = None if nodes is None else set(nodes)
        sources = self._find(wanted)
        for source in sources:
            self._read_on(source, limit_events)
        self._hand_out(sources, haul, limit_events)
        self._note_ends(wanted)
        return haul

    def list_files(self) -> list[File]:
        return self._reader.files()

    def forget(self, file: File) -> None:
        """Let go of a file that is about to be deleted."""
        self._sources.pop(file.identity, None)
        self._reader.forget(file)

    def accept(self, haul: Haul) -> None:
        """The haul is in the ledger: finished files are let go."""
        self._cursors.update(haul.cursors)
        for identity, cursor in haul.cursors.items():
            if cursor.sealed and identity in self._sources:
                self._reader.forget(self._sources.pop(identity).file)

    def pending(self) -> tuple[int, int]:
        """Events that the ledger does not have yet, as far as files can be read, and the time of the oldest (ms)."""
        total, oldest_ms = 0, 0
        for file in self._reader.files():
            cursor = self._cursors.get(file.identity)
            if cursor is not None and cursor.sealed:
                continue
            events = self._pending(file, cursor.seq if cursor else 0)
            source = self._sources.get(file.identity)
            at_ms = source.at_ms if source else file.created_ms
            total += events
            if events and (not oldest_ms or at_ms < oldest_ms):
                oldest_ms = at_ms
        return total, oldest_ms

    def _pending(self, file: File, seq: int) -> int:
        try:
            return self._reader.pending(file, seq)
        except JournalBroken:
            return 0

    def _find(self, nodes: set[int] | None) -> list[_Source]:
        self.files = self._reader.files()
        found = []
        for file in self.files:
            self._nodes.add(file.node)
            cursor = self._cursors.get(file.identity)
            if cursor is not None and cursor.sealed:
                continue
            if file.identity not in self._sources:
                self._sources[file.identity] = _Source(file, cursor)
            if nodes is None or file.node in nodes:
                found.append(self._sources[file.identity])
        self._forget_gone()
        return found

    def _forget_gone(self) -> None:
        there = {file.identity for file in self.files}
        for identity in [i for i in self._sources if i not in there]:
            self._reader.forget(self._sources.pop(identity).file)
        names = {file.name for file in self.files}
        self.broken = {name: why for name, why in self.broken.items() if name in names}

    def _read_on(self, source: _Source, limit_events: int) -> None:
        if source.sealed or source.events >= min(limit_events, READ_AHEAD_EVENTS):
            source.end_tick = self.tick if source.sealed else source.end_tick
            return
        try:
            found = self._reader.read(source.file, source.read_to, READ_AHEAD_EVENTS)
        except JournalBroken as fault:
            if source.file.name not in self.broken:
                log.error("a journal file cannot be read; the others go on: %s", fault)
            self.broken[source.file.name] = str(fault)
            return
        self.broken.pop(source.file.name, None)
        for seq, body in found.batches:
            part = _part(source.file.identity, seq, self.tick, body)
            source.ahead.append(part)
            source.events += len(part.events)
        source.read_to, source.sealed = found.last_seq, found.sealed
        if found.at_end:
            source.end_tick = self.tick

    def _hand_out(self, sources: list[_Source], haul: Haul, limit_events: int) -> None:
        """Across files in the order of their times: visitors are counted in the order in which they came."""
        queue = [(s.at_ms, i) for i, s in enumerate(sources) if s.ahead]
        heapq.heapify(queue)
        handed = 0
        while queue and handed < limit_events:
            _, i = heapq.heappop(queue)
            source = sources[i]
            part = source.ahead.popleft()
            source.events -= len(part.events)
            source.handed = part.seq
            handed += len(part.events)
            haul.parts.append(part)
            if source.ahead:
                heapq.heappush(queue, (source.at_ms, i))
        haul.events += handed
        for source in sources:
            self._move_cursor(source, haul)

    def _move_cursor(self, source: _Source, haul: Haul) -> None:
        if not source.ahead:
            source.handed = source.read_to
        before = self._cursors.get(source.file.identity)
        sealed = source.sealed and not source.ahead
        if source.handed > (before.seq if before else 0):
            file = source.file
            haul.cursors[file.identity] = Cursor(file.identity, file.node, file.name, source.handed, sealed)

    def _note_ends(self, nodes: set[int] | None) -> None:
        """A node is at its end where all of its files are, and nothing of it is held back here."""
        for node in self._nodes if nodes is None else nodes:
            open_files = [s for s in self._sources.values() if s.file.node == node]
            if not any(s.ahead or s.file.name in self.broken for s in open_files):
                self._ended[node] = min((s.end_tick for s in open_files), default=self.tick)


def _came_ms(event: Event) -> int:
    """An imported click was made long ago, but came when it was imported: it must not push in front of live ones."""
    return made_ms(event.id) if isinstance(event, Click) and event.clickid else event.at_ms


def _part(identity: str, seq: int, tick: int, body: bytes) -> Part:
    try:
        return Part(identity, seq, tick, decode_batch(body))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _salvage(identity, seq, tick, body)


def _salvage(identity: str, seq: int, tick: int, body: bytes) -> Part:
    """Read the events of a row one by one; what is none is set aside, the whole row where even that fails."""
    try:
        raws = msgspec.msgpack.decode(body, type=list[msgspec.Raw])
    except msgspec.DecodeError as fault:
        return Part(identity, seq, tick, [], torn=[Torn(-1, f"The row cannot be read: {fault}", body)])
    part = Part(identity, seq, tick, [], positions=[])
    for position, raw in enumerate(raws):
        try:
            part.events.append(msgspec.msgpack.decode(raw, type=Event))
            part.positions.append(position)  # type: ignore[union-attr]
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            part.torn.append(Torn(position, f"The event cannot be read: {fault}", bytes(raw)))
    return part
