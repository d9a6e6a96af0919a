"""A newcomer's first run, all of it in a real browser: demo, sign in, click, order, see it, confirm it, five lights."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from support.books import Books
from support.chromium import browser, complaints
from support.demos import Demo
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text, write

pytestmark = pytest.mark.needs("chromium", "chromedriver")

LIT_S = 30
TOTALS = """
return [...document.querySelectorAll("#report tfoot tr")].map(
  (row) => [row.cells[1].innerText, row.cells[2].firstChild.textContent.trim()])
"""
LIGHTS = "return [...document.querySelectorAll('[data-light]')].map(light => light.dataset.state)"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """By the real command, with its history."""
    folder = tmp_path_factory.mktemp("first")
    made = Demo(folder / "data", folder / "words.txt", history=True)
    try:
        yield made.start()
    finally:
        if hasattr(made, "popen"):
            made.stop()


@pytest.fixture(scope="module")
def driver(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with browser(tmp_path_factory.mktemp("profile"), width=1440) as chrome:
        yield chrome


@pytest.fixture(scope="module")
def inside(demo: Demo, driver: Chrome) -> str:
    """Signed in with what the demo printed; the console's address."""
    address, user, password = demo.console
    driver.get(address)
    write(driver, "username", user)
    write(driver, "password", password)
    press(driver, "Log in")
    until(lambda: urlsplit(driver.current_url).path == "/", PATIENCE_S, "the first page")
    return address.rstrip("/")


def test_the_first_page_has_figures(driver: Chrome, inside: str) -> None:
    shows(driver, "Hollybrook Coffee")
    assert complaints(driver) == []


def test_an_order_is_made_seen_and_confirmed(demo: Demo, driver: Chrome, inside: str) -> None:
    tid = order(driver, demo.links(101)[0])
    number = until(lambda: numbers(demo, tid), PATIENCE_S, "the order is a transaction")[0]
    driver.get(f"{inside}/ledger/transaction/?q={tid}")
    click(driver, By.XPATH, f"//a[normalize-space()='{number}']")
    shows(driver, "The Bean Diary")
    press(driver, "Confirm")
    write(driver, "reason", "The first one of all")
    press(driver, "Confirm")
    until(lambda: numbers(demo, tid, "confirmed"), PATIENCE_S, "the transaction is confirmed")
    driver.get(f"{inside}/ledger/transaction/{number}/change/")
    shows(driver, "The first one of all")
    assert complaints(driver) == []


def test_the_assistant_goes_green(demo: Demo, driver: Chrome, inside: str) -> None:
    driver.get(f"{inside}/assistant/test/?program=1&creative=1")
    link = found(driver, By.ID, "test-link").text
    watching = driver.current_window_handle
    assert "on" not in driver.execute_script(LIGHTS)
    driver.switch_to.new_window("tab")
    order(driver, link)
    driver.close()
    driver.switch_to.window(watching)
    until(lambda: driver.execute_script(LIGHTS) == ["on"] * 5, LIT_S, "five lights are on")
    assert "All five lights are on" in text(driver)
    assert complaints(driver) == []


def test_a_report_is_asked_for_compared_followed_down_and_taken_along(
    driver: Chrome, inside: str, tmp_path: Path
) -> None:
    driver.execute_cdp_cmd("Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    driver.get(f"{inside}/")
    click(driver, By.CSS_SELECTOR, "a[href='/reports/']")
    shows(driver, "Download CSV")
    driver.execute_script("window.stayed = true")
    for name, value in (("range", "30d"), ("by", "day"), ("by", "partner")):
        click(driver, By.XPATH, f"//label[input[@name='{name}' and @value='{value}']]")
    Select(found(driver, By.NAME, "compare")).select_by_value("previous")
    shows(driver, "compared with")
    until(lambda: any("The Bean Diary" in head for head in heads(driver)), PATIENCE_S, "a row for each partner")
    assert driver.execute_script("return window.stayed && document.querySelectorAll('#report canvas').length") == 1
    rows, totals = heads(driver), driver.execute_script(TOTALS)
    press(driver, "Download CSV")
    (file,) = until(lambda: list(tmp_path.glob("*.csv")), PATIENCE_S, "the file")
    lines = list(csv.DictReader(file.open(encoding="utf-8-sig")))
    assert [f"{line['Partner']} ({line['Number']})" for line in lines] == rows
    clicks: Counter[str] = Counter()
    for line in lines:
        clicks[line["Currency"]] += int(line["Clicks, gross"])
    assert [(currency, f"{many:,}") for currency, many in sorted(clicks.items())] == [tuple(each) for each in totals]
    click(driver, By.PARTIAL_LINK_TEXT, "The Bean Diary")
    until(
        lambda: "by=creative" in driver.current_url and "partner=101" in driver.current_url, PATIENCE_S, "his creatives"
    )
    assert "compare=previous" in driver.current_url and complaints(driver) == []


def test_a_past_is_made_once(demo: Demo) -> None:
    """The next start goes on with the same ledger, and with nothing twice."""
    count = (
        "SELECT count(*), (SELECT count(*) FROM ledger_move), (SELECT count(*) FROM accounts_account) FROM ledger_click"
    )
    before = Books(demo.data).rows(count)
    assert before[0][0] > 20_000
    assert demo.stop() == 0
    demo.start()
    assert "ninety days" not in demo.words()
    assert Books(demo.data).rows(count) == before


def order(driver: Chrome, link: str) -> str:
    """Through a partner's link into the shop, one thing into the basket, and bought; the order number."""
    driver.get(link)
    until(lambda: "qc_clickid=QC" in driver.current_url, PATIENCE_S, "the shop with a ClickID")
    for css in (".good button", "main .button", "main form button"):
        click(driver, By.CSS_SELECTOR, css)
    return found(driver, By.ID, "tid").text


def heads(driver: Chrome) -> list[str]:
    """What the report's rows are called."""
    return list(
        driver.execute_script(
            "return [...document.querySelectorAll('#report .ct-figures tbody th')].map(e => e.innerText)"
        )
    )


def numbers(demo: Demo, tid: str, state: str = "open") -> list[int]:
    rows = Books(demo.data).rows("SELECT number FROM ledger_transaction WHERE tid = ? AND state = ?", tid, state)
    return [row[0] for row in rows]
