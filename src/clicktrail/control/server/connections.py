"""Connections: how many there may be, and how long each may take for what it does.

Every state but WORKING has a deadline, at whose end the connection is dropped without waiting for the peer.
"""

import asyncio
import logging
from collections import Counter
from typing import Any

from aiohttp import http_exceptions, web

from clicktrail.addresses import Address, Networks, parse
from clicktrail.control.server import limits
from clicktrail.control.server.limits import Deadlines
from clicktrail.control.server.refusals import refusal

IDLE, HEAD, BODY, WORKING, ANSWER = "idle", "head", "body", "working", "answer"
HEAD_GRACE_S = 0.05
"""A head that is complete reaches the handler within this time; one that is still not there is too long."""

quiet = logging.getLogger("clicktrail.control.server.http")
"""What aiohttp says about requests that it cannot read: strangers would fill the log with it."""
quiet.setLevel(logging.CRITICAL)


class Connections:
    """All connections of this process, and the caps on their number."""

    def __init__(self, trusted: Networks, deadlines: Deadlines) -> None:
        self.trusted = trusted
        self.deadlines = deadlines
        self._waiting: dict[Connection, None] = {}
        """All that no thread works for; the one that has waited longest comes first."""
        self._open: set[Connection] = set()
        self._of_address: Counter[Address | None] = Counter()

    def admit(self, connection: "Connection") -> bool:
        """Whether there is room. Where it takes that, the longest waiting connection is dropped."""
        address = connection.address
        if not self.trusted.hold(address) and self._of_address[address] >= limits.MAX_CONNECTIONS_PER_ADDRESS:
            return False
        if len(self._open) >= limits.MAX_CONSOLE_CONNECTIONS:
            oldest = next(iter(self._waiting), None)
            if oldest is None:
                return False
            self._forget(oldest)
            oldest.drop()
        self._open.add(connection)
        self._of_address[address] += 1
        return True

    def note(self, connection: "Connection", state: str) -> None:
        self._waiting.pop(connection, None)
        if state != WORKING and connection in self._open:
            self._waiting[connection] = None

    def leave(self, connection: "Connection") -> None:
        self._forget(connection)

    def _forget(self, connection: "Connection") -> None:
        self._waiting.pop(connection, None)
        if connection in self._open:
            self._open.remove(connection)
            self._of_address[connection.address] -= 1
            self._of_address += Counter()  # drops the zeros


class Connection(web.RequestHandler):
    """aiohttp's protocol with a deadline for each state."""

    __slots__ = ("address", "_all", "_wire", "_state", "_timer", "_head_bytes")

    def __init__(self, server: web.Server, all_connections: Connections, **options: Any) -> None:
        super().__init__(server, **options)
        self.address: Address | None = None
        self._all = all_connections
        self._wire: asyncio.Transport | None = None
        self._state = ""
        self._timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "abort")
        self._wire = transport  # type: ignore[assignment]
        peer = transport.get_extra_info("peername")
        self.address = parse(str(peer[0])) if peer else None
        admitted = self._all.admit(self)
        super().connection_made(transport)
        if admitted:
            self.enter(IDLE, self._all.deadlines.idle_timeout_s)
        else:
            self.drop()

    def data_received(self, data: bytes) -> None:
        if self._state == IDLE and data:
            self._head_bytes = 0
            self.enter(HEAD, self._all.deadlines.header_timeout_s)
        if self._state == HEAD:
            self._count_head(len(data))
        super().data_received(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_timer()
        self._state = ""
        self._all.leave(self)
        super().connection_lost(exc)

    @property
    def is_gone(self) -> bool:
        return self._wire is None or self._wire.is_closing()

    def enter(self, state: str, within_s: float | None) -> None:
        """From now on the connection is in this state, and dropped when it still is after so many seconds."""
        if self.is_gone:
            return
        self._stop_timer()
        self._state = state
        self._all.note(self, state)
        if within_s is not None:
            self._timer = asyncio.get_running_loop().call_later(within_s, self.drop)

    def drop(self) -> None:
        """Close at once, whatever is still to be sent."""
        self._stop_timer()
        if self._wire is not None:
            self._wire.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's form
    ) -> web.StreamResponse:
        """What cannot be read as HTTP gets a status and no words of aiohttp's, and no line in the log."""
        self.enter(ANSWER, self._all.deadlines.header_timeout_s)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun")
        if isinstance(exc, http_exceptions.LineTooLong):
            status = 431
        return refusal(status)

    def _count_head(self, size: int) -> None:
        before, self._head_bytes = self._head_bytes, self._head_bytes + size
        if before <= limits.MAX_HEAD_BYTES < self._head_bytes:
            asyncio.get_running_loop().call_later(HEAD_GRACE_S, self._drop_long_head, self._head_bytes)

    def _drop_long_head(self, bytes_then: int) -> None:
        if self._state == HEAD and self._head_bytes >= bytes_then:
            self.drop()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
