"""Leave no byte behind: what SQLite keeps of a row after it was changed, and how to get rid of it.

An update zeroes the old text (`secure_delete`), but pages that were split earlier may
hold older copies of a row in their unused middle. So the rows around it are taken out
and put in again: the pages they lay on are zeroed and let go. Last the write-ahead log
is folded back and cut to nothing.
"""

import time
from collections.abc import Collection

from django.db import connection, transaction

from clicktrail.errors import LedgerError

NEIGHBOURS = 1000
"""Rows put in again on each side. A split moves few rows, but a page with an old copy may serve for its neighbours'
rows after each split, and so come to lie hundreds of rows away from the row whose copy it holds."""
FOLD_PATIENCE_S = 20.0
ASK_EVERY_S = 0.05

KEYS = {"ledger_click": "id", "ledger_postback": "id", "ledger_transaction": "number"}


def put_in_again(table: str, ids: Collection[int]) -> None:
    """Rewrite the pages around these rows; on PostgreSQL that is the vacuum's work."""
    if connection.vendor != "sqlite":
        return
    key = KEYS[table]
    for id in sorted(ids):
        with transaction.atomic(), connection.cursor() as cursor:
            low = _edge(cursor, f"SELECT min(k) FROM (SELECT {key} AS k FROM {table} WHERE {key} <= %s "  # noqa: S608
                                f"ORDER BY {key} DESC LIMIT {NEIGHBOURS})", id)  # fmt: skip
            high = _edge(cursor, f"SELECT max(k) FROM (SELECT {key} AS k FROM {table} WHERE {key} >= %s "  # noqa: S608
                                 f"ORDER BY {key} LIMIT {NEIGHBOURS})", id)  # fmt: skip
            around = f"FROM {table} WHERE {key} BETWEEN {low} AND {high}"
            cursor.execute(f"CREATE TEMP TABLE neighbours AS SELECT * {around}")
            cursor.execute(f"DELETE {around}")
            cursor.execute(f"INSERT INTO {table} SELECT * FROM neighbours ORDER BY {key}")  # noqa: S608
            cursor.execute("DROP TABLE temp.neighbours")


def fold() -> None:
    """Cut SQLite's write-ahead log to nothing. Raises LedgerError where readers do not let it."""
    if connection.vendor != "sqlite":
        return
    deadline = time.monotonic() + FOLD_PATIENCE_S
    while _fold_once():
        if time.monotonic() > deadline:
            raise LedgerError("The ledger is being read all the time, so its log still holds old rows: run it again.")
        time.sleep(ASK_EVERY_S)


def _fold_once() -> bool:
    """Whether somebody was in the way."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return bool(cursor.fetchone()[0])


def _edge(cursor: object, sql: str, id: int) -> int:
    """The outermost neighbour's key; the row's own where it has none."""
    cursor.execute(sql, [id])  # type: ignore[attr-defined]
    found = cursor.fetchone()[0]  # type: ignore[attr-defined]
    return id if found is None else int(found)
