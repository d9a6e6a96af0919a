"""Tables, catalog and console on a real PostgreSQL: what differs there from SQLite."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.office import SETUP, Office, manager, signed_in
from support.postgres import database
from support.stranger import Stranger, account, code_now, quick_passwords, switch_on

from clicktrail import catalogfile, keys
from clicktrail.commands.catalog import show_catalog
from clicktrail.control.boot import boot
from clicktrail.control.ledger import schema
from clicktrail.errors import LedgerAway, LedgerError, SettingsError
from clicktrail.settings import Settings


@pytest.fixture
def settings(postgres: str, tmp_path: Path) -> Iterator[Settings]:
    """A fresh install with its ledger on PostgreSQL."""
    with database(postgres, f"t{uuid.uuid4().hex[:16]}") as address:
        made = Settings(data=tmp_path, database=address)
        keys.create(made.keys_folder)
        made.journal_folder.mkdir()
        schema.migrate(made)
        from django.db import connection

        from clicktrail.control.catalog.fresh import make_fresh

        make_fresh()
        yield made
        connection.close()


def test_rows_of_a_setup_file_and_of_the_console_never_share_a_number(settings: Settings) -> None:
    """Rows with numbers of their own leave a sequence behind, which would give them out again."""
    from clicktrail.control.catalog.apply import apply
    from clicktrail.control.catalog.models import Creative, Partner, Program

    apply(SETUP, "setup.toml")
    assert Partner.objects.create(name="Next").pk == 8
    assert Program.objects.create(name="Next", currency="EUR").pk == 6
    creative = Creative.objects.get(pk=1)
    assert Creative.objects.create(program=creative.program, name="Next", target=creative.target).pk == 2


def test_what_is_shown_can_be_loaded(settings: Settings) -> None:
    from clicktrail.control.catalog.apply import apply

    apply(SETUP, "setup.toml")
    done = apply(show_catalog(settings), "shown.toml")
    assert (done.added, done.changed) == ([], [])
    assert catalogfile.read(settings.catalog_folder / catalogfile.CURRENT).programs[5].currency == "JPY"


def test_the_pages_of_the_console(settings: Settings) -> None:
    from clicktrail.control.catalog.apply import apply

    apply(SETUP, "setup.toml")
    desk: Office
    with signed_in(settings, manager()) as desk:
        desk.orders("ORDER-1", "ORDER-2")
        desk.post("/ledger/transaction/move/confirm/", numbers="1", reason="kept")
        with desk.engine_running():
            page = desk.post("/ledger/transaction/by-hand/", cpid="1", tid="HAND-1", umsatz="10", pid="7")
        assert page.address == "/ledger/transaction/3/change/", page.text
        assert "ORDER-1" in desk.get("/ledger/transaction/", state="confirmed", q="ORDER-1").text
        assert "ORDER-2" in desk.get("/ledger/transaction/", q="ORDER-").text
        assert "Saved as transaction 2" in desk.get("/ledger/postback/", q="ORDER-2", day_from="2020-01-01").text
        for page in ("/reports/?subid=", "/accounts/activity/?account=", "/catalog/approval/?q=", "/partner/join/?q="):
            assert desk.client.get(f"{page}a%00b").status_code == 400, page


def test_the_brake_the_sessions_and_the_second_factor(settings: Settings) -> None:
    with quick_passwords():
        account("mona")
        mona, thief = Stranger(), Stranger(address="203.0.113.9")
        mona.sign_in("mona")
        secret = switch_on(mona)
        answers = [thief.sign_in("mona", f"guess-{n}").text for n in range(8)]
        assert ["Please wait" in text for text in answers] == [False] * 6 + [True] * 2
        other = Stranger()
        other.sign_in("mona")
        assert other.post("/login/second-step/", code=code_now(secret, 1)).address == "/"
        mona.post("/account/", others="1")
        assert mona.is_inside and not other.is_inside


def test_an_older_ledger_says_what_to_run(settings: Settings) -> None:
    from django.core.management import call_command

    call_command("migrate", "catalog", "0001", verbosity=0)
    with pytest.raises(LedgerError, match=r"take a backup \(pg_dump\), then run `clicktrail init"):
        schema.migrate(settings)
    migrated = schema.migrate(settings, backed_up=True)
    assert migrated.applied[0] == "catalog.0002_first_row" and migrated.backup is None


def test_a_server_out_of_reach_is_away_and_its_password_stays_here(tmp_path: Path) -> None:
    away = Settings(data=tmp_path, database="postgresql://user:hunter2@127.0.0.1:1/name")
    with pytest.raises(LedgerAway) as fault:
        schema.check(away)
    assert "hunter2" not in str(fault.value)


@pytest.mark.parametrize("address", ["mysql://a/b", "postgresql://host", "postgresql://host:port/name", "x"])
def test_a_wrong_address_says_how_to_write_it(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="postgresql://USER:PASSWORD@HOST:PORT/NAME"):
        boot(Settings(data=tmp_path, database=address), "ledger")


def test_the_console_has_room_to_add_up_a_report_and_a_server_that_gives_more_keeps_it(settings: Settings) -> None:
    from django.db import connection

    from clicktrail.control.reports.room import WORK_MEM

    boot(settings, "console")
    with connection.cursor() as cursor:

        def shown(name: str) -> str:
            cursor.execute(f"SELECT current_setting('{name}')")
            return str(cursor.fetchone()[0])

        assert (shown("work_mem"), shown("jit")) == (WORK_MEM, "off")
        cursor.execute(f"ALTER DATABASE \"{connection.settings_dict['NAME']}\" SET work_mem = '256MB'")
    connection.close()
    with connection.cursor() as cursor:
        assert shown("work_mem") == "256MB"
