"""Sums at the end of their range: what does not fit is set aside, alone, and nothing else is held up."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from support.cast import ANNA, BERT, CATALOG
from support.ledgers import Place

from clicktrail.control.boot import boot
from clicktrail.engine.ledger import Refused, Unit
from clicktrail.engine.replay import replay
from clicktrail.journal.local import File, Read, Reader

LARGEST = 2**63 - 1
KINDS = ("hour", "day", "month", "program", "subid", "referrer")
REVENUE = 10_000
"""Of each order of these tests."""


def _fill(ledger: Place, kind: str, column: str, left: int) -> None:
    """So much is left until the end of the range in every row of the table."""
    ledger.engine.ledger.run(f"UPDATE ledger_rollup_{kind} SET {column} = ?", (LARGEST - left,))


def _first(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        click = scribe.click("s", ANNA)
        scribe.write(click, scribe.order("A-0", scribe.clickid(click)))
    ledger.catch_up()


def _send(ledger: Place, *tids: str, rows: int = 1, **params: str) -> None:
    """One order after the other, each with a click of its own, in so many rows of the journal."""
    with ledger.scribe() as scribe:
        events = []
        for tid in tids:
            click = scribe.click("s", ANNA)
            events += [click, scribe.order(tid, scribe.clickid(click), **params)]
        size = -(-len(events) // rows)
        for start in range(0, len(events), size):
            scribe.write(*events[start : start + size])


def _saved(ledger: Place) -> list[str]:
    return [row[0] for row in ledger.rows("SELECT tid FROM ledger_transaction ORDER BY number")]


def _is_whole(ledger: Place) -> None:
    """Everything is stored or set aside, and the journals have been read to their ends."""
    assert all(sealed for (sealed,) in ledger.rows("SELECT sealed FROM ledger_journal_cursor"))
    kept = ledger.one("SELECT count(*) FROM ledger_click") + ledger.one("SELECT count(*) FROM ledger_postback")
    journals = sum(ledger.engine.feed.pending()[:1])
    assert journals == 0 and kept > 0
    assert not ledger.engine.step().moved


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("left", "fitting"), [(0, 0), (REVENUE - 1, 0), (REVENUE, 1), (3 * REVENUE, 3), (10**9, 5)])
def test_as_many_orders_as_fit_are_stored(ledger: Place, kind: str, left: int, fitting: int) -> None:
    _first(ledger)
    _fill(ledger, kind, "revenue_minor", left)
    tids = [f"B-{n}" for n in range(5)]
    _send(ledger, *tids)
    ledger.catch_up()
    assert _saved(ledger) == ["A-0", *tids[:fitting]]
    assert ledger.one("SELECT count(*) FROM ledger_set_aside") == 5 - fitting
    assert ledger.one("SELECT count(*) FROM ledger_click") == 6
    assert ledger.one(f"SELECT max(revenue_minor) FROM ledger_rollup_{kind}") == LARGEST - left + fitting * REVENUE
    _is_whole(ledger)


@pytest.mark.parametrize("column", ["commission_minor", "transactions", "clicks_gross", "clicks_net"])
def test_every_column_of_a_sum_has_its_range(ledger: Place, column: str) -> None:
    _first(ledger)
    _fill(ledger, "day", column, 0)
    with ledger.scribe() as scribe:
        click = scribe.click("s", ANNA)
        scribe.write(click, scribe.order("B-0", scribe.clickid(click)), scribe.click("t", BERT))
    ledger.catch_up()
    assert ledger.one("SELECT count(*) FROM ledger_set_aside") == 1
    assert ledger.one("SELECT count(*) FROM ledger_click WHERE subid = 't'") == 1
    assert ledger.one(f"SELECT max({column}) FROM ledger_rollup_day") == LARGEST
    _is_whole(ledger)


def test_events_of_which_each_fits_alone_and_all_together_do_not(ledger: Place) -> None:
    """The largest amounts of a catalog from before there was a limit, in one row of the journal."""
    programs = {**CATALOG.programs, 1: replace(CATALOG.programs[1], currency="CLF", decimals=4)}
    ledger.publish(replace(CATALOG, version=2, judging_version=1, programs=programs))
    tids = [f"B-{n}" for n in range(950)]
    _send(ledger, *tids, umsatz="999999999999.99")
    ledger.catch_up()
    assert _saved(ledger) == tids[:922]
    assert ledger.one("SELECT count(*) FROM ledger_set_aside") == 28
    assert ledger.one("SELECT revenue_minor FROM ledger_rollup_program") == 922 * 9_999_999_999_999_900
    _is_whole(ledger)


def test_other_programs_and_partners_are_not_held_up(ledger: Place) -> None:
    _first(ledger)
    _fill(ledger, "program", "revenue_minor", 0)
    with ledger.scribe() as scribe:
        for n in range(60):
            program = {"cpid": "3", "produkt": "Sale", "nocheck": "1"} if n % 2 else {}
            scribe.write(scribe.order(f"B-{n}", "", pid=str(ANNA), **program), scribe.click(f"c{n}", BERT))
    ledger.catch_up()
    assert ledger.rows("SELECT program_id, count(*) FROM ledger_transaction GROUP BY 1 ORDER BY 1") == [(1, 1), (3, 30)]
    assert ledger.one("SELECT count(*) FROM ledger_click") == 61
    assert ledger.one("SELECT count(*) FROM ledger_set_aside") == 30
    _is_whole(ledger)


def test_an_engine_that_ends_between_two_steps_goes_on_without_loss(ledger: Place) -> None:
    _first(ledger)
    _fill(ledger, "month", "revenue_minor", 7 * REVENUE)
    tids = [f"B-{n}" for n in range(40)]
    _send(ledger, *tids, rows=8)
    for steps in range(1, 30):
        if not all([ledger.engine.step().moved for _ in range(steps)]):
            break
        ledger.restart()
    assert _saved(ledger) == ["A-0", *tids[:7]]
    assert ledger.one("SELECT count(*) FROM ledger_set_aside") == 33
    assert ledger.one("SELECT count(*) FROM ledger_click") == 41
    _is_whole(ledger)


def test_a_call_that_waited_and_does_not_fit(ledger: Place) -> None:
    """It came before its click, which another node's journal still holds."""
    _first(ledger)
    reader = Reader(ledger.settings.journal_folder)
    with ledger.scribe(node=2) as late, ledger.scribe() as scribe:
        late.write(late.click("other", ANNA))
        ledger.restart(reader := Held(reader, node=2))  # type: ignore[arg-type]
        clicks = [late.click("s", ANNA) for _ in range(3)]
        late.write(*clicks)
        scribe.write(*(scribe.order(f"B-{n}", late.clickid(click)) for n, click in enumerate(clicks)))
        ledger.catch_up()
        assert ledger.reasons() == {"saved": 1, "waiting": 3}
        _fill(ledger, "day", "revenue_minor", REVENUE)
        reader.is_held = False
        ledger.catch_up()
    ledger.catch_up()
    assert ledger.reasons() == {"saved": 2, "waiting": 2}
    assert ledger.rows("SELECT identity FROM ledger_set_aside") == [("waiting",)] * 2
    for _ in range(2):
        ledger.restart()
        ledger.catch_up()
        assert ledger.one("SELECT count(*) FROM ledger_set_aside") == 2


class Held:
    """A reader to which one node's files give nothing for a while."""

    def __init__(self, reader: Reader, node: int) -> None:
        self._reader, self._node, self.is_held = reader, node, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def read(self, file: File, after_seq: int, limit_events: int) -> Read:
        if self.is_held and file.node == self._node:
            return Read([], False, False, after_seq)
        return self._reader.read(file, after_seq, limit_events)


def test_replay_leaves_out_what_was_set_aside(ledger: Place, tmp_path: Path) -> None:
    _first(ledger)
    _fill(ledger, "day", "revenue_minor", 2 * REVENUE)
    _send(ledger, *(f"B-{n}" for n in range(6)), rows=3)
    ledger.catch_up()
    boot(ledger.settings, "console")
    report = replay(ledger.settings, tmp_path / "fresh.sqlite")
    assert (report.differences, report.broken, report.transactions) == ([], [], 3)
    assert report.clicks == 7


def test_a_move_that_does_not_fit_is_refused_with_a_sentence(ledger: Place) -> None:
    from clicktrail.control.ledger import moves

    _first(ledger)
    boot(ledger.settings, "console")
    assert isinstance(moves.move(connection, 1, "cancel", "mia", "", 1), moves.Moved)
    _fill(ledger, "hour", "revenue_minor", 5)
    before = ledger.everything()
    found = moves.move(connection, 1, "reopen", "mia", "", 2)
    assert isinstance(found, moves.Refused) and "64 bits" in found.sentence
    assert ledger.everything() == before
    connection.close()


def test_a_unit_that_is_refused_although_each_event_fits_is_set_aside(
    ledger: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the database's reason: the engine does not try for ever."""
    with ledger.scribe() as scribe:
        scribe.write(scribe.click("a", ANNA), scribe.click("b", ANNA))
        scribe.write(scribe.click("c", ANNA))
    monkeypatch.setattr(ledger.engine.ledger, "write", _refusing("a", ledger.engine.ledger.write))
    for _ in range(30):
        if not ledger.engine.step().moved:
            break
    assert ledger.rows("SELECT subid FROM ledger_click") == [("c",)]
    assert ledger.rows("SELECT note FROM ledger_set_aside") == [("it says no",)] * 2


def _refusing(subid: str, write: Callable[[Unit], bool]) -> Any:
    def refuse(unit: Unit) -> bool:
        if any(subid in row for row in unit.clicks):
            raise Refused("it says no")
        return write(unit)

    return refuse
