"""The backup that the operator's page shows, taken from a running server, restored elsewhere: the same books."""

import re
import subprocess
import sys
from pathlib import Path

from support.server import Server

PAGE = Path(__file__).parents[2] / "docs" / "operating" / "backup.md"
CLICKID = re.compile(r"QC\d{27}")


def test_a_copy_of_a_running_server_goes_on_elsewhere(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.start()
    restored = Server(tmp_path / "copy")
    try:
        _sell(server, "A-1")
        _back_up(server, tmp_path / "copy")
        assert not list((tmp_path / "copy").glob("keys/visitor-*"))
        assert not (tmp_path / "copy" / "run").exists()
        books = server.transactions()

        restored.run("engine", "--once")
        assert restored.transactions() == books
        restored.start()
        click = CLICKID.search(server.get("/go.cgi?cpid=1&pid=2&wmid=1").location)
        assert click
        told = restored.get(f"/get_trans.cgi?format=json&cpid=1&tid=A-1&clickid={click[0]}").json()
        assert told["reason"] == "duplicate"
        told = restored.get(f"/get_trans.cgi?format=json&cpid=1&tid=B-2&umsatz=1&clickid={click[0]}").json()
        assert told["reason"] == "unknown_click", "the keys came along; the click was made after the copy"
    finally:
        restored.close()
        server.close()


def _sell(server: Server, tid: str) -> None:
    click = CLICKID.search(server.get("/go.cgi?cpid=1&pid=2&wmid=1&subid=x").location)
    assert click
    told = server.get(f"/get_trans.cgi?format=json&cpid=1&tid={tid}&umsatz=95.50&clickid={click[0]}").json()
    assert told["saved"] is True


def _back_up(server: Server, to: Path) -> None:
    (block,) = re.findall(r"^```sh\n(DATA=.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    environ = {**server.environ, "DATA": str(server.data), "TO": str(to), "PYTHON": sys.executable}
    subprocess.run(["bash", "-eu", "-c", block], env=environ, check=True, timeout=60)
