"""Each fault runs once, in the nightly form twenty times, over real processes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.installation import Installation

ROUNDS = 1
NIGHTLY_ROUNDS = 20


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `round_no` is repeated."""
    if "round_no" in metafunc.fixturenames:
        rounds = NIGHTLY_ROUNDS if metafunc.config.getoption("--nightly") else ROUNDS
        metafunc.parametrize("round_no", range(rounds))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder made once, with keys, schema and catalog."""
    data = tmp_path_factory.mktemp("template") / "data"
    Installation(data).init()
    return data


@pytest.fixture
def house(template: Path, tmp_path: Path) -> Iterator[Installation]:
    """A fresh installation; what a test leaves running ends with it."""
    shutil.copytree(template, tmp_path / "data", symlinks=True, ignore=shutil.ignore_patterns("*.sock"))
    installation = Installation(tmp_path / "data")
    yield installation
    installation.close()
