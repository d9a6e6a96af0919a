"""Invariant 1, seen from the kernel: no answer is written before the sync that covers it."""

import re
from pathlib import Path

import pytest
from support.edges import CLICK, Edge
from support.observe import until

CALLS = 12
ANSWER = re.compile(r'(?:write|writev|sendto|sendmsg)\(\d+<(?:TCP|socket)[^"]*"HTTP/1\.1 (?:302|200)')
SYNC = re.compile(r"f(?:data)?sync(?:\(\d+<([^>]*)>| resumed)")
LOG_WRITE = re.compile(r"pwrite64\(\d+<[^>]*-wal>")

pytestmark = pytest.mark.needs("strace")


def trace(folder: Path, synchronous: str) -> list[str]:
    """System calls of a worker that takes clicks and postbacks one by one."""
    # However busy the disk: a visitor whose patience ends is sent on before the sync, which is not what is looked at.
    edge, lines = Edge(folder, sync_patience_ms=60_000), folder / "trace"
    edge.faults(synchronous=synchronous)
    calls = "trace=write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync"
    edge.start("strace", "-f", "-y", "-s", "40", "-e", calls, "-e", "signal=none", "-o", str(lines))
    with edge.wire() as wire:
        for number in range(CALLS):
            assert wire.get(f"{CLICK}{number}").status == 302
            assert wire.get(f"/get_trans.cgi?cpid=1&tid={number}").status == 200
    until(lambda: len(answers(lines.read_text().splitlines())) >= 2 * CALLS, 10, "the trace is written")
    edge.close()
    return lines.read_text().splitlines()


def answers(lines: list[str]) -> list[int]:
    return [place for place, line in enumerate(lines) if ANSWER.search(line)]


def uncovered(lines: list[str]) -> int:
    """Answers without a write to the log and, behind it, a finished sync, since the answer before."""
    faults, begin = 0, 0
    for end in answers(lines):
        between = lines[begin:end]
        writes = [place for place, line in enumerate(between) if LOG_WRITE.search(line)]
        syncs = [place for place, line in enumerate(between) if _is_finished_sync(line)]
        faults += not (writes and syncs and syncs[-1] > writes[0])
        begin = end + 1
    return faults


def _is_finished_sync(line: str) -> bool:
    found = SYNC.search(line)
    return bool(found) and "unfinished" not in line and line.rstrip().endswith("= 0")


def test_no_answer_before_its_sync(tmp_path: Path) -> None:
    lines = trace(tmp_path, "FULL")
    assert len(answers(lines)) == 2 * CALLS
    assert uncovered(lines) == 0


def test_the_trace_shows_it_where_syncs_are_left_out(tmp_path: Path) -> None:
    lines = trace(tmp_path, "OFF")
    assert uncovered(lines) >= 2 * CALLS - 2
