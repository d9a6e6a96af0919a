"""No dead files, no traces of a machine, nothing taken over without its licence."""

import re

import pytest
from house import files, rules

ATTICS = frozenset({"utils", "util", "helpers", "misc", "common", "views", "service", "services", "stuff", "tools"})
"""A file named for a layer takes in whatever has no other place. Files are named for what they are about."""
LEFT_OVER = re.compile(r"\b(TODO|FIXME|HACK)\b")
VENDORED = re.compile(r"(^|/)(vendor|vendored|third_party)/")
LICENCE = re.compile(r"SPDX-License-Identifier|licen[cs]e", re.IGNORECASE)


def _ours() -> dict[str, str]:
    return {rules.module_name(p, rules.SOURCE): p.read_text() for p in rules.SOURCE.rglob("*.py")}


def test_every_module_is_imported_somewhere() -> None:
    assert files.unused(_ours()) == []


def test_a_module_that_nobody_imports_is_found() -> None:
    modules = {
        "clicktrail": "",
        "clicktrail.cli": "from clicktrail.core import money",
        "clicktrail.core": "",
        "clicktrail.core.money": "from . import fields",
        "clicktrail.core.fields": "",
        "clicktrail.core.attic": "import clicktrail.core.attic",
    }
    assert files.unused(modules) == ["clicktrail.core.attic"]


def test_no_registry_is_named_in_a_tracked_file() -> None:
    _nowhere(files.REGISTRIES)


def test_no_folder_of_a_machine_is_named_in_a_tracked_file() -> None:
    _nowhere(files.MACHINE)


def _nowhere(pattern: re.Pattern[str]) -> None:
    here = rules.TESTS / "house"
    found = [
        f"{path.relative_to(rules.ROOT)}:{line}"
        for path, text in files.texts(files.tracked())
        if here not in path.parents
        for line in files.lines_with(pattern, text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("line", ["see https://py" + "pi.org/project/x", "--index-url https://example.com/simple"])
def test_a_registry_is_found(line: str) -> None:
    assert list(files.lines_with(files.REGISTRIES, "ok\n" + line))


@pytest.mark.parametrize("line", ["cd /work" + "/x", "'/root/.cache'", "open('/home/jane/x')"])
def test_a_folder_of_a_machine_is_found(line: str) -> None:
    assert [found.split(":")[0] for found in files.lines_with(files.MACHINE, "ok\n" + line)] == ["2"]


@pytest.mark.parametrize("line", ["GET /go.cgi", "$HOME/Users/x", "/var/tmp/x", "docs/root/x", "http://host/Users/x"])
def test_an_ordinary_path_is_left_alone(line: str) -> None:
    assert list(files.lines_with(files.MACHINE, line)) == []


def test_what_was_taken_over_carries_its_licence() -> None:
    naked = [
        str(path.relative_to(rules.ROOT))
        for path, text in files.texts(files.tracked())
        if VENDORED.search(str(path.relative_to(rules.ROOT))) and not LICENCE.search(text[:2000])
        if not any((path.parent / name).exists() for name in ("LICENSE", "LICENCE"))
    ]
    assert naked == []


def test_no_file_is_an_attic() -> None:
    ours = [path for path in files.tracked() if path.suffix == ".py"]
    assert [str(path) for path in ours if path.stem in ATTICS] == []


def test_nothing_is_left_for_later() -> None:
    _nowhere(LEFT_OVER)


def test_the_licence_is_there() -> None:
    assert "Apache License" in (rules.ROOT / "LICENSE").read_text()
