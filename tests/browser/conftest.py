"""One browser for all tests of a module, new to each; for journeys a server beside it."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from support.chromium import afresh, browser
from support.stage import Stage, staged


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def driver(chromium: Chrome) -> Chrome:
    return afresh(chromium)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.fixture
def stage(house: Stage) -> Stage:
    house.as_new()
    return house
