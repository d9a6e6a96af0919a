"""The page of the API in a real browser: it works under its policy, and nothing is fetched from elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from support.chromium import browser, complaints
from support.observe import until
from support.page import PATIENCE_S
from support.server import Server

pytestmark = pytest.mark.needs("chromium", "chromedriver")

FETCHED = "return performance.getEntriesByType('resource').map(entry => entry.name)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("api-page") / "data")
    try:
        yield made.start()
    finally:
        made.stop()
        made.close()


def test_a_key_is_entered_and_a_route_tried(server: Server, tmp_path: Path) -> None:
    key = server.run("keys", "api", "create", "--name", "page").strip()
    with browser(tmp_path) as driver:

        def one(css: str) -> WebElement:
            until(lambda: driver.find_elements(By.CSS_SELECTOR, css), PATIENCE_S, css)
            return driver.find_elements(By.CSS_SELECTOR, css)[0]

        driver.get(server.console_url + "/api/v1/docs")
        one("button.authorize").click()
        one(".auth-container input").send_keys(key)
        one(".auth-btn-wrapper button.authorize").click()
        one(".auth-btn-wrapper button.btn-done").click()
        one("#operations-Programs-list_programs .opblock-summary-control").click()
        one("#operations-Programs-list_programs .try-out__btn").click()
        one("#operations-Programs-list_programs .execute").click()
        route = "#operations-Programs-list_programs"
        until(lambda: "ratelimit-remaining" in one(route).text, PATIENCE_S, "the answer with its headers")
        hosts = {urlsplit(name).netloc for name in driver.execute_script(FETCHED) if not name.startswith("data:")}
        assert hosts == {urlsplit(server.console_url).netloc}
        assert complaints(driver) == []
