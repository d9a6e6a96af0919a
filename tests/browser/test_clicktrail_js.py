"""clicktrail.js in a real browser: two servers of two origins, a shop's pages and the tracker."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from support.chromium import complaints
from support.observe import until
from support.shop_pages import FIRST, GIF, PATIENCE_S, SCRIPT, SECOND, Shop, Site

pytestmark = pytest.mark.needs("chromium", "chromedriver")

ROOT = Path(__file__).parents[2]


def test_cookie_keeps_the_clickid_for_later_pages(shop: Shop) -> None:
    shop.page("/")
    shop.visit(f"/?utm=x&qc_clickid={FIRST}")
    assert shop.clickid() == FIRST
    shop.visit("/")
    assert shop.clickid() == FIRST
    assert shop.cookie() == FIRST
    assert shop.session() is None


def test_cookie_is_first_party_lax_and_ends(shop: Shop) -> None:
    shop.page("/", 'data-days="7" data-name="visit"')
    shop.visit(f"/?qc_clickid={FIRST}")
    cookie = shop.chrome.get_cookie("visit")
    assert cookie["domain"] == "127.0.0.1"
    assert cookie["sameSite"] == "Lax"
    assert cookie["path"] == "/"
    now_s = shop.chrome.execute_script("return Date.now() / 1000")
    assert 6.9 * 86400 < cookie["expiry"] - now_s <= 7 * 86400 + 5


def test_session_keeps_the_clickid_without_a_cookie(shop: Shop) -> None:
    shop.page("/", 'data-store="session"')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.visit("/")
    assert shop.clickid() == FIRST
    assert shop.stored() == (None, FIRST)


def test_none_keeps_nothing(shop: Shop) -> None:
    shop.page("/", 'data-store="none"')
    shop.visit(f"/?qc_clickid={FIRST}")
    assert shop.clickid() == FIRST
    assert shop.stored() == (None, None)
    shop.visit("/")
    assert shop.clickid() == ""


def test_parameter_is_configurable(shop: Shop) -> None:
    shop.page("/", 'data-parameter="ref"')
    shop.visit(f"/?qc_clickid={FIRST}&ref={SECOND}")
    assert shop.clickid() == SECOND


def test_last_click_wins(shop: Shop) -> None:
    shop.page("/")
    shop.visit(f"/?qc_clickid={SECOND}")
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.visit("/")
    assert shop.clickid() == FIRST


def test_of_a_repeated_parameter_the_last_counts(shop: Shop) -> None:
    shop.page("/")
    shop.visit(f"/?qc_clickid={FIRST}&qc_clickid={SECOND}")
    assert shop.clickid() == SECOND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        FIRST[:-1],
        FIRST + "0",
        "%3Cscript%3E",
        "Q1" + FIRST[2:],
        FIRST[:-1] + "%D9%A1",
    ],
)
def test_only_a_well_formed_clickid_is_kept(shop: Shop, text: str) -> None:
    shop.page("/")
    shop.visit(f"/?qc_clickid={text}")
    assert shop.clickid() == ""
    assert shop.stored() == (None, None)


def test_a_broken_clickid_does_not_wipe_the_good_one(shop: Shop) -> None:
    shop.page("/")
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.visit("/?qc_clickid=oops")
    assert shop.clickid() == FIRST


def test_a_foreign_cookie_value_is_not_handed_on(shop: Shop) -> None:
    shop.page("/", body="<output data-clicktrail>empty</output>")
    shop.visit("/")
    shop.chrome.execute_script("document.cookie = 'clicktrail=' + encodeURIComponent('<b>') + ';path=/'")
    shop.visit("/")
    assert shop.clickid() == ""
    assert shop.chrome.find_element(By.TAG_NAME, "output").text == "empty"


def test_a_cookie_whose_name_ends_alike_is_another(shop: Shop) -> None:
    shop.page("/")
    shop.visit("/")
    shop.chrome.execute_script(f"document.cookie = 'my-clicktrail={FIRST};path=/'")
    shop.visit("/")
    assert shop.clickid() == ""


def test_consent_wait_stores_nothing_until_told(shop: Shop) -> None:
    shop.page("/", 'data-consent="wait"', body="<input type=hidden data-clicktrail>")
    shop.visit(f"/?qc_clickid={FIRST}")
    assert shop.stored() == (None, None)
    shop.chrome.execute_script("clicktrail.consent()")
    assert shop.cookie() == FIRST
    assert shop.chrome.find_element(By.TAG_NAME, "input").get_attribute("value") == FIRST


def test_consent_by_event(shop: Shop) -> None:
    shop.page("/", 'data-consent="wait" data-store="session"')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.chrome.execute_script("document.dispatchEvent(new CustomEvent('clicktrail:consent', { detail: true }))")
    assert shop.stored() == (None, FIRST)


def test_consent_given_before_the_script_came(shop: Shop) -> None:
    shop.page("/", 'data-consent="wait"', head="<script>window.clicktrail = { consent: true }</script>")
    shop.visit(f"/?qc_clickid={FIRST}")
    assert shop.cookie() == FIRST


def test_nothing_is_read_before_consent(shop: Shop) -> None:
    shop.page("/plain")
    shop.page("/wait", 'data-consent="wait"')
    shop.visit(f"/plain?qc_clickid={FIRST}")
    shop.visit("/wait")
    assert shop.clickid() == ""
    shop.chrome.execute_script("clicktrail.consent()")
    assert shop.clickid() == FIRST


@pytest.mark.parametrize("store", ["cookie", "session"])
@pytest.mark.parametrize(
    "refusal",
    ["clicktrail.consent(false)", "clicktrail.forget()",
     "document.dispatchEvent(new CustomEvent('clicktrail:consent', { detail: false }))"],
)  # fmt: skip
def test_refusal_removes_what_was_stored(shop: Shop, store: str, refusal: str) -> None:
    shop.page("/", f'data-store="{store}"', body="<input data-clicktrail>")
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.chrome.execute_script(refusal)
    # The browser hears of its own page's cookies a moment later than the page.
    until(lambda: shop.stored() == (None, None), PATIENCE_S, "nothing stored")
    assert shop.clickid() == ""
    assert shop.chrome.find_element(By.TAG_NAME, "input").get_attribute("value") == ""
    shop.visit("/")
    assert shop.clickid() == ""


def test_the_confirmation_page_gets_it(shop: Shop) -> None:
    shop.page("/")
    shop.page("/thanks", body="<form><input type=hidden name=qc data-clicktrail></form><p>Code <b data-clicktrail></b>")
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.visit("/thanks")
    assert shop.chrome.find_element(By.NAME, "qc").get_attribute("value") == FIRST
    assert shop.chrome.find_element(By.TAG_NAME, "b").text == FIRST


def test_places_that_come_later_are_filled_on_demand(shop: Shop) -> None:
    shop.page("/")
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.chrome.execute_script("document.body.innerHTML = '<input data-clicktrail>'; clicktrail.fill()")
    assert shop.chrome.find_element(By.TAG_NAME, "input").get_attribute("value") == FIRST


def test_without_a_clickid_what_the_server_wrote_stays(shop: Shop) -> None:
    shop.page("/", body=f'<input data-clicktrail value="{SECOND}">')
    shop.visit("/")
    assert shop.chrome.find_element(By.TAG_NAME, "input").get_attribute("value") == SECOND


def test_other_scripts_hear_of_it(shop: Shop) -> None:
    listener = "<script>document.addEventListener('clicktrail', e => document.title = e.detail)</script>"
    shop.page("/", head=listener)
    shop.visit(f"/?qc_clickid={FIRST}")
    assert shop.chrome.title == FIRST


PIXEL = 'data-cpid="1" data-tid="A-17 &amp; b" data-umsatz="95.50" data-produkt="Sale"'


def test_pixel_tells_the_order(shop: Shop) -> None:
    shop.page("/")
    shop.page("/thanks", PIXEL)
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.visit("/thanks")
    call = shop.tracker.wait_for_call()
    assert call == {"cpid": "1", "tid": "A-17 & b", "umsatz": "95.50", "produkt": "Sale", "clickid": FIRST}


def test_pixel_goes_to_the_named_address(shop: Shop, other: Site) -> None:
    other.pages["/in/get_trans.cgi"] = ("image/gif", GIF)
    shop.page("/thanks", f'{PIXEL} data-pixel="{other.origin}/in/get_trans.cgi"')
    shop.visit(f"/thanks?qc_clickid={FIRST}")
    assert other.wait_for_call(path="/in/get_trans.cgi")["clickid"] == FIRST
    assert shop.tracker.calls() == []


def test_pixel_with_the_clickid_of_the_shops_session(shop: Shop) -> None:
    shop.page("/thanks", f'{PIXEL} data-store="none" data-clickid="{SECOND}"')
    shop.visit("/thanks")
    assert shop.tracker.wait_for_call()["clickid"] == SECOND
    assert shop.stored() == (None, None)


def test_pixel_with_a_partner_instead_of_a_clickid(shop: Shop) -> None:
    shop.page("/thanks", f'{PIXEL} data-pid="2" data-nocheck="1" data-subid="s" data-wmid="3"')
    shop.visit("/thanks")
    call = shop.tracker.wait_for_call()
    assert (call["pid"], call["nocheck"], call["subid"], call["wmid"]) == ("2", "1", "s", "3")
    assert "clickid" not in call


def test_no_pixel_for_an_order_nobody_sent(shop: Shop) -> None:
    """A later call proves that the first page had its chance."""
    shop.page("/thanks", PIXEL)
    shop.page("/after", 'data-cpid="1" data-tid="after" data-pid="2"')
    shop.visit("/thanks")
    shop.visit("/after")
    assert shop.tracker.wait_for_call()["tid"] == "after"


def test_pixel_waits_for_consent(shop: Shop) -> None:
    shop.page("/thanks", f'{PIXEL} data-consent="wait"')
    shop.visit(f"/thanks?qc_clickid={FIRST}")
    shop.chrome.execute_script("clicktrail.pixel()")
    assert shop.chrome.execute_script("return performance.getEntriesByType('resource').length") == 1
    assert shop.tracker.calls() == []
    shop.chrome.execute_script("clicktrail.consent()")
    assert shop.tracker.wait_for_call()["clickid"] == FIRST


def test_pixel_by_hand_for_pages_that_are_never_loaded(shop: Shop) -> None:
    shop.page("/", 'data-cpid="1"')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.chrome.execute_script("clicktrail.pixel({ tid: 'app-1', umsatz: '5.00' })")
    assert shop.tracker.wait_for_call() == {"cpid": "1", "tid": "app-1", "umsatz": "5.00", "clickid": FIRST}


def test_an_order_told_before_the_page_is_there_waits_for_it(shop: Shop) -> None:
    """A tag manager's script may be there sooner than the rest of the page: its order tag calls at once."""
    tag = f'<script src="{shop.tracker.origin}/clicktrail.js" data-cpid="1"></script>'
    early = "<script>clicktrail.pixel({ tid: 'early', umsatz: '5.00' })</script>"
    shop.site.pages["/thanks"] = ("text/html", f"<!doctype html><title>t</title>{tag}<body>{early}".encode())
    shop.visit(f"/thanks?qc_clickid={FIRST}")
    assert shop.tracker.wait_for_call() == {"cpid": "1", "tid": "early", "umsatz": "5.00", "clickid": FIRST}
    assert len(shop.tracker.calls()) == 1


def test_pixel_tries_again_after_503(shop: Shop) -> None:
    shop.tracker.refusals = 1
    shop.page("/thanks", PIXEL)
    shop.visit(f"/thanks?qc_clickid={FIRST}")
    assert shop.tracker.wait_for_call(2) == shop.tracker.wait_for_call(1)


def test_carry_marks_the_shops_own_links_only(shop: Shop, other: Site) -> None:
    shop.page("/", 'data-store="none" data-carry', body='<a id=in href="/next?a=1#part">in</a>')
    shop.page("/next", 'data-store="none" data-carry', body=f'<a id=out href="{other.origin}/">out</a>')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.click("#in")
    shop.wait_for_title("/next")
    assert shop.chrome.current_url == f"{shop.site.origin}/next?a=1&qc_clickid={FIRST}#part"
    assert shop.clickid() == FIRST
    shop.click("#out")
    shop.wait_for_title("elsewhere")
    assert shop.chrome.current_url == other.origin + "/"


def test_carry_into_a_listed_host(shop: Shop, other: Site) -> None:
    host = urlsplit(other.origin).netloc
    shop.page("/", f'data-carry data-hosts="pay.example {host}"', body=f'<a href="{other.origin}/">pay</a>')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.click("a")
    shop.wait_for_title("elsewhere")
    assert parse_qs(urlsplit(shop.chrome.current_url).query) == {"qc_clickid": [FIRST]}


def test_without_carry_links_stay(shop: Shop) -> None:
    shop.page("/", body='<a href="/next">in</a>')
    shop.page("/next")
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.click("a")
    shop.wait_for_title("/next")
    assert shop.chrome.current_url == shop.site.origin + "/next"


@pytest.mark.parametrize("href", ["#part", "mailto:a@b.example", "javascript:void(0)", "tel:123"])
def test_carry_leaves_links_that_lead_nowhere_else(shop: Shop, href: str) -> None:
    shop.page("/", "data-carry", body=f'<a href="{href}">x</a>')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.chrome.execute_script(
        "const a = document.querySelector('a'); a.addEventListener('click', e => e.preventDefault()); a.click()"
    )
    assert shop.chrome.execute_script("return document.querySelector('a').getAttribute('href')") == href


def test_carry_marks_links_that_came_later(shop: Shop) -> None:
    shop.page("/", "data-carry")
    shop.page("/next")
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.chrome.execute_script("document.body.innerHTML = '<a href=/next><b>in</b></a>'")
    shop.click("b")
    shop.wait_for_title("/next")
    assert f"qc_clickid={FIRST}" in shop.chrome.current_url


def test_carry_through_a_search_form(shop: Shop) -> None:
    shop.page(
        "/",
        'data-store="none" data-carry',
        body="<form action=/find><input name=q value=tea><button>go</button></form>",
    )
    shop.page("/find", 'data-store="none" data-carry')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.click("button")
    shop.wait_for_title("/find")
    query = parse_qs(urlsplit(shop.chrome.current_url).query)
    assert query == {"q": ["tea"], "qc_clickid": [FIRST]}


def test_carry_through_a_posted_form(shop: Shop) -> None:
    """Fields called action and method do not confuse it."""
    fields = "<input name=action value=x><input name=method value=get><button>go</button>"
    shop.page("/", 'data-store="none" data-carry', body=f"<form method=POST action=/order>{fields}</form>")
    shop.page("/order", 'data-store="none" data-carry')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.click("button")
    shop.wait_for_title("/order")
    assert shop.clickid() == FIRST


def test_under_a_strict_policy(shop: Shop) -> None:
    """No inline script, no eval, no connection: two hosts named in the policy are all it needs."""
    shop.site.policy = (
        f"default-src 'none'; script-src {shop.tracker.origin}; img-src data: {shop.tracker.origin}; "
        "require-trusted-types-for 'script'; base-uri 'none'"
    )
    shop.page("/thanks", f"{PIXEL} data-carry", body="<b data-clicktrail></b><a href=/thanks>again</a>")
    shop.visit(f"/thanks?qc_clickid={FIRST}")
    assert shop.tracker.wait_for_call()["clickid"] == FIRST
    assert shop.chrome.find_element(By.TAG_NAME, "b").text == FIRST
    shop.click("a")
    assert shop.tracker.wait_for_call(2)["clickid"] == FIRST
    assert complaints(shop.chrome) == []


def test_where_storage_is_forbidden_the_page_lives_on(shop: Shop) -> None:
    """In a sandboxed frame cookies and sessionStorage throw; the ClickID of the address still serves."""
    for store in ("cookie", "session"):
        report = "<script>addEventListener('load', () => parent.postMessage(String(clicktrail.clickid), '*'))</script>"
        shop.page(f"/{store}", f'data-store="{store}"', body=report)
        shop.page(
            "/frame",
            head="<script>addEventListener('message', e => document.title = 'told ' + e.data)</script>",
            body=f'<iframe sandbox="allow-scripts" src="/{store}?qc_clickid={FIRST}"></iframe>',
        )
        shop.visit("/frame")
        shop.wait_for_title(f"told {FIRST}")
    assert complaints(shop.chrome) == []


@pytest.mark.parametrize(
    "attributes",
    ['data-days="soon"', 'data-days="-1"', 'data-store="disk"', 'data-parameter=""',
     'data-pixel="http://[" data-tid="1"', 'data-hosts=")(" data-carry', 'data-name="a;b"',
     'data-domain="elsewhere.example"'],
)  # fmt: skip
def test_wrong_options_never_break_the_page(shop: Shop, attributes: str) -> None:
    shop.page("/", attributes, body="<a href=/next>x</a>")
    shop.page("/next")
    shop.visit(f"/?qc_clickid={FIRST}&=x")
    shop.chrome.execute_script(
        "clicktrail.pixel({ tid: '' }); clicktrail.pixel(null); clicktrail.fill(); clicktrail.consent()"
    )
    shop.click("a")
    shop.wait_for_title("/next")
    assert complaints(shop.chrome) == []


@pytest.mark.parametrize("loading", ["defer", "async", ""])
def test_however_it_is_loaded(shop: Shop, loading: str) -> None:
    tag = f'<script src="{shop.tracker.origin}/clicktrail.js" {loading}></script>'
    html = f'<!doctype html><title>x</title><link rel="icon" href="data:,">{tag}<b data-clicktrail></b>'
    shop.site.pages["/"] = ("text/html", html.encode())
    shop.visit(f"/?qc_clickid={FIRST}")
    WebDriverWait(shop.chrome, PATIENCE_S).until(lambda c: c.find_element(By.TAG_NAME, "b").text == FIRST)


def test_inserted_by_a_tag_manager(shop: Shop) -> None:
    insert = (
        "<script>const s = document.createElement('script'); s.dataset.store = 'session';"
        f"s.src = '{shop.tracker.origin}/clicktrail.js'; document.head.append(s)</script>"
    )
    shop.site.pages["/"] = (
        "text/html",
        f'<!doctype html><title>x</title><link rel=icon href="data:,">{insert}<b data-clicktrail></b>'.encode(),
    )
    shop.visit(f"/?qc_clickid={FIRST}")
    WebDriverWait(shop.chrome, PATIENCE_S).until(lambda c: c.find_element(By.TAG_NAME, "b").text == FIRST)
    assert shop.stored() == (None, FIRST)


def test_it_is_small_and_asks_for_nothing() -> None:
    text = SCRIPT.read_text()
    assert len(text.encode()) < 8192
    assert not re.search(r"\b(eval|fetch|XMLHttpRequest|import|require|innerHTML)\b", text)


def test_every_option_is_documented() -> None:
    """In kits/js, which is all that a shop reads."""
    text = SCRIPT.read_text()
    destructured = re.search(r"const \{([^}]*)\} = option", text)
    assert destructured
    used = set(re.findall(r"option\.(\w+)", text)) | set(re.findall(r"(\w+) =", destructured.group(1))) | {"carry"}
    used |= set(re.search(r'"(cpid[a-z ]*)"', text).group(1).split())
    readme = (ROOT / "kits/js/README.md").read_text()
    assert used - {name for name in used if f"`data-{name}`" in readme} == set()
