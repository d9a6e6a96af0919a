"""A data folder that other users of the machine can reach: keys are closed at start, the rest is named."""

import json
from pathlib import Path

from support.server import Server


def loosened(server: Server) -> None:
    for path in (server.data, *server.data.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_loose_data_folder_is_named_at_start_by_status_and_by_doctor(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.lay()
    loosened(server)
    try:
        server.start()
        command = f"chmod -R go-rwx {server.data}"
        [warning] = [line for line in server.log("data folder open") if "data folder is" in line["warning"]]
        assert command in warning["warning"]
        assert command in server.run("status")
        assert command in json.loads(server.run("status", "--json"))["warnings"][0]
        assert command in server.ended("doctor", "--edge", server.edge_url).stderr
        keys = [server.data / "keys", *(server.data / "keys").iterdir()]
        assert {mode(path) for path in keys} <= {0o700, 0o600}
        assert server.log("keys closed")
    finally:
        server.close()


def test_a_closed_one_is_not_spoken_of(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.lay()
    server.data.chmod(0o700)
    assert "chmod" not in server.run("status")
    assert json.loads(server.run("status", "--json"))["warnings"] == []


def test_what_lies_in_a_closed_folder_is_out_of_reach(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    server.lay()
    loosened(server)
    server.data.chmod(0o700)
    assert "chmod" not in server.run("status")
