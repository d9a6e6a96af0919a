"""The ledger's tables: made, brought up to date after a backup, or checked at start."""

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from clicktrail.control.boot import CONSOLE_APPS, LEDGER_APPS, boot
from clicktrail.errors import LedgerAway, LedgerError
from clicktrail.settings import Settings
from clicktrail.sqlite import sqlite3

OWN_APPS = ("catalog", "ledger", "outbox", "reconcile", "alarms", "secondlooks", "banners", "worklist")


@dataclass(frozen=True, slots=True)
class Migrated:
    applied: tuple[str, ...]
    """`app.name` of every migration that ran now; empty where the ledger was up to date."""
    backup: Path | None
    """Copy of the ledger as it was before."""


def migrate(settings: Settings, *, backed_up: bool = False) -> Migrated:
    """Make the tables, or bring an older ledger up to date; safe to call from two processes.

    An older ledger on SQLite is copied to the backup folder first. One on PostgreSQL is only
    touched where `backed_up` says that somebody took care; otherwise LedgerError says what to run.
    """
    if _has_everything(settings):
        return Migrated((), None)
    boot(settings, "console")
    with _alone(settings):
        _create_private(settings)
        waiting, is_new = _waiting()
        backup = None
        if waiting and not is_new:
            backup = _back_up(settings, backed_up)
        if waiting:
            _run()
        return Migrated(tuple(waiting), backup)


def check(settings: Settings) -> None:
    """Raise LedgerError, with the mend, where the ledger is missing, older or newer than this program."""
    boot(settings, "ledger")
    if not settings.database and not settings.ledger_file.exists():
        raise LedgerError(f"There is no ledger in {settings.data}: run `clicktrail init --data {settings.data}`.")
    waiting, _ = _waiting()
    if waiting:
        raise LedgerError(
            f"The ledger is older than this program ({', '.join(waiting)} not applied): "
            f"run `clicktrail init --data {settings.data}`."
        )


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Two that start at once migrate one after the other."""
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    with (settings.run_folder / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _create_private(settings: Settings) -> None:
    """SQLite gives its -wal and -shm the rights of the database file."""
    if not settings.database:
        settings.ledger_file.touch(mode=0o600)


def _has_everything(settings: Settings) -> bool:
    """Whether just the migrations of this program have run: at every start, without loading the console's apps."""
    from django.db import DatabaseError, connection

    boot(settings, "ledger")
    if not settings.database and not settings.ledger_file.exists():
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            return set(cursor.fetchall()) == set(_shipped())
    except DatabaseError:
        return False


def _shipped() -> Iterator[tuple[str, str]]:
    """(app, name) of every migration, read off the folders: importing the apps is the longest part of a start."""
    for app in (*CONSOLE_APPS, *LEDGER_APPS):
        top, *below = app.split(".")
        found = find_spec(top)
        folders = [Path(place, *below, "migrations") for place in (found and found.submodule_search_locations) or ()]
        for file in (file for folder in folders for file in folder.glob("[0-9]*.py")):
            yield below[-1] if below else top, file.stem


def _waiting() -> tuple[list[str], bool]:
    """Migrations that have not run, in order, and whether none has run at all. A newer ledger is refused."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
    except DatabaseError as fault:
        raise LedgerAway(f"The ledger is out of reach: {fault}") from None
    applied = set(executor.loader.applied_migrations)
    unknown = sorted(name for name in applied - set(executor.loader.graph.nodes) if name[0] in OWN_APPS)
    if unknown:
        raise LedgerError(
            f"The ledger is newer than this program ({'.'.join(unknown[0])}): install the newer version again."
        )
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan], not applied


def _run() -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", interactive=False, verbosity=0)
    connection.close()


def _back_up(settings: Settings, backed_up: bool) -> Path | None:
    if not settings.database:
        return copy_ledger(settings)
    if not backed_up:
        raise LedgerError(
            "The ledger on PostgreSQL is older than this program: take a backup (pg_dump), "
            f"then run `clicktrail init --data {settings.data}`, which brings it up to date."
        )
    return None


def copy_ledger(settings: Settings) -> Path:
    """A copy of the SQLite ledger by SQLite's own backup, consistent while others write."""
    settings.backup_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    path = settings.backup_folder / f"ledger-{stamp}.sqlite"
    path.touch(mode=0o600)
    with closing(sqlite3.connect(settings.ledger_file)) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
    return path
