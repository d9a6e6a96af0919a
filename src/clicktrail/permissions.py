"""Who else on this machine may read or change the data folder: keys are closed again, the rest is named."""

import shlex
import stat
from pathlib import Path

from clicktrail.settings import Settings

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def warnings(settings: Settings) -> list[str]:
    """A sentence with the exact command for each part of the data folder that group or others can reach."""
    if not is_loose(settings.data):
        return []  # Nobody else gets through the folder, whatever lies in it.
    found = [f"The data folder is open to other users of this machine: {_closing(settings.data)}"]
    for part in (settings.keys_folder, settings.ledger_file, settings.journal_folder, settings.backup_folder):
        if part.exists() and is_loose(part):
            found.append(f"{part} is open to other users too; the same command closes it.")
    return found


def close_keys(settings: Settings) -> list[str]:
    """Take the keys from everybody but their owner; the files that were open. What cannot be changed is left out."""
    folder = settings.keys_folder
    parts = [folder, *sorted(folder.iterdir())] if folder.is_dir() else []
    return [str(part) for part in parts if is_loose(part) and _close(part)]


def is_loose(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & OTHERS)
    except OSError:
        return False


def _close(path: Path) -> bool:
    try:
        path.chmod(path.stat().st_mode & ~OTHERS)
    except OSError:
        return False
    return True


def _closing(path: Path) -> str:
    return f"run `chmod -R go-rwx {shlex.quote(str(path))}`."
