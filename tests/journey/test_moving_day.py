"""Moving day, with real processes: what the other system knew is credited here, whatever is killed on the way."""

import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.books import Books
from support.observe import until
from support.server import Server, command

from clicktrail import heartbeat

CLICKS = 12_000
COUNTED = "SELECT coalesce(sum(clicks_gross), 0) FROM ledger_rollup_hour"
IMPORTED = "SELECT count(*) FROM ledger_imported_click"
SOON_S = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("moving") / "data")
    try:
        yield made.start()
    finally:
        made.close()


def _days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%d.%m.%Y %H:%M:%S")


def _file(server: Server, name: str, *lines: str) -> str:
    path = server.data.parent / name
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    return str(path)


def _order(server: Server, tid: str, clickid: str) -> dict[str, object]:
    told: dict[str, object] = server.get(
        f"/get_trans.cgi?format=json&cpid=1&tid={tid}&umsatz=95.50&clickid={clickid}"
    ).json()
    return told


def test_orders_of_the_last_days_are_credited(server: Server) -> None:
    partners = _file(server, "partner.csv", "PartnerID;Name;Programm;Produkte", "7;Müller & Söhne;1;Sale")
    clicks = _file(
        server, "klicks.csv", "ClickID;Zeit;PartnerID;SubID",
        f"aff-4711;{_days_ago(29)};7;herbst", f"aff-old;{_days_ago(31)};7;", f"QC{'1' * 27};{_days_ago(1)};7;",
    )  # fmt: skip
    assert "1 added" in server.run("import", "partners", partners)
    assert "3 imported" in server.run("import", "clicks", clicks)
    assert "3 there already" in server.run("import", "clicks", clicks)

    assert _order(server, "M-1", "aff-4711")["reason"] == "saved"
    assert _order(server, "M-2", "aff-old")["reason"] == "click_expired"
    assert _order(server, "M-3", "aff-9999")["reason"] == "malformed_clickid"
    assert _order(server, "M-4", "QC" + "1" * 27)["reason"] == "saved"
    rows = Books(server.data).rows("SELECT tid, partner_id, subid, clickid FROM ledger_transaction ORDER BY tid")
    assert rows == [("M-1", 7, "herbst", "aff-4711"), ("M-4", 7, "", "QC" + "1" * 27)]
    story = server.run("trace", "aff-4711")
    assert "another system gave it the ClickID 'aff-4711'" in story
    assert "M-1" in story
    assert "aff-9999" not in server.ended("trace", "aff-4711").stdout


def _many(server: Server, name: str) -> str:
    at = _days_ago(2)
    return _file(server, f"{name}.csv", "ClickID;Zeit;PartnerID", *(f"{name}-{n};{at};2" for n in range(CLICKS)))


def _import(server: Server, path: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*command(), "import", "clicks", path, "--data", str(server.data)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=server.environ,
    )  # fmt: skip


def test_the_engine_is_killed_during_an_import(server: Server) -> None:
    """Nothing doubled, nothing lost; and the import waits for the one that comes after it."""
    books = Books(server.data)
    clicks, counted = int(books.rows(IMPORTED)[0][0]), int(books.rows(COUNTED)[0][0])
    running = _import(server, _many(server, "kill"))
    until(lambda: int(books.rows(IMPORTED)[0][0]) > clicks, SOON_S, "some clicks are in the ledger")
    os.kill(heartbeat.read(server.data / "run", "engine")["pid"], signal.SIGKILL)
    assert running.wait(SOON_S) == 0
    assert int(books.rows(IMPORTED)[0][0]) == clicks + CLICKS
    assert int(books.rows(COUNTED)[0][0]) == counted + CLICKS
    assert _order(server, "K-1", "kill-0")["reason"] == "saved"
    assert _order(server, "K-2", f"kill-{CLICKS - 1}")["reason"] == "saved"


def test_an_import_that_is_killed_is_run_again(server: Server) -> None:
    books = Books(server.data)
    clicks, counted = int(books.rows(IMPORTED)[0][0]), int(books.rows(COUNTED)[0][0])
    path = _many(server, "again")
    running = _import(server, path)
    until(lambda: int(books.rows(IMPORTED)[0][0]) > clicks, SOON_S, "some clicks are in the ledger")
    running.kill()
    running.wait(SOON_S)
    assert "there already" in server.run("import", "clicks", path)
    assert int(books.rows(IMPORTED)[0][0]) == clicks + CLICKS
    assert int(books.rows(COUNTED)[0][0]) == counted + CLICKS


def test_two_imports_at_once_do_not_mix(server: Server, tmp_path: Path) -> None:
    books = Books(server.data)
    before = int(books.rows(IMPORTED)[0][0])
    running = _import(server, _many(server, "first"))
    until(lambda: int(books.rows(IMPORTED)[0][0]) > before, SOON_S, "the first import has begun")
    second = server.ended(
        "import", "clicks", _file(server, "second.csv", "ClickID;Zeit;PartnerID", f"x;{_days_ago(1)};2")
    )
    assert running.wait(SOON_S) == 0
    assert second.returncode == 0 or "Another import is running" in second.stderr
