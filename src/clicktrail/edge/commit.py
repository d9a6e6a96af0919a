"""Group commit: while one batch is being synced in a thread, the next one gathers.

Nothing is answered before the sync that covers it, with two exceptions that only
clicks know: where the disk refuses, and where a sync takes longer than the patience of
a visitor. Postbacks then get 503, for the shop can send them again.
"""

import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol

from clicktrail.core.clickid import made_ms
from clicktrail.errors import JournalRefused
from clicktrail.journal.events import Click, Event, Postback
from clicktrail.journal.local import RESERVE_MS, Writer

POSTBACK_PATIENCE = 10
"""A postback waits this many times longer for its sync than a click, then is told to come again."""
MAX_TURNS = 8
"""Turns of the loop that a batch may go on gathering while each brings something."""
REFRESH_MS = RESERVE_MS // 2
"""An idle worker renews its reservation when less than this is left of it."""


class Waiter(Protocol):
    """Who waits for an event to be durable. Exactly one of the two is called, once."""

    def durable(self) -> None: ...

    def undurable(self, event: Event, reserved_ms: int) -> None:
        """The event was not stored, or is not yet: do without. No id made after `reserved_ms` may leave the house."""


class Tally:
    """Plain numbers of one worker's journal; see health.py for their names outside."""

    __slots__ = ("batches", "clicks_late", "clicks_lost", "clicks_stored", "postbacks_refused", "postbacks_stored")

    def __init__(self) -> None:
        self.batches = self.clicks_stored = self.clicks_lost = self.clicks_late = 0
        self.postbacks_stored = self.postbacks_refused = 0


class Batch:
    __slots__ = ("events", "fault", "is_rotation", "seen", "since", "waiters")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.waiters: list[Waiter | None] = []
        self.since = 0.0
        """Loop time of the first event, in seconds; may be up to one tick early."""
        self.fault = ""
        self.is_rotation = False
        self.seen = 0

    def split(self, size: int) -> "Batch":
        """Cut off and return the first `size` events."""
        first = Batch()
        first.since = self.since
        first.events, self.events = self.events[:size], self.events[size:]
        first.waiters, self.waiters = self.waiters[:size], self.waiters[size:]
        return first


class Commits:
    """The queue in front of a worker's journal. All methods belong to the loop's thread."""

    def __init__(
        self,
        loop: AbstractEventLoop,
        writer: Writer,
        *,
        clock: Callable[[], int],
        batch_max: int,
        queue_max: int,
        patience_s: float,
        on_postbacks: Callable[[], None] = lambda: None,
    ) -> None:
        self.tally = Tally()
        self.fault = ""
        """Why the journal refused last; empty since it took something again."""
        self.reserved_ms = writer.reserved_ms
        self.now_s = loop.time()
        self._loop, self._writer, self._clock = loop, writer, clock
        self._batch_max, self._queue_max, self._patience_s = batch_max, queue_max, patience_s
        self._on_postbacks = on_postbacks
        self._gathering = Batch()
        self._on_its_way: Batch | None = None
        self._is_called = False
        self._turns = 0
        self._todo: SimpleQueue[Batch | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Events that are not durable yet."""
        return len(self._gathering.events) + (len(self._on_its_way.events) if self._on_its_way else 0)

    @property
    def is_stuck(self) -> bool:
        """A sync is on its way for longer than a visitor's patience."""
        batch = self._on_its_way
        return batch is not None and self.now_s - batch.since > self._patience_s

    def put(self, event: Event, waiter: Waiter) -> None:
        """Queue an event; `waiter` is told what became of it."""
        gathering = self._gathering
        events = gathering.events
        if not events:
            gathering.since = self.now_s
        elif len(events) >= self._queue_max:
            self._refuse(event, waiter)
            return
        events.append(event)
        gathering.waiters.append(waiter)
        if self._on_its_way is None and not self._is_called:
            self._is_called = True
            # Called behind everything that this turn of the loop has read: it all goes into one batch.
            self._loop.call_soon(self._send)

    def tick(self, now_s: float) -> None:
        """Called a few times a second: patience and reservation."""
        self.now_s = now_s
        for batch in (self._on_its_way, self._gathering):
            if batch is not None and batch.events and now_s - batch.since > self._patience_s:
                self._lose_patience(batch, now_s - batch.since > self._patience_s * POSTBACK_PATIENCE)
        is_idle = self._on_its_way is None and not self._gathering.events
        # After a refusal too: a balancer sends nobody here until the disk was seen to take something again.
        if is_idle and (self.fault or self.reserved_ms - self._clock() < REFRESH_MS):
            self._gathering.since = now_s
            self._send()

    def rotate(self) -> None:
        """Have the journal seal its file and begin the next, between two batches."""
        rotation = Batch()
        rotation.is_rotation = True
        self._todo.put(rotation)

    def flush(self, within_s: float) -> bool:
        """At the very end: write what is queued, end the thread. Blocks; nobody is answered any more.

        False where the disk did not come to an end in time: the journal's writer is still busy then.
        """
        if self._gathering.events:
            self._todo.put(self._gathering)
        self._todo.put(None)
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _send(self) -> None:
        """Send off what has gathered, once a turn of the loop brings nothing more: fewer, larger syncs."""
        gathering = self._gathering
        if len(gathering.events) > gathering.seen and self._turns < MAX_TURNS:
            gathering.seen = len(gathering.events)
            self._turns += 1
            self._loop.call_soon(self._send)
            return
        self._is_called, self._turns = False, 0
        if self._on_its_way is not None:
            return
        if len(gathering.events) > self._batch_max:
            batch = gathering.split(self._batch_max)
        else:
            batch, self._gathering = gathering, Batch()
        self._on_its_way = batch
        self._todo.put(batch)

    def _work(self) -> None:
        """The thread. It holds the interpreter only to encode; SQLite writes and syncs without it."""
        while (batch := self._todo.get()) is not None:
            try:
                if batch.is_rotation:
                    self._writer.rotate_if_asked()
                else:
                    self._writer.commit(batch.events, self._reserve_until(batch))
            except JournalRefused as refused:
                batch.fault = str(refused)
            except Exception as fault:
                # Nothing foreseen. Without this thread nobody would ever be answered again, so it goes on.
                batch.fault = f"The journal failed: {fault!r}"
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._done, batch)

    def _reserve_until(self, batch: Batch) -> int:
        newest_ms = made_ms(batch.events[-1].id) if batch.events else 0
        return max(self._clock(), newest_ms) + RESERVE_MS

    def _done(self, batch: Batch) -> None:
        if batch is self._on_its_way:
            self._on_its_way = None
        self.fault = batch.fault
        self.reserved_ms = self._writer.reserved_ms
        if batch.fault:
            for event, waiter in zip(batch.events, batch.waiters, strict=True):
                self._refuse(event, waiter)
        else:
            for waiter in batch.waiters:
                if waiter is not None:
                    waiter.durable()
            self._count(batch)
        if self._gathering.events and self._on_its_way is None and not self._is_called:
            self._is_called = True
            self._loop.call_soon(self._send)

    def _count(self, batch: Batch) -> None:
        if not batch.events:
            return
        postbacks = sum(1 for event in batch.events if event.__class__ is Postback)
        self.tally.batches += 1
        self.tally.postbacks_stored += postbacks
        self.tally.clicks_stored += len(batch.events) - postbacks
        if postbacks:
            self._on_postbacks()

    def _refuse(self, event: Event, waiter: Waiter | None) -> None:
        if event.__class__ is Click:
            self.tally.clicks_lost += 1
        elif waiter is not None:
            self.tally.postbacks_refused += 1
        if waiter is not None:
            waiter.undurable(event, self.reserved_ms)

    def _lose_patience(self, batch: Batch, with_all: bool) -> None:
        """Send the visitors on; with `with_all` the postbacks too. Their events stay queued."""
        for place, (event, waiter) in enumerate(zip(batch.events, batch.waiters, strict=True)):
            is_click = event.__class__ is Click
            if waiter is None or not (is_click or with_all):
                continue
            batch.waiters[place] = None
            self.tally.clicks_late += is_click
            self.tally.postbacks_refused += not is_click
            waiter.undurable(event, self.reserved_ms)
