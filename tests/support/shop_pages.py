"""Two origins for clicktrail.js in a real browser: a shop's pages and the tracker."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SCRIPT = Path(__file__).parents[2] / "src/clicktrail/edge/static/clicktrail.js"
FIRST = "QC000000000000000000000000001"
SECOND = "QC618970019642690137449562111"
PATIENCE_S = 60
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@dataclass
class Site:
    """One origin: the pages it has, and what was asked of it."""

    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    policy: str = ""
    asked: list[str] = field(default_factory=list)
    cors: bool = False
    """Lets scripts of other origins read its answers, as the edge does."""
    refusals: int = 0
    """So many calls of the pixel are answered 503 first."""
    changed: threading.Condition = field(default_factory=threading.Condition)
    origin: str = ""

    def note(self, address: str) -> None:
        with self.changed:
            self.asked.append(address)
            self.changed.notify_all()

    def calls(self, path: str = "/get_trans.cgi") -> list[dict[str, str]]:
        return [dict(parse_qsl(urlsplit(one).query)) for one in self.asked if urlsplit(one).path == path]

    def wait_for_call(self, count: int = 1, path: str = "/get_trans.cgi") -> dict[str, str]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.calls(path)) >= count, PATIENCE_S), self.asked
        return self.calls(path)[count - 1]


def handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            status, (kind, body) = self.answer(path)
            site.note(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if site.cors:
                self.send_header("Access-Control-Allow-Origin", "*")
            if site.policy:
                self.send_header("Content-Security-Policy", site.policy)
            self.end_headers()
            self.wfile.write(body)

        def answer(self, path: str) -> tuple[int, tuple[str, bytes]]:
            if path == "/get_trans.cgi" and site.refusals:
                site.refusals -= 1
                return 503, ("text/plain", b"later")
            if path in site.pages:
                return 200, site.pages[path]
            return 404, ("text/plain", b"")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def serve() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(site))
    site.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Shop:
    site: Site
    tracker: Site
    chrome: Chrome

    def page(self, path: str, attributes: str = "", body: str = "", head: str = "") -> None:
        tag = f'<script src="{self.tracker.origin}/clicktrail.js" defer {attributes}></script>'
        html = f'<!doctype html><title>{path}</title><link rel="icon" href="data:,">{head}{tag}<body>{body}'
        self.site.pages[path] = ("text/html; charset=utf-8", html.encode())

    def visit(self, address: str) -> None:
        self.chrome.get(self.site.origin + address)

    def clickid(self) -> str:
        return self.chrome.execute_script("return window.clicktrail.clickid")

    def cookie(self, name: str = "clicktrail") -> str | None:
        found = self.chrome.get_cookie(name)
        return found["value"] if found else None

    def session(self) -> str | None:
        return self.chrome.execute_script("return sessionStorage.getItem('clicktrail')")

    def stored(self) -> tuple[str | None, str | None]:
        return self.cookie(), self.session() or None

    def click(self, css: str) -> None:
        self.chrome.find_element(By.CSS_SELECTOR, css).click()

    def wait_for_title(self, title: str) -> None:
        """The page of that title is there, its scripts have run (the title comes before them)."""
        ready = f"return document.title === {title!r} && document.readyState === 'complete'"
        WebDriverWait(self.chrome, PATIENCE_S).until(lambda chrome: chrome.execute_script(ready))
