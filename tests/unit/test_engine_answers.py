"""The socket between edge and engine: wake, ask, tell."""

import json
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.observe import until

from clicktrail.engine import answers as answers_module
from clicktrail.engine.answers import Answers

SAVED = {"saved": True, "transaction": "7", "reason": "saved", "message": "Saved."}


class Caller:
    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(5)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")

    def say(self, message: object) -> None:
        self.socket.sendall(json.dumps(message).encode() + b"\n")

    def hear(self) -> dict[str, Any]:
        return dict(json.loads(self.lines.readline()))


@pytest.fixture
def engine() -> Iterator[Answers]:
    """In a short folder: a socket's address has little room."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        made = Answers(Path(folder) / "engine.sock")
        yield made
        made.close()


@pytest.fixture
def caller(engine: Answers) -> Iterator[Caller]:
    made = Caller(engine._path)
    engine.wait(5)
    yield made
    made.lines.close()
    made.socket.close()


def test_a_wake_ends_the_wait(engine: Answers, caller: Caller) -> None:
    caller.say({"wake": True})
    assert engine.wait(5)
    assert not engine.wait(0)


def test_a_wake_heard_in_passing_is_not_forgotten(engine: Answers, caller: Caller) -> None:
    """It came while the engine was at work: what it speaks of may not have been read, so there is no rest."""
    caller.say({"wake": True})
    engine.hear()
    begin_s = time.monotonic()
    assert engine.wait(5)
    assert time.monotonic() - begin_s < 2.5
    assert not engine.wait(0)


def _hear_of(engine: Answers, callers: int) -> None:
    def look() -> bool:
        engine.wait(0)
        return len(engine._asked.get(42, ([], 0.0))[0]) == callers

    until(look, 5, f"{callers} callers")


def test_all_who_asked_are_told(engine: Answers, caller: Caller) -> None:
    """The same call asked for through two workers; of a third that hung up nothing is left."""
    others = [Caller(engine._path) for _ in range(2)]
    for who in (caller, *others):
        who.say({"ask": ["42"]})
    _hear_of(engine, 3)
    others[1].lines.close()
    others[1].socket.close()
    _hear_of(engine, 2)
    engine.tell(42, SAVED)
    assert caller.hear()["call"] == others[0].hear()["call"] == "42"
    assert not engine.is_asked(42)


def test_who_asked_is_told(engine: Answers, caller: Caller) -> None:
    caller.say({"ask": ["41", "42"]})
    assert engine.wait(5)
    assert engine.take_fresh() == [41, 42]
    engine.tell(42, SAVED)
    assert caller.hear() == {"call": "42", **SAVED}
    assert (engine.is_asked(41), engine.is_asked(42)) == (True, False)


def test_nobody_is_told_what_he_did_not_ask(engine: Answers, caller: Caller) -> None:
    engine.tell(5, {"reason": "bad_call"})
    caller.say({"ask": ["6"]})
    engine.wait(5)
    engine.tell(6, {"reason": "missing_tid"})
    assert caller.hear()["call"] == "6"


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b"[1]\n", b"\xff\n", b'{"ask": 7}\n', b'{"ask": ["x", "-1"]}\n'])
def test_nonsense_is_passed_over(engine: Answers, caller: Caller, line: bytes) -> None:
    caller.socket.sendall(line)
    engine.wait(5)
    caller.say({"ask": ["1"]})
    assert engine.wait(5)
    assert engine.take_fresh() == [1]


def test_a_caller_that_hangs_up_is_forgotten(engine: Answers, caller: Caller) -> None:
    caller.say({"ask": ["1"]})
    engine.wait(5)
    caller.socket.shutdown(socket.SHUT_RDWR)
    engine.wait(5)
    assert not engine.is_asked(1)
    assert engine.take_fresh() == []


def test_a_line_without_end_ends_the_connection(
    engine: Answers, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers_module, "MAX_LINE_BYTES", 1000)
    caller.socket.sendall(b"x" * 1001)
    engine.wait(5)
    assert caller.lines.read() == b""


def test_unknown_calls_are_forgotten_in_time_but_not_those_that_wait(
    engine: Answers, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers_module, "KEEP_UNKNOWN_S", -1.0)
    caller.say({"ask": ["1", "2"]})
    engine.wait(5)
    engine.forget_unknown({2})
    assert (engine.is_asked(1), engine.is_asked(2)) == (False, True)


def test_more_calls_than_the_limit_push_out_the_oldest(
    engine: Answers, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers_module, "MAX_ASKED", 2)
    caller.say({"ask": ["1", "2", "3"]})
    engine.wait(5)
    assert engine.take_fresh() == [2, 3]


def test_a_dead_engines_socket_is_taken_over(engine: Answers) -> None:
    path = engine._path.with_name("other.sock")
    old = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old.bind(str(path))
    old.close()
    again = Answers(path)
    assert Caller(path).socket.fileno() >= 0
    again.close()
