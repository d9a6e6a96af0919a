"""Invented subids and referrers do not push those that earn, or that are known, out of the reports."""

import pytest
from support.cast import ANNA
from support.ledgers import Place

from clicktrail.core.periods import DAY_MS, MAX_ROWS_OF_VALUES, MAX_VALUES
from clicktrail.engine.loop import now_ms
from clicktrail.journal.events import Click

TABLES = {"subid": "subid", "referrer": "host"}


def _values(ledger: Place, table: str) -> set[str]:
    rows = ledger.rows(f"SELECT {TABLES[table]} FROM ledger_rollup_{table} WHERE NOT other")
    return {row[0] for row in rows}


def _click(scribe: object, name: str, **other: object) -> Click:
    """The value is both the subid and the referrer's host."""
    return scribe.click(name, ANNA, referrer=f"https://{name}/", **other)  # type: ignore[attr-defined, no-any-return]


def _flood(ledger: Place, number: int = MAX_VALUES + 50) -> None:
    """So many values that were never there before, with a click each."""
    with ledger.scribe() as scribe:
        scribe.write(*(_click(scribe, f"invented-{n}") for n in range(number)))
    ledger.catch_up()


@pytest.mark.parametrize("table", TABLES)
def test_a_value_of_the_days_before_gets_its_row(ledger: Place, table: str) -> None:
    with ledger.scribe() as scribe:
        scribe.write(*(_click(scribe, "newsletter", at_ms=now_ms() - days * DAY_MS) for days in (1, 2)))
    ledger.catch_up()
    _flood(ledger)
    with ledger.scribe() as scribe:
        scribe.write(_click(scribe, "newsletter"), _click(scribe, "nobody-knows"))
    ledger.catch_up()
    column = TABLES[table]
    clicks = f"SELECT sum(clicks_gross) FROM ledger_rollup_{table} WHERE NOT other AND {column} = 'newsletter'"
    assert ledger.one(clicks) == 3
    assert "nobody-knows" not in _values(ledger, table)
    assert ledger.one(f"SELECT sum(clicks_gross) FROM ledger_rollup_{table} WHERE other") == 51


@pytest.mark.parametrize("table", TABLES)
def test_a_value_that_earns_gets_its_row(ledger: Place, table: str) -> None:
    _flood(ledger)
    with ledger.scribe() as scribe:
        click = _click(scribe, "earns", prefetch=True)
        scribe.write(click, scribe.order("A-1", scribe.clickid(click)))
    ledger.catch_up()
    row = f"SELECT transactions, revenue_minor, clicks_bot FROM ledger_rollup_{table} WHERE NOT other AND "
    assert ledger.rows(f"{row} {TABLES[table]} = 'earns'") == [(1, 10_000, 0)]
    assert ledger.one(f"SELECT min(clicks_bot) FROM ledger_rollup_{table}") == 0


def test_the_days_before_that_were_flooded_too_keep_what_earned(ledger: Place) -> None:
    """Yesterday's invented values are known as well: those that earned come first, then those of several days."""
    yesterday = now_ms() - DAY_MS
    with ledger.scribe() as scribe:
        earning = _click(scribe, "earns", at_ms=yesterday)
        scribe.write(earning, scribe.order("A-1", scribe.clickid(earning), pid=str(ANNA)))
        scribe.write(*(_click(scribe, "often", at_ms=yesterday - days * DAY_MS) for days in range(3)))
        scribe.write(*(_click(scribe, f"old-{n}", at_ms=yesterday) for n in range(MAX_VALUES)))
    ledger.catch_up()
    _flood(ledger)
    with ledger.scribe() as scribe:
        scribe.write(_click(scribe, "often"), _click(scribe, "earns"))
    ledger.catch_up()
    today = ledger.one("SELECT max(day) FROM ledger_rollup_subid")
    found = {row[0] for row in ledger.rows("SELECT subid FROM ledger_rollup_subid WHERE day = ? AND NOT other", today)}
    assert {"often", "earns"} <= found


@pytest.mark.parametrize("table", TABLES)
def test_the_rows_stay_bounded(ledger: Place, table: str) -> None:
    _flood(ledger)
    with ledger.scribe() as scribe:
        for start in range(0, MAX_VALUES + 100, 100):
            clicks = [_click(scribe, f"earns-{n}") for n in range(start, start + 100)]
            scribe.write(*clicks, *(scribe.order(f"A-{c.subid}", scribe.clickid(c)) for c in clicks))
    ledger.catch_up()
    assert len(_values(ledger, table)) == MAX_ROWS_OF_VALUES
    assert ledger.one(f"SELECT sum(transactions) FROM ledger_rollup_{table}") == MAX_VALUES + 100
    assert ledger.one(f"SELECT sum(clicks_gross) FROM ledger_rollup_{table}") == 2 * MAX_VALUES + 150
