"""Engine and console on one SQLite file: who wants to write is let in, and the engine knows who wants."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError
from support.folder import booted
from support.observe import until

from clicktrail.engine.sql_sqlite import COURTESY_S, SqliteLedger
from clicktrail.settings import Settings
from clicktrail.sqlite import sqlite3

COUNT = "UPDATE ledger_engine_state SET applied_ms = applied_ms + 1"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Settings]:
    made = booted(tmp_path / "data")
    yield made
    connection.close()


def _is_wanted(house: Settings) -> bool:
    handle = os.open(house.run_folder / "ledger.want", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_transaction_holds_the_want_until_it_ends(house: Settings) -> None:
    with transaction.atomic():
        _execute(COUNT)
        assert _is_wanted(house)
        with transaction.atomic():
            _execute(COUNT)
        assert _is_wanted(house), "an inner block is not the end"
    assert not _is_wanted(house)


def test_a_transaction_that_fails_lets_go_too(house: Settings) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        _execute(COUNT)
        raise ZeroDivisionError
    assert not _is_wanted(house)


def test_a_transaction_has_the_write_lock_from_its_first_statement(house: Settings) -> None:
    """Else one that reads first and writes later would find that somebody else has written in between, and fail."""
    other = sqlite3.connect(house.ledger_file, isolation_level=None, timeout=0)
    with transaction.atomic():
        _execute("SELECT count(*) FROM ledger_click")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute(COUNT)
        _execute(COUNT)
    other.execute(COUNT)
    other.close()


def test_reading_wants_nothing(house: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise AssertionError("a read asked for the lock")

    _execute("SELECT 1")
    monkeypatch.setattr(connection.want.__class__, "__enter__", lambda _: refuse())
    _execute("SELECT count(*) FROM ledger_click")
    with pytest.raises(AssertionError):
        _execute(COUNT)


def test_a_write_waits_for_the_one_before_and_tells_so(house: Settings) -> None:
    engine = sqlite3.connect(house.ledger_file, isolation_level=None, check_same_thread=False)
    engine.execute("BEGIN IMMEDIATE")

    def commit_when_wanted() -> None:
        until(lambda: _is_wanted(house), 10, "somebody wants to write")
        engine.execute(COUNT)
        engine.execute("COMMIT")

    thread = threading.Thread(target=commit_when_wanted)
    thread.start()
    _execute(COUNT)
    thread.join()
    engine.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT applied_ms FROM ledger_engine_state")
        assert cursor.fetchone() == (2,)


def test_patience_has_an_end(house: Settings) -> None:
    other = sqlite3.connect(house.ledger_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    _execute("SELECT 1")
    connection.patience_s = 0.05
    with pytest.raises(OperationalError, match="locked"):
        _execute(COUNT)
    other.execute("ROLLBACK")
    other.close()
    assert not _is_wanted(house)


def test_opening_never_makes_a_ledger(house: Settings) -> None:
    connection.close()
    house.ledger_file.rename(house.data / "away")
    with pytest.raises(OperationalError):
        _execute("SELECT 1")
    assert not house.ledger_file.exists()


def test_only_the_engine_folds_the_log_back(house: Settings) -> None:
    with connection.cursor() as cursor:
        found = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("wal_autocheckpoint", "synchronous")]
    assert found == [0, 2]


def test_the_engine_pauses_only_for_those_who_want(house: Settings) -> None:
    ledger = SqliteLedger(house.ledger_file, house.run_folder / "ledger.want")
    ledger.connect()
    took_s = min(_hundred_s(ledger) for _ in range(5))  # the quickest: what else the machine does only adds
    assert took_s < 100 * COURTESY_S / 2
    with transaction.atomic():
        began_s = time.perf_counter()
        ledger.yield_to_others()
        assert time.perf_counter() - began_s >= COURTESY_S
    ledger.close()


def _hundred_s(ledger: SqliteLedger) -> float:
    began_s = time.perf_counter()
    for _ in range(100):
        ledger.yield_to_others()
    return time.perf_counter() - began_s
