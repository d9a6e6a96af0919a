"""One writer, many readers, real files."""

import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clicktrail.core.clickid import first_id, made_ms
from clicktrail.errors import JournalBroken, JournalLocked, JournalRefused
from clicktrail.journal.disk import Disk, FaultyDisk, open_clock, open_disk, read_faults
from clicktrail.journal.events import Click, Event, Postback, decode_batch
from clicktrail.journal.local import RESERVE_MS, Reader, Writer, files_of
from clicktrail.sqlite import sqlite3

NODE = 7
NOW_MS = 1_763_821_596_000


def click(number: int, at_ms: int = NOW_MS) -> Click:
    return Click(
        first_id(at_ms) + number, 5, at_ms, 1, 1, 7, 11, "shoes", f"s{number}", "https://r.example/", "203.0.113.0",
        "Mozilla", "", b"12345678", "ok", False,
    )  # fmt: skip


def call(number: int) -> Postback:
    return Postback(first_id(NOW_MS) + number, 5, NOW_MS, 1, "POST", {"tid": f"ä{number}"}, "", "", "", "")


class Clock:
    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def write(folder: Path, clock: Clock, disk: Disk | None = None, **limits: int) -> Writer:
    limits = {"max_bytes": 1 << 28, "max_age_s": 86_400} | limits
    return Writer(folder, NODE, disk=disk, clock=clock, **limits)


@pytest.fixture
def writer(folder: Path, clock: Clock) -> Iterator[Writer]:
    writer = write(folder, clock)
    yield writer
    writer.close()


def events(folder: Path) -> list[Event]:
    reader = Reader(folder)
    bodies = [body for file in reader.files() for _, body in reader.read(file, 0, 1 << 30).batches]
    reader.close()
    return [event for body in bodies for event in decode_batch(body)]


def test_what_is_committed_is_read_as_it_was(folder: Path, writer: Writer) -> None:
    batches: list[list[Event]] = [[click(1), call(2)], [], [click(3)]]
    for batch in batches:
        writer.commit(batch, NOW_MS + RESERVE_MS)
    assert events(folder) == [click(1), call(2), click(3)]


def test_a_reader_goes_on_where_it_was_and_knows_the_end(folder: Path, writer: Writer) -> None:
    for number in range(10):
        writer.commit([click(number), call(100 + number)], 0)
    reader = Reader(folder)
    file = reader.files()[0]
    first = reader.read(file, 0, 5)
    assert (len(first.batches), first.at_end, first.sealed) == (3, False, False)
    rest = reader.read(file, first.last_seq, 1000)
    assert (len(rest.batches), rest.at_end, rest.sealed) == (7, True, False)
    assert reader.pending(file, first.last_seq) == 14
    nothing = reader.read(file, rest.last_seq, 1000)
    assert (nothing.batches, nothing.at_end, nothing.last_seq) == ([], True, rest.last_seq)
    writer.commit([click(99)], 0)
    assert len(reader.read(file, rest.last_seq, 1000).batches) == 1
    writer.close()
    seal = reader.read(file, rest.last_seq + 1, 1000)
    assert (seal.batches, seal.at_end, seal.sealed) == ([], True, True)
    assert reader.is_sealed(file)
    reader.close()


def test_a_node_has_one_writer(folder: Path, writer: Writer, clock: Clock) -> None:
    with pytest.raises(JournalLocked, match="lock"):
        write(folder, clock)
    assert events(folder) == []


def test_let_go_on_close(folder: Path, clock: Clock) -> None:
    write(folder, clock).close()
    with (folder / "0007" / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_after_the_close_nothing_is_written(folder: Path, clock: Clock) -> None:
    """The node may be another process's by then: a thread that comes late must not open a second file beside it."""
    writer = write(folder, clock)
    writer.close()
    next_writer = write(folder, clock)
    with pytest.raises(JournalRefused, match="closed"):
        writer.commit([click(1)], 0)
    next_writer.close()
    assert events(folder) == []


def abandon(writer: Writer) -> None:
    """What `kill -9` leaves: no seal, no lock."""
    assert writer._db is not None and writer._lock is not None
    writer._db.close()
    os.close(writer._lock)


def test_an_unsealed_file_is_sealed_before_anything_is_written(folder: Path, clock: Clock) -> None:
    killed = write(folder, clock)
    killed.commit([click(1)], NOW_MS + RESERVE_MS)
    abandon(killed)
    clock.now_ms += 1
    writer = write(folder, clock)
    reader = Reader(folder)
    old, new = reader.files()
    assert reader.is_sealed(old)
    assert not reader.is_sealed(new)
    writer.commit([click(2)], 0)
    assert events(folder) == [click(1), click(2)]
    writer.close()
    reader.close()


@pytest.mark.parametrize("shift_ms", [0, -3_600_000, 1])
def test_minting_goes_on_after_what_was_reserved(folder: Path, clock: Clock, shift_ms: int) -> None:
    killed = write(folder, clock)
    killed.commit([click(1)], NOW_MS + 2 * RESERVE_MS)
    abandon(killed)
    clock.now_ms += shift_ms
    writer = write(folder, clock)
    assert writer.last_ms == NOW_MS + 2 * RESERVE_MS
    assert writer.reserved_ms >= writer.last_ms + RESERVE_MS
    writer.close()


def test_minting_goes_on_after_the_last_row_even_beyond_the_reservation(folder: Path, clock: Clock) -> None:
    killed = write(folder, clock)
    late = click(1, NOW_MS + 10 * RESERVE_MS)
    killed.commit([late], 0)
    abandon(killed)
    writer = write(folder, clock)
    assert writer.last_ms == made_ms(late.id)
    writer.close()


def test_a_clean_end_gives_the_reservation_back(folder: Path, clock: Clock) -> None:
    writer = write(folder, clock)
    writer.commit([click(1)], NOW_MS + RESERVE_MS)
    writer.close(last_minted_ms=NOW_MS)
    again = write(folder, clock)
    assert again.last_ms == NOW_MS
    again.close()


def test_a_reservation_never_shrinks(folder: Path, writer: Writer) -> None:
    writer.commit([], NOW_MS + 5 * RESERVE_MS)
    writer.commit([click(1)], NOW_MS + RESERVE_MS)
    assert writer.reserved_ms == NOW_MS + 5 * RESERVE_MS


@pytest.mark.parametrize(("limits", "files"), [({"max_bytes": 3000}, 4), ({"max_age_s": 1}, 20)])
def test_rotation_by_size_and_age(folder: Path, clock: Clock, limits: dict[str, int], files: int) -> None:
    writer = write(folder, clock, **limits)
    for number in range(20):
        writer.commit([click(number + place * 100) for place in range(8)], 0)
        clock.now_ms += 1000
    writer.close()
    reader = Reader(folder)
    found = reader.files()
    assert abs(len(found) - files) <= 1
    assert all(reader.is_sealed(file) for file in found)
    assert [file.name for file in found] == sorted(file.name for file in found)
    assert len({file.identity for file in found}) == len(found)
    assert len(events(folder)) == 160
    reader.close()


def test_names_rise_also_when_the_clock_goes_back(folder: Path, clock: Clock) -> None:
    for number in range(3):
        writer = write(folder, clock)
        writer.commit([click(number)], 0)
        writer.close()
        clock.now_ms -= 3_600_000
    assert [event.id for event in events(folder)] == [click(number).id for number in range(3)]


def test_a_wish_for_rotation_is_met_once(folder: Path, writer: Writer) -> None:
    assert not writer.rotate_if_asked()
    writer.commit([click(1)], 0)
    (folder / "0007" / "rotate").touch()
    assert writer.is_asked_to_rotate()
    assert writer.rotate_if_asked()
    assert not writer.is_asked_to_rotate()
    assert len(files_of(folder, NODE)) == 2
    writer.commit([click(2)], 0)
    assert events(folder) == [click(1), click(2)]


class Refusing(Disk):
    """Refuses from the given statement on, for as long as it is told to."""

    def __init__(self) -> None:
        self.left: int | None = None

    def execute(self, db: sqlite3.Connection, statement: str, row: tuple[Any, ...] = ()) -> None:
        if self.left == 0:
            raise OSError(28, "No space left on device")
        if self.left is not None:
            self.left -= 1
        super().execute(db, statement, row)


@pytest.mark.parametrize("after", range(9))
def test_a_refused_disk_stores_nothing_half(folder: Path, clock: Clock, after: int) -> None:
    """At whichever statement the disk refuses, through a rotation too: what was acknowledged is there, once."""
    disk = Refusing()
    writer = write(folder, clock, disk, max_bytes=1000)
    disk.left = after
    stored: list[Event] = []
    for number in range(0, 60, 6):
        batch: list[Event] = [click(number + place) for place in range(6)]
        try:
            writer.commit(batch, 0)
            stored += batch
        except JournalRefused:
            break
    else:
        pytest.fail("the disk never refused")
    assert events(folder) == stored
    disk.left = None
    writer.commit([click(1000)], 0)
    writer.close()
    assert events(folder) == [*stored, click(1000)]
    assert all(Reader(folder).is_sealed(file) for file in files_of(folder, NODE))


def test_a_writer_starts_on_a_full_disk_and_takes_up_its_work_later(folder: Path, clock: Clock) -> None:
    disk = Refusing()
    disk.left = 0
    writer = write(folder, clock, disk)
    assert writer.reserved_ms == 0
    with pytest.raises(JournalRefused, match="node 7"):
        writer.commit([click(1)], 0)
    assert Reader(folder).files() == []
    disk.left = None
    writer.commit([click(2)], 0)
    assert events(folder) == [click(2)]
    writer.close()


class Crowded(Disk):
    """A second connection to every draft keeps its close from folding the log back, as a full disk does."""

    def __init__(self) -> None:
        self.others: list[sqlite3.Connection] = []

    def connect(self, path: Path) -> sqlite3.Connection:
        db = super().connect(path)
        if path.name.startswith(".draft"):
            self.others.append(sqlite3.connect(path))
            self.others[-1].execute("SELECT * FROM sqlite_master").fetchall()
        return db


def test_a_file_gets_its_name_only_when_all_of_it_is_in_the_file(folder: Path, clock: Clock) -> None:
    disk = Crowded()
    writer = write(folder, clock, disk)
    writer.commit([click(1)], 0)
    writer.close()
    for other in disk.others:
        other.close()
    assert events(folder) == [click(1)]
    assert len(files_of(folder, NODE)) == 1


class Shut(Refusing):
    """Files that have their name already cannot be opened."""

    is_shut = False

    def connect(self, path: Path) -> sqlite3.Connection:
        if self.is_shut and not path.name.startswith(".draft"):
            raise sqlite3.OperationalError("disk I/O error")
        return super().connect(path)


def test_a_new_file_that_could_not_be_opened_is_sealed(folder: Path, clock: Clock) -> None:
    """Else nobody would ever know that nothing more comes in it, and it could never be deleted."""
    disk = Shut()
    writer = write(folder, clock, disk, max_bytes=1)
    writer.commit([click(1)], 0)
    disk.is_shut = True
    with pytest.raises(JournalRefused):
        writer.commit([click(2)], 0)
    disk.is_shut = False
    writer.commit([click(3)], 0)
    writer.close()
    assert events(folder) == [click(1), click(3)]
    assert [Reader(folder).is_sealed(file) for file in files_of(folder, NODE)] == [True] * 3


def test_sealing_a_file_that_could_not_be_opened_gives_no_id_away(folder: Path, clock: Clock) -> None:
    disk = Shut()
    writer = write(folder, clock, disk, max_bytes=1)
    reserved_ms = NOW_MS + 10 * RESERVE_MS
    writer.commit([click(1)], reserved_ms)
    disk.is_shut = True
    with pytest.raises(JournalRefused):
        writer.commit([click(2)], 0)
    disk.is_shut, disk.left = False, 1
    with pytest.raises(JournalRefused):
        writer.commit([click(3)], 0)
    assert writer._db is None and writer._lock is not None
    os.close(writer._lock)
    again = write(folder, clock)
    assert again.last_ms == reserved_ms
    again.close()


def test_a_locked_or_vanished_file_is_left_for_a_new_one(folder: Path, clock: Clock) -> None:
    writer = write(folder, clock)
    writer.commit([click(1)], 0)
    assert writer._db is not None
    writer._db.close()
    with pytest.raises(JournalRefused):
        writer.commit([click(2)], 0)
    writer.commit([click(3)], 0)
    writer.close()
    assert events(folder) == [click(1), click(3)]
    assert len(files_of(folder, NODE)) == 2


@pytest.mark.parametrize("way", ["moved", "deleted", "replaced"])
def test_nothing_is_acknowledged_into_a_file_that_nobody_will_read(folder: Path, clock: Clock, way: str) -> None:
    """Somebody tidied up under a running worker: the batch is refused, the next goes into a new file."""
    writer = write(folder, clock)
    writer.commit([click(1)], 0)
    [file] = files_of(folder, NODE)
    for path in file.path.parent.glob(f"{file.name}*"):
        if way == "deleted":
            path.unlink()
        else:
            path.rename(folder / path.name)
    if way == "replaced":
        file.path.write_bytes(b"")
    with pytest.raises(JournalRefused, match="is gone"):
        writer.commit([click(2)], 0)
    writer.commit([click(3)], 0)
    writer.close()
    file.path.unlink(missing_ok=True)
    assert events(folder) == [click(3)]


def test_a_torn_file_is_named_and_stops_nobody(folder: Path, clock: Clock) -> None:
    killed = write(folder, clock)
    killed.commit([click(1)], 0)
    killed.close()
    torn = files_of(folder, NODE)[0].path
    torn.write_bytes(b"SQLite format 3\0" + b"torn" * 500)
    clock.now_ms += 1
    writer = write(folder, clock)
    assert torn.name in writer.broken[0]
    assert writer.last_ms >= NOW_MS + RESERVE_MS
    writer.commit([click(2)], 0)
    reader = Reader(folder)
    with pytest.raises(JournalBroken, match=torn.name):
        reader.read(reader.files()[0], 0, 10)
    assert len(reader.read(reader.files()[1], 0, 10).batches) == 1
    writer.close()
    reader.close()


@pytest.mark.parametrize("wrong", ["identity", "node", "format"])
def test_a_file_that_is_not_what_its_name_says_is_refused(folder: Path, clock: Clock, wrong: str) -> None:
    writer = write(folder, clock)
    writer.commit([click(1)], 0)
    writer.close()
    file = files_of(folder, NODE)[0]
    with sqlite3.connect(file.path) as db:
        db.execute(f"UPDATE journal SET {wrong} = 99")
    db.close()
    with pytest.raises(JournalBroken, match=file.name):
        Reader(folder).read(file, 0, 10)


@pytest.mark.parametrize("name", ["notes.sqlite", "123-abc.sqlite", ".draft-0", "x-" + "a" * 32 + ".sqlite"])
def test_files_of_other_names_are_no_journals(folder: Path, writer: Writer, name: str) -> None:
    (folder / "0007" / name).write_bytes(b"whatever")
    assert len(Reader(folder).files()) == 1


def test_many_readers_disturb_no_writer(folder: Path, writer: Writer) -> None:
    """Every reader sees every row once, in order, while they are written."""
    ended = threading.Event()
    seen: list[list[int]] = [[], []]

    def read(numbers: list[int]) -> None:
        reader, seq = Reader(folder), 0
        file = reader.files()[0]
        while True:
            is_last = ended.is_set()
            found = reader.read(file, seq, 50)
            seq = found.last_seq
            numbers += [event.id for _, body in found.batches for event in decode_batch(body)]
            if is_last and found.at_end:
                reader.close()
                return

    threads = [threading.Thread(target=read, args=(numbers,)) for numbers in seen]
    for thread in threads:
        thread.start()
    for number in range(300):
        writer.commit([click(number)], 0)
    ended.set()
    for thread in threads:
        thread.join()
    assert seen[0] == seen[1] == [click(number).id for number in range(300)]


def test_commits_are_synced(folder: Path, clock: Clock) -> None:
    """The real disk syncs each commit; only the fault door may lower that."""
    writer = write(folder, clock)
    assert writer._db is not None
    settings = [writer._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
    assert settings == [2, "wal"]
    writer.close()


def test_nobody_else_may_read_a_journal_whatever_the_umask(folder: Path, clock: Clock) -> None:
    before = os.umask(0o022)
    try:
        writer = write(folder, clock, max_bytes=1)
        writer.commit([click(1)], 0)
        writer.commit([click(2)], 0)
        modes = {path: path.stat().st_mode & 0o777 for path in folder.rglob("*")}
        writer.close()
    finally:
        os.umask(before)
    assert {path.suffix for path in modes} >= {".sqlite", ".sqlite-wal", ".sqlite-shm"}
    assert {path: mode for path, mode in modes.items() if mode & 0o077} == {}


def test_all_on_the_way_to_a_journal_is_synced(folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders and the mark of the house too: without them a cut of the power takes synced rows along."""
    synced: set[Path] = set()
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.add(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    write(folder, clock).close()
    assert synced >= {folder.parent, folder, folder / "0007"}
    assert [path for path in synced if path.name.startswith(".house-")]


def test_minting_goes_on_after_all_that_was_written_to_a_torn_file(folder: Path, clock: Clock) -> None:
    """Its newest rows are in its log: the file itself was last changed when the log was folded back."""
    killed = write(folder, clock)
    killed.commit([click(1)], NOW_MS + RESERVE_MS)
    path = files_of(folder, NODE)[0].path
    log = path.with_name(path.name + "-wal")
    log_bytes, later_ms = log.read_bytes(), NOW_MS + 7_200_000
    abandon(killed)
    log.write_bytes(log_bytes)
    path.write_bytes(b"torn" * 5000)
    os.utime(path, (NOW_MS / 1000, NOW_MS / 1000))
    os.utime(log, (later_ms / 1000, later_ms / 1000))
    writer = write(folder, clock)
    assert writer.last_ms >= later_ms + RESERVE_MS
    writer.close()


def test_faults_are_looked_for_only_where_the_environment_allows_it(tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text('{"clock_offset_ms": -3600000, "journal": "full"}')
    allowed, not_allowed = {"CLICKTRAIL_TEST_FAULTS": "1"}, {"CLICKTRAIL_TEST_FAULTS": "0"}
    assert isinstance(open_disk(tmp_path, allowed), FaultyDisk)
    assert type(open_disk(tmp_path, not_allowed)) is Disk
    assert open_clock(tmp_path, not_allowed)() - open_clock(tmp_path, allowed)() > 3_599_000
    (tmp_path / "faults.json").write_text("torn")
    assert read_faults(tmp_path / "faults.json") == {}
