"""The ledger's tables: made, brought up to date after a backup, refused where they are newer."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.folder import booted, fresh

from clicktrail.control.ledger import schema
from clicktrail.errors import LedgerError
from clicktrail.settings import Settings
from clicktrail.sqlite import sqlite3


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return fresh(tmp_path)


def make_older() -> None:
    """As a ledger looks that an earlier version of the program left."""
    from django.core.management import call_command

    call_command("migrate", "catalog", "0001", verbosity=0)


def test_making_the_tables_twice_changes_nothing(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    first = schema.migrate(settings)
    assert "ledger.0001_initial" in first.applied and first.backup is None
    assert schema.migrate(settings) == schema.Migrated((), None)
    schema.check(settings)
    assert settings.ledger_file.stat().st_mode & 0o777 == 0o600


def test_an_older_ledger_is_copied_before_it_is_touched(settings: Settings) -> None:
    make_older()
    with pytest.raises(LedgerError, match=r"older than this program .*: run `clicktrail init --data"):
        schema.check(settings)
    migrated = schema.migrate(settings)
    assert migrated.applied[0] == "catalog.0002_first_row"
    assert migrated.backup is not None and migrated.backup.parent == settings.backup_folder
    assert migrated.backup.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(migrated.backup)) as copy:
        assert copy.execute("SELECT name FROM catalog_program").fetchall() == [("My shop",)]
        applied = copy.execute("SELECT count(*) FROM django_migrations WHERE app = 'catalog'").fetchone()
    assert applied == (1,)
    schema.check(settings)


@pytest.mark.parametrize("app", ["ledger", "secondlooks"])
def test_a_newer_ledger_is_refused(settings: Settings, app: str) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder.Migration.objects.create(app=app, name="9999_from_the_future")
    for use in (schema.check, schema.migrate):
        with pytest.raises(LedgerError, match="newer than this program"):
            use(settings)


SEEN = """
import sys
from pathlib import Path
from clicktrail.control.ledger import schema
from clicktrail.settings import load
print(schema.migrate(load(Path(sys.argv[1]), {})).applied, "unfold" in sys.modules)
"""


def test_a_start_on_what_is_up_to_date_loads_no_pages(settings: Settings) -> None:
    """Every start asks; only a ledger that lacks something is worth the second that the console's apps take."""
    from django.db.migrations.recorder import MigrationRecorder

    def seen() -> str:
        words = [sys.executable, "-c", SEEN, str(settings.data)]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()

    assert seen() == "() False"
    MigrationRecorder.Migration.objects.create(app="gone", name="0001_of_an_app_that_was_dropped")
    assert seen() == "() True"


def test_no_ledger_says_what_to_run(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with pytest.raises(LedgerError, match="There is no ledger in .*: run `clicktrail init"):
        schema.check(settings)
    assert not settings.ledger_file.exists()


def test_models_and_migrations_agree(tmp_path: Path) -> None:
    from django.core.management import call_command

    booted(tmp_path)
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
