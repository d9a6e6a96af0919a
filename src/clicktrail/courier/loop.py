"""The courier at work: fill the lanes, send, write down what came of it.

    fill       read what is due for lanes with room                        store.py
    send       as many at once as hosts and courier allow                  lanes.py, send.py
    write      outcomes of a while in one transaction                      store.py
    tidy       give up what is too old, delete what was done long ago      store.py

A delivery is in the ledger before it is sent, and its outcome after; killed in between, it is
sent once more with the same delivery id. The ledger is asked in one thread, beside the loop.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from clicktrail.courier.lanes import DOWN, FRESH_S, LATE_S, Host, Lane, Load, Word
from clicktrail.courier.render import Due, Request, Target, request_of
from clicktrail.courier.schedule import is_over, next_due_ms
from clicktrail.courier.send import ANSWER, BEFORE, Outcome, Sender
from clicktrail.courier.store import Result, Store
from clicktrail.errors import LedgerError
from clicktrail.heartbeat import now_ms as system_now_ms

LOOK_EVERY_S = 0.1
"""How often the ledger is asked whether anything is new; that is one look at the end of an index."""
FILL_ANYWAY_S = 1.0
"""How often every lane is looked at: what was put off becomes due without anything being new."""
TIDY_EVERY_S = 60.0
GATHER_S = 0.03
"""Outcomes of so long go into one transaction."""
MAX_BATCH = 500
MAX_HELD = 20_000
"""Deliveries in memory, over all lanes."""
MAX_UNWRITTEN = 5_000
"""Outcomes that the ledger has not taken yet; above it nothing more is sent."""
FIRST_LOOK = 2
"""Deliveries of a lane in the first look of a fill; lanes that have more are asked once more."""
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


class Courier:
    """`await courier.run(stop)`; finishes what is on its way when `stop` is set."""

    def __init__(
        self,
        store: Store,
        senders: Mapping[str, Sender],
        *,
        clock: Callable[[], int] = system_now_ms,
        dice: Callable[[], float] = random.random,
        drain_s: float = 10.0,
    ) -> None:
        self._store, self._senders, self._clock, self._dice, self._drain_s = store, senders, clock, dice, drain_s
        self._ledger = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._lanes: dict[int, Lane] = {}
        self._hosts: dict[str, Host] = {}
        self._load = Load()
        self._tasks: set[asyncio.Task[None]] = set()
        self._line: deque[Lane] = deque()
        """Lanes that have something to send, in the order of their turns."""
        self._later: deque[Lane] = deque()
        """Those that stand back until there is room for hosts not known to be good."""
        self._results: list[Result] = []
        self._words: dict[int, Word] = {}
        self._has_results = asyncio.Event()
        self._writing = asyncio.Lock()
        self._version = self._newest = -1
        self._next_fill_s = self._next_tidy_s = 0.0
        self._last_calls = True
        self.sent = self.failed = 0
        self.fault = ""

    # The loop

    async def run(self, stop: asyncio.Event) -> None:
        writer = asyncio.create_task(self._write_on())
        try:
            failures = 0
            while not stop.is_set():
                if writer.done():
                    writer.result()  # Its fault ends us, and the supervisor begins anew: nobody else writes outcomes.
                failures = 0 if await self._step() else failures + 1
                pause_s = BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] if failures else LOOK_EVERY_S
                await _pause(stop, pause_s)
            await self._finish()
        finally:
            writer.cancel()
            await asyncio.gather(writer, *self._tasks, return_exceptions=True)
            await self._ask(self._store.close)
            self._ledger.shutdown()

    async def _step(self) -> bool:
        """One look at the ledger; False where it is out of reach."""
        try:
            await self._ask(self._store.require_lock)
            await self._learn()
            await self._fill_if_due()
            await self._tidy_if_due()
        except Exception as fault:
            if not _is_trouble(fault):
                raise
            await self._suffer(fault)
            return False
        self.fault = ""
        self._send_on()
        return True

    async def _suffer(self, fault: Exception) -> None:
        if not self.fault:
            log.error("the ledger is out of reach: %s", fault)
        self.fault = str(fault)
        await self._ask(self._store.close)

    async def _finish(self) -> None:
        """What is on its way may arrive; outcomes are written."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._drain_s)
        for task in self._tasks:
            task.cancel()
        try:
            await self._write()
        except Exception as fault:
            if not _is_trouble(fault):
                raise
            log.error("outcomes could not be written; these deliveries are sent once more: %s", fault)

    async def _ask(self, question: Callable[..., Answer], *values: Any) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._ledger, question, *values)

    # Who is told

    async def _learn(self) -> None:
        """Receivers as they are now, when the catalog has changed."""
        version = await self._ask(self._store.version)
        if version == self._version:
            return
        targets = await self._ask(self._store.targets, self._clock())
        words = await self._ask(self._store.words)
        known = {target.id for target in targets}
        for gone in self._lanes.keys() - known:
            self._lanes.pop(gone).queue_back()
        for target in targets:
            self._learn_one(target, words.get(target.id))
        self._version, self._next_fill_s = version, 0.0

    def _learn_one(self, target: Target, word: Word | None) -> None:
        """A standing that somebody has deleted by hand is a fresh start."""
        host = self._hosts.setdefault(target.host, Host())
        lane = self._lanes.get(target.id)
        if lane is None:
            lane = self._lanes[target.id] = Lane(target, host)
            if word is not None:
                _remember(lane, word)
                host.proven = host.proven or word.state == "works"
            return
        lane.target, lane.host = target, host
        if target.paused:
            lane.queue_back()
        if word is None and target.id not in self._words:
            _remember(lane, Word(target.id, "", "", 0, 0, 0))

    # What is due

    async def _fill_if_due(self) -> None:
        now_s = asyncio.get_running_loop().time()
        newest = await self._ask(self._store.newest)
        if now_s < self._next_fill_s and newest == self._newest:
            return
        is_full_look = now_s >= self._next_fill_s
        self._newest = newest
        found = await self._fill(now_ms=self._clock())
        if is_full_look:
            self._next_fill_s = now_s + FILL_ANYWAY_S
        if found:
            # There may be more behind it: look again as soon as there is room.
            self._next_fill_s = min(self._next_fill_s, now_s + LOOK_EVERY_S)

    async def _fill(self, now_ms: int) -> int:
        lanes = self._lanes
        wanted = [id for id, lane in lanes.items() if lane.room() and self._may_fill(lane, now_ms)]
        room = MAX_HELD - sum(len(lane.held) for lane in lanes.values())
        if not wanted or room <= 0 or len(self._results) > MAX_UNWRITTEN:
            return 0
        self._last_calls = False
        first = await self._ask(self._store.due, wanted, now_ms, FIRST_LOOK)
        counts: dict[int, int] = {}
        for lane, _ in first:
            counts[lane] = counts.get(lane, 0) + 1
        deep = [lane for lane, count in counts.items() if count >= FIRST_LOOK]
        if deep:
            most = max(FIRST_LOOK, min(256, room // len(deep)))
            first += await self._ask(self._store.due, deep, now_ms, most)
        fresh = list(dict.fromkeys(id for lane, id in first if id not in lanes[lane].held))[:room]
        rows = await self._ask(self._store.rows, fresh, now_ms)
        for due in rows:
            self._queue(due, now_ms)
        return len(rows)

    def _may_fill(self, lane: Lane, now_ms: int) -> bool:
        """A lane that is down is looked at for its probe, and now and then for what has waited its 48 hours."""
        return lane.is_open(now_ms) or (self._last_calls and lane.state == DOWN and not lane.target.paused)

    def _queue(self, due: Due, now_ms: int) -> None:
        lane = self._lanes.get(due.receiver)
        if lane is None or due.id in lane.held or not lane.room():
            return
        if not lane.is_open(now_ms) and not is_over(due.since_ms, now_ms):
            return
        lane.queue.append(due)
        lane.held.add(due.id)
        self._line_up(lane)

    # Sending

    def _line_up(self, lane: Lane) -> None:
        if not lane.in_line and lane.queue:
            lane.in_line = True
            self._line.append(lane)

    def _send_on(self) -> None:
        """One of each lane in turn, as long as there is room. What is not possible now waits where it is woken."""
        now_ms = self._clock()
        while self._line and not self._load.is_full and len(self._results) <= MAX_UNWRITTEN:
            lane = self._line.popleft()
            lane.in_line = False
            if not lane.queue or not self._may_send(lane, now_ms):
                continue
            if self._load.fills(lane.host):
                lane.in_line = True
                lane.host.waiting.append(lane)
            elif not self._load.trusts(lane.host):
                lane.in_line = True
                self._later.append(lane)
            else:
                self._start(lane)
                self._line_up(lane)

    def _may_send(self, lane: Lane, now_ms: int) -> bool:
        """What has waited its 48 hours gets its one attempt, even where the receiver is down."""
        due = lane.queue[0]
        return lane.is_open(now_ms) or (is_over(due.since_ms, now_ms) and not lane.target.paused)

    def _wake(self, host: Host) -> None:
        """An attempt has ended: whoever waited for that comes back into line."""
        self._line.extend(host.waiting)
        host.waiting.clear()
        if self._later:
            self._line.append(self._later.popleft())
        self._send_on()

    def _start(self, lane: Lane) -> None:
        due = lane.queue.popleft()
        lane.began()
        unproven = self._load.begin(lane.host)
        youth = _Youth(self._load, self._send_on)
        task = asyncio.create_task(self._deliver(lane, lane.host, due, unproven, youth))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, lane: Lane, host: Host, due: Due, unproven: bool, youth: "_Youth") -> None:
        at_ms = self._clock()
        try:
            outcome = await self._attempt(lane, due, at_ms)
        finally:
            self._load.end(host, unproven)
            youth.end()
        self._settle(lane, due, at_ms, outcome)
        self._line_up(lane)
        self._wake(host)

    async def _attempt(self, lane: Lane, due: Due, at_ms: int) -> Outcome:
        try:
            request: Request = request_of(lane.target, due, at_ms)
        except (KeyError, ValueError, TypeError) as fault:
            return Outcome(BEFORE, "", None, "", 0, f"The message cannot be made: {fault!r}.")
        return await self._senders[lane.target.kind].send(request, keep_open=bool(lane.queue))

    def _settle(self, lane: Lane, due: Due, at_ms: int, outcome: Outcome) -> None:
        now_ms = self._clock()
        due_ms = None
        if outcome.delivered:
            self.sent += 1
        else:
            self.failed += 1
            if not outcome.gone:
                due_ms = next_due_ms(due.attempts + 1, due.since_ms, now_ms, self._dice(), outcome.retry_after_s)
        word = lane.ended(outcome.fault, outcome.stage == ANSWER, outcome.gone, now_ms, self._dice())
        if word is not None:
            self._words[word.receiver] = word
        self._results.append(Result(due, at_ms, outcome, due_ms))
        self._has_results.set()

    # Writing

    async def _write_on(self) -> None:
        failures = 0
        while True:
            await self._has_results.wait()
            if len(self._results) < MAX_BATCH:
                await asyncio.sleep(GATHER_S)
            self._has_results.clear()
            try:
                await self._write()
                failures = 0
            except Exception as fault:
                if not _is_trouble(fault):
                    raise
                failures += 1
                self._has_results.set()
                await self._suffer(fault)
                await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S)) - 1])

    async def _write(self) -> None:
        """Whatever there is, in portions; what the ledger does not take is kept for the next time."""
        async with self._writing:
            await self._write_all()

    async def _write_all(self) -> None:
        while self._results:
            results, words = self._results[:MAX_BATCH], list(self._words.values())
            await self._ask(self._store.write, results, words)
            del self._results[: len(results)]
            for word in words:
                if self._words.get(word.receiver) is word:
                    del self._words[word.receiver]
            for result in results:
                lane = self._lanes.get(result.due.receiver)
                if lane is not None:
                    lane.held.discard(result.due.id)

    async def _tidy_if_due(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_tidy_s:
            return
        self._next_tidy_s, self._last_calls = now_s + TIDY_EVERY_S, True
        while await self._ask(self._store.give_up, self._clock()):
            pass
        await self._ask(self._store.forget_old, self._clock())

    def facts(self) -> dict[str, Any]:
        """For the heartbeat."""
        return {
            "sent": self.sent,
            "failed": self.failed,
            "on_the_way": self._load.on_the_way,
            "down": sum(lane.state == DOWN for lane in self._lanes.values()),
            "fault": self.fault,
        }


class _Youth:
    """An attempt counts as fresh until it has ended, or waits for others and not for our own loop."""

    __slots__ = ("_load", "_then", "_timer")

    def __init__(self, load: Load, then: Callable[[], None]) -> None:
        self._load, self._then = load, then
        load.fresh += 1
        self._timer: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(FRESH_S, self._age)

    def _age(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None and loop.time() - self._timer.when() > LATE_S:
            self._timer = loop.call_later(FRESH_S, self._age)
            return
        self.end()
        self._then()

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._load.fresh -= 1


def _remember(lane: Lane, word: Word) -> None:
    lane.state, lane.why, lane.failures = word.state, word.why, word.failures
    lane.since_ms, lane.probe_ms = word.since_ms, word.probe_ms


def _is_trouble(fault: Exception) -> bool:
    """The database's own words, or our own that somebody else is at work: worth another try."""
    from django.db import DatabaseError, InterfaceError

    return isinstance(fault, DatabaseError | InterfaceError | LedgerError)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
