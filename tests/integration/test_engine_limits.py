"""The engine at its limits, on both databases: texts longer than a column, units, waiting calls, kept values."""

import json
import time

import pytest
from support.cast import ANNA
from support.ledgers import Place

from clicktrail.engine import loop, rollup, run
from clicktrail.engine.ledger import Trouble
from clicktrail.errors import LedgerError

LONG = "ä" * 5000


def test_a_text_longer_than_its_column_is_cut_there_and_whole_among_the_parameters(ledger: Place) -> None:
    sent = {name: f"{name}{LONG}" for name in ("cpid", "tid", "pid", "subid", "wmid", "produkt", "umsatz")}
    with ledger.scribe() as scribe:
        scribe.write(*(scribe.order("A-1", "", **{name: text}) for name, text in sent.items() if name != "tid"))
        scribe.write(scribe.order(sent["tid"], LONG), scribe.order("A-2", "", pid=str(ANNA)))
    ledger.catch_up()
    assert ledger.reasons() == {"bad_call": 6, "no_attribution": 1, "saved": 1}
    assert ledger.one("SELECT count(*) FROM ledger_set_aside") == 0
    columns = ("tid", "clickid", "pid", "subid", "wmid", "product", "amount")
    assert {ledger.one(f"SELECT max(length({column})) FROM ledger_postback") for column in columns} == {255}
    kept = [json.loads(row[0]) for row in ledger.rows("SELECT params FROM ledger_postback")]
    assert all(any(params.get(name) == text for params in kept) for name, text in sent.items())


def test_a_referrers_host_without_end_is_cut(ledger: Place) -> None:
    with ledger.scribe() as scribe:
        click = scribe.click("s" * 255, ANNA, referrer=f"https://{'h' * 2000}/")
        scribe.write(click, scribe.order("A-1", scribe.clickid(click)))
    ledger.catch_up()
    assert ledger.reasons() == {"saved": 1}
    for table, column in (("click", "referrer_host"), ("transaction", "referrer_host"), ("rollup_referrer", "host")):
        assert ledger.one(f"SELECT max(length({column})) FROM ledger_{table}") == 255


def test_a_unit_has_an_end(ledger: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "MIN_LIMIT", 5)
    monkeypatch.setattr(loop, "MAX_LIMIT", 10)
    ledger.engine.limit = 10
    with ledger.scribe() as scribe:
        for n in range(50):
            scribe.write(scribe.click(str(n), ANNA), scribe.click(str(n), ANNA))
    steps = []
    while (progress := ledger.engine.step()).moved:
        steps.append(progress.events)
    assert sum(steps) == 100
    assert max(steps) <= 11, "one row may go beyond it"


def test_many_who_waited_are_judged_in_portions(ledger: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their clicks come late, in one row: not all of them in one unit."""
    monkeypatch.setattr(loop, "MAX_READY", 3)
    with ledger.scribe(1) as far, ledger.scribe(2) as near:
        far.write(far.click("before", ANNA))
        ledger.catch_up()
        torn = ledger.settings.journal_folder / "0001" / f"1600000000000-{'e' * 32}.sqlite"
        torn.write_bytes(b"no journal")
        late = [far.click(str(n), ANNA) for n in range(10)]
        near.write(*(near.order(f"A-{n}", near.clickid(click)) for n, click in enumerate(late)))
        ledger.catch_up()
        assert ledger.reasons() == {"waiting": 10}
        far.write(*late)
        portions = []
        while (progress := ledger.engine.step()).moved:
            portions.append(len(progress.final))
        torn.unlink()
        ledger.catch_up()
    assert ledger.reasons() == {"saved": 10}
    assert max(portions) <= 3


def test_values_that_memory_lets_go_are_read_from_the_ledger(ledger: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollup, "MAX_KEPT_VALUES", 5)
    with ledger.scribe() as scribe:
        for _ in range(3):
            scribe.write(*(scribe.click(f"s{n}", ANNA) for n in range(20)))
            ledger.catch_up()
    assert ledger.rows("SELECT count(*), sum(clicks_gross) FROM ledger_rollup_subid") == [(20, 60)]


def test_once_gives_up_on_a_ledger_that_stays_away(ledger: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PATIENCE_ONCE_S", 0.2)
    ledger.engine.close()
    engine = run.build(ledger.settings)

    def away() -> None:
        raise Trouble("nobody answers")

    monkeypatch.setattr(engine.ledger, "connect", away)
    monkeypatch.setattr(run.signal, "signal", lambda *_: None)
    began_s = time.monotonic()
    with pytest.raises(LedgerError, match="nobody answers"):
        run.Process(ledger.settings, engine).run(once=True)
    assert time.monotonic() - began_s < 20
