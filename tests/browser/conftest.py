"""One browser for all tests of a module, new to each; for journeys a server beside it."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from support.chromium import afresh, browser, complaints
from support.shop_pages import GIF, SCRIPT, Shop, Site, serve
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


@pytest.fixture
def tracker() -> Iterator[Site]:
    for site in serve():
        site.pages["/clicktrail.js"] = ("text/javascript", SCRIPT.read_bytes())
        site.pages["/get_trans.cgi"] = ("image/gif", GIF)
        yield site


@pytest.fixture
def other() -> Iterator[Site]:
    """A third origin that is neither the shop nor the tracker."""
    for site in serve():
        site.pages["/"] = ("text/html", b"<!doctype html><title>elsewhere</title>")
        yield site


@pytest.fixture
def shop(chromium: Chrome, tracker: Site) -> Iterator[Shop]:
    """A shop that this browser never visited: ports are used again, so cookies are cleared."""
    for site in serve():
        chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
        complaints(chromium)
        yield Shop(site, tracker, chromium)
        chromium.get("about:blank")
