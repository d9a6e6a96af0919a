"""The demo's ninety days, multiplied: hundreds of partners like its own, millions of clicks, sums that still agree.

A copy of a click, call or transaction has the same times and another node in its id, another number, another order
number; each copy belongs to one of many groups of partners. By set-based SQL in the ledger itself.
"""

import contextlib
import sys
from pathlib import Path
from typing import Any

from clicktrail.sqlite import dbapi2

GROUPS = 25
"""Partners of a group have numbers 1,000 above those of the one before; the first group is the demo's own."""
GROUP = 1000
NODE = 4096
"""One node further, in an id."""
TRANSACTIONS = 200_000
MADE = [0, 0]
"""Clicks and transactions that are there; for the table."""

COPIES = "(WITH RECURSIVE k(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM k WHERE k < {}) SELECT k FROM k)"
ROLLUPS = ("hour", "day", "month", "subid", "referrer")
CLICKS = ("clicks_gross", "clicks_net", "clicks_bot", "clicks_refused")
ORDERS = ("transactions", "revenue_minor", "commission_minor")


def make(data: Path, size: int) -> str:
    """A ledger with so many clicks, where there is none; returns the password of its accounts."""
    from clicktrail.demo import household

    is_there = (data / household.NOTE).exists()
    home = household.take(data)
    settings = household.settings_of(data, household.EDGE_PORT, household.CONSOLE_PORT)
    household.furnish(settings, home.password, household.SHOP_PORT)
    if not is_there:
        _fill(data, settings, size)
    with contextlib.closing(_open(data)) as db:
        MADE[:] = [db.execute(f"SELECT count(*) FROM ledger_{name}").fetchone()[0] for name in ("click", "transaction")]
    return home.password


def _fill(data: Path, settings: Any, size: int) -> None:
    from django.db import connections

    from clicktrail.demo import household
    from clicktrail.demo.past.fill import fill

    fill(settings, f"{household.HOST}:{household.SHOP_PORT}")
    connections.close_all()
    with contextlib.closing(_open(data)) as db:
        multiply(db, size)
    _publish()


def _publish() -> None:
    """The partners that were added have to be known to everybody."""
    from django.db import connections, transaction

    from clicktrail.control.catalog.edits import raise_version

    with transaction.atomic():
        raise_version()
    connections.close_all()


def _open(data: Path) -> Any:
    db = dbapi2.connect(data / "ledger.sqlite", isolation_level=None)
    db.execute("PRAGMA cache_size = -1500000")
    db.execute("PRAGMA synchronous = OFF")
    return db


def multiply(db: Any, size: int) -> None:
    clicks, orders = (
        db.execute(f"SELECT count(*) FROM ledger_{name}").fetchone()[0] for name in ("click", "transaction")
    )
    click_copies, order_copies = max(1, size // clicks), max(1, TRANSACTIONS // orders)
    order_copies = min(order_copies, click_copies)
    _say(f"{click_copies} copies of {clicks:,} clicks, {order_copies} of {orders:,} transactions")
    _partners(db)
    _without_indexes(db, "ledger_click", lambda: _clicks(db, click_copies))
    _say("clicks are there")
    _without_indexes(db, "ledger_postback", lambda: _calls(db, order_copies))
    _without_indexes(db, "ledger_transaction", lambda: _transactions(db, order_copies))
    _without_indexes(db, "ledger_move", lambda: _moves(db, order_copies))
    _say("orders, calls and moves are there")
    for name in ROLLUPS:
        _sums(db, f"ledger_rollup_{name}", _in_groups(click_copies), _in_groups(order_copies))
    _whole_programs(db, click_copies + 1, order_copies + 1)
    _check(db)
    db.execute("ANALYZE")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _in_groups(copies: int) -> list[int]:
    """How many times the original each group has; the first has the original itself besides."""
    return [sum(k % GROUPS == group for k in range(copies + 1)) for group in range(GROUPS)]


def _columns(db: Any, table: str, **changed: str) -> tuple[str, str]:
    """(names, values) of a copy: every column as it is, but for those that are given."""
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    return ", ".join(f'"{n}"' for n in names), ", ".join(changed.get(n, f't."{n}"') for n in names)


def _copy(db: Any, table: str, copies: int, order: str, **changed: str) -> None:
    names, values = _columns(db, table, **changed)
    db.execute("BEGIN")
    db.execute(
        f"INSERT INTO {table} ({names}) SELECT {values} FROM (SELECT * FROM {table} ORDER BY {order}) AS t "
        f"CROSS JOIN {COPIES.format(copies)} AS c"
    )
    db.execute("COMMIT")


PARTNER = f"CASE WHEN t.partner_id > 2 THEN t.partner_id + c.k % {GROUPS} * {GROUP} ELSE t.partner_id END"


def _clicks(db: Any, copies: int) -> None:
    _copy(
        db, "ledger_click", copies, "id",
        id=f"t.id + c.k * {NODE}", partner_id=PARTNER, user_agent="NULL", referrer="NULL", visitor="NULL",
    )  # fmt: skip


def _calls(db: Any, copies: int) -> None:
    last = db.execute("SELECT max(number) FROM ledger_transaction").fetchone()[0]
    order = db.execute("SELECT max(judged_order) FROM ledger_postback").fetchone()[0]
    _copy(
        db, "ledger_postback", copies, "id",
        id=f"t.id + c.k * {NODE}", click_id=f"t.click_id + c.k * {NODE}", user_agent="NULL",
        tid="CASE WHEN t.tid = '' THEN '' ELSE t.tid || '-' || c.k END",
        transaction_number=f"t.transaction_number + c.k * {last}", judged_order=f"t.judged_order + c.k * {order}",
    )  # fmt: skip


def _transactions(db: Any, copies: int) -> None:
    last = db.execute("SELECT max(number) FROM ledger_transaction").fetchone()[0]
    _copy(
        db, "ledger_transaction", copies, "number",
        number=f"t.number + c.k * {last}", tid="t.tid || '-' || c.k", partner_id=PARTNER, referrer="NULL",
        click_id=f"t.click_id + c.k * {NODE}", postback_id=f"t.postback_id + c.k * {NODE}",
    )  # fmt: skip


def _moves(db: Any, copies: int) -> None:
    numbers = db.execute("SELECT max(number) FROM ledger_transaction").fetchone()[0] // (copies + 1)
    highest = db.execute("SELECT max(id) FROM ledger_move").fetchone()[0]
    _copy(
        db, "ledger_move", copies, "id",
        id=f"t.id + c.k * {highest}", transaction_number=f"t.transaction_number + c.k * {numbers}",
    )  # fmt: skip


def _partners(db: Any) -> None:
    for table in ("catalog_partner", "catalog_approval"):
        owner = "id" if table == "catalog_partner" else "partner_id"
        changed = {owner: f"t.{owner} + c.k * {GROUP}"}
        if table == "catalog_partner":
            changed["name"] = "t.name || ' ' || (c.k + 1)"
        else:
            changed["id"] = "NULL"
        names, values = _columns(db, table, **changed)
        db.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM (SELECT * FROM {table} WHERE {owner} > 2) AS t "
            f"CROSS JOIN {COPIES.format(GROUPS - 1)} AS c"
        )


def _sums(db: Any, table: str, clicks: list[int], orders: list[int]) -> None:
    """Rows of the other groups first, made of the first group's; then that one's own, and the test partner's."""
    for group in [*range(1, GROUPS), 0]:
        factors = {**dict.fromkeys(CLICKS, clicks[group]), **dict.fromkeys(ORDERS, orders[group])}
        changed = {name: f"t.{name} * {factor}" for name, factor in factors.items()}
        if group:
            names, values = _columns(db, table, partner_id=f"t.partner_id + {group * GROUP}", **changed)
            rows = f"(SELECT * FROM {table} WHERE partner_id > 2 AND partner_id < {GROUP})"
            db.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {rows} AS t")
        else:
            told = ", ".join(f"{name} = {name} * {factor}" for name, factor in factors.items())
            db.execute(f"UPDATE {table} SET {told} WHERE partner_id > 2 AND partner_id < {GROUP}")
    rest = ", ".join(
        [f"{name} = {name} * {sum(clicks)}" for name in CLICKS]
        + [f"{name} = {name} * {sum(orders)}" for name in ORDERS]
    )
    db.execute(f"UPDATE {table} SET {rest} WHERE partner_id <= 2")


def _whole_programs(db: Any, clicks: int, orders: int) -> None:
    told = [f"{name} = {name} * {clicks}" for name in CLICKS] + [f"{name} = {name} * {orders}" for name in ORDERS]
    db.execute(f"UPDATE ledger_rollup_program SET {', '.join(told)}")


def _without_indexes(db: Any, table: str, act: Any) -> None:
    """To build an index at once takes a tenth of the time of raising it row by row."""
    kept = db.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    ).fetchall()
    unique = [(name, sql) for name, sql in kept if " UNIQUE " not in sql]
    for name, _ in unique:
        db.execute(f'DROP INDEX "{name}"')
    act()
    for _, sql in unique:
        db.execute(sql)


def _check(db: Any) -> None:
    """A multiplied ledger whose sums do not agree measures nothing."""
    for what, rows, sums in (
        ("counted clicks", "SELECT count(*) FROM ledger_click WHERE counted", "sum(clicks_gross)"),
        (
            "transactions",
            "SELECT count(*) FROM ledger_transaction WHERE NOT test AND state NOT IN ('held', 'cancelled')",
            "sum(transactions)",
        ),
    ):
        stored = db.execute(rows).fetchone()[0]
        for name in ROLLUPS:
            summed = db.execute(f"SELECT {sums} FROM ledger_rollup_{name}").fetchone()[0]
            if summed != stored:
                raise RuntimeError(f"{stored:,} {what} are stored, and by {name} there are {summed:,}")
