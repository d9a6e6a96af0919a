"""Every page that a person can open, over ninety days of history: no violation in either theme, nothing sticks out,
nothing comes from elsewhere, the browser has nothing to complain of."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from support.axe import faint, thin_out, violations
from support.books import Books
from support.chromium import browser, complaints
from support.demos import Demo
from support.observe import until
from support.page import PATIENCE_S, press, write
from support.pages import ANYBODY, OWNER, PAGES, PARTNER, Sight, samples, sights

pytestmark = pytest.mark.needs("chromium", "chromedriver")

NAMES = {OWNER: "demo", PARTNER: "beandiary"}
NARROWEST, WIDEST = 360, 1920
FOREIGN = """
return performance.getEntriesByType("resource").map((entry) => entry.name)
  .filter((name) => !name.startsWith(location.origin + "/") && !name.startsWith("data:"));
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("every-page")
    made = Demo(folder / "data", folder / "demo.log", history=True)
    try:
        yield made.start()
    finally:
        made.stop()


def _pages(demo: Demo) -> list[tuple[Sight, str]]:
    books = Books(demo.data)
    return sights(samples(lambda statement: list(books.rows(statement))))


@pytest.fixture(scope="module", params=[ANYBODY, OWNER, PARTNER])
def visit(request: pytest.FixtureRequest, demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """(driver, pages) of who looks."""
    found = _pages(demo)
    with browser(tmp_path_factory.mktemp("profile"), width=1280) as driver:
        driver.set_script_timeout(60)
        if request.param != ANYBODY:
            address, _, password = demo.console
            driver.get(address.rstrip("/") + "/login/")
            write(driver, "username", NAMES[request.param])
            write(driver, "password", password)
            press(driver, "Log in")
            until(lambda: "/login" not in urlsplit(driver.current_url).path, PATIENCE_S, "the first page")
        yield driver, [(sight, address) for sight, address in found if sight.who == request.param]


def test_the_demo_has_something_for_every_page(demo: Demo) -> None:
    assert {sight.name for sight in PAGES} == {sight.name for sight, _ in _pages(demo)}


def test_everybody_can_read_and_use_every_page(visit: Any, demo: Demo) -> None:
    driver, pages = visit
    faults = []
    for sight, address in pages:
        _theme(driver, "light")
        driver.get(demo.console[0].rstrip("/") + address)
        found = _on_the_page(driver)
        for width in (NARROWEST, WIDEST):
            found += _sticking_out(driver, width)
        thin_out(driver)
        found += violations(driver)
        _theme(driver, "dark")
        found += [f"dark {fault}" for fault in faint(driver)]
        found += complaints(driver)
        faults += [f"{sight.name} {fault}" for fault in found]
    assert pages
    assert not faults, "\n".join(faults)


def _theme(driver: Chrome, name: str) -> None:
    """What the system wishes, for pages that follow it; and the class that the console's own switch sets."""
    features = [{"name": "prefers-color-scheme", "value": name}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.execute_script("document.documentElement.classList.toggle('dark', arguments[0] === 'dark')", name)


def _on_the_page(driver: Chrome) -> list[str]:
    found = [f"from elsewhere: {name}" for name in driver.execute_script(FOREIGN)]
    if len(driver.find_elements(By.TAG_NAME, "h1")) != 1:
        found.append("it has not exactly one h1")
    return found


def _sticking_out(driver: Chrome, width: int) -> list[str]:
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        over = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    return [f"sticks out by {over} px at {width} px"] if over > 0 else []
