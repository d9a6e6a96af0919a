"""One data folder with its real processes, for tests that break things.

Every process is started here, ends here and by its id only; its words go to a file in the
data folder's neighbour `logs/`, where a failing test finds them.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.books import Books
from support.load import Caller
from support.observe import until
from support.ports import free_port
from support.quick import quick
from support.server import initialised

from clicktrail.heartbeat import is_alive

READY_S = 30.0
END_S = 120.0

CATALOG = """
[[program]]
id = 1
name = "Shop"
currency = "EUR"
time_zone = "Europe/Berlin"
default_product = "Sale"

[[program.product]]
name = "Sale"
percent = "10"

[[program.target]]
alias = "default"
url = "http://127.0.0.1:9/landing?qc_clickid=<% CLICKID %>"

[[program.creative]]
id = 1
name = "Link"
target = "default"
product = "Sale"

[[partner]]
id = 7
name = "Seven"

[[partner.approval]]
program = 1
products = ["Sale"]
"""
PARTNERS = (2, 7)
"""The test partner, whose transactions stay out of the sums, and one who earns."""


@dataclass
class Process:
    """A process of ours, with its words in a file."""

    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.popen.pid

    def is_running(self) -> bool:
        return self.popen.poll() is None

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait(END_S)

    def stop(self) -> int:
        """Ask it to end, and wait; its exit code."""
        if self.is_running():
            self.popen.terminate()
        return self.wait()

    def wait(self, within_s: float = END_S) -> int:
        try:
            return self.popen.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end within {within_s} s:\n{self.words()}") from None

    def words(self) -> str:
        return self.log.read_text(errors="replace")[-6000:]


@dataclass
class Installation:
    data: Path
    workers: int = 2
    edge_port: int = 0
    console_port: int = 0
    environ: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.edge_port, self.console_port = self.edge_port or free_port(), self.console_port or free_port()
        self.books = Books(self.data, self.environ.get("CLICKTRAIL_DATABASE", ""))

    # Starting and ending

    def command(self, *words: str, within_s: float = 120.0) -> str:
        """Run one command to its end; its output. Fails with its words where it fails."""
        ended = quick([*words, "--data", str(self.data)], self._surroundings(), within_s=within_s)
        said = ended.stdout + ended.stderr
        assert ended.returncode == 0, f"clicktrail {' '.join(words)} ended with {ended.returncode}:\n{said}"
        return said

    def _surroundings(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CLICKTRAIL_")}
        return clean | {"CLICKTRAIL_TEST_FAULTS": "1"} | self.environ

    def spawn(self, *words: str) -> Process:
        logs = self.data.parent / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        log = logs / f"{len(self.processes):03}-{words[0]}.log"
        with log.open("wb") as out:
            popen = subprocess.Popen(
                [sys.executable, "-m", "clicktrail", *words, "--data", str(self.data)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._surroundings(),
            )
        self.processes.append(Process(popen, log))
        return self.processes[-1]

    def init(self, catalog: str = CATALOG) -> "Installation":
        """A folder as `clicktrail init` makes it, and the catalog in it."""
        if "CLICKTRAIL_DATABASE" in self.environ:
            self.command("init")
        else:
            shutil.copytree(initialised().data, self.data)
        self.apply(catalog)
        return self

    def apply(self, catalog: str) -> str:
        path = self.data.parent / "catalog.toml"
        path.write_text(catalog)
        return self.command("catalog", "apply", str(path))

    def serve(self) -> Process:
        """Everything, supervised; returns once every worker takes clicks and the engine lives."""
        process = self.spawn_serve()
        self.wait_ready(process)
        names = ["engine", *(f"edge-{1 + n:04}" for n in range(self.workers))]
        until(lambda: all(self.beats(name) for name in names), READY_S, f"all of {names}\n{process.words()}")
        return process

    def spawn_serve(self) -> Process:
        """The same without waiting."""
        return self.spawn(
            "serve",
            *("--edge", f"127.0.0.1:{self.edge_port}", "--console", f"127.0.0.1:{self.console_port}"),
            *("--workers", str(self.workers)),
        )

    def edge(self, node: int = 1, port: int = 0) -> Process:
        """One worker alone; returns once it takes clicks."""
        port = port or self.edge_port
        process = self.spawn("edge", "--edge", f"127.0.0.1:{port}", "--node", str(node))
        self.wait_ready(process, port)
        return process

    def engine(self) -> Process:
        process = self.spawn("engine")
        until(lambda: self.pid("engine") == process.pid, READY_S, f"an engine\n{process.words()}")
        return process

    def wait_ready(self, process: Process, port: int = 0) -> None:
        def ready() -> bool:
            assert process.is_running(), f"ended with {process.popen.returncode}:\n{process.words()}"
            return self.health(port) == 200

        until(ready, READY_S, f"healthz says 200; {process.log}")

    def close(self) -> None:
        """End what a failed test left behind: by id, and only what this data folder knows of."""
        for process in self.processes:
            if process.is_running():
                process.kill()
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            until(lambda pid=pid: not is_alive(pid), END_S, f"process {pid} is gone")

    # Looking

    def health(self, port: int = 0) -> int:
        """Status of /healthz; 0 where nobody answers."""
        caller = Caller("127.0.0.1", port or self.edge_port, patience_s=5.0)
        status = caller.get("/healthz").status
        caller.close()
        return status

    def caller(self, port: int = 0, patience_s: float = 15.0) -> Caller:
        return Caller("127.0.0.1", port or self.edge_port, patience_s)

    def heartbeat(self, name: str) -> dict[str, Any]:
        """`edge-0001`, `engine`: what that process last wrote of itself, or nothing."""
        with suppress(OSError, ValueError):
            return dict(json.loads((self.data / "run" / f"{name}.json").read_bytes()))
        return {}

    def beats(self, name: str) -> bool:
        """Whether the process lives and says so itself: it has done with starting."""
        return is_alive(self.heartbeat(name).get("pid", 0))

    def pid(self, name: str) -> int:
        """The process's id by its own heartbeat, else by its supervisor's; 0 where it does not live."""
        child = self.heartbeat("supervisor").get("processes", {}).get(name, {})
        return next((pid for pid in (self.heartbeat(name).get("pid"), child.get("pid")) if pid and is_alive(pid)), 0)

    def pids(self) -> list[int]:
        """Of every process that the data folder knows of and that lives, the supervisor included."""
        names = {path.stem for path in (self.data / "run").glob("*.json")}
        names |= self.heartbeat("supervisor").get("processes", {}).keys()
        return sorted({pid for name in names if (pid := self.pid(name))})

    def metric(self, name: str, port: int = 0) -> float:
        """Sum of one metric over its labels, as the worker that answers counts it."""
        body = self.caller(port).get("/metrics").body.decode()
        lines = [line for line in body.splitlines() if line.split("{")[0].split(" ")[0] == name]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    # Breaking

    def faults(self, **faults: object) -> None:
        """Make the disk full, slow or broken; without arguments it is mended."""
        path = self.data / "run" / "faults.json"
        new = path.with_suffix(".new")
        new.write_text(json.dumps(faults))
        new.rename(path)

    def kill(self, name: str) -> int:
        """kill -9 of the process whose heartbeat has this name; its id."""
        pid = self.pid(name)
        assert pid, f"{name} does not live"
        os.kill(pid, signal.SIGKILL)
        return pid

    # Catching up

    def catch_up(self, within_s: float = 30.0) -> None:
        """Wait until the running engine has read and judged everything."""
        until(self.books.caught_up, within_s, "the engine has caught up")

    def engine_once(self) -> None:
        """Without a running engine: read and judge everything that the journals hold."""
        self.command("engine", "--once")
