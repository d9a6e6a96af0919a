"""The ledger is locked, gone, or was never there: intake goes on, judging catches up.

Invariant 4: the edge answers clicks and makes postbacks durable without database and engine.
Invariant 1: all of it is in the ledger afterwards.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from support.installation import PARTNERS, Installation
from support.load import Load, Story, call, click
from support.observe import until

from clicktrail.sqlite import sqlite3

AWAY_S, NIGHTLY_AWAY_S = 5.0, 60.0
LEDGER_PARTS = ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm")


def test_the_ledger_is_locked(house: Installation, round_no: int, nightly: bool) -> None:
    """Somebody holds the write lock: the engine waits, whatever its patience, and loses nothing."""
    house.serve()
    with load(house) as callers:
        callers.wait_answered(50)
        with locked(house.data / "ledger.sqlite"):
            answer_throughout(callers, NIGHTLY_AWAY_S if nightly else AWAY_S)
        story = callers.stop()
    house.catch_up()
    house.books.balance(story)


def test_the_ledger_is_gone(house: Installation, round_no: int, nightly: bool) -> None:
    """Moved away while everything runs, and the engine dies in just that time.

    A new engine must not make an empty ledger in its place: with it everything judged so far
    would be forgotten, and every order number could be saved a second time.
    """
    house.serve()
    with load(house) as callers:
        callers.wait_answered(50)
        with gone(house.data):
            house.kill("engine")
            answer_throughout(callers, NIGHTLY_AWAY_S if nightly else AWAY_S)
            assert not (house.data / "ledger.sqlite").exists(), "an empty ledger was made in place of the real one"
        story = callers.stop()
    until(lambda: house.pid("engine"), 30, "an engine again")
    house.catch_up()
    house.books.balance(story)


def test_everything_is_started_while_the_ledger_is_gone(house: Installation, round_no: int) -> None:
    """Edges run by the catalog that was published last, and the rest follows when the ledger is back."""
    with gone(house.data):
        supervisor = house.spawn_serve()
        house.wait_ready(supervisor)
        caller = house.caller()
        first = click(caller, "without", partner=7)
        order = call(caller, "order", "without", clickid=first.clickid)
        assert (first.answer.status, order.answer.status) == (302, 200)
        assert not (house.data / "ledger.sqlite").exists(), "an empty ledger was made in place of the real one"
    house.catch_up(within_s=40)
    house.books.balance(Story([first], [order]))
    assert house.books.rows("SELECT reason FROM ledger_postback") == [("saved",)]


def test_an_edge_alone_starts_and_serves_without_ledger_and_engine(house: Installation, round_no: int) -> None:
    """A JSON caller is told that nobody has judged yet; the verdict is there once somebody has."""
    with gone(house.data):
        edge = house.edge()
        with load(house, limit=300) as callers:
            callers.wait_answered(60)
            story = callers.stop()
        caller = house.caller()
        late = click(caller, "late")
        order = call(caller, "late", "late", clickid=late.clickid, format="json")
        assert order.answer.status == 202
        assert order.verdict["saved"] is False
        story += Story([late], [order])
    house.engine_once()
    house.books.balance(story)
    with_engine = house.engine()
    again = until(
        lambda: (a := caller.get(f"/get_trans.cgi?call={order.verdict['call']}&format=json")).status == 200 and a,
        10,
        "the verdict of an earlier call",
    )
    assert b'"saved":true' in again.body.replace(b" ", b"")
    assert (with_engine.stop(), edge.stop()) == (0, 0)


def load(house: Installation, **bounds: float) -> Load:
    return Load("127.0.0.1", house.edge_port, "away", partners=PARTNERS, pause_s=0.01, **bounds)  # type: ignore[arg-type]


def answer_throughout(callers: Load, seconds: float) -> None:
    """Watch that answers keep coming for so long."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        callers.wait_answered(10)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def gone(data: Path) -> Iterator[None]:
    """Move the ledger's files out of the folder, and back; nothing may have taken their place."""
    away = data / "away"
    away.mkdir()
    for name in LEDGER_PARTS:
        if (data / name).exists():
            (data / name).rename(away / name)
    try:
        yield
    finally:
        for part in away.iterdir():
            part.rename(data / part.name)
