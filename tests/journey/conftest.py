"""Journeys go through the whole server, run as a user runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A fresh installation with one worker, running and healthy."""
    server = Server(tmp_path / "data")
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One running server for all tests of a file that leave it running."""
    server = Server(tmp_path_factory.mktemp("shared") / "data")
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def unstarted(tmp_path: Path) -> Iterator[Server]:
    """A server on a folder that does not exist yet; the test starts it."""
    server = Server(tmp_path / "data")
    try:
        yield server
    finally:
        server.close()
