"""What the heartbeats say of engine and edges: read from files, so it costs nothing and works with the ledger away."""

from pathlib import Path

from clicktrail import heartbeat
from clicktrail.core.explain import age

PATIENT_S = 120
"""A restart, or a pile of work, is no alarm before that."""


def engine_fault(folder: Path, now_ms: int) -> str:
    """A sentence, or empty where the engine keeps up. Without a heartbeat nothing is known: it runs elsewhere, or was
    stopped by a person."""
    seen = heartbeat.read(folder, "engine")
    if "beat_ms" not in seen:
        return ""
    if now_ms - int(seen["beat_ms"]) > PATIENT_S * 1000:
        return f"The engine does not run: its last sign of life is {age(now_ms - seen['beat_ms'])} old."
    lag_s = float(seen.get("lag_s") or 0)
    if lag_s > PATIENT_S:
        why = f": {seen['fault']}" if seen.get("fault") else ""
        return f"The engine is {age(int(lag_s * 1000))} behind ({seen.get('lag_events', 0)} events unread){why}."
    return ""


def journal_fault(folder: Path, now_ms: int) -> str:
    """A sentence, or empty where every edge worker can write."""
    for path in sorted(folder.glob("edge-*.json")):
        seen = heartbeat.read(folder, path.stem)
        if seen.get("journal_fault"):
            return f"The disk refuses the journal of {path.stem}: {seen['journal_fault']}."
        if "beat_ms" in seen and heartbeat.is_alive(seen["pid"]) and now_ms - seen["beat_ms"] > PATIENT_S * 1000:
            return f"{path.stem} has not written its heartbeat for {age(now_ms - seen['beat_ms'])}: is the disk full?"
    return ""
