"""`clicktrail doctor`: the five steps of testing a set-up, walked against a running server.

Uses the test partner, whose transactions stay out of totals, and nothing but the public
contract; with a data folder it looks into the ledger as well. The shop is never
contacted: the redirect is read, not followed.
"""

import http.client
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from clicktrail.core.callnumber import log_number
from clicktrail.core.catalog import TEST_PARTNER
from clicktrail.errors import SettingsError
from clicktrail.steps import Failed, Step, not_tried

TIMEOUT_S = 10.0
VERDICT_WITHIN_S = 20
"""How long a call that was answered 202 may wait for its verdict."""
ASK_AGAIN_S = 0.5
AMOUNT = "1.00"
SUBID = "doctor"

_CLICKID = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{27}(?![0-9])")

MENDS = {
    "unknown_program": "give the number of a program of this server: --program N.",
    "program_paused": "set the program to active in the console.",
    "unauthorized": "the program demands a proof that doctor does not have: test the rest with the shop's own call.",
    "malformed_clickid": "something between here and the edge changed the ClickID; compare both addresses.",
    "foreign_click": "the click went to another program: compare --program with the creative's program.",
    "unknown_click": "the click's journal is missing: did the call go to another server or data folder than the click?",
    "click_expired": "compare the clocks of this machine and the server.",
    "no_attribution": "the ClickID was lost on the way: does a proxy cut parameters off?",
    "unknown_partner": "the test partner (number 2) is missing: run `clicktrail init` on the data folder, it adds it.",
    "partner_inactive": "set the test partner (number 2) to active in the console.",
    "unknown_creative": "give a creative of the program that is active: --creative N.",
    "unknown_product": "the program has no default product: choose one in the console, or give --product NAME.",
    "wrong_currency": "a proxy changed the call; look at the line in the log.",
    "missing_amount": "a proxy lost parts of the call; look at the line in the log.",
    "bad_amount": "a proxy changed the call; look at the line in the log.",
    "not_approved": "approve the test partner (number 2) for every product of the program in the console.",
}
"""Reason of a discarded test order -> what to do."""


@dataclass(frozen=True, slots=True)
class Order:
    """The test order: what doctor asks for."""

    program: int = 1
    creative: int | None = None
    product: str | None = None
    within_s: int = VERDICT_WITHIN_S


class Books(Protocol):
    """What the ledger knows, where the data folder is at hand."""

    def transaction(self, program: int, tid: str) -> dict[str, Any] | None: ...

    def call(self, number: int) -> dict[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> dict[str, Any]:
        """Empty where the body is no JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Server:
    """A server by its address; one request, one connection, no redirect followed."""

    url: str
    """Without a slash at its end."""
    name: str
    """Of the option that gave it."""

    def ask(self, path: str, body: dict[str, str] | None = None) -> Answer:
        """GET, or POST where there is a body. Raises Failed where nobody answers."""
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        method, data, headers = "GET", None, {}
        if body is not None:
            method, data = "POST", urlencode(body)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, parts.path + path, data, headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read(1 << 20))
        except (OSError, http.client.HTTPException) as fault:
            raise Failed(
                f"Nobody answers at {self.url}: {str(fault) or type(fault).__name__}.",
                f"is the server running (`clicktrail status`), and is --{self.name} its address, as seen from here?",
            ) from None
        finally:
            connection.close()


def server_at(address: str, name: str) -> Server:
    """`https://HOST`, also `HOST:PORT`. Raises SettingsError naming the option."""
    parts = urlsplit(address if "://" in address else f"http://{address}")
    try:
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(f"--{name} {address!r} is no address: write it like https://track.example.com.")
    return Server(f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/"), name)


class Doctor:
    """Walks the steps in order; each leaves what the next one needs."""

    def __init__(self, edge: Server, order: Order, books: Books | None = None, console: Server | None = None) -> None:
        self.edge, self.order, self.books, self.console = edge, order, books, console
        self.tid = f"doctor-{time.strftime('%Y%m%d%H%M%S')}-{secrets.token_hex(3)}"
        self._location = self._clickid = ""
        self._verdict: dict[str, Any] = {}

    def walk(self) -> list[Step]:
        """Five steps; one that needs a failed one is not tried."""
        acts: tuple[tuple[Callable[[], str], int], ...] = (
            (self.click, 0), (self.arrive, 1), (self.complete, 2), (self.find_transaction, 3), (self.find_call, 3),
        )  # fmt: skip
        steps: list[Step] = []
        for number, (act, needed) in enumerate(acts, 1):
            steps.append(_step(number, act, needed, steps))
        return steps

    # The five steps

    def click(self) -> str:
        answer = self.edge.ask(f"/go.cgi?{urlencode(self._link())}")
        location = answer.headers.get("location", "")
        if answer.status == 302 and location:
            self._location = location
            return f"{self.edge.url}/go.cgi redirects to {_short(location)}"
        raise _no_redirect(self.edge.url, self.order.program, answer, location)

    def arrive(self) -> str:
        found = _CLICKID.search(self._location)
        if found is None:
            raise self._no_clickid()
        self._clickid = found[0]
        return f"ClickID {self._clickid} (the shop itself is not contacted)."

    def complete(self) -> str:
        answer = self.edge.ask("/get_trans.cgi", self._call())
        self._verdict = answer.json()
        if answer.status == 503:
            raise Failed(
                f"The call could not be made durable: {_words(answer)}",
                "the disk refuses or the queue is full: look at the server's log and at free space.",
            )
        if not str(self._verdict.get("call", "")).isdigit():
            raise Failed(
                f"{self.edge.url}/get_trans.cgi answered {answer.status} without a verdict: {_words(answer)}",
                "the address leads to something else: send /get_trans.cgi to the edge, as in deploy/.",
            )
        return f"Order {self.tid} was taken as call {self._verdict['call']}."

    def find_transaction(self) -> str:
        self._await_verdict()
        if not self._verdict.get("saved"):
            raise self._not_saved()
        number = self._verdict.get("transaction")
        if self.books is not None:
            self._compare(self.books.transaction(self.order.program, self.tid))
        else:
            self._confirm_partner()
        where = self._console_answers()
        return f"Transaction {number}, credited to partner {TEST_PARTNER}, the test partner.{where}"

    def find_call(self) -> str:
        call = str(self._verdict["call"])
        if self.books is not None:
            row = self.books.call(log_number(call) or 0)
            if row is None:
                raise _other_ledger("call", call)
            saved = row["transaction"] or "–"
            return f'Call {call} stands in the log: {row["reason"]}, column "saved": {saved}.'
        recalled = self._recall(call)
        if recalled.get("call") != call or recalled.get("reason") == "waiting":
            raise Failed(f"Call {call} is not in the log yet.", _ENGINE)
        return f"Call {call} stands in the log: {recalled['reason']}."

    # What they are made of

    def _link(self) -> dict[str, str]:
        link = {"cpid": str(self.order.program), "pid": str(TEST_PARTNER)}
        if self.order.creative is not None:
            link["wmid"] = str(self.order.creative)
        return {**link, "subid": SUBID}

    def _call(self) -> dict[str, str]:
        call = {"cpid": str(self.order.program), "tid": self.tid, "umsatz": AMOUNT, "clickid": self._clickid}
        if self.order.product is not None:
            call["produkt"] = self.order.product
        return {**call, "format": "json"}

    def _no_clickid(self) -> Failed:
        """The same click for a program tells the ClickID apart from the address it should be in."""
        made = self.edge.ask(f"/go.cgi?{urlencode({**self._link(), 'format': 'json'})}").json().get("clickid")
        if made:
            return Failed(
                f"A ClickID was made, but the address {_short(self._location)} does not hold it.",
                "write the placeholder <% CLICKID %> into the target: https://shop.example/?qc_clickid=<% CLICKID %>",
            )
        return Failed(
            f"The visitor was sent on without a ClickID, to {_short(self._location)}",
            "the click could not be stored: look at free space and at the server's log.",
        )

    def _await_verdict(self) -> None:
        call, deadline_s = str(self._verdict["call"]), time.monotonic() + self.order.within_s
        while self._verdict.get("reason") == "waiting" and time.monotonic() < deadline_s:
            time.sleep(ASK_AGAIN_S)
            self._verdict = self._recall(call) or self._verdict

    def _recall(self, call: str) -> dict[str, Any]:
        return self.edge.ask(f"/get_trans.cgi?{urlencode({'call': call, 'format': 'json'})}").json()

    def _not_saved(self) -> Failed:
        reason, message = str(self._verdict.get("reason")), str(self._verdict.get("message"))
        if reason == "waiting":
            return Failed(f"The call was not judged within {self.order.within_s} s.", _ENGINE)
        mend = MENDS.get(reason, "look at the call's line in the log.")
        return Failed(f"The order was not credited, {reason}: {message}", mend)

    def _compare(self, row: dict[str, Any] | None) -> None:
        if row is None:
            raise _other_ledger("order", self.tid)
        if row["partner"] != TEST_PARTNER:
            raise _wrong_partner(f"partner {row['partner']}")
        if not row["test"]:
            raise Failed(
                f"Transaction {row['number']} is not marked as a test.", "this is a fault of the server: report it."
            )

    def _confirm_partner(self) -> None:
        """Without the ledger: the same order for the test partner by number is a duplicate, for another a conflict."""
        again = {**self._call(), "pid": str(TEST_PARTNER)}
        del again["clickid"]
        reason = self.edge.ask("/get_trans.cgi", again).json().get("reason")
        if reason == "conflict":
            raise _wrong_partner("another partner")
        if reason != "duplicate":
            raise Failed(f"The partner could not be confirmed: the second call is {reason}.", _ENGINE)

    def _console_answers(self) -> str:
        if self.console is None:
            return ""
        answer = self.console.ask("/")
        if answer.status >= 400:
            raise Failed(
                f"The transaction is there, but the console answers {answer.status}.",
                "look at the log of the process `control`; is --console the right address?",
            )
        return f" See {self.console.url}, Transactions."


_ENGINE = "the engine judges nothing: `clicktrail status` on the server says whether it runs and how far it has read."


def _step(number: int, act: Callable[[], str], needed: int, earlier: list[Step]) -> Step:
    if needed and not earlier[needed - 1].passed:
        return not_tried(number, needed)
    try:
        return Step(number, True, act())
    except Failed as fault:
        return Step(number, False, fault.sentence, fault.mend)


def _no_redirect(url: str, program: int, answer: Answer, location: str) -> Failed:
    if answer.status == 404:
        return Failed(
            f"{url}/go.cgi answers 404: there is no program {program}, or the address is not that of an edge.",
            "give --program N, and send /go.cgi to the edge, as in deploy/.",
        )
    if location:
        return Failed(
            f"{url}/go.cgi answers {answer.status} and leads to {_short(location)}",
            "a proxy redirects before the edge is reached: give the address that it leads to.",
        )
    return Failed(
        f"{url}/go.cgi answers {answer.status}, not a redirect: {_words(answer)}",
        "the address leads to something else: send /go.cgi to the edge, as in deploy/.",
    )


def _wrong_partner(who: str) -> Failed:
    return Failed(
        f"The transaction was credited to {who}, not to the test partner.",
        "compare the address of the click and the call in the log: does something add or change `pid`?",
    )


def _other_ledger(what: str, name: str) -> Failed:
    return Failed(
        f"The server knows {what} {name}, but the ledger of --data does not.",
        "is --data the folder of the server at --edge?",
    )


def _short(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."


def _words(answer: Answer) -> str:
    """The beginning of an answer's text, on one line."""
    return _short(" ".join(re.sub(r"<[^<>]*>", " ", answer.body.decode("utf-8", "replace")).split()) or "no text.")
