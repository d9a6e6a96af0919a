"""An event that the database will not take is set aside, whole, with a note; the batch goes on."""

from contextlib import closing

from support.installation import PARTNERS, Installation
from support.load import Load, call, click
from support.scribe import Scribe

from clicktrail.sqlite import sqlite3

BEYOND_64_BITS = 1 << 63
POISON = """
    CREATE TRIGGER poison_{table} BEFORE INSERT ON ledger_{table} WHEN NEW.subid = 'poison'
    BEGIN SELECT RAISE(ABORT, 'the database does not like this one'); END
"""


def test_events_that_fit_no_column(house: Installation, round_no: int) -> None:
    """A number too large and a row that is no row lie among good ones."""
    with Scribe(house.data, 1) as scribe:
        first, last = scribe.click("first"), scribe.click("last")
        scribe.write(first, scribe.click("poison", at_ms=BEYOND_64_BITS), last, scribe.order("t", scribe.clickid(last)))
    damage_last_row(house)
    house.engine_once()
    house.engine_once()
    stored = {row[0] for row in house.books.rows("SELECT subid FROM ledger_click")}
    assert {"first", "last"} <= stored and "poison" not in stored
    assert house.books.rows("SELECT reason FROM ledger_postback") == [("saved",)]
    aside = house.books.rows("SELECT note, length(body) FROM ledger_set_aside")
    assert len(aside) == 2, aside
    assert all(note and size for note, size in aside)
    assert house.books.caught_up()


def damage_last_row(house: Installation) -> None:
    """One more row, of bytes that nobody can read, in front of the seal's place."""
    with Scribe(house.data, 1) as scribe:
        scribe.write(scribe.click("damaged"))
        path = max((house.data / "journal" / "0001").glob("*.sqlite"))
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE batch SET body = x'C1C1C1' WHERE seq = (SELECT max(seq) FROM batch WHERE events > 0)")
        db.commit()


def test_a_click_and_an_order_that_the_database_refuses(house: Installation, round_no: int) -> None:
    """A live server: neither stops the engine, nor takes a neighbour along, nor is silently gone."""
    with closing(sqlite3.connect(house.data / "ledger.sqlite", timeout=20)) as db:
        for table in ("click", "postback", "transaction"):
            db.execute(POISON.format(table=table))
        db.commit()
    house.edge()
    engine = house.engine()
    with Load("127.0.0.1", house.edge_port, "set", partners=PARTNERS, limit=400) as callers:
        callers.wait_answered(50)
        caller = house.caller()
        click(caller, "poison")
        order = call(caller, "poison", "poison", pid=7, subid="poison")
        assert order.answer.status == 200
        callers.wait_answered(50)
        story = callers.stop()
    house.catch_up()
    assert engine.is_running()
    house.books.balance(story)
    notes = house.books.rows("SELECT note FROM ledger_set_aside")
    assert len(notes) == 2 and all("does not like" in note for (note,) in notes), notes
    assert house.books.one("SELECT count(*) FROM ledger_click WHERE subid = 'poison'") == 0
    assert "aside" in house.command("status")
