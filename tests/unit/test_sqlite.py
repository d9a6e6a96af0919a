"""The wheel's SQLite and no other: an older one can corrupt a journal, so nothing starts on it."""

import subprocess
import sys

import pytest

from clicktrail.sqlite import require_safe


@pytest.mark.parametrize("version", [(3, 6, 23), (3, 46, 1), (3, 51, 2)])
def test_an_older_one_is_refused(version: tuple[int, ...]) -> None:
    with pytest.raises(RuntimeError, match=r"3\.51\.3 or newer is needed"):
        require_safe(version)


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 52, 0), (4, 0, 0)])
def test_a_newer_one_is_taken(version: tuple[int, ...]) -> None:
    require_safe(version)


def run(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "part", ["clicktrail.edge.run", "clicktrail.engine.run", "clicktrail.journal.local", "clicktrail.control.boot"]
)
def test_whatever_opens_a_database_ends_where_it_is_older(part: str) -> None:
    ended = run(f"import pysqlite3; pysqlite3.sqlite_version_info = (3, 46, 1); import {part}")
    assert ended.returncode == 1
    assert "SQLite 3.46.1 can corrupt" in ended.stderr


def test_django_gets_the_same_one() -> None:
    """Its back end imports the standard library's name."""
    code = (
        "import clicktrail.control.boot, pysqlite3.dbapi2; from django.db.backends.sqlite3 import base;"
        " print(base.Database is pysqlite3.dbapi2)"
    )
    assert run(code).stdout.strip() == "True"
