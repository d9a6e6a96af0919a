"""A dry run says what the engine then does, and writes nothing: neither a byte of a journal nor a row."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cast import ANNA, BERT, SHOP
from support.desk import desk
from support.ledgers import Place
from support.scribe import Scribe

from clicktrail.core.access import Proofs
from clicktrail.core.clickid import Checks
from clicktrail.journal.events import Postback
from clicktrail.journal.local import system_ms


@pytest.fixture
def checks(ledger: Place) -> Iterator[Checks]:
    with desk(ledger) as made:
        yield made


def looked(ledger: Place, *calls: dict[str, str], proofs: Proofs | None = None) -> list:
    from clicktrail.control.secondlooks.dryrun import Asked, judge_all
    from clicktrail.control.secondlooks.lookups import World

    world = World(ledger.settings)
    given = {} if proofs is None else {"proofs": proofs}
    return judge_all([Asked({"cpid": str(SHOP)} | call, system_ms(), **given) for call in calls], world)


def everything(ledger: Place) -> tuple:
    """Every byte of the journals, every row of the ledger."""
    files = sorted(ledger.settings.journal_folder.rglob("*.sqlite*"))
    journals = [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    tables = ("click", "postback", "transaction", "move", "rollup_hour", "journal_cursor", "engine_state")
    return journals, [sorted(ledger.rows(f"SELECT * FROM ledger_{table}"), key=repr) for table in tables]


def test_it_says_what_the_engine_then_does(ledger: Place, checks: Checks) -> None:
    with ledger.scribe() as scribe:
        click = scribe.click("spring", ANNA)
        scribe.write(click, scribe.order("OLD", "", pid=str(ANNA)))
        clickid = scribe.clickid(click)
    ledger.catch_up()
    calls = [
        {"tid": "NEW", "clickid": clickid, "umsatz": "95.50"},
        {"tid": "NEW", "clickid": clickid, "umsatz": "95.50"},
        {"tid": "NEW", "clickid": clickid, "umsatz": "90"},
        {"tid": "OLD", "pid": str(ANNA), "umsatz": "100"},
        {"tid": "OLD", "pid": str(ANNA), "umsatz": "99"},
        {"tid": "BERT", "pid": str(BERT), "umsatz": "1"},
        {"tid": "SALE", "clickid": clickid, "produkt": "sale", "umsatz": "1"},
        {"tid": "TYPO", "clickid": clickid[:-1], "umsatz": "1"},
    ]
    before = everything(ledger)
    found = looked(ledger, *calls)
    assert everything(ledger) == before
    with ledger.scribe(2) as other:
        written = [_order(other, **call) for call in calls]
        other.write(*written)
    ledger.catch_up()
    real = dict(ledger.rows("SELECT id, reason FROM ledger_postback"))
    assert [each.reason for each in found] == [real[event.id] for event in written]
    assert found[0].would() == "It would be saved and credited to partner 7 (Anna) with 9.55 EUR."
    assert "Product 'Sale' pays 10 % of 95.50 EUR, so 9.55 EUR." in found[0].story()
    assert "transaction 0" not in " ".join(step for each in found for step in each.story())
    assert (
        found[1].sentence() == "Order 'NEW' was saved before as a transaction with the same facts; nothing was changed."
    )
    assert found[3].transaction == ledger.one("SELECT number FROM ledger_transaction WHERE tid = 'OLD'")
    assert found[6].nearest() == "The product is called 'Sale', you sent 'sale'."
    assert f"The ClickID {clickid} is genuine" in found[7].nearest()


def _order(scribe: Scribe, tid: str, clickid: str = "", **params: str) -> Postback:
    return scribe.order(tid, clickid, **params)


def test_a_click_that_is_in_a_journal_only_is_waited_for(ledger: Place, checks: Checks) -> None:
    with ledger.scribe() as scribe:
        click = scribe.click("spring", ANNA)
        scribe.write(click)
        never = scribe.click("spring", ANNA)
    found = looked(
        ledger,
        {"tid": "A", "clickid": scribe.clickid(click), "umsatz": "1"},
        {"tid": "B", "clickid": scribe.clickid(never), "umsatz": "1"},
    )
    assert [each.reason for each in found] == ["waiting", "unknown_click"]
    assert "its click has not been read yet" in found[0].would()


def test_an_imported_clickid_is_known(ledger: Place, checks: Checks) -> None:
    from clicktrail.control.ledger.models import ImportedClick

    with ledger.scribe() as scribe:
        click = scribe.click("spring", ANNA)
        scribe.write(click)
    ledger.catch_up()
    ImportedClick.objects.create(clickid="other-42", click_id=click.id)
    found = looked(ledger, {"tid": "A", "clickid": "other-42", "umsatz": "1"})[0]
    assert found.award is not None and found.award.partner == ANNA


def test_many_calls_take_no_more_queries_than_one(ledger: Place, checks: Checks) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with ledger.scribe() as scribe:
        clicks = [scribe.click("spring", ANNA) for _ in range(50)]
        scribe.write(*clicks)
    ledger.catch_up()
    counts = []
    for number in (1, 50):
        with CaptureQueriesContext(connection) as seen:
            calls = [
                {"tid": f"A-{place}", "clickid": scribe.clickid(click), "umsatz": "1"}
                for place, click in enumerate(clicks[:number])
            ]
            assert {each.reason for each in looked(ledger, *calls)} == {"saved"}
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_command(ledger: Place, checks: Checks, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from clicktrail.cli import app

    with ledger.scribe() as scribe:
        click = scribe.click("spring", ANNA)
        scribe.write(click)
    ledger.catch_up()
    base = ["judge", "--data", str(ledger.settings.data), "--database", ledger.settings.database]
    address = f"https://track.example/get_trans.cgi?cpid=1&tid=A&clickid={scribe.clickid(click)}&umsatz=95.5"
    told = CliRunner().invoke(app, [*base, address])
    assert told.exit_code == 0, told.output
    assert "It would be saved and credited to partner 7 (Anna) with 9.55 EUR." in told.output
    assert "Nothing was written." in told.output
    told = CliRunner().invoke(app, [*base, "--json", "--body", '{"umsatz": "1e3"}', address])
    assert told.exit_code == 1
    found = json.loads(told.output)
    assert found["reason"] == "bad_amount" and found["nearest"] == "Send it as '1000'."
    assert found["credited"] is None
    late = CliRunner().invoke(app, [*base, "--at", "2099-01-01T00:00:00Z", address])
    assert late.exit_code == 1 and "too late" in late.output
