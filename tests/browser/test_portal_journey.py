"""A partner's way through the portal, in a real browser: applies, is approved, copies a link, sees the order and why it
was cancelled, and is told of it by his own postback, whose test and log he sees."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from support.chromium import browser, complaints
from support.listener import Listener, listening
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text, write
from support.server import Server

from clicktrail.settings import Settings

pytestmark = pytest.mark.needs("chromium", "chromedriver")

MAIL, PASSWORD = "ben@blog.example", "correct horse battery"
WIDE_ENOUGH = "return document.documentElement.scrollWidth <= window.innerWidth"


@dataclass
class Scene:
    server: Server
    driver: Chrome
    listener: Listener

    def go(self, path: str) -> None:
        self.driver.get(self.server.console_url + path)

    def path(self) -> str:
        return urlsplit(self.driver.current_url).path


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A server, its terms, and a browser; the partner's own server stands on loopback."""
    folder = tmp_path_factory.mktemp("portal")
    with listening() as listener:
        ports = f"80,443,{listener.port}"
        server = Server(folder / "data", postback_networks="127.0.0.0/8", courier_ports=ports)
        try:
            server.start()
            _house(server).terms()
            with browser(folder / "profile", height=1400) as driver:
                yield Scene(server, driver, listener)
        finally:
            server.stop()
            server.close()


class _House:
    """Somebody of the house, beside the server."""

    def __init__(self, server: Server) -> None:
        from clicktrail.control.boot import boot

        boot(Settings(data=server.data), "console")

    def terms(self) -> None:
        from clicktrail.control.portal.models import Terms

        Terms.objects.create(text="Send honest visitors.\n\nWe pay monthly.", actor="mona", at_ms=1)

    def approve(self) -> int:
        from clicktrail.control.catalog.models import Product
        from clicktrail.control.portal import applications

        decided = applications.approve(applications.waiting().get(), "mona", list(Product.objects.filter(program=1)))
        assert decided.partner is not None
        return int(decided.partner.pk)

    def cancel(self, tid: str, why: str) -> None:
        from django.db import connection

        from clicktrail import heartbeat
        from clicktrail.control.ledger import moves
        from clicktrail.control.ledger.models import Transaction

        number = Transaction.objects.get(tid=tid).number
        moves.move(connection, number, "cancel", "mona", why, heartbeat.now_ms())


def _house(server: Server) -> _House:
    return _House(server)


def test_applies_and_waits(scene: Scene) -> None:
    scene.go("/login/")
    press(scene.driver, "Become a partner")
    for name, value in (("name", "Ben's blog"), ("email", MAIL), ("website", "blog.example"), ("traffic", "A blog")):
        write(scene.driver, name, value)
    write(scene.driver, "password", PASSWORD)
    press(scene.driver, "Send the application")
    shows(scene.driver, "Without the terms there is no account.")
    write(scene.driver, "password", PASSWORD)
    click(scene.driver, By.NAME, "accepted")
    press(scene.driver, "Send the application")
    shows(scene.driver, "Thank you")
    press(scene.driver, "Sign in")
    write(scene.driver, "username", MAIL)
    write(scene.driver, "password", PASSWORD)
    press(scene.driver, "Log in")
    shows(scene.driver, "Waiting for approval")
    assert scene.path() == "/partner/"


def test_is_approved_and_copies_a_link_that_earns(scene: Scene) -> None:
    partner = _house(scene.server).approve()
    scene.go("/partner/links/?subid=sunday")
    page = found(scene.driver, By.TAG_NAME, "main")
    until(lambda: "subid=sunday" in page.get_attribute("innerHTML"), PATIENCE_S, "a link with the subid")
    link = re.search(rf"/go\.cgi\?[^\"<\s]*pid={partner}[^\"<\s]*", page.get_attribute("innerHTML") or "")
    assert link is not None
    way = link[0].replace("&amp;", "&")

    def clicked() -> str:
        return str(scene.server.get(f"{way}&format=json").json()["clickid"])

    def ordered() -> str | None:
        """By a click of its own: one from before the edge knew the partner is nobody's for ever."""
        order = f"/get_trans.cgi?cpid=1&tid=SUNDAY-1&umsatz=95.50&clickid={clicked()}&format=json"
        return scene.server.get(order).json()["transaction"]

    until(ordered, PATIENCE_S, "a transaction")
    scene.go("/partner/")
    shows(scene.driver, "SUNDAY-1")
    until(lambda: scene.driver.find_elements(By.CSS_SELECTOR, ".ct-chart canvas"), PATIENCE_S, "a chart")
    scene.go("/partner/reports/?by=subid")
    shows(scene.driver, "sunday")


def test_makes_a_postback_tests_it_and_reads_the_answer(scene: Scene) -> None:
    scene.go("/partner/postbacks/")
    press(scene.driver, "Make one")
    address = scene.listener.url("/pb?c=<% CLICKID %>&e=<% EVENT %>&s=<% SUBID %>")
    write(scene.driver, "address", address)
    shows(scene.driver, "c=QC")
    press(scene.driver, "Save")
    press(scene.driver, "Send a test")
    until(lambda: scene.listener.got, PATIENCE_S, "the test at the partner's server")
    shows(scene.driver, "Your server answered 200")
    assert scene.listener.got[0].params["e"] == "test"


def test_sees_why_an_order_was_cancelled_and_that_his_server_was_told(scene: Scene) -> None:
    _house(scene.server).cancel("SUNDAY-1", "Sent back after two days")
    until(lambda: len(scene.listener.got) > 1, PATIENCE_S, "the postback")
    assert (scene.listener.got[-1].params["e"], scene.listener.got[-1].params["s"]) == ("cancelled", "sunday")
    scene.go("/partner/transactions/?q=SUNDAY-1")
    shows(scene.driver, "Sent back after two days")
    press(scene.driver, "SUNDAY-1")
    shows(scene.driver, "A click on your link.")
    shows(scene.driver, "Your postback My tracker: a transaction was cancelled.")
    assert "mona" not in text(scene.driver)


def test_no_page_is_wider_than_a_telephone_or_complains(scene: Scene) -> None:
    pages = ("", "links/", "deeplink/", "transactions/", "transactions/1/", "reports/", "postbacks/", "postbacks/1/")
    complaints(scene.driver)
    for dark in (False, True):
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        scene.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        size = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        scene.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        for page in (*pages, "account/", "account/second-factor/", "join/", "terms/"):
            scene.go(f"/partner/{page}")
            assert scene.driver.execute_script(WIDE_ENOUGH), page
            assert not complaints(scene.driver), page
    dark_now = "return document.documentElement.classList.contains('dark')"
    assert scene.driver.execute_script(dark_now)
    click(scene.driver, By.CSS_SELECTOR, "[data-menu]")
    click(scene.driver, By.CSS_SELECTOR, "[data-theme-switch] option[value=light]")
    assert not scene.driver.execute_script(dark_now), "the switch wins over the system"
