"""A partner's way through the portal, in a real browser: applies, is approved, copies a link, builds a deeplink,
takes a file along, has a second factor, is told of his orders, and sees why one was cancelled."""

import csv
import re
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text, write
from support.shops import known
from support.stage import Shop, Stage
from support.stranger import code_now

pytestmark = pytest.mark.needs("chromium", "chromedriver")

PASSWORD = "correct horse battery"
LINK = "return document.querySelector('[data-link]')?.value || ''"
DARK = "return document.documentElement.classList.contains('dark')"


def sign_in(stage: Stage, name: str) -> None:
    stage.go("/login/")
    write(stage.driver, "username", name)
    write(stage.driver, "password", PASSWORD)
    press(stage.driver, "Log in")


def test_applies_waits_is_approved_and_earns_by_a_copied_link(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    have_terms(stage)
    mail = f"ben@shop{shop.number}.example"
    stage.go("/login/")
    press(driver, "Become a partner")
    for name, value in (("name", "Ben's blog"), ("email", mail), ("website", "blog.example"), ("traffic", "A blog")):
        write(driver, name, value)
    write(driver, "password", PASSWORD)
    press(driver, "Send the application")
    shows(driver, "Without the terms there is no account.")
    write(driver, "password", PASSWORD)
    click(driver, By.NAME, "accepted")
    press(driver, "Send the application")
    shows(driver, "Thank you")
    sign_in(stage, mail)
    shows(driver, "Waiting for approval")
    assert stage.path == "/partner/"
    partner = approve(stage, shop, mail)
    stage.go("/partner/links/?subid=sunday")
    shows(driver, shop.name)
    html = found(driver, By.TAG_NAME, "main").get_attribute("innerHTML") or ""
    link = re.search(rf"/go\.cgi\?[^\"<\s]*pid={partner}[^\"<\s]*", html)
    assert link and "subid=sunday" in link[0]
    clickid = stage.server.get(link[0].replace("&amp;", "&") + "&format=json").json()["clickid"]
    until(lambda: shop.call(tid="SUNDAY-1", umsatz="95.50", clickid=clickid)["transaction"], PATIENCE_S, "an order")
    stage.go("/partner/")
    shows(driver, "SUNDAY-1")
    until(lambda: driver.find_elements(By.CSS_SELECTOR, ".ct-chart canvas"), PATIENCE_S, "a chart")
    stage.go("/partner/reports/?by=subid")
    shows(driver, "sunday")
    assert stage.complaints() == []


def have_terms(stage: Stage) -> None:
    stage.boot()
    from clicktrail.control.portal.models import Terms

    if not Terms.objects.exists():
        Terms.objects.create(text="Send honest visitors.\n\nWe pay monthly.", actor="mona", at_ms=1)


def approve(stage: Stage, shop: Shop, mail: str) -> int:
    """By somebody of the house; the partner's number, which the workers know."""
    stage.boot()
    from clicktrail.control.catalog.models import Product
    from clicktrail.control.portal import applications

    products = list(Product.objects.filter(program=shop.number))
    decided = applications.approve(applications.waiting().get(email=mail), "mona", products)
    assert decided.partner is not None
    known(stage.server)
    return int(decided.partner.pk)


def test_puts_a_subid_into_a_link_and_builds_a_deeplink_that_the_edge_follows(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    stage.enter("partner", partner_id=shop.partner)
    stage.go("/partner/links/")
    shows(driver, "Links and banners")
    found(driver, By.NAME, "subid").send_keys("blog")
    own = f"return document.querySelector('#link-{shop.number}')?.value || ''"
    until(lambda: "subid=blog" in stage.runs(own), PATIENCE_S, "the link with the subid")
    stage.go("/partner/deeplink/")
    field = found(driver, By.NAME, "address")
    field.send_keys("https://evil.example/roses")
    shows(driver, f"evil.example is not on the list of {shop.name}. Allowed are: shop.example.")
    field.clear()
    field.send_keys("https://shop.example/roses?colour=red#big")
    until(lambda: "big" in stage.runs(LINK), PATIENCE_S, "the link")
    answer = stage.server.get("/go.cgi?" + stage.runs(LINK).partition("/go.cgi?")[2])
    start, end = "https://shop.example/roses?colour=red&qc_clickid=QC", "#big"
    assert answer.status == 302 and answer.location.startswith(start) and answer.location.endswith(end)
    assert stage.complaints() == []


def test_takes_the_orders_that_are_shown_along_as_a_file(stage: Stage, tmp_path: Path) -> None:
    shop, driver = stage.shop(), stage.driver
    numbers = [shop.order(tid, subid=subid) for tid, subid in (("A-1", "spring"), ("A-2", "autumn"), ("A-3", "spring"))]
    stage.enter("partner", partner_id=shop.partner)
    driver.execute_cdp_cmd("Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    stage.go("/partner/transactions/")
    shows(driver, "A-2")
    write(driver, "subid", "spring\n")
    until(lambda: "subid=spring" in driver.current_url, PATIENCE_S, "the filter")
    shows(driver, "A-3")
    assert "A-2" not in text(driver)
    press(driver, "Save as CSV")
    (file,) = until(lambda: list(tmp_path.glob("*.csv")), PATIENCE_S, "the file")  # Under this name once it is whole.
    lines = list(csv.DictReader(file.open(encoding="utf-8-sig")))
    assert [(line["Order number"], line["Number"], line["Subid"], line["Commission"]) for line in lines] == [
        ("A-3", str(numbers[2]), "spring", "9.55"),
        ("A-1", str(numbers[0]), "spring", "9.55"),
    ]
    assert stage.complaints() == []


def test_switches_the_second_factor_on_and_signs_in_with_it(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    account = stage.enter("partner", partner_id=shop.partner, password=PASSWORD)
    stage.go("/partner/account/")
    press(driver, "Set up")
    picture = found(driver, By.CSS_SELECTOR, "img.pt-qr")
    until(lambda: picture.get_property("naturalWidth"), PATIENCE_S, "the picture code")
    secret = found(driver, By.CSS_SELECTOR, ".pt-steps code").text.replace(" ", "")
    used = code_now(secret)
    write(driver, "code", used)
    press(driver, "Go on")
    stage.arrives("/partner/account/recovery-codes/")
    stage.go("/partner/account/")
    shows(driver, "Recovery codes left: 10")
    driver.get("about:blank")  # A late answer of the page would bring its cookies back.
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    sign_in(stage, account.username)
    shows(driver, "Second step")
    write(driver, "code", "000000" if used != "000000" else "111111")
    press(driver, "Go on")
    found(driver, By.CSS_SELECTOR, "[aria-invalid=true], [role=alert], .errorlist")
    assert stage.path != "/partner/", "a wrong code opens nothing"
    field = found(driver, By.NAME, "code")
    field.clear()
    field.send_keys(next(code for code in (code_now(secret), code_now(secret, 1)) if code != used))
    press(driver, "Go on")
    stage.arrives("/partner/")
    assert stage.complaints() == []


def test_is_told_of_orders_and_sees_why_one_was_cancelled(stage: Stage) -> None:
    shop, driver, site = stage.shop(), stage.driver, stage.listener
    stage.enter("partner", partner_id=shop.partner)
    stage.go("/partner/postbacks/")
    press(driver, "Make one")
    write(driver, "address", site.url("/pb?c=<% CLICKID %>&e=<% EVENT %>&s=<% SUBID %>"))
    shows(driver, "c=QC")
    press(driver, "Save")
    press(driver, "Send a test")
    shows(driver, "Your server answered 200")
    assert [got.params["e"] for got in site.got] == ["test"]
    number = shop.order("BACK-1", subid="sunday")
    cancel(stage, number, "Sent back after two days")
    until(lambda: "cancelled" in told(stage), PATIENCE_S, "the postback")
    assert site.got[-1].params["s"] == "sunday"
    stage.go("/partner/transactions/?q=BACK-1")
    shows(driver, "Sent back after two days")
    press(driver, "BACK-1")
    shows(driver, "A click on your link.")
    shows(driver, "Your postback My tracker: a transaction was cancelled.")
    assert "mona" not in text(driver) and stage.complaints() == []


def told(stage: Stage) -> list[str]:
    return [got.params["e"] for got in stage.listener.got]


def cancel(stage: Stage, number: int, why: str) -> None:
    stage.boot()
    from django.db import connection

    from clicktrail import heartbeat
    from clicktrail.control.ledger import moves

    moves.move(connection, number, "cancel", "mona", why, heartbeat.now_ms())


def test_the_switch_wins_over_the_systems_colours_on_a_telephone(stage: Stage) -> None:
    shop, driver = stage.shop(), stage.driver
    stage.enter("partner", partner_id=shop.partner)
    scheme = [{"name": "prefers-color-scheme", "value": "dark"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    stage.narrow(360)
    stage.go("/partner/")
    found(driver, By.CSS_SELECTOR, "[data-menu]")
    assert stage.runs(DARK)
    click(driver, By.CSS_SELECTOR, "[data-menu]")
    click(driver, By.CSS_SELECTOR, "[data-theme-switch] option[value=light]")
    assert not stage.runs(DARK) and stage.complaints() == []
