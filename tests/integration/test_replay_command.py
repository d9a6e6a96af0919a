"""`clicktrail replay`: what it says, and its exit code."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.books import Books
from support.scribe import Scribe
from support.server import Server

from clicktrail.sqlite import sqlite3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A folder with two orders; no process runs."""
    made = Server(tmp_path_factory.mktemp("replay") / "data")
    made.init()
    with Scribe(made.data, 1) as scribe:
        click = scribe.click("x", referrer="https://blog.example/jane")
        scribe.write(click, scribe.order("A-1", scribe.clickid(click), email="jane"), scribe.order("B-2", "", pid="2"))
    made.run("engine", "--once")
    yield made
    made.close()


def test_the_same_books_end_with_0_and_again_after_forgetting(server: Server, tmp_path: Path) -> None:
    said = server.run("replay", "--into", str(tmp_path / "fresh.sqlite"))
    assert "2 transactions from 2 calls, 1 clicks" in said
    assert said.endswith("Nothing differs.\n")
    server.run("forget", "A-1")
    assert server.run("replay", "--into", str(tmp_path / "again.sqlite")).endswith("Nothing differs.\n")
    rebuilt = sqlite3.connect(tmp_path / "again.sqlite")
    assert rebuilt.execute("SELECT tid, subid, commission_minor FROM ledger_transaction ORDER BY tid").fetchall() == [
        ("A-1", "x", 1000), ("B-2", "", 1000),
    ]  # fmt: skip
    rebuilt.close()


def test_a_difference_is_named_and_ends_with_1(server: Server, tmp_path: Path) -> None:
    ledger = sqlite3.connect(server.data / "ledger.sqlite")
    with ledger:
        ledger.execute("UPDATE ledger_transaction SET commission_minor = 1 WHERE tid = 'B-2'")
    said = server.run("replay", "--into", str(tmp_path / "fresh.sqlite"), code=1)
    assert "Order 'B-2' of program 1: commission_minor is 1 in the ledger, 1000 rebuilt." in said
    assert Books(server.data).one("SELECT commission_minor FROM ledger_transaction WHERE tid = 'B-2'") == 1
    with ledger:
        ledger.execute("UPDATE ledger_transaction SET commission_minor = 1000 WHERE tid = 'B-2'")
    ledger.close()


def test_a_file_that_is_there_is_not_overwritten(server: Server, tmp_path: Path) -> None:
    there = tmp_path / "there.sqlite"
    there.write_text("mine")
    ended = server.ended("replay", "--into", str(there))
    assert ended.returncode == 2
    assert "name a file that is not" in ended.stderr
    assert there.read_text() == "mine"
