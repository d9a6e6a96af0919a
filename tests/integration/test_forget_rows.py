"""`forget` in ledger and journals: what goes, what stays, and how far it reaches; on both databases."""

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support.cast import ANNA, BANNER, OTHER_SHOP, SHOP
from support.desk import desk
from support.ledgers import Place
from support.scribe import Scribe

from clicktrail.errors import LedgerError
from clicktrail.journal.events import Click, Postback, decode_batch, encode_batch
from clicktrail.journal.local import Reader

PERSONAL = {
    "ip": "203.0.113.77",
    "user_agent": "Agent-of-Jane/1.0",
    "referrer": "https://blog.example/jane-was-here?mail=jane",
}


@pytest.fixture
def at(ledger: Place) -> Iterator[Place]:
    with desk(ledger):
        yield ledger


def _forget(at: Place, text: str, program: int | None = None) -> Any:
    from clicktrail.control.ledger.forgetting import Forgetting

    return Forgetting(at.settings).run(text, program)


def _janes(scribe: Scribe) -> tuple[Click, Postback, Postback]:
    """A click, its call, and a pixel of the same order that carries no ClickID."""
    click = scribe.click(
        "spring", ANNA, creative=BANNER, extra="email=jane%40home.example", visitor=b"visitor-of-jane",
        target="https://shop.example/shoes?for=jane", **PERSONAL,
    )  # fmt: skip
    call = scribe.order("A-1", scribe.clickid(click), umsatz="95.50", email="jane@home.example")
    pixel = scribe.order("A-1", "", pid=str(ANNA), umsatz="95.50", name="Jane")
    return click, _with(call), _with(pixel)


def _with(call: Postback) -> Postback:
    return replace(call, **PERSONAL)


def _events(at: Place) -> list[Any]:
    reader = Reader(at.settings.journal_folder)
    try:
        bodies = [body for file in reader.files() for _, body in reader.read(file, 0, 10**9).batches]
        return [event for body in bodies for event in decode_batch(body)]
    finally:
        reader.close()


def _bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("by", ["order", "clickid"])
def test_what_goes_and_what_stays(at: Place, by: str) -> None:
    with at.scribe() as scribe:
        click, call, pixel = _janes(scribe)
        scribe.write(click, call, pixel)
    at.catch_up()
    kept = "SELECT number, tid, partner_id, subid, clickid, revenue_minor, commission_minor, state, referrer_host FROM"
    books = at.rows(f"{kept} ledger_transaction")
    told = "id, tid, clickid, pid, product, amount, reason, saved, transaction_number"
    log = f"SELECT {told} FROM ledger_postback ORDER BY id"
    calls = at.rows(log)
    reader = Reader(at.settings.journal_folder)
    assert [reader.pending(file, 0) for file in reader.files()] == [3]
    report = _forget(at, "A-1" if by == "order" else scribe.clickid(click))
    assert report.found
    assert "1 click and 2 calls" in report.lines[0]
    assert at.rows(f"{kept} ledger_transaction") == books
    assert at.rows(log) == calls
    columns = "ip, user_agent, referrer"
    assert at.rows(f"SELECT {columns}, extra, visitor, target, subid, referrer_host FROM ledger_click") == [
        (None, None, None, None, None, "https://shop.example/shoes", "spring", "blog.example")
    ]
    assert at.rows(f"SELECT {columns} FROM ledger_postback") == [(None, None, None)] * 2
    assert at.rows("SELECT referrer FROM ledger_transaction") == [(None,)]
    params = [json.loads(row[0]) for row in at.rows("SELECT params FROM ledger_postback ORDER BY id")]
    assert [set(each) for each in params] == [{"cpid", "tid", "clickid", "umsatz"}, {"cpid", "tid", "clickid",
                                                                                    "umsatz", "pid"}]  # fmt: skip
    assert b"jane" not in _bytes(at.settings.data).lower(), "with a reader of the journal at work"
    reader.close()


def test_the_journals_tell_the_same_books_afterwards(at: Place) -> None:
    """What the engine would read now is judged as before, but holds no person."""
    with at.scribe() as scribe:
        scribe.write(*_janes(scribe))
    at.catch_up()
    _forget(at, "A-1")
    click, call, pixel = _events(at)
    assert (click.subid, click.partner, click.referrer) == ("spring", ANNA, "https://blog.example/")
    assert (click.ip, click.user_agent, click.extra, click.visitor) == ("", "", "", b"")
    assert call.params["clickid"] == scribe.clickid(click)
    assert (call.params["umsatz"], call.ip, call.user_agent, call.referrer) == ("95.50", "", "", "")
    assert "name" not in pixel.params


def test_others_stay_as_they_are(at: Place) -> None:
    with at.scribe() as scribe:
        other = scribe.click("other", ANNA, extra="email=bob", visitor=b"bob", **PERSONAL)
        others_call = _with(scribe.order("B-2", scribe.clickid(other), email="bob"))
        scribe.write(*_janes(scribe), other, others_call)
    at.catch_up()
    _forget(at, "A-1")
    assert _events(at)[3:] == [other, others_call]
    row = at.rows("SELECT ip, user_agent, referrer, extra FROM ledger_click WHERE id = ?", other.id)
    assert row == [(*PERSONAL.values(), "email=bob")]
    assert "bob" in at.one("SELECT params FROM ledger_postback WHERE id = ?", others_call.id)


def test_an_order_number_of_two_programs_must_name_one(at: Place) -> None:
    with at.scribe() as scribe:
        here = _with(scribe.order("A-1", "", pid=str(ANNA)))
        there = _with(scribe.order("A-1", "", cpid=str(OTHER_SHOP), pid=str(ANNA)))
        scribe.write(here, there)
    at.catch_up()
    with pytest.raises(LedgerError, match=rf"programs {SHOP}, {OTHER_SHOP}: name one with --program"):
        _forget(at, "A-1")
    assert _forget(at, "A-1", OTHER_SHOP).found
    assert at.rows("SELECT ip FROM ledger_postback ORDER BY id") == [(PERSONAL["ip"],), (None,)]


def test_what_the_engine_has_not_read_yet_is_forgotten_too(at: Place) -> None:
    with at.scribe() as scribe:
        scribe.write(*_janes(scribe))
    assert _forget(at, "A-1").found
    at.catch_up()
    assert at.one("SELECT count(*) FROM ledger_transaction") == 1
    assert b"jane" not in _bytes(at.settings.data).lower()


def test_a_journal_without_its_worker_is_sealed_here(at: Place) -> None:
    """As after a crash: the file has no seal, and nobody holds the node."""
    scribe = at.scribe()
    scribe.write(*_janes(scribe))
    os.close(scribe._writer._lock)
    scribe._writer._db.close()
    assert _forget(at, "A-1").found
    at.catch_up()
    assert at.rows("SELECT sealed FROM ledger_journal_cursor ORDER BY name")[0] == (True,)
    assert b"jane" not in _bytes(at.settings.data).lower()


def test_an_event_that_was_set_aside_is_cleared_and_a_broken_one_dropped(at: Place) -> None:
    from clicktrail.control.ledger.models import SetAside

    with at.scribe() as scribe:
        click, call, pixel = _janes(scribe)
        scribe.write(click, call, pixel)
    at.catch_up()
    bodies = (encode_batch([click]), b"\xc1 broken " + click.id.to_bytes(8, "big") + b"jane", b"of somebody else")
    for position, body in enumerate(bodies):
        SetAside.objects.create(identity="x" * 32, seq=1, position=position, note="", body=body, at_ms=1)
    _forget(at, "A-1")
    readable, broken, other = (bytes(row[0]) for row in at.rows("SELECT body FROM ledger_set_aside ORDER BY position"))
    assert [event.id for event in decode_batch(readable)] == [click.id]
    assert b"jane" not in readable
    assert (broken, other) == (b"", b"of somebody else")


def test_twice_changes_nothing_more_and_nothing_is_nothing(at: Place) -> None:
    with at.scribe() as scribe:
        scribe.write(*_janes(scribe))
    at.catch_up()
    _forget(at, "A-1")
    before = _events(at)
    again = _forget(at, "A-1")
    assert again.found
    assert _events(at) == before
    for unknown in ("Z-9", scribe.clickid(scribe.click()), ""):
        assert not _forget(at, unknown).found


def test_backups_are_named_as_out_of_reach(at: Place) -> None:
    at.settings.backup_folder.mkdir()
    (at.settings.backup_folder / "ledger-2026.sqlite").touch()
    with at.scribe() as scribe:
        scribe.write(*_janes(scribe))
    at.catch_up()
    assert any("ledger-2026.sqlite" in line for line in _forget(at, "A-1").lines)


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
def test_no_copy_is_left_in_split_pages(at: Place) -> None:
    """Clicks come in out of order: pages split, and old copies of rows lie in their unused middle."""
    pick = random.Random(7)
    with at.scribe() as scribe:
        clicks = [scribe.click("", ANNA, user_agent="y" * pick.randrange(99)) for _ in range(1500)]
        pick.shuffle(clicks)
        for batch in range(0, len(clicks), 30):
            scribe.write(*(_marked(click, pick) for click in clicks[batch : batch + 30]))
            at.catch_up()
    at.catch_up()
    chosen = [*clicks[:2], *_with_stale_copies(at, clicks)]
    assert len(chosen) > 2
    for click in chosen:
        _forget(at, scribe.clickid(click))
    left = _bytes(at.settings.data)
    assert [click.id for click in chosen if _mark(click) in left] == []
    assert sum(_mark(click) in left for click in clicks) == len(clicks) - len(chosen)
    assert at.one("PRAGMA integrity_check") == "ok"
    assert at.one("SELECT count(*) FROM ledger_click") == len(clicks)


def _with_stale_copies(at: Place, clicks: list[Click]) -> list[Click]:
    """Those whose secret stands in the ledger's file more than once."""
    from clicktrail.control.ledger.erase import fold

    fold()
    file = at.settings.ledger_file.read_bytes()
    return [click for click in clicks if file.count(_mark(click)) > 1]


def _mark(click: Click) -> bytes:
    return f"secret-of-{click.id}".encode()


def _marked(click: Click, pick: random.Random) -> Click:
    """With a secret of any length; a few reach over several pages."""
    length = 6000 if pick.random() < 0.02 else pick.randrange(300)
    return replace(click, extra=_mark(click).decode() + "x" * length)
