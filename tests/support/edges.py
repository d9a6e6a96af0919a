"""Real edge workers in processes of their own, and what they have written.

    edge = Edge(tmp_path)                   # keys and the cast's catalog are made
    edge.start()
    wire = edge.wire()                      # one connection, byte for byte
    wire.send(b"GET /go.cgi?... HTTP/1.1\r\nHost: x\r\n\r\n")
    wire.answer().status
    edge.events()                           # what the journal holds
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.cast import CATALOG
from support.observe import until

from clicktrail import catalogfile, keys
from clicktrail.core.catalog import Catalog
from clicktrail.journal.events import Click, Event, Postback, decode_batch
from clicktrail.journal.local import Reader

NODE = 1
CLICK = "/go.cgi?cpid=1&pid=7&wmid=11&subid="
READY_S = 20.0
ANSWER_S = 60.0
BOOT = (
    "import json, sys; from pathlib import Path; from clicktrail.settings import load;"
    " from clicktrail.edge.run import run; told = json.loads(sys.argv[1]);"
    " run(load(Path(told['data']), environ={}, **told['settings']), told['node'], told['fd'], told['lifeline'])"
)


class Edge:
    def __init__(self, data: Path, *, node: int = NODE, catalog: Catalog | None = CATALOG, **settings: Any) -> None:
        self.data, self.node, self.settings = data, node, settings
        keys.create(data / "keys")
        (data / "run").mkdir(exist_ok=True)
        if catalog is not None:
            catalogfile.write(data / "catalog", catalog)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.port: int = self._listening.getsockname()[1]
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the worker
        self.popen: subprocess.Popen[bytes] | None = None

    def start(self, *wrapper: str, lifeline: int | None = None) -> "Edge":
        fd = self._listening.fileno()
        told = {"data": str(self.data), "settings": self.settings, "node": self.node, "fd": fd, "lifeline": lifeline}
        self.popen = subprocess.Popen(
            [*wrapper, sys.executable, "-c", BOOT, json.dumps(told)],
            pass_fds=(fd,) if lifeline is None else (fd, lifeline),
            stderr=self._words,
            env=os.environ | {"CLICKTRAIL_TEST_FAULTS": "1"},
        )
        until(lambda: "serving" in self.words() or self.popen.poll() is not None, READY_S, "the worker serves")
        return self

    def small_buffers(self) -> None:
        """The kernel keeps next to nothing for callers who do not read."""
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)

    def faults(self, **faults: object) -> None:
        """What the disk and the clock do from now on; nothing mends them."""
        path = self.data / "run" / "faults.json"
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(faults))
        draft.rename(path)

    def words(self) -> str:
        size = os.fstat(self._words.fileno()).st_size
        return os.pread(self._words.fileno(), size, 0).decode(errors="replace")

    def wire(self) -> "Wire":
        return Wire(self.port)

    def get(self, path: str, **headers: str) -> "Answer":
        """One request on a connection of its own."""
        with self.wire() as wire:
            return wire.get(path, **headers)

    def metric(self, name: str) -> float:
        lines = self.get("/metrics").body.decode().splitlines()
        return next(float(line.split()[-1]) for line in lines if line.startswith(name + "{"))

    def events(self) -> list[Event]:
        """All events in all journals of the folder, in order."""
        reader = Reader(self.data / "journal")
        found: list[Event] = []
        for file in reader.files():
            for _, body in reader.read(file, 0, 1 << 30).batches:
                found += decode_batch(body)
        reader.close()
        return found

    def clicks(self) -> list[Click]:
        return [event for event in self.events() if isinstance(event, Click)]

    def postbacks(self) -> list[Postback]:
        return [event for event in self.events() if isinstance(event, Postback)]

    def stop(self, within_s: float = 15.0) -> int:
        """SIGTERM and wait; the exit code."""
        assert self.popen is not None
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(within_s)

    def kill(self) -> None:
        """The worker of a tracer is the tracer's child, and would outlive it."""
        assert self.popen is not None
        for pid in Path(f"/proc/{self.popen.pid}/task/{self.popen.pid}/children").read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        self.popen.kill()
        self.popen.wait()

    def close(self) -> None:
        if self.popen is not None and self.popen.poll() is None:
            self.kill()
        self._listening.close()
        self._words.close()

    def __enter__(self) -> "Edge":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


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


class Wire:
    """One connection; what goes over it is the test's business to the last byte."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)
        self._rest = b""

    def send(self, data: bytes) -> "Wire":
        self.socket.sendall(data)
        return self

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.send(f"{method} {path} HTTP/1.1\r\nHost: t\r\n{lines}\r\n".encode("latin-1"))
        return self.answer(has_body=method != "HEAD")

    def answer(self, has_body: bool = True) -> Answer:
        """The next answer. AssertionError where the connection ends first."""
        head = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        status = int(first.split()[1])
        length = int(headers.get("content-length", 0)) if has_body and status not in (204, 304) else 0
        while len(self._rest) < length:
            self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        return Answer(status, headers, body)

    def line(self) -> bytes:
        return self._until(b"\r\n\r\n")

    def rest(self) -> bytes:
        """All that comes until the other side closes."""
        try:
            while True:
                self._more()
        except (AssertionError, ConnectionError):
            return self._rest

    def is_closed(self) -> bool:
        """Whether the other side closes without another byte."""
        return self.rest() == b""

    def half_close(self) -> None:
        self.socket.shutdown(socket.SHUT_WR)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._more()
        found, _, self._rest = self._rest.partition(mark)
        return found

    def _more(self) -> None:
        data = self.socket.recv(65536)
        assert data, f"the connection ended after {self._rest!r}"
        self._rest += data

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
