"""Invariant 1, seen from the kernel: no journal file goes before the ledger that holds its events is synced."""

import re
import subprocess
import sys

import pytest
from support.cast import ANNA
from support.ledgers import Place

SWEEP = """
import sys
from pathlib import Path
from clicktrail.engine.housekeeping import Housekeeping
from clicktrail.engine.run import build
from clicktrail.settings import Settings

engine = build(Settings(data=Path(sys.argv[1])))
engine.open()
engine.ledger._db.execute(f"PRAGMA synchronous = {sys.argv[2]}")
while engine.step().moved:
    pass
Housekeeping(engine.settings, engine, lambda: 1_900_000_000_000).sweep()
"""
"""Apply everything and let go of what may go, in a time when all days are over."""
LOG_WRITE = re.compile(r"pwrite64\(\d+<[^>]*/ledger\.sqlite-wal>")
LOG_SYNC = re.compile(r"f(?:data)?sync\(\d+<[^>]*/ledger\.sqlite-wal>\) += 0")
DELETION = re.compile(r'unlink(?:at)?\(.*/journal/0001/[^"/]*\.sqlite"')


def trace(ledger: Place, synchronous: str) -> list[str]:
    """System calls of an engine that applies two sealed files and deletes the older one."""
    for subid in ("older", "newer"):
        with ledger.scribe() as scribe:
            scribe.write(scribe.click(subid, ANNA))
    ledger.engine.close()
    lines = ledger.settings.data / "trace"
    calls = "trace=pwrite64,fsync,fdatasync,unlink,unlinkat"
    watched = ["strace", "-f", "-y", "-e", calls, "-e", "signal=none", "-o", str(lines)]
    told = [sys.executable, "-c", SWEEP, str(ledger.settings.data), synchronous]
    subprocess.run([*watched, *told], check=True, timeout=120)
    return lines.read_text().splitlines()


def is_synced_first(lines: list[str]) -> bool:
    """Whether, at the deletion, everything written to the ledger's log has been synced."""
    [deletion] = [place for place, line in enumerate(lines) if DELETION.search(line)]
    written = max(place for place, line in enumerate(lines[:deletion]) if LOG_WRITE.search(line))
    return any(LOG_SYNC.search(line) for line in lines[written:deletion])


@pytest.mark.needs("strace")
@pytest.mark.parametrize("synchronous", ["FULL", "OFF"])
def test_the_ledger_is_synced_before_a_journal_goes(ledger: Place, synchronous: str) -> None:
    """And the trace shows it where the syncs are left out."""
    if ledger.settings.database:
        pytest.skip("PostgreSQL syncs in a process of its own")
    assert is_synced_first(trace(ledger, synchronous)) == (synchronous == "FULL")


def test_a_commit_on_postgres_is_synced_whatever_the_database_was_told(ledger: Place) -> None:
    if not ledger.settings.database:
        pytest.skip("of PostgreSQL only")
    [(name,)] = ledger.rows("SELECT current_database()")
    ledger.engine.ledger.run(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    try:
        ledger.restart()
        assert ledger.one("SHOW synchronous_commit") == "on"
    finally:
        ledger.engine.ledger.run(f'ALTER DATABASE "{name}" RESET synchronous_commit')
