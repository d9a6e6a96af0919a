"""The supervisor: starts every process of one data folder, restarts what dies, stops in order.

It opens the listening sockets and hands them down, so that they outlive a worker; it holds
one end of a pipe, the lifeline, and a child ends when that closes: no orphans after `kill -9`.
It knows nothing of Django, clicks or the ledger; what needs them is a process of its own.
"""

import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from clicktrail import heartbeat, sockets, wiring
from clicktrail import log as logs
from clicktrail.errors import StartError
from clicktrail.settings import Settings, environ_of, shown

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 30.0
"""The pause before a restart doubles from the first to the longest."""
SETTLED_S = 30.0
"""A process that lived this long begins again with the first pause."""
STOP_MARGIN_S = 3.0
"""On top of its drain time; what is still there then is killed."""
SAME_WISH_S = 0.5
"""Two signals within this time are one: a terminal or a wrapper sends it to the process and to its group."""
STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = logs.get()


@dataclass
class Child:
    """One process that shall live, and what became of it so far."""

    role: str
    node: int = 0
    listener: socket.socket | None = None
    popen: subprocess.Popen[bytes] | None = None
    started_ms: int = 0
    due_s: float = 0.0
    """Not started before this moment of the monotonic clock."""
    failures: int = 0
    """Ends in a row, each soon after its start."""
    restarts: int = 0

    @property
    def name(self) -> str:
        return wiring.name_of(self.role, self.node)

    @property
    def is_running(self) -> bool:
        return self.popen is not None

    def command(self, lifeline: int) -> list[str]:
        words = [sys.executable, "-m", "clicktrail.wiring", self.role, "--node", str(self.node)]
        if self.listener is not None:
            words += ["--fd", str(self.listener.fileno())]
        return [*words, "--lifeline", str(lifeline)]

    def pause_s(self) -> float:
        """After another end: how long until the next start."""
        lived_s = (heartbeat.now_ms() - self.started_ms) / 1000
        self.failures = 1 if lived_s > SETTLED_S else self.failures + 1
        return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (self.failures - 1)))


class Supervisor:
    """`run` returns the exit code once everything has ended."""

    def __init__(self, settings: Settings, announce: Callable[[Settings], None] = lambda _: None) -> None:
        """`announce` is told the settings, with the real addresses, once the ledger is ready and all is started."""
        self.settings = settings
        self._announce = announce
        self.started_ms = heartbeat.now_ms()
        self.prepared = False
        self.exit_code = 0
        self._prepare = Child("prepare")
        self._children: list[Child] = []
        self._stopping = self._hurry = False
        self._stop_s = self._next_beat_s = 0.0

    def run(self) -> int:
        wiring.require_initialised(self.settings)
        os.umask(0o077)
        self.settings.run_folder.mkdir(exist_ok=True, mode=0o700)
        with _locked(self.settings) as self._lock:
            self._open()
            log.info("settings", data=str(self.settings.data), **shown(self.settings))
            self._lifeline, self._lifeline_end = os.pipe()
            with _signals() as self._signals:
                try:
                    self._watch()
                finally:
                    self._stop()
            heartbeat.forget(self.settings.run_folder, "supervisor")
        log.info("stopped")
        return self.exit_code

    # Starting

    def _open(self) -> None:
        """Open the sockets before anything runs; from here on the addresses are the real ones."""
        edges = sockets.listen(self.settings.edge, "edge", self.settings.workers)
        console = sockets.listen(self.settings.console, "console", 1)[0]
        self.settings = msgspec.structs.replace(
            self.settings, edge=sockets.address_of(edges[0]), console=sockets.address_of(console)
        )
        workers = [Child("edge", self.settings.node + i, listener) for i, listener in enumerate(edges)]
        self._children = [Child("engine"), *workers, Child("courier"), Child("control", listener=console)]

    def _start(self, child: Child) -> None:
        passed = [self._lifeline, self._lock.fileno()]
        if child.listener is not None:
            passed.append(child.listener.fileno())
        child.popen = subprocess.Popen(
            child.command(self._lifeline),
            pass_fds=passed,
            env={**os.environ, **environ_of(self.settings)},
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
        child.started_ms = heartbeat.now_ms()
        log.info("process started", name=child.name, pid=child.popen.pid, restarts=child.restarts)

    def _start_due(self) -> None:
        now_s = time.monotonic()
        waiting = self._children if self.prepared else [*self._early(), self._prepare]
        for child in waiting:
            if not child.is_running and child.due_s <= now_s:
                self._start(child)

    def _early(self) -> list[Child]:
        """Edges need no ledger: they take clicks at once, by the catalog that was published last."""
        has_catalog = (self.settings.catalog_folder / "current.msgpack").exists()
        return [c for c in self._children if c.role == "edge"] if has_catalog else []

    # Watching

    def _watch(self) -> None:
        while not self._stopping:
            self._start_due()
            self._beat()
            self._rest(self._next_event_s())
            self._reap()

    def _next_event_s(self) -> float:
        dues = [c.due_s for c in (*self._children, self._prepare) if not c.is_running and c.due_s]
        return max(0.0, min([self._next_beat_s, *dues]) - time.monotonic())

    def _rest(self, at_most_s: float) -> None:
        """Until a signal, a child's end among them, or the time is over."""
        readable, _, _ = select.select([self._signals], [], [], at_most_s)
        if readable:
            for number in self._signals.recv(64):
                self._on_signal(number)

    def _on_signal(self, number: int) -> None:
        if number in STOPS:
            now_s = time.monotonic()
            self._hurry |= self._stopping and now_s - self._stop_s > SAME_WISH_S
            self._stopping, self._stop_s = True, now_s
            log.info("stopping", signal=signal.Signals(number).name, at_once=self._hurry)

    def _reap(self) -> None:
        for child in (*self._children, self._prepare):
            if child.popen is not None and (code := child.popen.poll()) is not None:
                pid, child.popen = child.popen.pid, None
                if child is self._prepare:
                    self._on_prepared(code)
                elif not self._stopping:
                    self._on_end(child, pid, code)

    def _on_prepared(self, code: int) -> None:
        if code == 0:
            self.prepared, self._prepare.due_s = True, 0.0
            self._announce(self.settings)
        elif code == wiring.EXIT_AWAY:
            pause_s = self._prepare.pause_s()
            self._prepare.due_s = time.monotonic() + pause_s
            log.error("the ledger is out of reach; edges run, the rest waits", next_attempt_in_s=pause_s)
        elif not self._stopping:
            self._stopping, self.exit_code = True, wiring.EXIT_FAULT

    def _on_end(self, child: Child, pid: int, code: int) -> None:
        pause_s = child.pause_s()
        child.due_s = time.monotonic() + pause_s
        child.restarts += 1
        log.warning("process ended", name=child.name, pid=pid, ended_by=_reason(code), restart_in_s=pause_s)

    def _beat(self) -> None:
        if time.monotonic() < self._next_beat_s:
            return
        self._next_beat_s = time.monotonic() + heartbeat.BEAT_S
        heartbeat.beat(
            self.settings.run_folder,
            "supervisor",
            self.started_ms,
            edge=self.settings.edge,
            console=self.settings.console,
            processes={c.name: _facts(c) for c in self._children},
        )

    # Stopping

    def _stop(self) -> None:
        """Edges answer what is in hand while the engine still judges; then it catches up, then the rest."""
        self._stopping = True
        self._end([self._prepare])
        self._end([c for c in self._children if c.role == "edge"])
        self._let_engine_catch_up()
        self._end([c for c in self._children if c.role == "engine"])
        self._end([c for c in self._children if c.role not in ("edge", "engine")])

    def _end(self, children: list[Child]) -> None:
        running = [c for c in children if c.popen is not None]
        for child in running:
            _signal(child, signal.SIGTERM)
        deadline_s = time.monotonic() + self.settings.drain_timeout_s + STOP_MARGIN_S
        while any(c.is_running for c in running) and time.monotonic() < deadline_s and not self._hurry:
            self._wait_a_beat()
        for child in running:
            if child.popen is not None:
                log.warning("process killed", name=child.name, pid=child.popen.pid)
                _signal(child, signal.SIGKILL)
                child.popen.wait()
        self._reap()

    def _let_engine_catch_up(self) -> None:
        """Nothing is lost where it does not: the journals wait for the next start."""
        engine = next((c for c in self._children if c.role == "engine"), None)
        since_ms = heartbeat.now_ms()
        deadline_s = time.monotonic() + self.settings.drain_timeout_s
        while engine and engine.is_running and not self._hurry and time.monotonic() < deadline_s:
            seen = heartbeat.read(self.settings.run_folder, "engine")
            if not seen or (seen.get("lag_events") == 0 and seen["beat_ms"] > since_ms):
                return
            self._wait_a_beat()

    def _wait_a_beat(self) -> None:
        self._beat()
        self._rest(0.1)
        self._reap()


@contextmanager
def _locked(settings: Settings) -> Iterator[IO[str]]:
    """One supervisor for a data folder. Children inherit the lock, so it ends with the last of them.

    Raises StartError. After a `kill -9` the next supervisor waits for the children to leave.
    """
    path = settings.run_folder / "supervisor.lock"
    with path.open("a") as lock:
        deadline_s = time.monotonic() + settings.drain_timeout_s + 2 * wiring.LAST_CALL_S
        while not _try(lock):
            pid = heartbeat.read(settings.run_folder, "supervisor").get("pid", 0)
            if heartbeat.is_alive(pid) or time.monotonic() > deadline_s:
                raise StartError(_refusal(settings.data, pid))
            time.sleep(0.1)
        yield lock


def _try(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refusal(data: Path, pid: int) -> str:
    if heartbeat.is_alive(pid):
        return f"Another supervisor (process {pid}) runs on {data}: stop it first, or choose another --data."
    return f"Processes of an earlier supervisor still run on {data}: see `clicktrail status --data {data}`."


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket that gets the number of every signal we act on, so that one `select` sees them all.

    Under `nohup` a hang-up is ignored, and stays so.
    """
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    wanted = [n for n in (*STOPS, signal.SIGCHLD) if n != signal.SIGHUP or signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, lambda *_: None) for number in wanted}
    old = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(old)
        for number, handler in before.items():
            signal.signal(number, handler)
        reader.close()
        writer.close()


def _signal(child: Child, number: signal.Signals) -> None:
    """To the child's whole group when it must die at once: it may have children of its own."""
    assert child.popen is not None
    with suppress(ProcessLookupError):
        if number == signal.SIGKILL:
            os.killpg(child.popen.pid, number)
        else:
            child.popen.send_signal(number)


def _reason(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit {code}"


def _facts(child: Child) -> dict[str, object]:
    pid = child.popen.pid if child.popen else None
    return {"pid": pid, "started_ms": child.started_ms, "restarts": child.restarts}
