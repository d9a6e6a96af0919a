"""Tests whose system program is missing are named, and fail the run where CI=true; what failed is named last."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).resolve().parents[1] / "conftest.py"
SAMPLE = """
import pytest

@pytest.mark.needs("python3", "no-such-program")
def test_with_it(): assert False

@pytest.mark.nightly
def test_long(): pass

def test_plain(): pass
"""
INI = "[pytest]\nmarkers =\n  nightly: long\n  needs(*programs): programs\n"


def run(folder: Path, *words: str, ci: str) -> tuple[int, str]:
    (folder / "conftest.py").write_text(CONFTEST.read_text())
    (folder / "test_sample.py").write_text(SAMPLE)
    (folder / "pytest.ini").write_text(INI)
    environ = {**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    ended = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout


WORKERS = ("-p", "xdist", "-n", "1")
"""Whoever collects the reports tells: for that one worker is as good as many."""


@pytest.mark.parametrize(("ci", "code", "workers"), [("", 0, ()), ("true", 1, WORKERS)], ids=["at home", "in CI"])
def test_a_missing_program_is_told(tmp_path: Path, ci: str, code: int, workers: tuple[str, ...]) -> None:
    ended, said = run(tmp_path, *workers, ci=ci)
    assert ended == code, said
    assert "test_sample.py::test_with_it: no-such-program" in said
    closing = "1 passed, 1 skipped in " if workers else "1 passed, 1 skipped, 1 deselected in "
    assert said.splitlines()[-1].startswith(closing), "pytest's closing line stays the last"


def test_nothing_missing_is_a_plain_success(tmp_path: Path) -> None:
    assert run(tmp_path, "-k", "plain", ci="true")[0] == 0


def test_nightly_tests_run_on_demand(tmp_path: Path) -> None:
    assert "2 passed, 1 skipped" in run(tmp_path, "--nightly", ci="")[1]


FAILING = """
import pytest

@pytest.fixture
def broken(): raise OSError("no\\nserver")

def test_first(): assert False, "word\\n" * 300
def test_second(broken): pass
"""


@pytest.mark.parametrize(("ci", "workers"), [("", ()), ("true", WORKERS)], ids=["at home", "in CI"])
def test_a_failed_run_ends_with_what_failed_a_line_each(tmp_path: Path, ci: str, workers: tuple[str, ...]) -> None:
    """Where only the end of the output is kept, it says which tests failed and why."""
    (tmp_path / "test_more.py").write_text(FAILING)
    ended, said = run(tmp_path, "test_more.py", *workers, ci=ci)
    assert ended == 1
    failed, error, closing = said.splitlines()[-3:]
    assert failed == "FAILED test_more.py::test_first - AssertionError: word"
    assert error == "ERROR test_more.py::test_second - OSError: no"
    assert closing.startswith("1 failed, 1 error in ")
