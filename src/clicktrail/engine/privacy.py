"""Cut personal data that is old enough: user agents, full referrers, unknown parameters.

In bounded steps by ranges of ids, oldest first, so that no statement lasts long. How far
each kind was cut stands in the ledger (`EngineState.cuts`): a restored ledger knows what
is still to be cut.
"""

import json
from dataclasses import dataclass
from itertools import takewhile

from clicktrail.core.clickid import first_id
from clicktrail.core.postback import KNOWN
from clicktrail.engine.ledger import Ledger, Row
from clicktrail.settings import Settings

ROWS = 2000
"""Rows looked at in one step."""
DAY_MS = 86_400_000

LOAD = "SELECT cuts FROM ledger_engine_state WHERE id = 1"
SAVE = "UPDATE ledger_engine_state SET cuts = ? WHERE id = 1"


@dataclass(frozen=True, slots=True)
class Cut:
    """name: key in `cuts`; days: 0 keeps; key: the column whose order is the order in time."""

    name: str
    days: int
    table: str
    key: str
    column: str


class Cuts:
    def __init__(self, settings: Settings, ledger: Ledger, now_ms: int) -> None:
        self._ledger, self._now_ms = ledger, now_ms
        agent, referrer, extra = settings.user_agent_days, settings.referrer_days, settings.extra_days
        self._cuts = (
            Cut("click_user_agent", agent, "ledger_click", "id", "user_agent"),
            Cut("postback_user_agent", agent, "ledger_postback", "id", "user_agent"),
            Cut("click_referrer", referrer, "ledger_click", "id", "referrer"),
            Cut("postback_referrer", referrer, "ledger_postback", "id", "referrer"),
            Cut("transaction_referrer", referrer, "ledger_transaction", "number", "referrer"),
            Cut("click_extra", extra, "ledger_click", "id", "extra"),
            Cut("postback_extra", extra, "ledger_postback", "id", "params"),
        )

    def step(self) -> bool:
        """Cut one range of rows; False where nothing is left to be cut now. Raises Busy, Trouble."""
        done: dict[str, int] = json.loads(self._ledger.all(LOAD)[0][0])
        for cut in self._cuts:
            end = self._range_end(cut, done.get(cut.name, 0)) if cut.days else None
            if end is not None:
                self._apply(cut, done.get(cut.name, 0), end)
                self._ledger.run(SAVE, (json.dumps(done | {cut.name: end}),))
                return True
        return False

    def _range_end(self, cut: Cut, after: int) -> int | None:
        """The last of the next rows that are old enough; None where there is none."""
        before_ms = self._now_ms - cut.days * DAY_MS
        if cut.key == "number":
            return self._last_old_transaction(after, before_ms)
        rows = self._ledger.all(
            f"SELECT max(k) FROM (SELECT {cut.key} AS k FROM {cut.table} "  # noqa: S608
            f"WHERE {cut.key} > ? AND {cut.key} < ? ORDER BY {cut.key} LIMIT ?) AS range",
            (after, first_id(before_ms), ROWS),
        )
        end: int | None = rows[0][0]
        return end

    def _last_old_transaction(self, after: int, before_ms: int) -> int | None:
        """Before the first young one: an order that was imported, or judged again, is old and has a high number."""
        rows = self._ledger.all(
            "SELECT number, created_ms FROM ledger_transaction WHERE number > ? ORDER BY number LIMIT ?", (after, ROWS)
        )
        old = [number for number, _ in takewhile(lambda row: row[1] < before_ms, rows)]
        return old[-1] if old else None

    def _apply(self, cut: Cut, after: int, end: int) -> None:
        where = f"WHERE {cut.key} > ? AND {cut.key} <= ? AND {cut.column} IS NOT NULL"
        if cut.column == "params":
            rows = self._ledger.all(f"SELECT id, params FROM {cut.table} {where}", (after, end))  # noqa: S608
            self._ledger.run_many("UPDATE ledger_postback SET params = ? WHERE id = ?", _known_only(rows))
        else:
            self._ledger.run(f"UPDATE {cut.table} SET {cut.column} = NULL {where}", (after, end))  # noqa: S608


def _known_only(rows: list[Row]) -> list[Row]:
    """Calls that carried something unknown, with what is known alone."""
    kept: list[Row] = []
    for id, text in rows:
        params = json.loads(text)
        known = {name: value for name, value in params.items() if name in KNOWN}
        if len(known) != len(params):
            kept.append((json.dumps(known, ensure_ascii=False), id))
    return kept
