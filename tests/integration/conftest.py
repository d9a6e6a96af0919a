"""Ledgers on both databases."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.ledgers import Place, place
from support.postgres import database, start


@pytest.fixture(scope="session")
def postgres() -> str:
    """Address of the server that all processes of this run share."""
    return start(os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)[:12])


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A data folder whose engine is open, on each of the two databases."""
    with ExitStack() as stack:
        address = ""
        if request.param == "postgres":
            name = f"t{uuid.uuid4().hex[:16]}"
            address = stack.enter_context(database(request.getfixturevalue("postgres"), name))
        made = place(tmp_path / "data", address, lambda path: None if address else _copy_tables(path))
        stack.callback(lambda: made.engine.close())
        yield made


def _copy_tables(path: Path) -> None:
    from support.folder import template

    shutil.copyfile(template(), path)
