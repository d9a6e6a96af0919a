"""Part returns of paid transactions in the ledger: entries, sums, history, deliveries, replay, on both databases."""

import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.db import connection
from support.cast import ANNA, BERT, CATALOG, SHOP
from support.ledgers import Place
from support.scribe import Scribe

from clicktrail.control.boot import boot
from clicktrail.control.ledger import moves
from clicktrail.control.ledger.moves import Moved, Refused, move, move_adjustment, reduce
from clicktrail.core import adjustment
from clicktrail.core.lifecycle import VERBS
from clicktrail.core.receivers import TRIGGERS, Receiver
from clicktrail.engine.replay import replay
from clicktrail.journal.events import Postback

ROW = (
    "SELECT revenue_minor, commission_minor, adjusted_revenue_minor, adjusted_commission_minor, state "
    "FROM ledger_transaction WHERE tid = ?"
)
ENTRIES = (
    "SELECT a.revenue_minor, a.commission_minor, a.state FROM ledger_adjustment a "
    "JOIN ledger_transaction t ON t.number = a.transaction_number WHERE t.tid = ? ORDER BY a.revision"
)
ALL_ENTRIES = "SELECT * FROM ledger_adjustment ORDER BY transaction_number, revision"
SUMS = "SELECT sum(transactions), sum(revenue_minor), sum(commission_minor) FROM ledger_rollup_"
RECOUNT = (
    "SELECT count(*), coalesce(sum(revenue_minor + adjusted_revenue_minor), 0), "
    "coalesce(sum(commission_minor + adjusted_commission_minor), 0) FROM ledger_transaction "
    "WHERE state NOT IN ('held', 'cancelled') AND NOT test"
)
LEDGER_SUMS = (
    "SELECT t.number FROM ledger_transaction t LEFT JOIN ledger_adjustment a "
    "ON a.transaction_number = t.number AND a.state <> 'voided' "
    "GROUP BY t.number, t.adjusted_revenue_minor, t.adjusted_commission_minor, t.revenue_minor, t.commission_minor "
    "HAVING coalesce(sum(a.revenue_minor), 0) <> t.adjusted_revenue_minor "
    "OR coalesce(sum(a.commission_minor), 0) <> t.adjusted_commission_minor "
    "OR t.revenue_minor + t.adjusted_revenue_minor < 0 OR t.commission_minor + t.adjusted_commission_minor < 0 "
    "OR t.adjusted_revenue_minor > 0 OR t.adjusted_commission_minor > 0"
)
OF_ONE = "SELECT revision FROM ledger_adjustment WHERE transaction_number = ? ORDER BY revision"
TABLES = ("hour", "day", "month", "program", "subid", "referrer")


@pytest.fixture
def books(ledger: Place) -> Iterator[Place]:
    from dataclasses import replace

    told = (Receiver(1, "postback", ANNA, 0, tuple(TRIGGERS)), Receiver(2, "webhook", 0, SHOP, tuple(TRIGGERS)))
    ledger.publish(replace(CATALOG, receivers=told))
    boot(ledger.settings, "ledger")
    from clicktrail.control.catalog.models import Program

    Program.objects.bulk_create([Program(id=SHOP, name="Shop", currency="EUR", time_zone="Europe/Berlin")])
    ledger.restart()
    yield ledger
    connection.close()


def signed(scribe: Scribe, tid: str, **params: str) -> Postback:
    order = scribe.order(tid, "", pid=str(ANNA), **({"umsatz": ""} | params))
    return msgspec.structs.replace(order, signed_by=1, stamp_ms=order.at_ms)


def say(books: Place, tid: str, **params: str) -> str:
    """A signed call; its reason."""
    with books.scribe() as scribe:
        call = signed(scribe, tid, **params)
        scribe.write(call)
    books.catch_up()
    agree(books)
    return str(books.one("SELECT reason FROM ledger_postback WHERE id = ?", call.id))


def number_of(books: Place, tid: str) -> int:
    return int(books.one("SELECT number FROM ledger_transaction WHERE tid = ?", tid))


def by_hand(books: Place, tid: str, *verbs: str) -> None:
    for verb in verbs:
        with books.scribe() as scribe:
            at_ms = scribe.order("x", "").at_ms
        assert isinstance(move(connection, number_of(books, tid), verb, "mia", "statement 7", at_ms), Moved)
        agree(books)


def paid(books: Place, tid: str, umsatz: str = "100") -> None:
    say(books, tid, umsatz=umsatz)
    by_hand(books, tid, "confirm", "pay")


def agree(books: Place) -> None:
    """Every table of sums says what the rows say, and every row what its entries say."""
    must = tuple(map(int, books.rows(RECOUNT)[0]))
    for table in TABLES:
        found = books.rows(SUMS + table)
        assert tuple(int(n or 0) for n in found[0]) == must, table
    assert books.rows(LEDGER_SUMS) == []


def replayed(books: Place, tmp_path: Path) -> Any:
    report = replay(books.settings, tmp_path / "fresh.sqlite")
    assert (report.differences, report.outside, report.broken) == ([], 0, [])
    return report


def test_a_signed_part_return_is_booked_beside_what_was_paid(books: Place, tmp_path: Path) -> None:
    paid(books, "A-1")
    assert say(books, "A-1", umsatz="80") == "updated"
    assert books.rows(ROW, "A-1") == [(10_000, 1_000, -2_000, -200, "paid")]
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "open")]
    [(number, revision, program, partner, test, actor, call)] = books.rows(
        "SELECT transaction_number, revision, program_id, partner_id, test, actor, call_id FROM ledger_adjustment"
    )
    assert (number, revision, program, partner, bool(test), actor) == (1, 3, SHOP, ANNA, False, "shop, key 1")
    assert call == books.one("SELECT max(id) FROM ledger_postback")
    changes = json.loads(books.one("SELECT changes FROM ledger_move WHERE call_id IS NOT NULL"))
    assert {each["fact"]: (each["earlier"], each["later"]) for each in changes} == {
        "remaining_amount": (10_000, 8_000), "remaining_commission": (1_000, 800),
    }  # fmt: skip
    told = [json.loads(facts) for (facts,) in books.rows("SELECT facts FROM outbox_delivery WHERE \"key\" = 't1.3'")]
    assert len(told) == 2, "partner and shop"
    for facts in told:
        assert (facts["trigger"], facts["status"], facts["revenue_minor"], facts["commission_minor"]) == (
            "changed", "paid", 8_000, 800,
        )  # fmt: skip
    replayed(books, tmp_path)


def test_the_same_call_again_changes_nothing(books: Place) -> None:
    paid(books, "A-1")
    assert [say(books, "A-1", umsatz="80") for _ in range(3)] == ["updated", "duplicate", "duplicate"]
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "open")]


def test_two_part_returns_then_more_again_then_all(books: Place, tmp_path: Path) -> None:
    paid(books, "A-1")
    assert say(books, "A-1", umsatz="80") == "updated"
    assert say(books, "A-1", umsatz="79.95") == "updated"
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "open"), (-5, 0, "open")]
    assert say(books, "A-1", umsatz="90") == "conflict", "more again is for a person to decide"
    assert say(books, "A-1", umsatz="0") == "updated"
    assert books.rows(ROW, "A-1") == [(10_000, 1_000, -10_000, -1_000, "paid")]
    replayed(books, tmp_path)


def test_two_calls_in_one_batch(books: Place) -> None:
    paid(books, "A-1")
    with books.scribe() as scribe:
        calls = [signed(scribe, "A-1", umsatz=umsatz) for umsatz in ("80", "60", "60")]
        calls.append(signed(scribe, "A-1", status="cancelled"))
        scribe.write(*calls)
    books.catch_up()
    agree(books)
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "superseded"), (-2_000, -200, "superseded")]
    assert books.rows(ROW, "A-1") == [(10_000, 1_000, -4_000, -400, "cancelled")]


def test_cancelling_supersedes_and_reopening_restores(books: Place, tmp_path: Path) -> None:
    paid(books, "A-1")
    say(books, "A-1", umsatz="80")
    assert say(books, "A-1", status="cancelled") == "updated"
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "superseded")]
    assert books.rows(RECOUNT)[0][0] == 0
    by_hand(books, "A-1", "reopen")
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "open")]
    assert tuple(map(int, books.rows(RECOUNT)[0])) == (1, 8_000, 800), "what the shop said last, not what was paid"
    assert say(books, "A-1", umsatz="50") == "updated"
    assert tuple(map(int, books.rows(RECOUNT)[0])) == (1, 5_000, 500)
    by_hand(books, "A-1", "confirm", "pay")
    say(books, "A-1", umsatz="40")
    assert tuple(map(int, books.rows(RECOUNT)[0])) == (1, 4_000, 400)
    replayed(books, tmp_path)


def entry(books: Place, tid: str, verb: str, at: int = 0) -> Any:
    number = number_of(books, tid)
    revisions = books.rows(OF_ONE, number)
    with books.scribe() as scribe:
        at_ms = scribe.order("x", "").at_ms
    outcome = move_adjustment(connection, number, revisions[at][0], verb, "mia", "payout 8", at_ms)
    agree(books)
    return outcome


def test_an_adjustment_is_settled_reopened_and_voided_by_hand(books: Place, tmp_path: Path) -> None:
    paid(books, "A-1")
    say(books, "A-1", umsatz="80")
    deliveries = books.one("SELECT count(*) FROM outbox_delivery")
    assert isinstance(entry(books, "A-1", "settle"), Moved)
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "settled")]
    assert books.one("SELECT count(*) FROM outbox_delivery") == deliveries, "nothing that receivers know has changed"
    assert isinstance(entry(books, "A-1", "void"), Refused), "what is settled is reopened first"
    assert isinstance(entry(books, "A-1", "reopen"), Moved)
    assert isinstance(entry(books, "A-1", "void"), Moved)
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "voided")]
    assert books.rows(ROW, "A-1") == [(10_000, 1_000, 0, 0, "paid")]
    assert isinstance(entry(books, "A-1", "void"), Refused)
    assert say(books, "A-1", umsatz="70") == "updated"
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "voided"), (-3_000, -300, "open")]
    assert isinstance(move_adjustment(connection, 1, 99, "void", "mia", "", 1), Refused)
    for verb in ("supersede", "restore", "destroy"):
        assert isinstance(entry(books, "A-1", verb, 1), Refused), "those follow from the transaction alone"
    report = replayed(books, tmp_path)
    assert report.moves == 5
    assert rebuilt_entries(tmp_path) == books.rows(ENTRIES, "A-1")


def rebuilt_entries(tmp_path: Path) -> list[tuple[Any, ...]]:
    from clicktrail.sqlite import sqlite3

    with sqlite3.connect(tmp_path / "fresh.sqlite") as db:
        return db.execute(
            "SELECT revenue_minor, commission_minor, state FROM ledger_adjustment ORDER BY transaction_number, revision"
        ).fetchall()


def test_settled_ones_stay_settled_when_the_rest_is_cancelled(books: Place) -> None:
    paid(books, "A-1")
    say(books, "A-1", umsatz="80")
    entry(books, "A-1", "settle")
    say(books, "A-1", umsatz="70")
    by_hand(books, "A-1", "cancel")
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "settled"), (-1_000, -100, "superseded")]
    assert isinstance(entry(books, "A-1", "reopen"), Refused), "of a cancelled transaction nothing is open"


def test_a_person_reduces_a_paid_one(books: Place, tmp_path: Path) -> None:
    paid(books, "A-1")
    with books.scribe() as scribe:
        at_ms = scribe.order("x", "").at_ms
    assert isinstance(reduce(connection, 1, 8_000, "mia", "came back", at_ms), Moved)
    assert isinstance(reduce(connection, 1, 8_000, "mia", "came back", at_ms), Refused)
    assert isinstance(reduce(connection, 1, 10_000, "mia", "came back", at_ms), Refused)
    assert books.rows("SELECT actor, reason, call_id FROM ledger_adjustment") == [("mia", "came back", None)]
    agree(books)
    assert say(books, "A-1", umsatz="80") == "duplicate"
    replayed(books, tmp_path)


def test_of_two_people_at_once_one_is_told(books: Place) -> None:
    """Each entry is booked for the revision that was seen: never two of the same return."""
    paid(books, "A-1")
    outcomes: list[Any] = []
    start = threading.Barrier(2)

    def press() -> None:
        start.wait(10)
        outcomes.append(reduce(connection, 1, 8_000, "mia", "came back", 1))
        connection.close()

    pressed = [threading.Thread(target=press) for _ in range(2)]
    for thread in pressed:
        thread.start()
    for thread in pressed:
        thread.join(30)
    assert sorted(type(each).__name__ for each in outcomes) == ["Moved", "Refused"]
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "open")]
    agree(books)


def test_somebody_is_quicker_than_the_call(books: Place) -> None:
    """A person books the return between the reading and the writing of the unit: the call is judged again."""
    paid(books, "A-1")
    ledger, moved = books.engine.ledger, []
    true_write = ledger.write

    def late(unit: Any) -> Any:
        if unit.changes and not moved:
            moved.append(reduce(connection, 1, 8_000, "mia", "quicker", unit.applied_ms))
        return true_write(unit)

    ledger.write = late
    say(books, "A-1", umsatz="80")
    assert [type(each) for each in moved] == [Moved]
    assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "open")]


def test_a_conflict_of_a_paid_order_is_corrected_by_an_adjustment(books: Place, tmp_path: Path) -> None:
    from support.desk import desk

    paid(books, "A-1")
    say(books, "A-1", umsatz="80")
    with books.scribe() as scribe:
        more, too_much, other = (
            signed(scribe, "A-1", umsatz="90"), signed(scribe, "A-1", umsatz="130"),
            scribe.order("A-1", "", pid=str(BERT), umsatz="50"),
        )  # fmt: skip
        scribe.write(more, too_much, other)
    books.catch_up()
    with desk(books):
        from clicktrail.control.secondlooks import conflicts
        from clicktrail.control.secondlooks.lookups import World

        world = World(books.settings)
        [pair] = [each for each in conflicts.pairs(conflicts.undecided(), world) if each.call.pk == more.id]
        assert (pair.why_not, "adjustment of 1.00 EUR" in pair.then) == ("", True)
        assert "larger than what was paid" in conflicts.decide(too_much.id, "correct", "mona", "asked", world)
        assert "not corrected" in conflicts.decide(other.id, "correct", "mona", "asked", world)
        assert not isinstance(conflicts.decide(more.id, "correct", "mona", "asked", world), str)
        assert books.rows(ENTRIES, "A-1") == [(-2_000, -200, "open"), (1_000, 100, "open")]
        assert books.rows("SELECT call_id FROM ledger_adjustment ORDER BY revision")[1] == (more.id,)
        agree(books)
        assert isinstance(entry(books, "A-1", "void"), Refused), "110.00 would remain of 100.00"
        replayed(books, tmp_path)


@pytest.mark.parametrize("broken", ["ledger_adjustment", "ledger_move", "ledger_rollup_month"])
def test_all_of_it_is_stored_or_nothing(books: Place, broken: str) -> None:
    paid(books, "A-1")
    before = books.rows(ROW, "A-1"), books.one("SELECT count(*) FROM ledger_move")
    books.engine.ledger.run(f"ALTER TABLE {broken} RENAME TO away")
    try:
        with pytest.raises(Exception, match=f"{broken}|away|column"):
            reduce(connection, 1, 8_000, "mia", "came back", 1)
    finally:
        books.engine.ledger.run(f"ALTER TABLE away RENAME TO {broken}")
    assert (books.rows(ROW, "A-1"), books.one("SELECT count(*) FROM ledger_move")) == before
    assert books.rows(ALL_ENTRIES) == []
    agree(books)


@pytest.mark.parametrize("seed", [3, 11])
def test_whatever_happens_transaction_and_adjustments_say_what_the_shop_said(
    books: Place, tmp_path: Path, seed: int
) -> None:
    """Random calls and moves: sums equal rows after every step, an accepted amount is what remains, a replay agrees."""
    dice = random.Random(seed)
    tids = ["R-0", "R-1", "R-2"]
    for tid in tids:
        paid(books, tid)
    for _ in range(45):
        tid = dice.choice(tids)
        deed = dice.choice(("call", "call", "call", "move", "entry", "reduce", "cancelling call"))
        revenue = dice.randrange(1, 10_001)
        umsatz = f"{revenue // 100}.{revenue % 100:02d}"
        if deed == "call" and say(books, tid, umsatz=umsatz) == "updated":
            base, _, taken, _, _ = books.rows(ROW, tid)[0]
            assert base + taken == revenue
        elif deed == "cancelling call":
            say(books, tid, status="cancelled")
        elif deed == "move":
            with books.scribe() as scribe:
                at_ms = scribe.order("x", "").at_ms
            move(connection, number_of(books, tid), dice.choice(VERBS), "mia", "dice", at_ms)
        elif deed == "reduce":
            with books.scribe() as scribe:
                at_ms = scribe.order("x", "").at_ms
            if isinstance(reduce(connection, number_of(books, tid), revenue, "mia", "dice", at_ms), Moved):
                base, _, taken, _, _ = books.rows(ROW, tid)[0]
                assert base + taken == revenue
        elif deed == "entry" and books.rows(ENTRIES, tid):
            entry(books, tid, dice.choice(adjustment.VERBS), dice.randrange(len(books.rows(ENTRIES, tid))))
        agree(books)
    assert books.one("SELECT count(*) FROM ledger_adjustment") >= 3
    replayed(books, tmp_path)
    assert rebuilt_entries(tmp_path) == books.rows(
        "SELECT revenue_minor, commission_minor, state FROM ledger_adjustment ORDER BY transaction_number, revision"
    )
    assert moves.entry_move([]) is None
