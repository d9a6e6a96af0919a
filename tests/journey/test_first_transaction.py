"""The tutorial's blocks, as they stand there, against a live server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.server import Server

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-transaction.md"
BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "first")
    yield made.start()
    made.close()


@pytest.mark.needs("curl")
def test_the_tutorial_leads_to_a_transaction(server: Server, tmp_path: Path) -> None:
    blocks = BLOCKS.findall(PAGE.read_text())
    (tmp_path / "setup.toml").write_text(next(text for kind, text in blocks if kind == "toml"))
    start, apply, click, keep, order, story = (text for kind, text in blocks if kind == "sh")
    assert "clicktrail serve" in start

    assert "catalog 2 is published" in _run(apply, server, tmp_path)
    _wait_for_catalog(server)
    location = _run(click, server, tmp_path)
    clickid = re.search(r"QC\d{27}", location)
    assert clickid, location
    assert keep.strip() == "CLICKID=QC…"
    verdict = _run(order, server, tmp_path, CLICKID=clickid[0])
    assert '"saved":true' in verdict.replace(" ", "")
    told = _run(story, server, tmp_path)
    assert "9.55 EUR" in told
    assert ",95.50,9.55,EUR,open,false," in told


def _run(block: str, server: Server, folder: Path, **environ: str) -> str:
    """In bash, with the tutorial's address and command made this test's."""
    script = block.replace("http://127.0.0.1:8400", server.edge_url)
    alias = f'clicktrail() {{ "{sys.executable}" -m clicktrail "$@"; }}\n'
    done = subprocess.run(
        ["bash", "-e", "-c", alias + script],
        cwd=folder, env={**os.environ, **server.environ, **environ}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _wait_for_catalog(server: Server) -> None:
    from support.observe import until

    until(lambda: "clicktrail_catalog_version" in (text := server.get("/metrics").body.decode())
          and 'catalog_version{node="1"} 2' in text, 10, "the edge has the new catalog")  # fmt: skip
