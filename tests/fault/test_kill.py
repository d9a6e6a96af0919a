"""`kill -9` of any process at any moment, under load, then restart.

Invariant 1: every ClickID that a client received is in the ledger, every postback that was
answered is in the log. Invariant 2: no order is saved twice. Invariant 3: cursor and rows
moved together, or the sums and the counts of the journals would not meet.
"""

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.installation import END_S, PARTNERS, Installation, Process
from support.load import Load, Story
from support.observe import until

from clicktrail.heartbeat import is_alive

AGAIN_S = 20.0
"""A process that died is back by then."""
MOST_KILLS = 8


@dataclass
class Running:
    """One supervised server that is killed again and again, and all that its callers were promised."""

    house: Installation
    supervisor: Process
    story: Story = field(default_factory=Story)
    rounds: int = 0
    kills: int = 0

    def load(self) -> Load:
        self.rounds += 1
        return Load("127.0.0.1", self.house.edge_port, f"r{self.rounds}", partners=PARTNERS)

    def kill(self, name: str) -> None:
        """kill -9, and wait until the supervisor has put another one in its place.

        It lets more and more time pass before it starts what dies again and again, so it is renewed in between.
        """
        self.kills += 1
        if self.kills % MOST_KILLS == 0:
            assert self.supervisor.stop() == 0
            self.supervisor = self.house.serve()
        before = self.house.kill(name)
        until(lambda: self.house.pid(name) not in (0, before), AGAIN_S, f"another {name}")

    def settle(self, load: Load) -> None:
        """End the load, let the engine catch up, balance the books over everything so far."""
        self.story += load.stop()
        self.house.catch_up()
        self.house.books.balance(self.story)


@pytest.fixture(scope="module")
def running(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("kill") / "data"
    shutil.copytree(template, data, symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
    house = Installation(data, workers=2)
    yield Running(house, house.serve())
    house.close()


def test_kill_an_edge_worker(running: Running, round_no: int) -> None:
    """Its connections break, the other worker goes on, the supervisor starts it again, and it loses nothing."""
    with running.load() as load:
        load.wait_answered(150)
        running.kill(f"edge-000{1 + round_no % 2}")
        load.wait_answered(150)
        running.settle(load)


def test_kill_the_engine(running: Running, round_no: int) -> None:
    """Clicks and pixels are answered meanwhile, and judged by the next engine."""
    with running.load() as load:
        load.wait_answered(150)
        running.kill("engine")
        load.wait_answered(150)
        running.settle(load)


def test_kill_the_console(running: Running, round_no: int) -> None:
    """Nothing on the path of a click knows that the console exists."""
    with running.load() as load:
        load.wait_answered(100)
        running.kill("control")
        load.wait_answered(100)
        running.settle(load)
    assert {c.answer.status for c in running.story.clicks} <= {0, 200, 302}


def test_kill_the_supervisor(running: Running, round_no: int) -> None:
    """Its children end with it (no orphan holds a port or a journal), and the next one goes on."""
    with running.load() as load:
        load.wait_answered(100)
        children = set(running.house.pids()) - {running.supervisor.pid}
        running.supervisor.kill()
        for pid in children:
            until(lambda pid=pid: not is_alive(pid), END_S, f"child {pid} ended with its supervisor")
        running.supervisor = running.house.serve()
        load.wait_answered(100)
        running.settle(load)


def test_kill_everything_at_once(running: Running, round_no: int) -> None:
    with running.load() as load:
        load.wait_answered(150)
        family = {running.supervisor.pid, *running.house.pids()}
        assert len(family) >= 5, "supervisor, two workers, engine, console"
        for pid in family:
            os.kill(pid, signal.SIGKILL)
        running.supervisor.wait()
        for pid in family:
            until(lambda pid=pid: not is_alive(pid), END_S, f"process {pid} is gone")
        running.supervisor = running.house.serve()
        load.wait_answered(150)
        running.settle(load)
