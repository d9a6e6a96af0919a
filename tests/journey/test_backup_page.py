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
        (server.data / "banners").mkdir(mode=0o700)
        (server.data / "banners" / f"{'0' * 32}.png").write_bytes(b"a creative's picture")
        assert _undocumented(server.data) == []
        _back_up(server, tmp_path / "copy")
        assert not list((tmp_path / "copy").glob("keys/visitor-*"))
        assert not (tmp_path / "copy" / "run").exists()
        assert len(list((tmp_path / "copy").glob("banners/*.png"))) == 1
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


def _undocumented(data: Path) -> list[str]:
    """Files of a running server that the reference does not name."""
    page = (PAGE.parents[1] / "reference" / "data-folder.md").read_text()
    told = [_pattern(name) for name in re.findall(r"^\| `([^`]+)`", page, re.MULTILINE)]
    assert len(told) > 10
    files = [str(path.relative_to(data)) for path in data.rglob("*") if not path.is_dir()]
    # A name that begins with a dot is a draft, about to be swapped in.
    return [name for name in files if "/." not in name and not any(re.fullmatch(each, name) for each in told)]


def _pattern(name: str) -> str:
    """A path of the page as a pattern: NNNN, MS, IDENTITY, a date, a version and * stand for many."""
    pattern = re.escape(name).replace(r"\*", "[^/]*").replace("NNNN", r"\d{4}").replace("MS", r"\d+")
    pattern = pattern.replace("IDENTITY", "[0-9a-f]{32}").replace(r"YYYY\-MM\-DD", r"[\d-]+")
    pattern = re.sub(r"v\d{10}", r"v\\d{10}", pattern)
    return pattern + ("(-wal|-shm)?" if name.endswith(".sqlite") else ".*" if name.endswith("/") else "")


def _sell(server: Server, tid: str) -> None:
    click = CLICKID.search(server.get("/go.cgi?cpid=1&pid=2&wmid=1&subid=x").location)
    assert click
    told = server.get(f"/get_trans.cgi?format=json&cpid=1&tid={tid}&umsatz=95.50&clickid={click[0]}").json()
    assert told["saved"] is True


def _back_up(server: Server, to: Path) -> None:
    (block,) = re.findall(r"^```sh\n(DATA=.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    environ = {**server.environ, "DATA": str(server.data), "TO": str(to), "PYTHON": sys.executable}
    subprocess.run(["bash", "-eu", "-c", block], env=environ, check=True, timeout=60)
