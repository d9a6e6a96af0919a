"""Until the engine has what a command handed in: by the server's engine, or by one in this very process."""

import time
from contextlib import suppress

from clicktrail import heartbeat
from clicktrail.control.ledger.models import JournalCursor
from clicktrail.engine.ledger import Busy, Trouble
from clicktrail.engine.loop import Engine
from clicktrail.engine.run import build
from clicktrail.errors import JournalBroken, LedgerAway, StartError
from clicktrail.journal.local import Reader, files_of
from clicktrail.settings import Settings

LOOK_EVERY_S = 0.05
COME_BACK_S = 10.0
"""So long an engine that was killed may take to be started again, before this process judges in its place."""


class CatchingUp:
    """One node's journal: how much of it the ledger lacks, and waiting until it does not."""

    def __init__(self, settings: Settings, node: int) -> None:
        self._settings, self._node = settings, node
        self._reader = Reader(settings.journal_folder)
        self._own: Engine | None = None
        self._gone_since_s = 0.0

    def __enter__(self) -> "CatchingUp":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self.rest()

    def rest(self) -> None:
        """Let another engine begin."""
        if self._own is not None:
            self._own.close()
            self._own = None

    def unread(self) -> int:
        """Events of the node that the ledger does not have yet."""
        files = files_of(self._settings.journal_folder, self._node)
        rows = JournalCursor.objects.filter(node=self._node).values_list("identity", "seq", "sealed")
        cursors = {identity: (seq, sealed) for identity, seq, sealed in rows}
        behind = 0
        for file in files:
            seq, sealed = cursors.get(file.identity, (0, False))
            # A file that went meanwhile was read to its end.
            with suppress(JournalBroken):
                behind += 0 if sealed else self._reader.pending(file, seq)
        return behind

    def settle(self, ahead: int = 0) -> None:
        """Wait until the ledger lacks at most so many. Raises LedgerAway where it cannot be reached."""
        while self.unread() > ahead:
            if not self._step():
                time.sleep(LOOK_EVERY_S)

    def _step(self) -> bool:
        """Whether an engine of our own did something."""
        if self._own is None and not self._is_served():
            self._take_over()
        if self._own is None:
            return False
        try:
            return self._own.step().moved
        except Busy:
            return False
        except Trouble as fault:
            raise LedgerAway(str(fault)) from fault

    def _take_over(self) -> None:
        engine = build(self._settings)
        try:
            engine.open()
        except StartError:
            engine.close()
        except Trouble as fault:
            engine.close()
            raise LedgerAway(str(fault)) from fault
        else:
            self._own = engine

    def _is_served(self) -> bool:
        """By an engine that lives, or one that will be back: a server that was stopped cleanly leaves no word."""
        folder = self._settings.run_folder
        if any(heartbeat.is_alive(heartbeat.read(folder, name).get("pid", 0)) for name in ("engine", "supervisor")):
            self._gone_since_s = 0.0
            return True
        if not heartbeat.read(folder, "engine"):
            return False
        self._gone_since_s = self._gone_since_s or time.monotonic()
        return time.monotonic() - self._gone_since_s < COME_BACK_S
