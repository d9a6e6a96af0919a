"""The assistant in a real browser: choose, name, copy, test, and five lights that go on by themselves.

The shop is a handful of pages that hold the code as the assistant gives it; its "templates" fill in {order} and {net}.
"""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from support.listener import Got, Say
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text
from support.stage import TESTER, Shop, Stage
from support.woven import usual_setup, written

pytestmark = pytest.mark.needs("chromium", "chromedriver", "curl")

LIT_S = 30
GREEN = ["on"] * 5


@dataclass
class Site:
    """The shop's pages; `fill` is what its templates know of the order."""

    shop: Shop
    url: str
    pages: dict[str, str] = field(default_factory=dict)
    fill: dict[str, str] = field(default_factory=dict)

    def answer(self, got: Got) -> Say:
        body = self.pages.get(urlsplit(got.target).path, "")
        for name, value in self.fill.items():
            body = body.replace(name, value)
        page = f'<!doctype html><title>Shop</title><link rel="icon" href="data:,">{body}<p>Shop</p>'
        return Say(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


@pytest.fixture
def site(stage: Stage) -> Site:
    """A program whose target is the shop's own site; who is signed in looks after this program."""
    url = stage.listener.url("")
    made = Site(stage.shop(f"{url}/?qc_clickid=<% CLICKID %>"), url)
    stage.listener.answer = made.answer
    stage.enter(programs=[made.shop.number])
    return made


def orders(site: Site) -> list[tuple[object, ...]]:
    """Partner, cents of revenue, product, whether it is a test."""
    site.shop.stage.boot()
    from clicktrail.control.ledger.models import Transaction

    rows = Transaction.objects.filter(program_id=site.shop.number).order_by("pk")
    return list(rows.values_list("partner_id", "revenue_minor", "product", "test"))


def named(driver: Chrome, name: str, value: str) -> None:
    place = found(driver, By.NAME, name)
    place.clear()
    place.send_keys(value)


def code(driver: Chrome, step: str, number: int = 1) -> str:
    return str(found(driver, By.ID, f"code-{step}-{number}").get_property("textContent"))


def lights(driver: Chrome) -> list[str]:
    script = "return [...document.querySelectorAll('[data-light]')].map((light) => light.dataset.state)"
    return list(driver.execute_script(script))


def choose(stage: Stage, order: str, **more: str) -> None:
    """Through the menu: the shop system, and what the shop calls things."""
    driver = stage.driver
    stage.go("/account/")
    click(driver, By.CSS_SELECTOR, 'a[href="/assistant/"]')
    click(driver, By.CSS_SELECTOR, "button[value=html]")
    named(driver, "order", order)
    named(driver, "amount", "{net}")
    for name, value in more.items():
        named(driver, name, value)
    press(driver, "Make the code")
    until(lambda: order in text(driver), PATIENCE_S, "the code")


def build_in(driver: Chrome, site: Site) -> None:
    site.pages = {"/": code(driver, "keep"), "/thanks": code(driver, "pixel")}


def visit_shop(driver: Chrome, site: Site) -> str:
    """Open the link as it stands on the page, arrive, order; back on the assistant's page. The ClickID."""
    here = driver.current_window_handle
    press(driver, "Open the link")
    until(lambda: len(driver.window_handles) == 2, PATIENCE_S, "the shop's window")
    (there,) = set(driver.window_handles) - {here}
    driver.switch_to.window(there)
    until(lambda: "qc_clickid=QC" in driver.current_url, PATIENCE_S, "the ClickID in the address")
    clickid = driver.current_url.partition("qc_clickid=")[2]
    until(lambda: driver.execute_script("return window.clicktrail && clicktrail.clickid"), PATIENCE_S, "it is kept")
    driver.get(f"{site.url}/thanks")
    until(lambda: driver.execute_script("return window.clicktrail && clicktrail.clickid"), PATIENCE_S, "the order")
    driver.switch_to.window(here)
    return clickid


def test_the_assistant_goes_green(stage: Stage, site: Site, tmp_path: Path) -> None:
    driver = stage.driver
    site.fill = {"{order}": "GREEN-1017", "{net}": "95.50"}
    choose(stage, "{order}")
    build_in(driver, site)
    (tmp_path / "report.sh").write_text(code(driver, "server", 2))
    press(driver, "Test")
    until(lambda: lights(driver) == ["off"] * 5, PATIENCE_S, "five dark lights")
    clickid = visit_shop(driver, site)
    until(lambda: lights(driver) == GREEN, LIT_S, "five lights")
    assert "All five lights are on" in text(driver) and "net 95.50 EUR" in text(driver)
    environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "ORDER_NUMBER": "GREEN-1017", "NET_AMOUNT": "95.50"}
    subprocess.run(["sh", "report.sh"], cwd=tmp_path, env=environ | {"CLICKID": clickid}, check=True, timeout=120)
    shows(driver, "Told twice, counted once")
    assert lights(driver) == GREEN and "Server call: works" in text(driver)
    assert stage.complaints() == []
    assert orders(site) == [(TESTER, 9550, "Sale", True)]


def test_a_light_that_is_wrong_says_why(stage: Stage, site: Site) -> None:
    """The shop's own variable spells the product in another way."""
    driver = stage.driver
    site.fill = {"{order}": "DARK-1", "{net}": "95.50", "{product}": "sale"}
    choose(stage, "{order}", product_variable="{product}")
    build_in(driver, site)
    press(driver, "Test")
    until(lambda: lights(driver) == ["off"] * 5, PATIENCE_S, "five dark lights")
    visit_shop(driver, site)
    until(lambda: lights(driver) == ["on", "on", "on", "wrong", "wrong"], LIT_S, "the fourth light stays dark")
    assert "did you mean 'Sale'?" in text(driver)
    click(driver, By.CSS_SELECTOR, "[data-light='4'] summary")
    shows(driver, "The product is called 'Sale', you sent 'sale'.")


def test_tags_of_a_tag_manager(stage: Stage, site: Site, tmp_path: Path) -> None:
    """Inserted as Tag Manager does, with its variables filled in."""
    setup = usual_setup("gtm", stage.server.edge_url, program=site.shop.number)
    folder = written("gtm", setup, tmp_path)
    tag = (folder / "purchase.html").read_text()
    tag = tag.replace(setup.order, '"GTM-1"').replace(setup.amount, "95.5")
    every = (folder / "all-pages.html").read_text()
    site.pages = {"/": f"<body>{every}", "/thanks": f"<body>{every}{tag}"}
    stage.driver.get(f"{site.url}/?qc_clickid={site.shop.click()}")
    until(lambda: stage.runs("return window.clicktrail && clicktrail.clickid"), PATIENCE_S, "it is kept")
    stage.driver.get(f"{site.url}/thanks")
    until(lambda: orders(site), LIT_S, "the order")
    assert orders(site) == [(site.shop.partner, 9550, "Sale", False)]


def test_copying_without_https(stage: Stage) -> None:
    """Where the browser gives no clipboard the code is selected, and the button says what to press."""
    shop, driver = stage.shop(), stage.driver
    stage.enter(programs=[shop.number])
    stage.go(f"/assistant/?program={shop.number}&shop=php")
    stage.runs("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    click(driver, By.CSS_SELECTOR, "[data-copy=code-keep-1]")
    shows(driver, "Selected: now press Ctrl+C")
    chosen = str(stage.runs("return getSelection().toString()"))
    assert chosen.strip() == code(driver, "keep").strip()
