"""The way to the engine and back, for those who wait for a verdict.

One Unix socket, a line of JSON a message. A waiter is registered before its call goes
to the journal; after the commit the engine is woken; after a reconnect every call still
waiting is asked for again. With the engine away everybody gets 202 at the deadline.
"""

import asyncio
from pathlib import Path
from typing import Any, Protocol

import msgspec

from clicktrail.core.reasons import BAD_CALL, REASONS, WAITING
from clicktrail.edge.answers import Answers
from clicktrail.settings import socket_address

MAX_LINE_BYTES = 64 * 1024
MAX_UNSENT_BYTES = 1024 * 1024
"""An engine that stands still is told no more: who waits gets 202, and it looks at the journals by itself."""
MAX_CALL_DIGITS = 19
NO_CALL = "The parameter call must be the number of an earlier call."
NOT_YET = "The call was received; its verdict is not known yet. Ask again with call=N and format=json."

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.encode


class Answerable(Protocol):
    def answer(self, data: bytes) -> None: ...


class _Waiting:
    """Somebody who waits. due_s: loop time at which he is told to ask again; timer: None until that may be said."""

    __slots__ = ("asker", "due_s", "timer")

    def __init__(self, asker: Answerable, due_s: float) -> None:
        self.asker, self.due_s = asker, due_s
        self.timer: asyncio.TimerHandle | None = None

    def is_over(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


class Verdicts(asyncio.Protocol):
    """All methods belong to the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, socket: Path, answers: Answers, patience_s: float) -> None:
        self._loop, self._socket, self._patience_s = loop, socket, patience_s
        self.answers = answers
        self._waiting: dict[str, list[_Waiting]] = {}
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[Any] | None = None
        self._rest = b""
        self.timeouts = 0

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def is_connected(self) -> bool:
        return self._transport is not None

    def expect(self, id: int, asker: Answerable) -> None:
        """Register before journaling: the verdict may be there before the journal's thread has reported."""
        self._register(str(id), asker)

    def stored(self, id: int, asker: Answerable) -> None:
        """The call is durable: from now on the asker may be told that it was received."""
        for waiting in self._waiting.get(str(id), ()):
            if waiting.asker is asker:
                self._set_timer(str(id), waiting)

    def recall(self, call: str, asker: Answerable) -> None:
        """Ask for the verdict of an earlier call."""
        if not (call.isascii() and call.isdigit() and len(call) <= MAX_CALL_DIGITS):
            asker.answer(self.answers.json(422, _verdict(call, BAD_CALL, NO_CALL)))
            return
        number = str(int(call))
        self._set_timer(number, self._register(number, asker))

    def drop(self, id: int, asker: Answerable) -> bool:
        """Stop waiting; False where the answer has been given already."""
        call = str(id)
        for place, waiting in enumerate(self._waiting.get(call, ())):
            if waiting.asker is asker:
                waiting.is_over()
                del self._waiting[call][place]
                self._waiting[call] or self._waiting.pop(call)
                return True
        return False

    def forget(self, asker: Answerable) -> None:
        """The asker has hung up. His call is judged all the same."""
        for call in [call for call, waiters in self._waiting.items() if any(w.asker is asker for w in waiters)]:
            self.drop(int(call), asker)

    def wake(self) -> None:
        """There is something new in the journal."""
        self._say({"wake": True})

    def tick(self) -> None:
        """A few times a second: try to reach an engine that was away."""
        if self._transport is None and self._connecting is None and self._socket.exists():
            self._connecting = self._loop.create_task(self._connect())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    async def _connect(self) -> None:
        try:
            await self._loop.create_unix_connection(lambda: self, socket_address(self._socket))
        except OSError:
            return
        finally:
            self._connecting = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._rest = b""
        if self._waiting:
            self._say({"ask": list(self._waiting)})

    def connection_lost(self, fault: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._transport = None

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._hear(line)
        if len(self._rest) > MAX_LINE_BYTES and self._transport is not None:
            self._transport.abort()

    def _say(self, message: dict[str, object]) -> None:
        if self._transport is not None and self._transport.get_write_buffer_size() < MAX_UNSENT_BYTES:
            self._transport.write(_encode(message) + b"\n")

    def _register(self, call: str, asker: Answerable) -> _Waiting:
        waiting = _Waiting(asker, self._loop.time() + self._patience_s)
        self._waiting.setdefault(call, []).append(waiting)
        self._say({"ask": [call]})
        return waiting

    def _set_timer(self, call: str, waiting: _Waiting) -> None:
        waiting.timer = self._loop.call_at(waiting.due_s, self._give_up, call, waiting.asker)

    def _hear(self, line: bytes) -> None:
        try:
            verdict = _decode(line)
        except msgspec.DecodeError:
            return
        for waiting in self._waiting.pop(str(verdict.get("call", "")), ()):
            waiting.is_over()
            waiting.asker.answer(self._answer(verdict))

    def _answer(self, verdict: dict[str, Any]) -> bytes:
        reason = REASONS.get(str(verdict.get("reason")))
        names = ("call", "saved", "transaction", "reason", "message")
        return self.answers.json(reason.http_status if reason else 422, {name: verdict.get(name) for name in names})

    def _give_up(self, call: str, asker: Answerable) -> None:
        if self.drop(int(call), asker):
            self.timeouts += 1
            asker.answer(self.answers.json(202, _verdict(call, WAITING, NOT_YET)))


def _verdict(call: str, reason: str, message: str) -> dict[str, object]:
    return {"call": call, "saved": False, "transaction": None, "reason": reason, "message": message}
