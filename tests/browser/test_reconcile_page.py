"""Reconciling in a real browser: a list is uploaded, its columns checked, the result read, a class confirmed."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from support.chromium import browser, complaints
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text, write
from support.server import Server

pytestmark = pytest.mark.needs("chromium", "chromedriver")

LIST = (
    "Bestellnummer;Nettoumsatz;Status\nORDER-1;95,50;bezahlt\nORDER-2;80,25;bezahlt\n"
    "ORDER-3;1.234,56;offen\nX;1;offen\n"
)
PAGES = (
    "",
    "1/change/",
    "1/columns/",
    "1/class/confirmed/",
    "1/class/amount/",
    "1/move/cancel/?kind=amount",
    "upload/",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two orders of the test partner are in the ledger."""
    made = Server(tmp_path_factory.mktemp("reconcile") / "data")
    try:
        made.start()
        for tid in ("ORDER-1", "ORDER-2"):
            clickid = made.get("/go.cgi?wmid=1&pid=2&format=json").json()["clickid"]
            order = f"/get_trans.cgi?cpid=1&tid={tid}&umsatz=95.50&clickid={clickid}&format=json"
            assert made.get(order).json()["saved"]
        yield made
    finally:
        made.stop()
        made.close()


def sign_in(driver: Chrome, server: Server) -> None:
    driver.get(server.console_url + "/")
    write(driver, "username", server.user)
    write(driver, "password", server.password)
    press(driver, "Log in")
    until(lambda: urlsplit(driver.current_url).path == "/", PATIENCE_S, "the first page")


def test_a_list_from_upload_to_confirmed(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(LIST)
    with browser(tmp_path / "profile", width=1440) as driver:
        sign_in(driver, server)
        click(driver, By.PARTIAL_LINK_TEXT, "Reconcile")
        click(driver, By.PARTIAL_LINK_TEXT, "Upload a list")
        write(driver, "file", str(file))
        press(driver, "Upload")
        shows(driver, "columns as guessed from the list")
        assert "Order number" in text(driver) and "80,25" in text(driver)
        press(driver, "Compare")
        shows(driver, "Missing here")
        click(driver, By.CSS_SELECTOR, "a[href$='/class/amount/']")
        shows(driver, "Here it is 19 % more")
        driver.back()
        click(driver, By.CSS_SELECTOR, "a[href$='/move/confirm/?kind=confirmed']")
        shows(driver, "Nothing has been changed yet.")
        press(driver, "Confirm: 1 transaction")
        shows(driver, "What was done with it")
        until(lambda: server.transactions()[0]["state"] == "confirmed", PATIENCE_S, "the transaction is confirmed")
        found(driver, By.XPATH, "//td[.='confirm' or .='Confirm']")
        assert complaints(driver) == []


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_every_page_fits_and_complains_of_nothing(server: Server, tmp_path: Path, width: int, dark: bool) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(LIST)
    server.run("reconcile", str(file), "--program", "1")
    with browser(tmp_path / "profile", width=width, dark=dark) as driver:
        sign_in(driver, server)
        for page in PAGES:
            driver.get(f"{server.console_url}/reconcile/reconciliation/{page}")
            too_wide = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
            assert too_wide <= 0, page
            assert "Error" not in driver.title and complaints(driver) == [], page
