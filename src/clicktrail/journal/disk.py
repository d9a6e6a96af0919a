"""The one door to the disk, for everything that a journal writes.

Tests make it full, slow or broken here, and nowhere else: with
CLICKTRAIL_TEST_FAULTS=1 in the environment the file DIR/run/faults.json says how.
Without that variable the file is never looked at.
"""

import errno
import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from clicktrail.sqlite import sqlite3

FAULTS_VARIABLE = "CLICKTRAIL_TEST_FAULTS"
FAULTS_FILE = "faults.json"

PAGE_BYTES = 8 * 1024
CHECKPOINT_PAGES = 1000
"""The worker folds its write-ahead log back at this size, 8 MB: seldom, yet a short stall."""
LOG_BYTES = (CHECKPOINT_PAGES + 100) * (PAGE_BYTES + 24)


class Disk:
    """The real disk."""

    def connect(self, path: Path) -> sqlite3.Connection:
        """Open for writing: every statement is a transaction of its own, synced before it returns."""
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
        db.execute(f"PRAGMA page_size={PAGE_BYTES}")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"PRAGMA synchronous={self.synchronous()}")
        db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        return db

    def synchronous(self) -> str:
        return "FULL"

    def execute(self, db: sqlite3.Connection, statement: str, row: tuple[Any, ...] = ()) -> None:
        """Durable on return. Raises OSError or sqlite3.Error where the disk refuses."""
        db.execute(statement, row)

    def lay_out(self, path: Path) -> None:
        """Give the write-ahead log of an open journal its full length, in zeros.

        A sync of a file that grows also has to write the file system's own journal, and waits
        for everybody else's writes there: half a millisecond, and many where others are busy.
        SQLite never looks behind the last valid frame.
        """
        log = path.with_name(path.name + "-wal")
        with log.open("r+b") as file:
            length = file.seek(0, os.SEEK_END)
            file.write(bytes(max(0, LOG_BYTES - length)))
            file.flush()
            os.fsync(file.fileno())

    def rename(self, old: Path, new: Path) -> None:
        old.rename(new)
        self.sync_folder(new.parent)

    def sync_folder(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class FaultyDisk(Disk):
    """The real disk, full, broken or slow for as long as the faults file says so."""

    def __init__(self, faults: Path) -> None:
        self.faults = faults

    def synchronous(self) -> str:
        return str(read_faults(self.faults).get("synchronous", "FULL"))

    def execute(self, db: sqlite3.Connection, statement: str, row: tuple[Any, ...] = ()) -> None:
        self._suffer()
        super().execute(db, statement, row)

    def rename(self, old: Path, new: Path) -> None:
        self._suffer()
        super().rename(old, new)

    def _suffer(self) -> None:
        fault = read_faults(self.faults).get("journal")
        if fault == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if fault == "broken":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if isinstance(fault, dict):
            self._crawl(float(fault["slow_ms"]))

    def _crawl(self, slow_ms: float) -> None:
        """Ends early once the fault is mended, so that a test need not wait it out."""
        until = time.monotonic() + slow_ms / 1000
        while time.monotonic() < until and isinstance(read_faults(self.faults).get("journal"), dict):
            time.sleep(0.005)


def system_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


def open_clock(run_folder: Path, environ: Mapping[str, str] = os.environ) -> Callable[[], int]:
    """The system's clock; with faults allowed, moved by `clock_offset_ms` of the faults file."""
    if environ.get(FAULTS_VARIABLE) != "1":
        return system_ms
    return lambda: system_ms() + int(read_faults(run_folder / FAULTS_FILE).get("clock_offset_ms", 0))


def open_disk(run_folder: Path, environ: Mapping[str, str] = os.environ) -> Disk:
    if environ.get(FAULTS_VARIABLE) == "1":
        return FaultyDisk(run_folder / FAULTS_FILE)
    return Disk()


def read_faults(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def changed_ms(path: Path) -> int:
    """When anything was last written to a file or to its write-ahead log, where the newest rows are."""
    latest_ms = 0
    for part in (path, path.with_name(path.name + "-wal")):
        with suppress(OSError):
            latest_ms = max(latest_ms, part.stat().st_mtime_ns // 1_000_000)
    return latest_ms


def is_full(fault: BaseException) -> bool:
    if isinstance(fault, OSError):
        return True
    return isinstance(fault, sqlite3.OperationalError) and "full" in str(fault)


def is_beyond_repair(fault: sqlite3.Error) -> bool:
    """Not a database, a malformed one, or one without our tables; everything else may pass."""
    if isinstance(fault, sqlite3.OperationalError):
        return "no such table" in str(fault)
    return isinstance(fault, sqlite3.DatabaseError)
