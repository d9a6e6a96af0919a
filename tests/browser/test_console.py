"""The console in a real browser: sign in, find an order, confirm it, hand out a link; wide, narrow, light, dark."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from support.chromium import afresh, complaints
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text, write
from support.server import Server

pytestmark = pytest.mark.needs("chromium", "chromedriver")

ZONE = "return document.querySelector('[data-zone]').value === Intl.DateTimeFormat().resolvedOptions().timeZone"
SHOWN_LINK = "return document.querySelector('[data-link]')?.value"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One order of the test partner is in the ledger."""
    made = Server(tmp_path_factory.mktemp("console") / "data")
    try:
        made.start()
        click = made.get("/go.cgi?wmid=1&pid=2&format=json").json()["clickid"]
        order = f"/get_trans.cgi?cpid=1&tid=ORDER-1&umsatz=95.50&clickid={click}&format=json"
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


def test_a_wrong_password_is_told_in_words(server: Server, driver: Chrome) -> None:
    driver.get(server.console_url + "/")
    write(driver, "username", server.user)
    write(driver, "password", "wrong")
    press(driver, "Log in")
    shows(driver, "The username or the password is wrong.")


def test_an_order_is_found_and_confirmed(server: Server, driver: Chrome) -> None:
    sign_in(driver, server)
    driver.get(server.console_url + "/ledger/transaction/")
    write(driver, "q", "ORDER-1\n")
    until(lambda: "q=ORDER-1" in driver.current_url, PATIENCE_S, "the search")
    shows(driver, "9.55 EUR")
    assert "95.50 EUR" in text(driver) and "Test" in text(driver)
    click(driver, By.CSS_SELECTOR, "#result_list tbody th a, #result_list tbody td a")
    press(driver, "Confirm")
    write(driver, "reason", "Goods were kept")
    press(driver, "Confirm")
    shows(driver, "Transaction 1 was confirmed.")
    assert "Goods were kept" in text(driver) and "open → confirmed" in text(driver)
    assert complaints(driver) == []
    assert server.transactions()[0]["state"] == "confirmed"


def test_an_order_is_created_by_hand(server: Server, driver: Chrome) -> None:
    sign_in(driver, server)
    driver.get(server.console_url + "/ledger/transaction/")
    click(driver, By.PARTIAL_LINK_TEXT, "Create by hand")
    for name, value in (("tid", "HAND-1"), ("umsatz", "10"), ("pid", "2")):
        write(driver, name, value)
    press(driver, "Create")
    shows(driver, "Saved as transaction")
    assert "By hand" in text(driver)
    assert complaints(driver) == []


def test_the_link_follows_the_chosen_partner(server: Server, driver: Chrome) -> None:
    setup = server.data / "setup.toml"
    setup.write_text('[[partner]]\nid = 7\nname = "Anna"\n')
    server.run("catalog", "apply", str(setup))
    sign_in(driver, server)
    driver.get(server.console_url + "/catalog/creative/1/change/")
    link = found(driver, By.CSS_SELECTOR, "[data-link]")
    assert link.get_property("value") == f"{server.edge_url}/go.cgi?cpid=1&wmid=1&pid=2"
    Select(driver.find_element(By.CSS_SELECTOR, "[data-partner]")).select_by_visible_text("Anna (7)")
    driver.find_element(By.CSS_SELECTOR, "[data-subid]").send_keys("a b&c")
    path = "/go.cgi?cpid=1&wmid=1&pid=7&subid=a%20b%26c"
    until(lambda: driver.execute_script(SHOWN_LINK) == server.edge_url + path, PATIENCE_S, "the link with subid")
    assert server.get(path).status == 302
    assert complaints(driver) == []


def test_somebody_is_invited_and_may_only_look(server: Server, driver: Chrome) -> None:
    sign_in(driver, server)
    click(driver, By.CSS_SELECTOR, "a[href='/accounts/account/']")
    click(driver, By.CSS_SELECTOR, "a[href$='/accounts/account/add/']")
    write(driver, "username", "rita")
    assert Select(found(driver, By.NAME, "role")).first_selected_option.get_attribute("value") == "reader"
    press(driver, "Make the account")
    link = found(driver, By.CSS_SELECTOR, "#secret code").text
    assert complaints(driver) == []
    afresh(driver)
    driver.get(link)
    shows(driver, "You sign in as rita")
    for name in ("password", "again"):
        write(driver, name, "Long-Enough-9")
    press(driver, "Set the password")
    write(driver, "username", "rita")
    assert driver.execute_script(ZONE), "so that times are of there"
    write(driver, "password", "Long-Enough-9")
    press(driver, "Log in")
    until(lambda: urlsplit(driver.current_url).path == "/", PATIENCE_S, "the first page")
    driver.get(server.console_url + "/ledger/transaction/?view=all")
    shows(driver, "ORDER-1")
    assert not driver.find_elements(By.CSS_SELECTOR, "a[href='/accounts/account/'], [data-row] input, [href*='/move/']")
    click(driver, By.CSS_SELECTOR, "tr[data-row] a")
    shows(driver, "The whole story")
    assert not driver.find_elements(By.XPATH, "//main//button[contains(., 'Confirm')] | //a[contains(., 'Cancel')]")
    driver.get(server.console_url + "/accounts/account/")
    shows(driver, "Ask")
