"""A call that comes before its click is judged as if it had come after it; no timer guesses."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.cast import ANNA, BERT, CATALOG, LEAD, SALE, with_program
from support.ledgers import Place
from support.scribe import Scribe

from clicktrail.core.catalog import Rate
from clicktrail.core.clickid import Checks, Mint
from clicktrail.errors import JournalBroken
from clicktrail.journal.events import Click, Postback
from clicktrail.journal.local import File, Read, Reader
from clicktrail.keys import load

FAR, NEAR = 1, 2
"""The node whose journal is held back, and the one where the call arrives."""


class HoldingReader(Reader):
    """The real reader, but some nodes it does not read on, or fails."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.held: set[int] = set()
        self.failing: set[int] = set()
        self.begun: list[int] = []
        """Nodes in the order in which reads of them began."""

    def read(self, file: File, after_seq: int, limit_events: int) -> Read:
        self.begun.append(file.node)
        if file.node in self.failing:
            raise JournalBroken(f"{file.path} is no readable journal: the test says so")
        if file.node in self.held:
            return Read([], False, False, after_seq)
        return super().read(file, after_seq, limit_events)


@pytest.fixture
def reader(ledger: Place) -> HoldingReader:
    made = HoldingReader(ledger.settings.journal_folder)
    ledger.restart(made)
    return made


@pytest.fixture
def far(ledger: Place) -> Iterator[Scribe]:
    with ledger.scribe(FAR) as scribe:
        yield scribe


@pytest.fixture
def near(ledger: Place) -> Iterator[Scribe]:
    with ledger.scribe(NEAR) as scribe:
        yield scribe


def _lost_clickid(ledger: Place, node: int) -> str:
    """Genuine, but its click was never written: the worker died between minting and the disk."""
    keys = load(ledger.settings.keys_folder)
    checks = Checks(keys.clickid, keys.current)
    id = Mint(node, 1_700_000_000_000).next(1_700_000_000_500)
    return checks.text(id, checks.tail(id))


def test_a_call_waits_while_its_clicks_journal_is_held_back(
    ledger: Place, reader: HoldingReader, far: Scribe, near: Scribe
) -> None:
    reader.held.add(FAR)
    click = far.click("x", ANNA)
    far.write(click)
    near.write(near.order("A-1", near.clickid(click)))
    for _ in range(5):
        ledger.catch_up()
    assert ledger.reasons() == {"waiting": 1}
    assert ledger.one("SELECT count(*) FROM ledger_postback WHERE judged_order IS NULL") == 1
    reader.held.clear()
    final = ledger.catch_up()
    assert [verdict.reason for _, verdict in final] == ["saved"]
    assert ledger.reasons() == {"saved": 1}
    assert ledger.rows("SELECT partner_id, subid FROM ledger_transaction") == [(ANNA, "x")]
    assert len(ledger.engine.memory.waiting) == 0


def test_a_lost_click_is_unknown_once_its_node_was_read_to_the_end(
    ledger: Place, reader: HoldingReader, far: Scribe, near: Scribe
) -> None:
    reader.held.add(FAR)
    far.write(far.click("other", ANNA))
    near.write(near.order("A-1", _lost_clickid(ledger, FAR)))
    ledger.catch_up()
    assert ledger.reasons() == {"waiting": 1}
    reader.held.clear()
    ledger.catch_up()
    assert ledger.reasons() == {"unknown_click": 1}


def test_the_read_that_decides_begins_after_the_call_was_read(
    ledger: Place, reader: HoldingReader, far: Scribe, near: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Click and call are written while a pass is under way, right behind its read of the click's node.
    The pass sees the call without its click; the verdict must come from another read of that node."""
    far.write(far.click("before", ANNA))
    real = HoldingReader.read
    written: list[Click | Postback] = []

    def read(self: HoldingReader, file: File, after_seq: int, limit_events: int) -> Read:
        found = real(self, file, after_seq, limit_events)
        if file.node == FAR and not written:
            click = far.click("x", ANNA)
            written.extend((click, near.order("A-1", near.clickid(click))))
            far.write(click)
            near.write(written[1])
        return found

    monkeypatch.setattr(HoldingReader, "read", read)
    ledger.catch_up()
    assert reader.begun[:3] == [FAR, NEAR, FAR]
    assert ledger.reasons() == {"saved": 1}


def test_a_read_that_ended_before_the_call_was_read_decides_nothing(
    ledger: Place, reader: HoldingReader, far: Scribe, near: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, but the other read fails: that the node was at its end earlier in this very pass is no proof."""
    far.write(far.click("before", ANNA))
    real = HoldingReader.read

    def read(self: HoldingReader, file: File, after_seq: int, limit_events: int) -> Read:
        found = real(self, file, after_seq, limit_events)
        if file.node == FAR and not reader.failing:
            reader.failing.add(FAR)
            click = far.click("x", ANNA)
            far.write(click)
            near.write(near.order("A-1", near.clickid(click)))
        return found

    monkeypatch.setattr(HoldingReader, "read", read)
    moved = [ledger.engine.step().moved for _ in range(5)]
    assert ledger.reasons() == {"waiting": 1}
    assert not moved[-1], "and it is not judged in vain again and again"
    monkeypatch.undo()
    reader.failing.clear()
    ledger.catch_up()
    assert ledger.reasons() == {"saved": 1}


def test_a_node_that_never_was_is_unknown_at_once(ledger: Place, near: Scribe) -> None:
    near.write(near.order("A-1", _lost_clickid(ledger, 77)))
    ledger.engine.step()
    assert ledger.reasons() == {"unknown_click": 1}


def test_a_call_waits_while_its_clicks_journal_cannot_be_read(
    ledger: Place, reader: HoldingReader, far: Scribe, near: Scribe
) -> None:
    reader.failing.add(FAR)
    click = far.click("x", ANNA)
    far.write(click)
    near.write(near.order("A-1", near.clickid(click)), near.click("goes on", ANNA))
    ledger.catch_up()
    assert ledger.reasons() == {"waiting": 1}
    assert ledger.one("SELECT count(*) FROM ledger_click") == 1, "other journals go on"
    assert ledger.engine.feed.broken
    reader.failing.clear()
    ledger.catch_up()
    assert ledger.reasons() == {"saved": 1}
    assert not ledger.engine.feed.broken


def test_who_waits_still_waits_after_a_restart(ledger: Place, reader: HoldingReader, far: Scribe, near: Scribe) -> None:
    reader.held.add(FAR)
    click = far.click("x", ANNA)
    far.write(click)
    order = near.order("A-1", near.clickid(click), umsatz="12.34")
    near.write(order)
    ledger.catch_up()
    ledger.restart(reader)
    ledger.catch_up()
    assert ledger.reasons() == {"waiting": 1}
    reader.held.clear()
    final = ledger.catch_up()
    assert [(call, verdict.reason) for call, verdict in final] == [(order.id, "saved")]
    assert ledger.rows("SELECT revenue_minor, created_ms FROM ledger_transaction") == [(1234, order.at_ms)]


def test_of_two_orders_that_wait_for_one_click_both_are_judged(
    ledger: Place, reader: HoldingReader, far: Scribe, near: Scribe
) -> None:
    reader.held.add(FAR)
    click = far.click("x", ANNA)
    far.write(click)
    near.write(near.order("A-1", near.clickid(click)), near.order("A-2", near.clickid(click)))
    near.write(near.order("A-1", near.clickid(click)))
    ledger.catch_up()
    assert ledger.reasons() == {"waiting": 3}
    reader.held.clear()
    ledger.catch_up()
    assert ledger.reasons() == {"saved": 2, "duplicate": 1}


def test_judging_time_is_the_calls_arrival(ledger: Place, reader: HoldingReader, far: Scribe, near: Scribe) -> None:
    """A rate that changes while the call waits does not change what it earns."""
    reader.held.add(FAR)
    click = far.click("x", ANNA)
    far.write(click)
    near.write(near.order("A-1", near.clickid(click), umsatz="100.00"))
    ledger.catch_up()
    dearer = (replace(SALE, rate=Rate(percent_ppm=500_000)), LEAD)
    ledger.publish(replace(with_program(products=dearer), version=CATALOG.version + 1))
    ledger.restart(reader)
    reader.held.clear()
    ledger.catch_up()
    assert ledger.one("SELECT commission_minor FROM ledger_transaction") == 1000


def test_a_waiting_call_that_cannot_be_stored_stops_nobody(
    ledger: Place, reader: HoldingReader, far: Scribe, near: Scribe
) -> None:
    if ledger.settings.database:
        pytest.skip("the trigger is SQLite's")
    ledger.engine.ledger.run(
        "CREATE TRIGGER poison BEFORE INSERT ON ledger_transaction WHEN NEW.tid = 'bad' "
        "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    )
    reader.held.add(FAR)
    click = far.click("x", ANNA)
    far.write(click)
    near.write(*(near.order(tid, near.clickid(click)) for tid in ("A-1", "bad", "A-2")))
    ledger.catch_up()
    reader.held.clear()
    ledger.catch_up()
    far.write(far.click("goes on", ANNA))
    ledger.catch_up()
    assert ledger.reasons() == {"saved": 2, "waiting": 1}
    assert ledger.one("SELECT count(*) FROM ledger_click") == 2
    [(identity, note)] = ledger.rows("SELECT identity, note FROM ledger_set_aside")
    assert identity == "waiting" and "not this one" in note


def test_a_conflict_that_waited_is_grouped_and_put_in_the_inbox(
    ledger: Place, reader: HoldingReader, far: Scribe, near: Scribe
) -> None:
    """Its row is in the log already: the group is added with the verdict."""
    near_click = near.click("x", ANNA)
    near.write(near_click, near.order("A-1", near.clickid(near_click)))
    ledger.catch_up()
    reader.held.add(FAR)
    click = far.click("x", BERT)
    far.write(click)
    calls = [near.order("A-1", near.clickid(click)) for _ in range(2)]
    near.write(*calls)
    ledger.catch_up()
    assert ledger.reasons() == {"saved": 1, "waiting": 2}
    reader.held.clear()
    ledger.catch_up()
    assert ledger.reasons() == {"saved": 1, "conflict": 2}
    assert ledger.rows("SELECT count, listed_id FROM ledger_conflict_group") == [(2, calls[0].id)]
    assert ledger.rows("SELECT id FROM ledger_postback WHERE in_inbox") == [(calls[0].id,)]
