"""The books must balance: what callers were promised, the journals, the ledger and its sums.

Reads the files of one data folder with plain SQL, knowing nothing of the engine's code, so
that both cannot be wrong in the same way. Works beside running processes (read-only) and
after them. Every finding is a sentence; `balance` fails with all of them.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from support.load import Story
from support.observe import until

from clicktrail.core.callnumber import log_number
from clicktrail.journal.events import Click, Event, decode_batch
from clicktrail.sqlite import sqlite3

Row = tuple[Any, ...]
LAST_ROWS = """
    SELECT coalesce(max(seq), 0), coalesce(max(CASE WHEN events > 0 OR body IS NULL THEN seq END), 0),
        coalesce(max(body IS NULL), 0) FROM batch
"""
"""Last row of a journal; the last that says something (an idle worker's rows only renew its reservation); seal?"""
MOMENT_S = 10.0
SHOWN = 5
"""Examples in a finding."""
IS_BOT, IS_REFUSED = "outcome = 'ok' AND NOT counted", "outcome <> 'ok'"
MEASURES = 7
"""Columns of a rollup that are sums."""
MOST_VALUES = 2000
"""Subids or hosts of one partner and day that have a row of their own."""


@dataclass(frozen=True)
class Journal:
    """One file as it is on disk. `batches`: (seq, events); the seal is the last row.

    `damaged`: rows that cannot be read.
    """

    path: Path
    identity: str
    node: int
    batches: list[tuple[int, list[Event]]]
    damaged: list[int]


class Books:
    """`database`: the ledger's address where it is on PostgreSQL. The SQL here runs on both."""

    def __init__(self, data: Path, database: str = "") -> None:
        self.data, self.database = data, database

    def rows(self, sql: str, *values: object) -> list[Row]:
        if not self.database:
            return _query(self.data / "ledger.sqlite", sql, *values)
        with psycopg.connect(self.database) as connection:
            return connection.execute(sql.replace("?", "%s"), values or None).fetchall()  # type: ignore[arg-type]

    def one(self, sql: str, *values: object) -> Any:
        return self.rows(sql, *values)[0][0]

    def files(self) -> list[Path]:
        return sorted((self.data / "journal").glob("[0-9]*/*.sqlite"))

    def journals(self) -> list[Journal]:
        return [_journal(path) for path in self.files()]

    def caught_up(self) -> bool:
        """Whether the ledger has read every row of every journal and nothing waits any more."""
        try:
            return not list(self._cursors()) and not self.one(
                "SELECT count(*) FROM ledger_postback WHERE reason = 'waiting'"
            )
        except (sqlite3.OperationalError, psycopg.OperationalError):
            return False

    def balance(self, story: Story) -> None:
        """Fail unless everything holds that the design promises; call it once the engine has caught up."""
        findings = [
            *self._clicks(story),
            *self._calls(story),
            *self._once(),
            *self._cursors_at_last(),
            *self._journals(),
            *self._sums(),
        ]
        assert not findings, "\n".join(findings)

    def balance_alone(self, complete: bool = True) -> None:
        """The same without callers. complete: every journal that the ledger has read is still there."""
        findings = [*self._once(), *self._sums()]
        if complete:
            findings += [*self._cursors(), *self._journals()]
        assert not findings, "\n".join(findings)

    def _clicks(self, story: Story) -> Iterator[str]:
        """Every ClickID that a caller got is in the ledger, with that caller's subid."""
        stored = dict(self.rows("SELECT id, subid FROM ledger_click"))
        got = {click_id(c.clickid): c.subid for c in story.clicks if c.clickid}
        yield from _finding("received ClickIDs are not in the ledger", got.keys() - stored.keys())
        wrong = [i for i, subid in got.items() if i in stored and stored[i] != subid]
        yield from _finding("ClickIDs belong to another caller's click", wrong)
        yield from _finding("ClickIDs were given out twice", _repeated(story.clickids))

    def _calls(self, story: Story) -> Iterator[str]:
        """Every call that was promised is in the log, once; and says there what its answer said."""
        logged = self.rows("SELECT id, params, reason, saved FROM ledger_postback")
        marks = Counter(json.loads(row[1]).get("mark") for row in logged)
        yield from _finding("promised calls are not in the log", {c.mark for c in story.promised} - marks.keys())
        yield from _finding("calls are in the log twice", [m for m, n in marks.items() if m is not None and n > 1])
        final = {str(row[0]): (row[2], bool(row[3])) for row in logged}
        said = [c.verdict for c in story.calls if c.verdict]
        told = {str(log_number(each["call"])): (each["reason"], each["saved"]) for each in said}
        yield from _finding("verdicts name a call that the log does not have", told.keys() - final.keys())
        wrong = [
            f"{call}: told {said}, logged {final[call]}"
            for call, said in told.items()
            if said[0] != "waiting" and call in final and said != final[call]
        ]
        yield from _finding("verdicts were told that are not the log's", wrong)

    def _once(self) -> Iterator[str]:
        """One transaction per order that was saved, made by the one call that says so."""
        twice = self.rows("SELECT program_id, tid FROM ledger_transaction GROUP BY 1, 2 HAVING count(*) > 1")
        yield from _finding("orders have two transactions", twice)
        calls = set(self.rows("SELECT id, transaction_number, program_id, tid FROM ledger_postback WHERE saved"))
        made = set(self.rows("SELECT postback_id, number, program_id, tid FROM ledger_transaction"))
        yield from _finding("calls say saved, but their transaction is not there", calls - made)
        yield from _finding("transactions have no call that says saved", made - calls)
        no_award = self.rows(
            "SELECT p.id FROM ledger_postback p LEFT JOIN ledger_transaction t ON t.number = p.transaction_number "
            "WHERE p.reason IN ('duplicate', 'conflict') "
            "AND (t.tid IS NULL OR t.tid <> p.tid OR t.program_id <> p.program_id)"
        )
        yield from _finding("duplicates name another order's transaction", no_award)
        waiting = self.rows("SELECT id FROM ledger_postback WHERE reason = 'waiting'")
        yield from _finding("calls still wait", waiting)

    def _cursors_at_last(self) -> list[str]:
        """A process that has just come up may seal the file of the one before it: the engine may read that first."""
        with suppress(AssertionError):
            until(lambda: not list(self._cursors()), MOMENT_S, "the cursors stand at the ends")
        return list(self._cursors())

    def _cursors(self) -> Iterator[str]:
        """The ledger stands at the end of each journal, and past its seal where there is one."""
        cursors = {row[0]: row[1:] for row in self.rows("SELECT identity, seq, sealed FROM ledger_journal_cursor")}
        for path in self.files():
            seq, sealed = map(int, cursors.get(path.stem.partition("-")[2], (0, 0)))
            last, needed, has_seal = _query(path, LAST_ROWS)[0]
            if not needed <= seq <= last or sealed != has_seal:
                yield f"{path.name}: the cursor is at {seq} (sealed: {sealed}), not {needed} to {last} ({has_seal})"

    def _journals(self) -> Iterator[str]:
        """What the journals hold is what the ledger holds: nothing lost on the way, nothing made up."""
        events = [event for journal in self.journals() for _, batch in journal.batches for event in batch]
        yield from _finding("ids were issued twice", _repeated(event.id for event in events))
        aside = set(self.rows("SELECT identity, seq FROM ledger_set_aside"))
        damaged = {(journal.identity, seq) for journal in self.journals() for seq in journal.damaged}
        yield from _finding("rows that cannot be read are not set aside", damaged - aside)
        for table, kind in (("ledger_click", True), ("ledger_postback", False)):
            written = {event.id for event in events if isinstance(event, Click) is kind}
            stored = {row[0] for row in self.rows(f"SELECT id FROM {table}")}
            if not aside:
                yield from _finding(f"events are in the journals, but not in {table}", written - stored)
            yield from _finding(f"rows of {table} are in no journal", stored - written)

    def _sums(self) -> Iterator[str]:
        """The rollups are what a recount from the rows gives; subids and hosts keep their bound."""
        hour_of_click, hour_of_order = (f"{ms} / 3600000 * 3600" for ms in ("at_ms", "created_ms"))
        yield from self._compare(
            "hour", "bucket_s, creative_id", f"{hour_of_click}, {_known('creative')}", f"{hour_of_order}, creative_id"
        )
        yield from self._compare("subid")
        yield from self._compare("referrer")
        for table in ("subid", "referrer"):
            many = self.rows(
                f"SELECT day, partner_id, count(*) FROM ledger_rollup_{table} WHERE NOT other "
                f"GROUP BY day, program_id, partner_id HAVING count(*) > {MOST_VALUES}"
            )
            yield from _finding(f"partners and days have too many rows in ledger_rollup_{table}", many)

    def _compare(self, table: str, kept_by: str = "0", clicks_by: str = "0", orders_by: str = "0") -> Iterator[str]:
        """Sums by program, partner and what else is named; where all is zero there need be no row."""
        kept = self._sum_up(
            f"SELECT program_id, partner_id, {kept_by}, clicks_gross, clicks_net, clicks_bot, clicks_refused, "
            f"transactions, revenue_minor, commission_minor FROM ledger_rollup_{table}"
        )
        counted = self._sum_up(
            f"SELECT program_id, {_known('partner')}, {clicks_by}, {_one('counted')}, {_one('net')}, "
            f"{_one(IS_BOT)}, {_one(IS_REFUSED)}, 0, 0, 0 FROM ledger_click UNION ALL "
            f"SELECT program_id, partner_id, {orders_by}, 0, 0, 0, 0, 1, coalesce(revenue_minor, 0), commission_minor "
            "FROM ledger_transaction WHERE state <> 'cancelled' AND NOT test"
        )
        wrong = [
            f"{key}: {kept.get(key)} instead of {counted.get(key)}"
            for key in sorted(kept.keys() | counted.keys())
            if kept.get(key) != counted.get(key)
        ]
        yield from _finding(f"sums of ledger_rollup_{table} are wrong", wrong)

    def _sum_up(self, sql: str) -> dict[Row, tuple[int, ...]]:
        sums: dict[Row, tuple[int, ...]] = {}
        for row in self.rows(sql):
            key, measures = row[:-MEASURES], row[-MEASURES:]
            sums[key] = tuple(map(sum, zip(sums.get(key, (0,) * MEASURES), measures, strict=True)))
        return {key: measures for key, measures in sums.items() if any(measures)}


def click_id(text: str) -> int:
    """The click's primary key: the first 63 of the ClickID's 89 bits."""
    return int(text[2:]) >> 26


def _journal(path: Path) -> Journal:
    rows = _query(path, "SELECT seq, body FROM batch ORDER BY seq")
    identity, node = _query(path, "SELECT identity, node FROM journal")[0]
    batches, damaged = [], []
    for seq, body in rows:
        try:
            batches += [(seq, decode_batch(body))] if body is not None else []
        except msgspec.DecodeError:
            damaged.append(seq)
    return Journal(path, identity, node, batches, damaged)


def _query(path: Path, sql: str, *values: object) -> list[Row]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=60)) as connection:
        return list(connection.execute(sql, values))


def _one(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END"


def _known(kind: str) -> str:
    """Numbers that nobody gave out share one row of sums, under 0."""
    return f"CASE WHEN {kind}_id IN (SELECT id FROM catalog_{kind}) THEN {kind}_id ELSE 0 END"


def _finding(sentence: str, cases: Any) -> Iterator[str]:
    cases = list(cases)
    if cases:
        yield f"{len(cases)} {sentence}: {', '.join(map(str, cases[:SHOWN]))}"


def _repeated(values: Any) -> list[Any]:
    return [value for value, times in Counter(values).items() if times > 1]
