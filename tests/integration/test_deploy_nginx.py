"""The nginx sample in `deploy/`, run as it is: only the host's ports and the certificate's place are filled in."""

import http.client
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.observe import until
from support.ports import free_port
from support.server import Answer, Server

pytestmark = pytest.mark.needs("nginx", "openssl")

SAMPLE = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
HOST = "track.example.com"
SOON_S = 20.0

AROUND = """
daemon off;
pid {here}/nginx.pid;
error_log stderr;
{user}
events {{ worker_connections 256; }}
http {{
    access_log {here}/access.log;
    client_body_temp_path {here}/body;
    proxy_temp_path {here}/proxy;
    fastcgi_temp_path {here}/fastcgi;
    uwsgi_temp_path {here}/uwsgi;
    scgi_temp_path {here}/scgi;
{sample}
}}
"""


@dataclass
class Site:
    """The server behind nginx, as the world sees it."""

    server: Server
    folder: Path
    https_port: int
    http_port: int

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        trust = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        connection = _Named(self.https_port, trust)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Host": HOST, **names})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()


class _Named(http.client.HTTPSConnection):
    """Loopback, under the name that the certificate is for."""

    def __init__(self, port: int, trust: ssl.SSLContext) -> None:
        super().__init__(HOST, port, context=trust, timeout=SOON_S)

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=HOST)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    server = Server(folder / "data", {"CLICKTRAIL_PUBLIC_URL": f"https://{HOST}", "CLICKTRAIL_IP_PRIVACY": "keep"})
    try:
        server.start()
        site = Site(server, folder, free_port(), free_port())
        _make_certificate(folder)
        (folder / "nginx.conf").write_text(_filled_in(site))
        nginx = subprocess.Popen(["nginx", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"], env=_path())
        try:
            until(lambda: _listens(site.https_port) or nginx.poll() is not None, SOON_S, "nginx listens")
            assert nginx.poll() is None, "nginx did not take the sample"
            yield site
        finally:
            nginx.terminate()
            nginx.wait(SOON_S)
    finally:
        server.close()


def _path() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}


def _make_certificate(folder: Path) -> None:
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-days", "2"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)


def _filled_in(site: Site) -> str:
    """The sample with our ports and folder; everything else stands as an operator copies it."""
    import os

    changes = {
        r"listen 443 ": f"listen 127.0.0.1:{site.https_port} ",
        r"listen 80;": f"listen 127.0.0.1:{site.http_port};",
        r"server 127\.0\.0\.1:8400;": f"server {site.server.settings['edge']};",
        r"server 127\.0\.0\.1:8401;": f"server {site.server.settings['console']};",
        r"/etc/ssl/clicktrail/": f"{site.folder}/",
    }
    sample = SAMPLE.read_text()
    for mark, ours in changes.items():
        sample, found = re.subn(mark, ours, sample)
        assert found, f"the sample no longer says {mark}"
    return AROUND.format(here=site.folder, sample=sample, user="user root;" if os.getuid() == 0 else "")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_click_goes_to_the_edge(site: Site) -> None:
    answer = site.ask("GET", "/go.cgi?cpid=1&pid=2&wmid=1")
    assert answer.status == 302
    assert re.search(r"QC\d{27}", answer.location)
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_a_call_is_judged_behind_the_proxy(site: Site) -> None:
    clickid = re.search(r"QC\d{27}", site.ask("GET", "/go.cgi?cpid=1&pid=2&wmid=1").location)
    assert clickid
    body = f"cpid=1&tid=N-1&umsatz=20&clickid={clickid.group()}&format=json".encode()
    answer = site.ask("POST", "/get_trans.cgi", body, Content_Type="application/x-www-form-urlencoded")
    assert (answer.status, answer.json()["saved"]) == (200, True)


def test_the_script_comes_from_the_edge(site: Site) -> None:
    answer = site.ask("GET", "/clicktrail.js")
    assert answer.status == 200
    assert "javascript" in answer.headers["content-type"]


def test_pictures_come_from_the_console_and_nobody_is_written_down(site: Site) -> None:
    answer = site.ask("GET", f"/banner/{'0' * 32}.png")
    assert (answer.status, answer.headers["cross-origin-resource-policy"]) == (404, "cross-origin")
    site.ask("GET", "/seen-after-the-banner")
    log = until(lambda: "seen-after" in (t := (site.folder / "access.log").read_text()) and t, SOON_S, "a line")
    assert "/banner/" not in log


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


def test_an_address_that_the_caller_claims_is_not_believed(site: Site) -> None:
    before = len(site.server.clicks())
    site.ask("GET", "/go.cgi?cpid=1&pid=2&wmid=1&subid=claimed", X_Forwarded_For="203.0.113.9")
    clicks = until(lambda: (c := site.server.clicks())[before:] and c, SOON_S, "the click is in the ledger")
    [click] = [c for c in clicks if c["subid"] == "claimed"]
    assert click["ip"] == "127.0.0.1"


def test_plain_http_is_sent_to_https_with_its_method(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.http_port, timeout=SOON_S)
    connection.request("POST", "/get_trans.cgi?tid=1", b"x=1", {"Host": HOST})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["location"]) == (308, f"https://{HOST}/get_trans.cgi?tid=1")
    connection.close()


def test_full_addresses_of_visitors_stay_off_the_proxys_disk(site: Site) -> None:
    site.ask("GET", "/go.cgi?cpid=1&pid=2&wmid=1&subid=unseen")
    site.ask("GET", "/seen-by-the-log")
    log = until(lambda: "seen-by-the-log" in (t := (site.folder / "access.log").read_text()) and t, SOON_S, "a line")
    assert "go.cgi" not in log
