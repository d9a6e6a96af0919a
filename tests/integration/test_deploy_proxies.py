"""The proxy samples in `deploy/`: nginx, Caddy and HAProxy as real processes in front of a real server."""

import http.client
import re
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from support.observe import until
from support.proxies import HOST, NAMES, SOON_S, Site, behind
from support.server import Server

pytestmark = pytest.mark.needs("openssl")
SAMPLES = [pytest.param(name, marks=pytest.mark.needs(name)) for name in NAMES]
FIXTURE_SERVER = {"CLICKTRAIL_PUBLIC_URL": f"https://{HOST}", "CLICKTRAIL_IP_PRIVACY": "keep"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("proxied") / "data", FIXTURE_SERVER)
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture(scope="module", params=SAMPLES)
def site(request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with behind(request.param, server, tmp_path_factory.mktemp(request.param)) as found:
        yield found


def test_a_click_goes_to_the_edge(site: Site) -> None:
    answer = site.ask("GET", "/go.cgi?cpid=1&pid=2&wmid=1")
    assert answer.status == 302
    assert re.search(r"QC\d{27}", answer.location)
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_a_call_is_judged_behind_the_proxy(site: Site) -> None:
    clickid = re.search(r"QC\d{27}", site.ask("GET", "/go.cgi?cpid=1&pid=2&wmid=1").location)
    assert clickid
    body = f"cpid=1&tid=N-{site.name}&umsatz=20&clickid={clickid.group()}&format=json".encode()
    answer = site.ask("POST", "/get_trans.cgi", body, Content_Type="application/x-www-form-urlencoded")
    assert (answer.status, answer.json()["saved"]) == (200, True)


def test_the_script_comes_from_the_edge(site: Site) -> None:
    answer = site.ask("GET", "/clicktrail.js")
    assert answer.status == 200
    assert "javascript" in answer.headers["content-type"]


def test_pictures_come_from_the_console(site: Site) -> None:
    answer = site.ask("GET", f"/banner/{'0' * 32}.png")
    assert (answer.status, answer.headers["cross-origin-resource-policy"]) == (404, "cross-origin")


def test_everything_else_is_the_console(site: Site) -> None:
    answer = site.ask("GET", "/login/?next=/")
    assert answer.status == 200
    assert b"<form" in answer.body
    assert "strict-transport-security" in answer.headers
    for path in ("/healthz", "/metrics"):
        assert site.ask("GET", path).status in (302, 404), "health and figures stay inside"


def test_signing_in_works_under_the_public_name(site: Site) -> None:
    """Allowed host, CSRF origin and secure cookies come from CLICKTRAIL_PUBLIC_URL."""
    page = site.ask("GET", "/login/?next=/")
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
    assert token
    cookie = page.headers["set-cookie"]
    assert "Secure" in cookie
    form = f"csrfmiddlewaretoken={token.group(1).decode()}&username={site.server.user}&password={site.server.password}"
    answer = site.ask(
        "POST", "/login/?next=/", form.encode(), Cookie=cookie.split(";")[0], Origin=f"https://{HOST}",
        Referer=f"https://{HOST}/login/", Content_Type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert (answer.status, answer.location) == (302, "/")


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X_Forwarded_For"])
def test_an_address_that_the_caller_claims_is_not_believed(site: Site, name: str) -> None:
    subid = f"claimed-{site.name}-{name}"
    with closing(site.connect()) as wire:
        wire.sendall(
            f"GET /go.cgi?cpid=1&pid=2&wmid=1&subid={subid} HTTP/1.1\r\nHost: {HOST}\r\n"
            f"{name}: 203.0.113.9\r\nConnection: close\r\n\r\n".encode()
        )
        assert b" 302 " in wire.recv(100)
    clicks = until(lambda: [c for c in site.server.clicks() if c["subid"] == subid], SOON_S, "the click is there")
    assert [click["ip"] for click in clicks] == ["127.0.0.1"]


@pytest.mark.parametrize("path", ["//go.cgi", "///go.cgi", "/go.cgi/", "//get_trans.cgi", "//clicktrail.js"])
def test_a_doubled_or_trailing_slash_ends_at_the_edge(site: Site, path: str) -> None:
    answer = site.ask("GET", f"{path}?cpid=1&pid=2&wmid=1")
    assert answer.headers.get("server") != "clicktrail" and "/login/" not in answer.location


@pytest.mark.parametrize("path", ["/get_trans.cgi", "/login/"])
def test_bodies_are_limited(site: Site, path: str) -> None:
    """Some proxies answer at the head, others when they have the body."""
    with closing(site.connect()) as wire:
        wire.sendall(f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 70000\r\n\r\n".encode())
        wire.settimeout(0.5)
        with suppress(TimeoutError):
            assert b" 413 " in wire.recv(100)
            return
        wire.settimeout(SOON_S)
        wire.sendall(b"x" * 70_000)
        assert b" 413 " in wire.recv(100)


def test_plain_http_is_sent_to_https_with_its_method(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.http_port, timeout=SOON_S)
    connection.request("POST", "/get_trans.cgi?tid=1", b"x=1", {"Host": HOST})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["location"]) == (308, f"https://{HOST}/get_trans.cgi?tid=1")
    connection.close()


def test_full_addresses_of_visitors_stay_off_the_proxys_disk(site: Site) -> None:
    site.ask("GET", f"/banner/{'0' * 32}.png")
    site.ask("GET", "/go.cgi?cpid=1&pid=2&wmid=1&subid=unseen")
    site.ask("GET", "/seen-by-the-log")
    if site.name == "nginx":  # the others write no line for a request, unless somebody adds it
        file = site.folder / "access.log"
        until(lambda: "seen-by-the-log" in file.read_text(), SOON_S, "a line")
    for file in site.folder.rglob("*.log"):
        assert "go.cgi" not in file.read_text() and "/banner/" not in file.read_text()
