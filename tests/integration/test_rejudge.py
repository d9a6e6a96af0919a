"""Discarded calls judged again: the preview is true, what was saved stays as it is, both verdicts stay in the log."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.cast import ANNA, BERT, CATALOG, SHOP
from support.desk import desk
from support.ledgers import Place

from clicktrail.core.catalog import Approval
from clicktrail.core.clickid import Checks
from clicktrail.core.periods import DAY_MS
from clicktrail.settings import IMPORT_NODE

MENDED = replace(CATALOG, version=2, approvals=(*CATALOG.approvals, Approval(BERT, SHOP, "*")))


@pytest.fixture
def checks(ledger: Place) -> Iterator[Checks]:
    with desk(ledger) as made:
        yield made


def preview(ledger: Place, **chosen: Any) -> Any:
    from clicktrail.control.secondlooks import again
    from clicktrail.control.secondlooks.lookups import World

    return again.preview(again.Filter(**chosen), World(ledger.settings))


def apply(ledger: Place, **chosen: Any) -> Any:
    from clicktrail.control.intake import Intake
    from clicktrail.control.secondlooks import again
    from clicktrail.control.secondlooks.lookups import World

    with closing(Intake(ledger.settings, IMPORT_NODE)) as intake:
        row = again.apply(again.Filter(**chosen), World(ledger.settings), intake, "mona")
    ledger.catch_up()
    return row


def calls(ledger: Place, *orders: dict[str, str]) -> list[int]:
    with ledger.scribe() as scribe:
        made = [scribe.order(order["tid"], "", **{k: v for k, v in order.items() if k != "tid"}) for order in orders]
        scribe.write(*made)
    ledger.catch_up()
    return [event.id for event in made]


def unapproved(ledger: Place) -> list[int]:
    """Two calls of order A, one of B, none of which Bert may earn anything for; and one of Anna's that was saved."""
    return calls(
        ledger,
        {"tid": "A", "pid": str(BERT), "umsatz": "100", "note": "secret of the buyer"},
        {"tid": "A", "pid": str(BERT), "umsatz": "90"},
        {"tid": "B", "pid": str(BERT), "umsatz": "50"},
        {"tid": "GOOD", "pid": str(ANNA), "umsatz": "10"},
        {"tid": "NOBODY"},
    )


def rows_before(ledger: Place, ids: list[int]) -> list[tuple[Any, ...]]:
    transactions = ledger.rows("SELECT * FROM ledger_transaction WHERE tid = 'GOOD'")
    return [*transactions, *ledger.rows(f"SELECT * FROM ledger_postback WHERE id <= {max(ids)} ORDER BY id")]


def test_the_preview_is_true_and_what_was_saved_stays(ledger: Place, checks: Checks) -> None:
    ids = unapproved(ledger)
    assert not preview(ledger).saved
    ledger.publish(MENDED)
    found = preview(ledger)
    assert [(line.call.reason, line.looked.reason) for line in found.lines] == [
        ("not_approved", "saved"),
        ("not_approved", "conflict"),
        ("not_approved", "saved"),
        ("no_attribution", "no_attribution"),
    ]
    assert found.sums() == [("EUR", "150.00 EUR", "15.00 EUR")]
    before = rows_before(ledger, ids)
    row = apply(ledger)
    assert rows_before(ledger, ids) == before, "neither the old lines nor what was saved have changed"
    pairs = json.loads(row.calls)
    assert [call for call, _ in pairs] == [ids[0], ids[2]]
    for (call, copy), revenue in zip(pairs, (10000, 5000), strict=True):
        again, arrived, source, actor, number = ledger.rows(
            "SELECT again_id, arrived_ms, source, actor, transaction_number FROM ledger_postback WHERE id = ?", copy
        )[0]
        original = ledger.one("SELECT at_ms FROM ledger_postback WHERE id = ?", call)
        assert (again, arrived, source, actor) == (call, original, "again", "mona")
        assert ledger.rows("SELECT revenue_minor, created_ms FROM ledger_transaction WHERE number = ?", number) == [
            (revenue, original)
        ]


def test_a_second_time_nothing_is_offered_and_a_copy_made_meanwhile_creates_nothing(
    ledger: Place, checks: Checks
) -> None:
    from clicktrail.control.intake import Intake
    from clicktrail.control.secondlooks import again
    from clicktrail.control.secondlooks.lookups import World

    ids = unapproved(ledger)
    ledger.publish(MENDED)
    world = World(ledger.settings)
    with closing(Intake(ledger.settings, IMPORT_NODE)) as intake:
        rows = [again.apply(again.Filter(reason="not_approved"), world, intake, who) for who in ("mona", "max")]
    ledger.catch_up()
    assert ledger.reasons() | {"no_attribution": 0} == {
        "saved": 3, "duplicate": 2, "not_approved": 3, "no_attribution": 0,
    }  # fmt: skip
    first, second = map(again.progress, rows)
    assert first.done and dict(first.verdicts) == {"saved": 2}
    assert second.done and dict(second.verdicts) == {"duplicate": 2}
    assert [line.call.pk for line in preview(ledger).lines] == [ids[1], ids[4]]


@pytest.mark.parametrize(
    ("chosen", "tids"),
    [
        ({"reason": "no_attribution"}, ["NOBODY"]),
        ({"program": 3}, []),
        ({"partner": BERT}, ["A", "A", "B"]),
        ({"text": "nob"}, ["NOBODY"]),
        ({"until_ms": 1_600_000_000_000}, []),
        ({"since_ms": 1_600_000_000_000}, ["A", "A", "B", "NOBODY"]),
    ],
)
def test_the_filter(ledger: Place, checks: Checks, chosen: dict[str, Any], tids: list[str]) -> None:
    unapproved(ledger)
    assert [line.call.tid for line in preview(ledger, **chosen).lines] == tids


def test_only_so_many_at_a_time(ledger: Place, checks: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.secondlooks import again

    unapproved(ledger)
    monkeypatch.setattr(again, "MAX_REJUDGED", 2)
    found = preview(ledger)
    assert (found.matched, found.more, len(found.lines)) == (2, True, 2)


def test_the_order_happened_when_its_first_call_came(ledger: Place, checks: Checks) -> None:
    """A click that was young enough then has not grown too old by waiting for somebody to mend a fault."""
    import msgspec

    from clicktrail.core.clickid import NODE_SHIFT, first_id

    with ledger.scribe() as scribe:
        made = scribe.click("x", BERT)
        late_ms = made.at_ms - 50 * DAY_MS
        click = msgspec.structs.replace(made, id=first_id(late_ms) | 1 << NODE_SHIFT, at_ms=late_ms)
        clickid = checks.text(click.id, checks.tail(click.id))
        order = msgspec.structs.replace(scribe.order("OLD", clickid), arrived_ms=late_ms + DAY_MS)
        scribe.write(click, order)
    ledger.catch_up()
    assert ledger.reasons() == {"not_approved": 1}
    ledger.publish(MENDED)
    apply(ledger)
    assert ledger.one("SELECT created_ms FROM ledger_transaction WHERE tid = 'OLD'") == late_ms + DAY_MS


def test_both_lines_name_each_other(ledger: Place, checks: Checks) -> None:
    from clicktrail.control.ledger import story, trace

    (call, *_) = unapproved(ledger)
    ledger.publish(MENDED)
    ((_, copy), *_) = json.loads(apply(ledger).calls)
    told = "\n".join(story.lines(story.tell(trace.look_up("A", checks), "QC")))
    assert f"by mona as call {copy}: Saved as transaction" in told
    assert f"by mona: call {call}, which arrived" in told


def test_a_copy_holds_nothing_that_a_verdict_does_not_need(ledger: Place, checks: Checks) -> None:
    """What is cut after its time is not there once more, with a later time."""
    unapproved(ledger)
    ledger.publish(MENDED)
    ((_, copy), *_) = json.loads(apply(ledger).calls)
    params, ip, agent = ledger.rows("SELECT params, ip, user_agent FROM ledger_postback WHERE id = ?", copy)[0]
    assert json.loads(params) == {"cpid": "1", "tid": "A", "clickid": "", "pid": str(BERT), "umsatz": "100"}
    assert ip is None and agent is None


def test_forgetting_takes_the_copy_along(ledger: Place, checks: Checks) -> None:
    """Also where nothing but the copy itself says whose it is."""
    from clicktrail.control.ledger import forget

    (call, *_) = unapproved(ledger)
    ledger.publish(MENDED)
    ((_, copy), *_) = json.loads(apply(ledger).calls)
    for one, other in ((call, copy), (copy, call)):
        subject = forget.Subject(calls={one})
        forget.widen(subject)
        assert other in subject.calls
    with ledger.scribe(3) as scribe:
        event = scribe.order("", "")
    again = replace_again(event, call)
    assert forget.belongs(again, forget.Subject(calls={call}), checks)


def replace_again(event: Any, call: int) -> Any:
    import msgspec

    return msgspec.structs.replace(event, again=call)


def test_a_replay_agrees(ledger: Place, checks: Checks, tmp_path: Path) -> None:
    from clicktrail.engine.replay import replay

    unapproved(ledger)
    ledger.publish(MENDED)
    apply(ledger)
    report = replay(ledger.settings, tmp_path / "fresh.sqlite")
    assert report.agrees, report.differences
    assert report.transactions == 3


def test_what_the_house_handed_in_keeps_its_word(ledger: Place, checks: Checks) -> None:
    """A call by hand needed no proof then, and needs none now; one without proof still needs it."""
    from clicktrail.control.intake import Intake
    from clicktrail.core.access import Access

    closed = replace(CATALOG.programs[SHOP], access=Access(signed=True))
    shut = replace(CATALOG, version=2, programs={**CATALOG.programs, SHOP: closed})
    ledger.publish(shut)
    params = {"cpid": "1", "pid": str(BERT), "umsatz": "5"}
    with closing(Intake(ledger.settings, IMPORT_NODE)) as intake:
        intake.hand_in(params | {"tid": "HAND"}, "console", "mona", 2)
    ledger.catch_up()
    calls(ledger, {"tid": "SHOP", "pid": str(ANNA)})
    assert ledger.reasons() == {"not_approved": 1, "unauthorized": 1}
    ledger.publish(replace(shut, version=3, approvals=MENDED.approvals))
    apply(ledger)
    assert ledger.rows("SELECT tid, trusted FROM ledger_transaction") == [("HAND", True)]


def test_the_command(ledger: Place, checks: Checks) -> None:
    from typer.testing import CliRunner

    from clicktrail.cli import app

    unapproved(ledger)
    ledger.publish(MENDED)
    command = ["rejudge", "--data", str(ledger.settings.data), "--database", ledger.settings.database]
    told = CliRunner().invoke(app, [*command, "--reason", "not_approved"])
    assert told.exit_code == 0, told.output
    assert "3 discarded calls match; 2 of them would be saved." in told.output
    assert "2 x not_approved -> saved" in told.output and "Nothing was written." in told.output
    assert ledger.one("SELECT count(*) FROM secondlooks_rejudging") == 0
    told = CliRunner().invoke(app, [*command, "--json", "--apply", "--yes"])
    assert json.loads(told.output)["applied"]["total"] == 2
    ledger.catch_up()
    assert ledger.one("SELECT count(*) FROM ledger_transaction") == 3
    assert CliRunner().invoke(app, [*command, "--reason", "nonsense"]).exit_code != 0
