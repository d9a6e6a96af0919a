"""The console's HTTP server with small applications behind it: answers long and short, broken ones, and its caps."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.observe import until

from clicktrail.control.server import front, limits
from clicktrail.control.server.limits import bodies_folder
from clicktrail.settings import Settings

MEGABYTE = 1024 * 1024
SOON_S = 20.0
Application = Callable[..., Any]


@contextmanager
def serving(tmp_path: Path, application: Application, **changes: Any) -> Iterator[str]:
    """Its address. The loop runs in a thread of the test, so no signals."""
    import asyncio

    settings = Settings(data=tmp_path, **changes)
    folder = front.make_folder(settings)
    listener = socket.create_server(("127.0.0.1", 0))
    stop: list[Callable[[], None]] = []

    def run() -> None:
        async def main() -> None:
            halt = asyncio.Event()
            loop = asyncio.get_running_loop()
            stop.append(lambda: loop.call_soon_threadsafe(halt.set))
            await front.serve_until(halt, settings, listener, front.Front(settings, application, lambda _: 0, folder))

        asyncio.run(main())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        until(lambda: stop, SOON_S, "the loop runs")
        stop[0]()
        thread.join(SOON_S)
        assert not thread.is_alive()


def ask(address: str, method: str = "GET", path: str = "/", **headers: str) -> tuple[int, dict[str, str], bytes]:
    with closing(http.client.HTTPConnection(address, timeout=SOON_S)) as connection:
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def saying(*parts: bytes, status: str = "200 OK", headers: tuple[tuple[str, str], ...] = ()) -> Application:
    def application(_environ: dict[str, Any], start: Any) -> list[bytes]:
        start(status, [("Content-Type", "text/plain"), *headers])
        return list(parts)

    return application


def test_a_short_answer_has_its_length(tmp_path: Path) -> None:
    with serving(tmp_path, saying(b"a", b"bc", headers=(("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")))) as address:
        status, headers, body = ask(address)
    assert (status, body, headers["content-length"], headers["server"]) == (200, b"abc", "3", "clicktrail")


def test_a_long_answer_arrives_whole_and_leaves_no_file(tmp_path: Path) -> None:
    parts = [bytes([number]) * 100_000 for number in range(100)]
    with serving(tmp_path, saying(*parts)) as address:
        status, headers, body = ask(address)
        assert (status, body == b"".join(parts), "content-length" in headers) == (200, True, False)
        assert list(bodies_folder(Settings(data=tmp_path)).iterdir()) == []


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_a_body_has_none(tmp_path: Path, status: str) -> None:
    with serving(tmp_path, saying(status=status)) as address:
        assert ask(address)[::2] == (int(status[:3]), b"")


@pytest.mark.parametrize("size", [10, 3 * MEGABYTE])
def test_head_gets_the_headers_alone(tmp_path: Path, size: int) -> None:
    with serving(tmp_path, saying(b"x" * size, headers=(("Content-Length", str(size)),))) as address:
        status, headers, body = ask(address, "HEAD")
        assert (status, headers["content-length"], body) == (200, str(size), b"")
        assert ask(address)[0] == 200


def test_an_application_that_fails_is_a_500(tmp_path: Path) -> None:
    def application(*_: Any) -> list[bytes]:
        raise RuntimeError("secret")

    with serving(tmp_path, application) as address:
        status, _, body = ask(address)
    assert status == 500 and b"secret" not in body


def test_an_answer_that_breaks_off_is_seen_to_break_off(tmp_path: Path) -> None:
    def application(_environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"x" * 2 * MEGABYTE
        raise RuntimeError

    with serving(tmp_path, application) as address, pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask(address)


def test_the_environment_holds_exact_names_only(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start: Any) -> list[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read())
        start("200 OK", [])
        return []

    lines = (
        "POST /a%20b//c?x=%20y HTTP/1.1", "Host: h", "X-Forwarded-For: 1.1.1.1", "X_Forwarded_For: 2.2.2.2",
        "x-forwarded_for: 3.3.3.3", "X-Forwarded-For: 4.4.4.4", "Content_Length: 9", "Content-Type: a/b",
        "Transfer-Encoding: chunked", "Cookie: a=1", "Cookie: b=2",
    )  # fmt: skip
    with serving(tmp_path, application) as address:
        host, _, port = address.partition(":")
        with closing(socket.create_connection((host, int(port)), SOON_S)) as wire:
            wire.sendall("\r\n".join(lines).encode() + b"\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
            assert b" 200 " in wire.recv(100)
    assert seen["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,4.4.4.4"
    assert (seen["CONTENT_LENGTH"], seen["CONTENT_TYPE"], seen["body"]) == ("2", "a/b", b"hi")
    assert (seen["PATH_INFO"], seen["QUERY_STRING"], seen["HTTP_COOKIE"]) == ("/a b//c", "x=%20y", "a=1; b=2")
    assert (seen["REMOTE_ADDR"], seen["SERVER_PORT"], "HTTP_TRANSFER_ENCODING" in seen) == ("127.0.0.1", port, False)


@pytest.fixture
def gate() -> Iterator[tuple[Application, threading.Event]]:
    """An application that answers when the event is set."""
    opened = threading.Event()

    def application(_environ: dict[str, Any], start: Any) -> list[bytes]:
        opened.wait(SOON_S)
        start("200 OK", [])
        return [b"late"]

    yield application, opened
    opened.set()


def begin(address: str, count: int, headers: str = "") -> list[socket.socket]:
    host, _, port = address.partition(":")
    wires = [socket.create_connection((host, int(port)), SOON_S) for _ in range(count)]
    for wire in wires:
        wire.sendall(f"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}\r\n".encode())
    return wires


def statuses(wires: list[socket.socket]) -> list[int]:
    found = []
    for wire in wires:
        with closing(wire):
            found.append(int(wire.recv(100).split()[1]))
    return found


def test_above_the_queue_the_answer_is_503(
    tmp_path: Path, gate: tuple[Application, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_QUEUED_REQUESTS", 10)
    application, opened = gate
    with serving(tmp_path, application) as address:
        wires = begin(address, 13)
        until(lambda: sum(map(_has_answer, wires)) == 3, SOON_S, "those beyond the queue are answered")
        opened.set()
        found = statuses(wires)
    assert (found.count(503), found.count(200)) == (3, 10)


def test_one_client_behind_a_proxy_gets_so_many_requests(
    tmp_path: Path, gate: tuple[Application, threading.Event]
) -> None:
    application, opened = gate
    with serving(tmp_path, application) as address:
        wires = begin(address, limits.MAX_REQUESTS_PER_ADDRESS + 5, "X-Forwarded-For: 203.0.113.5\r\n")
        others = begin(address, 5, "X-Forwarded-For: 203.0.113.6\r\n")
        until(lambda: sum(map(_has_answer, wires)) == 5, SOON_S, "those beyond the limit are answered")
        opened.set()
        found = statuses(wires)
        assert (found.count(429), found.count(200)) == (5, limits.MAX_REQUESTS_PER_ADDRESS)
        assert statuses(others) == [200] * 5


def _has_answer(wire: socket.socket) -> bool:
    wire.setblocking(False)
    try:
        return bool(wire.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        wire.setblocking(True)
        wire.settimeout(SOON_S)


def test_what_a_killed_console_left_is_deleted_at_the_next_start(tmp_path: Path) -> None:
    left = bodies_folder(Settings(data=tmp_path)) / "tmp1.upload"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x")
    with serving(tmp_path, saying(b"")) as address:
        assert ask(address)[0] == 200
    assert not left.exists()
