"""Ledgers on both databases."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.ledgers import Place, place
from support.postgres import database, empty, start


@pytest.fixture(scope="session")
def postgres() -> str:
    """Address of the server that all processes of this run share."""
    return start(os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)[:12])


@pytest.fixture(scope="session")
def own_database(postgres: str) -> Iterator[str]:
    """This process's ledger on PostgreSQL, for one test after the other."""
    with database(postgres, f"t{uuid.uuid4().hex[:16]}") as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A data folder whose engine is open, on each of the two databases."""
    with ExitStack() as stack:
        address = ""
        if request.param == "postgres":
            address = request.getfixturevalue("own_database")
            empty(address)
        made = place(tmp_path / "data", address, lambda path: None if address else _copy_tables(path))
        stack.callback(lambda: made.engine.close())
        yield made


def _copy_tables(path: Path) -> None:
    from support.folder import template

    shutil.copyfile(template(), path)
