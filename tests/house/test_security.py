"""SECURITY.md names a test for each threat, and the tests are there."""

import ast
import re

import pytest
from house import documents, rules

PAGE = rules.ROOT / "SECURITY.md"
THREATS = (
    "forged postbacks", "replay", "order-number squatting", "secrets in logs", "clickid guessing", "open redirect",
    "ssrf", "stored script", "csv formula injection", "log injection", "header splitting", "slow senders",
    "oversized anything", "brute force", "session theft", "csrf", "clickjacking",
)  # fmt: skip
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def missing(cell: str) -> list[str]:
    """Tests that a cell names and that are not there; the cell itself where it names none."""
    named = NAMED.findall(cell)
    return [f"{path}::{test}" for path, test in named if not _exists(path, test)] if named else [f"no test: {cell}"]


def _exists(path: str, test: str) -> bool:
    file = rules.ROOT / path
    if not file.is_file():
        return False
    tree = ast.parse(file.read_text())
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return test in names if test else any(name.startswith("test_") for name in names)


def test_every_threat_has_a_row_and_every_row_a_test() -> None:
    rows = documents.rows(PAGE.read_text(), "## Threats")
    told = [row[0].lower() for row in rows]
    assert [threat for threat in THREATS if not any(row.startswith(threat) for row in told)] == []
    assert [fault for row in rows for fault in missing(row[2])] == []


@pytest.mark.parametrize(
    "cell", ["", "a test", "`tests/house/test_security.py::test_nobody_wrote`", "`tests/attack/test_nothing.py`"]
)
def test_a_row_without_a_test_is_found(cell: str) -> None:
    assert len(missing(cell)) == 1
