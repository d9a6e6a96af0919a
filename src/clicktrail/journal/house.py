"""Which installation a journal file belongs to: a random mark, in every file's header.

`DIR/journal/house` holds it. A file that somebody dropped in from another installation has
another mark, and is refused: its clicks and orders are not ours to credit.
"""

import os
import secrets
from contextlib import closing, suppress
from pathlib import Path

from clicktrail.sqlite import sqlite3

HOUSE_FILE = "house"
MARK_BYTES = 8


def read(folder: Path) -> str:
    """The mark of this journal folder; empty where nobody has written a journal here yet."""
    try:
        return (folder / HOUSE_FILE).read_text().strip()
    except OSError:
        return ""


def read_or_make(folder: Path) -> str:
    """The same for all workers, also where several start at once. Raises OSError where the disk refuses.

    Where only the mark was lost (files restored without it), that of the newest file is taken up again.
    """
    path = folder / HOUSE_FILE
    if not path.exists():
        draft = folder / f".{HOUSE_FILE}-{secrets.token_hex(MARK_BYTES)}"
        _write_down(draft, _newest_mark(folder) or secrets.token_hex(MARK_BYTES))
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
        _sync(folder)
    return read(folder)


def _write_down(path: Path, mark: str) -> None:
    """On the disk before it has its name: a cut of the power must not leave an empty mark."""
    path.touch(mode=0o600)
    path.write_text(mark)
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _newest_mark(folder: Path) -> str:
    for path in sorted(folder.glob("[0-9]*/*.sqlite"), key=lambda path: path.name, reverse=True):
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            return str(db.execute("SELECT house FROM journal").fetchone()[0])
    return ""
