"""Every page of console and portal, asked of the real console over a ledger with 20 million clicks.

Twice: the first time each page is asked (cold), and then many times in mixed order. The ledger is the demo's,
multiplied (`bench/multiply.py`), on SQLite or carried over to PostgreSQL (`bench/carry.py`); the pages are those of
tests/support/pages.py.
"""

import contextlib
import http.client
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from bench.carry import carried
from bench.installation import Installation
from bench.measure import Row
from bench.multiply import MADE, make
from bench.processes import running
from tests.support.pages import ANYBODY, OWNER, PARTNER, Sight, samples, sights

WANTED_MS = 200
REPORT_MS = 300
HEAVY_MS = 1000
ROUNDS = 50
ACCOUNTS = {OWNER: "demo", PARTNER: "beandiary"}
"""Both have the demo's password."""


class Visitor:
    """A browser as far as the clock is concerned: one connection, cookies, no pictures."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies: dict[str, str] = {}

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes, str]:
        """Status, body, and where it leads."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= {"Accept-Language": "en", "Accept": "text/html"}
        body = None
        if form is not None:
            body = urlencode(form)
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._answer("POST" if body is not None else "GET", path, body, headers)
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answer.status, content, answer.getheader("Location") or ""

    def _answer(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> http.client.HTTPResponse:
        """A server closes a connection on which nothing was asked for a while; then another is opened."""
        try:
            self._connection.request(method, path, body, headers)
            return self._connection.getresponse()
        except http.client.RemoteDisconnected:
            self._connection.close()
            self._connection.request(method, path, body, headers)
            return self._connection.getresponse()

    def sign_in(self, name: str, password: str) -> None:
        _, page, _ = self.ask("/login/")
        token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if token is None:
            raise RuntimeError("the sign-in page has no form")
        form = {"csrfmiddlewaretoken": token[1].decode(), "username": name, "password": password}
        status, _, _ = self.ask("/login/", form)
        if status != 302:
            raise RuntimeError(f"{name} was not let in: {status}")


@dataclass
class Times:
    cold_ms: float = 0.0
    warm_ms: list[float] = field(default_factory=list)
    status: int = 0
    kilobytes: float = 0.0

    def at(self, percent: int) -> float:
        return statistics.quantiles(self.warm_ms, n=100, method="inclusive")[percent - 1]


def pages(
    rounds: int = ROUNDS, keep: Path | None = None, size: int = 20_000_000, *, on_postgres: bool = False
) -> list[Row]:
    with contextlib.ExitStack() as stack:
        where, password = stack.enter_context(_ledger(keep, size))
        if on_postgres:
            where = Filled(*stack.enter_context(_timed_carrying(where.data)))
        found = sights(samples(where.ask))
        with running(where.serve_command(), where.console_port, env=where.environ):
            times = measure(where.console_port, password, found, rounds)
    return _rows(found, times)


@contextlib.contextmanager
def _ledger(keep: Path | None, size: int) -> Iterator[tuple["Filled", str]]:
    """A ledger of this size; one that is kept is used again, else it goes afterwards."""
    folder = keep or Path(tempfile.mkdtemp(prefix="clicktrail-bench-", dir="/var/tmp"))
    if shutil.disk_usage(folder.parent).free < size * 500:
        raise RuntimeError(f"{folder.parent} has not the room for {size:,} clicks: {size * 500 >> 30} GB are wanted.")
    try:
        began_s = time.monotonic()
        password = make(folder / "data", size)
        print(f"the ledger is there after {time.monotonic() - began_s:.0f} s", file=sys.stderr, flush=True)
        yield Filled(folder / "data"), password
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _timed_carrying(data: Path) -> Iterator[tuple[Path, str]]:
    began_s = time.monotonic()
    with carried(data) as found:
        print(f"it is on PostgreSQL after {time.monotonic() - began_s:.0f} s", file=sys.stderr, flush=True)
        yield found


class Filled(Installation):
    """An installation over a ledger that is there."""

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        from bench.ledger import _run

        return _run(self, statement)


def measure(port: int, password: str, found: list[tuple[Sight, str]], rounds: int) -> dict[str, Times]:
    visitors = {who: Visitor(port) for who in (ANYBODY, OWNER, PARTNER)}
    for who, name in ACCOUNTS.items():
        visitors[who].sign_in(name, password)
    times: dict[str, Times] = defaultdict(Times)
    for sight, address in found:
        its = times[sight.name]
        its.cold_ms, its.status, its.kilobytes = _timed(visitors[sight.who], address)
    order = [pair for pair in found if times[pair[0].name].status == 200] * rounds
    random.Random(20).shuffle(order)
    for sight, address in order:
        took_ms, status, _ = _timed(visitors[sight.who], address)
        times[sight.name].warm_ms.append(took_ms)
        times[sight.name].status = status
    return dict(times)


def _timed(visitor: Visitor, address: str) -> tuple[float, int, float]:
    began = time.perf_counter()
    status, body, _ = visitor.ask(address)
    return (time.perf_counter() - began) * 1000, status, len(body) / 1024


def _rows(found: list[tuple[Sight, str]], times: dict[str, Times]) -> list[Row]:
    rows = [Row("clicks and transactions stored", " and ".join(f"{number:,}" for number in MADE), "told", True)]
    everything: list[float] = []
    for sight, _ in sorted(found, key=lambda pair: -_worst(times[pair[0].name])):
        its = times[sight.name]
        if its.status != 200:
            rows.append(Row(f"{sight.who}: {sight.name}", f"answers {its.status}", "200", False))
            continue
        everything += its.warm_ms
        limit = HEAVY_MS if sight.is_heavy else REPORT_MS if "report" in sight.name else WANTED_MS
        told = f"{its.at(50):.0f}, {its.at(95):.0f}, {max(its.warm_ms):.0f} ms; the first time {its.cold_ms:.0f} ms"
        rows.append(Row(f"{sight.who}: {sight.name}", told, f"p95 at most {limit} ms", its.at(95) <= limit))
    p50, p95 = statistics.median(everything), statistics.quantiles(everything, n=100)[94]
    what = f"all {len(everything):,} answers: p50, p95"
    rows.insert(1, Row(what, f"{p50:.0f}, {p95:.0f} ms", f"p95 at most {WANTED_MS} ms", p95 <= WANTED_MS))
    return rows


def _worst(its: Times) -> float:
    return its.at(95) if its.warm_ms else 0.0
