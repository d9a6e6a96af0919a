"""Sums: which clicks count, bounded rows, visitors across a restart, prefetches, moves."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import connection
from support.cast import ANNA, BANNER, SHOP, TESTER
from support.ledgers import Place

from clicktrail.control.boot import boot
from clicktrail.control.ledger.moves import Moved, Refused, move
from clicktrail.engine.net import WINDOW_MS

MEASURES = "sum(clicks_gross), sum(clicks_net), sum(clicks_bot), sum(clicks_refused), sum(transactions)"
MONEY = "sum(transactions), sum(revenue_minor), sum(commission_minor)"
CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
TABLES = ("hour", "day", "month", "program", "subid", "referrer")


def _sums(ledger: Place, measures: str = MEASURES) -> set[tuple[int, ...]]:
    """What each table adds up to: one tuple where they agree."""
    return {tuple(int(n or 0) for n in ledger.rows(f"SELECT {measures} FROM ledger_rollup_{t}")[0]) for t in TABLES}


def test_crawlers_and_prefetches_do_not_count(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        scribe.write(
            scribe.click("", ANNA, user_agent=CRAWLER),
            scribe.click("", ANNA, user_agent=BROWSER),
            scribe.click("", ANNA, prefetch=True),
            scribe.click("", ANNA, outcome="program_paused"),
        )
    ledger.catch_up()
    assert _sums(ledger) == {(1, 1, 2, 1, 0)}


def test_a_prefetch_counts_once_an_order_names_it(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        click = scribe.click("", ANNA, prefetch=True)
        scribe.write(click)
        ledger.catch_up()
        assert _sums(ledger) == {(0, 0, 1, 0, 0)}
        scribe.write(scribe.order("A-1", scribe.clickid(click)), scribe.order("A-2", scribe.clickid(click)))
        ledger.catch_up()
        assert _sums(ledger) == {(1, 1, 0, 0, 2)}
        scribe.write(scribe.order("A-3", scribe.clickid(click)))
    ledger.catch_up()
    assert _sums(ledger) == {(1, 1, 0, 0, 3)}
    assert ledger.rows("SELECT counted, net, prefetch FROM ledger_click") == [(True, True, True)]


def test_net_clicks_are_the_first_in_a_quarter_of_an_hour(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        first = scribe.click("", ANNA, visitor=b"v")
        begin = first.at_ms
        times = [begin + WINDOW_MS - 1, begin + WINDOW_MS, begin + 2 * WINDOW_MS - 1]
        later = [scribe.click("", ANNA, visitor=b"v", at_ms=at) for at in times]
        others = [scribe.click("", ANNA, visitor=b"w"), scribe.click("", TESTER, visitor=b"v")]
        scribe.write(first, *others, *later)
    ledger.catch_up()
    net = dict(ledger.rows("SELECT id, net FROM ledger_click"))
    assert [bool(net[click.id]) for click in (first, *later, *others)] == [True, False, True, False, True, True]


def test_a_visit_goes_on_across_a_restart(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        scribe.write(scribe.click("", ANNA, visitor=b"v"))
        ledger.catch_up()
        ledger.restart()
        scribe.write(scribe.click("", ANNA, visitor=b"v"), scribe.click("", ANNA, visitor=b"new"))
    ledger.catch_up()
    assert _sums(ledger) == {(3, 2, 0, 0, 0)}


def test_rows_of_subids_and_hosts_are_bounded(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        for page in range(3):
            scribe.write(*(
                scribe.click(f"s{page}-{n}", ANNA, referrer=f"https://h{page}-{n}.example/") for n in range(600)
            ))  # fmt: skip
        ledger.catch_up()
        ledger.restart()
        scribe.write(scribe.click("s0-0", ANNA, referrer="https://h0-0.example/"), scribe.click("quite new", ANNA))
    ledger.catch_up()
    for table, name, value in (("subid", "subid", "s0-0"), ("referrer", "host", "h0-0.example")):
        assert ledger.one(f"SELECT count(*) FROM ledger_rollup_{table} WHERE NOT other") == 1000
        assert ledger.one(f"SELECT clicks_gross FROM ledger_rollup_{table} WHERE {name} = ?", value) == 2
        assert ledger.one(f"SELECT clicks_gross FROM ledger_rollup_{table} WHERE other") == 801
    assert _sums(ledger) == {(1802, 1802, 0, 0, 0)}


def test_days_are_the_programs_and_hours_are_utc(ledger: Place) -> None:
    """Half past eleven at night in UTC is the next day in Berlin."""
    at = datetime(2025, 6, 30, 23, 30, tzinfo=UTC)
    with ledger.scribe() as scribe:
        scribe.write(scribe.click("x", ANNA, at_ms=int(at.timestamp() * 1000)))
    ledger.catch_up()
    assert ledger.one("SELECT bucket_s FROM ledger_rollup_hour") == int(at.replace(minute=0).timestamp())
    assert ledger.one("SELECT day FROM ledger_rollup_subid") == (at.date() - at.date().replace(1970, 1, 1)).days + 1


def test_a_test_partners_orders_stay_out_of_the_sums(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        scribe.write(scribe.order("T-1", "", pid=str(TESTER)))
    ledger.catch_up()
    assert ledger.rows("SELECT test FROM ledger_transaction") == [(True,)]
    assert _sums(ledger) == {(0, 0, 0, 0, 0)}


@pytest.fixture
def order(ledger: Place) -> Iterator[Place]:
    """One order of 100 EUR by Anna, and Django pointed to its ledger."""
    with ledger.scribe() as scribe:
        click = scribe.click("x", ANNA, creative=BANNER, referrer="https://blog.example/")
        scribe.write(click, scribe.order("A-1", scribe.clickid(click)))
    ledger.catch_up()
    boot(ledger.settings, "ledger")
    _add_program()
    yield ledger
    connection.close()


def _add_program() -> None:
    from clicktrail.control.catalog.models import Program

    # In bulk nothing is published: the cast's catalog stays in force.
    Program.objects.bulk_create([Program(id=SHOP, name="Shop", currency="EUR", time_zone="Europe/Berlin")])


def test_moves_change_state_history_and_sums_together(order: Place) -> None:
    assert move(connection, 1, "cancel", "mia", "returned", 5) == Moved(1, "open", "cancelled")
    assert _sums(order, MONEY) == {(0, 0, 0)}
    assert order.one("SELECT state FROM ledger_transaction") == "cancelled"
    assert move(connection, 1, "reopen", "mia", "kept after all", 6) == Moved(1, "cancelled", "open")
    assert _sums(order, MONEY) == {(1, 10000, 1000)}
    move(connection, 1, "confirm", "tom", "", 7)
    assert _sums(order, MONEY) == {(1, 10000, 1000)}
    assert order.rows("SELECT at_ms, from_state, to_state, actor, reason FROM ledger_move ORDER BY id") == [
        (5, "open", "cancelled", "mia", "returned"),
        (6, "cancelled", "open", "mia", "kept after all"),
        (7, "open", "confirmed", "tom", ""),
    ]


def test_a_move_outside_the_table_changes_nothing(order: Place) -> None:
    refused = move(connection, 1, "pay", "mia", "", 5)
    assert isinstance(refused, Refused)
    assert "open" in refused.sentence
    assert isinstance(move(connection, 2, "pay", "mia", "", 5), Refused)
    assert order.one("SELECT count(*) FROM ledger_move") == 0


def test_of_two_moves_from_one_state_one_is_made(order: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both saw the order open; the other was quicker."""
    from clicktrail.control.ledger import moves

    real = moves.after

    def slow(state: str, verb: str) -> str | None:
        order.engine.ledger.run("UPDATE ledger_transaction SET state = ?, revision = revision + 1", ("confirmed",))
        return real(state, verb)

    if order.settings.database:
        monkeypatch.setattr(moves, "after", slow)
        assert isinstance(move(connection, 1, "cancel", "mia", "", 5), Refused)
    else:
        # SQLite has one writer at a time: what was seen under the lock is still so.
        assert isinstance(move(connection, 1, "confirm", "mia", "", 5), Moved)
        assert isinstance(move(connection, 1, "confirm", "tom", "", 5), Refused)
    assert _sums(order, MONEY) == {(1, 10000, 1000)}


def test_an_order_counted_under_other_is_taken_out_of_other(order: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("clicktrail.engine.rollup", "clicktrail.control.ledger.moves"):
        monkeypatch.setattr(f"{module}.MAX_ROWS_OF_VALUES", 1000)
    with order.scribe(2) as scribe:
        scribe.write(*(scribe.click(f"s{n}", ANNA) for n in range(1200)))
        late = scribe.click("late", ANNA)
        scribe.write(late, scribe.order("A-2", scribe.clickid(late)))
    order.catch_up()
    assert order.one("SELECT transactions FROM ledger_rollup_subid WHERE other") == 1
    move(connection, 2, "cancel", "mia", "", 5)
    assert order.one("SELECT transactions FROM ledger_rollup_subid WHERE other") == 0
    assert _sums(order, MONEY) == {(1, 10000, 1000)}
