"""Fill a ledger with many clicks of the past, without the journal: only to be large."""

import time

from bench.installation import Installation

DAYS = 90
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
        _run_postgres(where, f"INSERT INTO ledger_click ({COLUMNS}) SELECT {row} FROM generate_series(1, {clicks}) n")
    else:
        numbers = f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {clicks})"
        _run_sqlite(where, f"{numbers} INSERT INTO ledger_click ({COLUMNS}) SELECT {row} FROM c")


def _run_sqlite(where: Installation, statement: str) -> None:
    from clicktrail.sqlite import dbapi2

    connection = dbapi2.connect(where.data / "ledger.sqlite", isolation_level=None)
    connection.execute("PRAGMA cache_size = -1000000")
    connection.execute(statement)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _run_postgres(where: Installation, statement: str) -> None:
    import psycopg

    with psycopg.connect(where.database, autocommit=True) as connection:
        connection.execute(statement)
        connection.execute("ANALYZE ledger_click")
