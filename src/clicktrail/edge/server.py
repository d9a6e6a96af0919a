"""One connection: bytes in, answers out, in the order of the requests.

Requests of one connection are served one after the other: while one is in hand the
others wait, and reading pauses. A plain GET whose headers are, byte for byte, those of
the connection's request before needs no second reading of them: it is recognised by
comparison. Whatever differs in anything goes through httptools.
"""

import asyncio
import re
from collections import deque
from typing import Any

from clicktrail.addresses import parse
from clicktrail.edge import click, postback, routes
from clicktrail.edge.answers import CONTINUE, closing, without_body
from clicktrail.edge.caller import Caller
from clicktrail.edge.catalog import Plan
from clicktrail.edge.request import Fault, Request, Requests
from clicktrail.edge.worker import Worker
from clicktrail.journal.events import Click, Event

PLAIN_LINE = re.compile(rb'GET /(?:go|get_trans)\.cgi\?[!"$-~]* HTTP/1\.1\r\n').fullmatch
"""All bytes that llhttp takes in a query, `#` left out."""
CLICK_LINE, CALL_LINE = b"GET /go.cgi?", b"GET /get_trans.cgi?"
LINE_END = len(b" HTTP/1.1\r\n")
MAX_KNOWN_HEAD = 4096
"""Bytes of headers remembered for a connection; those of browsers have about one thousand."""
NEVER = b"\0\0"
"""No request ends like this: nothing is remembered yet."""
LINGER_S = 2.0
"""After a refusal the rest of what a sender still sends is read and thrown away, or he might never see the answer."""


class Connection(asyncio.Protocol):
    __slots__ = (
        "_begun_s", "_caller", "_head", "_head_size", "_in_hand", "_is_choked", "_is_ended", "_is_last",
        "_is_lingering", "_is_ready", "_is_serving", "_is_special", "_line_max", "_peer", "_queue", "_request",
        "_requests", "_since_s", "_transport", "_worker", "pending", "plan",
    )  # fmt: skip

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._transport: Any = None
        self._requests: Requests | None = None
        self._queue: deque[Request | Fault] = deque()
        self._request: Request | None = None
        self._caller: Caller | None = None
        self._head, self._head_size = NEVER, len(NEVER)
        self._line_max = worker.settings.max_request_line_bytes
        self._is_ready = True
        """Nothing in hand, nothing half read, nothing unusual: the next bytes begin a request."""
        self._in_hand = self._is_special = self._is_serving = False
        self._is_choked = self._is_ended = self._is_last = self._is_lingering = False
        self._since_s = self._begun_s = worker.now_s
        self.pending = b""
        self.plan: Plan | None = None

    # From the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._peer = parse(peer[0]) if peer else None
        worker = self._worker
        worker.counts.accepted += 1
        if len(worker.connections) >= worker.settings.max_connections:
            worker.counts.displaced += 1
            make_room(worker)
        worker.connections[self] = None

    def connection_lost(self, fault: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None
        self._worker.connections.pop(self, None)
        if self._in_hand:
            self._worker.verdicts.forget(self)

    def data_received(self, data: bytes) -> None:
        if self._is_ready and data.endswith(self._head):
            line = data[: -self._head_size]
            if PLAIN_LINE(line) and len(line) <= self._line_max:
                self._is_ready = False
                self._in_hand = True
                caller: Caller = self._caller  # type: ignore[assignment]
                if line.startswith(CLICK_LINE):
                    click.take(self._worker, self, line[12:-LINE_END], caller)
                else:
                    postback.take(self._worker, self, line[19:-LINE_END], caller)
                return
        if not self._is_lingering:
            self._read(data)

    def eof_received(self) -> bool:
        """The other side sends no more, but may still be reading."""
        self._is_ended = self._is_special = True
        self._is_ready = False
        if self._is_inside and not self._is_lingering:
            self._queue.append(Fault(400, "The request ends in its middle."))
        self._serve()
        return True

    def pause_writing(self) -> None:
        self._is_choked = self._is_special = True
        self._is_ready = False

    def resume_writing(self) -> None:
        self._is_choked = False
        self._serve()

    # The long way.

    def _read(self, data: bytes) -> None:
        was_ready, self._is_ready = self._is_ready, False
        if self._requests is None:
            self._requests = Requests(self._worker.settings)
        requests = self._requests
        if not requests.is_inside:
            self._begun_s = self._worker.now_s
        try:
            whole = requests.feed(data)
        except Fault as fault:
            self._queue.extend(requests.done)
            self._queue.append(fault)
            self._is_lingering = True
        else:
            self._queue.extend(whole)
            if was_ready and len(whole) == 1 and not requests.is_inside:
                self._remember(data, whole[0])
        self._is_special = True
        self._serve()

    def _remember(self, data: bytes, request: Request) -> None:
        """Keep the headers of a plain GET that came alone and whole; see the top of this file."""
        end = data.find(b"\r\n") + 2
        head = data[end:]
        is_plain = PLAIN_LINE(data[:end]) and len(head) <= MAX_KNOWN_HEAD and head.find(b"\r\n\r\n") == len(head) - 4
        if is_plain and request.is_lasting and not request.body and not self._worker.is_draining:
            self._head, self._head_size = head, len(head)
            self._caller = self._worker.registry.caller(self._peer, request.headers)
        else:
            self.forget_head()

    def forget_head(self) -> None:
        self._head, self._head_size = NEVER, len(NEVER)

    def _serve(self) -> None:
        """Serve what is queued until something has to wait."""
        if self._is_serving:
            return
        self._is_serving = True
        while self._queue and not (self._in_hand or self._is_choked or self._transport is None or self._is_last):
            self._in_hand = True
            self._serve_one(self._queue.popleft())
        self._is_serving = False
        if not self._in_hand and not self._is_choked and self._transport is not None:
            self._rest()
        elif self._queue and self._transport is not None:
            self._transport.pause_reading()

    def _serve_one(self, request: Request | Fault) -> None:
        worker = self._worker
        if isinstance(request, Fault):
            worker.counts.bad_requests += 1
            self._request, self._is_last = None, True
            self.answer(worker.answers.sentence(request.status, request.sentence))
            return
        self._request = request
        self._is_last = not request.is_lasting or worker.is_draining
        caller = worker.registry.caller(self._peer, request.headers)
        routes.serve(worker, self, request, caller)

    def _rest(self) -> None:
        """Nothing is in hand and nothing queued."""
        requests = self._requests
        is_inside = requests is not None and requests.is_inside
        if self._is_last or self._is_ended:
            self._close()
            return
        if requests is not None and requests.is_expecting:
            requests.is_expecting = False
            self._transport.write(CONTINUE)
        self._request = None
        self._is_special = self._worker.is_draining
        self._is_ready = not is_inside and not self._is_special
        self._transport.resume_reading()

    def _close(self) -> None:
        if self._transport is None:
            return
        if self._is_lingering and not self._is_ended and self._transport.can_write_eof():
            self._since_s = self._worker.now_s
            self._transport.resume_reading()
            self._transport.write_eof()
        else:
            self._transport.close()

    # Answers.

    def answer(self, data: bytes) -> None:
        """Send the answer to the request in hand; go on with the next."""
        self._in_hand = False
        transport = self._transport
        if transport is None:
            return
        self._since_s = self._worker.now_s
        if not self._is_special:
            transport.write(data)
            self._is_ready = True
            return
        transport.write(self._fit(data))
        self._serve()

    def _fit(self, data: bytes) -> bytes:
        request = self._request
        if request is not None and request.method == "HEAD":
            data = without_body(data)
        if self._is_last or self._worker.is_draining:
            self._is_last = True
            return closing(data, b"close")
        return closing(data, b"keep-alive") if request is not None and request.version == "1.0" else data

    def durable(self) -> None:
        self.answer(self.pending)

    def undurable(self, event: Event, reserved_ms: int) -> None:
        worker = self._worker
        if isinstance(event, Click) and self.plan is not None:
            self.answer(click.without_credit(worker, self.plan, event, self.pending, reserved_ms))
        else:
            self.answer(worker.answers.retry_later())

    # Time.

    @property
    def is_idle(self) -> bool:
        return not (self._in_hand or self._queue or self._is_lingering) and not self._is_inside

    @property
    def is_waiting_for_us(self) -> bool:
        return self._in_hand

    @property
    def _is_inside(self) -> bool:
        return self._requests is not None and self._requests.is_inside

    def check_time(self, now_s: float) -> None:
        """Called once a second: cut off who is silent, slow or does not read."""
        settings = self._worker.settings
        if self._in_hand:
            return
        if self._is_lingering or self._is_choked:
            if now_s - self._since_s > (LINGER_S if self._is_lingering else settings.idle_timeout_s):
                self.cut_off()
        elif self._is_inside:
            if now_s - self._begun_s > settings.header_timeout_s:
                self._worker.counts.cut_off += 1
                self._is_lingering = self._is_special = True
                self._queue.append(Fault(408, "The request did not come to its end in time."))
                self._serve()
        elif now_s - self._since_s > settings.idle_timeout_s:
            self.leave()

    def leave(self) -> None:
        """End a connection that has nothing in hand; a close would wait for ever for who fetches no answers."""
        if self._transport is not None and self._transport.get_write_buffer_size():
            self.cut_off()
        else:
            self._close()

    def cut_off(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def drain(self) -> None:
        """The worker is leaving: what is in hand is answered as the last."""
        self._is_special = True
        self._is_ready = False
        self.forget_head()

    def close_if_idle(self) -> None:
        if self.is_idle:
            self._close()


def make_room(worker: Worker) -> None:
    """Close the oldest idle connection; where none is idle, cut off the oldest that waits for its sender."""
    connections = list(worker.connections)
    for connection in connections:
        if connection.is_idle:
            connection.leave()
            worker.connections.pop(connection, None)
            return
    for connection in connections:
        if not connection.is_waiting_for_us:
            connection.cut_off()
            worker.connections.pop(connection, None)
            return
