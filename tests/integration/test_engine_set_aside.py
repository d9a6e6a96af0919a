"""What the database does not take is set aside with a note, and the rest goes on."""

import msgspec
import pytest
from support.cast import ANNA
from support.ledgers import Place

from clicktrail.engine.ledger import Busy
from clicktrail.journal.events import decode_batch, encode_batch
from clicktrail.sqlite import sqlite3

TOO_LARGE = 2**63 + 5
"""No 64-bit integer; the edge never writes one."""


@pytest.fixture
def poison(ledger: Place) -> dict[str, object]:
    """What this database refuses in a click."""
    return {"subid": "a\0b"} if ledger.settings.database else {"at_ms": TOO_LARGE}


def test_one_refused_event_of_a_batch_is_set_aside(ledger: Place, poison: dict[str, object]) -> None:
    with ledger.scribe() as scribe:
        good = [scribe.click(f"s{n}", ANNA) for n in range(40)]
        bad = msgspec.structs.replace(scribe.click("bad", ANNA), **poison)
        scribe.write(*good[:20], bad, *good[20:], scribe.order("A-1", scribe.clickid(good[7])))
    ledger.catch_up()
    assert ledger.one("SELECT count(*) FROM ledger_click") == 40
    assert ledger.one("SELECT sum(clicks_gross) FROM ledger_rollup_hour") == 40
    assert ledger.reasons() == {"saved": 1}
    [(identity, seq, position, note, body)] = ledger.rows(
        "SELECT identity, seq, position, note, body FROM ledger_set_aside"
    )
    assert identity == ledger.one("SELECT identity FROM ledger_journal_cursor")
    assert (seq, position) == (2, 20)
    assert note
    assert decode_batch(bytes(body)) == [bad]


def test_a_refused_event_of_a_unit_that_was_held_up_ends_no_engine(ledger: Place) -> None:
    if ledger.settings.database:
        pytest.skip("of SQLite only: PostgreSQL locks rows")
    with ledger.scribe() as scribe:
        bad = msgspec.structs.replace(scribe.click("bad", ANNA), tail=TOO_LARGE)
        scribe.write(scribe.click("good", ANNA), bad)
    other = sqlite3.connect(ledger.settings.ledger_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy):
        ledger.engine.step()
    other.execute("ROLLBACK")
    other.close()
    ledger.catch_up()
    assert ledger.rows("SELECT subid FROM ledger_click") == [("good",)]
    assert ledger.one("SELECT count(*) FROM ledger_set_aside") == 1


def test_several_refused_events_of_several_rows(ledger: Place, poison: dict[str, object]) -> None:
    with ledger.scribe() as scribe:
        for n in range(6):
            rows = [scribe.click(f"s{n}", ANNA), scribe.click("bad", ANNA), scribe.order(f"A-{n}", "", pid=str(ANNA))]
            rows[1] = msgspec.structs.replace(rows[1], **poison)
            scribe.write(*rows)
    ledger.catch_up()
    assert ledger.one("SELECT count(*) FROM ledger_set_aside") == 6
    assert ledger.one("SELECT count(*) FROM ledger_click") == 6
    assert ledger.reasons() == {"saved": 6}
    assert ledger.rows("SELECT sealed FROM ledger_journal_cursor") == [(True,)]


def test_a_refused_call_is_set_aside_and_others_are_judged(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        bad = msgspec.structs.replace(scribe.order("A-1", "", pid=str(ANNA)), at_ms=TOO_LARGE)
        scribe.write(bad, scribe.order("A-2", "", pid=str(ANNA)))
    ledger.catch_up()
    assert ledger.rows("SELECT tid FROM ledger_transaction") == [("A-2",)]
    assert ledger.one("SELECT count(*) FROM ledger_set_aside") == 1


def test_what_is_no_event_is_set_aside_and_the_row_goes_on(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        first, second = scribe.click("1", ANNA), scribe.click("2", ANNA)
        scribe.write(first, second)
    whole = encode_batch([first, second])
    torn = whole[:1].replace(b"\x92", b"\x93") + encode_batch([first])[1:] + b"\xa3odd" + encode_batch([second])[1:]
    _put_row(ledger, torn)
    ledger.catch_up()
    assert ledger.one("SELECT count(*) FROM ledger_click") == 2
    assert ledger.rows("SELECT position, body FROM ledger_set_aside") == [(1, b"\xa3odd")]


def test_a_row_that_is_noise_is_set_aside_whole(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        scribe.write(scribe.click("lost", ANNA))
        scribe.write(scribe.click("kept", ANNA))
    _put_row(ledger, b"\xc1noise")
    ledger.catch_up()
    assert ledger.rows("SELECT subid FROM ledger_click") == [("kept",)]
    assert ledger.rows("SELECT position, body FROM ledger_set_aside") == [(-1, b"\xc1noise")]


def _put_row(ledger: Place, body: bytes) -> None:
    """In place of the first row with events."""
    [path] = (ledger.settings.journal_folder / "0001").glob("*.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE batch SET body = ? WHERE seq = 2", (body,))
    connection.close()


def test_a_foreign_file_stops_nobody(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        scribe.write(scribe.click("x", ANNA))
    folder = ledger.settings.journal_folder / "0001"
    (folder / f"0000000000001-{'0' * 32}.sqlite").write_bytes(b"not a database at all" * 100)
    (folder / f"0000000000002-{'1' * 32}.sqlite").write_bytes(b"")
    (folder / "letter.sqlite").write_bytes(b"hello")
    ledger.catch_up()
    assert ledger.one("SELECT count(*) FROM ledger_click") == 1
    assert len(ledger.engine.feed.broken) == 2
    assert all(".sqlite" in why for why in ledger.engine.feed.broken.values())
