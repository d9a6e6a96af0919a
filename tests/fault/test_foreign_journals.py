"""Files in the journal folder that are torn, foreign, or there twice.

Invariant 2: applying the same rows twice changes nothing. A file that is no journal of ours
is named to the operator, never guessed at, and holds up no other file.
"""

import random
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from support.installation import Installation
from support.scribe import Scribe

from clicktrail.sqlite import sqlite3

OTHER = "f" * 32
NODE, OTHER_NODE = 1, 2
CLICKS = 300
ORDERS = 60


@pytest.fixture
def written(house: Installation) -> Installation:
    """A sealed journal with clicks and orders of both partners, every second order sent twice."""
    with Scribe(house.data, NODE) as scribe:
        for block in range(3):
            clicks = [scribe.click(f"s{block}-{n}", partner=2 + 5 * (n % 2)) for n in range(CLICKS // 3)]
            orders = [scribe.order(f"t{block}-{n}", scribe.clickid(c)) for n, c in enumerate(clicks[:20])]
            again = [scribe.order(f"t{block}-{n}", scribe.clickid(c)) for n, c in enumerate(clicks[:10])]
            scribe.write(*clicks, *orders, *again)
    return house


def ledger(house: Installation) -> list[list[tuple[object, ...]]]:
    """All that was judged, summed up or set aside, without the cursors."""
    tables = ("click", "postback", "transaction", "rollup_hour", "rollup_subid", "rollup_referrer", "set_aside")
    return [sorted(house.books.rows(f"SELECT * FROM ledger_{table}"), key=repr) for table in tables]


def journal(house: Installation, node: int = NODE) -> Path:
    return next((house.data / "journal" / f"{node:04}").glob("*.sqlite"))


def test_a_copy_of_a_journal_changes_nothing(written: Installation, round_no: int) -> None:
    """Under another name and identity, so that its cursor begins anew: every row is applied a second time."""
    written.engine_once()
    before = ledger(written)
    original = journal(written)
    copy = original.with_name(f"{int(original.name.split('-')[0]) + 1:013}-{OTHER}.sqlite")
    shutil.copy(original, copy)
    with closing(sqlite3.connect(copy)) as db:
        db.execute("UPDATE journal SET identity = ?", (OTHER,))
        db.commit()
    written.engine_once()
    assert written.books.one("SELECT seq FROM ledger_journal_cursor WHERE identity = ?", OTHER) > 0
    assert ledger(written) == before
    copy.unlink()
    written.books.balance_alone()


def test_lost_cursors_change_nothing(written: Installation, round_no: int) -> None:
    """As after a restored ledger that is older than the journals: all is read again, nothing counted again."""
    written.engine_once()
    before = ledger(written)
    with closing(sqlite3.connect(written.data / "ledger.sqlite")) as db:
        db.execute("DELETE FROM ledger_journal_cursor")
        db.commit()
    written.engine_once()
    assert ledger(written) == before
    written.books.balance_alone()


def test_a_file_of_another_house_is_refused(written: Installation, tmp_path: Path, round_no: int) -> None:
    """A whole journal of this node, from another installation: its clicks are not ours to credit."""
    other = Installation(tmp_path / "other" / "data")
    other.command("init")
    with Scribe(other.data, NODE) as scribe:
        scribe.write(*(scribe.click(f"foreign-{n}") for n in range(5)))
    foreign = journal(written).with_name(journal(other).name)
    shutil.copy(journal(other), foreign)
    named_and_passed_over(written, foreign)
    assert not written.books.one("SELECT count(*) FROM ledger_click WHERE subid LIKE 'foreign%'")


PARTS = (0.3, 0.95, 0.7, 0.05)
"""How much of a torn file is left."""
KINDS = ("copy", "other node", "empty", "noise", "text", "other database", "headless")


def test_files_that_are_no_journals_of_this_node(written: Installation, round_no: int) -> None:
    """A copy under another name, another node's file, and five kinds of rubbish, all at once."""
    with Scribe(written.data, OTHER_NODE) as scribe:
        scribe.write(scribe.click("second"))
    home = journal(written).parent
    foreign = [home / f"16000000000{n:02}-{n:032x}.sqlite" for n in range(len(KINDS))]
    for path, kind in zip(foreign, KINDS, strict=True):
        make_foreign(path, kind, written)
    named_and_passed_over(written, *foreign)


def make_foreign(path: Path, kind: str, house: Installation) -> None:
    if kind == "copy":
        shutil.copy(journal(house), path)
    elif kind == "other node":
        shutil.copy(journal(house, OTHER_NODE), path)
    elif kind == "empty":
        path.touch()
    elif kind == "noise":
        path.write_bytes(b"SQLite format 3\0" + random.Random(1).randbytes(20_000))
    elif kind == "text":
        path.write_text("#!/bin/sh\n" * 2000)
    else:
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE batch (seq INTEGER PRIMARY KEY, body BLOB)")
            if kind == "headless":
                db.execute("CREATE TABLE journal (identity TEXT, node INTEGER, created_ms INTEGER, format INTEGER)")
            db.commit()


@pytest.mark.parametrize("first", [0, 1])
def test_a_torn_file_is_named_and_holds_up_nobody(written: Installation, first: int, round_no: int) -> None:
    """Cut off by a broken disk. What can be read of it counts once; the next worker mints beyond it.

    What cannot be read is named or set aside; a page of zeros is not taken for the seal.
    """
    torn, part = journal(written), PARTS[(first + 2 * round_no) % len(PARTS)]
    whole = torn.stat().st_size
    with torn.open("r+b") as file:
        file.truncate(int(whole * part))
    with Scribe(written.data, NODE) as scribe:
        next_ids = [scribe.click(f"next-{n}") for n in range(5)]
        scribe.write(*next_ids)
    words = written.command("engine", "--once")
    is_whole = written.books.one("SELECT count(*) FROM ledger_click WHERE subid NOT LIKE 'next%'") == CLICKS
    aside = written.books.one("SELECT count(*) FROM ledger_set_aside")
    assert is_whole or aside or torn.name in words, words
    stored = {row[0] for row in written.books.rows("SELECT subid FROM ledger_click")}
    assert {f"next-{n}" for n in range(5)} <= stored
    ids = written.books.rows("SELECT id FROM ledger_click WHERE subid NOT LIKE 'next%'")
    assert all(row[0] < next_ids[0].id for row in ids)
    torn.unlink()
    written.books.balance_alone(complete=False)


def named_and_passed_over(house: Installation, *foreign: Path) -> None:
    """The engine ends well, names the files, and has everything else; nothing of them counts."""
    words = house.command("engine", "--once") + house.command("status")
    assert [path.name for path in foreign if path.name not in words] == [], words
    for path in foreign:
        for part in (path, *path.parent.glob(f"{path.name}-*")):
            part.unlink()
    house.books.balance_alone()
    assert house.books.one("SELECT count(*) FROM ledger_transaction") == ORDERS
