"""The published catalog as a file: `current.msgpack`, and every version kept for replay.

No Django here: the edge reads it, control writes it. Whoever writes holds the lock of
`control/catalog/publish.py`.
"""

import os
from pathlib import Path

import msgspec

from clicktrail.core.catalog import Catalog
from clicktrail.errors import CatalogError

CURRENT = "current.msgpack"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Catalog)


def version_file(folder: Path, version: int) -> Path:
    return folder / f"v{version:010d}.msgpack"


def read(path: Path) -> Catalog:
    """Raises FileNotFoundError, or CatalogError where the file is torn or not a catalog."""
    try:
        return _decoder.decode(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise CatalogError(f"{path} is not a catalog ({fault}): run `clicktrail catalog apply` again.") from None


def write(folder: Path, catalog: Catalog) -> None:
    """Publish durably: the kept version first, then the current one, each swapped in whole.

    Raises CatalogError where a newer one is published already.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    current = folder / CURRENT
    if current.exists() and (newer := read(current).version) > catalog.version:
        raise CatalogError(f"Catalog {newer} is published already; {catalog.version} must not replace it.")
    content = _encoder.encode(catalog)
    for path in (version_file(folder, catalog.version), current):
        _swap_in(path, content)


def _swap_in(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
