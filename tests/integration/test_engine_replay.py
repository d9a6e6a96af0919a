"""A ledger rebuilt from its journals is the ledger; what differs, or cannot be rebuilt, is named."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection
from support.cast import ANNA, BERT, CATALOG, LEAD, SALE, SHOP, with_program
from support.ledgers import Place

from clicktrail.control.boot import boot
from clicktrail.core.catalog import Rate
from clicktrail.engine.replay import Difference, replay
from clicktrail.errors import LedgerError
from clicktrail.sqlite import sqlite3

ORDERS = "SELECT program_id, tid, partner_id, commission_minor, state FROM ledger_transaction ORDER BY tid"
SUMS = "SELECT sum(clicks_gross), sum(clicks_net), sum(transactions), sum(revenue_minor), sum(commission_minor) FROM "


@pytest.fixture
def lived(ledger: Place) -> Iterator[Place]:
    """A ledger with a past: a rate that changed, a move by hand, a call that overtook its click."""
    from clicktrail.control.ledger.moves import move

    with ledger.scribe(1) as first, ledger.scribe(2) as second:
        clicks = [first.click(f"s{n}", ANNA, visitor=b"%d" % n, prefetch=n == 3) for n in range(10)]
        second.write(second.order("late", second.clickid(clicks[5])))
        first.write(*clicks)
        first.write(*(first.order(f"A-{n}", first.clickid(clicks[n])) for n in range(4)))
        ledger.catch_up()
        dearer = (replace(SALE, rate=Rate(percent_ppm=200_000)), LEAD)
        ledger.publish(replace(with_program(products=dearer), version=CATALOG.version + 1))
        ledger.restart()
    with ledger.scribe(1) as first:
        first.write(first.order("B-1", "", pid=str(ANNA)), first.order("A-1", "", pid=str(BERT), umsatz="7"))
        first.write(first.order("no", "", pid=str(BERT)))
    ledger.catch_up()
    boot(ledger.settings, "ledger")
    from clicktrail.control.catalog.models import Program

    # In bulk nothing is published: the cast's catalog stays in force.
    Program.objects.bulk_create([Program(id=SHOP, name="Shop", currency="EUR", time_zone="Europe/Berlin")])
    move(connection, 2, "cancel", "mia", "returned", 5)
    yield ledger
    connection.close()


def _rebuilt(path: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as db:
        return list(db.execute(sql))


def test_a_rebuilt_ledger_agrees(lived: Place, tmp_path: Path) -> None:
    into = tmp_path / "fresh.sqlite"
    report = replay(lived.settings, into)
    assert (report.differences, report.outside, report.broken) == ([], 0, [])
    assert report.agrees
    assert (report.clicks, report.calls, report.transactions, report.moves) == (10, 8, 6, 1)
    assert _rebuilt(into, ORDERS) == lived.rows(ORDERS)
    for table in ("hour", "subid", "referrer"):
        kept = lived.rows(SUMS + f"ledger_rollup_{table}")
        assert [tuple(map(int, row)) for row in kept] == _rebuilt(into, SUMS + f"ledger_rollup_{table}")


def test_what_differs_is_named(lived: Place, tmp_path: Path) -> None:
    change = "UPDATE ledger_transaction SET commission_minor = commission_minor + 1 WHERE tid = ?"
    lived.engine.ledger.run(change, ("A-0",))
    lived.engine.ledger.run("DELETE FROM ledger_transaction WHERE tid = ?", ("A-2",))
    report = replay(lived.settings, tmp_path / "fresh.sqlite")
    assert not report.agrees
    assert sorted(report.differences, key=lambda d: d.tid) == [
        Difference(SHOP, "A-0", "commission_minor", 1001, 1000),
        Difference(SHOP, "A-2", "added"),
    ]


def test_what_lies_outside_the_kept_journals_is_told(lived: Place, tmp_path: Path) -> None:
    """The journals of node 2 and the first file of node 1 are gone: their clicks and orders cannot be rebuilt."""
    for node in ("0001", "0002"):
        oldest, *_ = sorted((lived.settings.journal_folder / node).glob("*.sqlite"))
        oldest.unlink()
    report = replay(lived.settings, tmp_path / "fresh.sqlite")
    assert report.outside == 5
    assert (SHOP, "A-0") in report.outside_rows
    assert report.differences == [], "a duplicate of an order outside must not become an order"
    assert report.transactions == 1


def test_a_click_outside_is_looked_up(ledger: Place, tmp_path: Path) -> None:
    with ledger.scribe(1) as scribe:
        click = scribe.click("x", ANNA)
        scribe.write(click)
    with ledger.scribe(1) as scribe:
        scribe.write(scribe.order("A-1", scribe.clickid(click)))
    ledger.catch_up()
    oldest, *_ = sorted((ledger.settings.journal_folder / "0001").glob("*.sqlite"))
    oldest.unlink()
    report = replay(ledger.settings, tmp_path / "fresh.sqlite")
    assert (report.agrees, report.transactions, report.outside_clicks) == (True, 1, 1)


def test_a_file_that_is_there_is_never_overwritten(ledger: Place, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with pytest.raises(LedgerError, match="there already"):
        replay(ledger.settings, tmp_path / "precious")


def test_what_the_engine_has_not_read_yet_is_no_difference(lived: Place, tmp_path: Path) -> None:
    """The server runs on while its past is rebuilt."""
    with lived.scribe(1) as scribe, lived.scribe(3) as new:
        scribe.write(scribe.order("C-1", "", pid=str(ANNA)))
        lived.catch_up()
        scribe.write(scribe.order("C-2", "", pid=str(ANNA)))
        new.write(new.order("C-3", "", pid=str(ANNA)))
        report = replay(lived.settings, tmp_path / "fresh.sqlite")
    assert (report.agrees, report.transactions, report.outside) == (True, 7, 0)
