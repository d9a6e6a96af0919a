"""Data folders for tests that work with the tables in their own process.

The tables are made once for each test process; every test gets a copy of that ledger, and
Django is pointed to it. Not for two folders at the same time.
"""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from clicktrail import keys
from clicktrail.control.boot import boot
from clicktrail.control.ledger import schema
from clicktrail.settings import Settings


def booted(folder: Path, **settings: Any) -> Settings:
    """A folder with keys and an empty ledger; Django works on it."""
    made = Settings(data=folder, **settings)
    keys.create(made.keys_folder)
    made.run_folder.mkdir()
    shutil.copyfile(template(), made.ledger_file)
    boot(made, "console")
    _hash_quickly()
    return made


def fresh(folder: Path, **settings: Any) -> Settings:
    """The same as a fresh install leaves it: program 1, partner 2, published."""
    made = booted(folder, **settings)
    from clicktrail.control.catalog.fresh import make_fresh

    assert make_fresh()
    return made


def _hash_quickly() -> None:
    """A password is hashed a million times in earnest: most of what such a folder would cost. Only in this process."""
    from django.conf import settings
    from django.contrib.auth.hashers import reset_hashers

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    reset_hashers(setting="PASSWORD_HASHERS")


@cache
def template() -> Path:
    """An empty ledger with all tables, to be copied."""
    from django.db import connection

    folder = tempfile.mkdtemp(prefix="clicktrail-tables-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Settings(data=Path(folder))
    schema.migrate(made)
    connection.close()
    return made.ledger_file
