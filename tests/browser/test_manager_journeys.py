"""A manager's day in a real browser: filters kept and shared, many moved with a preview, keys, the live log and the
time line, rates that were changed too late, conflicts, a story told to a partner, a shop's list of orders."""

from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text, write
from support.stage import Shop, Stage

pytestmark = pytest.mark.needs("chromium", "chromedriver")

LIST, LOG = "/ledger/transaction/", "/ledger/postback/"
CALLS = "return [...document.querySelectorAll('[data-calls] tr')].map(row => row.dataset.call)"
MOMENTS = "return [...document.querySelectorAll('.ct-moment-name')].map(each => each.innerText)"
FOCUSED_ROW = "return document.activeElement.matches('tr') ? document.activeElement.innerText : ''"


def types(driver: Chrome, *keys: str) -> None:
    ActionChains(driver).send_keys(*keys).perform()


def commissions(shop: Shop) -> dict[str, tuple[int, int]]:
    """Order number -> cents of revenue, of commission."""
    shop.stage.boot()
    from clicktrail.control.ledger.models import Transaction

    rows = Transaction.objects.filter(program_id=shop.number)
    return {row.tid: (row.revenue_minor, row.commission_minor) for row in rows}


def test_a_filter_is_saved_and_the_list_begins_with_it(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    shop.order("KEPT-1")
    stage.enter(programs=[shop.number])
    stage.go(f"{LIST}?state=cancelled")
    shows(driver, "Nothing is found")
    write(driver, "name", "Returned")
    click(driver, By.NAME, "start")
    press(driver, "Save")
    shows(driver, "The filter “Returned” was saved.")
    stage.go(LIST)
    until(lambda: "state=cancelled" in driver.current_url, PATIENCE_S, "the start view")
    press(driver, "No longer my start view")
    shows(driver, "Your list begins with all transactions now.")
    click(driver, By.LINK_TEXT, "All")
    shows(driver, "KEPT-1")
    assert stage.complaints() == []


def test_a_filter_is_shared_and_taken_back(stage: Stage) -> None:
    """With whoever only reads, too; but only as long as its owner wishes."""
    shop, driver = stage.shop(), stage.driver
    shop.order("SHARED-1")
    name = f"Not yet looked at in {shop.name}"
    owner, reader = stage.enter(), stage.account("reader")
    stage.go(f"{LIST}?state=open&program={shop.number}")
    write(driver, "name", name)
    click(driver, By.NAME, "shared")
    press(driver, "Save")
    shows(driver, f"The filter “{name}” was saved.")
    stage.enter_as(reader)
    stage.go(f"{LIST}?view=all")
    click(driver, By.PARTIAL_LINK_TEXT, name)
    until(lambda: "state=open" in driver.current_url, PATIENCE_S, "the filter of somebody else")
    shows(driver, "SHARED-1")
    assert "Keep it to myself" not in text(driver) and "Delete this filter" not in text(driver)
    stage.enter_as(owner)
    stage.go(f"{LIST}?state=open&program={shop.number}")
    press(driver, "Keep it to myself")
    shows(driver, f"Only you see “{name}” now.")
    stage.enter_as(reader)
    stage.go(f"{LIST}?view=all")
    found(driver, By.ID, "result_list")
    assert name not in text(driver) and stage.complaints() == []


def test_keys_walk_choose_and_confirm_and_never_steal_from_a_field(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    for number in (1, 2, 3):
        shop.order(f"KEYS-{number}")
    stage.enter(programs=[shop.number])
    stage.go(f"{LIST}?view=all")
    found(driver, By.CSS_SELECTOR, "tr[data-row]")
    types(driver, "?")
    shows(driver, "Keys of this page")
    types(driver, Keys.ESCAPE)
    types(driver, "j")
    assert "KEYS-3" in stage.runs(FOCUSED_ROW)
    types(driver, "x", "j", Keys.ARROW_DOWN, "k", "x")
    assert "KEYS-2" in stage.runs(FOCUSED_ROW) and "2 chosen" in text(driver)
    types(driver, "/", "jcx?")
    assert found(driver, By.NAME, "q").get_property("value") == "jcx?"
    assert "2 chosen" in text(driver) and "/move/" not in driver.current_url
    stage.runs("document.activeElement.blur()")
    types(driver, "c")
    shows(driver, "2 transactions will change.")
    assert "Nothing has been changed yet." in text(driver) and "KEYS-1" not in text(driver)
    write(driver, "reason", "statement 7")
    press(driver, "Confirm 2 transactions")
    shows(driver, "2 transactions were confirmed.")
    assert shop.states() == {"KEYS-1": "open", "KEYS-2": "confirmed", "KEYS-3": "confirmed"}
    types(driver, "j", "j", "j", Keys.ENTER)
    shows(driver, "The whole story")
    assert "KEYS-1" in text(driver) and stage.complaints() == []


def test_commissions_are_recalculated_by_the_rates_of_now(stage: Stage) -> None:
    """Two orders came before the rate was put right: first by the rates of then, which change nothing."""
    shop, driver = stage.shop(), stage.driver
    shop.order("LATE-1")
    shop.order("LATE-2", "10.00")
    setup = f'[[program]]\nid = {shop.number}\n[[program.product]]\nname = "Sale"\npercent = "20"\n'
    stage.apply(setup)
    stage.enter(programs=[shop.number])
    stage.go(f"{LIST}?view=all")
    click(driver, By.CSS_SELECTOR, "[data-page]")
    press(driver, "Recalculate")
    shows(driver, "0 transactions will change.")
    assert "It has this commission already." in text(driver)
    press(driver, "Rates as they are now")
    shows(driver, "2 transactions will change.")
    for words in ("10 %", "20 %", "9.55 EUR", "19.10 EUR", "10.55 EUR", "21.10 EUR"):
        assert words in text(driver), words
    assert commissions(shop) == {"LATE-1": (9550, 955), "LATE-2": (1000, 100)}, "nothing has been changed yet"
    write(driver, "reason", "The rate was entered too late")
    press(driver, "Recalculate 2 transactions")
    shows(driver, "2 transactions were recalculated.")
    assert commissions(shop) == {"LATE-1": (9550, 1910), "LATE-2": (1000, 200)}
    assert stage.complaints() == []


def test_the_log_lives_pauses_and_leads_to_the_time_line(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    stage.enter(programs=[shop.number])
    stage.go(LOG)
    shows(driver, "Live")
    shop.order("LIVE-1")
    shows(driver, "LIVE-1")
    press(driver, "Pause")
    shows(driver, "Paused")
    shop.order("LIVE-2")
    shop.call(tid="LOST-1", umsatz="1")
    assert "LIVE-2" not in text(driver)
    press(driver, "Go on")
    shows(driver, "LOST-1")
    assert "LIVE-2" in text(driver) and "No attribution" in text(driver)
    calls = stage.runs(CALLS)
    assert calls == sorted(set(calls), key=int, reverse=True)
    click(driver, By.XPATH, "//tr[contains(., 'LIVE-2')]//td[4]")
    shows(driver, "The whole story")
    assert stage.runs(MOMENTS) == ["Click", "Redirect", "Call", "Verdict", "Transaction"]
    assert "later" in text(driver) and "names a click that is known" in text(driver)
    click(driver, By.CSS_SELECTOR, ".ct-moment-call summary")
    assert "names a click that is known" not in text(driver), "each step folds"
    assert stage.complaints() == []


def test_conflicts_are_decided_one_by_one_and_many_at_once(stage: Stage) -> None:
    """A later call said another amount: of one order it is right, of two others what is there stands."""
    shop, driver = stage.shop(), stage.driver
    for tid in ("WRONG-1", "RIGHT-1", "RIGHT-2"):
        click_id = shop.click()
        until(lambda of=tid, by=click_id: conflicting(shop, of, by), PATIENCE_S, f"a conflict about {tid}")
    stage.enter(programs=[shop.number])
    stage.go(f"{LOG}conflicts/")
    shows(driver, "3 undecided")
    click(driver, By.XPATH, "//tr[contains(., 'WRONG-1')]//a")
    shows(driver, "80.00")
    write(driver, "reason", "The shop sent back one of two")
    press(driver, "Correct")
    shows(driver, "2 undecided")
    assert commissions(shop)["WRONG-1"] == (8000, 800)
    for box in driver.find_elements(By.CSS_SELECTOR, "input[name=call]"):
        box.click()
    write(driver, "reason", "A test of the shop's")
    press(driver, "Keep what is there")
    shows(driver, "Nothing to decide.")
    assert commissions(shop) == {"WRONG-1": (8000, 800), "RIGHT-1": (9550, 955), "RIGHT-2": (9550, 955)}
    assert stage.complaints() == []


def conflicting(shop: Shop, tid: str, clickid: str) -> bool:
    shop.call(tid=tid, umsatz="95.50", clickid=clickid)
    return shop.call(tid=tid, umsatz="80", clickid=clickid)["reason"] == "conflict"


def test_a_story_is_shared_read_by_a_stranger_and_taken_back(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    number = shop.order("TOLD-1")
    manager = stage.enter()
    stage.go(f"{LIST}{number}/change/")
    click(driver, By.XPATH, "//a[normalize-space()='Share']")
    press(driver, "Make a link")
    shows(driver, "It is shown once.")
    link = found(driver, By.CSS_SELECTOR, "[role=status] code").text
    driver.get("about:blank")  # A late answer of the page would bring its cookies back.
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    driver.get(link)
    shows(driver, "TOLD-1")
    assert "95.50" in text(driver) and shop.partner_name not in text(driver) and manager.username not in text(driver)
    stage.enter_as(manager)
    stage.go(f"{LOG}share/?what=TOLD-1&program={shop.number}")
    press(driver, "Take back")
    until(lambda: "Take back" not in text(driver) and text(driver), PATIENCE_S, "no link that works")
    assert stage.complaints() == []
    driver.get(link)
    until(lambda: "TOLD-1" not in text(driver) and text(driver), PATIENCE_S, "a link that leads nowhere")


ORDERS = (
    "Bestellnummer;Nettoumsatz;Status\nLIST-1;95,50;bezahlt\nLIST-2;80,25;bezahlt\n"
    "LIST-3;1.234,56;offen\nX;1;offen\n"
)  # fmt: skip
RECONCILED = ("", "change/", "columns/", "class/confirmed/", "class/amount/", "move/cancel/?kind=amount")


def test_a_shops_list_from_upload_to_confirmed(stage: Stage, tmp_path: Path) -> None:
    shop, driver = stage.shop(), stage.driver
    shop.order("LIST-1")
    shop.order("LIST-2")
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)
    stage.enter(programs=[shop.number])
    stage.go("/account/")
    click(driver, By.PARTIAL_LINK_TEXT, "Reconcile")
    click(driver, By.PARTIAL_LINK_TEXT, "Upload a list")
    write(driver, "file", str(file))
    press(driver, "Upload")
    shows(driver, "columns as guessed from the list")
    assert "Order number" in text(driver) and "80,25" in text(driver)
    press(driver, "Compare")
    shows(driver, "Missing here")
    address = stage.path.removesuffix("change/")
    click(driver, By.CSS_SELECTOR, "a[href$='/class/amount/']")
    shows(driver, "Here it is 19 % more")
    assert_all_fit(stage, address)
    stage.go(f"{address}change/")
    click(driver, By.CSS_SELECTOR, "a[href$='/move/confirm/?kind=confirmed']")
    shows(driver, "Nothing has been changed yet.")
    press(driver, "Confirm: 1 transaction")
    shows(driver, "What was done with it")
    until(lambda: shop.states()["LIST-1"] == "confirmed", PATIENCE_S, "the transaction is confirmed")
    found(driver, By.XPATH, "//td[.='confirm' or .='Confirm']")
    assert stage.complaints() == []


def assert_all_fit(stage: Stage, address: str) -> None:
    """The pages of one list, narrow and wide; the demo has none, so that no other test sees them."""
    for page in RECONCILED:
        stage.go(address + page)
        for width in (390, 1440):
            stage.narrow(width)
            assert stage.too_wide() <= 0, (page, width)
        assert "Error" not in stage.driver.title and stage.complaints() == [], page


def test_a_similar_order_number_is_saved_as_a_separate_order(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    clickid = shop.click()
    until(lambda: similar(shop, clickid), PATIENCE_S, "a conflict about #1001")
    stage.enter(programs=[shop.number])
    stage.go(f"{LOG}conflicts/")
    shows(driver, "1001 → #1001")
    click(driver, By.XPATH, "//tr[contains(., '#1001')]//a")
    shows(driver, "there is nothing to correct")
    write(driver, "reason", "The shop says that they are two")
    press(driver, "Save as a separate order")
    shows(driver, "The order was handed in as a separate one")
    until(lambda: set(commissions(shop)) == {"1001", "#1001"}, PATIENCE_S, "a second transaction")
    assert stage.complaints() == []


def similar(shop: Shop, clickid: str) -> bool:
    shop.call(tid="1001", umsatz="95.50", clickid=clickid)
    return shop.call(tid="#1001", umsatz="95.50", clickid=clickid)["reason"] == "conflict"
