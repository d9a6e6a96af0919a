"""Clicks of another system, journaled like our own with the ClickIDs that it gave them.

The file is read twice: first all lines are checked, then they are handed in by the thousand, never further ahead
of the engine than MAX_AHEAD, so that live calls are judged as quickly as ever.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from clicktrail.control.importing.cells import Times
from clicktrail.control.importing.house import House
from clicktrail.control.importing.outcome import Outcome
from clicktrail.control.importing.table import Faults, Hear, Line, Table, Wrong, batches
from clicktrail.control.intake import Intake
from clicktrail.control.ledger.forget import host_only
from clicktrail.control.ledger.imported import known
from clicktrail.control.reconcile.moments import order_of
from clicktrail.core import foreign
from clicktrail.core.periods import DAY_MS
from clicktrail.core.postback import MAX_TEXT
from clicktrail.sqlite import sqlite3

BATCH = 1000
"""Clicks in one row of the journal."""
MAX_AHEAD = 4000
"""Events that the engine may be behind before more is handed in."""

Settle = Callable[[int], None]
"""Wait until the engine is at most so many events behind."""
Click = dict[str, Any]


class Clicks:
    def __init__(self, table: Table, house: House, times: Times, now_ms: int) -> None:
        self._table, self._house, self._times, self._now_ms = table, house, times, now_ms
        times.order = times.order or order_of(table.column("time"))

    def check(self, hear: Hear | None = None) -> Outcome:
        """What an import would do. Nothing is handed in."""
        outcome = Outcome("clicks", Faults(self._table.name), is_dry=True)
        for clicks, there in self._batches(outcome, "Checking", hear):
            outcome.found["would be imported"] += len(clicks)
            outcome.found["there already"] += there
        return self._noted(outcome)

    def hand_in(self, intake: Intake, catalog_version: int, settle: Settle, hear: Hear | None = None) -> Outcome:
        """Lines that cannot be taken are passed over and named."""
        outcome = Outcome("clicks", Faults(self._table.name))
        for clicks, there in self._batches(outcome, "Importing", hear):
            outcome.found["imported"] += len(clicks)
            outcome.found["there already"] += there
            if clicks:
                intake.hand_in_clicks(clicks, catalog_version)
                settle(MAX_AHEAD)
        return self._noted(outcome)

    def _batches(self, outcome: Outcome, phase: str, hear: Hear | None) -> Iterator[tuple[list[Click], int]]:
        """(clicks that are new, number of those that are known)."""
        self._expired = 0
        seen = _Seen()
        for lines in batches(self._table.lines(outcome.faults, phase, hear), BATCH):
            outcome.lines += len(lines)
            clicks = list(self._read_all(lines, outcome.faults))
            fresh = seen.first_ones(clicks)
            outcome.found["named twice in the file"] += len(clicks) - len(fresh)
            there = known([click["clickid"] for click in fresh])
            new = [click for click in fresh if click["clickid"] not in there]
            self._expired += sum(self._is_expired(click) for click in new)
            yield new, len(fresh) - len(new)
        seen.close()

    def _read_all(self, lines: Iterable[Line], faults: Faults) -> Iterator[Click]:
        for line in lines:
            try:
                yield self._read(line)
            except Wrong as wrong:
                faults.add(line.number, wrong.column, str(wrong))

    def _read(self, line: Line) -> Click:
        clickid = line.text("clickid")
        if fault := foreign.fault(clickid):
            raise line.wrong("clickid", fault)
        program = self._house.program(line)
        subid = line.text("subid")
        if len(subid) > MAX_TEXT:
            raise line.wrong("subid", f"it has {len(subid)} characters; at most {MAX_TEXT} are kept.")
        return {
            "clickid": clickid,
            "at_ms": time_of(line, self._times, program.time_zone),
            "program": program.pk,
            "partner": self._house.partner(line),
            "creative": self._house.creative(line, program),
            "target": line.text("target")[:MAX_TEXT],
            "subid": subid,
            "referrer": host_only(line.text("referrer")),
        }

    def _is_expired(self, click: Click) -> bool:
        lifetime_days = self._house.programs[click["program"]].click_lifetime_days
        return bool(self._now_ms - click["at_ms"] > lifetime_days * DAY_MS)

    def _noted(self, outcome: Outcome) -> Outcome:
        if self._expired:
            outcome.notes.append(
                f"{self._expired:,} of the new ones are older than their program's click lifetime: they stand in the "
                "reports, and an order can earn nothing by them any more."
            )
        return outcome


class _Seen:
    """ClickIDs of the file so far, on disk where they are many."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("CREATE TABLE seen (clickid TEXT PRIMARY KEY) WITHOUT ROWID")

    def first_ones(self, clicks: list[Click]) -> list[Click]:
        texts = json.dumps(list({click["clickid"] for click in clicks}))
        rows = self._db.execute("SELECT clickid FROM seen WHERE clickid IN (SELECT value FROM json_each(?))", (texts,))
        before = {row[0] for row in rows}
        fresh = {click["clickid"]: click for click in reversed(clicks) if click["clickid"] not in before}
        self._db.execute("INSERT OR IGNORE INTO seen SELECT value FROM json_each(?)", (texts,))
        return [click for click in clicks if fresh.get(click["clickid"]) is click]

    def close(self) -> None:
        self._db.close()


def time_of(line: Line, times: Times, time_zone: str) -> int:
    try:
        return times.read(line.text("time"), time_zone)
    except ValueError as fault:
        raise line.wrong("time", str(fault)) from None
