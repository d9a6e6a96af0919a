"""The journal on this machine: SQLite files, one writer a node, one row a group commit.

    DIR/journal/NNNN/<created_ms>-<identity>.sqlite     NNNN is the node
    DIR/journal/NNNN/lock                               held by the writer
    DIR/journal/NNNN/rotate                             made by whoever wants a seal within a second

A row of `batch` is what one sync made durable. The last row of a finished file is its
seal: `body` is NULL, nothing comes after it. File names rise with time and are never
used again; a cursor is keyed by the identity.
"""

import fcntl
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from clicktrail.core.clickid import made_ms
from clicktrail.errors import JournalBroken, JournalLocked, JournalRefused
from clicktrail.journal import house
from clicktrail.journal.disk import Disk, changed_ms, is_beyond_repair, is_full, system_ms
from clicktrail.journal.events import Event, decode_batch, encode_batch
from clicktrail.sqlite import sqlite3

FORMAT = 1
RESERVE_MS = 60_000
"""ClickIDs are minted only within time that the journal has durably reserved."""

SCHEMA = (
    "CREATE TABLE journal (identity TEXT NOT NULL, node INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
    " format INTEGER NOT NULL, house TEXT NOT NULL)",
    "CREATE TABLE batch (seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, reserved_ms INTEGER NOT NULL,"
    " events INTEGER NOT NULL, body BLOB)",
)
INSERT = "INSERT INTO batch (at_ms, reserved_ms, events, body) VALUES (?, ?, ?, ?)"
LAST = "SELECT at_ms, reserved_ms, body FROM batch ORDER BY seq DESC LIMIT 1"
AFTER = "SELECT seq, events, body FROM batch WHERE seq > ? ORDER BY seq"
PENDING = "SELECT coalesce(sum(events), 0) FROM batch WHERE seq > ?"

Refusal = (OSError, sqlite3.Error)


@dataclass(frozen=True, slots=True)
class File:
    identity: str
    node: int
    created_ms: int
    path: Path

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True)
class Read:
    batches: list[tuple[int, bytes]]
    """(seq, body as `journal.events.decode_batch` takes it); bodies of no events are left out."""
    at_end: bool
    """Nothing was behind the last row when this was read."""
    sealed: bool
    """The seal was reached: nothing will ever come after."""
    last_seq: int
    """Where to go on: the last row that was looked at."""


def node_folder(folder: Path, node: int) -> Path:
    return folder / f"{node:04d}"


def files_of(folder: Path, node: int) -> list[File]:
    """The node's files, oldest first; whatever has another form of name is not ours."""
    found = [_file(path, node) for path in node_folder(folder, node).glob("*.sqlite")]
    return sorted((f for f in found if f), key=lambda f: f.name)


def _file(path: Path, node: int) -> File | None:
    created, dash, identity = path.stem.partition("-")
    if not (dash and created.isdecimal() and len(identity) == 32):
        return None
    return File(identity, node, int(created), path)


class Writer:
    """The only writer of a node. Not for two threads at once, but each call may come from another.

    `last_ms`: minting must go on after this unix time in milliseconds. `reserved_ms`:
    durably reserved up to here; 0 where the disk has refused from the start.
    Raises JournalLocked where another process holds the node.
    """

    def __init__(
        self,
        folder: Path,
        node: int,
        *,
        max_bytes: int,
        max_age_s: int,
        disk: Disk | None = None,
        clock: Callable[[], int] = system_ms,
    ) -> None:
        self.folder, self.node = folder, node
        self.last_ms = self.reserved_ms = 0
        self.broken: list[str] = []
        """Files found unreadable at the start; they are left for the engine to report."""
        self._max_bytes, self._max_age_ms = max_bytes, max_age_s * 1000
        self._disk, self._clock = disk or Disk(), clock
        self._db: sqlite3.Connection | None = None
        self._path: Path | None = None
        self._bytes = self._created_ms = self._inode = 0
        self._home = node_folder(folder, node)
        self._make_home()
        self._lock: int | None = _hold(self._home / "lock")
        self._house = house.read(folder)
        self._unsealed = self._look_back()
        self._try_to_open()

    def commit(self, events: list[Event], reserve_until_ms: int) -> None:
        """Store all events in one row, durable on return.

        Raises JournalRefused where the disk does not take them; then none is stored.
        """
        try:
            self._make_ready()
            body = encode_batch(events)
            reserved_ms = max(self.reserved_ms, reserve_until_ms)
            self._write((self._clock(), reserved_ms, len(events), body))
            self._must_be_there()
        except Refusal as fault:
            self._let_go(fault)
            raise JournalRefused(f"The journal of node {self.node} cannot be written: {fault}") from fault
        self.reserved_ms = reserved_ms
        self._bytes += len(body)

    def is_asked_to_rotate(self) -> bool:
        """Somebody (a backup, a `forget`) has left the wish for a seal; safe from any thread."""
        return (self._home / "rotate").exists()

    def rotate_if_asked(self) -> bool:
        """Seal and begin the next file where that is wished for."""
        wish = self._home / "rotate"
        if not wish.exists():
            return False
        try:
            self._seal(self.reserved_ms)
            self._make_ready()
            wish.unlink(missing_ok=True)
        except Refusal as fault:
            self._let_go(fault)
            raise JournalRefused(f"The journal of node {self.node} cannot be rotated: {fault}") from fault
        return True

    def close(self, last_minted_ms: int | None = None) -> None:
        """Seal and let go of the node; may come twice.

        With `last_minted_ms` the reservation beyond it is given back.
        """
        if self._lock is None:
            return
        try:
            self._seal(self.reserved_ms if last_minted_ms is None else last_minted_ms)
        except Refusal as fault:
            self._let_go(fault)
        finally:
            os.close(self._lock)
            self._lock = None

    def _make_home(self) -> None:
        """A folder that a cut of the power takes back would take its files along."""
        for home in (self.folder, self._home):
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            with suppress(OSError):
                self._disk.sync_folder(home.parent)

    def _look_back(self) -> list[Path]:
        """Read where minting must go on; return what is to be sealed before anything is written."""
        unsealed: list[Path] = []
        for file in reversed(files_of(self.folder, self.node)):
            try:
                at_ms, is_sealed = _last_moment(file, self._house)
            except JournalBroken as fault:
                self.broken.append(str(fault))
                self.last_ms = max(self.last_ms, file.created_ms, changed_ms(file.path)) + RESERVE_MS
                continue
            self.last_ms = max(self.last_ms, at_ms)
            if is_sealed:
                break
            unsealed.append(file.path)
        return unsealed

    def _try_to_open(self) -> None:
        try:
            self._make_ready()
        except Refusal as fault:
            self._let_go(fault)

    def _make_ready(self) -> None:
        if self._lock is None:
            raise OSError("it is closed, and another process may write by now.")
        while self._unsealed:
            self._seal_old(self._unsealed[-1])
            self._unsealed.pop()
        if self._db is not None and self._is_due():
            self._seal(self.reserved_ms)
        if self._db is None:
            self._begin_file()

    def _is_due(self) -> bool:
        return self._bytes >= self._max_bytes or self._clock() - self._created_ms >= self._max_age_ms

    def _begin_file(self) -> None:
        """A new file gets its name only when it is whole, so that nobody reads half a one."""
        for draft in self._home.glob(".draft*"):
            draft.unlink(missing_ok=True)
        self._created_ms = self._clock()
        identity = secrets.token_hex(16)
        names = [file.created_ms for file in files_of(self.folder, self.node)]
        created_ms = max([self._created_ms, *(ms + 1 for ms in names)])
        draft = self._home / f".draft-{identity}"
        draft.touch(mode=0o600)
        db = self._disk.connect(draft)
        try:
            for statement in SCHEMA:
                self._disk.execute(db, statement)
            self._house = self._house or house.read_or_make(self.folder)
            header = (identity, self.node, created_ms, FORMAT, self._house)
            self._disk.execute(db, "INSERT INTO journal VALUES (?, ?, ?, ?, ?)", header)
            # Closing folds the log back too, but where the disk refuses that it says nothing, and the name moves
            # without the log.
            self._disk.execute(db, "PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            db.close()
        self._path = self._home / f"{created_ms:013d}-{identity}.sqlite"
        self._disk.rename(draft, self._path)
        self._unsealed.append(self._path)
        self._inode = self._path.stat().st_ino
        self._db = self._disk.connect(self._path)
        self._unsealed.pop()
        self._bytes = 0
        reserved_ms = max(self.reserved_ms, self._clock() + RESERVE_MS, self.last_ms + RESERVE_MS)
        self._write((self._clock(), reserved_ms, 0, encode_batch([])))
        self.reserved_ms = reserved_ms
        with suppress(OSError):
            # Without room for it commits are only slower.
            self._disk.lay_out(self._path)

    def _write(self, row: tuple[int, int, int, bytes | None]) -> None:
        assert self._db is not None  # noqa: S101 - _make_ready() came before
        self._disk.execute(self._db, INSERT, row)

    def _must_be_there(self) -> None:
        """A file that was moved away or deleted still takes rows, and nobody would ever read them."""
        try:
            is_there = self._path is not None and self._path.stat().st_ino == self._inode
        except OSError:
            is_there = False
        if not is_there:
            raise sqlite3.OperationalError(f"{self._path} is gone")

    def _seal(self, reserved_ms: int) -> None:
        if self._db is None:
            return
        self._write((self._clock(), reserved_ms, 0, None))
        db, self._db = self._db, None
        _fold_and_close(db)

    def _seal_old(self, path: Path) -> None:
        if not path.exists():
            self.broken.append(f"{path.name}: it is gone")
            return
        try:
            db = self._disk.connect(path)
            try:
                at_ms, reserved_ms, body = db.execute(LAST).fetchone() or (self._clock(), self.last_ms, b"")
                if body is not None:
                    reserved_ms = max(reserved_ms, self.last_ms, self.reserved_ms)
                    self._disk.execute(db, INSERT, (at_ms, reserved_ms, 0, None))
            finally:
                _fold_and_close(db)
        except sqlite3.Error as fault:
            if not is_beyond_repair(fault):
                raise
            self.broken.append(f"{path.name}: {fault}")

    def _let_go(self, fault: BaseException) -> None:
        """A full disk may get room again. After anything else the file is left, sealed, for a new one."""
        if self._db is None or is_full(fault):
            return
        db, self._db = self._db, None
        if self._path is not None:
            self._unsealed.append(self._path)
        try:
            db.close()
        except sqlite3.Error:
            return


class Reader:
    """Reads every node's files, read-only; keeps one connection a file until it is forgotten."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, sqlite3.Connection] = {}

    def files(self) -> list[File]:
        """All files, by node, oldest first."""
        nodes = sorted(int(p.name) for p in self.folder.glob("[0-9][0-9][0-9][0-9]") if p.is_dir())
        return [file for node in nodes for file in files_of(self.folder, node)]

    def read(self, file: File, after_seq: int, limit_events: int) -> Read:
        """Rows after `after_seq` in one snapshot, stopping once `limit_events` are reached.

        Raises JournalBroken, which names the file.
        """
        batches: list[tuple[int, bytes]] = []
        seq, count = after_seq, 0
        with _naming(file):
            rows = self._connection(file).execute(AFTER, (after_seq,))
            try:
                for at, events, body in rows:
                    if at <= seq or events is None:
                        # SQLite reads a page that was cut off as zeros: a row in it is no row, least of all a seal.
                        raise sqlite3.DatabaseError("a row is torn")
                    seq = at
                    if body is None:
                        return Read(batches, True, True, seq)
                    if events:
                        batches.append((seq, body))
                    count += events
                    if count >= limit_events:
                        return Read(batches, False, False, seq)
            except sqlite3.Error:
                if not batches:
                    raise
                # Torn: what lies before the damage counts. The next read begins at it and raises.
                return Read(batches, False, False, seq)
            finally:
                rows.close()
        return Read(batches, True, False, seq)

    def pending(self, file: File, after_seq: int) -> int:
        """Events behind `after_seq`."""
        with _naming(file):
            return int(self._connection(file).execute(PENDING, (after_seq,)).fetchone()[0])

    def is_sealed(self, file: File) -> bool:
        """Whether its last row is the seal: nothing will ever come after."""
        with _naming(file):
            last = self._connection(file).execute(LAST).fetchone()
        return last is not None and last[2] is None

    def forget(self, file: File) -> None:
        """Close what is open for the file: it is read to its seal, or about to be deleted."""
        db = self._open.pop(file.identity, None)
        if db is not None:
            db.close()

    def close(self) -> None:
        for db in self._open.values():
            db.close()
        self._open.clear()

    def _connection(self, file: File) -> sqlite3.Connection:
        db = self._open.get(file.identity)
        if db is None:
            db = self._open[file.identity] = _open_checked(file, house.read(self.folder))
        return db


class _naming:
    """Whatever SQLite says about a file becomes a JournalBroken that names it."""

    def __init__(self, file: File) -> None:
        self._file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, sqlite3.Error | ValueError | TypeError):
            raise JournalBroken(f"{self._file.path} is no readable journal: {fault}") from fault


def _open_checked(file: File, mark: str) -> sqlite3.Connection:
    """Raises JournalBroken where the file is not the one its name promises, or not of this house."""
    db = sqlite3.connect(f"{file.path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None,
                         check_same_thread=False)  # fmt: skip
    try:
        header: tuple[Any, ...] | None = db.execute("SELECT identity, node, format, house FROM journal").fetchone()
    except sqlite3.Error:
        db.close()
        raise
    if header is None or header[:3] != (file.identity, file.node, FORMAT):
        db.close()
        raise JournalBroken(f"{file.path} is not the journal that its name promises: it says {header}.")
    if mark not in ("", header[3]):
        db.close()
        raise JournalBroken(f"{file.path} was written by another installation; it is not read.")
    return db


def _last_moment(file: File, mark: str) -> tuple[int, bool]:
    """(highest time that the last row mentions, is it a seal?)."""
    with _naming(file):
        db = _open_checked(file, mark)
        try:
            last = db.execute(LAST).fetchone()
            if last is None:
                return file.created_ms + RESERVE_MS, False
            at_ms, reserved_ms, body = last
            minted = [made_ms(event.id) for event in decode_batch(body)] if body else []
            return max(reserved_ms, *minted, 0), body is None
        except msgspec.DecodeError as fault:
            raise JournalBroken(f"{file.path} holds a batch that cannot be read: {fault}") from fault
        finally:
            db.close()


def _hold(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise JournalLocked(
            f"Another process writes the journal of this node ({path}): stop it, or choose another node."
        ) from None
    return descriptor


def _fold_and_close(db: sqlite3.Connection) -> None:
    """Fold the write-ahead log into the file; where a reader is in the way the log simply stays."""
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error:
        pass  # The rows are durable in the log already; SQLite reads both.
    finally:
        db.close()
