"""A ledger on SQLite, carried over to PostgreSQL: the same pages can then be asked of both.

SQLite writes the lines, PostgreSQL copies them in: twenty million clicks take a few minutes.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bench.postgres import postgres
from clicktrail.sqlite import dbapi2

LINES = 20_000
"""Rows handed over at once."""
LARGEST = "ledger_click"
"""Kept without a log of its own, as nothing has to outlive the measurement; that changes nothing for who reads."""
LEFT = ("django_migrations", "django_content_type", "auth_permission")
"""Made by the migrations themselves."""
TABLES = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
INDEXES = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""
NUMBERED = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND is_identity = 'YES'
"""


@contextlib.contextmanager
def carried(data: Path) -> Iterator[tuple[Path, str]]:
    """A copy of the data folder without its ledger, and the address of that one on PostgreSQL.

    What is done there does not change the ledger that is kept.
    """
    with tempfile.TemporaryDirectory(prefix="clicktrail-bench-", dir="/var/tmp") as folder, postgres() as address:
        copy = Path(folder) / "data"
        shutil.copytree(data, copy, ignore=shutil.ignore_patterns("ledger.sqlite*", "backup", "run"))
        carry(data / "ledger.sqlite", address)
        yield copy, address


def carry(ledger: Path, address: str) -> None:
    """Every row of the ledger file into the fresh ledger at the address, whose tables are of the same version."""
    source = dbapi2.connect(f"file:{ledger}?mode=ro", uri=True)
    with contextlib.closing(source), psycopg.connect(address, autocommit=True) as target:
        for setting in ("session_replication_role = replica", "timezone = 'UTC'", "maintenance_work_mem = '1GB'"):
            target.execute(f"SET {setting}")
        _safe_on_disk(target, "off")
        _same_version(source, target)
        target.execute(f"ALTER TABLE {LARGEST} SET UNLOGGED")
        indexes = target.execute(INDEXES).fetchall()
        for name, _ in indexes:
            target.execute(f"DROP INDEX {name}")
        tables = [table for (table,) in target.execute(TABLES).fetchall() if table not in LEFT]
        for table in tables:
            target.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        for table in tables:
            _copy(source, target, table)
        for _, statement in indexes:
            target.execute(statement)
        for table, column in target.execute(NUMBERED).fetchall():
            target.execute(
                sql.SQL(
                    "SELECT setval(pg_get_serial_sequence({}, {}), coalesce(max({}), 0) + 1, false) FROM {}"
                ).format(table, column, sql.Identifier(column), sql.Identifier(table))
            )
        target.execute("VACUUM ANALYZE")
        _safe_on_disk(target, "on")
        target.execute("CHECKPOINT")
    os.sync()  # Gigabytes on their way to the disk would slow down whoever reads next.


def _safe_on_disk(target: Any, switch: str) -> None:
    """Off while rows are carried over: they can be carried over again."""
    target.execute(f"ALTER SYSTEM SET fsync = {switch}")
    target.execute("SELECT pg_reload_conf()")


def _same_version(source: Any, target: Any) -> None:
    here, there = (
        {tuple(row) for row in one.execute("SELECT app, name FROM django_migrations").fetchall()}
        for one in (source, target)
    )
    if here != there:
        raise RuntimeError(f"the two ledgers are of different versions: {sorted(here ^ there)}")


def _copy(source: Any, target: Any, table: str) -> None:
    columns = target.execute(
        "SELECT column_name::text, data_type::text FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position",
        [table],
    ).fetchall()
    line = " || ',' || ".join(_field(name, kind) for name, kind in columns)
    rows = source.execute(f'SELECT {line} FROM "{table}"')
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(sql.Identifier(table), names)
    with target.cursor() as cursor:
        with cursor.copy(statement) as into:
            while lines := rows.fetchmany(LINES):
                into.write("\n".join(line for (line,) in lines) + "\n")
        if cursor.rowcount > LINES:
            print(f"{table}: {cursor.rowcount:,} rows carried over", file=sys.stderr, flush=True)


def _field(name: str, kind: str) -> str:
    """A column as a field of a line: nothing for NULL, which is not an empty text."""
    if kind in ("bigint", "integer", "smallint", "boolean", "double precision"):
        return f"""coalesce("{name}", '')"""
    if kind == "bytea":
        return f"""coalesce('\\x' || hex("{name}"), '')"""
    return f"""coalesce('"' || replace("{name}", '"', '""') || '"', '')"""
