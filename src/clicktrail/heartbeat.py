"""Heartbeats: one small JSON file a process in DIR/run, so that others see who lives.

Written by swap, never synced: after a crash of the machine they mean nothing.
"""

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

BEAT_S = 1.0


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def beat(folder: Path, name: str, started_ms: int, **facts: Any) -> None:
    """Write `name`.json; a disk that refuses costs the heartbeat, not the process."""
    values = {"pid": os.getpid(), "started_ms": started_ms, "beat_ms": now_ms(), **facts}
    draft = folder / f".{name}.{os.getpid()}.new"
    with suppress(OSError):
        draft.write_text(json.dumps(values))
        draft.rename(folder / f"{name}.json")


def read(folder: Path, name: str) -> dict[str, Any]:
    """What the process last said of itself; empty where it never did, or is half written."""
    with suppress(OSError, ValueError):
        return dict(json.loads((folder / f"{name}.json").read_bytes()))
    return {}


def forget(folder: Path, name: str) -> None:
    """A process that left cleanly is not missing."""
    (folder / f"{name}.json").unlink(missing_ok=True)


def is_alive(pid: int) -> bool:
    """Whether a process has this id; a zombie is not alive."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")
