"""What the engine does between units, most of it when idle: fold the log back, cut personal data, let journals go."""

import logging
import time
from collections.abc import Callable

from clicktrail.engine.loop import Engine, now_ms
from clicktrail.engine.privacy import Cuts
from clicktrail.journal import retention
from clicktrail.settings import Settings

SWEEP_EVERY_S = 60.0
"""How often journals are looked through for what may go."""
CUT_EVERY_S = 600.0
"""How often personal data is looked through, once it has all been cut."""

log = logging.getLogger(__name__)


class Housekeeping:
    def __init__(self, settings: Settings, engine: Engine, clock: Callable[[], int] = now_ms) -> None:
        self._settings, self._engine, self._clock = settings, engine, clock
        self._sweep_at_s = self._cut_at_s = 0.0
        self._stored = -1

    def step(self, *, idle: bool = True) -> None:
        """One bounded piece of work. Raises Busy, Trouble."""
        if idle:
            self._fold()
        now_s = time.monotonic()
        if now_s >= self._cut_at_s and not Cuts(self._settings, self._engine.ledger, self._clock()).step():
            self._cut_at_s = now_s + CUT_EVERY_S
        if now_s >= self._sweep_at_s:
            self._sweep_at_s = now_s + SWEEP_EVERY_S
            self.sweep()

    def _fold(self) -> None:
        """Once after each time that something was stored: the log shrinks to nothing."""
        if self._engine.units != self._stored:
            self._engine.ledger.checkpoint(idle=True)
            self._stored = self._engine.units

    def sweep(self) -> None:
        """Delete the journal files that may go."""
        cursors = self._engine.ledger.cursors()
        finished = {c.identity: c.finished_ms for c in cursors.values() if c.sealed and c.finished_ms is not None}
        going = retention.removable(
            self._engine.feed.list_files(),
            finished,
            now_ms=self._clock(),
            keep_days=self._settings.journal_retention_days,
            backup_ms=retention.last_backup_ms(self._settings.backup_folder),
        )
        for file in going:
            self._engine.feed.forget(file)
            retention.remove(file)
            log.info("journal file removed: %s of node %d", file.name, file.node)
        for folder in self._settings.journal_folder.glob("[0-9][0-9][0-9][0-9]"):
            retention.remove_orphans(folder)
