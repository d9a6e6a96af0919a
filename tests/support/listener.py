"""A server on loopback that takes deliveries: it keeps what it was sent and answers as it is told.

One listening socket takes every 127.x.y.z, so that many hosts cost one server.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Got:
    method: str
    target: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    host: str

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def delivery(self) -> str:
        return self.headers.get("webhook-id") or self.headers["clicktrail-delivery"]


@dataclass(frozen=True)
class Say:
    """An answer. stuck: none, until the caller hangs up."""

    status: int = 200
    body: bytes = b"OK"
    headers: dict[str, str] = field(default_factory=dict)
    stuck: bool = False
    raw: bytes = b""
    after_s: float = 0.0


@dataclass
class Listener:
    """`async with Listener() as listener:`; `answer` may be swapped at any time."""

    answer: Callable[[Got], Say] = lambda _: Say()
    got: list[Got] = field(default_factory=list)
    port: int = 0
    connections: int = 0

    async def __aenter__(self) -> "Listener":
        self._writers: set[asyncio.StreamWriter] = set()
        self._server = await asyncio.start_server(self._serve, "0.0.0.0", 0, backlog=4096)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while True:
                got = await _read(reader)
                self.got.append(got)
                say = self.answer(got)
                if say.stuck:
                    await reader.read()
                    return
                if say.after_s:
                    await _pause(say.after_s)
                writer.write(say.raw or _written(say))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            return
        finally:
            self._writers.discard(writer)
            writer.close()


async def _pause(seconds: float) -> None:
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(seconds, done.set_result, None)
    await done


async def _read(reader: asyncio.StreamReader) -> Got:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    method, target, _ = first.split(" ")
    return Got(method, target, headers, body, headers["host"])


def _written(say: Say) -> bytes:
    headers = {"Content-Length": str(len(say.body)), **say.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {say.status} Said\r\n{lines}\r\n".encode("latin-1") + say.body


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener in a thread of its own, for tests that wait for processes."""
    loop, listener = asyncio.new_event_loop(), Listener()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(listener.__aenter__(), loop).result(10)
        yield listener
    finally:
        asyncio.run_coroutine_threadsafe(listener.__aexit__(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(120)
