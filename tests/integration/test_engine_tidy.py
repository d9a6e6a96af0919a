"""Idle work: journals that may go, personal data that must, a log that shrinks."""

import json
from pathlib import Path

import pytest
from support.cast import ANNA
from support.ledgers import Place

from clicktrail.engine.housekeeping import Housekeeping
from clicktrail.engine.privacy import Cuts
from clicktrail.journal.retention import BACKUP_MARKER, DAY_MS

NOW_MS = 1_900_000_000_000
"""Far ahead of everything that the tests write."""


def _files(ledger: Place) -> list[str]:
    """Of node 1, and what is left beside them."""
    found = sorted(path for path in (ledger.settings.journal_folder / "0001").iterdir() if path.name != "lock")
    journals = [path.name for path in found if path.suffix == ".sqlite"]
    return journals + [path.name for path in found if path.name.partition(".sqlite")[0] + ".sqlite" not in journals]


def _three_sealed_files(ledger: Place) -> list[Path]:
    for n in range(3):
        with ledger.scribe() as scribe:
            scribe.write(scribe.click(str(n), ANNA))
    return sorted((ledger.settings.journal_folder / "0001").glob("*.sqlite"))


def _sweep(ledger: Place, at_ms: int = NOW_MS) -> None:
    Housekeeping(ledger.settings, ledger.engine, lambda: at_ms).sweep()


def test_files_go_when_the_ledger_has_them_and_their_days_are_over(ledger: Place) -> None:
    paths = _three_sealed_files(ledger)
    for companion in ("-wal", "-shm"):
        paths[0].with_name(paths[0].name + companion).touch()
    _sweep(ledger)
    assert len(_files(ledger)) == 3, "the ledger has none of them yet"
    ledger.catch_up()
    finished = ledger.one("SELECT max(finished_ms) FROM ledger_journal_cursor")
    _sweep(ledger, finished + 7 * DAY_MS)
    assert len(_files(ledger)) == 3, "seven days are not over"
    _sweep(ledger, finished + 7 * DAY_MS + 1)
    assert _files(ledger) == [paths[2].name], "but for the newest of the node"
    ledger.catch_up()
    assert ledger.one("SELECT count(*) FROM ledger_click") == 3


def test_files_younger_than_the_last_backup_stay(ledger: Place) -> None:
    paths = _three_sealed_files(ledger)
    ledger.catch_up()
    marker = ledger.settings.backup_folder / BACKUP_MARKER
    marker.parent.mkdir()
    marker.write_text(json.dumps({"at_ms": 1}))
    _sweep(ledger)
    assert len(_files(ledger)) == 3
    marker.write_text("torn")
    _sweep(ledger)
    assert len(_files(ledger)) == 3
    marker.write_text(json.dumps({"at_ms": NOW_MS - 1}))
    _sweep(ledger)
    assert _files(ledger) == [paths[2].name]


def test_an_unsealed_file_stays(ledger: Place) -> None:
    _three_sealed_files(ledger)
    with ledger.scribe() as scribe:
        scribe.write(scribe.click("open", ANNA))
        ledger.catch_up()
        _sweep(ledger)
        assert _files(ledger) == [_newest(ledger)]
        scribe.write(scribe.click("goes on", ANNA))
    ledger.catch_up()
    assert ledger.one("SELECT count(*) FROM ledger_click") == 5


def _newest(ledger: Place) -> str:
    return max(path.name for path in (ledger.settings.journal_folder / "0001").glob("*.sqlite"))


def test_companions_without_their_file_are_cleared_away(ledger: Place) -> None:
    [*_, newest] = _three_sealed_files(ledger)
    orphan = newest.with_name(f"0000000000001-{'a' * 32}.sqlite-wal")
    orphan.touch()
    _sweep(ledger)
    assert not orphan.exists()


@pytest.fixture
def old(ledger: Place) -> Place:
    """A click and its order with everything personal in them, and a call without anything unknown."""
    with ledger.scribe() as scribe:
        click = scribe.click("x", ANNA, user_agent="Firefox", referrer="https://blog.example/me", extra="mail=a%40b")
        order = scribe.order("A-1", scribe.clickid(click), mail="a@b")
        scribe.write(click, order, *(scribe.click(str(n), ANNA, user_agent="Firefox") for n in range(50)))
    ledger.catch_up()
    return ledger


def test_personal_data_is_cut_when_its_days_are_over(old: Place) -> None:
    days = old.settings.user_agent_days
    made_ms = old.one("SELECT min(at_ms) FROM ledger_click")
    while Cuts(old.settings, old.engine.ledger, made_ms + days * DAY_MS - 1000).step():
        raise AssertionError("nothing is old enough yet")
    steps = 0
    while Cuts(old.settings, old.engine.ledger, NOW_MS).step():
        steps += 1
    assert 5 <= steps <= 20
    personal = "count(user_agent), count(referrer)"
    assert old.rows(f"SELECT {personal}, count(extra) FROM ledger_click") == [(0, 0, 0)]
    assert old.rows(f"SELECT {personal} FROM ledger_postback") == [(0, 0)]
    assert old.one("SELECT count(referrer) FROM ledger_transaction") == 0
    assert old.one("SELECT referrer_host FROM ledger_transaction") == "blog.example"
    params = json.loads(old.one("SELECT params FROM ledger_postback"))
    assert sorted(params) == ["clickid", "cpid", "tid", "umsatz"]


def test_cutting_goes_on_where_it_stopped(old: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clicktrail.engine.privacy.ROWS", 10)
    assert Cuts(old.settings, old.engine.ledger, NOW_MS).step()
    assert old.one("SELECT count(user_agent) FROM ledger_click") == 41
    old.restart()
    assert Cuts(old.settings, old.engine.ledger, NOW_MS).step()
    assert old.one("SELECT count(user_agent) FROM ledger_click") == 31


def test_an_old_order_that_came_late_does_not_age_those_before_it(old: Place) -> None:
    """Imported, or judged again: its number is high, and its time is long ago."""
    made_ms = old.one("SELECT created_ms FROM ledger_transaction")
    with old.scribe() as scribe:
        scribe.write(scribe.order("A-2", "", pid=str(ANNA)))
    old.catch_up()
    old.engine.ledger.run("UPDATE ledger_transaction SET created_ms = ? WHERE tid = ?", (1, "A-2"))
    while Cuts(old.settings, old.engine.ledger, made_ms + DAY_MS).step():
        pass
    assert old.one("SELECT referrer FROM ledger_transaction WHERE tid = 'A-1'") == "https://blog.example/me"
    while Cuts(old.settings, old.engine.ledger, NOW_MS).step():
        pass
    assert old.one("SELECT count(referrer) FROM ledger_transaction") == 0


def test_zero_days_keep(old: Place) -> None:
    from msgspec.structs import replace

    keeping = replace(old.settings, user_agent_days=0, referrer_days=0, extra_days=0)
    assert not Cuts(keeping, old.engine.ledger, NOW_MS).step()
    assert old.one("SELECT count(user_agent) FROM ledger_click") == 51


@pytest.mark.parametrize("what", ["user_agent", "referrer", "extra"])
def test_each_kind_has_days_of_its_own(old: Place, what: str) -> None:
    from msgspec.structs import replace

    days = dict.fromkeys(("user_agent_days", "referrer_days", "extra_days"), 0) | {f"{what}_days": 1}
    while Cuts(replace(old.settings, **days), old.engine.ledger, NOW_MS).step():
        pass
    kept = dict.fromkeys(("user_agent", "referrer", "extra"), 1) | {what: 0}
    found = {name: old.one(f"SELECT count({name}) FROM ledger_click WHERE subid = 'x'") for name in kept}
    assert found == kept
    assert ("mail" in json.loads(old.one("SELECT params FROM ledger_postback"))) == (what != "extra")


def test_the_log_shrinks_when_there_is_nothing_to_do(ledger: Place) -> None:
    if ledger.settings.database:
        pytest.skip("of SQLite only")
    _three_sealed_files(ledger)
    ledger.catch_up()
    log = ledger.settings.ledger_file.with_name("ledger.sqlite-wal")
    assert log.stat().st_size > 0
    Housekeeping(ledger.settings, ledger.engine).step()
    assert log.stat().st_size == 0
