"""PostgreSQL stops without a goodbye, under load, and comes back: nothing is lost, nothing doubled.

Invariants 1 to 3 on the other database: the engine cannot know whether the transaction on its
way was committed, so it connects anew and reads there where it stands.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.installation import CATALOG, PARTNERS, Installation
from support.load import Load
from support.postgres import package

AWAY_S, NIGHTLY_AWAY_S = 5.0, 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """A PostgreSQL of these tests' own: they stop it. As root its data lies where another user may go."""
    with tempfile.TemporaryDirectory(prefix="clicktrail-away-", dir="/var/tmp") as folder:
        Path(folder, "data").mkdir()
        server = package().PostgresServer(Path(folder, "data"), cleanup_mode="stop")
        yield server
        server.cleanup()


def test_postgres_is_gone(server: Any, tmp_path: Path, round_no: int, nightly: bool) -> None:
    name = f"round{round_no}"
    server.psql(f"CREATE DATABASE {name}")
    environ = {"CLICKTRAIL_DATABASE": server.get_uri(name)}
    house = Installation(tmp_path / "data", environ=environ).init(CATALOG)
    try:
        house.edge()
        engine = house.engine()
        with Load("127.0.0.1", house.edge_port, "pg", partners=PARTNERS, pause_s=0.01) as callers:
            callers.wait_answered(100)
            stop_at_once(server)
            until_s = time.monotonic() + (NIGHTLY_AWAY_S if nightly else AWAY_S)
            while time.monotonic() < until_s:
                callers.wait_answered(10)
            server.ensure_postgres_running()
            story = callers.stop()
        house.catch_up()
        assert engine.is_running()
        house.books.balance(story)
    finally:
        house.close()


def stop_at_once(server: Any) -> None:
    package().pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user)
