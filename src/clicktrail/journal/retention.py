"""Which journal files may go, and their going. Only the engine deletes.

A file goes when it is sealed, the ledger's cursor (committed in a ledger that syncs) has
passed the seal, the days for replay have run out since, and it is not younger than the
last backup: a ledger that is put back from a backup finds everything since in the
journals. The newest file of a node always stays: it says where minting must go on.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from clicktrail.journal.local import File

DAY_MS = 86_400_000
BACKUP_MARKER = "last.json"
"""In the backup folder: {"at_ms": when the last backup of the ledger was begun}. Without it nobody backs up."""
COMPANIONS = ("-wal", "-shm")


def last_backup_ms(backup_folder: Path) -> int | None:
    """None where no backup was ever marked. An unreadable marker counts as the oldest backup: nothing goes."""
    try:
        return int(json.loads((backup_folder / BACKUP_MARKER).read_bytes())["at_ms"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def removable(
    files: Iterable[File], finished_ms: Mapping[str, int], *, now_ms: int, keep_days: int, backup_ms: int | None
) -> list[File]:
    """The files that may go, oldest first.

    finished_ms: identity -> when the ledger had the file up to and with its seal; others are not finished.
    """
    files = sorted(files, key=lambda file: file.name)
    newest = {file.node: file.identity for file in files}
    latest_ms = now_ms - keep_days * DAY_MS
    if backup_ms is not None:
        latest_ms = min(latest_ms, backup_ms)
    return [
        file
        for file in files
        if file.identity != newest[file.node] and finished_ms.get(file.identity, now_ms) < latest_ms
    ]


def remove(file: File) -> None:
    """The file first: left alone its companions mean nothing, without them it would look torn."""
    file.path.unlink(missing_ok=True)
    for ending in COMPANIONS:
        file.path.with_name(file.path.name + ending).unlink(missing_ok=True)


def remove_orphans(node_folder: Path) -> None:
    """Companions whose file is gone: a crash came between."""
    for ending in COMPANIONS:
        for path in node_folder.glob(f"*.sqlite{ending}"):
            if not path.with_name(path.name.removesuffix(ending)).exists():
                path.unlink(missing_ok=True)
