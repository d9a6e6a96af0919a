"""The ledger on PostgreSQL. Copy of `sql_sqlite.py` in another dialect; change both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from clicktrail.core.periods import MAX_VALUES, REGULAR_DAYS
from clicktrail.engine import ledger as words
from clicktrail.engine.ledger import Cursor, Fenced, Numbers, Refused, Row, Trouble, Unit, columns
from clicktrail.errors import StartError

CONNECT_S = 5
LOCK_WAIT = "5s"
"""A lock that others hold longer counts as trouble: the engine begins anew instead of standing still."""
REFUSALS = ("22", "23", "42", "54")
"""Classes of SQLSTATE that say something about a value, not about the server."""

TYPES = {
    **dict.fromkeys(("bot", "prefetch", "counted", "net", "other", "nocheck", "saved", "test", "manual"), "boolean"),
    **dict.fromkeys(("sealed", "trusted", "in_inbox"), "boolean"),
    **dict.fromkeys(("visitor", "body"), "bytea"),
    **dict.fromkeys(("tail", "day", "month", "position", "percent_ppm"), "integer"),
    **dict.fromkeys(("decimals", "node", "attempts", "revision"), "integer"),
    **dict.fromkeys(
        words.named(
            "target subid outcome referrer_host referrer ip user_agent extra method source actor tid clickid pid wmid "
            "product amount params fault reason facts currency state host identity name note key trigger "
            "tid_key proofs held_for from_state to_state state_before changes conflict_group network"
        ),
        "text",
    ),
}


def _rows_of(names: list[str]) -> str:
    arrays = ", ".join(f"%s::{TYPES.get(name, 'bigint')}[]" for name in names)
    return f"SELECT * FROM unnest({arrays})"  # noqa: S608


def _insert(table: str, names: list[str], more: str = "") -> str:
    return f"INSERT INTO {table} ({columns(names)}) {_rows_of(names)} {more}"  # noqa: S608


FENCE = (
    "UPDATE ledger_engine_state SET next_transaction = %s, next_order = %s, applied_ms = %s WHERE id = 1 AND epoch = %s"
)
NAMED = "UPDATE ledger_click SET counted = true, net = true WHERE id = ANY(%s::bigint[])"
VERDICT = (
    f"UPDATE ledger_postback AS p SET {', '.join(f'{n} = v.{n}' for n in words.VERDICT[:-1])} "  # noqa: S608
    f"FROM ({_rows_of(words.VERDICT)}) AS v({columns(words.VERDICT)}) WHERE p.id = v.id"
)
CLICKS = f"COPY ledger_click ({columns(words.CLICK)}) FROM STDIN"
POSTBACKS = f"COPY ledger_postback ({columns(words.POSTBACK)}) FROM STDIN"
TRANSACTIONS = _insert("ledger_transaction", words.TRANSACTION, "ON CONFLICT DO NOTHING RETURNING number")
CHANGE = (
    f"UPDATE ledger_transaction SET {', '.join(f'{n} = %s' for n in words.CHANGE)} "  # noqa: S608
    "WHERE number = %s AND revision = %s"
)
MOVES = _insert("ledger_move", words.MOVE)
ADJUSTMENTS = _insert("ledger_adjustment", words.ADJUSTMENT)
FOLLOW = (
    f"UPDATE ledger_adjustment AS a SET state = f.state FROM ({_rows_of(words.FOLLOW)}) AS f({columns(words.FOLLOW)}) "  # noqa: S608
    "WHERE a.transaction_number = f.transaction_number AND a.state = f.state_before"
)
HOURS = words.add_up("ledger_rollup_hour", words.HOUR, _rows_of(words.HOUR + words.MEASURES))
DAYS = words.add_up("ledger_rollup_day", words.DAY, _rows_of(words.DAY + words.MEASURES))
MONTHS = words.add_up("ledger_rollup_month", words.MONTH, _rows_of(words.MONTH + words.MEASURES))
PROGRAMS = words.add_up("ledger_rollup_program", words.PROGRAM, _rows_of(words.PROGRAM + words.MEASURES))
SUBIDS = words.add_up("ledger_rollup_subid", words.SUBID, _rows_of(words.SUBID + words.MEASURES))
REFERRERS = words.add_up("ledger_rollup_referrer", words.REFERRER, _rows_of(words.REFERRER + words.MEASURES))
IMPORTED = _insert("ledger_imported_click", words.IMPORTED, "ON CONFLICT DO NOTHING")
CURSORS = _insert("ledger_journal_cursor", words.CURSOR, words.MOVE_CURSOR)
ASIDE = _insert("ledger_set_aside", words.SET_ASIDE, "ON CONFLICT DO NOTHING")
GROUPS = _insert("ledger_conflict_group", words.CONFLICT_GROUP, words.ADD_TO_GROUP)
DELIVERIES = _insert("outbox_delivery", words.DELIVERY, "ON CONFLICT (receiver_id, key) DO NOTHING")

LIST = "= ANY(%s::bigint[])"
TEXTS = "= ANY(%s::text[])"
TO_INBOX = f"UPDATE ledger_postback SET in_inbox = true WHERE id IN ({words.UNLISTED} {TEXTS})"  # noqa: S608
LISTED = f"UPDATE ledger_conflict_group SET listed_id = newest_id WHERE listed_id IS NULL AND key {TEXTS}"  # noqa: S608
EARLIER = (
    f"SELECT {', '.join('t.' + n for n in words.EARLIER)} FROM unnest(%s::bigint[], %s::text[]) AS k(program_id, tid) "  # noqa: S608
    "JOIN ledger_transaction AS t ON t.program_id = k.program_id AND t.tid = k.tid"
)

SIMILAR = (
    f"SELECT {', '.join('t.' + n for n in words.EARLIER)} "  # noqa: S608
    "FROM unnest(%s::bigint[], %s::text[]) AS k(program_id, tid_key) CROSS JOIN LATERAL "
    "(SELECT * FROM ledger_transaction AS n WHERE n.program_id = k.program_id AND n.tid_key = k.tid_key "
    "ORDER BY n.number DESC LIMIT %s) AS t ORDER BY t.number"
)


class PostgresLedger:
    target_s = 0.2

    def __init__(self, address: str) -> None:
        self._address = address
        self._db: psycopg.Connection[Row] | None = None

    def connect(self) -> None:
        self.close()
        with self._trouble():
            self._db = psycopg.connect(self._address, autocommit=True, connect_timeout=CONNECT_S)
            for option in ("synchronous_commit = on", f"lock_timeout = '{LOCK_WAIT}'", "timezone = 'UTC'"):
                self._db.execute(f"SET {option}")
        self._must_be_durable()

    def _must_be_durable(self) -> None:
        for name in ("fsync", "full_page_writes"):
            if self._all(f"SHOW {name}")[0][0] != "on":
                raise StartError(f"PostgreSQL runs with {name}=off and would forget what it acknowledged: turn it on.")

    def close(self) -> None:
        if self._db is not None:
            with suppress(psycopg.Error):
                self._db.close()
        self._db = None

    def take_over(self) -> Numbers:
        self.run("UPDATE ledger_engine_state SET epoch = epoch + 1 WHERE id = 1")
        return self.numbers()

    def numbers(self) -> Numbers:
        rows = self._all("SELECT epoch, next_transaction, next_order FROM ledger_engine_state WHERE id = 1")
        if not rows:
            raise Trouble("The ledger has no engine state: run `clicktrail init`.")
        return Numbers(*rows[0])

    def cursors(self) -> dict[str, Cursor]:
        rows = self._all(f"SELECT {columns(words.CURSOR)} FROM ledger_journal_cursor")  # noqa: S608
        return {row[0]: Cursor(*row) for row in rows}

    def waiting(self) -> list[Row]:
        return self._all(
            f"SELECT {columns(words.WAITING)} FROM ledger_postback WHERE reason = 'waiting' ORDER BY id"  # noqa: S608
        )

    def last_click(self) -> int:
        return int(self._all("SELECT coalesce(max(id), 0) FROM ledger_click")[0][0])

    def last_postback(self) -> int:
        return int(self._all("SELECT coalesce(max(id), 0) FROM ledger_postback")[0][0])

    def visitors_since(self, id: int, limit: int) -> list[Row]:
        return self._all(
            "SELECT visitor, program_id, partner_id, at_ms FROM ledger_click WHERE id >= %s AND net ORDER BY id DESC "
            "LIMIT %s",
            (id, limit),
        )

    def values(self, table: str, day: int, program: int, partner: int) -> set[str]:
        name = "subid" if table == "subid" else "host"
        found = self._all(
            f"SELECT {name} FROM ledger_rollup_{table} "  # noqa: S608
            "WHERE day = %s AND program_id = %s AND partner_id = %s AND NOT other",
            (day, program, partner),
        )
        return {row[0] for row in found}

    def regular_values(self, table: str, day: int, program: int, partner: int) -> set[str]:
        place = (*range(day - REGULAR_DAYS, day), program, partner, MAX_VALUES)
        return {row[0] for row in self.all(words.regular(table), place)}

    def stored_clicks(self, ids: list[int]) -> set[int]:
        return {row[0] for row in self._all(f"SELECT id FROM ledger_click WHERE id {LIST}", (ids,))}  # noqa: S608

    def stored_postbacks(self, ids: list[int]) -> set[int]:
        return {row[0] for row in self._all(f"SELECT id FROM ledger_postback WHERE id {LIST}", (ids,))}  # noqa: S608

    def clicks(self, ids: list[int]) -> list[Row]:
        return self._all(f"SELECT {columns(words.CLICK_FACTS)} FROM ledger_click WHERE id {LIST}", (ids,))  # noqa: S608

    def has_imported(self) -> bool:
        return bool(self._all("SELECT EXISTS (SELECT 1 FROM ledger_imported_click)")[0][0])

    def imported(self, texts: list[str]) -> list[Row]:
        return self._all(
            "SELECT clickid, click_id FROM ledger_imported_click WHERE clickid = ANY(%s::text[])",
            (texts,),
        )

    def conflict_counts(self, keys: list[str]) -> dict[str, int]:
        rows = self._all(f"SELECT key, count FROM ledger_conflict_group WHERE key {TEXTS}", (keys,))  # noqa: S608
        return {row[0]: row[1] for row in rows}

    def earlier(self, keys: list[tuple[int, str]]) -> list[Row]:
        return self._all(EARLIER, ([key[0] for key in keys], [key[1] for key in keys]))

    def similar(self, keys: list[tuple[int, str]], limit: int) -> list[Row]:
        return self._all(SIMILAR, ([key[0] for key in keys], [key[1] for key in keys], limit))

    def verdicts(self, calls: list[int]) -> list[Row]:
        return self._all(
            f"SELECT id, reason, facts, saved, transaction_number FROM ledger_postback WHERE id {LIST}",  # noqa: S608
            (calls,),
        )

    def judged(self, calls: list[int]) -> dict[int, tuple[int | None, int]]:
        rows = self._all(
            f"SELECT id, judged_order, catalog_version FROM ledger_postback WHERE id {LIST}",  # noqa: S608
            (calls,),
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def makers(self, numbers: list[int]) -> dict[int, int]:
        rows = self._all(
            f"SELECT number, postback_id FROM ledger_transaction WHERE number {LIST}",  # noqa: S608
            (numbers,),
        )
        return {row[0]: row[1] for row in rows}

    def write(self, unit: Unit, dry: bool = False) -> bool:
        with self._transaction(dry):
            if not self._store(unit):
                self._open().execute("ROLLBACK")
                return False
        return True

    @contextmanager
    def trial(self) -> Iterator[None]:
        with self._transaction(dry=True):
            yield

    def attempt(self, make: Callable[[], Unit]) -> None:
        with self._trouble():
            self._open().execute("SAVEPOINT attempt")
        try:
            unit = make()
            with self._trouble():
                self._store(unit)
                self._open().execute("RELEASE attempt")
        except Refused:
            with self._trouble():
                self._open().execute("ROLLBACK TO attempt")
                self._open().execute("RELEASE attempt")
            raise

    def _store(self, unit: Unit) -> bool:
        self._fence(unit)
        if not self._add_transactions(unit.transactions) or not self._change(unit.changes):
            return False
        self._copy(CLICKS, unit.clicks)
        if unit.named:
            self._open().execute(NAMED, (unit.named,))
        self._copy(POSTBACKS, unit.postbacks)
        self._many(VERDICT, unit.verdicts)
        self._group(unit.conflict_groups)
        self._many(MOVES, unit.moves)
        self._many(ADJUSTMENTS, unit.adjustments)
        self._many(FOLLOW, unit.following)
        self._many(IMPORTED, unit.imported)
        self._many(HOURS, unit.sums.hours)
        self._many(DAYS, unit.sums.days)
        self._many(MONTHS, unit.sums.months)
        self._many(PROGRAMS, unit.sums.programs)
        self._many(SUBIDS, unit.sums.subids)
        self._many(REFERRERS, unit.sums.referrers)
        self._many(CURSORS, unit.cursors)
        self._many(ASIDE, unit.aside)
        self._many(DELIVERIES, unit.deliveries)
        return True

    def _group(self, rows: list[Row]) -> None:
        """Add conflicts to their groups, behind the calls themselves."""
        if rows:
            self._many(GROUPS, rows)
            keys = ([row[0] for row in rows],)
            self._open().execute(TO_INBOX, keys)
            self._open().execute(LISTED, keys)

    def _fence(self, unit: Unit) -> None:
        numbers = unit.numbers
        state = (numbers.next_transaction, numbers.next_order, unit.applied_ms, numbers.epoch)
        if self._open().execute(FENCE, state).rowcount != 1:
            raise Fenced("Another engine has taken over this ledger; this one ends.")

    def _add_transactions(self, rows: list[Row]) -> bool:
        if not rows:
            return True
        return len(self._open().execute(TRANSACTIONS, _arrays(rows)).fetchall()) == len(rows)

    def _change(self, rows: list[Row]) -> bool:
        return all(self._open().execute(CHANGE, row).rowcount == 1 for row in rows)

    def run(self, statement: str, values: Row = ()) -> int:
        """One statement, written with `?` as on SQLite, as a transaction of its own; rows changed."""
        with self._transaction():
            return self._open().execute(_dialect(statement), values).rowcount

    def run_many(self, statement: str, rows: list[Row]) -> None:
        with self._transaction(), self._open().cursor() as cursor:
            cursor.executemany(_dialect(statement), rows)

    def all(self, statement: str, values: Row = ()) -> list[Row]:
        """Rows of a statement written with `?` on both databases."""
        return self._all(_dialect(statement), values)

    def yield_to_others(self) -> None:
        """Nobody has to wait here: writers lock rows, not the database."""

    def checkpoint(self, *, idle: bool) -> None:
        """The server does that by itself."""

    @contextmanager
    def _transaction(self, dry: bool = False) -> Iterator[None]:
        db = self._open()
        with self._trouble():
            try:
                db.execute("BEGIN")
                yield
                if db.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                    db.execute("ROLLBACK" if dry else "COMMIT")
            finally:
                if db.info.transaction_status not in (
                    psycopg.pq.TransactionStatus.IDLE,
                    psycopg.pq.TransactionStatus.UNKNOWN,
                ):
                    with suppress(psycopg.Error):
                        db.execute("ROLLBACK")

    def _open(self) -> "psycopg.Connection[Row]":
        if self._db is None:
            raise Trouble("The ledger is not connected.")
        return self._db

    def _copy(self, statement: str, rows: list[Row]) -> None:
        if rows:
            with self._open().cursor() as cursor, cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)

    def _many(self, statement: str, rows: list[Row]) -> None:
        if rows:
            self._open().execute(statement, _arrays(rows))

    def _all(self, statement: str, values: Row = ()) -> list[Row]:
        with self._trouble():
            return self._open().execute(statement, values).fetchall()

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """What the driver says, in the engine's words: a value refused, or a database out of reach."""
        try:
            yield
        except psycopg.DataError as fault:
            raise Refused(f"{type(fault).__name__}: {fault}") from fault
        except psycopg.Error as fault:
            if (fault.sqlstate or "")[:2] in REFUSALS:
                raise Refused(f"{type(fault).__name__}: {fault}") from fault
            raise Trouble(f"The ledger on PostgreSQL: {fault}") from fault
        except (OverflowError, ValueError, TypeError) as fault:
            raise Refused(f"{type(fault).__name__}: {fault}") from fault


def _arrays(rows: list[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _dialect(statement: str) -> str:
    """`?` is `%s` here; the engine's own statements hold neither as a character."""
    return statement.replace("?", "%s")
