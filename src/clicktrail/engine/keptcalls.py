"""The calls of all journals that `replay` read, on disk, until they are judged in their order."""

from collections.abc import Iterator

import msgspec

from clicktrail.journal.events import Postback
from clicktrail.sqlite import sqlite3

PAGE = 1000
"""Calls read at a time."""

_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.Decoder(Postback).decode


class KeptCalls:
    """The calls of all journals, on disk, until they are judged in their order."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("CREATE TABLE call (id INTEGER PRIMARY KEY, place INTEGER, body BLOB)")

    def add(self, events: list[tuple[tuple[int | None, int], Postback]]) -> None:
        """((order, catalog) of the first judging, event). What was never judged comes last, by its id."""
        rows = [
            (event.id, order, _encode(msgspec.structs.replace(event, catalog=version)))
            for (order, version), event in events
        ]
        self._db.executemany("INSERT OR IGNORE INTO call VALUES (?, ?, ?)", rows)

    def has(self, id: int | None) -> bool:
        return self._db.execute("SELECT 1 FROM call WHERE id = ?", (id,)).fetchone() is not None

    def in_order(self) -> Iterator[list[Postback]]:
        rows = self._db.execute("SELECT body FROM call ORDER BY place IS NULL, place, id")
        while page := rows.fetchmany(PAGE):
            yield [_decode(row[0]) for row in page]

    def close(self) -> None:
        self._db.close()
