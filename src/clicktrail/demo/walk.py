"""`demo --check`: a visitor without a browser walks from a partner's link to the log."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable
from html import unescape
from http.cookiejar import CookieJar
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

from clicktrail.core.catalog import TEST_PARTNER
from clicktrail.demo.goods import BY_SLUG, net_cents
from clicktrail.demo.links import links
from clicktrail.steps import Failed, Step, not_tried

TIMEOUT_S = 20
GOOD = "house-espresso"
PIECES = 2
PERCENT = 10
"""What the demo's product pays, for the test partner as well."""
STATUS = "look at the lines above, and at `clicktrail status --data` with the demo's folder."

_CLICKID = re.compile(r'<code id="clickid">([A-Z]{2}[0-9]{27})</code>')
_TID = re.compile(r'<code id="tid">([^<]+)</code>')
_PIXEL = re.compile(r'<img id="pixel" src="([^"]+)"')


class Books(Protocol):
    """What the walk asks the ledger."""

    def transaction(self, program: int, tid: str) -> dict[str, Any] | None: ...

    def calls(self, program: int, tid: str) -> list[dict[str, Any]]: ...


class Visitor:
    """Follows redirects and keeps cookies, as a browser does."""

    def __init__(self) -> None:
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )
        self.address = ""

    def go(self, url: str, fields: dict[str, str] | None = None) -> bytes:
        """Open a page, or send a form; its body. Raises Failed."""
        target = urljoin(self.address, url)
        data = urlencode(fields).encode() if fields is not None else None
        try:
            with self._opener.open(target, data, TIMEOUT_S) as answer:
                self.address = answer.geturl()
                return bytes(answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise Failed(f"{target} answers {refusal.code}.", STATUS) from None
        except OSError as fault:
            raise Failed(f"{target} does not answer: {fault}.", STATUS) from None

    def look(self, url: str) -> bytes:
        """What a page loads by itself, like an image: the visitor stays where it is."""
        before = self.address
        try:
            return self.go(url)
        finally:
            self.address = before


class Walk:
    """One order of the test partner, through real HTTP; then the ledger is opened."""

    def __init__(self, edge: str, shop: str, books: Books, wait: Callable[[Callable[[], bool]], bool]) -> None:
        """`wait` holds until a condition is true, and says whether it became so."""
        self.edge, self.shop, self.books, self.wait = edge, shop, books, wait
        self.visitor = Visitor()
        self._clickid = self._tid = ""

    def steps(self) -> list[Step]:
        acts = (self.click, self.arrive, self.order, self.find_transaction, self.find_calls)
        steps: list[Step] = []
        for number, act in enumerate(acts, 1):
            try:
                steps.append(
                    Step(number, True, act()) if all(s.passed for s in steps) else not_tried(number, number - 1)
                )
            except Failed as fault:
                steps.append(Step(number, False, fault.sentence, fault.mend))
        return steps

    def click(self) -> str:
        self.visitor.go(links(self.shop)[0].url(self.edge))
        if not self.visitor.address.startswith(f"{self.shop}/"):
            raise Failed(f"The link led to {self.visitor.address}, not to the demo shop.", STATUS)
        foreign = [cookie.name for cookie in self.visitor.cookies if cookie.name != "hollybrook_session"]
        if foreign:
            raise Failed(f"A cookie was set that is not the shop's: {', '.join(foreign)}.", "report this fault.")
        return f"{self.edge}/go.cgi led to the demo shop."

    def arrive(self) -> str:
        page = self.visitor.go(self.visitor.address).decode()
        shown = _CLICKID.search(page)
        if shown is None or shown[1] not in urlsplit(self.visitor.address).query:
            raise Failed(f"No ClickID in {self.visitor.address}, or the shop did not take it.", STATUS)
        self._clickid = shown[1]
        return f"ClickID {self._clickid} is in the address and in the shop's session."

    def order(self) -> str:
        for _ in range(PIECES):
            self.visitor.go(f"{self.shop}/basket", {"good": GOOD, "change": "1"})
        page = self.visitor.go(f"{self.shop}/checkout", {"name": "Ada", "mail": "ada@mail.example"}).decode()
        tid, pixel = _TID.search(page), _PIXEL.search(page)
        if tid is None or pixel is None:
            raise Failed("The shop showed no confirmation page.", STATUS)
        self._tid = tid[1]
        if not self.visitor.look(unescape(pixel[1])).startswith(b"GIF8"):
            raise Failed("The pixel is no image.", STATUS)
        return f"Order {self._tid}: the shop's server reported it, then the pixel on the confirmation page."

    def find_transaction(self) -> str:
        self.wait(lambda: self._transaction() is not None)
        row = self._transaction()
        if row is None:
            said = ", ".join(line["reason"] for line in self._calls()) or "nothing"
            raise Failed(f"There is no transaction for order {self._tid}; the log says: {said}.", STATUS)
        expected = {
            "partner": TEST_PARTNER,
            "test": True,
            "revenue_minor": _revenue(),
            "commission_minor": _commission(),
        }
        wrong = {name: row[name] for name, value in expected.items() if row[name] != value}
        if wrong:
            raise Failed(
                f"Transaction {row['number']} is not as expected: {wrong}, not {expected}.", "report this fault."
            )
        return (
            f"Transaction {row['number']} belongs to partner {TEST_PARTNER}, the test partner, and is marked as a test."
        )

    def find_calls(self) -> str:
        self.wait(lambda: len(self._calls()) == 2)
        calls = self._calls()
        reasons = sorted(line["reason"] for line in calls)
        if reasons != ["duplicate", "saved"] or len({line["transaction"] for line in calls}) != 1:
            raise Failed(f"The log holds {reasons or 'no call'} for order {self._tid}.", STATUS)
        saved = next(line for line in calls if line["saved"])
        return f'Two calls, one transaction: call {saved["call"]} is "saved", the other one "duplicate".'

    def _transaction(self) -> dict[str, Any] | None:
        return self.books.transaction(1, self._tid)

    def _calls(self) -> list[dict[str, Any]]:
        return [line for line in self.books.calls(1, self._tid) if line["reason"] != "waiting"]


def _revenue() -> int:
    return net_cents(BY_SLUG[GOOD].cents * PIECES)


def _commission() -> int:
    """Half up, in cents."""
    return (_revenue() * PERCENT * 2 + 100) // 200
