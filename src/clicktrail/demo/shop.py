"""The demo shop: a plain HTTP server in threads, on loopback.

The landing page puts the ClickID into the session; the checkout makes the call of the
server (S2S); the confirmation page has the pixel. Both report the same order number.
"""

import secrets
import socket
import threading
import time
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from clicktrail.demo import pages
from clicktrail.demo.goods import BY_SLUG, SHIPPING_CENTS, net_cents
from clicktrail.demo.links import links
from clicktrail.demo.tracking import Tracker
from clicktrail.demo.visits import COOKIE, Order, Visit, Visits

HOST = "127.0.0.1"
BODY_LIMIT_BYTES = 16 * 1024
TIMEOUT_S = 30
"""A browser that sends nothing for so long is let go."""
ORDERS_OF_A_VISIT = 50
PARTNER_SERVER = "/partner-server/"


class Shop:
    """Serves from `start` to `stop`; `url` is where."""

    def __init__(self, tracker: Tracker, listener: socket.socket) -> None:
        self.tracker = tracker
        self.visits = Visits()
        self._server = ThreadingHTTPServer(listener.getsockname(), _handler(self), bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = listener
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="shop", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.socket.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def order(self, visit: Visit) -> Order:
        """Buy what is in the basket."""
        goods = pages.goods_cents(visit)
        lines = tuple((BY_SLUG[slug].name, count, BY_SLUG[slug].cents * count) for slug, count in visit.basket.items())
        visit.basket.clear()
        return self._place(visit, "Sale", net_cents(goods), goods + SHIPPING_CENTS, lines)

    def sign_up(self, visit: Visit) -> Order:
        """A lead: no revenue; the tracker pays a fixed amount."""
        return self._place(visit, "Lead", 0, 0, ())

    def _place(
        self, visit: Visit, product: str, net: int, total: int, lines: tuple[tuple[str, int, int], ...]
    ) -> Order:
        tid = f"HB-{time.strftime('%y%m%d-%H%M%S')}-{secrets.token_hex(2).upper()}"
        told = self.tracker.report(tid, product, net, visit.clickid)
        order = Order(tid, product, net, total, lines, visit.clickid, told)
        visit.orders[tid] = order
        while len(visit.orders) > ORDERS_OF_A_VISIT:
            visit.orders.pop(next(iter(visit.orders)))
        return order


def _handler(shop: Shop) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Request,), {"shop": shop})


class _Request(BaseHTTPRequestHandler):
    shop: Shop
    protocol_version = "HTTP/1.1"
    timeout = TIMEOUT_S

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/shop.css":
            return self._send(200, _css(), "text/css; charset=utf-8", {"Cache-Control": "max-age=60"})
        if address.path.startswith(PARTNER_SERVER):
            return self._partner_server(address.path)
        visit, headers = self._visit()
        visit.learn(address.query)
        status, body = self._page(address.path, visit)
        return self._send(status, body, headers=headers)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        fields = self._fields()
        if self.path.startswith(PARTNER_SERVER):
            return self._partner_server(urlsplit(self.path).path)
        visit, headers = self._visit()
        act = POSTS.get(urlsplit(self.path).path)
        if act is None or fields is None:
            self.close_connection = True
            return self._send(404 if fields is not None else 413, pages.missing(visit), headers=headers)
        return self._send(303, "", headers={**headers, "Location": act(self.shop, visit, fields)})

    def _partner_server(self, path: str) -> None:
        """What partners' servers answer to the courier; one of them is out of order."""
        is_away = path.endswith("/away")
        self._send(503 if is_away else 200, "out of order" if is_away else "ok", "text/plain; charset=utf-8")

    def _page(self, path: str, visit: Visit) -> tuple[int, str]:
        plain = PAGES.get(path)
        if plain is not None:
            return 200, plain(self.shop, visit)
        start, _, name = path.removeprefix("/").partition("/")
        if start == "goods" and name in BY_SLUG:
            return 200, pages.product(visit, BY_SLUG[name])
        if start == "thanks" and name in visit.orders:
            order = visit.orders[name]
            pixel = self.shop.tracker.pixel(order.tid, order.product, order.net_cents, order.clickid)
            return 200, pages.thanks(visit, order, pixel)
        return 404, pages.missing(visit)

    def _visit(self) -> tuple[Visit, dict[str, str]]:
        try:
            known = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        except CookieError:
            known = None
        key, visit = self.shop.visits.of(known.value if known else None)
        if known is not None and known.value == key:
            return visit, {}
        return visit, {"Set-Cookie": f"{COOKIE}={key}; Path=/; HttpOnly; SameSite=Lax"}

    def _fields(self) -> dict[str, str] | None:
        """Of a posted form; None where it is too long to be one of ours."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > BODY_LIMIT_BYTES:
            return None
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        return {name: values[-1] for name, values in parse_qs(body).items()}

    def _send(self, status: int, body: str, kind: str = "text/html; charset=utf-8", headers: Any = None) -> None:
        content = body.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Cache-Control": "no-store", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the terminal belongs to the demo's own words."""


def _css() -> str:
    return files("clicktrail.demo").joinpath("static/shop.css").read_text("utf-8")


def _change_basket(_shop: Shop, visit: Visit, fields: dict[str, str]) -> str:
    if fields.get("good") in BY_SLUG:
        visit.add(fields["good"], -1 if fields.get("change") == "-1" else 1)
    return "/basket"


def _order(shop: Shop, visit: Visit, _fields: dict[str, str]) -> str:
    return f"/thanks/{shop.order(visit).tid}" if visit.basket else "/basket"


def _sign_up(shop: Shop, visit: Visit, _fields: dict[str, str]) -> str:
    return f"/thanks/{shop.sign_up(visit).tid}"


PAGES: dict[str, Callable[[Shop, Visit], str]] = {
    "/": lambda _, visit: pages.home(visit),
    "/basket": lambda _, visit: pages.basket(visit),
    "/checkout": lambda _, visit: pages.checkout(visit) if visit.basket else pages.basket(visit),
    "/newsletter": lambda _, visit: pages.newsletter(visit),
    "/partners": lambda shop, visit: pages.partners(visit, shop.tracker.edge, links(shop.url)),
}

POSTS: dict[str, Callable[[Shop, Visit, dict[str, str]], str]] = {
    "/basket": _change_basket,
    "/checkout": _order,
    "/newsletter": _sign_up,
}
