"""Django's SQLite backend, made a good neighbour of the engine.

The engine writes in short transactions, one after the other. Everybody else holds a
shared lock on `run/ledger.want` from the moment a write is wanted until it is done, and
asks SQLite every few milliseconds; the engine leaves a pause only while that lock is
held. Without it a save in the console waited half a second and more.

Only the engine checkpoints (`wal_autocheckpoint=0` here). 64-bit integers are declared
`integer`, so that a primary key is the table's own row number and needs no second index.
"""

import fcntl
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from clicktrail.sqlite import sqlite3  # isort: skip  Puts the safe library in place before Django asks for one.
from django.db.backends.sqlite3 import base
from django.db.utils import DataError, OperationalError

Result = TypeVar("Result")

PATIENCE_S = 20.0
"""How long a statement waits for the write lock before the caller sees "database is locked"."""
ASK_EVERY_S = 0.02
"""How long SQLite itself waits before we ask anew; its own pauses grow to 100 ms, longer than the engine's."""
READS = (
    "SELECT", "PRAGMA", "EXPLAIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT", "BEGIN",
    "CREATE TEMP", "INSERT INTO TEMP.", "DROP TABLE TEMP.",
)  # fmt: skip
"""What takes no write lock of the ledger; a connection's own tables are elsewhere."""
IS_INTEGER = "typeof(\"%(column)s\") IN ('integer', 'null')"
"""SQLite would store a sum beyond 64 bits as a floating-point number. As a check of the field's type it stands in every
table that Django makes, and in each one that a later migration rebuilds."""
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0", "secure_delete = ON")
"""What is deleted is overwritten with zeros: personal data that was cut must not linger in free pages."""


def _existing(name: str) -> str:
    """Never make a ledger by opening one: an empty file in place of one that was moved away would forget
    every order. Whoever makes a ledger touches the file first."""
    if name.startswith("file:") or name == ":memory:":
        return name
    return f"{Path(name).resolve().as_uri()}?mode=rw"


class Want:
    """The shared lock by which a writer tells the engine that it waits.

    Without the folder (a ledger on its own, as replay makes it) there is no engine to tell.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path if path is not None and path.parent.is_dir() else None
        self._handle: int | None = None
        self._depth = 0

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth == 1 and self._path is not None:
            if self._handle is None:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_SH)

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0 and self._handle is not None:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
        self._handle, self._depth = None, 0


def patiently(action: Callable[[], Result], patience_s: float) -> Result:
    """Do it again while another connection holds the write lock; raises OperationalError when patience is out."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return action()
        except (OperationalError, sqlite3.OperationalError) as fault:
            if "locked" not in str(fault) or time.monotonic() >= deadline:
                raise


def comparable(number: int) -> int | float:
    """A number that may be compared with 63-bit integers: one that is larger becomes a float larger than all of them.

    SQLite compares the two exactly, as PostgreSQL does, where Python refuses to hand the integer over.
    """
    if -(2**63) <= number < 2**63:
        return number
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


class Cursor(base.SQLiteCursorWrapper):
    """A statement outside of a transaction takes the want itself, if it writes."""

    wrapper: "DatabaseWrapper"

    def execute(self, query: str, params: Any = None) -> Any:
        if query.startswith("SELECT") and params and not isinstance(params, dict):
            params = [comparable(value) if type(value) is int else value for value in params]
        return self._run(query, lambda: base.SQLiteCursorWrapper.execute(self, query, params))

    def executemany(self, query: str, param_list: Any) -> Any:
        rows = list(param_list)
        return self._run(query, lambda: base.SQLiteCursorWrapper.executemany(self, query, rows))

    def _run(self, query: str, action: Callable[[], Result]) -> Result:
        try:
            return self._patiently(query, action)
        except OverflowError:
            raise DataError("a number has more than 63 bits") from None

    def _patiently(self, query: str, action: Callable[[], Result]) -> Result:
        if self.connection.in_transaction:
            return action()
        if query.lstrip().upper().startswith(READS):
            return patiently(action, self.wrapper.patience_s)
        with self.wrapper.want:
            return patiently(action, self.wrapper.patience_s)


class DatabaseWrapper(base.DatabaseWrapper):
    data_types = {**base.DatabaseWrapper.data_types, "BigIntegerField": "integer"}
    data_type_check_constraints = {
        **base.DatabaseWrapper.data_type_check_constraints,
        "BigIntegerField": IS_INTEGER,
        "PositiveBigIntegerField": f'"%(column)s" >= 0 AND {IS_INTEGER}',
    }
    want: Want
    patience_s: float
    _holds_want = False

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        self.patience_s = float(params.pop("timeout", PATIENCE_S))
        default = Path(str(params["database"])).parent / "run" / "ledger.want"
        self.want = Want(Path(params.pop("want", default)))
        self.transaction_mode: str = self.transaction_mode or "IMMEDIATE"
        return params | {"timeout": ASK_EVERY_S, "database": _existing(str(params["database"]))}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        return patiently(lambda: self._connect(conn_params), self.patience_s)

    def _connect(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ARG002 - Django's signature
        cursor = self.connection.cursor(factory=Cursor)
        cursor.wrapper = self
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        self._take_want()
        try:
            with self.cursor() as cursor:
                cursor.execute(f"BEGIN {self.transaction_mode}")
        except BaseException:
            self._leave_want()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._leave_want_if_done()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._leave_want_if_done()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._holds_want = False
            self.want.close()

    def _take_want(self) -> None:
        if not self._holds_want:
            self._holds_want = True
            self.want.__enter__()

    def _leave_want(self) -> None:
        if self._holds_want:
            self._holds_want = False
            self.want.__exit__()

    def _leave_want_if_done(self) -> None:
        """A commit that failed is still a transaction; its rollback follows."""
        if self.connection is None or not self.connection.in_transaction:
            self._leave_want()
