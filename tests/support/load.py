"""Visitors and shops, on loopback, who remember what they were promised.

Each thread is one keep-alive caller: it clicks, and with every third ClickID it orders, as a
pixel and a server of the same shop would. A request is promised something only once its whole
answer has come; a reset, a refused connection or a 503 promises nothing, and a shop then sends
the same order number again. Bounded in requests and in time; nothing here waits for the clock
but the pause between two requests.
"""

import json
import random
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

CLICKID = re.compile(rb"QC[0-9]{27}")
PROMISES = frozenset((200, 202, 409, 422))
"""Statuses of a postback that say: durably received."""
ANSWER_LIMIT_BYTES = 256 * 1024
PATIENCE_S = 60.0
"""A caller who hears nothing for so long hangs up: the request promised nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete HTTP answer. `status` 0: none came, `fault` says why."""

    status: int = 0
    headers: bytes = b""
    body: bytes = b""
    took_s: float = 0.0
    fault: str = ""


class Caller:
    """One keep-alive connection; opened anew after a fault. Not for several threads."""

    def __init__(self, host: str, port: int, patience_s: float = PATIENCE_S) -> None:
        self._address = (host, port)
        self._patience_s = patience_s
        self._socket: socket.socket | None = None
        self._rest = b""

    def get(self, path: str) -> Answer:
        return self.send(f"GET {path} HTTP/1.1\r\nHost: edge\r\nUser-Agent: Mozilla/5.0 (Load)\r\n\r\n".encode())

    def send(self, request: bytes) -> Answer:
        """The answer to one request, or an Answer with status 0: never an exception."""
        began = time.monotonic()
        try:
            if self._socket is None:
                self._socket = socket.create_connection(self._address, self._patience_s)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(request)
            status, headers, body = self._read()
        except (OSError, ValueError) as fault:
            self.close()
            return Answer(took_s=time.monotonic() - began, fault=f"{type(fault).__name__}: {fault}")
        if b"connection: close" in headers.lower():
            self.close()
        return Answer(status, headers, body, time.monotonic() - began)

    def _read(self) -> tuple[int, bytes, bytes]:
        head = self._until(b"\r\n\r\n")
        first, _, headers = head.partition(b"\r\n")
        length = re.search(rb"(?i)\bcontent-length: *([0-9]+)", headers)
        size = int(length[1]) if length else 0
        while len(self._rest) < size:
            self._more()
        body, self._rest = self._rest[:size], self._rest[size:]
        return int(first.split(b" ", 2)[1]), headers, body

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            self._more()
        head, _, self._rest = self._rest.partition(mark)
        return head

    def _more(self) -> None:
        assert self._socket is not None
        chunk = self._socket.recv(65536)
        if not chunk or len(self._rest) > ANSWER_LIMIT_BYTES:
            raise ConnectionResetError("the answer broke off")
        self._rest += chunk

    def close(self) -> None:
        self._rest = b""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
            self._socket = None


@dataclass(frozen=True, slots=True)
class Clicked:
    """One click. `subid` is unique, so the ledger's row can be told apart."""

    subid: str
    partner: int
    clickid: str
    """What the answer carried, or empty: none came, or the edge had none to give."""
    answer: Answer


@dataclass(frozen=True, slots=True)
class Called:
    """One call of get_trans.cgi. `mark` is unique and goes along as an unknown parameter."""

    tid: str
    mark: str
    answer: Answer
    verdict: dict[str, object] = field(default_factory=dict)

    @property
    def promised(self) -> bool:
        return self.answer.status in PROMISES


@dataclass(slots=True)
class Story:
    """Everything that was sent, with what came back."""

    clicks: list[Clicked] = field(default_factory=list)
    calls: list[Called] = field(default_factory=list)

    @property
    def clickids(self) -> list[str]:
        return [click.clickid for click in self.clicks if click.clickid]

    @property
    def promised(self) -> list[Called]:
        return [call for call in self.calls if call.promised]

    def statuses(self) -> set[int]:
        return {sent.answer.status for sent in (*self.clicks, *self.calls)}

    def __add__(self, other: "Story") -> "Story":
        return Story(self.clicks + other.clicks, self.calls + other.calls)


def click(caller: Caller, subid: str, partner: int = 2, **more: object) -> Clicked:
    query = urlencode({"cpid": 1, "pid": partner, "wmid": 1, "subid": subid, **more})
    answer = caller.get(f"/go.cgi?{query}")
    found = CLICKID.search(answer.headers) or CLICKID.search(answer.body)
    return Clicked(subid, partner, found[0].decode() if found else "", answer)


def call(caller: Caller, tid: str, mark: str, **params: object) -> Called:
    """A postback; with `format="json"` its verdict is read from the answer."""
    query = urlencode({"cpid": 1, "tid": tid, "umsatz": "100.00", "mark": mark, **params})
    answer = caller.get(f"/get_trans.cgi?{query}")
    verdict = json.loads(answer.body) if answer.body.startswith(b"{") else {}
    return Called(tid, mark, answer, verdict)


class Load:
    """Callers at work between `start` and `stop`; also a context manager.

    name: unique for one installation, part of every subid, order number and mark.
    limit: requests of all callers together, retries included. seconds: of the whole.
    pause_s: between two requests of one caller.
    """

    def __init__(
        self,
        host: str,
        port: int,
        name: str,
        *,
        callers: int = 4,
        limit: int = 60_000,
        seconds: float = 600.0,
        pause_s: float = 0.004,
        partners: tuple[int, ...] = (2,),
        orders: bool = True,
    ) -> None:
        self._address, self._name, self._partners, self._orders = (host, port), name, partners, orders
        self._limit, self._seconds, self._pause_s = limit, seconds, pause_s
        self._until = 0.0
        self._sent = 0
        self._answered = 0
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._stories = [Story() for _ in range(callers)]
        self._threads = [threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(callers)]

    def start(self) -> "Load":
        self._until = time.monotonic() + self._seconds
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> Story:
        """Let each caller finish the request in hand (an order in hand is given up) and tell the story."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE_S + 5)
            assert not thread.is_alive(), "a caller did not come home"
        whole = Story()
        for story in self._stories:
            whole += story
        return whole

    def __enter__(self) -> "Load":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_answered(self, more: int, within_s: float = 120.0) -> None:
        """Return once `more` further requests have had their whole answer: the service is there."""
        with self._news:
            goal = self._answered + more
            came = self._news.wait_for(lambda: self._answered >= goal, within_s)
        assert came, f"only {self._answered - goal + more} of {more} answers within {within_s} s"

    def _work(self, number: int) -> None:
        story, chance = self._stories[number], random.Random(f"{self._name}{number}")
        caller = Caller(*self._address)
        for step in self._steps():
            partner = chance.choice(self._partners)
            clicked = click(caller, f"{self._name}-{number}-{step}", partner, **_form(step))
            story.clicks.append(clicked)
            self._note(clicked.answer)
            if self._orders and clicked.clickid and step % 3 == 0:
                self._order(caller, story, f"{self._name}-{number}-{step}", clicked.clickid, twice=step % 2 == 0)
        caller.close()

    def _order(self, caller: Caller, story: Story, tid: str, clickid: str, twice: bool) -> None:
        """A shop: it sends until it is promised; every second one has a pixel besides its server.

        The pixel gets its GIF, the server asks for JSON.
        """
        missing = 2 if twice else 1
        for attempt in self._steps():
            form = {"format": "json"} if attempt % 2 == twice else {}
            called = call(caller, tid, f"{tid}/{attempt}", clickid=clickid, **form)
            story.calls.append(called)
            self._note(called.answer)
            missing -= called.promised
            if not missing:
                return

    def _steps(self) -> Iterator[int]:
        """Count requests up to the limit, with the pause between; ends early when stopped."""
        step = 0
        while not self._stop.is_set() and self._sent < self._limit and time.monotonic() < self._until:
            self._sent += 1
            yield step
            step += 1
            self._stop.wait(self._pause_s)

    def _note(self, answer: Answer) -> None:
        if answer.status == 0:
            self._stop.wait(0.02)
            return
        with self._news:
            self._answered += answer.status < 500
            self._news.notify_all()


def _form(step: int) -> dict[str, str]:
    """Every fifth caller is an app: it wants the ClickID as JSON."""
    return {"format": "json"} if step % 5 == 4 else {}
