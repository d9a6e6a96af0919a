"""Visitors' names last a day: a running worker takes the next day's key, and destroys the old ones."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.edges import CLICK, Edge
from support.observe import until

DAY_MS = 86_400_000


def test_a_running_worker_gives_new_names_each_day(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    with Edge(tmp_path) as edge, edge.wire() as wire:
        assert wire.get(CLICK + "0").status == wire.get(CLICK + "0").status == 302
        for day in (1, 2, 3):
            edge.faults(clock_offset_ms=day * DAY_MS)
            until(lambda day=day: key(edge, today + timedelta(day)).exists(), 10, f"a key for day {day}")
            until(lambda day=day: named(wire, edge, day), 10, f"another name on day {day}, on the same connection")
        assert not key(edge, today).exists(), "three days old"
        assert key(edge, today + timedelta(1)).exists()
    names = {click.visitor for click in edge.clicks() if click.subid == "0"}
    assert len(names) == 1, "and within a day it is one name"


def test_a_worker_that_was_away_at_midnight_destroys_them_when_it_starts(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    edge = Edge(tmp_path)
    old, kept = (key(edge, today - timedelta(days)) for days in (3, 2))
    for path in (old, kept):
        path.write_bytes(b"k" * 32)
    with edge:
        assert not old.exists()
        assert kept.exists()


def test_a_worker_starts_where_the_disk_refuses_the_days_key(tmp_path: Path) -> None:
    edge = Edge(tmp_path)
    path = key(edge, datetime.now(UTC).date())
    path.symlink_to(tmp_path / "nowhere")
    with edge:
        assert edge.get(CLICK + "1").status == 302
        path.unlink()
        until(path.exists, 10, "the key, a second after the disk takes it")
        assert edge.get(CLICK + "2").status == 302
    assert all(click.visitor for click in edge.clicks())


def test_a_day_whose_key_is_refused_at_midnight_gets_it_later(tmp_path: Path) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(1)
    with Edge(tmp_path) as edge, edge.wire() as wire:
        assert wire.get(CLICK + "0").status == 302
        path = key(edge, tomorrow)
        path.symlink_to(tmp_path / "nowhere")
        edge.faults(clock_offset_ms=DAY_MS)
        until(lambda: '"event": "visitor key"' in edge.words(), 10, "it says so")
        path.unlink()
        until(path.exists, 10, "the key, a second after the disk takes it")
        until(lambda: named(wire, edge, 1), 10, "another name, on the same connection")


def key(edge: Edge, day: object) -> Path:
    return edge.data / "keys" / f"visitor-{day}.key"


def named(wire: object, edge: Edge, day: int) -> bool:
    """Whether a click of this day has a name that no earlier day has given."""
    assert wire.get(f"{CLICK}{day}").status == 302  # type: ignore[attr-defined]
    clicks = edge.clicks()
    before = {click.visitor for click in clicks if click.subid != str(day)}
    return clicks[-1].visitor not in before


def test_a_visitor_is_told_by_the_whole_address_and_the_browser(tmp_path: Path) -> None:
    """Made before the address is cut: neighbours of one /24, and two browsers of one house, are several visitors."""
    with Edge(tmp_path) as edge:
        for address, browser in (("203.0.113.77", "a"), ("203.0.113.78", "a"), ("203.0.113.77", "b")):
            for _ in range(2):
                assert edge.get(CLICK + address + browser, X_Forwarded_For=address, User_Agent=browser).status == 302
    clicks = edge.clicks()
    assert {click.ip for click in clicks} == {"203.0.113.0"}
    assert len({(click.subid, click.visitor) for click in clicks}) == len({click.visitor for click in clicks}) == 3


def test_no_file_holds_the_address(tmp_path: Path) -> None:
    """Not the journal, not its log, no heartbeat: only what the privacy mode leaves of it."""
    with Edge(tmp_path) as edge:
        for path in (f"{CLICK}x", "/get_trans.cgi?cpid=1&tid=1"):
            assert edge.get(path, X_Forwarded_For="203.0.113.77").status in (200, 302)
        found = [path for path in tmp_path.rglob("*") if path.is_file() and b"203.0.113.77" in path.read_bytes()]
        assert found == []
        assert "203.0.113.77" not in edge.words()
    assert {event.ip for event in edge.events()} == {"203.0.113.0"}
