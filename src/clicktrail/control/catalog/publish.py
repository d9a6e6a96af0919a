"""Publish the catalog: one at a time, the newer over the older, never the other way round."""

import fcntl
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DatabaseError, connection, transaction

from clicktrail import catalogfile
from clicktrail.control.catalog.compile import compile_catalog, ledger_version
from clicktrail.control.catalog.models import CatalogVersion
from clicktrail.core.catalog import JUDGING_VERSION, Catalog
from clicktrail.errors import CatalogError
from clicktrail.settings import Settings

WATCH_S = 5
"""How often control compares ledger and file."""

log = logging.getLogger(__name__)


def publish(settings: Settings) -> int:
    """Write the file where the ledger is ahead of it; returns the version that is then in force.

    Compiling happens under the lock: whoever comes second compiles what is true by then.
    """
    with _lock(settings.catalog_folder):
        published = _published(settings.catalog_folder)
        version, _ = ledger_version()
        if published is not None and published.version > version:
            _overtake(published.version)
        elif published is not None and published.version == version:
            if published.judging_version < JUDGING_VERSION:
                _raise_version()
            elif published.prefix == settings.prefix:
                return version
        catalog = compile_catalog(settings.prefix)
        catalogfile.write(settings.catalog_folder, catalog)
        return catalog.version


def watch(settings: Settings, stop: threading.Event) -> None:
    """Publish what an edit could not, and what was edited elsewhere; until `stop`."""
    while True:
        try:
            publish(settings)
        except (CatalogError, DatabaseError, OSError) as fault:
            log.warning("catalog not published, next attempt in %d s: %s", WATCH_S, fault)
        finally:
            connection.close()
        if stop.wait(WATCH_S):
            return


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _published(folder: Path) -> Catalog | None:
    """The catalog in force; a damaged file is put aside, so that the ledger's can take its place."""
    path = folder / catalogfile.CURRENT
    try:
        return catalogfile.read(path)
    except FileNotFoundError:
        return None
    except CatalogError as fault:
        log.warning("%s", fault)
        path.rename(path.with_suffix(".damaged"))
        return None


def _overtake(published: int) -> None:
    """The ledger was restored from a backup: what it says is new, so it takes the next number."""
    with transaction.atomic():
        CatalogVersion.objects.filter(pk=1, version__lt=published).update(version=published)
        CatalogVersion.raise_by_one(ledger_version()[1])


def _raise_version() -> None:
    """The rules of judging are newer than the published catalog: they hold from a version of their own."""
    with transaction.atomic():
        CatalogVersion.raise_by_one(ledger_version()[1])
