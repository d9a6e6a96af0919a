"""Two of a kind on one data folder or one port: the second refuses and says why; the first goes on.

Invariant 5 (one writer a node, so no ClickID twice) and 3 (only one engine moves the cursor).
"""

import shutil
import time
from pathlib import Path

import pytest
from support.installation import PARTNERS, Installation, Process
from support.load import Load
from support.observe import until

REFUSES_S = 15.0


def test_a_second_supervisor_on_the_data_folder_refuses(house: Installation, round_no: int) -> None:
    first = house.serve()
    second = Installation(house.data)
    until(lambda: all(house.pid(name) for name in ("control", "courier")), REFUSES_S, "the rest of the family")
    family = house.pids()
    refuses(second.spawn_serve())
    assert house.pids() == family
    still_serves(house, first)


def test_a_second_supervisor_on_the_port_refuses(house: Installation, tmp_path: Path, round_no: int) -> None:
    """SO_REUSEPORT would let it in, and half of the clicks would go to the wrong house."""
    shutil.copytree(house.data, tmp_path / "other" / "data")
    first = house.serve()
    words = refuses(Installation(tmp_path / "other" / "data", edge_port=house.edge_port).spawn_serve())
    assert str(house.edge_port) in words
    words = refuses(Installation(tmp_path / "other" / "data", console_port=house.console_port).spawn_serve())
    assert str(house.console_port) in words
    still_serves(house, first)


@pytest.mark.parametrize("what", ["engine", "edge"])
def test_a_second_worker_of_the_same_kind_refuses(house: Installation, what: str, round_no: int) -> None:
    house.edge()
    house.engine()
    ports = ("--edge", f"127.0.0.1:{Installation(house.data).edge_port}") if what == "edge" else ()
    refuses(house.spawn(what, *ports))
    assert house.health() == 200


def test_an_engine_that_lost_its_lock_cannot_commit(house: Installation, round_no: int) -> None:
    """The lock file is deleted, so a second engine starts: its epoch shuts the first one out of the ledger."""
    house.edge()
    first = house.engine()
    for lock in (house.data / "run").glob("engine*lock*"):
        lock.unlink()
    with Load("127.0.0.1", house.edge_port, "fence", partners=PARTNERS, pause_s=0.01) as callers:
        callers.wait_answered(50)
        second = house.engine()
        until(lambda: not first.is_running(), REFUSES_S, "the first engine sees that it was replaced, and leaves")
        callers.wait_answered(50)
        story = callers.stop()
    assert second.is_running()
    house.catch_up()
    house.books.balance(story)


def refuses(process: Process) -> str:
    """It ends by itself, soon, not with success, and with a sentence rather than a stack; its words."""
    began = time.monotonic()
    code = process.wait(REFUSES_S)
    words = process.words()
    assert code not in (0, -9, -11), words
    assert words.strip() and "Traceback" not in words, words
    assert time.monotonic() - began < REFUSES_S
    return words


def still_serves(house: Installation, supervisor: Process) -> None:
    assert supervisor.is_running()
    with Load("127.0.0.1", house.edge_port, "still", partners=PARTNERS, limit=60) as callers:
        callers.wait_answered(40)
        story = callers.stop()
    house.catch_up()
    house.books.balance(story)
