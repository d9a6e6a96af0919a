"""Partners in a real browser: an application becomes a partner who may earn, boxes by keyboard, signing in as one."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from support.chromium import browser, complaints
from support.observe import until
from support.page import PATIENCE_S, found, press, shows, write
from support.server import Server

pytestmark = pytest.mark.needs("chromium", "chromedriver")

WIDE_ENOUGH = "return document.documentElement.scrollWidth <= window.innerWidth"
NAME = "Nina Rose"


@dataclass
class Scene:
    server: Server
    driver: Chrome

    def go(self, path: str) -> None:
        self.driver.get(self.server.console_url + path)

    def path(self) -> str:
        return urlsplit(self.driver.current_url).path


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("partners")
    server = Server(folder / "data")
    try:
        server.start()
        _applies(server)
        with browser(folder / "profile", height=1400) as driver:
            made = Scene(server, driver)
            made.go("/")
            write(driver, "username", server.user)
            write(driver, "password", server.password + Keys.ENTER)
            until(lambda: made.path() == "/", PATIENCE_S, "the console")
            yield made
    finally:
        server.stop()
        server.close()


def _applies(server: Server) -> None:
    from clicktrail.control.boot import boot
    from clicktrail.settings import Settings

    boot(Settings(data=server.data), "console")
    from clicktrail.control.accounts.models import Account, Role
    from clicktrail.control.portal.models import Application

    account = Account.objects.create_user("nina@x.example", password="unused", role=Role.PARTNER)
    Application.objects.create(
        account_id=account.pk, name=NAME, email="nina@x.example", website="https://nina.example", traffic="A blog",
        terms_version=1, at_ms=1,
    )  # fmt: skip


def test_an_application_becomes_a_partner_who_may_earn(scene: Scene) -> None:
    scene.go("/catalog/partner/")
    press(scene.driver, "1 application waits")
    press(scene.driver, NAME)
    shows(scene.driver, "How traffic is made")
    found(scene.driver, By.CSS_SELECTOR, "input[name=products]").click()
    press(scene.driver, "Approve")
    shows(scene.driver, f"{NAME} is a partner now.")
    number = scene.path().split("/")[3]
    clickid = scene.server.get(f"/go.cgi?wmid=1&pid={number}&format=json").json()["clickid"]
    order = f"/get_trans.cgi?cpid=1&tid=N-1&umsatz=95.50&clickid={clickid}&format=json"
    assert scene.server.get(order).json()["saved"]


def test_a_box_is_ticked_by_keyboard_without_reloading(scene: Scene) -> None:
    scene.go("/catalog/approval/?q=Nina")
    scene.driver.execute_script("window.stayed = true")
    box = found(scene.driver, By.CSS_SELECTOR, "tbody input[name=on]")
    label = box.get_attribute("aria-label") or ""
    assert label == f"{NAME} may earn every product, later ones too"
    box.send_keys(Keys.SPACE)
    shows(scene.driver, f"{NAME} may earn every product now.")
    focused = "return document.activeElement.getAttribute('aria-label')"
    until(lambda: scene.driver.execute_script(focused) == label, PATIENCE_S, "the focus where it was")
    scene.driver.switch_to.active_element.send_keys(Keys.SPACE)
    shows(scene.driver, f"{NAME} may not earn every product any more.")
    assert scene.driver.execute_script("return window.stayed")


def test_a_rate_of_now_and_one_that_begins_by_itself(scene: Scene) -> None:
    order = "/get_trans.cgi?cpid=1&tid=%s&umsatz=100&pid=2&format=json"
    assert scene.server.get(order % "BEFORE").json()["saved"]
    scene.go("/catalog/product/1/change/")
    press(scene.driver, "Enter the next rate")
    write(scene.driver, "percent", "12.5")
    press(scene.driver, "Enter")
    shows(scene.driver, "12.5 % from now on. What was ordered before stays as it was.")
    write(scene.driver, "percent", "20")
    fill = "document.querySelector('[name=valid_from]').value = arguments[0]"
    scene.driver.execute_script(fill, "2101-01-01T00:00")
    press(scene.driver, "Enter")
    shows(scene.driver, "To come")
    rates = "return [...document.querySelectorAll('tbody tr')].map(row => row.innerText.split('\\t', 2).join(' '))"
    assert scene.driver.execute_script(rates)[:2] == ["20 % To come", "12.5 % Valid now"]
    press(scene.driver, "Withdraw")
    shows(scene.driver, "The rate to come is withdrawn.")
    assert scene.server.get(order % "AFTER").json()["saved"]
    made = {row["tid"]: row["commission"] for row in scene.server.transactions()}
    assert (made["BEFORE"], made["AFTER"]) == ("10.00", "12.50") and complaints(scene.driver) == []


def test_signed_in_as_the_partner_and_back(scene: Scene) -> None:
    scene.go("/catalog/partner/?q=Nina")
    press(scene.driver, NAME)
    shows(scene.driver, "What he earns")
    page = scene.path()
    press(scene.driver, "Sign in as the partner")
    until(lambda: scene.path() == "/partner/", PATIENCE_S, "the partner's pages")
    shows(scene.driver, NAME)
    press(scene.driver, "Leave")
    until(lambda: scene.path() == page, PATIENCE_S, "the partner's page of the console")


def test_no_page_complains_or_is_wider_than_a_narrow_window(scene: Scene) -> None:
    complaints(scene.driver)
    scene.driver.set_window_size(500, 1400)
    for path in ("approval/", "partner/", "partner/2/change/", "product/1/rates/", "partner/applications/"):
        scene.go(f"/catalog/{path}")
        assert scene.driver.execute_script(WIDE_ENOUGH), path
        assert complaints(scene.driver) == [], path
