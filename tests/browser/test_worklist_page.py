"""Transactions in a real browser: saved filters, a move of many with its preview, keys, the live log, the time line."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from support.chromium import browser, complaints
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text, write
from support.server import Server

pytestmark = pytest.mark.needs("chromium", "chromedriver")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Three orders of the test partner."""
    made = Server(tmp_path_factory.mktemp("worklist") / "data")
    try:
        made.start()
        for number in (1, 2, 3):
            order(made, f"ORDER-{number}")
        yield made
    finally:
        made.stop()
        made.close()


@pytest.fixture(scope="module")
def driver(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Signed in, once for all journeys."""
    with browser(tmp_path_factory.mktemp("profile"), width=1440) as made:
        made.get(server.console_url + "/login/")
        write(made, "username", server.user)
        write(made, "password", server.password)
        press(made, "Log in")
        until(lambda: "/login/" not in made.current_url, PATIENCE_S, "the first page")
        yield made


def order(server: Server, tid: str) -> None:
    clickid = server.get("/go.cgi?wmid=1&pid=2&format=json").json()["clickid"]
    call = f"/get_trans.cgi?cpid=1&tid={tid}&umsatz=95.50&clickid={clickid}&format=json"
    assert server.get(call).json()["saved"]


def types(driver: Chrome, *keys: str) -> None:
    ActionChains(driver).send_keys(*keys).perform()


def in_row(driver: Chrome) -> str:
    """What the row says that has the focus."""
    return str(
        driver.execute_script("return document.activeElement.matches('tr') ? document.activeElement.innerText : ''")
    )


def states(server: Server) -> dict[str, str]:
    return {row["tid"]: row["state"] for row in server.transactions()}


def test_a_filter_is_saved_and_the_list_begins_with_it(server: Server, driver: Chrome) -> None:
    driver.get(server.console_url + "/ledger/transaction/?state=cancelled")
    shows(driver, "Nothing is found")
    write(driver, "name", "Returned")
    click(driver, By.NAME, "start")
    press(driver, "Save")
    shows(driver, "The filter “Returned” was saved.")
    driver.get(server.console_url + "/ledger/transaction/")
    until(lambda: "state=cancelled" in driver.current_url, PATIENCE_S, "the start view")
    press(driver, "No longer my start view")
    shows(driver, "Your list begins with all transactions now.")
    click(driver, By.LINK_TEXT, "All")
    shows(driver, "ORDER-3")
    assert complaints(driver) == []


def test_keys_walk_choose_and_confirm_and_never_steal_from_a_field(server: Server, driver: Chrome) -> None:
    driver.get(server.console_url + "/ledger/transaction/?view=all")
    found(driver, By.CSS_SELECTOR, "tr[data-row]")
    types(driver, "?")
    shows(driver, "Keys of this page")
    types(driver, Keys.ESCAPE)
    types(driver, "j")
    assert "ORDER-3" in in_row(driver)
    types(driver, "x", "j", Keys.ARROW_DOWN, "k", "x")
    assert "ORDER-2" in in_row(driver) and "2 chosen" in text(driver)
    types(driver, "/", "jcx?")
    assert found(driver, By.NAME, "q").get_property("value") == "jcx?"
    assert "2 chosen" in text(driver) and "/move/" not in driver.current_url
    driver.execute_script("document.activeElement.blur()")
    types(driver, "c")
    shows(driver, "2 transactions will change.")
    assert "Nothing has been changed yet." in text(driver) and "ORDER-1" not in text(driver)
    write(driver, "reason", "statement 7")
    press(driver, "Confirm 2 transactions")
    shows(driver, "2 transactions were confirmed.")
    assert states(server) == {"ORDER-1": "open", "ORDER-2": "confirmed", "ORDER-3": "confirmed"}
    types(driver, "j", "j", "j", Keys.ENTER)
    shows(driver, "The whole story")
    assert "ORDER-1" in text(driver) and complaints(driver) == []


def test_the_log_lives_pauses_and_leads_to_the_time_line(server: Server, driver: Chrome) -> None:
    driver.get(server.console_url + "/ledger/postback/")
    shows(driver, "Live")
    order(server, "ORDER-4")
    shows(driver, "ORDER-4")
    press(driver, "Pause")
    shows(driver, "Paused")
    order(server, "ORDER-5")
    server.get("/get_trans.cgi?cpid=1&tid=LOST-1&umsatz=1")
    assert "ORDER-5" not in text(driver)
    press(driver, "Go on")
    shows(driver, "LOST-1")
    assert "ORDER-5" in text(driver) and "No attribution" in text(driver)
    rows = driver.execute_script(
        "return [...document.querySelectorAll('[data-calls] tr')].map(row => row.dataset.call)"
    )
    assert rows == sorted(rows, key=int, reverse=True) and len(rows) == len(set(rows)) == 6
    click(driver, By.XPATH, "//tr[contains(., 'ORDER-5')]//td[4]")
    shows(driver, "The whole story")
    kinds = driver.execute_script(
        "return [...document.querySelectorAll('.ct-moment-name')].map(each => each.innerText)"
    )
    assert kinds == ["Click", "Redirect", "Call", "Verdict", "Transaction"]
    assert "later" in text(driver) and "names a click that is known" in text(driver)
    click(driver, By.CSS_SELECTOR, ".ct-moment-call summary")
    assert "names a click that is known" not in text(driver), "each step folds"
    assert complaints(driver) == []
