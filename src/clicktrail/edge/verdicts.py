"""The way to the engine and back, for those who wait for a verdict.

One Unix socket, a line of JSON a message. A waiter is registered before its call goes
to the journal; after the commit the engine is woken; after a reconnect every call still
waiting is asked for again. With the engine away everybody gets 202 at the deadline.
"""

import asyncio
from pathlib import Path
from typing import Any, Protocol

import msgspec

from clicktrail.addresses import Address
from clicktrail.core import disclosure
from clicktrail.core.callnumber import CallNumbers, log_number
from clicktrail.core.reasons import BAD_CALL, WAITING
from clicktrail.edge.answers import Answers
from clicktrail.edge.quota import VerdictQuota
from clicktrail.settings import socket_address

MAX_LINE_BYTES = 64 * 1024
MAX_UNSENT_BYTES = 1024 * 1024
"""An engine that stands still is told no more: who waits gets 202, and it looks at the journals by itself."""
NO_CALL = "The parameter call must be the number of a call, whole, as an earlier answer gave it."
NOT_YET = "The call was received; its verdict is not known yet. Ask again with call=N and format=json."

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.encode


class Answerable(Protocol):
    def answer(self, data: bytes) -> None: ...


class _Waiting:
    """Somebody who waits. due_s: loop time at which he is told to ask again; timer: None until that may be said."""

    __slots__ = ("address", "due_s", "is_bare", "program", "timer")

    def __init__(self, due_s: float, address: Address | None, program: int = 0, is_bare: bool = False) -> None:
        self.due_s = due_s
        self.address = address
        self.program = program
        """Whose shop the asker proved to be, asking for an earlier call; 0: none."""
        self.is_bare = is_bare
        """Asked without check digits: only that shop's calls are answered."""
        self.timer: asyncio.TimerHandle | None = None

    def is_over(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


class Verdicts(asyncio.Protocol):
    """All methods belong to the loop's thread."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        socket: Path,
        answers: Answers,
        patience_s: float,
        numbers: CallNumbers,
        quota: VerdictQuota,
    ) -> None:
        self._loop, self._socket, self._patience_s = loop, socket, patience_s
        self.answers = answers
        self._numbers, self._quota = numbers, quota
        self._waiting: dict[str, dict[Answerable, _Waiting]] = {}
        self._calls: dict[Answerable, str] = {}
        """Asker -> the call that he waits for: a connection has one request in hand."""
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[Any] | None = None
        self._rest = b""
        self.timeouts = self.withheld = 0

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def is_connected(self) -> bool:
        return self._transport is not None

    def expect(self, id: int, asker: Answerable, address: Address | None) -> None:
        """Register before journaling: the verdict may be there before the journal's thread has reported."""
        self._register(str(id), asker, _Waiting(self._due_s(), address))

    def stored(self, id: int, asker: Answerable) -> None:
        """The call is durable: from now on the asker may be told that it was received."""
        waiting = self._waiting.get(str(id), {}).get(asker)
        if waiting is not None:
            self._set_timer(str(id), asker, waiting)

    def recall(self, text: str, asker: Answerable, address: Address | None, program: int = 0) -> None:
        """Ask for the verdict of an earlier call.

        text: its number as an answer gave it. program: whose shop the asker proved to be; then its log number will do.
        """
        number = self._numbers.read(text)
        is_bare = number is None and program > 0
        if is_bare:
            number = log_number(text)
        if number is None:
            asker.answer(self.answers.json(422, _verdict(text, BAD_CALL, NO_CALL)))
            return
        waiting = _Waiting(self._due_s(), address, program, is_bare)
        self._register(str(number), asker, waiting)
        self._set_timer(str(number), asker, waiting)

    def drop(self, id: int, asker: Answerable) -> bool:
        """Stop waiting; False where the answer has been given already."""
        call = str(id)
        waiters = self._waiting.get(call, {})
        waiting = waiters.pop(asker, None)
        if waiting is None:
            return False
        waiting.is_over()
        self._calls.pop(asker, None)
        if not waiters:
            del self._waiting[call]
        return True

    def forget(self, asker: Answerable) -> None:
        """The asker has hung up. His call is judged all the same."""
        call = self._calls.get(asker)
        if call is not None:
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

    def _due_s(self) -> float:
        return self._loop.time() + self._patience_s

    def _register(self, call: str, asker: Answerable, waiting: _Waiting) -> None:
        self._waiting.setdefault(call, {})[asker] = waiting
        self._calls[asker] = call
        self._say({"ask": [call]})

    def _set_timer(self, call: str, asker: Answerable, waiting: _Waiting) -> None:
        waiting.timer = self._loop.call_at(waiting.due_s, self._give_up, call, asker)

    def _hear(self, line: bytes) -> None:
        try:
            message = _decode(line)
        except msgspec.DecodeError:
            return
        call = str(message.get("call", ""))
        for asker, waiting in list(self._waiting.get(call, {}).items()):
            if waiting.is_bare and waiting.program != message.get("program"):
                continue  # Another shop's call: the answer is that of a call nobody knows, at the deadline.
            self.drop(int(call), asker)
            asker.answer(self._answer(call, message, waiting))

    def _answer(self, call: str, message: dict[str, Any], waiting: _Waiting) -> bytes:
        number = self._numbers.text(int(call))
        now_s = self._loop.time()
        is_own = disclosure.is_own(message, waiting.program)
        if message.get("limited") and not is_own:
            if not self._quota.has_left(waiting.address, now_s):
                self.withheld += 1
                return self.answers.json(*disclosure.withheld(number))
            if message.get("counted"):
                self._quota.count(waiting.address, now_s)
        return self.answers.json(*disclosure.answer_of(message, number, is_own))

    def _give_up(self, call: str, asker: Answerable) -> None:
        if self.drop(int(call), asker):
            self.timeouts += 1
            asker.answer(self.answers.json(202, _verdict(self._numbers.text(int(call)), WAITING, NOT_YET)))


def _verdict(call: str, reason: str, message: str) -> dict[str, object]:
    return {"call": call, "saved": False, "transaction": None, "reason": reason, "message": message}
