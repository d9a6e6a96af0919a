"""Moves of many: a preview of what changes and why the rest does not, then exactly that; recalculation; jobs."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.office import MANAGER, Office, office, signed_in

LIST = "/ledger/transaction/"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path / "data") as made:
        made.orders("ORDER-1", "ORDER-2", "ORDER-3", "ORDER-4")
        yield made


def of(number: int) -> Any:
    from clicktrail.control.ledger.models import Transaction

    return Transaction.objects.get(pk=number)


def move(desk: Office, verb: str, **fields: Any) -> Any:
    return desk.post(f"{LIST}move/{verb}/", **fields)


def hidden(page: Any) -> dict[str, str]:
    """The fields with which the preview's form is sent."""
    found = re.findall(r'<input type="hidden" name="(numbers|seen|basis|chosen|back)" value="([^"]*)"', page.html)
    return dict(found)


def sums() -> tuple[int, int, int]:
    from django.db.models import Sum

    from clicktrail.control.ledger.models import RollupHour

    row = RollupHour.objects.aggregate(t=Sum("transactions"), r=Sum("revenue_minor"), c=Sum("commission_minor"))
    return row["t"], row["r"], row["c"]


def rate_of_sale(percent_ppm: int) -> None:
    """The product pays something else from now on."""
    from django.conf import settings

    from clicktrail.control.catalog.models import Product
    from clicktrail.control.catalog.publish import publish
    from clicktrail.control.catalog.rates import enter
    from clicktrail.core.catalog import Rate

    enter(Product.objects.get(program_id=1, name="Sale"), None, Rate(percent_ppm=percent_ppm), None, MANAGER)
    publish(settings.CLICKTRAIL)


def test_the_preview_says_what_changes_the_sums_and_what_is_left_out(desk: Office) -> None:
    move(desk, "confirm", numbers="2", reason="kept")
    desk.orders("TEST-1", partner=2)
    page = move(desk, "cancel", n=["1", "2", "5"], back="state=open")
    assert "3 transactions will change." in page.text and "Nothing has been changed yet." in page.text
    assert "Transactions that count EUR 2 0" in page.text, "a test is in no sum"
    assert "Commission EUR 20.00 EUR 0.00 EUR" in page.text
    assert "The partner reads these words in the portal." in page.text
    assert "The partner reads" not in move(desk, "confirm", n=["1"]).text
    page = move(desk, "reopen", n=["1", "2"])
    assert "0 transactions will change." in page.text
    assert "It is open already." in page.text and "only what was cancelled can be reopened" in page.text
    assert 'name="reason"' not in page.html, "there is nothing to do, so nothing to give a reason for"
    assert {of(n).state for n in (1, 3, 4, 5)} == {"open"}


def test_every_line_of_a_preview_as_csv(desk: Office) -> None:
    move(desk, "cancel", numbers="2", reason="back")
    answer = desk.client.post(f"{LIST}move/cancel/", {"numbers": "1,2", "lines": "csv"})
    head, *rows = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    assert [row[0] for row in rows] == ["1", "2"] and "State after" in head
    assert rows[0][3:5] == ["Open", "Cancelled"] and rows[1][-1] == "It is cancelled already."
    assert of(1).state == "open"


def test_all_that_the_filter_finds(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only what is on the page; and not what was not searched for."""
    from clicktrail.control.worklist import bulk

    move(desk, "cancel", numbers="4", reason="back")
    page = move(desk, "confirm", all="1", query="state=open", n=["1"])
    assert hidden(page)["numbers"] == "1,2,3"
    monkeypatch.setattr(bulk, "MAX_BULK", 2)
    monkeypatch.setattr("clicktrail.control.console.moving.MAX_BULK", 2)
    refused = move(desk, "confirm", all="1", query="state=open")
    assert refused.address == LIST and "That is more than 2 at once" in refused.text
    assert "Transactions: none is chosen." in move(desk, "confirm", back="state=open").text
    assert "That is more than 2 at once" in move(desk, "confirm", numbers="1,2,3", reason="by address").text
    assert {of(n).state for n in (1, 2, 3)} == {"open"}


def test_only_what_was_foreseen_is_done(desk: Office) -> None:
    """Somebody cancels and reopens one of them between preview and decision: it is as it was, and yet not the same."""
    asked = hidden(move(desk, "confirm", n=["1", "2"]))
    move(desk, "cancel", numbers="2", reason="wait")
    move(desk, "reopen", numbers="2", reason="it is well")
    done = move(desk, "confirm", **asked, reason="statement 7")
    assert "Transaction 1 was confirmed." in done.text
    assert "Transaction 2 was left as it is. It has changed since the preview; look again." in done.text
    assert (of(1).state, of(2).state) == ("confirmed", "open")


def test_a_recalculation_by_the_rates_of_now_and_of_then(desk: Office) -> None:
    rate_of_sale(200_000)
    then = move(desk, "recalculate", n=["1", "2"])
    now = move(desk, "recalculate", chosen="1,2", look="now")
    assert "0 transactions will change." in then.text and "It has this commission already." in then.text
    assert "2 transactions will change." in now.text and "10.00 EUR → becomes 20.00 EUR" in now.text
    before = sums()
    move(desk, "recalculate", **hidden(now), reason="agreed on the phone")
    row = of(1)
    assert (row.commission_minor, row.percent_ppm, row.revision, row.state) == (2000, 200_000, 1, "open")
    assert sums() == (before[0], before[1], before[2] + 2000)
    assert of(3).commission_minor == 1000
    page = desk.get(f"{LIST}1/change/").text
    assert "commission 10.00 EUR before, 20.00 EUR now" in page and "agreed on the phone" in page


def test_a_rate_entered_later_for_the_orders_time_is_the_rate_of_then(desk: Office) -> None:
    """Agreed for the whole month and entered on its last day; it ends before today."""
    from django.conf import settings

    from clicktrail import catalogfile
    from clicktrail.core.catalog import Rate, TimedRate

    row, kept = of(1), settings.CLICKTRAIL.catalog_folder / catalogfile.CURRENT
    catalog = catalogfile.read(kept)
    timed = (
        TimedRate(7, 1, "Sale", row.created_ms - 1000, Rate(percent_ppm=300_000)),
        TimedRate(7, 1, "Sale", row.created_ms + 1, Rate(percent_ppm=50_000)),
    )
    kept.write_bytes(catalogfile._encoder.encode(type(catalog)(**{**vars_of(catalog), "timed": timed})))
    assert "10.00 EUR → becomes 30.00 EUR" in move(desk, "recalculate", n=["1"]).text
    assert "10.00 EUR → becomes 5.00 EUR" in move(desk, "recalculate", chosen="1", look="now").text


def vars_of(catalog: Any) -> dict[str, Any]:
    from dataclasses import fields

    return {each.name: getattr(catalog, each.name) for each in fields(catalog)}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"state": "paid"}, "It is paid: what was paid stands."),
        ({"state": "cancelled"}, "It is cancelled: it earns nothing. Reopen it first."),
        ({"revenue_minor": None}, "Its rate is a percentage, and it has no revenue."),
        ({"product_id": 999}, "its commission product is not there any more."),
    ],
)
def test_what_is_not_recalculated(desk: Office, change: dict[str, Any], sentence: str) -> None:
    from clicktrail.control.ledger.models import Transaction

    rate_of_sale(200_000)
    Transaction.objects.filter(pk=1).update(**change)
    page = move(desk, "recalculate", chosen="1", look="now")
    assert sentence in page.text and "0 transactions will change." in page.text
    move(desk, "recalculate", numbers="1", basis="now", reason="by address")
    assert of(1).commission_minor == 1000


def test_many_are_a_job_with_progress_that_goes_on_after_an_interruption(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clicktrail.control.worklist import bulk
    from clicktrail.control.worklist.models import BulkMove

    monkeypatch.setattr(bulk, "MAX_WHILE_YOU_WAIT", 2)
    move(desk, "cancel", numbers="4", reason="back")
    page = move(desk, "confirm", numbers="1,2,3,4", reason="statement 8")
    job = BulkMove.objects.get()
    assert page.address == f"{LIST}bulk/{job.pk}/" and "You may leave this page" in page.text
    told = json.loads(desk.client.get(f"{LIST}bulk/{job.pk}/progress/").content)
    assert told == {"busy": True, "phase": "0 of 4 transactions", "percent": 0}
    assert {of(n).state for n in (1, 2, 3)} == {"open"}
    _interrupted_after(2)
    assert [of(n).state for n in (1, 2, 3)] == ["confirmed", "confirmed", "open"]
    BulkMove.objects.update(beat_ms=0)
    assert bulk.work_once() and not bulk.work_once()
    done = desk.get(f"{LIST}bulk/{job.pk}/")
    assert "3 transactions were confirmed." in done.text
    assert "It is cancelled: reopen it first. 1 transaction" in done.text
    assert [of(n).revision for n in (1, 2, 3)] == [1, 1, 1], "none of them twice"


def _interrupted_after(moves: int) -> None:
    """The worker dies with its job claimed, before it could say how far it was."""
    from clicktrail.control.reconcile.progress import claim
    from clicktrail.control.worklist import bulk
    from clicktrail.control.worklist.models import BulkMove

    claimed = claim(BulkMove)
    assert claimed is not None
    job = claimed.job
    order = bulk.Order(job.verb, json.loads(job.chosen)[:moves], job.actor, job.reason)  # type: ignore[union-attr]
    bulk.do(order)


NOT_ANY_MORE = {
    "switched off": ({"is_active": False}, "The account that asked for this was switched off meanwhile"),
    "a reader now": ({"role": "reader"}, "may not change anything any more"),
    "a partner now": ({"role": "partner"}, "was switched off meanwhile"),
    "of another program": ({"programs": [5]}, "It is of a program that was taken from the account"),
}


@pytest.mark.parametrize("case", NOT_ANY_MORE)
@pytest.mark.parametrize("after", [0, 2], ids=["before it runs", "between portions"])
def test_a_job_stops_where_its_sender_may_not_do_it_any_more(
    desk: Office, monkeypatch: pytest.MonkeyPatch, case: str, after: int
) -> None:
    from clicktrail.control.accounts.models import Account
    from clicktrail.control.ledger import moves
    from clicktrail.control.worklist import bulk
    from clicktrail.control.worklist.models import BulkMove

    change, sentence = NOT_ANY_MORE[case]
    max_ = Account.objects.create_user("max", password="unused", is_staff=True, role="manager", programs=[1])
    seen = [(n, 0) for n in (1, 2, 3, 4)]
    job = bulk.queue(bulk.Order("confirm", seen, "max", "statement 9"), max_.pk)
    monkeypatch.setattr(bulk, "CHUNK_ROWS", 2)
    made, real = [], moves.change

    def lose_rights() -> None:
        Account.objects.filter(pk=max_.pk).update(**change)

    def moved(*args: Any) -> Any:
        made.append(real(*args))
        if len(made) == after:
            lose_rights()
        return made[-1]

    monkeypatch.setattr(moves, "change", moved)
    if not after:
        lose_rights()
    assert bulk.work_once() and not bulk.work_once()
    assert [of(n).state for n in (1, 2, 3, 4)] == ["confirmed"] * after + ["open"] * (4 - after)
    page = desk.get(f"{LIST}bulk/{job.pk}/").text
    assert sentence in page and f"{after} transactions were confirmed." in page
    assert BulkMove.objects.get().state != "running"


def test_a_reader_sees_no_actions_and_does_none(desk: Office) -> None:
    from clicktrail.control.accounts.models import Account

    reader = Account.objects.create_user("rita", password="unused", is_staff=True, role="reader")
    with signed_in(desk.settings, reader) as rita:
        for page in (rita.get(LIST), rita.get(f"{LIST}1/change/")):
            assert page.status == 200 and "ORDER-1" in page.text and "/move/" not in page.html
        assert rita.get(f"{LIST}move/confirm/", numbers="1").status == 403
        assert move(rita, "confirm", numbers="1", reason="may I").status == 403
        assert rita.get(f"{LIST}by-hand/").status == 403
    assert of(1).state == "open"


def test_what_one_may_not_see_one_does_not_move(desk: Office) -> None:
    from clicktrail.control.accounts.models import Account

    other = Account.objects.create_user("yuki", password="unused", is_staff=True, role="manager", programs=[5])
    with signed_in(desk.settings, other) as yuki:
        assert "0 transactions will change." in move(yuki, "confirm", numbers="1").text
        move(yuki, "confirm", numbers="1,2", reason="by address")
    assert of(1).state == "open"
