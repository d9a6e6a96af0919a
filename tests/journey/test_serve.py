"""`clicktrail serve`: from click to transaction, and what the supervisor promises about processes."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from support.observe import until
from support.ports import free_port
from support.server import Server, command, fetch, is_alive

CLICKID = re.compile(r"QC\d{27}")
SOON_S = 30.0


def click(server: Server, query: str = "cpid=1&pid=2&wmid=1&subid=abc") -> str:
    """Click a partner link; the ClickID in the address that the visitor is sent to."""
    answer = server.get(f"/go.cgi?{query}")
    assert answer.status == 302, answer
    found = CLICKID.search(answer.location)
    assert found, answer.location
    return found.group()


def alive(server: Server, name: str, other_than: int = 0) -> int:
    """The id of a process that lives and beats."""

    def look() -> int:
        pid = server.pid(name)
        return pid if pid != other_than and server.heartbeat(name).get("pid") == pid else 0

    return until(look, SOON_S, f"{name} lives, other than process {other_than}")


def order(server: Server, clickid: str, tid: str) -> dict[str, object]:
    """The shop's call; its final verdict, asked for again where it took longer than the shop waits."""
    call = server.get(f"/get_trans.cgi?cpid=1&tid={quote(tid)}&umsatz=95.50&clickid={clickid}&format=json").json()

    def verdict() -> dict[str, object] | None:
        answer = server.get(f"/get_trans.cgi?call={call['call']}&format=json")
        return dict(answer.json()) if answer.status != 202 else None

    return until(verdict, SOON_S, f"a verdict on {tid}")


def test_from_click_to_transaction(shared: Server) -> None:
    """The order is credited to the partner of the click, with no cookie of ours involved."""
    clickid = click(shared)
    verdict = order(shared, clickid, "A-1")
    assert verdict["saved"] is True
    [transaction] = [row for row in shared.transactions() if row["tid"] == "A-1"]
    assert (transaction["partner"], transaction["subid"], transaction["clickid"]) == (2, "abc", clickid)
    assert (str(transaction["revenue"]), str(transaction["commission"])) == ("95.50", "9.55")
    [call] = [row for row in shared.postbacks() if row["tid"] == "A-1"]
    assert str(call["saved"]) == str(verdict["transaction"])


def test_a_worker_that_dies_is_restarted_and_said_so(shared: Server) -> None:
    before = alive(shared, "edge-0001")
    clickid = click(shared)
    os.kill(before, signal.SIGKILL)
    after = alive(shared, "edge-0001", other_than=before)
    [line] = [line for line in shared.log("process ended") if line["pid"] == before]
    assert (line["name"], line["ended_by"]) == ("edge-0001", "SIGKILL")
    assert 0 < line["restart_in_s"] < SOON_S
    [line] = [line for line in shared.log("process started") if line["pid"] == after]
    assert line["restarts"] > 0
    assert order(shared, clickid, "A-2")["saved"] is True, "what it had promised is kept"


def test_connections_wait_while_their_worker_starts_again(shared: Server) -> None:
    """The supervisor holds the socket: a caller in those moments is served late, not refused."""
    before = alive(shared, "edge-0001")
    os.kill(before, signal.SIGKILL)
    until(lambda: not is_alive(before), SOON_S, "it is dead")
    assert click(shared)
    assert alive(shared, "edge-0001", other_than=before)


@pytest.mark.parametrize("name", ["engine", "control", "courier"])
def test_every_other_process_is_restarted_too(shared: Server, name: str) -> None:
    edge, before = alive(shared, "edge-0001"), alive(shared, name)
    os.kill(before, signal.SIGKILL)
    assert alive(shared, name, other_than=before)
    assert alive(shared, "edge-0001") == edge, "the rest goes on"


def test_the_engine_is_nicer_than_the_edge(shared: Server) -> None:
    def nice(name: str) -> int:
        return os.getpriority(os.PRIO_PROCESS, alive(shared, name))

    assert nice("engine") - nice("edge-0001") == 10 or nice("engine") == 19


def test_a_second_supervisor_on_the_same_data_is_refused(shared: Server) -> None:
    ended = shared.ended("serve", "--edge", "127.0.0.1:0", "--console", "127.0.0.1:0")
    assert ended.returncode == 2
    assert "Another supervisor" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1, "one sentence, no traceback"
    assert click(shared), "and the first goes on"


def test_a_taken_port_is_refused_by_name(shared: Server, tmp_path: Path) -> None:
    """Also where the other one would share it (SO_REUSEPORT), and before anything runs."""
    other = Server(tmp_path / "other")
    other.lay()
    for setting in ("edge", "console"):
        port = str(shared.settings[setting]).rpartition(":")[2]
        addresses = {"edge": "127.0.0.1:0", "console": "127.0.0.1:0", setting: f"127.0.0.1:{port}"}
        ended = other.ended("serve", *(f"--{name}={address}" for name, address in addresses.items()))
        assert ended.returncode == 2
        assert f"Port {port} is taken" in ended.stderr
        assert f"--{setting}" in ended.stderr
    assert not other.heartbeat("engine")
    other.close()


def test_a_port_taken_by_a_stranger(unstarted: Server) -> None:
    unstarted.lay()
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as stranger:
        port = stranger.getsockname()[1]
        ended = unstarted.ended("serve", "--console", "127.0.0.1:0", "--edge", f"127.0.0.1:{port}")
    assert (ended.returncode, f"Port {port} is taken" in ended.stderr) == (2, True)


def test_it_says_where_it_is(shared: Server) -> None:
    assert f"clicks   {shared.edge_url}/go.cgi" in shared.words()
    assert f"console  {shared.console_url}/" in shared.words()


def test_status_tells_journals_lag_catalog_and_processes(shared: Server) -> None:
    click(shared)
    until(lambda: json.loads(shared.run("status", "--json"))["lag"]["events"] == 0, SOON_S, "the engine caught up")
    found = json.loads(shared.run("status", "--json"))
    [journal] = [journal for journal in found["journals"] if journal["node"] == 1]
    assert journal["files"] - journal["sealed"] == 1, "one is written to"
    assert journal["bytes"] > 0
    assert found["catalog"]["ledger"] == found["catalog"]["file"] == found["catalog"]["processes"]["edge-0001"]
    assert {p["name"] for p in found["processes"] if p["alive"]} >= {"supervisor", "edge-0001", "engine", "control"}
    words = shared.run("status")
    assert "node 0001" in words
    assert "supervisor" in words


def test_status_counts_what_a_missing_engine_has_not_read(unstarted: Server) -> None:
    server = unstarted
    server.lay()
    with Edge(server) as edge:
        for _ in range(3):
            assert edge.click() == 302
        found = json.loads(server.run("status", "--json"))
        assert found["lag"]["events"] == 3
        assert "3 events" in server.run("status")
    server.run("engine", "--once")
    assert json.loads(server.run("status", "--json"))["lag"] == {"events": 0, "seconds": 0.0}
    assert len(server.clicks()) == 3


class Edge:
    """`clicktrail edge` alone."""

    def __init__(self, server: Server) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self.popen = subprocess.Popen(
            [*command(), "edge", "--data", str(server.data), "--edge", self.address], env=server.environ
        )

    def __enter__(self) -> "Edge":
        until(lambda: self.status("/healthz") == 200, SOON_S, "it takes clicks")
        return self

    def __exit__(self, *_: object) -> None:
        self.popen.terminate()
        assert self.popen.wait(SOON_S) == 0

    def click(self) -> int:
        return self.status("/go.cgi?cpid=1&pid=2&wmid=1")

    def status(self, path: str) -> int:
        try:
            return fetch("GET", f"http://{self.address}{path}").status
        except OSError:
            return 0


@pytest.mark.parametrize("role", ["engine", "courier", "control"])
def test_single_processes_start_alone_and_end_on_a_signal(unstarted: Server, role: str) -> None:
    unstarted.lay()
    address = f"127.0.0.1:{free_port()}"
    popen = subprocess.Popen(
        [*command(), role, "--data", str(unstarted.data), "--console", address], env=unstarted.environ
    )
    until(lambda: unstarted.heartbeat(role).get("pid") == popen.pid, SOON_S, f"{role} lives")
    if role == "control":
        assert fetch("GET", f"http://{address}/").status == 302
    popen.terminate()
    assert popen.wait(SOON_S) == 0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One data folder for all lives that end in this file."""
    server = Server(tmp_path_factory.mktemp("mortal") / "data")
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def mortal(house: Server) -> Server:
    """A server that a test may end; it runs again for the next one that asks."""
    return house if house.is_running else house.start()


def test_no_orphans_after_kill_9_and_the_next_supervisor_waits_for_the_children(mortal: Server) -> None:
    """A watchdog starts it at once, while the old worker still holds port and journal."""
    clickid = click(mortal)
    family = mortal.pids()
    assert set(family) == {"edge-0001", "engine", "courier", "control"}
    mortal.kill()
    mortal.start()
    assert not any(map(is_alive, family.values())), "they ended by themselves, before the next began"
    assert set(mortal.pids()) == set(family)
    assert order(mortal, clickid, "A-3")["saved"] is True


def test_ctrl_c_ends_everything_cleanly(mortal: Server) -> None:
    """Edges first, then the engine, which has judged all, then the rest; nothing is killed, nothing is left."""
    clickid = click(mortal)
    before = len(mortal.words())
    mortal.get(f"/get_trans.cgi?cpid=1&tid=A-4&umsatz=10&clickid={clickid}")
    family = mortal.pids()
    assert mortal.stop(signal.SIGINT) == 0
    assert not any(map(is_alive, family.values()))
    said = mortal.words()[before:]
    assert "process killed" not in said
    assert "process ended" not in said
    assert '"event": "stopped"' in said
    assert list((mortal.data / "run").glob("*.json")) == [], "nobody is missing"
    assert "A-4" in [row["tid"] for row in mortal.transactions()], "the engine had caught up"


def test_sigterm_ends_it_as_well_and_it_starts_again(mortal: Server) -> None:
    """A request in hand is answered while it stops."""
    clickid = click(mortal)
    seen = len(mortal.log("stopping"))
    host, _, port = str(mortal.settings["edge"]).rpartition(":")
    with socket.create_connection((host, int(port)), timeout=SOON_S) as caller:
        caller.sendall(b"GET /go.cgi?cpid=1&pid=2&wmid=1 HTTP/1.1\r\nHost: x\r\n")
        os.kill(mortal.heartbeat("supervisor")["pid"], signal.SIGTERM)
        until(lambda: len(mortal.log("stopping")) > seen, SOON_S, "it stops")
        caller.sendall(b"\r\n")
        assert caller.recv(4096).startswith(b"HTTP/1.1 302")
    assert mortal.wait() == 0
    mortal.start()
    assert order(mortal, clickid, "A-5")["saved"] is True


def test_a_hang_up_ends_it_unless_it_was_told_to_stay(mortal: Server) -> None:
    """A closed terminal is a wish to end; `nohup` is one to go on."""
    assert mortal.stop(signal.SIGHUP) == 0
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        mortal.start()
    finally:
        signal.signal(signal.SIGHUP, before)
    os.kill(mortal.heartbeat("supervisor")["pid"], signal.SIGHUP)
    seen_ms = mortal.heartbeat("supervisor")["beat_ms"]
    until(lambda: mortal.heartbeat("supervisor")["beat_ms"] > seen_ms, SOON_S, "it goes on")
    assert click(mortal)


def test_edges_serve_before_the_ledger_is_there(unstarted: Server) -> None:
    """The machine starts, the database does not: clicks are taken by the catalog published last."""
    unstarted.lay()
    unstarted.environ["CLICKTRAIL_DATABASE"] = f"postgresql://nobody:x@127.0.0.1:{free_port()}/none"
    unstarted.spawn()
    until(lambda: unstarted.log("the ledger is out of reach; edges run, the rest waits"), SOON_S, "it says so")
    until(lambda: unstarted.heartbeat("edge-0001") and unstarted.heartbeat("supervisor").get("edge"), SOON_S, "an edge")
    unstarted.settings |= {"edge": unstarted.heartbeat("supervisor")["edge"]}
    assert click(unstarted)
    assert not unstarted.pid("engine")
    assert unstarted.stop() == 0


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Three workers on a folder that lies deep and holds an older ledger."""
    server = Server(tmp_path_factory.mktemp("odd") / ("deep" * 20) / "er" / "data", workers=3)
    server.data.parent.mkdir(parents=True)
    server.lay()
    _make_older(server.data / "ledger.sqlite")
    try:
        yield server.start()
        assert server.stop() == 0
    finally:
        server.close()


def test_several_workers_each_with_a_journal(odd: Server) -> None:
    assert {name for name in odd.pids() if name.startswith("edge")} == {"edge-0001", "edge-0002", "edge-0003"}
    ids = {click(odd) for _ in range(30)}
    assert len(ids) == 30
    assert {path.name for path in (odd.data / "journal").iterdir()} >= {"0001", "0002", "0003"}


def test_a_data_folder_may_lie_deep(odd: Server) -> None:
    """Deeper than the kernel's limit for the name of a socket: a verdict comes over the engine's all the same."""
    assert order(odd, click(odd), "A-6")["saved"] is True


def test_an_older_ledger_is_backed_up_and_brought_up_to_date(odd: Server) -> None:
    """Older here: without the mark of the last migration, which builds the tables anew and so may run twice."""
    [line] = odd.log("ledger brought up to date")
    assert line["applied"] == ["ledger.0012_integers"]
    assert Path(line["backup"]).exists()


def _make_older(ledger: Path) -> None:
    db = sqlite3.connect(ledger)
    db.execute("DELETE FROM django_migrations WHERE app = 'ledger' AND name LIKE '0012%'")
    db.commit()
    db.close()


def test_a_newer_ledger_is_refused(unstarted: Server) -> None:
    unstarted.lay()
    db = sqlite3.connect(unstarted.data / "ledger.sqlite")
    db.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('ledger', '9999_later', '2030-01-01')")
    db.commit()
    db.close()
    ended = unstarted.ended("serve", "--edge", "127.0.0.1:0", "--console", "127.0.0.1:0")
    assert ended.returncode == 2
    assert "newer than this program" in ended.stderr
    assert "Traceback" not in ended.stderr
