"""Setting up, in a real browser: who may call a program, what is paid from when, partners let in and looked at, a
banner uploaded, a click target mended, the API tried on its own page; and the assistant: choose, name, copy, test, and
five lights that go on by themselves."""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from support.listener import Got, Say
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text, write
from support.pictures import png
from support.shops import Shop as Caller
from support.shops import known
from support.stage import TESTER, Shop, Stage
from support.woven import usual_setup, written

pytestmark = pytest.mark.needs("chromium", "chromedriver")

LIT_S = 30
GREEN = ["on"] * 5
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


# The assistant


@dataclass
class Site:
    """A shop's pages, which hold the code as the assistant gives it; `fill` is what its templates know of the order."""

    shop: Shop
    url: str
    pages: dict[str, str] = field(default_factory=dict)
    fill: dict[str, str] = field(default_factory=dict)

    def answer(self, got: Got) -> Say:
        body = self.pages.get(urlsplit(got.target).path, "")
        for name, value in self.fill.items():
            body = body.replace(name, value)
        page = f'<!doctype html><title>Shop</title><link rel="icon" href="data:,">{body}<p>Shop</p>'
        return Say(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


@pytest.fixture
def site(stage: Stage) -> Site:
    """A program whose target is the shop's own site; who is signed in looks after this program."""
    url = stage.listener.url("")
    made = Site(stage.shop(f"{url}/?qc_clickid=<% CLICKID %>"), url)
    stage.listener.answer = made.answer
    stage.enter(programs=[made.shop.number])
    return made


def orders(site: Site) -> list[tuple[object, ...]]:
    """Partner, cents of revenue, product, whether it is a test."""
    site.shop.stage.boot()
    from clicktrail.control.ledger.models import Transaction

    rows = Transaction.objects.filter(program_id=site.shop.number).order_by("pk")
    return list(rows.values_list("partner_id", "revenue_minor", "product", "test"))


def named(driver: Chrome, name: str, value: str) -> None:
    place = found(driver, By.NAME, name)
    place.clear()
    place.send_keys(value)


def code(driver: Chrome, step: str, number: int = 1) -> str:
    return str(found(driver, By.ID, f"code-{step}-{number}").get_property("textContent"))


def lights(driver: Chrome) -> list[str]:
    script = "return [...document.querySelectorAll('[data-light]')].map((light) => light.dataset.state)"
    return list(driver.execute_script(script))


def choose(stage: Stage, order: str, **more: str) -> None:
    """Through the menu: the shop system, and what the shop calls things."""
    driver = stage.driver
    stage.go("/account/")
    click(driver, By.CSS_SELECTOR, 'a[href="/assistant/"]')
    click(driver, By.CSS_SELECTOR, "button[value=html]")
    named(driver, "order", order)
    named(driver, "amount", "{net}")
    for name, value in more.items():
        named(driver, name, value)
    press(driver, "Make the code")
    until(lambda: order in text(driver), PATIENCE_S, "the code")


def build_in(driver: Chrome, site: Site) -> None:
    site.pages = {"/": code(driver, "keep"), "/thanks": code(driver, "pixel")}


def visit_shop(driver: Chrome, site: Site) -> str:
    """Open the link as it stands on the page, arrive, order; back on the assistant's page. The ClickID."""
    here = driver.current_window_handle
    press(driver, "Open the link")
    until(lambda: len(driver.window_handles) == 2, PATIENCE_S, "the shop's window")
    (there,) = set(driver.window_handles) - {here}
    driver.switch_to.window(there)
    until(lambda: "qc_clickid=QC" in driver.current_url, PATIENCE_S, "the ClickID in the address")
    clickid = driver.current_url.partition("qc_clickid=")[2]
    until(lambda: driver.execute_script("return window.clicktrail && clicktrail.clickid"), PATIENCE_S, "it is kept")
    driver.get(f"{site.url}/thanks")
    until(lambda: driver.execute_script("return window.clicktrail && clicktrail.clickid"), PATIENCE_S, "the order")
    driver.switch_to.window(here)
    return clickid


@pytest.mark.needs("curl")
def test_the_assistant_goes_green(stage: Stage, site: Site, tmp_path: Path) -> None:
    driver = stage.driver
    site.fill = {"{order}": "GREEN-1017", "{net}": "95.50"}
    choose(stage, "{order}")
    build_in(driver, site)
    (tmp_path / "report.sh").write_text(code(driver, "server", 2))
    press(driver, "Test")
    until(lambda: lights(driver) == ["off"] * 5, PATIENCE_S, "five dark lights")
    clickid = visit_shop(driver, site)
    until(lambda: lights(driver) == GREEN, LIT_S, "five lights")
    assert "All five lights are on" in text(driver) and "net 95.50 EUR" in text(driver)
    environ = {"PATH": "/usr/local/bin:/usr/bin:/bin", "ORDER_NUMBER": "GREEN-1017", "NET_AMOUNT": "95.50"}
    subprocess.run(["sh", "report.sh"], cwd=tmp_path, env=environ | {"CLICKID": clickid}, check=True, timeout=120)
    shows(driver, "Told twice, counted once")
    assert lights(driver) == GREEN and "Server call: works" in text(driver)
    assert stage.complaints() == []
    assert orders(site) == [(TESTER, 9550, "Sale", True)]


def test_a_light_that_is_wrong_says_why(stage: Stage, site: Site) -> None:
    """The shop's own variable spells the product in another way."""
    driver = stage.driver
    site.fill = {"{order}": "DARK-1", "{net}": "95.50", "{product}": "sale"}
    choose(stage, "{order}", product_variable="{product}")
    build_in(driver, site)
    press(driver, "Test")
    until(lambda: lights(driver) == ["off"] * 5, PATIENCE_S, "five dark lights")
    visit_shop(driver, site)
    until(lambda: lights(driver) == ["on", "on", "on", "wrong", "wrong"], LIT_S, "the fourth light stays dark")
    assert "did you mean 'Sale'?" in text(driver)
    click(driver, By.CSS_SELECTOR, "[data-light='4'] summary")
    shows(driver, "The product is called 'Sale', you sent 'sale'.")


def test_tags_of_a_tag_manager(stage: Stage, site: Site, tmp_path: Path) -> None:
    """Inserted as Tag Manager does, with its variables filled in."""
    setup = usual_setup("gtm", stage.server.edge_url, program=site.shop.number)
    folder = written("gtm", setup, tmp_path)
    tag = (folder / "purchase.html").read_text()
    tag = tag.replace(setup.order, '"GTM-1"').replace(setup.amount, "95.5")
    every = (folder / "all-pages.html").read_text()
    site.pages = {"/": f"<body>{every}", "/thanks": f"<body>{every}{tag}"}
    stage.driver.get(f"{site.url}/?qc_clickid={site.shop.click()}")
    until(lambda: stage.runs("return window.clicktrail && clicktrail.clickid"), PATIENCE_S, "it is kept")
    stage.driver.get(f"{site.url}/thanks")
    until(lambda: orders(site), LIT_S, "the order")
    assert orders(site) == [(site.shop.partner, 9550, "Sale", False)]


def test_copying_without_https(stage: Stage) -> None:
    """Where the browser gives no clipboard the code is selected, and the button says what to press."""
    shop, driver = stage.shop(), stage.driver
    stage.enter(programs=[shop.number])
    stage.go(f"/assistant/?program={shop.number}&shop=php")
    stage.runs("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    click(driver, By.CSS_SELECTOR, "[data-copy=code-keep-1]")
    shows(driver, "Selected: now press Ctrl+C")
    chosen = str(stage.runs("return getSelection().toString()"))
    assert chosen.strip() == code(driver, "keep").strip()
