"""The engine's process: steps without end, a heartbeat, verdicts back, patience with a ledger out of reach."""

import json
import logging
import os
import signal
import time
from typing import Any

from clicktrail import heartbeat
from clicktrail.core.catalog import Catalog
from clicktrail.core.clickid import Checks
from clicktrail.core.disclosure import message_of
from clicktrail.engine.answers import Answers
from clicktrail.engine.feed import JournalReader
from clicktrail.engine.housekeeping import Housekeeping
from clicktrail.engine.ledger import Busy, Ledger, Refused, Trouble
from clicktrail.engine.loop import Engine, Progress
from clicktrail.engine.sql_sqlite import SqliteLedger
from clicktrail.errors import CatalogError, LedgerError
from clicktrail.journal.local import Reader
from clicktrail.keys import load as load_keys
from clicktrail.settings import Settings

LOOK_EVERY_S = 0.1
"""Idle, the journals are looked at this often; a call in them wakes the engine at once."""
REST_AFTER_S = 1.0
"""Nothing to do for so long: time for tidying up."""
TIDY_ANYWAY_S = 5.0
"""Without a rest one piece of tidying up is done this often all the same."""
BACKOFF_S = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Pauses between attempts while the ledger is out of reach; the last one repeats."""
PATIENCE_ONCE_S = 30.0
"""`--once` gives up on a ledger that stays out of reach for so long."""

log = logging.getLogger(__name__)


def run(settings: Settings, once: bool = False) -> None:
    """Until SIGTERM or SIGINT, which let it finish its unit; with `once` until all journals are applied.

    Raises StartError (another engine), LedgerError (fenced off by another; with `once` also out of reach).
    """
    Process(settings).run(once)


def open_ledger(settings: Settings) -> Ledger:
    if settings.database:
        from clicktrail.engine.sql_postgres import PostgresLedger

        return PostgresLedger(settings.database)
    return SqliteLedger(settings.ledger_file.resolve(), settings.run_folder / "ledger.want")


def build(settings: Settings, reader: JournalReader | None = None) -> Engine:
    """An engine for a data folder, not opened yet."""
    keys = load_keys(settings.keys_folder)
    read_clickid = Checks(keys.clickid, keys.current, settings.prefix).read
    return Engine(settings, open_ledger(settings), reader or Reader(settings.journal_folder), read_clickid)


class Process:
    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        self.settings = settings
        self.engine = engine or build(settings)
        self.stopping = False
        self._started_ms = heartbeat.now_ms()
        self._next_beat_s = 0.0
        self._failures = 0
        self._trouble_since_s = 0.0
        self._fault = ""
        self._answers: Answers | None = None
        self._housekeeping = Housekeeping(settings, self.engine)
        self._units = 0
        self._busy_s = self._tidied_s = time.monotonic()
        self._open = False

    def run(self, once: bool = False) -> None:
        wakeup, end = os.pipe()
        os.set_blocking(end, False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop(end))
        try:
            self._begin(wakeup)
            while not self.stopping:
                progress = self._try_step(once)
                self._tidy_if_due()
                if once and progress is not None and not progress.moved:
                    break
                if progress is None or not progress.moved:
                    self._rest()
        finally:
            self._end()
            os.close(wakeup)
            os.close(end)

    def _stop(self, end: int) -> None:
        self.stopping = True
        os.write(end, b"x")

    def _begin(self, wakeup: int) -> None:
        """The lock comes first: whoever holds it owns the socket."""
        self.engine.hold()
        self._answers = Answers(self.settings.engine_socket, wakeup)

    def _end(self) -> None:
        if self._answers is not None:
            self._answers.close()
            heartbeat.forget(self.settings.run_folder, "engine")
        self.engine.close()

    def _try_step(self, once: bool) -> Progress | None:
        """One step, or None where the ledger is out of reach: then the next attempt comes after a pause."""
        self._beat()
        try:
            self._reach()
            if once and self.engine.catalogs.current() is None:
                raise CatalogError("There is no published catalog: run `clicktrail init` first.")
            progress = self.engine.step()
            self._failures, self._fault = 0, ""
            self._tell(progress)
            return progress
        except Busy as fault:
            self._fault = str(fault)
            return None
        except Trouble as fault:
            self._suffer(fault, once)
            return None

    def _reach(self) -> None:
        if not self._open:
            self.engine.open()
            self._open = True
        elif self._failures:
            self.engine.recover()

    def _suffer(self, fault: Trouble, once: bool) -> None:
        if not self._failures:
            log.error("the ledger is out of reach: %s", fault)
            self._trouble_since_s = time.monotonic()
        self._failures += 1
        self._fault = str(fault)
        if once and time.monotonic() - self._trouble_since_s > PATIENCE_ONCE_S:
            raise LedgerError(str(fault)) from fault

    def _tell(self, progress: Progress) -> None:
        answers = self._answers
        assert answers is not None  # noqa: S101 - _begin() made them
        for call, verdict in progress.final:
            if answers.is_asked(call):
                answers.tell(call, message_of(verdict.reason, verdict.facts, verdict.saved, verdict.transaction))
        self._look_up(answers)
        answers.hear()

    def _look_up(self, answers: Answers) -> None:
        """Calls asked for that may have been judged before."""
        fresh = answers.take_fresh()
        if not fresh:
            return
        for id, reason, facts, saved, transaction in self.engine.ledger.verdicts(fresh):
            if reason != "waiting":
                answers.tell(id, message_of(reason, json.loads(facts), bool(saved), transaction))

    def _rest(self) -> None:
        """Wait for a caller, or a little while."""
        answers = self._answers
        assert answers is not None  # noqa: S101 - _begin() made them
        pause_s = BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1] if self._failures else LOOK_EVERY_S
        answers.wait(pause_s)

    def _tidy_if_due(self) -> None:
        """One bounded piece of work between two units; none while the ledger is out of reach."""
        now_s = time.monotonic()
        if self.engine.units != self._units:
            self._units, self._busy_s = self.engine.units, now_s
        idle = now_s - self._busy_s > REST_AFTER_S
        if self._failures or not (idle or now_s - self._tidied_s > TIDY_ANYWAY_S):
            return
        self._tidied_s = now_s
        try:
            self._housekeeping.step(idle=idle)
        except (Busy, Refused, Trouble) as fault:
            log.warning("tidying up must wait: %s", fault)

    def _beat(self) -> None:
        """Once a second, also while the ledger is out of reach."""
        if time.monotonic() < self._next_beat_s:
            return
        self._next_beat_s = time.monotonic() + heartbeat.BEAT_S
        heartbeat.beat(self.settings.run_folder, "engine", self._started_ms, **self._facts())
        if self._answers is not None:
            self._answers.forget_unknown(set(self.engine.memory.waiting.calls()))

    def _facts(self) -> dict[str, Any]:
        catalog: Catalog | None = self.engine.catalogs.current()
        events, oldest_ms = self.engine.feed.pending()
        return {
            "lag_events": events,
            "lag_s": max(0, heartbeat.now_ms() - oldest_ms) / 1000 if oldest_ms else 0.0,
            "waiting": len(self.engine.memory.waiting),
            "catalog_version": catalog.version if catalog else 0,
            "broken": list(self.engine.feed.broken.values()),
            "fault": self._fault or self.engine.catalogs.fault,
        }
