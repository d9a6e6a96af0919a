"""Setting up, in a real browser: who may call a program, what is paid from when, partners let in and looked at, a
banner uploaded, a click target mended, the API tried on its own page."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from support.listener import Got, Say
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text, write
from support.pictures import png
from support.shops import Shop as Caller
from support.shops import known
from support.stage import Shop, Stage

pytestmark = pytest.mark.needs("chromium", "chromedriver")

FOCUSED = "return document.activeElement.getAttribute('aria-label')"
RATES = "return [...document.querySelectorAll('tbody tr')].map(row => row.innerText.split('\\t', 2).join(' '))"
FETCHED = "return performance.getEntriesByType('resource').map(entry => entry.name)"
DRAWN = "const i = document.images[0]; return i && i.complete ? [i.naturalWidth, i.naturalHeight, i.alt] : null"


def product_of(shop: Shop) -> int:
    shop.stage.boot()
    from clicktrail.control.catalog.models import Product

    return int(Product.objects.get(program=shop.number).pk)


def value(stage: Stage, selector: str) -> str:
    return str(stage.runs("return document.querySelector(arguments[0])?.value || ''", selector))


def path_of(link: str | None) -> str:
    parts = urlsplit(str(link))
    return f"{parts.path}?{parts.query}"


def test_only_who_has_a_signing_key_may_call(stage: Stage) -> None:
    """Demanded on the program's page, where it says what that comes to; made, used and revoked on the page of keys."""
    shop, driver = stage.shop(), stage.driver
    assert shop.order("OPEN-1")
    stage.enter(programs=[shop.number])
    stage.go(f"/catalog/program/{shop.number}/change/")
    shows(driver, "Today anybody who knows the address can make orders for any partner")
    found(driver, By.NAME, "signed").send_keys(Keys.SPACE)
    press(driver, "Save and continue editing")
    shows(driver, "Today no call from outside passes: signatures are demanded, and there is no signing key.")
    press(driver, "Signing keys and tokens")
    shows(driver, "The program demands signatures and has no signing key")
    press(driver, "Make a signing key")
    shows(driver, "Secret of signing key")
    secret = found(driver, By.CSS_SELECTOR, "#secret code").text
    number = re.search(r"Secret of signing key (\d+)", text(driver))
    assert number and stage.complaints() == []
    known(stage.server)
    caller = Caller(stage.server, shop.number, int(number[1]), bytes.fromhex(secret))
    assert caller.say(tid="FORGED-1", umsatz="1", clickid=shop.click())["reason"] == "unauthorized"
    assert caller.tell(tid="SIGNED-1", umsatz="1", clickid=shop.click())["saved"]
    press(driver, "Back to the program")
    shows(driver, "Today only who has a signing key can make orders.")
    stage.go(f"/catalog/program/{shop.number}/call-keys/")
    press(driver, "Revoke")
    shows(driver, "is revoked.")
    known(stage.server)
    assert caller.tell(tid="REVOKED-1", umsatz="1", clickid=shop.click())["reason"] == "unauthorized"
    stage.go("/ledger/postback/?q=FORGED-1")
    shows(driver, "Unauthorized")
    assert shop.states() == {"OPEN-1": "open", "SIGNED-1": "open"} and stage.complaints() == []


def test_a_rate_of_now_and_one_that_begins_by_itself(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    shop.order("BEFORE", "100")
    stage.enter(programs=[shop.number])
    stage.go(f"/catalog/product/{product_of(shop)}/change/")
    press(driver, "Enter the next rate")
    write(driver, "percent", "12.5")
    press(driver, "Enter")
    shows(driver, "12.5 % from now on. What was ordered before stays as it was.")
    write(driver, "percent", "20")
    stage.runs("document.querySelector('[name=valid_from]').value = '2101-01-01T00:00'")
    press(driver, "Enter")
    shows(driver, "To come")
    assert stage.runs(RATES)[:2] == ["20 % To come", "12.5 % Valid now"]
    press(driver, "Withdraw")
    shows(driver, "The rate to come is withdrawn.")
    known(stage.server)
    shop.order("AFTER", "100")
    assert shop.earned() == {"BEFORE": 1000, "AFTER": 1250} and stage.complaints() == []


def test_an_application_becomes_a_partner_who_may_earn_and_is_looked_at(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    name = f"Nina of {shop.name}"
    applies(stage, name)
    stage.enter()
    stage.go("/catalog/partner/")
    click(driver, By.PARTIAL_LINK_TEXT, "wait")
    press(driver, name)
    shows(driver, "How traffic is made")
    click(driver, By.CSS_SELECTOR, f"input[name=products][value='{product_of(shop)}']")
    press(driver, "Approve")
    shows(driver, f"{name} is a partner now.")
    page = stage.path
    number = page.split("/")[3]
    known(stage.server)
    assert shop.call(tid="N-1", umsatz="95.50", clickid=shop.click(pid=number))["saved"]
    press(driver, "Sign in as the partner")
    stage.arrives("/partner/")
    shows(driver, name)
    press(driver, "Leave")
    stage.arrives(page)
    assert stage.complaints() == []


def applies(stage: Stage, name: str) -> None:
    account = stage.account("partner")
    from clicktrail.control.portal.models import Application

    Application.objects.create(
        account_id=account.pk, name=name, email=account.email, website="https://nina.example", traffic="A blog",
        terms_version=1, at_ms=1,
    )  # fmt: skip


def test_a_box_is_ticked_by_keyboard_without_reloading(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    stage.enter(programs=[shop.number])
    stage.go(f"/catalog/approval/?q={shop.partner}")
    stage.runs("window.stayed = true")
    box = found(driver, By.CSS_SELECTOR, "tbody input[name=on]")
    label = box.get_attribute("aria-label") or ""
    assert label == f"{shop.partner_name} may earn every product, later ones too"
    box.send_keys(Keys.SPACE)
    shows(driver, f"{shop.partner_name} may not earn every product any more.")
    until(lambda: stage.runs(FOCUSED) == label, PATIENCE_S, "the focus where it was")
    driver.switch_to.active_element.send_keys(Keys.SPACE)
    shows(driver, f"{shop.partner_name} may earn every product now.")
    assert stage.runs("return window.stayed") and stage.complaints() == []


def test_a_manager_uploads_a_banner_and_copies_its_html(stage: Stage, tmp_path: Path) -> None:
    shop, driver = stage.shop(), stage.driver
    picture = tmp_path / "roses.png"
    picture.write_bytes(png(120, 60))
    stage.enter(programs=[shop.number])
    stage.go(f"/catalog/creative/{shop.number}/change/")
    write(driver, "picture", str(picture))
    shows(driver, "120 × 60")
    write(driver, "alt", 'Roses "red"')
    press(driver, "Save and continue editing")
    until(lambda: value(stage, "[data-banner-html]"), PATIENCE_S, "the HTML of the banner")
    found(driver, By.NAME, "subid").send_keys("news")
    until(lambda: "subid=news" in value(stage, "[data-banner-html]"), PATIENCE_S, "the HTML with the subid")
    copied = value(stage, "[data-banner-html]")
    click(driver, By.CSS_SELECTOR, "[data-copy='#ct-banner-html']")
    shows(driver, "Copied")
    assert stage.complaints() == []
    page = tmp_path / "partner.html"
    page.write_text(f"<!doctype html><title>p</title>{copied}")
    driver.get(page.as_uri())
    size = until(lambda: stage.runs(DRAWN), PATIENCE_S, "the banner on a partner's page")
    assert size == [120, 60, 'Roses "red"'], "another site may show it"
    assert stage.server.get(path_of(driver.find_element(By.TAG_NAME, "a").get_attribute("href"))).status == 302


def test_a_click_target_is_mended_and_looked_at(stage: Stage) -> None:
    shop, driver, site = stage.shop(), stage.driver, stage.listener
    site.answer = lambda got: Say(200) if got.target.startswith("/end") else Say(302, b"", {"Location": "/end"})
    stage.boot()
    from clicktrail.control.catalog.models import ClickTarget

    stage.enter(programs=[shop.number])
    stage.go(f"/catalog/clicktarget/{ClickTarget.objects.get(program=shop.number).pk}/change/")
    field = found(driver, By.NAME, "url")
    field.clear()
    field.send_keys(site.url("/start?a=1"))
    shows(driver, "This address lacks the ClickID")
    press(driver, "Add the ClickID")
    shows(driver, "/start?a=1&qc_clickid=QC")
    click(driver, By.CSS_SELECTOR, "[data-insert='<% PID %>']")
    until(lambda: "<% PID %>" in value(stage, "[name=url]"), PATIENCE_S, "the placeholder in the address")
    press(driver, "Does it answer?")
    shows(driver, "It answers: 200 OK")
    shows(driver, "The ClickID gets lost")
    asked: Got = site.got[0]
    assert asked.target.startswith("/start?a=1&qc_clickid=QC") and stage.complaints() == []


def test_a_key_is_entered_and_a_route_tried(stage: Stage) -> None:
    """The page of the API works under its policy, and nothing is fetched from elsewhere."""
    stage.boot()
    from clicktrail.control.api import keys

    _, key = keys.make("page", ["read"], None, "the shop's developer")
    driver, route = stage.driver, "#operations-Programs-list_programs"
    stage.go("/api/v1/docs")
    click(driver, By.CSS_SELECTOR, "button.authorize")
    found(driver, By.CSS_SELECTOR, ".auth-container input").send_keys(key)
    click(driver, By.CSS_SELECTOR, ".auth-btn-wrapper button.authorize")
    for css in (".auth-btn-wrapper button.btn-done", f"{route} .opblock-summary-control", f"{route} .try-out__btn"):
        click(driver, By.CSS_SELECTOR, css)
    click(driver, By.CSS_SELECTOR, f"{route} .execute")
    answer = found(driver, By.CSS_SELECTOR, f"{route} .responses-wrapper")
    until(lambda: "ratelimit-remaining" in answer.text, PATIENCE_S, "the answer with its headers")
    hosts = {urlsplit(name).netloc for name in stage.runs(FETCHED) if not name.startswith("data:")}
    assert hosts == {urlsplit(stage.server.console_url).netloc} and stage.complaints() == []
