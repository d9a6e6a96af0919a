"""A claimed IP address is not believed, in any spelling of X-Forwarded-For and through any proxy."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from support.observe import until
from support.proxies import HOST, NAMES, SOON_S, Site, behind
from support.server import Server

FAILED = "sign-in refused"
SAMPLES = [pytest.param(name, marks=pytest.mark.needs(name, "openssl")) for name in NAMES]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environ = {"CLICKTRAIL_PUBLIC_URL": f"https://{HOST}", "CLICKTRAIL_IP_PRIVACY": "keep"}
    made = Server(tmp_path_factory.mktemp("claimed") / "data", environ)
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture(scope="module", params=SAMPLES)
def site(request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with behind(request.param, server, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X_Forwarded_For", "x_Forwarded-For"])
def test_through_a_proxy_no_spelling_is_believed(site: Site, name: str) -> None:
    """WSGI writes both names in the same way; the order of the others decided which of them counted."""
    for further in range(5):
        who = f"nobody-{site.name}-{name.lower()}-{further}"
        headers = {name: "203.0.113.9", **{f"Zz{n}": "x" for n in range(further)}}
        claim_address(site.connect(), site.server, headers, who)
    assert "203.0.113" not in site.server.words()


@pytest.mark.parametrize("name", ["X_Forwarded_For", "x_forwarded_for", "X-Forwarded_For"])
def test_without_a_proxy_no_other_spelling_is_believed(server: Server, name: str) -> None:
    host, _, port = str(server.settings["console"]).partition(":")
    for further in range(5):
        wire = socket.create_connection((host, int(port)), SOON_S)
        claim_address(wire, server, {name: "198.51.100.9", **{f"Zz{n}": "x" for n in range(further)}}, f"who{further}")
    assert "198.51.100" not in server.words()


def test_without_a_proxy_the_real_name_is_believed_from_loopback(server: Server) -> None:
    """Or the tests above could not fail."""
    host, _, port = str(server.settings["console"]).partition(":")
    wire = socket.create_connection((host, int(port)), SOON_S)
    claim_address(wire, server, {"X-Forwarded-For": "192.0.2.77"}, "whoever")
    assert "192.0.2.77" in server.words()


def claim_address(wire: socket.socket, server: Server, headers: dict[str, str], name: str) -> None:
    """A failed sign-in with these headers; returns when the log has its line."""
    before = len(server.log(FAILED))
    token = "a" * 32
    body = f"csrfmiddlewaretoken={token}&username={server.user}&password=wrong-{name}"
    lines = [
        "POST /login/ HTTP/1.1", f"Host: {HOST}", f"Cookie: csrftoken={token}; __Host-csrftoken={token}",
        f"Origin: https://{HOST}", f"Referer: https://{HOST}/login/", "X-Forwarded-Proto: https",
        "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}", "Connection: close",
        *(f"{key}: {value}" for key, value in headers.items()),
    ]  # fmt: skip
    with closing(wire):
        wire.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        assert wire.recv(100).startswith(b"HTTP/1.1 ")
    until(lambda: len(server.log(FAILED)) > before, SOON_S, "the log names the failed sign-in")
