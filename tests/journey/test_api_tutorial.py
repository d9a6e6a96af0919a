"""The tutorial's commands, run as they stand there, against a real server."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.server import Server

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "api.md"


@pytest.mark.needs("curl")
def test_the_tutorial_runs_as_it_stands(tmp_path: Path) -> None:
    server = Server(tmp_path / "data").start()
    try:
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
    assert json.loads(trace)["transactions"] == ["1"]
    assert json.loads(moved)["state"] == "confirmed"
    assert json.loads(report)["rows"] == []
    assert "is revoked" in revoked


def _run(folder: Path, server: Server) -> list[str]:
    """What each command but the exports wrote."""
    program = folder / "clicktrail"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m clicktrail "$@" --data {server.data}\n')
    program.chmod(0o755)
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    script = "".join(blocks).replace("http://127.0.0.1:8401", server.console_url)
    script = re.sub(r"(?m)^(curl|clicktrail)", r"echo '==='; \1", script)
    environ = server.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-e", "-c", script], capture_output=True, text=True, check=False, timeout=120, env=environ
    )
    assert done.returncode == 0, done.stderr
    return [part.strip() for part in done.stdout.split("===\n")[1:]]
