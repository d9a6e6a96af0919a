"""Conflicts: somebody decides, once; a correction goes with history, sums and deliveries."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.cast import ANNA, BERT
from support.desk import desk
from support.ledgers import Place

from clicktrail.core.clickid import Checks


@pytest.fixture
def checks(ledger: Place) -> Iterator[Checks]:
    with desk(ledger) as made:
        yield made


def conflict(ledger: Place, **params: str) -> int:
    """An order of Anna's for 100.00 EUR with subid `spring`, and a later call of it that says something else."""
    with ledger.scribe() as scribe:
        click = scribe.click("spring", ANNA, referrer="https://blog.example/a")
        first = scribe.order("A-1", scribe.clickid(click), umsatz="100.00")
        later = scribe.order("A-1", scribe.clickid(click), **({"umsatz": "80"} | params))
        scribe.write(click, first, later)
    ledger.catch_up()
    assert ledger.one("SELECT reason FROM ledger_postback WHERE id = ?", later.id) == "conflict"
    return later.id


def decide(ledger: Place, call: int, choice: str, actor: str = "mona") -> Any:
    from clicktrail.control.secondlooks import conflicts
    from clicktrail.control.secondlooks.lookups import World

    return conflicts.decide(call, choice, actor, "asked the shop", World(ledger.settings))


def sums(ledger: Place) -> list[tuple[Any, ...]]:
    return ledger.rows(
        "SELECT partner_id, sum(transactions), sum(revenue_minor), sum(commission_minor) FROM ledger_rollup_hour "
        "GROUP BY partner_id HAVING sum(transactions) <> 0 ORDER BY partner_id"
    )


def stands(ledger: Place) -> tuple[Any, ...]:
    rows = ledger.rows(
        "SELECT partner_id, revenue_minor, commission_minor, product, state, revision FROM ledger_transaction"
    )
    return rows[0]


def test_keep_leaves_everything_and_is_remembered(ledger: Place, checks: Checks) -> None:
    from clicktrail.control.secondlooks import conflicts

    call = conflict(ledger)
    before = stands(ledger)
    assert conflicts.count() == 1
    decision = decide(ledger, call, "keep")
    assert (decision.choice, decision.actor, decision.reason) == ("keep", "mona", "asked the shop")
    assert stands(ledger) == before and conflicts.count() == 0
    assert ledger.one("SELECT count(*) FROM ledger_move") == 0


def test_correct_takes_the_calls_word(ledger: Place, checks: Checks) -> None:
    call = conflict(ledger)
    assert sums(ledger) == [(ANNA, 1, 10000, 1000)]
    decide(ledger, call, "correct")
    assert stands(ledger) == (ANNA, 8000, 800, "Sale", "open", 1)
    assert sums(ledger) == [(ANNA, 1, 8000, 800)]
    assert ledger.rows("SELECT actor, reason, call_id, revision FROM ledger_move") == [
        ("mona", "asked the shop", call, 1)
    ]


def test_correct_to_another_partner_moves_the_sums_and_a_replay_agrees(
    ledger: Place, checks: Checks, tmp_path: Path
) -> None:
    from clicktrail.engine.replay import replay

    call = conflict(ledger, pid=str(BERT), nocheck="1", subid="winter")
    decide(ledger, call, "correct")
    assert stands(ledger)[:3] == (BERT, 8000, 800)
    assert sums(ledger) == [(BERT, 1, 8000, 800)]
    assert ledger.one("SELECT subid FROM ledger_transaction") == "winter"
    assert "blog.example/a" not in ledger.one("SELECT changes FROM ledger_move")
    report = replay(ledger.settings, tmp_path / "fresh.sqlite")
    assert report.agrees, report.differences


def test_what_earns_nothing_corrects_nothing(ledger: Place, checks: Checks) -> None:
    from clicktrail.control.secondlooks import conflicts

    call = conflict(ledger, produkt="sale")
    before = stands(ledger)
    told = decide(ledger, call, "correct")
    assert told.startswith(
        "As the order's first call it would earn nothing: Program 1 (Shop) has no commission product"
    )
    assert stands(ledger) == before and conflicts.count() == 1, "nobody has decided anything"


@pytest.mark.parametrize(
    ("verbs", "corrected"),
    [(["confirm"], True), (["cancel"], False)],
)
def test_what_is_settled_is_not_corrected(ledger: Place, checks: Checks, verbs: list[str], corrected: bool) -> None:
    from django.db import connection

    from clicktrail.control.ledger.moves import move

    call = conflict(ledger)
    number = ledger.one("SELECT number FROM ledger_transaction")
    for verb in verbs:
        move(connection, number, verb, "mona", "", 1)
    outcome = decide(ledger, call, "correct")
    assert (stands(ledger)[1] == 8000) == corrected
    assert corrected or "is not corrected" in outcome


def test_the_second_one_is_told(ledger: Place, checks: Checks) -> None:
    call = conflict(ledger)
    decide(ledger, call, "keep")
    told = decide(ledger, call, "correct", "max")
    assert told.startswith(f"The conflict of call {call} was decided already by mona")
    assert stands(ledger)[1] == 10000


def test_of_many_at_once_one_decides(ledger: Place, checks: Checks) -> None:
    from django.db import connection

    call = conflict(ledger)
    outcomes: list[Any] = []

    def one(name: str) -> None:
        try:
            outcomes.append(decide(ledger, call, "correct", name))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(f"p{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(not isinstance(outcome, str) for outcome in outcomes) == 1
    assert all("decided already" in outcome for outcome in outcomes if isinstance(outcome, str))
    assert stands(ledger) == (ANNA, 8000, 800, "Sale", "open", 1) and sums(ledger) == [(ANNA, 1, 8000, 800)]


def test_side_by_side(ledger: Place, checks: Checks) -> None:
    from clicktrail.control.ledger.models import Postback
    from clicktrail.control.secondlooks import conflicts
    from clicktrail.control.secondlooks.lookups import World

    call = conflict(ledger)
    (pair,) = conflicts.pairs([Postback.objects.get(pk=call)], World(ledger.settings))
    found = {fact.name: (fact.stands, fact.says, fact.differs) for fact in pair.facts}
    assert found["Revenue"] == ("100.00 EUR", "80.00 EUR", True)
    assert found["Commission"] == ("10.00 EUR", "8.00 EUR", True)
    assert found["Partner"] == ("7", "7", False)
    assert found["Product"] == ("Sale", "", False), "what a call leaves out does not differ"
    assert pair.why_not == ""


def test_kept_at_once(ledger: Place, checks: Checks) -> None:
    from clicktrail.control.secondlooks import conflicts
    from clicktrail.control.secondlooks.lookups import World

    call = conflict(ledger)
    kept, refused = conflicts.keep_all([call, call, 5], "mona", "tests", World(ledger.settings))
    assert kept == [call] and len(refused) == 2 and refused[1] == "Call 5 is no conflict."


def test_a_call_in_another_currency_is_shown_beside_the_transaction_and_corrects_nothing(
    ledger: Place, checks: Checks
) -> None:
    from clicktrail.control.ledger.models import Postback
    from clicktrail.control.secondlooks import conflicts
    from clicktrail.control.secondlooks.lookups import World

    call, before = conflict(ledger, umsatz="100.00", currency="usd"), stands(ledger)
    (pair,) = conflicts.pairs(Postback.objects.filter(pk=call), World(ledger.settings))
    assert [(fact.name, fact.stands, fact.says) for fact in pair.facts if fact.differs] == [
        ("Revenue", "100.00 EUR", "100.00 USD"),
        ("Currency", "EUR", "USD"),
    ]
    assert "The currency of the call is USD" in pair.why_not
    assert isinstance(decide(ledger, call, "correct"), str)
    assert stands(ledger) == before
