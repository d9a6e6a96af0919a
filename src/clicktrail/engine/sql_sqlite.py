"""The ledger on SQLite. Copy of `sql_postgres.py` in another dialect; change both."""

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from clicktrail.core.periods import MAX_VALUES, REGULAR_DAYS
from clicktrail.engine import ledger as words
from clicktrail.engine.ledger import Busy, Cursor, Fenced, Numbers, Refused, Row, Trouble, Unit, columns
from clicktrail.errors import StartError
from clicktrail.sqlite import sqlite3

BUSY_S = 0.25
"""How long one attempt waits for the write lock; the engine tries again, its heart beating on."""
COURTESY_S = 0.02
"""The pause after a transaction while others want to write."""
CACHE_KIB = 64 * 1024
PRAGMAS = ("synchronous = FULL", "wal_autocheckpoint = 0", "secure_delete = ON", f"cache_size = -{CACHE_KIB}")
"""secure_delete: personal data that was cut or moved must not linger in free pages."""
CHECKPOINT_PAGES = 8192
"""The write-ahead log is folded back when it has grown by so many pages of 4 KiB."""


def _marks(names: list[str]) -> str:
    return f"VALUES ({', '.join('?' * len(names))})"


def _insert(table: str, names: list[str], more: str = "") -> str:
    return f"INSERT INTO {table} ({columns(names)}) {_marks(names)} {more}"  # noqa: S608


FENCE = "UPDATE ledger_engine_state SET next_transaction = ?, next_order = ?, applied_ms = ? WHERE id = 1 AND epoch = ?"
NAMED = "UPDATE ledger_click SET counted = 1, net = 1 WHERE id = ?"
VERDICT = f"UPDATE ledger_postback SET {', '.join(f'{n} = ?' for n in words.VERDICT[:-1])} WHERE id = ?"  # noqa: S608
CLICKS = _insert("ledger_click", words.CLICK)
POSTBACKS = _insert("ledger_postback", words.POSTBACK)
TRANSACTIONS = (
    f"INSERT INTO ledger_transaction ({columns(words.TRANSACTION)}) "  # noqa: S608
    f"SELECT {', '.join(f'value ->> {i}' for i in range(len(words.TRANSACTION)))} "
    "FROM json_each(?) WHERE true ON CONFLICT DO NOTHING RETURNING number"
)
CHANGE = (
    f"UPDATE ledger_transaction SET {', '.join(f'{n} = ?' for n in words.CHANGE)} "  # noqa: S608
    "WHERE number = ? AND revision = ?"
)
MOVES = _insert("ledger_move", words.MOVE)
ADJUSTMENTS = _insert("ledger_adjustment", words.ADJUSTMENT)
FOLLOW = "UPDATE ledger_adjustment SET state = ? WHERE transaction_number = ? AND state = ?"
HOURS = words.add_up("ledger_rollup_hour", words.HOUR, _marks(words.HOUR + words.MEASURES))
DAYS = words.add_up("ledger_rollup_day", words.DAY, _marks(words.DAY + words.MEASURES))
MONTHS = words.add_up("ledger_rollup_month", words.MONTH, _marks(words.MONTH + words.MEASURES))
PROGRAMS = words.add_up("ledger_rollup_program", words.PROGRAM, _marks(words.PROGRAM + words.MEASURES))
SUBIDS = words.add_up("ledger_rollup_subid", words.SUBID, _marks(words.SUBID + words.MEASURES))
REFERRERS = words.add_up("ledger_rollup_referrer", words.REFERRER, _marks(words.REFERRER + words.MEASURES))
IMPORTED = _insert("ledger_imported_click", words.IMPORTED, "ON CONFLICT DO NOTHING")
CURSORS = _insert("ledger_journal_cursor", words.CURSOR, words.MOVE_CURSOR)
ASIDE = _insert("ledger_set_aside", words.SET_ASIDE, "ON CONFLICT DO NOTHING")
GROUPS = _insert("ledger_conflict_group", words.CONFLICT_GROUP, words.ADD_TO_GROUP)
DELIVERIES = _insert("outbox_delivery", words.DELIVERY, "ON CONFLICT (receiver_id, key) DO NOTHING")

LIST = "IN (SELECT value FROM json_each(?))"
TO_INBOX = f"UPDATE ledger_postback SET in_inbox = true WHERE id IN ({words.UNLISTED} {LIST})"  # noqa: S608
LISTED = f"UPDATE ledger_conflict_group SET listed_id = newest_id WHERE listed_id IS NULL AND key {LIST}"  # noqa: S608
EARLIER = (
    f"SELECT {', '.join('t.' + n for n in words.EARLIER)} FROM json_each(?) AS k CROSS JOIN ledger_transaction AS t "  # noqa: S608
    "ON t.program_id = k.value ->> 0 AND t.tid = k.value ->> 1"
)

SIMILAR = (
    f"SELECT {', '.join('t.' + n for n in words.EARLIER)} FROM json_each(?) AS k CROSS JOIN ledger_transaction AS t "  # noqa: S608
    "ON t.number IN (SELECT n.number FROM ledger_transaction AS n WHERE n.program_id = k.value ->> 0 "
    "AND n.tid_key = k.value ->> 1 ORDER BY n.number DESC LIMIT ?) ORDER BY t.number"
)


class SqliteLedger:
    target_s = 0.04

    def __init__(self, path: Path, want: Path | None = None) -> None:
        self.path = path
        self._want = want
        self._want_handle: int | None = None
        self._db: sqlite3.Connection | None = None
        self._inode = 0

    def connect(self) -> None:
        self.close()
        try:
            self._inode = self.path.stat().st_ino
            self._db = sqlite3.connect(f"{self.path.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=BUSY_S)
            for pragma in PRAGMAS:
                self._db.execute(f"PRAGMA {pragma}")
            self._must_be_durable(self._db)
        except (sqlite3.Error, OSError) as fault:
            raise Trouble(f"The ledger {self.path} cannot be opened: {fault}") from fault

    def _must_be_durable(self, db: sqlite3.Connection) -> None:
        mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal" or db.execute("PRAGMA synchronous").fetchone()[0] != 2:
            raise StartError(f"The ledger {self.path} is not in write-ahead mode with full syncs.")

    def close(self) -> None:
        if self._db is not None:
            with suppress(sqlite3.Error):
                self._db.close()
        self._db = None
        if self._want_handle is not None:
            os.close(self._want_handle)
        self._want_handle = None

    def take_over(self) -> Numbers:
        with self._transaction(), self._trouble():
            self._run("UPDATE ledger_engine_state SET epoch = epoch + 1 WHERE id = 1")
        return self.numbers()

    def numbers(self) -> Numbers:
        rows = self._all("SELECT epoch, next_transaction, next_order FROM ledger_engine_state WHERE id = 1")
        if not rows:
            raise Trouble("The ledger has no engine state: run `clicktrail init`.")
        return Numbers(*rows[0])

    def cursors(self) -> dict[str, Cursor]:
        rows = self._all(f"SELECT {columns(words.CURSOR)} FROM ledger_journal_cursor")  # noqa: S608
        return {row[0]: Cursor(row[0], row[1], row[2], row[3], bool(row[4]), row[5]) for row in rows}

    def waiting(self) -> list[Row]:
        return self._all(
            f"SELECT {columns(words.WAITING)} FROM ledger_postback WHERE reason = 'waiting' ORDER BY id"  # noqa: S608
        )

    def last_click(self) -> int:
        return int(self._all("SELECT coalesce(max(id), 0) FROM ledger_click")[0][0])

    def last_postback(self) -> int:
        return int(self._all("SELECT coalesce(max(id), 0) FROM ledger_postback")[0][0])

    def visitors_since(self, id: int, limit: int) -> list[Row]:
        return self._all(
            "SELECT visitor, program_id, partner_id, at_ms FROM ledger_click WHERE id >= ? AND net ORDER BY id DESC "
            "LIMIT ?",
            (id, limit),
        )

    def values(self, table: str, day: int, program: int, partner: int) -> set[str]:
        name = "subid" if table == "subid" else "host"
        found = self._all(
            f"SELECT {name} FROM ledger_rollup_{table} "  # noqa: S608
            "WHERE day = ? AND program_id = ? AND partner_id = ? AND other = 0",
            (day, program, partner),
        )
        return {row[0] for row in found}

    def regular_values(self, table: str, day: int, program: int, partner: int) -> set[str]:
        place = (*range(day - REGULAR_DAYS, day), program, partner, MAX_VALUES)
        return {row[0] for row in self.all(words.regular(table), place)}

    def stored_clicks(self, ids: list[int]) -> set[int]:
        return {row[0] for row in self._all(f"SELECT id FROM ledger_click WHERE id {LIST}", (json.dumps(ids),))}  # noqa: S608

    def stored_postbacks(self, ids: list[int]) -> set[int]:
        return {row[0] for row in self._all(f"SELECT id FROM ledger_postback WHERE id {LIST}", (json.dumps(ids),))}  # noqa: S608

    def clicks(self, ids: list[int]) -> list[Row]:
        return self._all(f"SELECT {columns(words.CLICK_FACTS)} FROM ledger_click WHERE id {LIST}", (json.dumps(ids),))  # noqa: S608

    def has_imported(self) -> bool:
        return bool(self._all("SELECT EXISTS (SELECT 1 FROM ledger_imported_click)")[0][0])

    def imported(self, texts: list[str]) -> list[Row]:
        return self._all(
            f"SELECT clickid, click_id FROM ledger_imported_click WHERE clickid {LIST}",  # noqa: S608
            (json.dumps(texts),),
        )

    def conflict_counts(self, keys: list[str]) -> dict[str, int]:
        rows = self._all(f"SELECT key, count FROM ledger_conflict_group WHERE key {LIST}", (json.dumps(keys),))  # noqa: S608
        return {row[0]: row[1] for row in rows}

    def earlier(self, keys: list[tuple[int, str]]) -> list[Row]:
        return self._all(EARLIER, (json.dumps(keys),))

    def similar(self, keys: list[tuple[int, str]], limit: int) -> list[Row]:
        return self._all(SIMILAR, (json.dumps(keys), limit))

    def verdicts(self, calls: list[int]) -> list[Row]:
        return self._all(
            f"SELECT id, reason, facts, saved, transaction_number FROM ledger_postback WHERE id {LIST}",  # noqa: S608
            (json.dumps(calls),),
        )

    def judged(self, calls: list[int]) -> dict[int, tuple[int | None, int]]:
        rows = self._all(
            f"SELECT id, judged_order, catalog_version FROM ledger_postback WHERE id {LIST}",  # noqa: S608
            (json.dumps(calls),),
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def makers(self, numbers: list[int]) -> dict[int, int]:
        rows = self._all(
            f"SELECT number, postback_id FROM ledger_transaction WHERE number {LIST}",  # noqa: S608
            (json.dumps(numbers),),
        )
        return {row[0]: row[1] for row in rows}

    def write(self, unit: Unit, dry: bool = False) -> bool:
        with self._transaction(dry), self._trouble():
            if not self._store(unit):
                self._run("ROLLBACK")
                return False
        return True

    @contextmanager
    def trial(self) -> Iterator[None]:
        with self._transaction(dry=True):
            yield

    def attempt(self, make: Callable[[], Unit]) -> None:
        with self._trouble():
            self._run("SAVEPOINT attempt")
        try:
            unit = make()
            with self._trouble():
                self._store(unit)
                self._run("RELEASE attempt")
        except Refused:
            with self._trouble():
                self._run("ROLLBACK TO attempt")
                self._run("RELEASE attempt")
            raise

    def _store(self, unit: Unit) -> bool:
        self._fence(unit)
        if not self._add_transactions(unit.transactions) or not self._change(unit.changes):
            return False
        self._many(CLICKS, unit.clicks)
        self._many(NAMED, [(id,) for id in unit.named])
        self._many(POSTBACKS, unit.postbacks)
        self._many(VERDICT, unit.verdicts)
        self._group(unit.conflict_groups)
        self._many(MOVES, unit.moves)
        self._many(ADJUSTMENTS, unit.adjustments)
        self._many(FOLLOW, unit.following)
        self._many(IMPORTED, unit.imported)
        self._many(HOURS, unit.sums.hours)
        self._many(DAYS, unit.sums.days)
        self._many(MONTHS, unit.sums.months)
        self._many(PROGRAMS, unit.sums.programs)
        self._many(SUBIDS, unit.sums.subids)
        self._many(REFERRERS, unit.sums.referrers)
        self._many(CURSORS, unit.cursors)
        self._many(ASIDE, unit.aside)
        self._many(DELIVERIES, unit.deliveries)
        return True

    def _group(self, rows: list[Row]) -> None:
        """Add conflicts to their groups, behind the calls themselves."""
        if rows:
            self._many(GROUPS, rows)
            keys = (json.dumps([row[0] for row in rows]),)
            self._run(TO_INBOX, keys)
            self._run(LISTED, keys)

    def _fence(self, unit: Unit) -> None:
        numbers = unit.numbers
        state = (numbers.next_transaction, numbers.next_order, unit.applied_ms, numbers.epoch)
        if self._run(FENCE, state).rowcount != 1:
            raise Fenced("Another engine has taken over this ledger; this one ends.")

    def _add_transactions(self, rows: list[Row]) -> bool:
        if not rows:
            return True
        return len(self._run(TRANSACTIONS, (json.dumps(rows),)).fetchall()) == len(rows)

    def _change(self, rows: list[Row]) -> bool:
        return all(self._run(CHANGE, row).rowcount == 1 for row in rows)

    def run(self, statement: str, values: Row = ()) -> int:
        """One statement as a transaction of its own; rows changed."""
        with self._transaction(), self._trouble():
            return int(self._run(statement, values).rowcount)

    def run_many(self, statement: str, rows: list[Row]) -> None:
        with self._transaction(), self._trouble():
            self._many(statement, rows)

    def all(self, statement: str, values: Row = ()) -> list[Row]:
        """Rows of a statement written with `?` on both databases."""
        return self._all(statement, values)

    def yield_to_others(self) -> None:
        """A shared lock on `ledger.want` is held by everybody who waits for, or has, the write lock."""
        if self._want is None:
            return
        if self._want_handle is None:
            self._want_handle = os.open(self._want, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._want_handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(COURTESY_S)
        else:
            fcntl.flock(self._want_handle, fcntl.LOCK_UN)

    def checkpoint(self, *, idle: bool) -> None:
        """Between two transactions, and by the engine alone. Idle, the log is cut back to nothing."""
        with suppress(sqlite3.Error, Trouble):
            _, pages, folded = self._all("PRAGMA wal_checkpoint(NOOP)")[0]
            if idle and pages > 0:
                self._all("PRAGMA wal_checkpoint(TRUNCATE)")
            elif pages - folded >= CHECKPOINT_PAGES:
                self._all("PRAGMA wal_checkpoint(PASSIVE)")

    @contextmanager
    def _transaction(self, dry: bool = False) -> Iterator[None]:
        db = self._begin()
        try:
            yield
            if db.in_transaction:
                self._end(db, dry)
        finally:
            if db.in_transaction:
                with suppress(sqlite3.Error):
                    db.execute("ROLLBACK")

    def _begin(self) -> sqlite3.Connection:
        db = self._open()
        self._must_be_there()
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as fault:
            if "locked" in str(fault):
                raise Busy(f"The ledger is locked: {fault}") from None
            raise Trouble(f"The ledger {self.path}: {fault}") from fault
        except sqlite3.Error as fault:
            raise Trouble(f"The ledger {self.path}: {fault}") from fault
        return db

    def _end(self, db: sqlite3.Connection, dry: bool) -> None:
        self._must_be_there()
        try:
            db.execute("ROLLBACK" if dry else "COMMIT")
        except sqlite3.Error as fault:
            raise Trouble(f"The ledger {self.path}: {fault}") from fault

    def _must_be_there(self) -> None:
        """A file that was moved away still takes writes, and nobody would ever read them."""
        try:
            there = self.path.stat().st_ino == self._inode
        except OSError:
            there = False
        if not there:
            raise Trouble(f"The ledger {self.path} is gone.")

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            raise Trouble(f"The ledger {self.path} is not open.")
        return self._db

    def _run(self, statement: str, values: Row = ()) -> Any:
        return self._open().execute(statement, values)

    def _many(self, statement: str, rows: list[Row]) -> None:
        if rows:
            self._open().executemany(statement, rows)

    def _all(self, statement: str, values: Row = ()) -> list[Row]:
        with self._trouble():
            return list(self._run(statement, values).fetchall())

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """What the driver says, in the engine's words: a value refused, or a database out of reach."""
        try:
            yield
        except sqlite3.OperationalError as fault:
            raise Trouble(f"The ledger {self.path}: {fault}") from fault
        except (sqlite3.Error, OverflowError, ValueError, TypeError) as fault:
            if isinstance(fault, sqlite3.DatabaseError) and type(fault) is sqlite3.DatabaseError:
                raise Trouble(f"The ledger {self.path}: {fault}") from fault
            raise Refused(f"{type(fault).__name__}: {fault}") from fault
