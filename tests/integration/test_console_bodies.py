"""How much body a request to the console may bring: little without a session, a form with one, and a file."""

import http.client
import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass

import pytest
from support.server import Answer, Server

KILOBYTE, MEGABYTE = 1024, 1024 * 1024
FORM = "application/x-www-form-urlencoded"
UPLOAD = "/reconcile/reconciliation/upload/"


@dataclass
class Browser:
    """A session over real HTTP."""

    address: str
    cookies: dict[str, str]

    def ask(self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            named["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with closing(http.client.HTTPConnection(self.address, timeout=20)) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):  # refused while it was sent; the answer is there
                connection.request(method, path, body, named)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())

    def token(self, path: str) -> str:
        found = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', self.ask("GET", path).body)
        assert found
        return found[1].decode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("bodies") / "data")
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def stranger(server: Server) -> Browser:
    return Browser(str(server.settings["console"]), {})


@pytest.fixture(scope="module")
def manager(server: Server) -> Browser:
    browser = Browser(str(server.settings["console"]), {})
    form = f"csrfmiddlewaretoken={browser.token('/login/')}&username={server.user}&password={server.password}"
    assert browser.ask("POST", "/login/", form.encode(), Content_Type=FORM).status == 302
    return browser


def pieces(size: int) -> Iterator[bytes]:
    """A body without a length in front."""
    for _ in range(size // 8192):
        yield b"x" * 8192


@pytest.mark.parametrize("path", ["/login/", UPLOAD, "/catalog/creative/add/", "/no/such/page", "/go.cgi"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_stranger_may_bring_64_kilobytes(stranger: Browser, path: str, chunked: bool) -> None:
    for size, refused in ((64 * KILOBYTE, False), (72 * KILOBYTE, True)):
        body = pieces(size) if chunked else b"x" * size
        answer = stranger.ask("POST", path, body, Content_Type=FORM)
        assert (answer.status == 413) == refused


def test_an_invented_session_is_a_strangers(stranger: Browser) -> None:
    stranger.cookies["sessionid"] = "a" * 32
    answer = stranger.ask("POST", UPLOAD, b"x" * MEGABYTE, Content_Type=FORM)
    assert (answer.status, answer.headers["server"]) == (413, "clicktrail")


def test_who_is_signed_in_may_send_a_form_everywhere(manager: Browser) -> None:
    for size, refused in ((2 * MEGABYTE, False), (3 * MEGABYTE, True)):
        answer = manager.ask("POST", "/catalog/program/1/change/", b"x=" + b"y" * size, Content_Type=FORM)
        assert (answer.status == 413) == refused


@pytest.mark.parametrize("chunked", [False, True])
def test_a_list_of_many_megabytes_arrives(server: Server, manager: Browser, chunked: bool) -> None:
    lines = b"".join(b"BIG-%d;10.00\r\n" % number for number in range(400_000))
    assert 4 * MEGABYTE < len(lines) < 20 * MEGABYTE
    fields = {"csrfmiddlewaretoken": manager.token(UPLOAD), "program": "1"}
    parts = [f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()]
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\nContent-Type: text/csv\r\n\r\n'
    body = b"".join([*parts, file, b"order;amount\r\n", lines, b"\r\n--b--\r\n"])
    sent = (body[at : at + 65536] for at in range(0, len(body), 65536)) if chunked else body
    answer = manager.ask("POST", UPLOAD, sent, Content_Type="multipart/form-data; boundary=b")
    assert answer.status == 302 and re.search(r"/reconcile/reconciliation/\d+/", answer.location)
    assert list((server.data / "run" / "bodies").iterdir()) == []


def test_a_picture_may_be_as_large_as_the_form_says(manager: Browser) -> None:
    answer = manager.ask("POST", "/catalog/creative/add/", b"x" * (4 * MEGABYTE), Content_Type=FORM)
    assert answer.status == 413


def test_the_api_says_it_in_its_own_shape(server: Server, stranger: Browser) -> None:
    answer = stranger.ask("POST", "/api/v1/calls", b"x" * MEGABYTE, Authorization="Bearer ct_wrong")
    problem = answer.json()
    assert (answer.status, problem["code"], problem["status"]) == (413, "too_large", 413)
    assert set(problem) == {"type", "title", "status", "code", "detail", "hint", "errors"}
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_good_api_key_brings_a_megabyte(server: Server, stranger: Browser) -> None:
    key = re.search(r"ct_[\w-]+", server.run("keys", "api", "create", "--name", "bodies", "--scopes", "write"))
    assert key
    answer = stranger.ask(
        "POST", "/api/v1/programs", json.dumps({"name": "x" * MEGABYTE}).encode(),
        Authorization=f"Bearer {key[0]}", Content_Type="application/json",
    )  # fmt: skip
    assert answer.status == 422


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("Transfer-Encoding: gzip, chunked", 501),
        ("Transfer-Encoding: identity, chunked", 501),
        ("Transfer-Encoding: gzip", 400),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3", 400),
        ("Content-Length: 3\r\nContent-Length: 4", 400),
        ("Content-Length: -3", 400),
        ("Expect: tea\r\nContent-Length: 3", 417),
        ("Host: other", 400),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(server: Server, lines: str, status: int) -> None:
    host, _, port = str(server.settings["console"]).partition(":")
    with closing(socket.create_connection((host, int(port)), 20)) as wire:
        wire.sendall(f"POST /login/ HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n\r\n0\r\n\r\n".encode())
        answer = wire.recv(200)
    assert answer.split()[1] == str(status).encode() and b"aiohttp" not in answer


def test_other_versions_of_http_are_refused(server: Server) -> None:
    host, _, port = str(server.settings["console"]).partition(":")
    for line in ("GET /login/ HTTP/2.0", "GET /login/ HTTP/3.0", "PRI * HTTP/2.0"):
        with closing(socket.create_connection((host, int(port)), 20)) as wire:
            wire.sendall(f"{line}\r\nHost: localhost\r\n\r\n".encode())
            assert wire.recv(200).split()[1] in (b"400", b"505")
