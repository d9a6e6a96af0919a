"""`script/audit`: green only where somebody was asked, or where nobody could be."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).resolve().parents[2] / "script" / "audit"
NOT_RUN = "pip-audit: not run, its service does not answer\n"


def package(name: str, *faults: str) -> dict[str, object]:
    return {"name": name, "version": "1.0", "vulns": [{"id": fault, "fix_versions": ["1.1"]} for fault in faults]}


SKIPPED = {"name": "odd", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([package("a"), package("b")], 0, "pip-audit: 2 packages, nothing is known against them\n"),
        ([package("a"), package("b", "PYSEC-1")], 1, "b 1.0: PYSEC-1, mended in 1.1"),
        ([package("a"), SKIPPED], 1, "could not ask about odd"),
        ([SKIPPED, SKIPPED], 0, NOT_RUN),
    ],
)
def test_what_the_service_says(tmp_path: Path, packages: list[object], code: int, words: str) -> None:
    ended = run(tmp_path, f"print({json.dumps({'dependencies': packages})!r})")
    assert ended.returncode == code and words in ended.stderr


def test_a_service_that_does_not_answer_is_told_and_is_no_fault(tmp_path: Path) -> None:
    ended = run(tmp_path, "import sys; sys.exit('requests.exceptions.ConnectionError: Max retries exceeded')")
    assert (ended.returncode, ended.stderr) == (0, NOT_RUN)


def test_any_other_failure_is_one(tmp_path: Path) -> None:
    ended = run(tmp_path, "import sys; sys.exit('pins.txt: no such file')")
    assert ended.returncode == 1 and "no such file" in ended.stderr


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """With a pip-audit that does what `code` says."""
    program = folder / "pip-audit"
    program.write_text(f"#!{sys.executable}\n{code}\n")
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run([sys.executable, str(AUDIT)], capture_output=True, text=True, env=environ, check=False)
