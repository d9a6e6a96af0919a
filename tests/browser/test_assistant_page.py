"""The assistant in a real browser: choose, name, copy, test, and five lights that go on by themselves.

The shop is a handful of pages that hold the code as the assistant gives it; its "templates" fill in {order} and {net}.
"""

import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from support.books import Books
from support.chromium import browser, complaints
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text, write
from support.server import Server
from support.shops import known
from support.woven import usual_setup, written

pytestmark = pytest.mark.needs("chromium", "chromedriver", "curl")

LIT_S = 30
GREEN = ["on"] * 5


@dataclass
class Shop:
    """Pages on loopback; `fill` is what its templates know of the order."""

    pages: dict[str, str] = field(default_factory=dict)
    fill: dict[str, str] = field(default_factory=dict)
    url: str = ""

    def page(self, path: str) -> bytes:
        body = self.pages.get(path, "")
        for name, value in self.fill.items():
            body = body.replace(name, value)
        return f'<!doctype html><title>Shop</title><link rel="icon" href="data:,">{body}<p>Shop</p>'.encode()


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop()

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = made.page(urlsplit(self.path).path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def server(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("assistant-page") / "data")
    try:
        made.lay()
        setup = made.data / "setup.toml"
        target = f'alias = "default"\nurl = "{shop.url}/?qc_clickid=<% CLICKID %>"\n'
        setup.write_text(f"[[program]]\nid = 1\n[[program.target]]\n{target}")
        made.run("catalog", "apply", str(setup))
        made.start()
        known(made)
        yield made
    finally:
        made.stop()
        made.close()


@pytest.fixture(scope="module")
def chrome(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser, signed in."""
    with browser(tmp_path_factory.mktemp("profile"), width=1440) as driver:
        driver.get(server.console_url + "/login/")
        write(driver, "username", server.user)
        write(driver, "password", server.password)
        press(driver, "Log in")
        until(lambda: urlsplit(driver.current_url).path != "/login/", PATIENCE_S, "the first page")
        yield driver


def named(driver: Chrome, name: str, value: str) -> None:
    place = found(driver, By.NAME, name)
    place.clear()
    place.send_keys(value)


def code(driver: Chrome, step: str, number: int = 1) -> str:
    return str(found(driver, By.ID, f"code-{step}-{number}").get_property("textContent"))


def lights(driver: Chrome) -> list[str]:
    script = "return [...document.querySelectorAll('[data-light]')].map((light) => light.dataset.state)"
    return list(driver.execute_script(script))


def choose(driver: Chrome, server: Server, order: str, **more: str) -> None:
    """Through the menu: the shop system, and what the shop calls things."""
    driver.get(server.console_url + "/account/")
    click(driver, By.CSS_SELECTOR, 'a[href="/assistant/"]')
    click(driver, By.CSS_SELECTOR, "button[value=html]")
    named(driver, "order", order)
    named(driver, "amount", "{net}")
    for name, value in more.items():
        named(driver, name, value)
    press(driver, "Make the code")
    until(lambda: order in text(driver), PATIENCE_S, "the code")


def build_in(driver: Chrome, shop: Shop) -> None:
    shop.pages = {"/": code(driver, "keep"), "/thanks": code(driver, "pixel")}


def visit_shop(driver: Chrome, shop: Shop) -> str:
    """Open the link as it stands on the page, arrive, order; back on the assistant's page. The ClickID."""
    here = driver.current_window_handle
    press(driver, "Open the link")
    until(lambda: len(driver.window_handles) == 2, PATIENCE_S, "the shop's window")
    (there,) = set(driver.window_handles) - {here}
    driver.switch_to.window(there)
    until(lambda: "qc_clickid=QC" in driver.current_url, PATIENCE_S, "the ClickID in the address")
    clickid = driver.current_url.partition("qc_clickid=")[2]
    until(lambda: driver.execute_script("return window.clicktrail && clicktrail.clickid"), PATIENCE_S, "it is kept")
    driver.get(f"{shop.url}/thanks")
    until(lambda: driver.execute_script("return window.clicktrail && clicktrail.clickid"), PATIENCE_S, "the order")
    driver.switch_to.window(here)
    return clickid


def close_shop(driver: Chrome) -> None:
    here = driver.current_window_handle
    for window in set(driver.window_handles) - {here}:
        driver.switch_to.window(window)
        driver.close()
    driver.switch_to.window(here)


def test_the_assistant_goes_green(server: Server, shop: Shop, chrome: Chrome, tmp_path: Path) -> None:
    shop.fill = {"{order}": "GREEN-1017", "{net}": "95.50"}
    choose(chrome, server, "{order}")
    build_in(chrome, shop)
    (tmp_path / "report.sh").write_text(code(chrome, "server", 2))
    press(chrome, "Test")
    until(lambda: lights(chrome) == ["off"] * 5, PATIENCE_S, "five dark lights")
    clickid = visit_shop(chrome, shop)
    until(lambda: lights(chrome) == GREEN, LIT_S, f"five lights: {lights(chrome)}")
    assert "All five lights are on" in text(chrome) and "net 95.50 EUR" in text(chrome)
    environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "ORDER_NUMBER": "GREEN-1017", "NET_AMOUNT": "95.50"}
    subprocess.run(["sh", "report.sh"], cwd=tmp_path, env=environ | {"CLICKID": clickid}, check=True, timeout=30)
    shows(chrome, "Told twice, counted once")
    assert lights(chrome) == GREEN and "Server call: works" in text(chrome)
    assert complaints(chrome) == []
    close_shop(chrome)
    rows = Books(server.data).rows("SELECT partner_id, revenue_minor, test FROM ledger_transaction")
    assert [tuple(row) for row in rows] == [(2, 9550, 1)]


def test_a_light_that_is_wrong_says_why(server: Server, shop: Shop, chrome: Chrome) -> None:
    """The shop's own variable spells the product in another way."""
    shop.fill = {"{order}": "DARK-1", "{net}": "95.50", "{product}": "sale"}
    choose(chrome, server, "{order}", product_variable="{product}")
    build_in(chrome, shop)
    press(chrome, "Test")
    until(lambda: lights(chrome) == ["off"] * 5, PATIENCE_S, "five dark lights")
    visit_shop(chrome, shop)
    until(lambda: lights(chrome) == ["on", "on", "on", "wrong", "wrong"], LIT_S, "the fourth light stays dark")
    assert "did you mean 'Sale'?" in text(chrome)
    click(chrome, By.CSS_SELECTOR, "[data-light='4'] summary")
    shows(chrome, "The product is called 'Sale', you sent 'sale'.")
    close_shop(chrome)


def test_tags_of_a_tag_manager(server: Server, shop: Shop, chrome: Chrome, tmp_path: Path) -> None:
    """Inserted as Tag Manager does, with its variables filled in."""
    setup = usual_setup("gtm", server.edge_url)
    folder = written("gtm", setup, tmp_path)
    tag = (folder / "purchase.html").read_text()
    tag = tag.replace(setup.order, '"GTM-1"').replace(setup.amount, "95.5")
    every = (folder / "all-pages.html").read_text()
    shop.fill, shop.pages = {}, {"/": f"<body>{every}", "/thanks": f"<body>{every}{tag}"}
    click_id = server.get("/go.cgi?cpid=1&pid=2&format=json").json()["clickid"]
    chrome.get(f"{shop.url}/?qc_clickid={click_id}")
    until(lambda: chrome.execute_script("return window.clicktrail && clicktrail.clickid"), PATIENCE_S, "it is kept")
    chrome.get(f"{shop.url}/thanks")
    sql = "SELECT partner_id, revenue_minor, product FROM ledger_transaction WHERE tid = 'GTM-1'"
    rows = until(lambda: Books(server.data).rows(sql), LIT_S, "the order")
    assert [tuple(row) for row in rows] == [(2, 9550, "Sale")]


def test_copying_without_https(server: Server, chrome: Chrome) -> None:
    """Where the browser gives no clipboard the code is selected, and the button says what to press."""
    chrome.get(server.console_url + "/assistant/?program=1&shop=php")
    chrome.execute_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    click(chrome, By.CSS_SELECTOR, "[data-copy=code-keep-1]")
    shows(chrome, "Selected: now press Ctrl+C")
    chosen = str(chrome.execute_script("return getSelection().toString()"))
    assert chosen.strip() == code(chrome, "keep").strip()


@pytest.mark.parametrize("page", ["/assistant/", "/assistant/?program=1&shop=shopware", "/assistant/test/?program=1"])
def test_it_fits_a_narrow_screen(server: Server, chrome: Chrome, page: str) -> None:
    chrome.set_window_size(390, 900)
    chrome.get(server.console_url + page)
    found(chrome, By.CSS_SELECTOR, ".ct-page")
    assert chrome.execute_script("return document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert complaints(chrome) == []
