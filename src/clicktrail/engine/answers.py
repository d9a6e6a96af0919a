"""Verdicts back to who waits for one: a local socket, a line of JSON a message.

    {"wake": true}            there is something new in a journal
    {"ask": ["<call>", ...]}  tell me the verdict of these calls, once it is final

One thread, no timers of its own: the engine's loop waits here, between two units.
"""

import os
import selectors
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from clicktrail.core.disclosure import Message
from clicktrail.settings import socket_address

MAX_LINE_BYTES = 1024 * 1024
"""A longer line, or as much that is not read on the other side, ends the connection."""
KEEP_UNKNOWN_S = 10.0
"""How long a call is remembered that no journal has shown yet."""
MAX_ASKED = 100_000
"""Calls asked for at a time; beyond, the oldest is forgotten and its caller gets 202."""

_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(slots=True, eq=False)
class Caller:
    socket: socket.socket
    rest: bytes = b""
    unsent: bytearray = field(default_factory=bytearray)


class Answers:
    """Listens on `path`; `wakeup` is a file descriptor that ends a wait (a signal came)."""

    def __init__(self, path: Path, wakeup: int | None = None) -> None:
        self._path = path
        self._asked: dict[int, tuple[list[Caller], float]] = {}
        """call -> who asked for it (two workers may), and when last."""
        self.fresh: list[int] = []
        """Calls asked for since the last look into the ledger."""
        self._woken = False
        self._selector = selectors.DefaultSelector()
        self._listener = _listen(path)
        self._selector.register(self._listener, selectors.EVENT_READ)
        if wakeup is not None:
            self._selector.register(wakeup, selectors.EVENT_READ)

    def wait(self, timeout_s: float) -> bool:
        """Hear what callers say; True where somebody woke the engine. Returns after the first events."""
        woken, self._woken = self._woken, False
        for key, _ in self._selector.select(0 if woken else timeout_s):
            if key.fileobj is self._listener:
                self._accept()
            elif isinstance(key.data, Caller):
                woken |= self._hear(key.data)
                self._send(key.data)
            else:
                os.read(key.fd, 4096)
                woken = True
        return woken or bool(self.fresh)

    def hear(self) -> None:
        """Hear what callers say, without waiting. Whoever wakes the engine now may have written
        behind what it has just read: the next `wait` ends at once."""
        self._woken = self.wait(0)

    def tell(self, call: int, message: Message) -> None:
        """The final verdict, as `core/disclosure.py` words it, to all who asked for it."""
        found = self._asked.pop(call, None)
        if found is None:
            return
        line = _encode({"call": str(call), **message}) + b"\n"
        for caller in found[0]:
            caller.unsent += line
            self._send(caller)

    def is_asked(self, call: int) -> bool:
        return call in self._asked

    def take_fresh(self) -> list[int]:
        fresh, self.fresh = [call for call in self.fresh if call in self._asked], []
        return fresh

    def forget_unknown(self, known: set[int]) -> None:
        """Drop what has been asked for too long; calls in `known` are waiting in the log and stay."""
        oldest = time.monotonic() - KEEP_UNKNOWN_S
        for call in [c for c, (_, since_s) in self._asked.items() if since_s < oldest and c not in known]:
            del self._asked[call]

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        with suppress(OSError):
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            self._selector.register(connection, selectors.EVENT_READ, Caller(connection))

    def _hear(self, caller: Caller) -> bool:
        try:
            data = caller.socket.recv(65_536)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._hang_up(caller)
            return False
        *lines, caller.rest = (caller.rest + data).split(b"\n")
        if len(caller.rest) > MAX_LINE_BYTES:
            self._hang_up(caller)
        return any([self._obey(caller, line) for line in lines])

    def _obey(self, caller: Caller, line: bytes) -> bool:
        try:
            message = _decode(line)
            calls = [int(call) for call in message.get("ask", ())]
        except (msgspec.DecodeError, ValueError, TypeError):
            return False
        now_s = time.monotonic()
        for call in calls:
            if 0 <= call < 1 << 63:
                callers = self._asked.pop(call, ([], 0.0))[0]
                self._asked[call] = ([*(c for c in callers if c is not caller), caller], now_s)
                self.fresh.append(call)
        while len(self._asked) > MAX_ASKED:
            del self._asked[next(iter(self._asked))]
        return message.get("wake") is True

    def _send(self, caller: Caller) -> None:
        """As much as the other side takes; the rest when it has read on."""
        if caller.socket.fileno() < 0:
            return
        try:
            if caller.unsent:
                del caller.unsent[: caller.socket.send(caller.unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._hang_up(caller)
            return
        if len(caller.unsent) > MAX_LINE_BYTES:
            self._hang_up(caller)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if caller.unsent else 0)
        if self._selector.get_key(caller.socket).events != events:
            self._selector.modify(caller.socket, events, caller)

    def _hang_up(self, caller: Caller) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(caller.socket)
        caller.socket.close()
        for call in [c for c, (callers, _) in self._asked.items() if caller in callers]:
            callers = self._asked[call][0]
            callers.remove(caller)
            if not callers:
                del self._asked[call]


def _listen(path: Path) -> socket.socket:
    """The engine holds its lock by now, so a socket that is there is a dead engine's."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(socket_address(path))
    path.chmod(0o600)
    listener.listen(128)
    listener.setblocking(False)
    return listener
