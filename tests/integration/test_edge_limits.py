"""What a worker does at its limits: slow senders, many connections, a full or slow disk, its own end."""

import fcntl
import os
import resource
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.edges import CLICK, Edge, Wire
from support.observe import until

from clicktrail import catalogfile
from clicktrail.core.catalog import Catalog
from clicktrail.core.clickid import made_ms
from clicktrail.journal.events import Postback

HOST = b"Host: t\r\n"
HALF = b"GET /go.cgi?cpid=1&pid=7 HTTP/1.1\r\nHost:"
MANY = 1000
UNREAD = 180
"""Answers of 270 bytes: 48 KB."""


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    edge = Edge(tmp_path)
    yield edge
    edge.close()


def hasty(tmp_path: Path, **settings: object) -> Edge:
    return Edge(tmp_path, **settings)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HALF, 408),
        (b"POST /get_trans.cgi HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\nabc", 408),
        (b"POST /get_trans.cgi HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 408),
        (b"G", 408),
        (b"", None),
    ],
)
def test_slow_senders_are_cut_off(tmp_path: Path, sent: bytes, status: int | None) -> None:
    """Whoever says nothing is let go too, by a time of its own: it would overtake one who is just slow to begin."""
    times = {"header_timeout_s": 1} if status else {"idle_timeout_s": 1}
    with hasty(tmp_path, **times) as edge, edge.wire() as wire:
        wire.send(sent)
        if status:
            assert wire.answer().status == status
            wire.half_close()
        assert wire.is_closed()
        assert edge.get("/healthz").status == 200


def test_a_byte_now_and_then_does_not_keep_a_request_alive(tmp_path: Path) -> None:
    """The time runs from the first byte of a request, not from the last."""
    with hasty(tmp_path, header_timeout_s=1, idle_timeout_s=60) as edge, edge.wire() as wire:
        wire.send(HALF)
        wire.socket.settimeout(0.2)

        def is_refused() -> bool:
            try:
                wire.send(b"a")
                return wire.socket.recv(4096).startswith(b"HTTP/1.1 408")
            except TimeoutError:
                return False

        until(is_refused, 5, "the drip is cut off")


def test_a_caller_who_does_not_read_is_not_waited_for(tmp_path: Path) -> None:
    with hasty(tmp_path, idle_timeout_s=1) as edge, edge.wire() as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = b"GET /clicktrail.js HTTP/1.1\r\n" + HOST + b"\r\n"
        wire.socket.settimeout(0.5)
        try:
            for _ in range(2000):
                wire.send(request * 100)
        except (TimeoutError, ConnectionError):
            pass
        until(lambda: edge.metric("clicktrail_connections") == 1, 10, "only the asker of this figure is left")


def unread(edge: Edge) -> socket.socket:
    """A caller who reads nothing, and has asked for more than the kernel holds and less than stops the worker."""
    caller = socket.socket()
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    caller.connect(("127.0.0.1", edge.port))
    caller.sendall((b"GET /get_trans.cgi?t HTTP/1.1\r\n" + HOST + b"\r\n") * UNREAD)
    return caller


def test_answers_that_nobody_fetches_keep_no_connection_for_ever(tmp_path: Path) -> None:
    edge = hasty(tmp_path, idle_timeout_s=1)
    edge.small_buffers()
    with edge, unread(edge):
        until(lambda: edge.metric("clicktrail_postbacks_total") == UNREAD, 10, "all are answered")
        until(lambda: edge.metric("clicktrail_connections") == 1, 10, "he is cut off")


def test_whoever_makes_room_is_gone_though_he_fetches_nothing(tmp_path: Path) -> None:
    edge = hasty(tmp_path, max_connections=2)
    edge.small_buffers()
    with edge, edge.wire() as wire, unread(edge), edge.wire() as third:
        assert edge.popen is not None
        files = Path(f"/proc/{edge.popen.pid}/fd")
        until(lambda: third.get("/healthz").status == 200, 10, "the oldest made room")
        assert wire.is_closed()
        until(lambda: b" %d\n" % UNREAD in third.get("/metrics").body, 10, "all are answered")
        before = len(list(files.iterdir()))
        with edge.wire() as fourth:
            assert fourth.get("/healthz").status == 200
            until(lambda: len(list(files.iterdir())) == before, 10, "one came, one went")


def test_a_thousand_connections(edge: Edge) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, MANY + 500)), hard))
    edge.start()
    wires = [edge.wire() for _ in range(MANY)]
    for n, wire in enumerate(wires):
        wire.send(f"GET {CLICK}many{n} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
    assert {wire.answer().status for wire in wires} == {302}
    assert edge.metric("clicktrail_connections") == MANY + 1
    for wire in wires:
        wire.close()
    assert {c.subid for c in edge.clicks()} == {f"many{n}" for n in range(MANY)}


def test_above_the_limit_the_oldest_idle_connection_goes(tmp_path: Path) -> None:
    with hasty(tmp_path, max_connections=5) as edge:
        wires = [edge.wire() for _ in range(5)]
        for wire in wires:
            assert wire.get(CLICK + "early").status == 302
        late = edge.wire()
        assert late.get(CLICK + "late").status == 302
        assert wires[0].is_closed()
        assert wires[1].get(CLICK + "still").status == 302
        # Where nobody is idle, whoever keeps us waiting makes room.
        for wire in [*wires[1:], late]:
            wire.send(HALF)
        until(lambda: edge.get(CLICK + "last").status == 302, 5, "a newcomer is served")


@pytest.mark.parametrize("fault", ["full", "broken"])
def test_the_disk_refuses(edge: Edge, fault: str) -> None:
    """Visitors go on, counted as lost, with their ClickIDs as far as time was reserved; shops come again."""
    edge.start()
    edge.faults(journal=fault)
    with edge.wire() as wire:
        lost = [wire.get("/go.cgi?cpid=1&pid=7") for _ in range(3)]
        assert all(a.status == 302 and "?c=QC" in a.location for a in lost)
        refused = wire.get("/get_trans.cgi?cpid=1&tid=1")
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        assert wire.get("/get_trans.cgi?cpid=1&tid=1&format=json").status == 503
        assert wire.get("/healthz").status == 503
        assert edge.metric("clicktrail_clicks_lost_total") == 3
        edge.faults()
        until(lambda: wire.get("/healthz").status == 200, 10, "healthy without anybody clicking")
        assert wire.get("/get_trans.cgi?cpid=1&tid=1").status == 200
    assert edge.stop() == 0
    assert len(edge.clicks()) == 0
    assert len(edge.postbacks()) == 1
    assert '"event": "journal"' in edge.words()


def test_beyond_the_reservation_visitors_go_without_a_clickid(edge: Edge) -> None:
    edge.start()
    edge.faults(journal="full", clock_offset_ms=61_000)
    with edge.wire() as wire:
        assert wire.get("/go.cgi?cpid=1&pid=7").location == "https://shop.example/?c=&p=7"
        assert wire.get("/go.cgi?cpid=1&pid=7&format=json").json() == {
            "clickid": "",
            "url": "https://shop.example/?c=&p=7",
        }
        assert wire.get("/go.cgi?cpid=1&pid=7&target=https://shop.example/a%3Fb").location == (
            "https://shop.example/a%3Fb?qc_clickid="
        )


def test_a_worker_starts_and_sends_visitors_on_with_the_disk_full(edge: Edge) -> None:
    edge.faults(journal="full")
    edge.start()
    with edge.wire() as wire:
        assert wire.get("/go.cgi?cpid=1&pid=7").location == "https://shop.example/?c=&p=7"
        edge.faults()
        until(lambda: "?c=QC" in wire.get("/go.cgi?cpid=1&pid=7").location, 10, "ClickIDs again")


def test_a_slow_disk_keeps_no_visitor_and_loses_no_click(tmp_path: Path) -> None:
    edge = hasty(tmp_path, sync_patience_ms=300)
    with edge:
        edge.faults(journal={"slow_ms": 20_000})
        with edge.wire() as first, edge.wire() as second, edge.wire() as shop:
            assert first.get(CLICK + "first").status == 302
            shop.send(b"GET /get_trans.cgi?cpid=1&tid=slow HTTP/1.1\r\n" + HOST + b"\r\n")
            assert second.get(CLICK + "second").status == 302
            assert edge.get("/healthz").status == 503
            assert edge.metric("clicktrail_clicks_late_total") == 2
            edge.faults()
            assert shop.answer().status == 200
        until(lambda: edge.metric("clicktrail_clicks_total") == 2, 10, "late, not lost")
        assert edge.metric("clicktrail_clicks_lost_total") == 0
    assert [c.subid for c in edge.clicks()] == ["first", "second"]


def test_a_postback_is_not_kept_for_ever(tmp_path: Path) -> None:
    with hasty(tmp_path, sync_patience_ms=50) as edge:
        edge.faults(journal={"slow_ms": 20_000})
        assert edge.get("/get_trans.cgi?cpid=1&tid=slow").status == 503
        edge.faults()


def test_the_queue_has_an_end(tmp_path: Path) -> None:
    with hasty(tmp_path, queue_max_events=3, sync_patience_ms=60_000) as edge:
        edge.faults(journal={"slow_ms": 20_000})
        wires = [edge.wire() for _ in range(12)]
        for wire in wires:
            wire.send(b"GET /get_trans.cgi?cpid=1&tid=q HTTP/1.1\r\n" + HOST + b"\r\n")
        until(lambda: edge.metric("clicktrail_postbacks_refused_total") >= 5, 10, "what does not fit is refused")
        edge.faults()
        statuses = [wire.answer().status for wire in wires]
    assert statuses.count(200) == len([e for e in edge.events() if isinstance(e, Postback)]) >= 3


def test_sigterm_answers_what_is_in_hand_and_leaves(edge: Edge) -> None:
    edge.start()
    edge.faults(journal={"slow_ms": 20_000})
    idle, busy, half = edge.wire(), edge.wire(), edge.wire()
    assert idle.get("/healthz").status == 200
    half.send(HALF)
    busy.send(b"GET /get_trans.cgi?cpid=1&tid=drain HTTP/1.1\r\n" + HOST + b"\r\n")
    until(lambda: edge.metric("clicktrail_journal_waiting_events") == 1, 10, "it is in hand")
    stopping = threading.Thread(target=edge.stop)
    stopping.start()
    assert idle.is_closed()
    half.send(b" t\r\n\r\n")
    edge.faults()
    for wire in (busy, half):
        answer = wire.answer()
        assert (answer.status < 400, answer.headers["connection"]) == (True, "close")
        assert wire.is_closed()
    stopping.join()
    assert edge.popen is not None and edge.popen.returncode == 0
    assert len(edge.events()) == 2


def test_whoever_does_not_finish_is_left_behind(tmp_path: Path) -> None:
    with hasty(tmp_path, drain_timeout_s=1) as edge, edge.wire() as wire:
        wire.send(HALF)
        assert edge.get("/healthz").status == 200
        assert edge.stop() == 0


def test_connections_made_while_no_worker_lives_are_served_by_the_next(edge: Edge) -> None:
    edge.start()
    edge.kill()
    with edge.wire() as wire:
        wire.send(f"GET {CLICK}queued HTTP/1.1\r\nHost: t\r\n\r\n".encode())
        edge.start()
        assert wire.answer().status == 302


def test_a_worker_ends_with_its_lifeline(edge: Edge) -> None:
    ours, theirs = os.pipe()
    edge.start(lifeline=ours)
    os.close(ours)
    assert edge.popen is not None and edge.popen.poll() is None
    os.close(theirs)
    assert edge.popen.wait(120) == 0


def test_a_second_worker_of_the_node_is_refused(edge: Edge) -> None:
    edge.start()
    with (edge.data / "journal" / "0001" / "lock").open() as lock, pytest.raises(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    second = Edge(edge.data)
    second.start()
    assert second.popen is not None and second.popen.wait(120) == 1
    assert "JournalLocked" in second.words()
    second.close()
    assert edge.get(CLICK + "first").status == 302


def test_a_new_catalog_is_used_within_a_moment_and_a_torn_one_is_not(edge: Edge) -> None:
    edge.start()
    folder = edge.data / "catalog"
    with edge.wire() as wire:
        (folder / catalogfile.CURRENT).write_bytes(b"torn")
        until(lambda: edge.metric("clicktrail_catalog_faults_total") == 1, 5, "the torn one is seen")
        assert wire.get(CLICK + "kept").status == 302
        (folder / catalogfile.CURRENT).unlink()
        catalogfile.write(folder, Catalog(version=2, published_ms=0, prefix="QC"))
        until(lambda: wire.get(CLICK + "gone").status == 404, 5, "the new one is in use")
        assert edge.metric("clicktrail_catalog_version") == 2


def test_without_a_catalog_it_says_so_and_takes_postbacks(tmp_path: Path) -> None:
    with Edge(tmp_path, catalog=None) as edge:
        answer = edge.get("/healthz")
        assert (answer.status, b"catalog" in answer.body) == (503, True)
        assert edge.get("/get_trans.cgi?cpid=1&tid=1").status == 200
        assert edge.get(CLICK).status == 404


@pytest.mark.parametrize(
    ("forwarded", "trusted", "address", "sees"),
    [
        ("", ["127.0.0.0/8"], "127.0.0.0", True),
        ("203.0.113.77", ["127.0.0.0/8"], "203.0.113.0", False),
        ("203.0.113.77", [], "127.0.0.0", True),
        ("1.2.3.4, 203.0.113.77, 127.0.0.9", ["127.0.0.0/8"], "203.0.113.0", False),
        ("1.2.3.4, nonsense", ["127.0.0.0/8"], "127.0.0.0", True),
        ("2001:db8:1:2:3::9", ["127.0.0.0/8"], "2001:db8:1::", False),
    ],
)
def test_whose_address_counts(tmp_path: Path, forwarded: str, trusted: list[str], address: str, sees: bool) -> None:
    """Figures and reasons are for listed networks, by the derived address."""
    with hasty(tmp_path, trusted_proxies=trusted) as edge, edge.wire() as wire:
        headers = {"X_Forwarded_For": forwarded} if forwarded else {}
        assert wire.get(CLICK + "a", **headers).status == 302
        assert wire.get("/metrics", **headers).status == (200 if sees else 404)
        (edge.data / "catalog" / catalogfile.CURRENT).unlink()
        edge.faults(journal="full")
        assert wire.get(CLICK + "b", **headers).status == 302
        health = wire.get("/healthz", **headers)
        assert (health.status, b"journal" in health.body) == (503, sees)
    assert [c.ip for c in edge.clicks()] == [address]


def test_the_clock_goes_back_and_no_clickid_comes_twice(edge: Edge) -> None:
    edge.start()
    with edge.wire() as wire:
        before = [wire.get(CLICK + "before").status for _ in range(5)]
        edge.faults(clock_offset_ms=-3_600_000)
        after = [wire.get(CLICK + "after").status for _ in range(5)]
    edge.kill()
    edge.start()
    with edge.wire() as wire:
        restarted = [wire.get(CLICK + "restarted").status for _ in range(5)]
    assert {*before, *after, *restarted} == {302}
    ids = [c.id for c in edge.clicks()]
    assert len(ids) == 15
    assert ids == sorted(set(ids))
    assert made_ms(ids[-1]) >= made_ms(ids[0])


def test_a_wish_for_rotation_is_met_within_a_moment(edge: Edge) -> None:
    edge.start()
    assert edge.get(CLICK + "one").status == 302
    wish = edge.data / "journal" / "0001" / "rotate"
    wish.touch()
    until(lambda: not wish.exists(), 5, "the worker has rotated")
    assert edge.get(CLICK + "two").status == 302
    assert len(list(wish.parent.glob("*.sqlite"))) == 2
    assert [c.subid for c in edge.clicks()] == ["one", "two"]


def test_the_heartbeat_tells_of_the_worker(edge: Edge) -> None:
    edge.start()
    beat = edge.data / "run" / "edge-0001.json"
    until(beat.exists, 5, "it beats")
    assert f'"pid": {edge.popen.pid if edge.popen else 0}' in beat.read_text()
    assert edge.stop() == 0
    assert not beat.exists()


def test_requests_in_pieces_mean_the_same(edge: Edge) -> None:
    """What the short way recognises by comparison must read like what httptools reads."""
    edge.start()
    whole = f"GET {CLICK}%s HTTP/1.1\r\nHost: t\r\nUser-Agent: one\r\n\r\n"
    other = whole.replace("one", "two")
    with edge.wire() as wire:
        for n, text in enumerate([whole, whole, other, whole, whole, other, other]):
            _send_in(wire, (text % f"n{n}").encode(), pieces=2 if n in (1, 4) else 1)
            assert wire.answer().location.endswith(f"s=n{n}")
    assert [c.user_agent for c in edge.clicks()] == ["one", "one", "two", "one", "one", "two", "two"]
    assert len({c.visitor for c in edge.clicks()}) == 2


def _send_in(wire: Wire, data: bytes, pieces: int) -> None:
    step = len(data) // pieces + 1
    for place in range(0, len(data), step):
        wire.send(data[place : place + step])
