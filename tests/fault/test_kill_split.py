"""`kill -9` of the engine while it divides a refused unit: each event is stored or set aside exactly once.

How far a division has come is kept in memory only, so a new engine starts it again.
"""

import os
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from support.installation import CATALOG, END_S, Installation, Process
from support.observe import until
from support.postgres import named, start
from support.scribe import Scribe

from clicktrail.journal.events import decode_batch
from clicktrail.sqlite import sqlite3

LARGEST = 2**63 - 1
REVENUE = 10_000
"""Of each order."""
ROWS, ORDERS_PER_ROW = 20, 40
FITTING = 130
"""Orders that fit: three rows of the journal and a part of the fourth."""
REFUSED, SET_ASIDE = "events was refused", "event set aside"
KILLS = [(REFUSED, 1), (REFUSED, 3), (SET_ASIDE, 1), (REFUSED, 7), (SET_ASIDE, 15), (SET_ASIDE, 60), (SET_ASIDE, 100)]
"""An engine is killed once its log has so many lines with these words."""


@pytest.fixture(params=["sqlite", "postgres"])
def installation(request: pytest.FixtureRequest, template: Path, tmp_path: Path) -> Iterator[Installation]:
    if request.param == "sqlite":
        shutil.copytree(template, tmp_path / "data", symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
        made = Installation(tmp_path / "data")
    else:
        address = make_database()
        made = Installation(tmp_path / "data", environ={"CLICKTRAIL_DATABASE": address}).init(CATALOG)
    yield made
    made.close()


def make_database() -> str:
    """An empty one, on the server that all processes of this run share and delete at its end."""
    server, name = start(os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)[:12]), f"t{uuid.uuid4().hex[:16]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return named(server, name)


def test_an_engine_killed_during_a_division_loses_and_doubles_nothing(
    installation: Installation, tmp_path: Path, round_no: int
) -> None:
    write_orders(installation, rows=1, orders_per_row=1, prefix="A")
    installation.engine_once()
    leave_room(installation, FITTING * REVENUE)
    write_orders(installation, ROWS, ORDERS_PER_ROW, prefix="B")
    for words, times in KILLS:
        kill_engine_after(installation, words, times)
        assert not installation.books.caught_up(), "the engine was killed too late"
        check_each_event_once(installation, is_complete=False)
    installation.engine_once()
    check_each_event_once(installation, is_complete=True)
    check_orders(installation)
    installation.command("replay", "--into", str(tmp_path / "rebuilt.sqlite"))


def write_orders(installation: Installation, rows: int, orders_per_row: int, prefix: str) -> None:
    """Each order with a click of its own."""
    with Scribe(installation.data, 1) as scribe:
        for row in range(rows):
            events = []
            for n in range(orders_per_row):
                click = scribe.click("s", partner=7)
                events += [click, scribe.order(f"{prefix}-{row * orders_per_row + n}", scribe.clickid(click))]
            scribe.write(*events)


def leave_room(installation: Installation, left: int) -> None:
    """So much more revenue fits into the sum of the day."""
    change = f"UPDATE ledger_rollup_day SET revenue_minor = {LARGEST - left}"
    if address := installation.books.database:
        with psycopg.connect(address) as connection:
            assert connection.execute(change).rowcount == 1
    else:
        with closing(sqlite3.connect(installation.data / "ledger.sqlite")) as connection, connection:
            assert connection.execute(change).rowcount == 1


def kill_engine_after(installation: Installation, words: str, times: int) -> None:
    engine = installation.spawn("engine")
    until(lambda: count_lines(engine, words) >= times, END_S, f"{times} lines with {words!r} in {engine.log}")
    engine.kill()


def count_lines(engine: Process, words: str) -> int:
    assert engine.is_running(), engine.words()
    return engine.log.read_text().count(words)


def check_each_event_once(installation: Installation, is_complete: bool) -> None:
    """Of what the journals hold nothing is there twice, in the end each event is there, and nothing else ever is."""
    books = installation.books
    written = {event.id for journal in books.journals() for _, events in journal.batches for event in events}
    found = Counter(id for table in ("click", "postback") for (id,) in books.rows(f"SELECT id FROM ledger_{table}"))
    for (body,) in books.rows("SELECT body FROM ledger_set_aside"):
        found.update(event.id for event in decode_batch(bytes(body)))
    assert not [id for id, times in found.items() if times > 1]
    assert found.keys() <= written
    if is_complete:
        assert found.keys() == written
        assert books.caught_up()


def check_orders(installation: Installation) -> None:
    """Those that came first are saved, the sum is at the end of its range, the calls of all others are set aside."""
    books = installation.books
    saved = [tid for (tid,) in books.rows("SELECT tid FROM ledger_transaction ORDER BY number")]
    assert saved == ["A-0", *(f"B-{n}" for n in range(FITTING))]
    assert books.rows("SELECT reason, count(*) FROM ledger_postback GROUP BY 1") == [("saved", 1 + FITTING)]
    assert books.one("SELECT count(*) FROM ledger_click") == 1 + ROWS * ORDERS_PER_ROW
    assert books.one("SELECT count(*) FROM ledger_set_aside") == ROWS * ORDERS_PER_ROW - FITTING
    assert books.one("SELECT max(revenue_minor) FROM ledger_rollup_day") == LARGEST
