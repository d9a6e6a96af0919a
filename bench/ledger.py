"""The ledger seen from outside: count rows, and make it large without the journal."""

import contextlib
import os
import time
from typing import Any

import psycopg

from bench.installation import Installation
from clicktrail.sqlite import dbapi2

DAYS = 90
TABLES = {"clicks": "ledger_click", "postbacks": "ledger_postback"}
COLUMNS = (
    "id, tail, at_ms, day, program_id, partner_id, creative_id, target, subid, outcome, bot, prefetch, counted, net, "
    "referrer_host, user_agent"
)
VALUES = "{id}, 0, {ms}, {ms} / 86400000, 1, 7, 1, 'default', 's' || n, 'ok', {no}, {no}, {yes}, {yes}, '', 'Bench'"


def fill(where: Installation, clicks: int) -> None:
    """So many clicks over the last 90 days, each with a subid of its own."""
    begin_ms = int(time.time() * 1000) - DAYS * 86_400_000
    step = max(1, DAYS * 86_400_000 // (clicks + 1))
    on_postgres = bool(where.database)
    ms = f"({begin_ms} + n * {step})"
    row = VALUES.format(
        ms=ms,
        id=f"(({ms} - 1577836800000) * 4194304)",
        no="false" if on_postgres else "0",
        yes="true" if on_postgres else "1",
    )
    if on_postgres:
        _run(where, f"INSERT INTO ledger_click ({COLUMNS}) SELECT {row} FROM generate_series(1::bigint, {clicks}) n")
        _run(where, "ANALYZE ledger_click")
    else:
        numbers = f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {clicks})"
        _run(where, f"{numbers} INSERT INTO ledger_click ({COLUMNS}) SELECT {row} FROM c")
        _run(where, "PRAGMA wal_checkpoint(TRUNCATE)")
    os.sync()  # Gigabytes on their way to the disk would slow down whoever syncs next.


def count(where: Installation, what: str) -> int:
    """Rows of TABLES[what]."""
    return int(_run(where, f"SELECT count(*) FROM {TABLES[what]}")[0][0])


def run_all(where: Installation, statements: list[str]) -> None:
    """In one transaction."""
    if where.database:
        with psycopg.connect(where.database) as connection, connection.pipeline():
            for statement in statements:
                connection.execute(statement)
        return
    with contextlib.closing(dbapi2.connect(where.data / "ledger.sqlite", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        for statement in statements:
            connection.execute(statement)
        connection.execute("COMMIT")


def _run(where: Installation, statement: str) -> list[tuple[Any, ...]]:
    if where.database:
        with psycopg.connect(where.database, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []
    with contextlib.closing(dbapi2.connect(where.data / "ledger.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = -1000000")
        return list(connection.execute(statement))
