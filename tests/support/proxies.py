"""The proxy samples in `deploy/`, run as they are, with other ports and another place of the certificate."""

import http.client
import os
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.observe import until
from support.ports import free_port
from support.server import Answer, Server

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
HOST = "track.example.com"
NAMES = ("nginx", "caddy", "haproxy")
SOON_S = 20.0

AROUND_NGINX = """
daemon off;
pid {here}/nginx.pid;
error_log stderr;
{user}
events {{ worker_connections 1024; }}
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
    """The server behind a proxy, as the world sees it."""

    name: str
    server: Server
    folder: Path
    https_port: int
    http_port: int

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = _Named(self.https_port, self._trust())
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Host": HOST, **names})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """A connection to write anything into."""
        plain = socket.create_connection(("127.0.0.1", self.https_port), SOON_S)
        return self._trust().wrap_socket(plain, server_hostname=HOST)

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))


class _Named(http.client.HTTPSConnection):
    """Loopback, under the name that the certificate is for."""

    def __init__(self, port: int, trust: ssl.SSLContext) -> None:
        super().__init__(HOST, port, context=trust, timeout=SOON_S)

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=HOST)


@contextmanager
def behind(name: str, server: Server, folder: Path) -> Iterator[Site]:
    """The running server behind the sample of this name."""
    folder.mkdir(exist_ok=True)
    site = Site(name, server, folder, free_port(), free_port())
    _make_certificate(folder)
    command = {"nginx": _nginx, "caddy": _caddy, "haproxy": _haproxy}[name](site)
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(command, env=_environ(folder), stdout=log, stderr=subprocess.STDOUT)
        try:
            until(lambda: _listens(site.https_port) or process.poll() is not None, SOON_S, f"{name} listens")
            assert process.poll() is None, (folder / "proxy.log").read_text()[-2000:]
            yield site
        finally:
            process.terminate()
            process.wait(SOON_S)


def _environ(folder: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(folder), "XDG_DATA_HOME": str(folder)}


def _make_certificate(folder: Path) -> None:
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-days", "2"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    subprocess.run([*words, *names, *files], check=True, capture_output=True)
    pair = (folder / "fullchain.pem").read_text() + (folder / "privkey.pem").read_text()
    (folder / "clicktrail.pem").write_text(pair)


def _filled_in(file_name: str, changes: dict[str, str]) -> str:
    """The sample with our ports and folder; everything else stands as an operator copies it."""
    sample = (DEPLOY / file_name).read_text()
    for mark, ours in changes.items():
        sample, found = re.subn(mark, ours, sample)
        assert found, f"{file_name} no longer says {mark}"
    return sample


def _nginx(site: Site) -> list[str]:
    changes = {
        r"listen 443 ": f"listen 127.0.0.1:{site.https_port} ",
        r"listen 80;": f"listen 127.0.0.1:{site.http_port};",
        r"server 127\.0\.0\.1:8400;": f"server {site.server.settings['edge']};",
        r"server 127\.0\.0\.1:8401;": f"server {site.server.settings['console']};",
        r"/etc/ssl/clicktrail/": f"{site.folder}/",
    }
    sample, user = _filled_in("nginx.conf", changes), "user root;" if os.getuid() == 0 else ""
    file = site.folder / "nginx.conf"
    file.write_text(AROUND_NGINX.format(here=site.folder, sample=sample, user=user))
    return ["nginx", "-e", "stderr", "-p", str(site.folder), "-c", str(file)]


def _caddy(site: Site) -> list[str]:
    ports = f"{{\n\thttp_port {site.http_port}\n\thttps_port {site.https_port}\n\tadmin off\n\tskip_install_trust"
    changes = {
        r"(?m)^\{$": f"{ports}\n\tdefault_bind 127.0.0.1",
        r"\{\$CLICKTRAIL_HOST:(.*)\} \{": rf"\1 {{\n\ttls {site.folder}/fullchain.pem {site.folder}/privkey.pem",
        r"\{\$CLICKTRAIL_EDGE:.*\}": str(site.server.settings["edge"]),
        r"\{\$CLICKTRAIL_CONSOLE:.*\}": str(site.server.settings["console"]),
    }
    (site.folder / "Caddyfile").write_text(_filled_in("Caddyfile", changes))
    return ["caddy", "run", "--config", str(site.folder / "Caddyfile"), "--adapter", "caddyfile"]


def _haproxy(site: Site) -> list[str]:
    changes = {
        r"bind :443 ": f"bind 127.0.0.1:{site.https_port} ",
        r"bind :80\n": f"bind 127.0.0.1:{site.http_port}\n",
        r"server edge 127\.0\.0\.1:8400": f"server edge {site.server.settings['edge']}",
        r"server console 127\.0\.0\.1:8401": f"server console {site.server.settings['console']}",
        r"/etc/ssl/clicktrail/": f"{site.folder}/",
    }
    (site.folder / "haproxy.cfg").write_text(_filled_in("haproxy.cfg", changes))
    return ["haproxy", "-db", "-f", str(site.folder / "haproxy.cfg")]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
