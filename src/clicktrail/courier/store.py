"""The courier's door to the ledger: what is due, and what became of it. Named SQL, set-based, in one thread.

`held` by one courier: a lock on the data folder, and on PostgreSQL one in the database too.
"""

import fcntl
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from clicktrail.core.delivery import host_of, read_address
from clicktrail.courier.lanes import Word
from clicktrail.courier.render import Due, Target
from clicktrail.courier.schedule import MAX_AGE_MS
from clicktrail.courier.send import Outcome
from clicktrail.errors import LedgerError, StartError
from clicktrail.keys import Keys
from clicktrail.settings import Settings

ADVISORY_LOCK = 0x436C_636F
"""Of the courier, in a database on PostgreSQL."""
GRACE_MS = 10 * 60 * 1000
"""The very last attempt has this long to come about before a delivery is given up without it."""
MAX_GIVEN_UP = 1000
"""Deliveries given up, or deleted, in one transaction."""

VERSION = "SELECT version FROM catalog_version WHERE id = 1"
NEWEST = "SELECT coalesce(max(id), 0) FROM outbox_delivery"
RECEIVERS = "SELECT id, kind, address, method, state, key_number, salt, rotated_ms FROM outbox_receiver"
STANDINGS = "SELECT receiver_id, state, why, failures, since_ms, probe_ms FROM outbox_standing"
DUE_SQLITE = (
    "SELECT lane.value, d.id FROM json_each(%s) AS lane CROSS JOIN outbox_delivery AS d ON d.id IN ("
    "SELECT id FROM outbox_delivery WHERE receiver_id = lane.value AND done_ms IS NULL AND due_ms <= %s "
    "ORDER BY due_ms, id LIMIT %s)"
)
DUE_POSTGRES = (
    "SELECT lane, d.id FROM unnest(%s::bigint[]) AS lane, LATERAL ("
    "SELECT id FROM outbox_delivery WHERE receiver_id = lane AND done_ms IS NULL AND due_ms <= %s "
    "ORDER BY due_ms, id LIMIT %s) AS d"
)
ROWS_SQLITE = "IN (SELECT value FROM json_each(%s))"
ROWS_POSTGRES = "= ANY(%s::bigint[])"
ROWS = (
    "SELECT id, receiver_id, key, call_id, facts, attempts, since_ms FROM outbox_delivery "
    "WHERE id {} AND done_ms IS NULL AND due_ms <= %s ORDER BY due_ms, id"
)
DONE = (
    "UPDATE outbox_delivery SET state = %s, attempts = %s, due_ms = %s, done_ms = %s "
    "WHERE id = %s AND since_ms = %s AND done_ms IS NULL"
)
"""One that was sent again by hand meanwhile has another since_ms: it stays due."""
LOGGED = (
    "INSERT INTO outbox_attempt (delivery_id, at_ms, stage, address, status, answer, took_ms, fault) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)
REMEMBER = (
    "INSERT INTO outbox_standing (receiver_id, state, why, failures, since_ms, probe_ms) "
    "VALUES (%s, %s, %s, %s, %s, %s) "
    "ON CONFLICT (receiver_id) DO UPDATE SET state = excluded.state, why = excluded.why, "
    "failures = excluded.failures, since_ms = excluded.since_ms, probe_ms = excluded.probe_ms"
)
OVER = (
    "SELECT id, since_ms, attempts FROM outbox_delivery WHERE done_ms IS NULL AND since_ms < %s "
    "AND (attempts > 0 OR receiver_id NOT IN (SELECT id FROM outbox_receiver WHERE state = 'active') "
    "OR receiver_id IN (SELECT receiver_id FROM outbox_standing WHERE state = 'gone')) LIMIT %s"
)
ORPHANS = (
    "SELECT id, since_ms, attempts FROM outbox_delivery WHERE done_ms IS NULL "
    "AND receiver_id NOT IN (SELECT id FROM outbox_receiver) LIMIT %s"
)
OLD = "SELECT id FROM outbox_delivery WHERE done_ms < %s ORDER BY done_ms LIMIT %s"
FORGET_ATTEMPTS = "DELETE FROM outbox_attempt WHERE delivery_id = %s"
FORGET = "DELETE FROM outbox_delivery WHERE id = %s AND done_ms IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt made of a delivery. due_ms: when it is tried again, None where it is done."""

    due: Due
    at_ms: int
    outcome: Outcome
    due_ms: int | None


class Store:
    """All methods belong to one thread; they raise what the database raises."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._settings, self._keys = settings, keys
        self._is_postgres = bool(settings.database)
        self._has_lock = False

    def close(self) -> None:
        from django.db import connection

        self._has_lock = False
        connection.close()

    def require_lock(self) -> None:
        """On PostgreSQL a lock of this connection; raises LedgerError while another courier has it."""
        if not self._is_postgres or self._has_lock:
            return
        if not self._all("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])[0][0]:
            raise LedgerError("Another courier works on this ledger; this one waits until that ends.")
        self._has_lock = True

    def version(self) -> int:
        return int(self._all(VERSION)[0][0])

    def newest(self) -> int:
        return int(self._all(NEWEST)[0][0])

    def targets(self, now_ms: int) -> list[Target]:
        return [target for row in self._all(RECEIVERS) if (target := self._target(row, now_ms)) is not None]

    def words(self) -> dict[int, Word]:
        return {row[0]: Word(*row) for row in self._all(STANDINGS)}

    def _target(self, row: Sequence[Any], now_ms: int) -> Target | None:
        from clicktrail.control.outbox.secrets import numbers_in_force, secret_of

        id, kind, address, method, state, key_number, salt, rotated_ms = row
        try:
            template = read_address(address)
        except ValueError:
            return None
        secrets = tuple(
            (number, secret_of(self._keys, kind, id, number, salt))
            for number in numbers_in_force(key_number, rotated_ms, now_ms)
        )
        return Target(id, kind, template, host_of(address), method, state == "paused", secrets)

    def due(self, lanes: Iterable[int], now_ms: int, most: int) -> list[tuple[int, int]]:
        """(receiver, delivery) of the oldest due ones, at most so many for each lane."""
        wanted = list(lanes)
        if not wanted:
            return []
        if self._is_postgres:
            return [(row[0], row[1]) for row in self._all(DUE_POSTGRES, [wanted, now_ms, most])]
        return [(row[0], row[1]) for row in self._all(DUE_SQLITE, [json.dumps(wanted), now_ms, most])]

    def rows(self, ids: list[int], now_ms: int) -> list[Due]:
        """Those of them that are still due: an outcome may have been written since due() was asked."""
        if not ids:
            return []
        where = ROWS_POSTGRES if self._is_postgres else ROWS_SQLITE
        found = self._all(ROWS.format(where), [ids if self._is_postgres else json.dumps(ids), now_ms])
        return [Due(row[0], row[1], row[2], row[3], json.loads(row[4]), row[5], row[6]) for row in found]

    def write(self, results: list[Result], words: list[Word]) -> None:
        """All outcomes of a while in one transaction."""
        from django.db import connection, transaction

        self.require_lock()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(DONE, [_done(result) for result in results])
            cursor.executemany(LOGGED, [_logged(result) for result in results])
            if words:
                cursor.executemany(REMEMBER, [_remembered(word) for word in words])

    def give_up(self, now_ms: int) -> int:
        """What is too old, or has no receiver any more, is not sent; the log says why. Returns how many."""
        over = [
            (row, "Its 48 hours are over.") for row in self._all(OVER, [now_ms - MAX_AGE_MS - GRACE_MS, MAX_GIVEN_UP])
        ]
        over += [(row, "Its receiver was deleted.") for row in self._all(ORPHANS, [MAX_GIVEN_UP])]
        if not over:
            return 0
        from django.db import connection, transaction

        self.require_lock()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(DONE, [("given_up", row[2], now_ms, now_ms, row[0], row[1]) for row, _ in over])
            cursor.executemany(LOGGED, [(row[0], now_ms, "before", "", None, "", 0, why) for row, why in over])
        return len(over)

    def forget_old(self, now_ms: int) -> int:
        """Deliveries that were done long ago go, with their log. Returns how many."""
        days = self._settings.delivery_days
        old = self._all(OLD, [now_ms - days * 86_400_000, MAX_GIVEN_UP]) if days else []
        if not old:
            return 0
        from django.db import connection, transaction

        self.require_lock()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(FORGET_ATTEMPTS, old)
            cursor.executemany(FORGET, old)
        return len(old)

    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())


def _done(result: Result) -> tuple[Any, ...]:
    due, outcome = result.due, result.outcome
    attempts = due.attempts + 1
    if result.due_ms is not None:
        return "failed", attempts, result.due_ms, None, due.id, due.since_ms
    state = "delivered" if outcome.delivered else "given_up"
    return state, attempts, result.at_ms, result.at_ms + outcome.took_ms, due.id, due.since_ms


def _logged(result: Result) -> tuple[Any, ...]:
    outcome = result.outcome
    return (
        result.due.id, result.at_ms, outcome.stage, outcome.address, outcome.status, outcome.answer, outcome.took_ms,
        outcome.fault,
    )  # fmt: skip


def _remembered(word: Word) -> tuple[Any, ...]:
    return (word.receiver, word.state, word.why, word.failures, word.since_ms, word.probe_ms)


def hold(settings: Settings) -> IO[str]:
    """The lock of a data folder's courier, until it is closed. Raises StartError."""
    settings.run_folder.mkdir(parents=True, exist_ok=True)
    handle = (settings.run_folder / "courier.lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise StartError(f"Another courier works on {settings.data}: stop it first.") from None
    return handle
