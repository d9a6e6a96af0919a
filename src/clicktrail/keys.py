"""Keys of one installation: what signs ClickIDs, hides addresses and names visitors.

`DIR/keys/keys.json` holds the lasting ones, `visitor-YYYY-MM-DD.key` one for each day;
the latter are destroyed after two days, and with them every way back from a visitor
key to an address. All files are 0600.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from clicktrail.core.clickid import KEY_NUMBERS
from clicktrail.core.periods import DAY_MS
from clicktrail.errors import SettingsError

KEY_BYTES = 32
VISITOR_KEY_DAYS = 2
"""Days after which a visitor key is destroyed."""


class Keys(msgspec.Struct, frozen=True):
    clickid: Mapping[int, bytes]
    """Check keys of ClickIDs by key number, 0 to 3."""
    current: int
    """Number of the key that new ClickIDs are signed with."""
    ip: bytes
    """Key of the address hash, see the setting ip_privacy."""
    django: str
    """Secret of the console's sessions."""
    master: bytes
    """What every other secret is derived from, see `derive`."""


def create(folder: Path) -> Keys:
    """Make what is missing and load it; may run twice, and in two processes at once."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = {
        "clickid": {"current": 0, "keys": {"0": secrets.token_hex(KEY_BYTES)}},
        "ip": secrets.token_hex(KEY_BYTES),
        "django": secrets.token_hex(KEY_BYTES),
        "master": secrets.token_hex(KEY_BYTES),
    }
    _create_once(folder / "keys.json", json.dumps(fresh, indent=1).encode())
    return load(folder)


def load(folder: Path) -> Keys:
    """Raises SettingsError where there are no keys, or they cannot be read."""
    path = folder / "keys.json"
    try:
        found = json.loads(path.read_bytes())
        return Keys(
            clickid={int(number): bytes.fromhex(key) for number, key in found["clickid"]["keys"].items()},
            current=int(found["clickid"]["current"]),
            ip=bytes.fromhex(found["ip"]),
            django=str(found["django"]),
            master=_master(found),
        )
    except FileNotFoundError:
        raise SettingsError(f"There are no keys in {folder}: run `clicktrail init` first.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise SettingsError(f"{path} cannot be read ({fault!r}): restore it from a backup.") from None


def _master(found: Mapping[str, Any]) -> bytes:
    """Installations of before this key have one made of the secret that they do have."""
    if "master" in found:
        return bytes.fromhex(found["master"])
    return _hmac(str(found["django"]).encode(), "master")


def derive(keys: Keys, purpose: str) -> bytes:
    """The 32-byte secret of one purpose, like `call|7|1|<salt>`.

    Secrets that are derived need no storing: neither the ledger, its backups nor the catalog hold one.
    """
    return _hmac(keys.master, purpose)


def _hmac(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()


def rotate(folder: Path, now_ms: int, longest_lifetime_days: int) -> int:
    """Sign new ClickIDs with another key; returns its number. Nothing that uses the keys may run.

    The last four keys are read. A number returns only when no click that its old key signed can
    earn anything any more. Raises SettingsError, which names the day of that.
    """
    path = folder / "keys.json"
    load(folder)
    kept = json.loads(path.read_bytes())
    clickid = kept["clickid"]
    number: int = (clickid["current"] + 1) % KEY_NUMBERS
    since_ms = clickid.setdefault("since_ms", {})
    if str(number) in clickid["keys"]:
        free_ms = since_ms[str((number + 1) % KEY_NUMBERS)] + longest_lifetime_days * DAY_MS
        if now_ms <= free_ms:
            day = datetime.fromtimestamp(free_ms // 1000, UTC).date() + timedelta(days=1)
            raise SettingsError(f"ClickIDs of key {number} may still earn something: rotate again from {day} on.")
    clickid["current"], since_ms[str(number)] = number, now_ms
    clickid["keys"][str(number)] = secrets.token_hex(KEY_BYTES)
    _replace(path, json.dumps(kept, indent=1).encode())
    return number


def visitor_key(folder: Path, day: date) -> bytes:
    """The day's key, made by whoever asks first; all workers get the same."""
    path = folder / f"visitor-{day.isoformat()}.key"
    _create_once(path, secrets.token_bytes(KEY_BYTES))
    return path.read_bytes()


def destroy_old_visitor_keys(folder: Path, today: date) -> int:
    """Number of keys destroyed."""
    oldest = (today - timedelta(days=VISITOR_KEY_DAYS)).isoformat()
    old = [p for p in folder.glob("visitor-*.key") if p.stem.removeprefix("visitor-") < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _create_once(path: Path, content: bytes) -> None:
    """Write and link: a name appears whole or not at all, and the first one wins."""
    if path.exists():
        return
    with _drafted(path, content) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        _sync_folder(path.parent)


def _replace(path: Path, content: bytes) -> None:
    """The new content or the old one, whatever happens."""
    with _drafted(path, content) as draft:
        draft.rename(path)
        _sync_folder(path.parent)


@contextmanager
def _drafted(path: Path, content: bytes) -> Iterator[Path]:
    """The content in a file beside `path`, synced, 0600; gone afterwards unless it was renamed."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
