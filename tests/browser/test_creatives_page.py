"""Creatives in a real browser: a banner is uploaded, its HTML copied, a landing page looked at, a deeplink built."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from support.chromium import browser, complaints
from support.listener import Listener, Say, listening
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, write
from support.pictures import png
from support.server import Server

pytestmark = pytest.mark.needs("chromium", "chromedriver")

SETUP = """
[[program]]
id = 1
name = "Garden shop"
deeplink_hosts = ["shop.example"]
[[partner]]
id = 7
name = "Anna"
[[partner.approval]]
program = 1
products = ["*"]
"""
PASSWORD = "correct horse battery"
MAKE_ANNA = """
import sys
from pathlib import Path
from clicktrail.control.boot import boot
from clicktrail.settings import load
boot(load(Path(sys.argv[1])), "console")
from clicktrail.control.accounts.models import Account
Account.objects.create_user("anna", "anna@x.example", sys.argv[2], role="partner", partner_id=7)
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Listener]:
    with listening() as made:
        made.answer = lambda got: Say(200) if got.target.startswith("/end") else Say(302, b"", {"Location": "/end"})
        yield made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, shop: Listener) -> Iterator[Server]:
    made = Server(
        tmp_path_factory.mktemp("creatives") / "data",
        {"CLICKTRAIL_COURIER_NETWORKS": "127.0.0.0/8", "CLICKTRAIL_COURIER_PORTS": str(shop.port)},
    )
    try:
        made.start()
        setup = made.data / "setup.toml"
        setup.write_text(SETUP)
        made.run("catalog", "apply", str(setup))
        yield made
    finally:
        made.stop()
        made.close()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with browser(tmp_path_factory.mktemp("profile"), width=1440, height=2000) as made:
        yield made


def sign_in(driver: Chrome, server: Server, name: str, password: str) -> None:
    driver.get(server.console_url + "/login/")
    write(driver, "username", name)
    write(driver, "password", password)
    press(driver, "Log in")
    until(lambda: not urlsplit(driver.current_url).path.startswith("/login/"), PATIENCE_S, "the first page")


def value(driver: Chrome, selector: str) -> str:
    return str(driver.execute_script("return document.querySelector(arguments[0])?.value || ''", selector))


def test_a_manager_uploads_a_banner_and_copies_its_html(server: Server, driver: Chrome, tmp_path: Path) -> None:
    picture = tmp_path / "roses.png"
    picture.write_bytes(png(120, 60))
    sign_in(driver, server, server.user, server.password)
    driver.get(server.console_url + "/catalog/creative/1/change/")
    write(driver, "picture", str(picture))
    shows(driver, "120 × 60")
    write(driver, "alt", 'Roses "red"')
    press(driver, "Save and continue editing")
    until(lambda: value(driver, "[data-banner-html]"), PATIENCE_S, "the HTML of the banner")
    found(driver, By.NAME, "subid").send_keys("news")
    until(lambda: "subid=news" in value(driver, "[data-banner-html]"), PATIENCE_S, "the HTML with the subid")
    copied = value(driver, "[data-banner-html]")
    click(driver, By.CSS_SELECTOR, "[data-copy='#ct-banner-html']")
    shows(driver, "Copied")
    assert complaints(driver) == []
    page = tmp_path / "partner.html"
    page.write_text(f"<!doctype html><title>p</title>{copied}")
    driver.get(page.as_uri())
    drawn = "const i = document.images[0]; return i && i.complete ? [i.naturalWidth, i.naturalHeight, i.alt] : null"
    size = until(lambda: driver.execute_script(drawn), PATIENCE_S, "the banner on a partner's page")
    assert size == [120, 60, 'Roses "red"'], "another site may show it"
    assert server.get(_path(driver.find_element(By.TAG_NAME, "a").get_attribute("href"))).status == 302


def test_a_click_target_is_mended_and_looked_at(server: Server, driver: Chrome, shop: Listener) -> None:
    driver.get(server.console_url + "/catalog/clicktarget/1/change/")
    field = found(driver, By.NAME, "url")
    field.clear()
    field.send_keys(shop.url("/start?a=1"))
    shows(driver, "This address lacks the ClickID")
    press(driver, "Add the ClickID")
    shows(driver, "/start?a=1&qc_clickid=QC")
    click(driver, By.CSS_SELECTOR, "[data-insert='<% PID %>']")
    until(lambda: "<% PID %>" in value(driver, "[name=url]"), PATIENCE_S, "the placeholder in the address")
    press(driver, "Does it answer?")
    shows(driver, "It answers: 200 OK")
    shows(driver, "The ClickID gets lost")
    assert shop.got[0].target.startswith("/start?a=1&qc_clickid=QC") and complaints(driver) == []


def test_a_partner_builds_a_deeplink_that_the_edge_follows(server: Server, driver: Chrome) -> None:
    _make_anna(server)
    driver.delete_all_cookies()
    sign_in(driver, server, "anna", PASSWORD)
    driver.get(server.console_url + "/partner/links/")
    shows(driver, "Links and banners")
    found(driver, By.NAME, "subid").send_keys("blog")
    until(lambda: "subid=blog" in value(driver, "#link-1"), PATIENCE_S, "the link with her subid")
    driver.get(server.console_url + "/partner/deeplink/")
    field = found(driver, By.NAME, "address")
    field.send_keys("https://evil.example/roses")
    shows(driver, "evil.example is not on the list of Garden shop. Allowed are: shop.example.")
    field.clear()
    field.send_keys("https://shop.example/roses?colour=red#big")
    until(lambda: "colour" in value(driver, "[data-link]"), PATIENCE_S, "the link")
    answer = server.get(_path(value(driver, "[data-link]")))
    start, end = "https://shop.example/roses?colour=red&qc_clickid=QC", "#big"
    assert answer.status == 302 and answer.location.startswith(start) and answer.location.endswith(end)
    assert complaints(driver) == []


@pytest.mark.parametrize("width", [390, 1440])
def test_pages_fit(server: Server, driver: Chrome, width: int) -> None:
    driver.set_window_size(width, 900)
    for address in ("/partner/links/", "/partner/deeplink/?address=https://shop.example/" + "x" * 200):
        driver.get(server.console_url + address)
        wide = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0 and complaints(driver) == [], address


def _path(link: str | None) -> str:
    parts = urlsplit(str(link))
    return f"{parts.path}?{parts.query}"


def _make_anna(server: Server) -> None:
    import subprocess
    import sys

    words = [sys.executable, "-c", MAKE_ANNA, str(server.data), PASSWORD]
    subprocess.run(words, check=True, capture_output=True, env=server.environ)
