"""One data folder and a real `clicktrail serve` on it, for tests that use the whole server.

    server = Server(tmp_path / "data", workers=2)
    server.start()                        # an initialised folder where there is none, serve, wait until healthy
    server.get("/go.cgi?wmid=1&pid=2")    # an answer of the edge, redirects not followed
    server.run("status", "--json")        # any command on the same data folder
    server.stop()                         # Ctrl-C; returns the exit code

Settings are given by name; ports are free ones and stay the same over a restart.
"""

import atexit
import functools
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from support.observe import until
from support.ports import free_port
from support.quick import quick

READY_S = 120.0
STOP_S = 120.0
FRESH = ("init", "serve", "demo")
"""Commands that a test starts in a Python of their own; the others are forked from one that is up."""
HARMLESS = {"CLICKTRAIL_TEST_FAULTS", "CLICKTRAIL_IP_PRIVACY"}
"""Settings that `init` does nothing with."""
VERDICT_MS = 20_000
"""A test that asks for a verdict gets it, however busy the machine: only where there is none it waits so long."""
PASSWORD = re.compile(r"as (\S+) with the password (\S+)")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    def __init__(self, data: Path, environ: dict[str, str] | None = None, **settings: object) -> None:
        self.data = data
        places = {"edge": f"127.0.0.1:{free_port()}", "console": f"127.0.0.1:{free_port()}"}
        self.settings = {**places, "verdict_patience_ms": VERDICT_MS, **settings}
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("CLICKTRAIL_")} | (environ or {})
        self.user = self.password = ""
        """The first manager; known once `init` has run here."""
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the server
        self._popen: subprocess.Popen[bytes] | None = None

    # Commands

    def run(self, *words: str, code: int = 0, stdin: str = "") -> str:
        """Run one command on the data folder; its standard output. Fails where it ends with another code."""
        ended = self.ended(*words, stdin=stdin)
        assert ended.returncode == code, f"clicktrail {' '.join(words)}: {ended.returncode}\n{ended.stderr}"
        return ended.stdout

    def ended(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command to its end, however it ends: those that set up or serve in a Python of their own."""
        if words[0] not in FRESH:
            return quick([*words, "--data", str(self.data)], self.environ, stdin)
        return subprocess.run(
            [*command(), *words, "--data", str(self.data)],
            input=stdin, capture_output=True, text=True, check=False, timeout=300, env=self.environ,
        )  # fmt: skip

    def init(self) -> None:
        found = PASSWORD.search(self.run("init"))
        if found:
            self.user, self.password = found.groups()

    def lay(self) -> None:
        """The same as `init`, as a copy of a folder that was made once in this run."""
        if any(name.startswith("CLICKTRAIL_") for name in self.environ.keys() - HARMLESS):
            self.init()
            return
        template = initialised()
        shutil.copytree(template.data, self.data)
        self.user, self.password = template.user, template.password

    # Starting and stopping

    def start(self) -> "Server":
        """Serve, and wait until clicks are taken, the engine lives and the console answers."""
        if not (self.data / "keys").exists():
            self.lay()
        self.spawn()
        try:
            until(self._is_ready, READY_S, "the server is ready")
        except AssertionError as fault:
            raise AssertionError(f"{fault}\n{self.words()}") from None
        return self

    def spawn(self) -> None:
        """Start without waiting."""
        options = [f"--{name.replace('_', '-')}={value}" for name, value in self.settings.items()]
        self._popen = subprocess.Popen(
            [*command(), "serve", "--data", str(self.data), *options],
            stdin=subprocess.DEVNULL, stdout=self._words, stderr=subprocess.STDOUT, env=self.environ,
        )  # fmt: skip

    def _is_ready(self) -> bool:
        assert self._popen is not None
        assert self._popen.poll() is None, f"serve ended with {self._popen.returncode}:\n{self.words()}"
        seen = self.heartbeat("supervisor")
        if seen.get("pid") != self._popen.pid:
            return False
        self.settings |= {"edge": seen["edge"], "console": seen["console"]}
        answers = (self._status(self.edge_url + "/healthz"), self._status(self.console_url + "/"))
        return answers[0] == 200 and 200 <= answers[1] < 400 and bool(self.pid("engine"))

    @staticmethod
    def _status(url: str) -> int:
        try:
            return fetch("GET", url).status
        except (OSError, http.client.HTTPException):
            return 0

    @property
    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    def stop(self, number: int = signal.SIGINT) -> int:
        """Stop cleanly; the exit code. Nothing where it does not run."""
        if self._popen is None:
            return 0
        if self._popen.poll() is None:
            self._popen.send_signal(number)
        return self.wait()

    def wait(self, within_s: float = STOP_S) -> int:
        """Until it has ended by itself; the exit code."""
        assert self._popen is not None
        try:
            return self._popen.wait(within_s)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
            raise AssertionError(f"did not end within {within_s} s:\n{self.words()}") from None

    def kill(self) -> None:
        """`kill -9` of the supervisor."""
        assert self._popen is not None
        self._popen.kill()
        self._popen.wait()

    def close(self) -> None:
        """End whatever is left, after a failed test too."""
        if self._popen is not None and self._popen.poll() is None:
            self._popen.terminate()
            self.wait()
        self._words.close()

    # Looking

    @property
    def edge_url(self) -> str:
        return f"http://{self.settings['edge']}"

    @property
    def console_url(self) -> str:
        return f"http://{self.settings['console']}"

    def get(self, path: str, **headers: str) -> Answer:
        return fetch("GET", self.edge_url + path, headers=headers)

    def post(self, path: str, body: bytes, **headers: str) -> Answer:
        return fetch("POST", self.edge_url + path, body, headers)

    def words(self) -> str:
        """All that the processes have said so far."""
        size = os.fstat(self._words.fileno()).st_size
        return os.pread(self._words.fileno(), size, 0).decode(errors="replace")

    def log(self, event: str) -> list[dict[str, Any]]:
        """Lines of the log with this event."""
        lines = (json.loads(line) for line in self.words().splitlines() if line.startswith("{"))
        return [line for line in lines if line.get("event") == event]

    def heartbeat(self, name: str) -> dict[str, Any]:
        try:
            return dict(json.loads((self.data / "run" / f"{name}.json").read_bytes()))
        except (OSError, ValueError):
            return {}

    def pids(self) -> dict[str, int]:
        """Processes under the supervisor that live, by name."""
        children = self.heartbeat("supervisor").get("processes", {})
        return {name: child["pid"] for name, child in children.items() if child["pid"] and is_alive(child["pid"])}

    def pid(self, name: str) -> int:
        return self.pids().get(name, 0)

    def transactions(self) -> list[dict[str, Any]]:
        return self._exported("transactions")

    def postbacks(self) -> list[dict[str, Any]]:
        """The transaction log."""
        return self._exported("postbacks")

    def clicks(self) -> list[dict[str, Any]]:
        return self._exported("clicks")

    def _exported(self, what: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run("export", what, "--format", "jsonl").splitlines()]


@functools.cache
def initialised() -> Server:
    """An initialised data folder, one a test process."""
    folder = tempfile.mkdtemp(prefix="clicktrail-template-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    template = Server(Path(folder) / "data")
    template.init()
    return template


BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
"""A client that names itself as nothing is taken for a program, and its clicks are in no sum."""


def command() -> list[str]:
    return [sys.executable, "-m", "clicktrail"]


def fetch(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None, timeout_s: float = 60.0
) -> Answer:
    """One request on a connection of its own; redirects are not followed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {"User-Agent": BROWSER} | {k.replace("_", "-"): v for k, v in (headers or {}).items()}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def is_alive(pid: int) -> bool:
    """A zombie is not alive."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")
