"""What the handlers of one edge worker share."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from clicktrail.core.clickid import Checks, Mint
from clicktrail.edge.answers import Answers
from clicktrail.edge.caller import Registry
from clicktrail.edge.catalog import Plan, Watch
from clicktrail.edge.commit import Commits
from clicktrail.edge.proofs import Proving
from clicktrail.edge.verdicts import Verdicts
from clicktrail.journal.events import Event
from clicktrail.settings import Settings


class Counts:
    """Plain numbers, added to where things happen; see health.py for their names outside."""

    __slots__ = ("accepted", "bad_requests", "cut_off", "displaced", "other_requests")

    def __init__(self) -> None:
        self.accepted = self.bad_requests = self.cut_off = self.other_requests = self.displaced = 0


class Asker(Protocol):
    """A connection with exactly one request in hand."""

    pending: bytes
    """Its answer, leaving when its event is durable."""
    plan: Plan | None
    """The decision behind a click's answer."""

    def answer(self, data: bytes) -> None: ...

    def durable(self) -> None: ...

    def undurable(self, event: Event, reserved_ms: int) -> None: ...


class Held(Protocol):
    """A connection as the worker's clock and its end see it."""

    @property
    def is_idle(self) -> bool: ...

    @property
    def is_waiting_for_us(self) -> bool: ...

    def check_time(self, now_s: float) -> None: ...

    def forget_head(self) -> None: ...

    def drain(self) -> None: ...

    def close_if_idle(self) -> None: ...

    def leave(self) -> None: ...

    def cut_off(self) -> None: ...


class Worker:
    def __init__(
        self,
        settings: Settings,
        node: int,
        *,
        clock: Callable[[], int],
        checks: Checks,
        mint: Mint,
        watch: Watch,
        commits: Commits,
        verdicts: Verdicts,
        registry: Registry,
        proving: Proving,
        script: bytes | None,
    ) -> None:
        self.settings, self.node = settings, node
        self.clock, self.checks, self.mint = clock, checks, mint
        self.watch, self.commits, self.verdicts, self.registry = watch, commits, verdicts, registry
        self.proving = proving
        self.script = script
        """clicktrail.js, as it is served."""
        self.answers = Answers()
        self.counts = Counts()
        self.connections: dict[Held, None] = {}
        """Open connections, oldest first."""
        self.now_s = 0.0
        """Loop time of the last tick; good enough for timeouts."""
        self.is_draining = False


def read_script() -> bytes | None:
    path = Path(__file__).parent / "static" / "clicktrail.js"
    return path.read_bytes() if path.exists() else None
