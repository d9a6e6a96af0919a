"""The queue in front of a journal: a real loop, a real thread, a real file."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clicktrail.core.clickid import first_id
from clicktrail.edge.commit import Commits
from clicktrail.journal.events import Click, Event, Postback, decode_batch
from clicktrail.journal.local import RESERVE_MS, Reader, Writer

NOW_MS = 1_763_821_596_000
HOUR_MS = 3_600_000


def click(number: int) -> Click:
    return Click(first_id(NOW_MS) + number, 0, NOW_MS, 1, 1, 7, 0, "t", "", "", "", "", "", b"", "ok", False)


class Waiting:
    """Notes what became of its event."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def durable(self) -> None:
        self.told.append("durable")

    def undurable(self, event: Event, reserved_ms: int) -> None:
        self.told.append("undurable")


class Place:
    """One loop with its queue; `until` runs it."""

    def __init__(self, folder: Path) -> None:
        self.now_ms = NOW_MS
        self.loop = asyncio.new_event_loop()
        self.folder = folder
        self.writer = Writer(folder, 1, max_bytes=1 << 28, max_age_s=86_400, clock=lambda: self.now_ms)
        self.wakes = 0
        self.commits = Commits(
            self.loop, self.writer, clock=lambda: self.now_ms, batch_max=10, queue_max=100, patience_s=1.0,
            on_postbacks=self._wake,
        )  # fmt: skip

    def _wake(self) -> None:
        self.wakes += 1

    def until(self, look: Callable[[], bool]) -> None:
        async def run() -> None:
            async with asyncio.timeout(10):
                while not look():
                    await asyncio.wait_for(asyncio.to_thread(lambda: None), 10)

        self.loop.run_until_complete(run())

    def batches(self) -> list[list[Event]]:
        reader = Reader(self.folder)
        found = [decode_batch(body) for file in reader.files() for _, body in reader.read(file, 0, 1 << 20).batches]
        reader.close()
        return found

    def close(self) -> None:
        self.commits.flush(10)
        self.writer.close()
        self.loop.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.close()


def test_what_comes_together_is_synced_together_up_to_a_size(place: Place) -> None:
    waiters = [Waiting() for _ in range(25)]
    for number, waiter in enumerate(waiters):
        place.commits.put(click(number), waiter)
    place.until(lambda: all(waiter.told for waiter in waiters))
    assert {tuple(waiter.told) for waiter in waiters} == {("durable",)}
    assert [len(batch) for batch in place.batches()] == [10, 10, 5]
    assert place.commits.tally.clicks_stored == 25
    assert place.commits.waiting == 0


def test_every_commit_reserves_a_minute_beyond_its_newest_id(place: Place) -> None:
    waiter = Waiting()
    place.commits.put(click(1), waiter)
    place.until(lambda: bool(waiter.told))
    assert place.commits.reserved_ms == NOW_MS + RESERVE_MS


def test_an_idle_worker_renews_its_reservation(place: Place) -> None:
    place.commits.tick(0.0)
    assert place.commits.waiting == 0
    before = place.commits.reserved_ms
    place.now_ms += RESERVE_MS
    place.commits.tick(0.25)
    place.until(lambda: place.commits.reserved_ms > before)
    assert place.commits.reserved_ms == place.now_ms + RESERVE_MS
    assert place.batches() == []


def test_a_clock_that_jumps_is_followed(place: Place) -> None:
    place.now_ms += HOUR_MS
    place.commits.tick(0.0)
    place.until(lambda: place.commits.reserved_ms == place.now_ms + RESERVE_MS)


def test_only_postbacks_wake_the_engine(place: Place) -> None:
    one, two = Waiting(), Waiting()
    place.commits.put(click(1), one)
    place.until(lambda: bool(one.told))
    assert place.wakes == 0
    place.commits.put(Postback(first_id(NOW_MS) + 2, 0, NOW_MS, 1, "GET", {}, "", "", "", ""), two)
    place.until(lambda: bool(two.told))
    assert place.wakes == 1


def test_an_event_that_cannot_be_written_ends_no_thread(place: Place) -> None:
    bad, good = Waiting(), Waiting()
    torn = Postback(first_id(NOW_MS), 0, NOW_MS, 1, "GET", {"tid": "\ud800"}, "", "", "", "")
    place.commits.put(torn, bad)
    place.until(lambda: bool(bad.told))
    place.commits.put(click(1), good)
    place.until(lambda: bool(good.told))
    assert (bad.told, good.told) == (["undurable"], ["durable"])
    assert place.commits.tally.postbacks_refused == 1


def test_what_is_queued_at_the_end_is_written(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.commits.put(click(1), Waiting())
    place.close()
    assert place.batches() == [[click(1)]]
