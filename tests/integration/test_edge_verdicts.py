"""JSON postbacks: the edge waits for the engine's word, two seconds and no longer. The engine is played here."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from support.edges import Edge, Wire
from support.observe import until

from clicktrail import keys
from clicktrail.core.callnumber import PURPOSE, CallNumbers, log_number
from clicktrail.edge.answers import Answers
from clicktrail.edge.quota import VerdictQuota
from clicktrail.edge.verdicts import MAX_UNSENT_BYTES, Verdicts

HOST = b"Host: t\r\n"
JSON = b"GET /get_trans.cgi?cpid=1&tid=%d&format=json HTTP/1.1\r\n" + HOST + b"\r\n"


class Engine:
    """The other end of the socket: what was said to it, and what it says."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._server.settimeout(10)
        self._peer, _ = self._server.accept()
        self._peer.settimeout(10)
        self._lines = self._peer.makefile("rb")

    def heard(self, what: str) -> Any:
        """The next message of a kind."""
        while True:
            message = json.loads(self._lines.readline())
            if what in message:
                return message[what]

    def say(self, call: str, reason: str, **more: object) -> None:
        message = {"call": call, "saved": reason == "saved", "transaction": None, "reason": reason, "message": "So."}
        self._peer.sendall(json.dumps(message | more).encode() + b"\n")

    def say_raw(self, data: bytes) -> None:
        self._peer.sendall(data)

    def leave(self) -> None:
        self._lines.close()
        self._peer.close()
        self._server.close()


def numbers(edge: Edge) -> CallNumbers:
    return CallNumbers(keys.derive(keys.load(edge.data / "keys"), PURPOSE))


def ask(number: str) -> bytes:
    return f"GET /get_trans.cgi?call={number}&format=json HTTP/1.1\r\nHost: t\r\n\r\n".encode()


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    edge = Edge(tmp_path, verdict_patience_ms=5000)
    edge.start()
    yield edge
    edge.close()


@pytest.fixture
def engine(edge: Edge) -> Iterator[Engine]:
    engine = Engine(edge.data / "run" / "engine.sock")
    until(lambda: edge.metric("clicktrail_engine_connected") == 1, 5, "the edge has found the engine")
    yield engine
    engine.leave()


@pytest.mark.parametrize(
    ("reason", "status"),
    [("saved", 200), ("duplicate", 200), ("conflict", 409), ("waiting", 202), ("not_approved", 422), ("bad_call", 422)],
)
def test_the_answer_is_the_engines_word(edge: Edge, engine: Engine, reason: str, status: int) -> None:
    with edge.wire() as wire:
        wire.send(JSON % 1)
        [call] = engine.heard("ask")
        assert engine.heard("wake") is True
        assert [str(event.id) for event in edge.events()] == [call]
        engine.say(call, reason, transaction="41")
        answer = wire.answer()
    assert answer.status == status
    assert answer.json() == {
        "call": numbers(edge).text(int(call)),
        "saved": reason == "saved",
        "transaction": "41",
        "reason": reason,
        "message": "So.",
    }
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_verdict_that_is_quicker_than_the_journals_report_answers_one_request(edge: Edge, engine: Engine) -> None:
    """The engine may have read the row before the journal's thread has reported it; the next answer stays in place."""
    with edge.wire() as wire:
        edge.faults(journal={"slow_ms": 60_000})
        wire.send(JSON % 1)
        [call] = engine.heard("ask")
        engine.say(call, "saved")
        assert log_number(wire.answer().json()["call"]) == int(call)
        wire.send(JSON % 2)
        [second] = engine.heard("ask")
        edge.faults()
        engine.say(second, "duplicate")
        assert log_number(wire.answer().json()["call"]) == int(second)
        assert wire.get("/healthz").status == 200


def test_an_accept_header_asks_for_json_too(edge: Edge, engine: Engine) -> None:
    with edge.wire() as wire:
        wire.send(b"POST /get_trans.cgi HTTP/1.1\r\nAccept: application/json\r\n" + HOST + b"Content-Length: 0\r\n\r\n")
        [call] = engine.heard("ask")
        engine.say(call, "missing_cpid")
        assert wire.answer().status == 422


def test_pixels_wait_for_nobody_but_wake_the_engine(edge: Edge, engine: Engine) -> None:
    assert edge.get("/get_trans.cgi?cpid=1&tid=1").status == 200
    assert engine.heard("wake") is True


def test_a_verdict_is_asked_for_again_and_not_logged(edge: Edge, engine: Engine) -> None:
    with edge.wire() as wire:
        number = numbers(edge).text(4711)
        wire.send(ask(number))
        assert engine.heard("ask") == ["4711"]
        engine.say("4711", "saved", transaction="9")
        answer = wire.answer().json()
        assert (answer["transaction"], answer["call"]) == ("9", number)
        for odd in ("", "x", "-1", "9" * 40, "%00", "4711", number[:-1], number + "0", "0" + number):
            answer = wire.get(f"/get_trans.cgi?call={odd}&format=json")
            assert (answer.status, answer.json()["reason"]) == (422, "bad_call")
    assert edge.events() == []


def test_two_who_ask_for_one_call_both_get_it(edge: Edge, engine: Engine) -> None:
    with edge.wire() as one, edge.wire() as two:
        for wire in (one, two):
            wire.send(ask(numbers(edge).text(5)))
            assert engine.heard("ask") == ["5"]
        engine.say("5", "saved")
        assert one.answer().status == two.answer().status == 200


def test_after_a_reconnect_whoever_waits_is_asked_for_again(edge: Edge, engine: Engine) -> None:
    with edge.wire() as wire:
        wire.send(JSON % 1)
        [call] = engine.heard("ask")
        engine.leave()
        again = Engine(edge.data / "run" / "engine.sock")
        assert again.heard("ask") == [call]
        again.say(call, "saved")
        assert wire.answer().status == 200
        again.leave()


def test_nonsense_from_the_socket_harms_nobody(edge: Edge, engine: Engine) -> None:
    with edge.wire() as wire:
        wire.send(JSON % 1)
        [call] = engine.heard("ask")
        engine.say_raw(b'nonsense\n[]\n{"call": 1}\n{}\n{"call": null, "reason": []}\n')
        engine.say(call, "saved")
        assert wire.answer().status == 200


def test_a_caller_who_hangs_up_leaves_no_trace_in_memory(edge: Edge, engine: Engine) -> None:
    with edge.wire() as wire:
        wire.send(JSON % 1)
        [call] = engine.heard("ask")
    until(lambda: edge.metric("clicktrail_connections") == 1, 5, "he is gone")
    engine.say(call, "saved")
    assert edge.get("/healthz").status == 200
    assert len(edge.postbacks()) == 1


@pytest.mark.parametrize("is_there", [True, False])
def test_at_the_deadline_the_verdict_is_still_to_come(tmp_path: Path, is_there: bool) -> None:
    with Edge(tmp_path, verdict_patience_ms=200) as edge:
        engine = Engine(tmp_path / "run" / "engine.sock") if is_there else None
        answer = edge.get("/get_trans.cgi?cpid=1&tid=1&format=json")
        assert (answer.status, answer.json()["reason"], answer.json()["saved"]) == (202, "waiting", False)
        assert log_number(answer.json()["call"]) == edge.events()[0].id
        if engine:
            engine.leave()


def test_pipelined_verdicts_keep_their_order(edge: Edge, engine: Engine) -> None:
    with edge.wire() as wire:
        wire.send(JSON % 1 + JSON % 2 + b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
        reasons = ["saved", "duplicate"]
        calls = []
        for reason in reasons:
            [call] = engine.heard("ask")
            calls.append(call)
            engine.say(call, reason)
        _assert_in_order(wire, calls)


def _assert_in_order(wire: Wire, calls: list[str]) -> None:
    assert [str(log_number(wire.answer().json()["call"])) for _ in calls] == calls
    assert wire.answer().body == b"ok\n"


def test_nobody_is_told_that_a_call_was_received_before_it_is_durable(tmp_path: Path) -> None:
    """The deadline passes while the disk stands still: 202 would be a promise that a cut of the power breaks."""
    with Edge(tmp_path, verdict_patience_ms=50, sync_patience_ms=300) as edge:
        edge.faults(journal={"slow_ms": 60_000})
        assert edge.get("/get_trans.cgi?cpid=1&tid=1&format=json").status == 503
        assert edge.metric("clicktrail_postbacks_refused_total") == 1


def test_a_call_whose_sync_outlasts_the_deadline_is_answered_once_it_is_durable(tmp_path: Path) -> None:
    with Edge(tmp_path, verdict_patience_ms=50) as edge, edge.wire() as wire:
        edge.faults(journal={"slow_ms": 400})
        wire.send(JSON % 1)
        answer = wire.answer()
        assert (answer.status, [log_number(answer.json()["call"])]) == (202, [event.id for event in edge.events()])


def test_an_earlier_call_is_answered_at_the_deadline_too(tmp_path: Path) -> None:
    with Edge(tmp_path, verdict_patience_ms=50) as edge:
        number = numbers(edge).text(7)
        answer = edge.get(f"/get_trans.cgi?call={number}&format=json")
        assert (answer.status, answer.json()["call"]) == (202, number)


def test_an_engine_that_stands_still_does_not_fill_the_workers_memory(tmp_path: Path) -> None:
    loop = uvloop.new_event_loop()
    with socket.socket(socket.AF_UNIX) as listening:
        path = tmp_path / "engine.sock"
        listening.bind(str(path))
        listening.listen()
        verdicts = Verdicts(loop, path, Answers(), 2.0, CallNumbers(bytes(32)), VerdictQuota(0))
        verdicts.tick()
        assert verdicts._connecting is not None
        loop.run_until_complete(verdicts._connecting)
        assert verdicts.is_connected
        for _ in range(300_000):
            verdicts.wake()
        assert verdicts._transport is not None
        assert verdicts._transport.get_write_buffer_size() < 2 * MAX_UNSENT_BYTES
        verdicts.close()
    loop.close()


@pytest.mark.parametrize("is_same", [True, False], ids=["all for one call", "each for its own"])
def test_thousands_who_hang_up_together_do_not_hold_the_worker(tmp_path: Path, is_same: bool) -> None:
    """Each is forgotten in constant time; who still waits is still answered."""
    loop = uvloop.new_event_loop()
    verdicts = Verdicts(loop, tmp_path / "engine.sock", Answers(), 2.0, CallNumbers(bytes(32)), VerdictQuota(0))
    askers = [Listener() for _ in range(9000)]
    for place, asker in enumerate(askers):
        verdicts.expect(7 if is_same else 7 + place, asker, None)
    last = askers.pop(0)
    begin_s = time.process_time()
    for asker in askers:
        verdicts.forget(asker)
    assert time.process_time() - begin_s < 0.5, "looking at all for each takes more than a second"
    assert verdicts.waiting == 1
    verdicts.forget(Listener())
    verdicts._hear(b'{"call": "7", "reason": "saved", "saved": true}')
    assert b'"reason":"saved"' in last.answered and not any(asker.answered for asker in askers)
    assert verdicts.waiting == 0
    loop.close()


class Listener:
    answered = b""

    def answer(self, data: bytes) -> None:
        self.answered = data
