"""Answers of a WSGI application: complete in memory, or growing in a file while it is sent."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from clicktrail.control.server import limits
from clicktrail.control.server.bodies import Quota

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
PIECE = 64 * 1024


class TooManyBytes(Exception):
    """The files of long answers have no more room."""


class Answer:
    """What one request is answered. Written by a thread, read by the event loop.

    `head_known` is set when status and headers are there and either the whole body is in `body` or the first
    part of it is in a file.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, folder: Path, quota: Quota) -> None:
        self.status = 500
        self.reason = ""
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self.is_long = False
        self.is_complete = False
        self.failed = False
        self.is_unwanted = False
        """Set by the loop: nobody reads it any more."""
        self.head_known = asyncio.Event()
        self._more = asyncio.Event()
        self._loop, self._folder, self._quota = loop, folder, quota
        self._file: IO[bytes] | None = None
        self._written = self._read = 0

    # In the thread

    def produce(self, application: Wsgi, environ: dict[str, Any]) -> None:
        """Run the application to the end of its answer."""
        try:
            if not self.is_unwanted:
                self._run(application, environ)
        except BaseException:
            self.failed = True
            raise
        finally:
            self.is_complete = True
            self._tell()

    def _run(self, application: Wsgi, environ: dict[str, Any]) -> None:
        parts = application(environ, self._start)
        try:
            self._collect(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()

    def _start(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], None]:
        code, _, self.reason = status.partition(" ")
        self.status, self.headers = int(code), headers
        return self._add_to_file

    def _collect(self, parts: Iterable[bytes]) -> None:
        held: list[bytes] = []
        size = 0
        for part in parts:
            if self.is_unwanted:
                return
            held.append(part)
            size += len(part)
            if self.is_long or size > limits.ANSWER_IN_MEMORY:
                self._add_to_file(b"".join(held))
                held = []
        if self.is_long:
            self._add_to_file(b"".join(held))
        else:
            self.body = b"".join(held)

    def _add_to_file(self, data: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - open until it is sent
        if not self._quota.take(len(data)):
            raise TooManyBytes
        self._written += len(data)
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self.is_long = True
        self._tell()

    def _tell(self) -> None:
        self._loop.call_soon_threadsafe(self._wake)

    # In the loop

    def _wake(self) -> None:
        self.head_known.set()
        self._more.set()

    async def next_piece(self) -> bytes:
        """Empty at the end of a long answer."""
        assert self._file is not None
        while True:
            self._more.clear()
            piece = os.pread(self._file.fileno(), PIECE, self._read)
            if piece or self.is_complete:
                self._read += len(piece)
                return piece
            await self._more.wait()

    def close(self) -> None:
        """After the thread is done with it."""
        if self._file is not None:
            self._file.close()
        self._quota.give_back(self._written)
        self._written = 0
