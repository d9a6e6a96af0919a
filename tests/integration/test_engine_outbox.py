"""A verdict and its deliveries are one: as many as are wanted, each once, none without its transaction."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from support.cast import ANNA, BERT, OTHER_SHOP, SHOP
from support.couriers import Post
from support.ledgers import Place

from clicktrail.control.boot import boot
from clicktrail.core.receivers import CANCELLED, CONFLICT, SAVED
from clicktrail.engine.ledger import Trouble, Unit
from clicktrail.engine.replay import replay
from clicktrail.sqlite import sqlite3

KEYS = 'SELECT receiver_id, "key" FROM outbox_delivery ORDER BY receiver_id, "key"'


@pytest.fixture
def post(ledger: Place) -> Iterator[Post]:
    """1: Anna's; 2: Anna's for another program; 3: Bert's; 4: of cancellations only; 5: a webhook; 6: of conflicts."""
    made = Post(ledger)
    address = "https://a.example/"
    made.add(address, partner=ANNA)
    made.add(address, partner=ANNA, program=OTHER_SHOP)
    made.add(address, partner=BERT)
    made.add(address, partner=ANNA, triggers=(CANCELLED,))
    made.add(address, kind="webhook", program=SHOP, triggers=(SAVED,))
    made.add(address, kind="webhook", triggers=(CONFLICT,))
    made.publish()
    yield made


def test_who_is_told_is_who_wants_it(post: Post) -> None:
    post.orders("A-1")
    assert post.ledger.rows(KEYS) == [(1, "t1.0"), (5, "t1.0")]


def test_a_duplicate_tells_nothing_and_a_conflict_the_webhook_that_wants_it(post: Post) -> None:
    post.orders("A-1", "A-1")
    assert len(post.ledger.rows(KEYS)) == 2
    post.orders("A-1", umsatz="7.00")
    call = post.ledger.one("SELECT id FROM ledger_postback WHERE reason = 'conflict'")
    assert post.ledger.rows(KEYS)[-1] == (6, f"c{call}")


def test_an_order_that_moves_in_was_told_elsewhere(post: Post) -> None:
    with post.ledger.scribe() as scribe:
        scribe.write(msgspec.structs.replace(scribe.order("I-1", "", pid=str(ANNA)), source="import"))
    post.ledger.catch_up()
    assert post.ledger.rows(KEYS) == []


def test_the_same_journal_twice_tells_once(post: Post) -> None:
    post.orders("A-1", "A-2")
    before = post.ledger.rows(KEYS)
    folder = post.ledger.settings.journal_folder / "0001"
    [path] = folder.glob("*.sqlite")
    copy = folder / f"{path.name[:13]}-{'f' * 32}.sqlite"
    shutil.copyfile(path, copy)
    with sqlite3.connect(copy) as connection:
        connection.execute("UPDATE journal SET identity = ?", ("f" * 32,))
    connection.close()
    post.ledger.catch_up()
    assert post.ledger.rows(KEYS) == before and len(before) == 4


@pytest.mark.parametrize("stored", [False, True])
def test_a_crash_at_the_commit_leaves_both_or_neither(
    post: Post, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    """Before the commit: neither. After it, and before the engine hears of it: both, and not again."""
    ledger = post.ledger
    with ledger.scribe() as scribe:
        click = scribe.click("s", ANNA)
        scribe.write(click, scribe.order("A-1", scribe.clickid(click)))
    real = ledger.engine.ledger
    write = real.write

    def crash(unit: Unit, dry: bool = False) -> bool:
        write(unit, dry=dry or not stored)
        raise Trouble("pulled the plug")

    monkeypatch.setattr(real, "write", crash)
    with pytest.raises(Trouble):
        ledger.catch_up()
    monkeypatch.undo()
    counts = [ledger.one(f"SELECT count(*) FROM {t}") for t in ("ledger_transaction", "outbox_delivery")]
    assert counts == ([1, 2] if stored else [0, 0])
    ledger.engine.recover()
    ledger.catch_up()
    assert ledger.rows(KEYS) == [(1, "t1.0"), (5, "t1.0")]


def test_a_replay_tells_nobody(post: Post, tmp_path: Path) -> None:
    post.orders("A-1")
    before = post.ledger.rows(KEYS)
    boot(post.ledger.settings, "ledger")
    report = replay(post.ledger.settings, tmp_path / "again.sqlite")
    assert report.transactions == 1 and post.ledger.rows(KEYS) == before
    with sqlite3.connect(tmp_path / "again.sqlite") as rebuilt:
        assert rebuilt.execute("SELECT count(*) FROM outbox_delivery").fetchone() == (0,)
    rebuilt.close()
