"""Request bodies: how large one may be, and where it is kept until it is complete."""

import tempfile
from pathlib import Path
from typing import IO, cast

from aiohttp import StreamReader

from clicktrail.control.server import limits


class BodyRefused(Exception):
    """The status is the answer's."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Quota:
    """Bytes that may be on disk at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.taken = 0

    def take(self, size: int) -> bool:
        if self.taken + size > self._most:
            return False
        self.taken += size
        return True

    def give_back(self, size: int) -> None:
        self.taken -= size


class Body:
    """A complete body, or one that is being read. `close` gives its room back."""

    def __init__(self, folder: Path, quota: Quota) -> None:
        self.size = 0
        self._quota = quota
        self._file = tempfile.SpooledTemporaryFile(max_size=limits.BODY_IN_MEMORY, dir=folder)  # noqa: SIM115

    def add(self, chunk: bytes) -> None:
        """Raises BodyRefused where the disk has no more room for bodies."""
        if not self._quota.take(len(chunk)):
            raise BodyRefused(503)
        self.size += len(chunk)
        self._file.write(chunk)

    def from_start(self) -> IO[bytes]:
        self._file.seek(0)
        return cast(IO[bytes], self._file)

    def close(self) -> None:
        self._file.close()
        self._quota.give_back(self.size)
        self.size = 0


async def read_into(body: Body, content: StreamReader, most: int) -> None:
    """Until the body is complete. Raises BodyRefused(413) where it is larger than `most`."""
    while chunk := await content.readany():
        if body.size + len(chunk) > most:
            raise BodyRefused(413)
        body.add(chunk)
