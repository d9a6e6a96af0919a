"""Change events in kept journal files, row by row and in place, so that no byte of the old ones remains.

Only sealed files are changed: nobody writes them any more, and a reader keeps its place,
because rows keep their numbers. Afterwards the file is packed anew: an update alone
leaves copies behind where rows had moved within the file.
"""

import time
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass

import msgspec

from clicktrail.errors import JournalLocked, JournalRefused
from clicktrail.journal.disk import Disk
from clicktrail.journal.events import Event, decode_batch, encode_batch
from clicktrail.journal.local import File, Reader, Writer, node_folder
from clicktrail.sqlite import sqlite3

ROTATE_PATIENCE_S = 6.0
FOLD_PATIENCE_S = 15.0
ASK_EVERY_S = 0.05

READ_EVENTS = 20_000
"""Read at a time."""

HELD = "SELECT seq, body FROM batch WHERE body IS NOT NULL AND events > 0"


@dataclass(frozen=True, slots=True)
class Rewritten:
    events: int = 0
    """How many were changed."""
    damaged_rows: int = 0
    """Rows that hold a needle, but cannot be read, and so were left as they are."""


def events_with(reader: Reader, file: File, needles: Collection[bytes]) -> list[Event]:
    """Events of the rows that contain one of the texts or ids, as bytes; rows that cannot be read are left out."""
    found: list[Event] = []
    seq, at_end = 0, False
    while not at_end:
        read = reader.read(file, seq, READ_EVENTS)
        seq, at_end = read.last_seq, read.at_end
        for _, body in read.batches:
            if any(needle in body for needle in needles):
                found += _decoded(body) or []
    return found


def seal(reader: Reader, file: File, max_bytes: int, max_age_s: int) -> None:
    """Have the file sealed: by its worker, which is asked to rotate, or here where no worker lives.

    Raises JournalRefused where neither happens in time.
    """
    deadline = time.monotonic() + ROTATE_PATIENCE_S
    while not reader.is_sealed(file):
        if time.monotonic() > deadline:
            raise JournalRefused(f"The worker of node {file.node} does not rotate its journal: is it stopped or hung?")
        try:
            writer = Writer(reader.folder, file.node, max_bytes=max_bytes, max_age_s=max_age_s)
            writer.close(writer.last_ms)
        except JournalLocked:
            (node_folder(reader.folder, file.node) / "rotate").touch(mode=0o600)
            _pause()


def rewrite(file: File, needles: Collection[bytes], change: Callable[[Event], Event]) -> Rewritten:
    """Pass every event of the rows that contain a needle through `change`.

    Raises JournalRefused where the disk or a reader is in the way: then run it again.
    """
    try:
        with closing(Disk().connect(file.path)) as db:
            db.execute("PRAGMA secure_delete = ON")
            counts = [_rewrite_row(db, seq, body, change) for seq, body in _rows(db, needles)]
            changed = sum(count or 0 for count in counts)
            if changed:
                db.execute("VACUUM")
            # Also where nothing changed: a run that was broken off may have left the old rows in the log.
            _fold(db, file)
            return Rewritten(changed, counts.count(None))
    except sqlite3.Error as fault:
        raise JournalRefused(f"{file.path} cannot be rewritten: {fault}") from fault


def _rows(db: sqlite3.Connection, needles: Collection[bytes]) -> list[tuple[int, bytes]]:
    rows = db.execute(HELD)
    return [(seq, body) for seq, body in rows if any(needle in body for needle in needles)]


def _rewrite_row(db: sqlite3.Connection, seq: int, body: bytes, change: Callable[[Event], Event]) -> int | None:
    """Events changed; None where the row cannot be read."""
    old = _decoded(body)
    if old is None:
        return None
    new = [change(event) for event in old]
    changed = sum(a != b for a, b in zip(old, new, strict=True))
    if changed:
        db.execute("UPDATE batch SET body = ? WHERE seq = ?", (encode_batch(new), seq))
    return changed


def _decoded(body: bytes) -> list[Event] | None:
    try:
        return decode_batch(body)
    except msgspec.DecodeError:
        return None


def _fold(db: sqlite3.Connection, file: File) -> None:
    """Back into the file, and the log cut to nothing, so that the old rows are not in it either."""
    deadline = time.monotonic() + FOLD_PATIENCE_S
    while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > deadline:
            raise JournalRefused(f"{file.path} is being read all the time; try again later.")
        _pause()


def _pause() -> None:
    time.sleep(ASK_EVERY_S)
