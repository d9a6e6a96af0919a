"""The tutorial's commands, run as they stand there, against a real server."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from support.observe import until
from support.server import Server

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "api.md"


@pytest.mark.needs("curl")
def test_the_tutorial_runs_as_it_stands(tmp_path: Path) -> None:
    """After the tutorial before it, whose data folder is ./first and whose order is transaction 1."""
    server = Server(tmp_path / "first").start()
    try:
        _order_before(server)
        told = _run(tmp_path, server)
    finally:
        server.stop()
        server.close()
    assert len(told) == 8
    programs, saved, batch, log, trace, moved, report, revoked = told
    assert json.loads(programs)["items"][0]["id"] == 1
    assert json.loads(saved)["saved"]
    assert [verdict["reason"] for verdict in json.loads(batch)["verdicts"]] == ["saved", "no_attribution"]
    assert json.loads(log)["items"][0]["reason"] == "no_attribution"
    assert json.loads(trace)["transactions"] == ["2"]
    assert (json.loads(moved)["tid"], json.loads(moved)["state"]) == ("tutorial-1", "confirmed")
    assert json.loads(report)["rows"] == []
    assert "is revoked" in revoked


def _order_before(server: Server) -> None:
    query = "cpid=1&tid=A-1001&umsatz=10&pid=2"
    with urllib.request.urlopen(f"{server.edge_url}/get_trans.cgi?{query}", timeout=20) as answer:
        assert answer.status == 200
    until(lambda: server.transactions(), 20, "the order of the first tutorial")


def _run(folder: Path, server: Server) -> list[str]:
    """What each command but the exports wrote."""
    program = folder / "clicktrail"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m clicktrail "$@"\n')
    program.chmod(0o755)
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    script = "".join(blocks).replace("http://127.0.0.1:8401", server.console_url)
    script = re.sub(r"(?m)^(curl|clicktrail)", r"echo '==='; \1", script)
    environ = server.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-e", "-c", script], capture_output=True, text=True, check=False, timeout=120, env=environ, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return [part.strip() for part in done.stdout.split("===\n")[1:]]
