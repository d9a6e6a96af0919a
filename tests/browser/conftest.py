"""One server and one browser for the journeys of a module; each journey finds the browser new."""

from collections.abc import Iterator

import pytest
from support.stage import Stage, staged


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.fixture
def stage(house: Stage) -> Stage:
    house.as_new()
    return house
