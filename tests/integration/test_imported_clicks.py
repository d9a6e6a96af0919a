"""Clicks of another system: once each, known by its ClickIDs, looked up before form and check, on both databases."""

from pathlib import Path

import pytest
from support.cast import ANNA, BERT, TESTER
from support.ledgers import Place

from clicktrail.core.periods import DAY_MS
from clicktrail.engine.loop import now_ms
from clicktrail.engine.replay import replay
from clicktrail.engine.sql_sqlite import SqliteLedger
from clicktrail.journal.events import Click

CALL = "SELECT reason, click_id FROM ledger_postback WHERE tid = ?"
GROSS = "SELECT coalesce(sum(clicks_gross), 0) FROM ledger_rollup_hour"
NODE = 1001


def _import(ledger: Place, *clickids: str, days: int = 3, partner: int = ANNA) -> list[Click]:
    with ledger.scribe(NODE) as importer:
        clicks = [
            importer.click("s", partner, clickid=text, at_ms=now_ms() - days * DAY_MS, user_agent="Googlebot/2.1")
            for text in clickids
        ]
        importer.write(*clicks)
    ledger.catch_up()
    return clicks


def _order(ledger: Place, tid: str, clickid: str, **params: str) -> tuple[str, int | None]:
    with ledger.scribe(1) as edge:
        edge.write(edge.order(tid, clickid, **params))
    ledger.catch_up()
    reason, click = ledger.rows(CALL, tid)[0]
    return reason, click


def test_an_order_with_an_imported_clickid_is_the_partners(ledger: Place) -> None:
    click = _import(ledger, "aff_4711-ÄÖ")[0]
    assert _order(ledger, "A-1", "aff_4711-ÄÖ") == ("saved", click.id)
    row = ledger.rows("SELECT partner_id, clickid, clicked_ms, subid FROM ledger_transaction")
    assert row == [(ANNA, "aff_4711-ÄÖ", click.at_ms, "s")]
    assert _order(ledger, "A-2", "aff_4712") == ("malformed_clickid", None)


def test_the_window_counts_from_the_original_click(ledger: Place) -> None:
    _import(ledger, "old", days=31)
    _import(ledger, "young", days=29)
    assert _order(ledger, "A-1", "old")[0] == "click_expired"
    assert _order(ledger, "A-2", "young")[0] == "saved"


def test_an_order_in_the_unit_of_its_import_finds_it(ledger: Place) -> None:
    with ledger.scribe(NODE) as importer, ledger.scribe(1) as edge:
        importer.write(importer.click("", ANNA, clickid="x", at_ms=now_ms() - DAY_MS))
        edge.write(edge.order("A-1", "x"))
    ledger.catch_up()
    assert ledger.reasons() == {"saved": 1}


def test_a_text_that_looks_like_ours_means_the_imported_click(ledger: Place) -> None:
    """Also where form and check hold: the other system may be another Clicktrail, or an older one of the house."""
    with ledger.scribe(1) as edge:
        own = edge.click("own", BERT)
        edge.write(own)
        text = edge.clickid(own)
    _import(ledger, text, partner=ANNA)
    assert _order(ledger, "A-1", text)[0] == "saved"
    assert ledger.one("SELECT partner_id FROM ledger_transaction") == ANNA


def test_an_imported_clickid_is_there_once_and_counts_once(ledger: Place) -> None:
    """In one unit, in the next one, and after a restart; the first stays."""
    first = _import(ledger, "a", "b", "a")
    _import(ledger, "b", partner=BERT)
    ledger.restart()
    _import(ledger, "a", partner=BERT)
    known = ledger.rows("SELECT clickid, click_id FROM ledger_imported_click ORDER BY clickid")
    assert known == [("a", first[0].id), ("b", first[1].id)]
    assert ledger.one("SELECT count(*) FROM ledger_click") == 2
    assert int(ledger.one(GROSS)) == 2
    assert _order(ledger, "A-1", "b")[0] == "saved"
    assert ledger.one("SELECT partner_id FROM ledger_transaction") == ANNA


def test_imported_clicks_count_as_they_happened(ledger: Place) -> None:
    """Each is its own visitor, on its own day, and no crawler's: the other system has judged that."""
    clicks = _import(ledger, "a", "b", days=5)
    assert ledger.rows("SELECT counted, net, bot, day FROM ledger_click ORDER BY id") == [
        (1, 1, 0, clicks[0].at_ms // DAY_MS),
        (1, 1, 0, clicks[1].at_ms // DAY_MS),
    ]
    bucket = ledger.rows("SELECT min(bucket_s), max(bucket_s) FROM ledger_rollup_hour")[0]
    assert all(abs(int(at_s) - clicks[0].at_ms // 1000) <= 3600 for at_s in bucket)


def test_a_repeat_of_other_facts_is_a_conflict_and_the_same_click_a_duplicate(ledger: Place) -> None:
    _import(ledger, "a")
    _import(ledger, "b", partner=TESTER)
    assert _order(ledger, "A-1", "a")[0] == "saved"
    with ledger.scribe(1) as edge:
        edge.write(edge.order("A-1", "a"), edge.order("A-1", "b"))
    ledger.catch_up()
    assert ledger.reasons() == {"saved": 1, "duplicate": 1, "conflict": 1}


def test_a_waiting_call_whose_clickid_is_imported_meanwhile(ledger: Place) -> None:
    """It waited for a click of ours that was never read; what is known now decides."""
    with ledger.scribe(2) as other:
        lost = other.click("", BERT)
        text = other.clickid(lost)
        other.write(other.click())
        with ledger.scribe(1) as edge:
            edge.write(edge.order("A-1", text))
        ledger.engine.step()
    _import(ledger, text)
    ledger.catch_up()
    assert ledger.one("SELECT count(*) FROM ledger_postback WHERE reason = 'waiting'") == 0


def test_replay_rebuilds_imports_and_what_was_refused_before_them(ledger: Place, tmp_path: Path) -> None:
    from clicktrail.control.boot import boot

    assert _order(ledger, "early", "a")[0] == "malformed_clickid"
    _import(ledger, "a", "a")
    assert _order(ledger, "late", "a")[0] == "saved"
    boot(ledger.settings, "ledger")
    report = replay(ledger.settings, tmp_path / "fresh.sqlite")
    assert (report.differences, report.clicks, report.transactions) == ([], 1, 1)
    fresh = SqliteLedger(tmp_path / "fresh.sqlite")
    fresh.connect()
    assert fresh.all("SELECT clickid FROM ledger_imported_click") == [("a",)]
    fresh.close()


def test_without_imports_nobody_looks_for_one(ledger: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(texts: list[str]) -> None:
        raise AssertionError(f"a query for {texts}")

    monkeypatch.setattr(ledger.engine.ledger, "imported", asked)
    assert _order(ledger, "A-1", "aff_4711")[0] == "malformed_clickid"


def test_live_calls_do_not_stand_behind_an_import(ledger: Place) -> None:
    """Old clicks came when they were imported: an order that came before them is taken before them."""
    with ledger.scribe(1) as edge, ledger.scribe(NODE) as importer:
        order = edge.order("A-1", "", pid=str(ANNA))
        edge.write(order)
        while now_ms() <= order.at_ms:
            pass  # The next millisecond.
        for start in range(0, 600, 200):
            importer.write(
                *(importer.click(partner=ANNA, clickid=f"c{start + n}", at_ms=now_ms() - DAY_MS) for n in range(200))
            )
        ledger.engine.limit = 200
        ledger.engine.step()
        assert ledger.reasons() == {"saved": 1}


def test_trace_and_forget_find_the_other_systems_clickid(ledger: Place) -> None:
    from support.desk import desk

    with ledger.scribe(NODE) as importer:
        importer.write(
            importer.click("s", ANNA, clickid="aff 1", at_ms=now_ms() - DAY_MS, referrer="https://a.example/p")
        )
    ledger.catch_up()
    _order(ledger, "A-1", "aff 1", mail="jane@home")
    with desk(ledger) as checks:
        from clicktrail.control.ledger import story, trace
        from clicktrail.control.ledger.forgetting import Forgetting

        found = trace.look_up("aff 1", checks)
        told = "\n".join(story.lines(story.tell(found, "QC")))
        assert "another system gave it the ClickID 'aff 1'" in told
        assert "order 'A-1'" in told
        assert Forgetting(ledger.settings).run("aff 1", None).found
    assert ledger.one("SELECT count(*) FROM ledger_click WHERE referrer IS NOT NULL") == 0
    assert ledger.one("SELECT count(*) FROM ledger_postback WHERE params LIKE ?", "%jane%") == 0
    left = [path for path in ledger.settings.journal_folder.rglob("*.sqlite") if b"jane" in path.read_bytes()]
    assert left == []


def test_what_only_the_journals_have_is_forgotten_by_the_foreign_clickid(ledger: Place) -> None:
    from support.desk import desk

    with ledger.scribe(NODE) as importer:
        importer.write(importer.click("", ANNA, clickid="aff 2", at_ms=now_ms(), referrer="https://a.example/jane"))
    with ledger.scribe(1) as edge:
        edge.write(edge.order("A-1", "aff 2", mail="jane@home"))
    with desk(ledger):
        from clicktrail.control.ledger.forgetting import Forgetting

        assert Forgetting(ledger.settings).run("aff 2", None).found
    files = list(ledger.settings.journal_folder.rglob("*.sqlite"))
    assert files and not any(b"jane" in path.read_bytes() for path in files)
