"""Files that are swapped in whole, seen from the kernel: on disk before they take their name, the name on disk too."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

CATALOG = "from clicktrail.core.catalog import Catalog; catalogfile.write(folder, Catalog(1, 0, 'QC'))"
CODE = "import sys; from pathlib import Path; from clicktrail import catalogfile, keys; folder = Path(sys.argv[1]); "
CALLS = "trace=write,fsync,rename,renameat,renameat2,link,linkat"


@pytest.mark.needs("strace")
@pytest.mark.parametrize(
    ("what", "name"),
    [(CATALOG, "current.msgpack"), (CATALOG, "v0000000001.msgpack"), ("keys.create(folder)", "keys.json")],
)
def test_synced_before_it_has_its_name(tmp_path: Path, what: str, name: str) -> None:
    trace, folder = tmp_path / "trace", tmp_path / "folder"
    watched = ["strace", "-f", "-y", "-e", CALLS, "-e", "signal=none", "-o", str(trace)]
    subprocess.run([*watched, sys.executable, "-c", CODE + what, str(folder)], check=True, timeout=60)
    lines = trace.read_text().splitlines()
    [named] = [n for n, line in enumerate(lines) if re.search(rf'(?:rename|link)\w*\(.*/{re.escape(name)}"', line)]
    draft = re.escape(re.findall(r'"([^"]*)"', lines[named])[0])
    written = max(n for n, line in enumerate(lines[:named]) if re.search(rf"write\(\d+<{draft}>", line))
    assert any(re.search(rf"fsync\(\d+<{draft}>\) += 0", line) for line in lines[written:named])
    assert any(re.search(rf"fsync\(\d+<{re.escape(str(folder))}>\) += 0", line) for line in lines[named:])
