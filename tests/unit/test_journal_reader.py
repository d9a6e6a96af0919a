"""Readers open read-only: whatever goes wrong in one, it cannot harm a journal."""

import os
from pathlib import Path

import pytest

from clicktrail.core.clickid import first_id
from clicktrail.journal.events import Postback
from clicktrail.journal.local import Reader, Writer

NOW_MS = 1_763_821_596_000


@pytest.mark.parametrize("is_sealed", [True, False])
def test_a_reader_holds_the_file_only_for_reading(tmp_path: Path, is_sealed: bool) -> None:
    writer = Writer(tmp_path, 7, max_bytes=1 << 20, max_age_s=60)
    writer.commit([Postback(first_id(NOW_MS), 5, NOW_MS, 1, "GET", {"tid": "a"}, "", "", "", "")], 0)
    if is_sealed:
        writer.close()
    before = set(descriptors(tmp_path))
    reader = Reader(tmp_path)
    [file] = reader.files()
    assert len(reader.read(file, 0, 10).batches) == 1
    journals = [fd for fd in set(descriptors(tmp_path)) - before if descriptors(tmp_path)[fd].endswith(".sqlite")]
    assert journals
    assert [fd for fd in journals if access(fd) != os.O_RDONLY] == []
    reader.close()
    writer.close()


def descriptors(folder: Path) -> dict[int, str]:
    """Descriptors of this process on files of the folder."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        if entry.is_symlink() and (target := str(entry.readlink())).startswith(str(folder)):
            found[int(entry.name)] = target
    return found


def access(descriptor: int) -> int:
    lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines()
    flags = next(line.split()[1] for line in lines if line.startswith("flags:"))
    return int(flags, 8) & os.O_ACCMODE
