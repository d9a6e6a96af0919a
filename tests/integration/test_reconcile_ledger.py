"""Reconciling on both databases: the log's causes, the jobs, their interruption, and the speed of it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.desk import desk
from support.ledgers import Place

from clicktrail.control.reconcile.sentences import tell


@pytest.fixture
def place(ledger: Place) -> Iterator[Place]:
    with desk(ledger):
        yield ledger


def order(place: Place, tid: str, **params: str) -> None:
    """Of a click on Anna's link, where no `pid` says otherwise."""
    with place.scribe() as scribe:
        click = scribe.click(partner=7)
        clickid = "" if "pid" in params else scribe.clickid(click)
        scribe.write(click, scribe.order(tid, clickid, **params))
    place.catch_up()


def stored(text: str, program: int = 1, **places: int):  # type: ignore[no-untyped-def]
    from clicktrail.control.reconcile import storing
    from clicktrail.control.reconcile.columns import Columns

    list_ = storing.store(program, "orders.csv", text.encode(), "mona")
    form = Columns(places or json.loads(list_.columns), list_.has_header)
    storing.start(list_, form, None, None)
    return list_


def compared(text: str, **places: int):  # type: ignore[no-untyped-def]
    from clicktrail.control.reconcile.work import work_once

    list_ = stored(text, **places)
    assert work_once()
    list_.refresh_from_db()
    assert list_.state == "done", list_.problem
    return list_


def told(list_) -> dict[str, tuple[str, str]]:  # type: ignore[no-untyped-def]
    from clicktrail.control.reconcile.models import Line

    rows = Line.objects.filter(list_id=list_.pk).order_by("pk").values_list("order", "kind", "cause")
    return {order: (kind, cause) for order, kind, cause in rows}


def test_the_log_says_why(place: Place) -> None:
    order(place, "A-1")
    order(place, "A-2", produkt="sale")
    order(place, "A-3", cpid="3", produkt="Lead", pid="8")
    order(place, "a-4")
    order(place, "A-5", umsatz="90")
    order(place, "A-5", umsatz="100")
    order(place, "A-6", produkt="Lead", umsatz="")
    order(place, "A-7", umsatz="x")
    list_ = compared("tid;umsatz\n" + "".join(f"A-{n};100\n" for n in range(1, 9)))
    assert told(list_) == {
        "A-1": ("matched", ""),
        "A-2": ("missing", "unknown_product"),
        "A-3": ("missing", "other_program"),
        "A-4": ("missing", "near_order"),
        "A-5": ("amount", "second_call"),
        "A-6": ("matched", ""),
        "A-7": ("missing", "bad_amount"),
        "A-8": ("missing", "no_call"),
    }


def test_the_period_is_the_programs_and_tests_are_left_out(place: Place) -> None:
    """2026-03-31 22:30 UTC is the first of April in Berlin."""
    for n in range(1, 6):
        order(place, f"A-{n}")
    order(place, "TEST", pid="2")
    times = {"A-1": 1_774_996_200_000, "A-2": 1_775_037_600_000, "A-3": 1_774_990_000_000, "A-4": 1_774_996_199_999}
    for tid, ms in (times | {"TEST": times["A-2"]}).items():
        place.engine.ledger.run("UPDATE ledger_transaction SET created_ms = ? WHERE tid = ?", (ms, tid))
    list_ = compared("tid;umsatz;day\nA-1;100;2026-04-01\nZ-1;1;2026-04-01\n")
    assert told(list_) == {"A-1": ("matched", ""), "Z-1": ("missing", "no_call"), "A-2": ("unknown", "only_here"),
                           "A-4": ("unknown", "edge")}  # fmt: skip


def test_numbers_are_orders_or_transactions(place: Place) -> None:
    for tid in ("500", "1", "700"):
        order(place, tid)
    mixed = compared("500;100\n3;100\n1;100\n")
    assert told(mixed) == dict.fromkeys(("500", "3", "1"), ("matched", ""))
    said = tell(json.loads(mixed.summary)["notes"][0])
    assert said.startswith("1 numbers of the list are order numbers and, of other orders, transaction numbers")
    as_numbers = compared("2;100\n1;50\n", number=0, umsatz=1)
    assert told(as_numbers) == {"2": ("matched", ""), "1": ("amount", "less")}


def test_a_list_is_compared_with_few_questions(place: Place) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from clicktrail.control.reconcile.work import work_once

    order(place, "A-1")
    with CaptureQueriesContext(connection) as few:
        stored("tid;umsatz\nA-1;100\nB-1;1\n")
        work_once()
    with CaptureQueriesContext(connection) as many:
        stored("tid;umsatz\nA-1;100\n" + "".join(f"B-{n};1\n" for n in range(400)))
        work_once()
    assert len(many) - len(few) <= 12, "a query for 500 lines, not for each"


def test_a_comparison_that_was_interrupted_begins_again(place: Place) -> None:
    from clicktrail.control.reconcile import compare, progress
    from clicktrail.control.reconcile.models import Line, Reconciliation
    from clicktrail.control.reconcile.work import work_once

    order(place, "A-1")
    list_ = stored("tid;umsatz\nA-1;100\nA-2;100\n")
    first = progress.claim(Reconciliation)
    assert first and progress.claim(Reconciliation) is None, "one job, one worker"
    compare.run(first)
    # As if the process had ended after its last line, before it said so.
    Reconciliation.objects.filter(pk=list_.pk).update(state="running", beat_ms=0)
    assert work_once()
    list_.refresh_from_db()
    assert (list_.state, list_.attempts, Line.objects.filter(list_id=list_.pk).count()) == ("done", 2, 2)
    with pytest.raises(progress.Lost):
        first.step("late", 1, 1)


def test_a_job_that_always_ends_its_worker_is_given_up(place: Place) -> None:
    from clicktrail.control.reconcile import progress
    from clicktrail.control.reconcile.models import Reconciliation

    list_ = stored("tid;umsatz\nA-1;100\n")
    for _ in range(progress.MOST_TRIES):
        assert progress.claim(Reconciliation)
        Reconciliation.objects.update(beat_ms=0)
    assert progress.claim(Reconciliation) is None
    list_.refresh_from_db()
    assert list_.state == "failed" and "interrupted 3 times" in tell(list_.problem)


def test_moves_go_on_where_they_were(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.reconcile import acting, progress
    from clicktrail.control.reconcile.acting import Chosen
    from clicktrail.control.reconcile.models import Action
    from clicktrail.control.reconcile.work import work_once

    monkeypatch.setattr(acting, "CHUNK", {})
    for n in range(4):
        order(place, f"A-{n}")
    list_ = compared("tid;umsatz\n" + "".join(f"A-{n};100\n" for n in range(4)))
    action = acting.queue(list_, "cancel", Chosen(("matched",)), "mona")
    real, seen = acting._do, []

    def dies(*args: object) -> object:
        seen.append(args)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(acting, "_do", dies)
    claimed = progress.claim(Action)
    assert claimed
    with pytest.raises(KeyboardInterrupt):
        acting.run(claimed)
    assert place.one("SELECT count(*) FROM ledger_transaction WHERE state = 'cancelled'") == 2
    monkeypatch.setattr(acting, "_do", real)
    Action.objects.update(beat_ms=0)
    assert work_once()
    action.refresh_from_db()
    assert (action.state, action.done, action.moved, action.unchanged) == ("done", 4, 4, 0)
    assert place.one("SELECT count(*) FROM ledger_move") == 4, "none was moved twice"


def test_previews_keep_their_word_and_sums_follow(place: Place) -> None:
    from clicktrail.control.reconcile import acting
    from clicktrail.control.reconcile.acting import Chosen
    from clicktrail.control.reconcile.work import work_once

    for n in range(3):
        order(place, f"A-{n}")
    order(place, "LEAD", produkt="Lead", umsatz="50")
    list_ = compared("A-0;33,33\nA-1;0\nA-2;100\nLEAD;10\n")
    chosen = Chosen(("matched", "amount"))
    preview = acting.preview(list_.pk, "part-cancel", chosen)
    acting.queue(list_, "part-cancel", chosen, "mona")
    assert work_once()
    sums = "SELECT coalesce(sum(transactions), 0), coalesce(sum(revenue_minor), 0), coalesce(sum(commission_minor), 0)"
    real = place.rows(f"{sums} FROM ledger_rollup_hour")[0]
    assert tuple(map(int, real)) == (
        preview.after.transactions,
        preview.after.revenue_minor,
        preview.after.commission_minor,
    )
    assert preview.before.revenue_minor == 35_000 and (preview.changed, preview.unchanged) == (3, 1)
    again = acting.preview(list_.pk, "part-cancel", chosen)
    assert (again.changed, again.unchanged, again.before) == (0, 4, preview.after)


def test_the_command_compares_and_applies(place: Place, tmp_path: Path) -> None:
    for n in range(3):
        order(place, f"A-{n}")
    file = tmp_path / "orders.csv"
    file.write_text("Nummer,Wert\nA-0,100\nA-1,84.03\nB-0,1\n")
    asked = ("reconcile", str(file), "--program", "1", "--map", "tid=Nummer,umsatz=2")
    seen = json.loads(_run(place, *asked, "--json"))
    assert {kind: sums["lines"] for kind, sums in seen["classes"].items() if sums["lines"]} == {
        "matched": 1, "amount": 1, "missing": 1,
    }  # fmt: skip
    assert re.search(r"Amount differs +1 +84.03 +100.00 +10.00 EUR", _run(place, *asked))
    lines = _run(place, *asked, "--csv").splitlines()
    assert lines[0].startswith("line,order,class,cause") and lines[2].startswith("3,A-1,amount,vat_here,")
    waits = _run(place, *asked, "--apply", "part-cancel", code=1)
    assert "Part-cancel: 1 of 1 transactions would change" in waits and "84.03 EUR after" in waits
    done = _run(place, *asked, "--apply", "part-cancel", "--yes")
    assert "1 transactions were moved, 0 were so already, 0 were refused." in done
    assert place.one("SELECT revenue_minor FROM ledger_transaction WHERE tid = 'A-1'") == 8_403
    assert place.one("SELECT reason FROM ledger_move") == "Reconciled with orders.csv"


@pytest.mark.parametrize("ledger", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nowhere.csv", "--program", "1"), "nowhere.csv cannot be read: No such file"),
        (("{file}", "--program", "77"), "There is no program 77"),
        (("{file}", "--program", "1", "--map", "x=1"), "'x' is nothing that a column can be"),
        (("{file}", "--program", "1", "--from", "soon"), "--from 'soon' is no day"),
        (("{file}", "--program", "1", "--apply", "confirm", "--class", "doubled"), "no class that can be moved"),
    ],
)
def test_the_command_says_what_is_wrong(place: Place, tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("tid;umsatz\nA-1;5\n")
    assert sentence in _run(place, "reconcile", *(word.format(file=file) for word in words), code=2)


def _run(place: Place, *words: str, code: int = 0) -> str:
    database = ("--database", place.settings.database) if place.settings.database else ()
    ended = subprocess.run(
        [sys.executable, "-m", "clicktrail", *words, "--data", str(place.settings.data), *database],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ended.returncode == code, ended.stderr
    return ended.stdout if code < 2 else ended.stderr
