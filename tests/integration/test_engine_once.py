"""Applied once, whatever happens: twice the same journal, a crash between, two engines, a refused commit."""

import shutil
from dataclasses import replace

import pytest
from support.cast import ANNA
from support.ledgers import Place

from clicktrail.engine.ledger import Busy, Fenced, Trouble, Unit
from clicktrail.engine.run import build, open_ledger
from clicktrail.errors import StartError
from clicktrail.sqlite import sqlite3

COPY = "f" * 32


def _some_traffic(ledger: Place, node: int = 1) -> None:
    with ledger.scribe(node) as scribe:
        clicks = [scribe.click(f"s{n}", ANNA, visitor=b"%d" % n) for n in range(30)]
        scribe.write(*clicks[:15])
        scribe.write(*clicks[15:], scribe.order(f"A-{node}", scribe.clickid(clicks[3])))
        scribe.write(scribe.order(f"A-{node}", scribe.clickid(clicks[3])), scribe.order("B-0", ""))


def _copy_journal(ledger: Place, node: int = 1) -> None:
    """The same rows under another identity: as a restored backup, or a person's copy, would bring them back."""
    [path] = (ledger.settings.journal_folder / f"{node:04d}").glob("*.sqlite")
    copy = path.with_name(f"{path.name[:13]}-{COPY}.sqlite")
    shutil.copyfile(path, copy)
    with sqlite3.connect(copy) as connection:
        connection.execute("UPDATE journal SET identity = ?", (COPY,))
    connection.close()


def test_applying_a_journal_twice_changes_nothing(ledger: Place) -> None:
    _some_traffic(ledger)
    ledger.catch_up()
    before = ledger.everything()
    _copy_journal(ledger)
    ledger.catch_up()
    assert ledger.one("SELECT count(*) FROM ledger_journal_cursor") == 2
    assert ledger.everything() == before


def test_two_copies_in_one_batch_count_once(ledger: Place) -> None:
    _some_traffic(ledger)
    _copy_journal(ledger)
    ledger.catch_up()
    assert ledger.one("SELECT sum(clicks_gross) FROM ledger_rollup_hour") == 30
    assert ledger.reasons() == {"saved": 1, "duplicate": 1, "no_attribution": 1}


def test_a_restarted_engine_goes_on_where_the_ledger_stands(ledger: Place) -> None:
    _some_traffic(ledger)
    ledger.catch_up()
    before = ledger.everything()
    ledger.restart()
    assert not ledger.engine.step().moved
    assert ledger.everything() == before
    _some_traffic(ledger, node=2)
    ledger.catch_up()
    assert ledger.one("SELECT max(number) FROM ledger_transaction") == 2


def test_rows_and_cursor_come_together_or_not_at_all(ledger: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The crash comes at the last statement before the commit: then nothing of the unit may be there."""
    _some_traffic(ledger)
    real = ledger.engine.ledger
    write = real.write

    def crash(unit: Unit, dry: bool = False) -> bool:
        write(unit, dry=True)
        raise Trouble("pulled the plug")

    monkeypatch.setattr(real, "write", crash)
    with pytest.raises(Trouble):
        ledger.engine.step()
    monkeypatch.undo()
    for table in ("click", "postback", "transaction", "journal_cursor", "rollup_hour"):
        assert ledger.one(f"SELECT count(*) FROM ledger_{table}") == 0
    ledger.engine.recover()
    ledger.catch_up()
    assert ledger.one("SELECT sum(clicks_gross) FROM ledger_rollup_hour") == 30


def test_a_commit_whose_answer_was_lost_is_not_repeated(ledger: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unit is in the ledger, but the engine never hears of it."""
    _some_traffic(ledger)
    real = ledger.engine.ledger
    write = real.write

    def deaf(unit: Unit, dry: bool = False) -> bool:
        write(unit, dry)
        raise Trouble("the answer was lost")

    monkeypatch.setattr(real, "write", deaf)
    with pytest.raises(Trouble):
        ledger.engine.step()
    monkeypatch.undo()
    ledger.engine.recover()
    ledger.catch_up()
    assert ledger.one("SELECT sum(clicks_gross) FROM ledger_rollup_hour") == 30
    assert ledger.reasons() == {"saved": 1, "duplicate": 1, "no_attribution": 1}


def test_a_second_engine_is_refused_by_the_lock(ledger: Place) -> None:
    with pytest.raises(StartError, match="Another engine"):
        build(ledger.settings).open()


def test_an_engine_that_was_overtaken_cannot_commit(ledger: Place) -> None:
    """The lock may be lost (a network disk, a copied folder); the epoch in the ledger is not."""
    _some_traffic(ledger)
    other = open_ledger(ledger.settings)
    other.connect()
    other.take_over()
    other.close()
    with pytest.raises(Fenced):
        ledger.engine.step()
    assert ledger.one("SELECT count(*) FROM ledger_click") == 0
    with pytest.raises(Fenced):
        ledger.engine.recover()


def test_an_order_that_is_there_already_is_judged_again(ledger: Place) -> None:
    """Should a transaction appear between look-up and commit, the unit is judged anew and nothing is lost."""
    _some_traffic(ledger)
    real, looked = ledger.engine.ledger, []
    earlier, similar = real.earlier, real.similar

    def blind_once(keys: list[tuple[int, str]]) -> list[tuple[object, ...]]:
        looked.append(keys)
        return [] if len(looked) == 2 else earlier(keys)

    def blind_to_similar_once(keys: list[tuple[int, str]], limit: int) -> list[tuple[object, ...]]:
        """An order number is similar to itself, so this look-up would find it too."""
        return [] if len(looked) == 2 else similar(keys, limit)

    real.earlier = blind_once  # type: ignore[method-assign]
    real.similar = blind_to_similar_once  # type: ignore[method-assign]
    ledger.catch_up()
    with ledger.scribe(2) as scribe:
        scribe.write(scribe.order("A-1", "", pid=str(ANNA)), scribe.click("new", ANNA))
    ledger.catch_up()
    assert len(looked) == 3, "looked up, overlooked, looked up again"
    assert ledger.one("SELECT count(*) FROM ledger_transaction") == 1
    assert ledger.one("SELECT count(*) FROM ledger_click WHERE subid = 'new'") == 1
    assert ledger.reasons()["duplicate"] == 2


def test_start_refuses_a_postgres_that_would_forget(ledger: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    if not ledger.settings.database:
        pytest.skip("of PostgreSQL only")
    real = ledger.engine.ledger
    monkeypatch.setattr(real, "_all", lambda statement: [("off",)] if "fsync" in statement else [("on",)])
    with pytest.raises(StartError, match="fsync=off"):
        real.connect()


def test_numbers_belong_to_the_epoch(ledger: Place) -> None:
    _some_traffic(ledger)
    ledger.catch_up()
    stale = replace(ledger.engine.memory.numbers, epoch=ledger.engine.memory.numbers.epoch - 1)
    with pytest.raises(Fenced):
        ledger.engine.ledger.write(Unit(stale, 0))


def test_a_ledger_that_others_hold_delays_a_unit_and_loses_nothing(ledger: Place) -> None:
    """The unit is kept and stored later: its visitors are not counted a second time."""
    if ledger.settings.database:
        pytest.skip("of SQLite only: PostgreSQL locks rows")
    _some_traffic(ledger)
    other = sqlite3.connect(ledger.settings.ledger_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(2):
        with pytest.raises(Busy):
            ledger.engine.step()
    other.execute("ROLLBACK")
    other.close()
    ledger.catch_up()
    assert ledger.rows("SELECT sum(clicks_gross), sum(clicks_net) FROM ledger_rollup_hour") == [(30, 30)]
    assert ledger.reasons() == {"saved": 1, "duplicate": 1, "no_attribution": 1}


def test_a_broken_connection_is_mended(ledger: Place) -> None:
    _some_traffic(ledger)
    _break_connection(ledger)
    with pytest.raises(Trouble):
        ledger.engine.step()
    if not ledger.settings.database:
        _put_back(ledger)
    ledger.engine.recover()
    ledger.catch_up()
    assert ledger.one("SELECT sum(clicks_gross) FROM ledger_rollup_hour") == 30


def _break_connection(ledger: Place) -> None:
    """PostgreSQL ends our session; SQLite's file is moved away."""
    if not ledger.settings.database:
        ledger.settings.ledger_file.rename(ledger.settings.data / "away")
        return
    import psycopg

    with psycopg.connect(ledger.settings.database, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _put_back(ledger: Place) -> None:
    with pytest.raises(Trouble):
        ledger.engine.recover()
    assert not ledger.settings.ledger_file.exists(), "no empty ledger in place of the real one"
    (ledger.settings.data / "away").rename(ledger.settings.ledger_file)
