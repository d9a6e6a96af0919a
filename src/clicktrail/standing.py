"""How one installation stands: journals, lag, catalog versions, processes. JSON-able values.

Looks from outside, at files and at the ledger, so that it tells the truth also where
nothing runs or the ledger is out of reach.
"""

from collections.abc import Mapping
from typing import Any

from clicktrail import catalogfile, configcheck, heartbeat, permissions
from clicktrail.core.clickid import first_id
from clicktrail.errors import CatalogError, ClicktrailError, JournalBroken
from clicktrail.journal.events import decode_batch
from clicktrail.journal.local import File, Reader
from clicktrail.settings import Settings

CALLS_S = 24 * 3600
"""Calls are counted so far back."""
Cursors = Mapping[str, tuple[int, bool]]
"""Identity of a journal file -> (last row in the ledger, read past its seal)."""


def look(settings: Settings) -> dict[str, Any]:
    """`data`, `warnings`, `ledger`, `lag` (events, seconds), `calls` (reason -> number), `alarms` (headlines),
    `catalog`, `journals`, `processes`."""
    cursors, version, fault = _ledger(settings)
    journals, oldest_ms = _journals(settings, cursors)
    running = _processes(settings)
    events = sum(j["lag_events"] for j in journals)
    return {
        "data": str(settings.data),
        "warnings": [*permissions.warnings(settings), *configcheck.warnings(settings)],
        "ledger": {
            "kind": "postgresql" if settings.database else "sqlite",
            "fault": fault,
            "set_aside": 0 if fault else _set_aside(),
        },
        "calls": {} if fault else _calls(),
        "alarms": [] if fault else _alarms(),
        "lag": {"events": events, "seconds": _age_s(oldest_ms) if oldest_ms else 0.0},
        "catalog": {
            "ledger": version,
            "file": _published(settings),
            "processes": {p["name"]: p["catalog_version"] for p in running if p["catalog_version"] is not None},
        },
        "journals": journals,
        "processes": running,
    }


def _ledger(settings: Settings) -> tuple[Cursors, int | None, str]:
    """(cursors, catalog version, what is wrong or empty)."""
    from clicktrail.control.boot import boot

    boot(settings, "ledger")
    from django.db import DatabaseError

    from clicktrail.control.catalog.compile import ledger_version
    from clicktrail.control.ledger.models import JournalCursor
    from clicktrail.control.ledger.schema import check

    try:
        check(settings)
        rows = JournalCursor.objects.values_list("identity", "seq", "sealed")
        return {identity: (seq, sealed) for identity, seq, sealed in rows}, ledger_version()[0], ""
    except (ClicktrailError, DatabaseError) as fault:
        return {}, None, str(fault)


def _calls() -> dict[str, int]:
    """Reason -> calls of the last 24 hours, the most frequent first. Their ids sort by time: an index tells."""
    from django.db.models import Count

    from clicktrail.control.ledger.models import Postback

    recent = Postback.objects.filter(id__gte=first_id(heartbeat.now_ms() - CALLS_S * 1000))
    counted = recent.values_list("reason").annotate(number=Count("id")).order_by("-number", "reason")
    return {str(reason): int(number) for reason, number in counted}


def _alarms() -> list[str]:
    """Headlines of the open alarms, the oldest first."""
    from clicktrail.control.alarms.models import Alarm

    rows = Alarm.objects.filter(ended_ms__isnull=True).order_by("raised_ms", "pk")
    return list(rows.values_list("headline", flat=True))


def _set_aside() -> int:
    """Events that the ledger would not take; they are kept with a note each."""
    from clicktrail.control.ledger.models import SetAside

    return int(SetAside.objects.count())


def _journals(settings: Settings, cursors: Cursors) -> tuple[list[dict[str, Any]], int]:
    """(one entry a node, time of the oldest unread event or 0)."""
    reader = Reader(settings.journal_folder)
    nodes: dict[int, dict[str, Any]] = {}
    oldest = []
    try:
        for file in reader.files():
            entry = nodes.setdefault(
                file.node, {"node": file.node, "files": 0, "bytes": 0, "sealed": 0, "lag_events": 0, "faults": []}
            )
            oldest.append(_add(entry, reader, file, *cursors.get(file.identity, (0, False))))
    finally:
        reader.close()
    return list(nodes.values()), min((ms for ms in oldest if ms), default=0)


def _add(entry: dict[str, Any], reader: Reader, file: File, seq: int, is_finished: bool) -> int:
    """Count the file in; time of its oldest unread event, or 0."""
    entry["files"] += 1
    entry["bytes"] += _bytes(file)
    if is_finished:
        entry["sealed"] += 1
        return 0
    try:
        entry["sealed"] += reader.is_sealed(file)
        entry["lag_events"] += reader.pending(file, seq)
        batches = reader.read(file, seq, 1).batches
    except JournalBroken as fault:
        entry["faults"].append(str(fault))
        return 0
    return decode_batch(batches[0][1])[0].at_ms if batches else 0


def _bytes(file: File) -> int:
    parts = (file.path, file.path.with_name(f"{file.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def _published(settings: Settings) -> int | None:
    try:
        return catalogfile.read(settings.catalog_folder / catalogfile.CURRENT).version
    except (FileNotFoundError, CatalogError):
        return None


def _processes(settings: Settings) -> list[dict[str, Any]]:
    """Every process that has a heartbeat; one that left cleanly has none."""
    folder = settings.run_folder
    children = heartbeat.read(folder, "supervisor").get("processes", {})
    names = sorted(path.stem for path in folder.glob("*.json"))
    found = {name: seen for name in names if "beat_ms" in (seen := heartbeat.read(folder, name))}
    return [_process(name, seen, children.get(name, {})) for name, seen in found.items()]


def _process(name: str, seen: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "pid": seen["pid"],
        "alive": heartbeat.is_alive(seen["pid"]),
        "up_s": _age_s(seen["started_ms"]),
        "beat_age_s": _age_s(seen["beat_ms"]),
        "restarts": child.get("restarts", 0),
        "catalog_version": seen.get("catalog_version"),
    }


def _age_s(ms: int) -> float:
    return round((heartbeat.now_ms() - ms) / 1000, 3)
