"""`forget` against a running server: the worker's live file is sealed, and no byte remains in the data folder."""

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.books import Books, click_id
from support.installation import Installation
from support.observe import until
from support.server import Server

CLICKID = re.compile(r"QC\d{27}")
JANE = (b"203.0.113.77", b"Agent-of-Jane", b"jane-was-here", b"jane%40home", b"jane@home")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("forget") / "data", workers=2, ip_privacy="keep")
    yield made.start()
    made.close()


def _visit(server: Server, name: str, address: str) -> str:
    answer = server.get(
        f"/go.cgi?cpid=1&pid=2&wmid=1&subid=spring&mail={name}%40home.example",
        X_Forwarded_For=address, User_Agent=f"Agent-of-{name.title()}/1.0", Referer=f"https://blog.example/{name}-was-here",
    )  # fmt: skip
    found = CLICKID.search(answer.location)
    assert found
    return found[0]


def _order(server: Server, tid: str, clickid: str, name: str, address: str) -> dict[str, object]:
    path = f"/get_trans.cgi?format=json&cpid=1&tid={tid}&umsatz=95.50&clickid={clickid}&mail={name}@home.example"
    told: dict[str, object] = server.get(
        path, X_Forwarded_For=address, User_Agent=f"Agent-of-{name.title()}/1.0"
    ).json()
    return told


def _holding(data: Path, text: bytes) -> list[str]:
    """Files of the data folder that hold the text; those that vanish while we look do not."""
    found = []
    for path in data.rglob("*"):
        try:
            if path.is_file() and text in path.read_bytes():
                found.append(str(path.relative_to(data)))
        except FileNotFoundError:
            continue
    return found


def test_with_the_server_running(server: Server) -> None:
    jane = _visit(server, "jane", "203.0.113.77")
    bob = _visit(server, "bob", "198.51.100.5")
    assert _order(server, "J-1", jane, "jane", "203.0.113.77")["saved"] is True
    assert _order(server, "J-1", jane, "jane", "203.0.113.77")["reason"] == "duplicate"
    assert _order(server, "B-1", bob, "bob", "198.51.100.5")["saved"] is True
    books = server.run("export", "transactions")
    visitor = _visitor(server.data, jane)
    for text in (*JANE[:4], visitor):
        assert any("journal/" in name for name in _holding(server.data, text)), text
        assert any("ledger" in name for name in _holding(server.data, text)), text

    said = server.run("forget", "J-1")

    assert "1 click and 2 calls" in said
    assert "Out of reach" in said
    for text in (*JANE, visitor):
        assert _holding(server.data, text) == [], text
    assert _holding(server.data, b"Agent-of-Bob")
    after = server.run("export", "transactions")
    assert after == books.replace("https://blog.example/jane-was-here", "blog.example")
    assert not list(server.data.glob("journal/*/rotate"))

    late = _visit(server, "carla", "192.0.2.9")
    assert _order(server, "J-1", jane, "carla", "192.0.2.9")["reason"] == "duplicate"
    assert _order(server, "C-1", late, "carla", "192.0.2.9")["saved"] is True
    assert _order(server, "J-2", jane, "carla", "192.0.2.9")["saved"] is True, "the forgotten click still earns"


def _visitor(data: Path, clickid: str) -> bytes:
    mark: bytes = Books(data).one("SELECT visitor FROM ledger_click WHERE id = ?", click_id(clickid))
    assert len(mark) >= 8
    return mark


def test_after_a_crash_without_any_process(tmp_path: Path) -> None:
    """The worker was killed: its file has no seal, and part of it lies in the write-ahead log."""
    house = Installation(tmp_path / "data", environ={"CLICKTRAIL_IP_PRIVACY": "keep"}).init()
    try:
        worker = house.edge()
        server = Server(house.data, edge=f"127.0.0.1:{house.edge_port}")
        jane = _visit(server, "jane", "203.0.113.77")
        assert server.get(f"/get_trans.cgi?cpid=1&tid=J-1&umsatz=1&clickid={jane}&mail=jane@home.example").status == 200
        worker.kill()
        server.run("forget", jane)
        for text in JANE:
            assert _holding(house.data, text) == [], text
        house.command("engine", "--once")
        (order,) = server.transactions()
        assert (order["tid"], order["clickid"], order["subid"]) == ("J-1", jane, "spring")
        assert json.loads(server.run("trace", "J-1", "--json"))["clicks"][0]["user_agent"] is None
        server.close()
    finally:
        house.close()


def test_a_worker_that_does_not_rotate_is_named(server: Server) -> None:
    """Stopped with SIGSTOP it holds its node, but does not hear the wish."""
    jane = _visit(server, "jane", "203.0.113.77")
    until(lambda: any(click["clickid"] == jane for click in server.clicks()), 10, "the click is in the ledger")
    node = (int(jane[2:]) >> 26 >> 12) & 1023
    pid = next(pid for name, pid in server.pids().items() if name.startswith("edge") and str(node) in name)
    os.kill(pid, signal.SIGSTOP)
    try:
        ended = server.ended("forget", jane)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert ended.returncode == 2
    assert f"worker of node {node} does not rotate" in ended.stderr
    server.run("forget", jane)
    for text in JANE:
        assert _holding(server.data, text) == [], text
