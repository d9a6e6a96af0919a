"""The catalog in force, and those before it: a call is judged by the one of its arrival."""

import time
from collections.abc import Callable
from pathlib import Path

from clicktrail import catalogfile
from clicktrail.core.catalog import Catalog
from clicktrail.errors import CatalogError

LOOK_EVERY_S = 0.25
KEPT = 8
"""Older versions in memory."""


class Catalogs:
    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._clock = folder, clock
        self._current: Catalog | None = None
        self._stamp: tuple[int, int] | None = None
        self._looked = -LOOK_EVERY_S
        self._older: dict[int, Catalog | None] = {}
        self.fault = ""
        """Why the file in force cannot be read; the one before it stays."""

    def current(self) -> Catalog | None:
        """None until one was published. Looks at the file four times a second."""
        now = self._clock()
        if now - self._looked >= LOOK_EVERY_S or self._current is None:
            self._looked = now
            self._look()
        return self._current

    def at(self, version: int) -> Catalog | None:
        """The catalog of this version where it is kept, else the one in force."""
        current = self.current()
        if current is not None and version > current.version:
            self._look()
            current = self._current
        if current is None or version in (0, current.version):
            return current
        if version not in self._older:
            self._keep(version)
        return self._older[version] or current

    def _keep(self, version: int) -> None:
        try:
            found: Catalog | None = catalogfile.read(catalogfile.version_file(self._folder, version))
        except (OSError, CatalogError):
            found = None
        if len(self._older) >= KEPT:
            del self._older[next(iter(self._older))]
        self._older[version] = found

    def _look(self) -> None:
        path = self._folder / catalogfile.CURRENT
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                self._current, self._stamp = catalogfile.read(path), stamp
                self._older.clear()
            self.fault = ""
        except (OSError, CatalogError) as fault:
            self.fault = str(fault)
