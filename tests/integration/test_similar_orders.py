"""Two spellings of one order number: never silently two orders, never silently one. On both databases."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.cast import ANNA, CATALOG
from support.desk import desk
from support.ledgers import Place

from clicktrail.core.clickid import Checks
from clicktrail.core.ordernumber import order_number_key
from clicktrail.core.periods import DAY_MS


@pytest.fixture
def checks(ledger: Place) -> Iterator[Checks]:
    with desk(ledger) as made:
        yield made


def calls(ledger: Place, *orders: dict[str, str], together: bool = False) -> list[int]:
    """Orders of Anna's, in one unit of the engine or each in its own; their log numbers."""
    with ledger.scribe() as scribe:
        made = [scribe.order(clickid="", **{"pid": str(ANNA), **order}) for order in orders]
        for event in [] if together else made:
            scribe.write(event)
            ledger.catch_up()
        if together:
            scribe.write(*made)
            ledger.catch_up()
    return [event.id for event in made]


def reasons(ledger: Place, ids: list[int]) -> list[str]:
    return [ledger.one("SELECT reason FROM ledger_postback WHERE id = ?", id) for id in ids]


def tids(ledger: Place) -> list[str]:
    return [row[0] for row in ledger.rows("SELECT tid FROM ledger_transaction ORDER BY number")]


def decide(ledger: Place, call: int, choice: str) -> Any:
    from clicktrail.control.intake import open_intake
    from clicktrail.control.secondlooks import conflicts
    from clicktrail.control.secondlooks.lookups import World

    with open_intake(ledger.settings):
        outcome = conflicts.decide(call, choice, "mona", "asked the shop", World(ledger.settings))
    ledger.catch_up()
    return outcome


@pytest.mark.parametrize("together", [False, True])
def test_another_spelling_waits_for_a_person(ledger: Place, together: bool) -> None:
    found = calls(
        ledger,
        {"tid": "1001"},
        {"tid": "#1001"},
        {"tid": "1001"},
        {"tid": "#1001", "umsatz": "50"},
        {"tid": "1002"},
        {"tid": "Müller-1"},
        {"tid": "Mu\u0308ller-1"},
        {"tid": "MÃ¼ller-1"},
        {"tid": "Möller-1"},
        together=together,
    )
    assert reasons(ledger, found) == [
        "saved", "conflict", "duplicate", "saved", "saved", "saved", "conflict", "conflict", "saved",
    ]  # fmt: skip
    assert tids(ledger) == ["1001", "#1001", "1002", "Müller-1", "Möller-1"]
    row = ledger.rows("SELECT transaction_number, facts FROM ledger_postback WHERE id = ?", found[1])[0]
    assert row[0] == ledger.one("SELECT number FROM ledger_transaction WHERE tid = '1001'")
    assert '"earlier": "1001", "later": "#1001"' in row[1]


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        ({"umsatz": "99"}, "saved"),
        ({"pid": "2"}, "saved"),
        ({"cpid": "3", "produkt": "Sale"}, "not_approved"),
        ({"produkt": "Lead"}, "conflict"),
        ({"produkt": "Lead", "umsatz": ""}, "conflict"),
        ({"status": "cancelled"}, "conflict"),
    ],
)
def test_partner_and_amount_must_agree(ledger: Place, later: dict[str, str], reason: str) -> None:
    found = calls(ledger, {"tid": "A-7"}, {"tid": "a 7", **later})
    assert reasons(ledger, found) == ["saved", reason]


def test_the_clicks_lifetime_is_how_long_it_is_looked_for(ledger: Place) -> None:
    calls(ledger, {"tid": "A-7"}, {"tid": "B-7"})
    for tid, days in (("A-7", 29), ("B-7", 31)):
        statement = "UPDATE ledger_transaction SET created_ms = created_ms - ? WHERE tid = ?"
        ledger.engine.ledger.run(statement, (days * DAY_MS, tid))
    assert reasons(ledger, calls(ledger, {"tid": "a7"}, {"tid": "b7"})) == ["conflict", "saved"]


def test_a_catalog_of_before_knows_no_similar_orders(ledger: Place) -> None:
    ledger.publish(replace(CATALOG, version=2, judging_version=1))
    assert reasons(ledger, calls(ledger, {"tid": "1001"}, {"tid": "#1001"})) == ["saved", "saved"]


def test_a_person_saves_it_as_a_separate_order_and_a_replay_agrees(
    ledger: Place, checks: Checks, tmp_path: Path
) -> None:
    from clicktrail.control.ledger.models import Postback
    from clicktrail.control.secondlooks import conflicts
    from clicktrail.control.secondlooks.lookups import World
    from clicktrail.engine.replay import replay

    first, call = calls(ledger, {"tid": "1001"}, {"tid": "#1001", "umsatz": "100.00"})
    (pair,) = conflicts.pairs(Postback.objects.filter(pk=call), World(ledger.settings))
    assert [(fact.stands, fact.says) for fact in pair.facts if fact.differs] == [("1001", "#1001")]
    assert pair.is_separable and "nothing to correct" in pair.why_not
    assert isinstance(decide(ledger, call, "correct"), str)
    assert tids(ledger) == ["1001"]
    assert not isinstance(decide(ledger, call, "separate"), str)
    assert tids(ledger) == ["1001", "#1001"]
    assert isinstance(decide(ledger, call, "keep"), str)
    again = calls(ledger, {"tid": "#1001"}, {"tid": "1001"}, {"tid": "# 1001"})
    assert reasons(ledger, [first, call, *again]) == ["saved", "conflict", "duplicate", "duplicate", "conflict"]
    report = replay(ledger.settings, tmp_path / "fresh.sqlite")
    assert report.agrees, report.differences
    assert report.transactions == 2


def test_what_has_the_same_number_is_no_separate_order(ledger: Place, checks: Checks) -> None:
    _, call = calls(ledger, {"tid": "1001"}, {"tid": "1001", "umsatz": "50"})
    assert "own order number" in str(decide(ledger, call, "separate"))
    assert tids(ledger) == ["1001"]


def test_a_dry_run_tells_the_same(ledger: Place, checks: Checks) -> None:
    from clicktrail.control.secondlooks.dryrun import Asked, judge_all
    from clicktrail.control.secondlooks.lookups import World

    calls(ledger, {"tid": "1001"})
    order = {"cpid": "1", "pid": str(ANNA), "umsatz": "100"}
    with ledger.scribe() as scribe:
        at_ms = scribe.order("x", "").at_ms
    asked = [Asked({**order, "tid": tid}, at_ms) for tid in ("#1001", "B-1", "b1", "1001", "b1", "1002")]
    found = judge_all(asked, World(ledger.settings))
    assert [each.reason for each in found] == ["conflict", "saved", "conflict", "duplicate", "conflict", "saved"]
    assert found[0].transaction is not None and "nearly equal" in found[0].nearest()


def test_nothing_is_merged_and_nothing_is_lost(ledger: Place) -> None:
    """Any spellings, in any order and any units: each call is saved, or a duplicate, or a conflict; and each
    transaction has the spelling of the call that made it."""
    dice = random.Random(11)
    spellings = ("{}", "#{}", "0{}", "No. {}", " {}", "{}.", "{}-1", "{}1")
    sent = [
        {"tid": dice.choice(spellings).format(dice.randrange(100, 104)), "umsatz": str(dice.choice((10, 20)))}
        for _ in range(120)
    ]
    ids = []
    while sent:
        unit, sent = sent[: (size := dice.randrange(1, 9))], sent[size:]
        ids += calls(ledger, *unit, together=True)
    rows = ledger.rows("SELECT id, tid, amount, reason FROM ledger_postback ORDER BY id")
    saved: dict[str, str] = {}
    for _, tid, amount, reason in rows:
        similar = {amount for other, amount in saved.items() if order_number_key(other) == order_number_key(tid)}
        if tid in saved:
            assert reason == ("duplicate" if saved[tid] == amount else "conflict")
        elif amount in similar:
            assert reason == "conflict"
        else:
            assert reason == "saved"
            saved[tid] = amount
    assert len(rows) == len(ids) == 120
    assert tids(ledger) == list(saved)
