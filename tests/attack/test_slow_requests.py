"""Slow and huge requests at the console, directly and through each proxy sample: others are served meanwhile."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.observe import until
from support.proxies import HOST, NAMES, behind
from support.server import Server

SOON_S = 5.0
"""A page takes milliseconds; an attack that works takes minutes. Between them, for a busy machine."""
HEAD_S = 3
"""`header_timeout_s` where a test waits for its end."""
LONG_HEAD_S = 120
"""`header_timeout_s` where slow requests must stay open for a whole test, on a busy machine too."""
SLOW_REQUESTS = 24
"""Six for each of the console's four threads."""
PROBE_S = 1.5
"""How long pages are requested beside slow requests: the first ones may be answered before a thread has begun
to read a slow body, so a single page proves nothing."""
DOORS = ["direct", *(pytest.param(name, marks=pytest.mark.needs(name, "openssl")) for name in NAMES)]
TOKEN = "a" * 32
# Without a token in the cookie that the server looks at, Django refuses the form and never reads its body.
# That is `__Host-csrftoken` where the public URL is https, else `csrftoken`.
FORM = f"POST /login/ HTTP/1.1\r\nHost: {HOST}\r\nCookie: csrftoken={TOKEN}; __Host-csrftoken={TOKEN}\r\n"
STYLES = f"GET /static/unfold/css/styles.css HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
MEGABYTE = 1024 * 1024


@dataclass
class Door:
    server: Server
    open: Callable[[], socket.socket]

    def login_page_s(self) -> float:
        """Seconds until the sign-in page is there."""
        began = time.monotonic()
        with closing(self.open()) as wire:
            wire.settimeout(4 * SOON_S)
            wire.sendall(f"GET /login/ HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            assert b" 200 " in wire.recv(64)
        return time.monotonic() - began

    @property
    def folder(self) -> Path:
        return self.server.data / "run" / "bodies"

    def megabytes(self) -> int:
        status = Path(f"/proc/{self.server.pid('control')}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) // 1024  # type: ignore[union-attr]

    def bytes_in_files(self) -> int:
        """Of the console's open files that have no name any more, and of those in its folder."""
        total = sum(file.stat().st_size for file in self.folder.iterdir())
        for link in Path(f"/proc/{self.server.pid('control')}/fd").iterdir():
            with suppress(OSError):
                if str(link.readlink()).startswith(str(self.folder)):
                    total += link.stat().st_size
        return total


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(
        tmp_path_factory.mktemp("slow") / "data",
        {"CLICKTRAIL_PUBLIC_URL": f"https://{HOST}"},
        header_timeout_s=LONG_HEAD_S,
    )
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture(scope="module")
def server_with_short_timeout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("short") / "data", header_timeout_s=HEAD_S)
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture(scope="module", params=DOORS)
def door(request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    if request.param == "direct":
        yield Door(server, lambda: dial(server))
        return
    with behind(request.param, server, tmp_path_factory.mktemp(request.param)) as site:
        yield Door(server, site.connect)


def dial(server: Server) -> socket.socket:
    host, _, port = str(server.settings["console"]).partition(":")
    return socket.create_connection((host, int(port)), SOON_S)


@contextmanager
def attack(door: Door, count: int, *parts: bytes) -> Iterator[list[socket.socket]]:
    """So many connections, each with these bytes sent."""
    with ExitStack() as stack:
        wires = [stack.enter_context(closing(door.open())) for _ in range(count)]
        for wire in wires:
            with suppress(OSError):
                for part in parts:
                    wire.sendall(part)
        yield wires


def check_pages_beside(door: Door, slow: list[socket.socket]) -> None:
    """Pages are answered at once for a while, and all that time no slow request has been answered or dropped.

    A server whose threads read the bodies answers none before it gives up some of the slow requests.
    """
    began, pages = time.monotonic(), 0
    while pages < 3 or time.monotonic() - began < PROBE_S:
        assert door.login_page_s() < SOON_S, f"after {pages} pages"
        pages += 1
    assert [read_now(wire) for wire in slow] == [None] * len(slow)


def read_now(wire: socket.socket) -> bytes | None:
    """What has arrived (empty: the connection was closed); None where it is open and nothing has."""
    wire.setblocking(False)
    try:
        return wire.recv(200)
    except (BlockingIOError, ssl.SSLWantReadError):
        return None
    except OSError:
        return b""


def test_slow_bodies_hold_no_thread(door: Door) -> None:
    head = FORM + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
    with attack(door, SLOW_REQUESTS, head.encode(), b"x") as slow:
        check_pages_beside(door, slow)


def test_slow_multipart_bodies_hold_no_thread(door: Door) -> None:
    head = FORM + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 30000\r\n\r\n"
    part = '--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx'
    with attack(door, SLOW_REQUESTS, head.encode(), part.encode()) as slow:
        check_pages_beside(door, slow)


def test_slow_chunks_hold_no_thread(door: Door) -> None:
    head = FORM + "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    with attack(door, SLOW_REQUESTS, head.encode(), b"1\r\nx\r\n") as slow:
        check_pages_beside(door, slow)


def test_slow_heads_hold_nothing(door: Door) -> None:
    with attack(door, 200, f"GET /login/ HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ".encode()):
        assert door.login_page_s() < SOON_S


def test_slow_readers_hold_no_thread(door: Door) -> None:
    """Thirty answers each, none of them read."""
    with attack(door, 20, (STYLES * 30).encode()):
        for _ in range(3):
            assert door.login_page_s() < SOON_S


def test_a_large_upload_of_a_stranger_reaches_neither_disk_nor_memory(door: Door) -> None:
    before = door.megabytes()
    head = FORM + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000000\r\n\r\n"
    part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + b"x" * MEGABYTE
    with attack(door, 4, head.encode(), part, *[b"x" * MEGABYTE] * 9):
        assert door.login_page_s() < SOON_S
        assert door.bytes_in_files() == 0
        assert door.megabytes() - before < 40


def test_endless_chunks_of_a_stranger_reach_neither_disk_nor_memory(door: Door) -> None:
    before = door.megabytes()
    head = FORM + "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"100000\r\n" + b"x" * MEGABYTE + b"\r\n"
    with attack(door, 4, head.encode(), *[chunk] * 10):
        assert door.login_page_s() < SOON_S
        assert door.bytes_in_files() < MEGABYTE
        assert door.megabytes() - before < 40


def test_a_head_without_end_costs_no_memory(door: Door) -> None:
    before = door.megabytes()
    with attack(door, 20, f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode(), *[b"X-Long: " + b"a" * 8000 + b"\r\n"] * 90):
        assert door.login_page_s() < SOON_S
        assert door.megabytes() - before < 40


# At the console itself: when a connection ends, and how many there may be.


def seconds_until_closed(wire: socket.socket, drip: bytes = b"") -> tuple[float, bytes]:
    """Sends one byte of `drip` now and then; (seconds, what was answered)."""
    began, answered = time.monotonic(), b""
    wire.settimeout(0.25)
    while time.monotonic() - began < 10 * HEAD_S:
        try:
            found = wire.recv(65536)
        except TimeoutError:
            if drip:
                with suppress(OSError):
                    wire.sendall(drip)
            continue
        except ConnectionError:
            break
        if not found:
            break
        answered += found
    return time.monotonic() - began, answered


@pytest.mark.parametrize(
    ("begun", "status"),
    [
        (f"GET /login/ HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ", b""),
        (FORM + "Content-Length: 1000\r\n\r\n", b" 408 "),
        (FORM + "Transfer-Encoding: chunked\r\n\r\n3E8\r\n", b" 408 "),
        (FORM + "Transfer-Encoding: chunked\r\n\r\n1;", b" 408 "),
        (FORM + "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ", b" 408 "),
    ],
)
def test_a_byte_now_and_then_wins_no_time(server_with_short_timeout: Server, begun: str, status: bytes) -> None:
    with closing(dial(server_with_short_timeout)) as wire:
        wire.sendall(begun.encode())
        took, answered = seconds_until_closed(wire, b"x")
    assert HEAD_S - 1 < took < 4 * HEAD_S + 5
    assert status in answered


def test_a_reader_who_stops_is_dropped(server_with_short_timeout: Server) -> None:
    server = server_with_short_timeout
    with closing(socket.socket()) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, _, port = str(server.settings["console"]).partition(":")
        wire.connect((host, int(port)))
        wire.sendall((STYLES * 30).encode())
        port_of_mine = wire.getsockname()[1]
        until(lambda: not _is_open(int(port), port_of_mine), 60, "the console has dropped the connection")


def _is_open(server_port: int, client_port: int) -> bool:
    """Whether the server's end of the connection is still there."""
    ends = (line.split()[1:4] for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    wanted = (f":{server_port:04X}", f":{client_port:04X}")
    return any(a.endswith(wanted[0]) and b.endswith(wanted[1]) and state == "01" for a, b, state in ends)


def test_more_connections_than_there_may_be_leave_room_for_the_next(server: Server) -> None:
    door = Door(server, lambda: dial(server))
    with attack(door, 700, b"GET "):
        assert door.login_page_s() < SOON_S


def test_one_address_gets_so_many_connections(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", {"CLICKTRAIL_TRUSTED_PROXIES": "10.1.2.3/32"})
    try:
        server.start()
        door = Door(server, lambda: dial(server))
        with attack(door, 120, b"GET ") as wires:
            until(lambda: sum(map(_is_closed, wires)) >= 50, SOON_S, "those beyond the limit are closed")
            assert sum(map(_is_closed, wires)) < 70
    finally:
        server.close()


def _is_closed(wire: socket.socket) -> bool:
    wire.setblocking(False)
    try:
        return wire.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
