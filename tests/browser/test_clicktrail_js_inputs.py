"""clicktrail.js and the web as it is: odd landing URLs, links written by hand, consent tools, prerendered pages."""

import json
from urllib.parse import urlsplit

import pytest
from support.observe import until
from support.shop_pages import FIRST, PATIENCE_S, SECOND, Shop, Site

pytestmark = pytest.mark.needs("chromium", "chromedriver")

LOWER = FIRST.lower()

LANDINGS = (
    f"?qc_clickid={LOWER}",
    f"?QC_CLICKID={FIRST}",
    f"?Qc_ClickId={LOWER}",
    f"?qc%5Fclickid={FIRST}",
    f"?qc_clickid={FIRST}%20",
    f"?qc_clickid=+{FIRST}%0D%0A",
    f"?qc_clickid=%E2%80%8B{FIRST}%EF%BB%BF",
    f"?qc_clickid={FIRST}%C2%AD%C2%A0",
    f"?utm=x&amp;qc_clickid={FIRST}",
    f"?utm=x;qc_clickid={FIRST};a=b",
    f"?a=1?qc_clickid={FIRST}",
    f"?q=%FC&qc_clickid={FIRST}",
    f"?q=%&qc_clickid={FIRST}",
    f"?qc_clickid={FIRST}&qc_clickid=oops",
    f"?qc_clickid={SECOND}&qc_clickid={FIRST}&qc_clickid=%7Bclickid%7D",
    f"#qc_clickid={FIRST}",
    f"#/basket?qc_clickid={FIRST}",
    f"#/basket&qc_clickid={FIRST}",
    f"?qc_clickid=oops#qc_clickid={FIRST}",
)


@pytest.mark.parametrize("landing", LANDINGS)
def test_the_clickid_is_found_in_any_spelling_of_the_landing_url(shop: Shop, landing: str) -> None:
    shop.page("/")
    shop.visit(f"/{landing}")
    assert (shop.clickid(), shop.cookie()) == (FIRST, FIRST)


@pytest.mark.parametrize(
    "change",
    ["location.pathname", "'/'", "location.pathname + '?lang=de#top'", "'/?qc_clickid='"],
)
def test_the_first_url_counts_after_the_page_changed_it(shop: Shop, change: str) -> None:
    shop.page("/", head=f"<script>history.replaceState(null, '', {change})</script>")
    shop.visit(f"/?qc_clickid={FIRST}")
    assert (shop.clickid(), shop.cookie()) == (FIRST, FIRST)


def test_a_clickid_that_the_page_writes_into_its_url_is_the_newer_one(shop: Shop) -> None:
    shop.page("/", head=f"<script>history.replaceState(null, '', '/?qc_clickid={SECOND}')</script>")
    shop.visit(f"/?qc_clickid={FIRST}")
    assert shop.clickid() == SECOND


CARRIED = (
    ("/any?/shop/cart/12", "/any?/shop/cart/12&{}"),
    ("/any?q=M%FCller", "/any?q=M%FCller&{}"),
    ("/any?lang=de;cat=5", "/any?lang=de;cat=5&{}"),
    ("/any?add", "/any?add&{}"),
    ("/any?a=b=c&a=+x%20y", "/any?a=b=c&a=+x%20y&{}"),
    ("/any?a[]=1&a[]=2", "/any?a[]=1&a[]=2&{}"),
    ("/any", "/any?{}"),
    ("/any?", "/any?{}"),
    ("/any#part?x=1", "/any?{}#part?x=1"),
    ("/any?a=1#/route?b=2#c", "/any?a=1&{}#/route?b=2#c"),
    (" /any?a=1 ", "/any?a=1&{}"),
    (f"/any?qc_clickid={SECOND}&a=1", "/any?a=1&{}"),
    (f"/any?a=1&QC_CLICKID={SECOND}", "/any?a=1&{}"),
    ("any?x", "any?x&{}"),
    ("//elsewhere.example/?x", "//elsewhere.example/?x"),
    ("https://elsewhere.example/", "https://elsewhere.example/"),
    ("#part", "#part"),
    ("mailto:a@b.example", "mailto:a@b.example"),
    ("javascript:void(0)", "javascript:void(0)"),
    ("http://[", "http://["),
)


@pytest.mark.parametrize(("href", "marked"), CARRIED)
def test_carry_appends_and_never_rewrites(shop: Shop, href: str, marked: str) -> None:
    shop.page("/", "data-carry", body="<a>x</a>")
    shop.visit(f"/?qc_clickid={FIRST}")
    found = shop.chrome.execute_script(
        "const a = document.querySelector('a'); a.setAttribute('href', arguments[0]);"
        "a.addEventListener('click', (event) => event.preventDefault()); a.click();"
        "return [a.getAttribute('href'), clicktrail.link(arguments[0])]",
        href,
    )
    assert found == [marked.format(f"qc_clickid={FIRST}")] * 2


def test_carry_of_an_empty_link_keeps_the_pages_query(shop: Shop) -> None:
    shop.page("/", "data-carry", body='<a href="">x</a>')
    shop.visit(f"/?a=%FC&qc_clickid={FIRST}")
    shop.click("a")
    until(lambda: len(shop.site.asked) > 1, PATIENCE_S, "the page is loaded again")
    assert shop.site.asked[-1] == f"/?a=%FC&qc_clickid={FIRST}"


HOSTS = (
    ("KASSE.example", "https://kasse.example/", True),
    ("kasse.müller.test:8443", "https://kasse.xn--mller-kva.test:8443/", True),
    ("straße.example", "https://xn--strae-oqa.example/", True),
    ("pay.example:443", "https://pay.example/", True),
    ("pay.example:443", "http://pay.example/", False),
    ("a.example,pay.example", "https://pay.example/", True),
    ("pay.example", "https://pay.example:8443/", False),
    ("pay.example", "https://notpay.example/", False),
    ("pay.example", "https://pay.example.evil.example/", False),
    ("pay.example", "ftp://pay.example/", False),
    ("not a host/", "https://pay.example/", False),
)


@pytest.mark.parametrize(("hosts", "url", "is_own"), HOSTS)
def test_listed_hosts_are_read_as_browsers_read_them(shop: Shop, hosts: str, url: str, is_own: bool) -> None:
    shop.page("/", f'data-carry data-hosts="{hosts}"')
    shop.visit(f"/?qc_clickid={FIRST}")
    assert shop.chrome.execute_script("return clicktrail.link(arguments[0])", url) == (
        f"{url}?qc_clickid={FIRST}" if is_own else url
    )


FORMS = (
    ("<form method=post action=/any?a><button>go</button></form>", "click()", f"/any?a&qc_clickid={FIRST}"),
    ("<form action=/any?a><input name=q value=t><button>go</button></form>", "click()", f"/any?q=t&qc_clickid={FIRST}"),
    ("<form action=/no><button formaction=/any>go</button></form>", "click()", f"/any?qc_clickid={FIRST}"),
    (
        "<form action=/no><button formaction=/any?a formmethod=post>go</button></form>",
        "click()",
        f"/any?a&qc_clickid={FIRST}",
    ),
    (
        "<form method=post action=/any?a><button formmethod=get>go</button></form>",
        "click()",
        f"/any?qc_clickid={FIRST}",
    ),
    ("<form method=post action=/any?a><button>go</button></form>", "form.submit()", f"/any?a&qc_clickid={FIRST}"),
    ("<form action=/any><button>go</button></form>", "form.submit()", f"/any?qc_clickid={FIRST}"),
    ("<form action=/any><button>go</button></form>", "form.requestSubmit()", f"/any?qc_clickid={FIRST}"),
)


@pytest.mark.parametrize(("form", "act", "asked"), FORMS)
def test_carry_through_every_way_of_sending_a_form(shop: Shop, form: str, act: str, asked: str) -> None:
    shop.page("/", 'data-store="none" data-carry', body=form)
    shop.page("/any", 'data-store="none" data-carry')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.chrome.execute_script(f"document.querySelector('button').{act}")
    shop.wait_for_title("/any")
    assert shop.site.asked[-1] == asked
    assert shop.clickid() == FIRST


def test_carry_with_a_parameter_that_is_no_css_word(shop: Shop) -> None:
    shop.page("/", 'data-store="none" data-parameter="my.click[id]" data-carry', body="<form action=/any><button>go")
    shop.page("/any", 'data-store="none" data-parameter="my.click[id]"')
    shop.visit(f"/?my.click[id]={FIRST}")
    shop.click("button")
    shop.wait_for_title("/any")
    assert shop.clickid() == FIRST


def test_carry_marks_areas_dragged_links_and_links_in_a_shadow_tree(shop: Shop) -> None:
    shop.page("/", "data-carry", body="<map><area href=/a></map><a href=/b>b</a><div></div>")
    shop.visit(f"/?qc_clickid={FIRST}")
    found = shop.chrome.execute_script(
        "const stop = (event) => event.preventDefault(); addEventListener('click', stop);"
        "const root = document.querySelector('div').attachShadow({ mode: 'open' });"
        "root.innerHTML = '<a href=/c><b>c</b></a>'; root.querySelector('b').click();"
        "const area = document.querySelector('area'); area.click();"
        "const link = document.querySelector('a');"
        "link.dispatchEvent(new DragEvent('dragstart', { bubbles: true, composed: true }));"
        "return [area, link, root.querySelector('a')].map((one) => one.getAttribute('href'))"
    )
    assert found == [f"/{name}?qc_clickid={FIRST}" for name in "abc"]


VALUES = (
    ("umsatz: 0", {"umsatz": "0"}),
    ("umsatz: '0'", {"umsatz": "0"}),
    ("umsatz: 95.5", {"umsatz": "95.5"}),
    ("umsatz: 12n", {"umsatz": "12"}),
    ("nocheck: true", {"nocheck": "1"}),
    ("nocheck: 1", {"nocheck": "1"}),
    ("nocheck: false", {}),
    ("umsatz: null, produkt: undefined, subid: ''", {}),
    ("tid: 0", {"tid": "0"}),
    ("currency: 'EUR'", {"currency": "EUR"}),
    ("subid: ['a', 1]", {"subid": '["a",1]'}),
)


@pytest.mark.parametrize(("order", "sent"), VALUES)
def test_zero_and_true_are_values(shop: Shop, order: str, sent: dict[str, str]) -> None:
    shop.page("/", 'data-cpid="1"')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.chrome.execute_script(f"clicktrail.pixel({{ tid: 'T', {order} }})")
    assert shop.tracker.wait_for_call() == {"cpid": "1", "tid": "T", "clickid": FIRST, **sent}


@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_module_tags_the_one_with_the_order_fires_the_pixel(shop: Shop, swapped: bool) -> None:
    """A module runs once for both tags, without document.currentScript."""
    source = f'type="module" src="{shop.tracker.origin}/clicktrail.js"'
    tags = [f'<script {source} data-store="session" data-cpid="1"></script>',
            f'<script {source} data-tid="A-1" data-umsatz="5.00"></script>']  # fmt: skip
    html = "<!doctype html><title>t</title>" + "".join(reversed(tags) if swapped else tags)
    shop.site.pages["/thanks"] = ("text/html", html.encode())
    shop.tracker.pages["/clicktrail.js"] = ("text/javascript", shop.tracker.pages["/clicktrail.js"][1])
    shop.tracker.cors = True
    shop.visit(f"/thanks?qc_clickid={FIRST}")
    assert shop.tracker.wait_for_call() == {"cpid": "1", "tid": "A-1", "umsatz": "5.00", "clickid": FIRST}
    assert shop.stored() == (None, FIRST)
    assert len(shop.tracker.calls()) == 1


NO_YES = ("null", "undefined", "0", "1", "'0'", "'1'", "''", "'false'", "'true'", "'yes'", "NaN", "{}", "[]", "false",
          "new Event('click')")  # fmt: skip


@pytest.mark.parametrize("answer", NO_YES)
@pytest.mark.parametrize(
    "way",
    ["clicktrail.consent({})", "document.dispatchEvent(new CustomEvent('clicktrail:consent', {{ detail: {} }}))"],
)
def test_only_an_explicit_yes_is_consent(shop: Shop, answer: str, way: str) -> None:
    shop.page("/", 'data-consent="wait"')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.chrome.execute_script(way.format(answer))
    assert shop.stored() == (None, None)


def test_an_event_without_an_answer_is_no_consent(shop: Shop) -> None:
    shop.page("/", 'data-consent="wait"')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.chrome.execute_script("document.dispatchEvent(new CustomEvent('clicktrail:consent'))")
    assert shop.stored() == (None, None)
    shop.chrome.execute_script("clicktrail.consent(true)")
    assert shop.cookie() == FIRST


def test_no_answer_yet_leaves_what_was_stored(shop: Shop) -> None:
    shop.page("/")
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.chrome.execute_script("clicktrail.consent(null); clicktrail.consent(undefined)")
    assert shop.cookie() == FIRST


@pytest.mark.parametrize("option", ["wait", "WAIT", "“wait”", "", "false", "0", "denied", "yes"])
def test_an_unknown_consent_option_waits(shop: Shop, option: str) -> None:
    shop.page("/", f'data-consent="{option}"')
    shop.visit(f"/?qc_clickid={FIRST}")
    assert shop.stored() == (None, None)


def test_a_second_tag_does_not_give_the_consent_that_the_first_waits_for(shop: Shop) -> None:
    second = f'<script src="{shop.tracker.origin}/clicktrail.js" defer data-cpid="1" data-tid="A-1"></script>'
    shop.page("/", 'data-consent="wait"', body=second)
    shop.visit(f"/?qc_clickid={FIRST}")
    assert shop.stored() == (None, None)
    assert shop.tracker.calls() == []


def prerender(path: str) -> str:
    rules = {"prerender": [{"source": "list", "urls": [path], "eagerness": "immediate"}]}
    return f'<script type="speculationrules">{json.dumps(rules)}</script>'


RAN = '<script type="module">fetch("/ran")</script>'
"""Modules run in their order behind the deferred scripts: the request says that clicktrail.js has run."""


def test_nothing_is_stored_or_sent_before_a_prerendered_page_is_shown(shop: Shop) -> None:
    landing = f"/thanks?qc_clickid={SECOND}"
    shop.page("/", body=prerender(landing) + f'<a href="{landing}">thanks</a>')
    shop.page("/thanks", 'data-cpid="1" data-tid="A-1"', body=RAN)
    shop.visit(f"/?qc_clickid={FIRST}")
    until(lambda: "/ran" in shop.site.asked, PATIENCE_S, "the page is prerendered and its scripts have run")
    assert shop.tracker.calls() == []
    assert shop.cookie() == FIRST
    shop.click("a")
    assert shop.tracker.wait_for_call()["clickid"] == SECOND
    shop.wait_for_title("/thanks")
    assert shop.cookie() == SECOND
    activated = "return performance.getEntriesByType('navigation')[0].activationStart > 0"
    assert shop.chrome.execute_script(activated), "the page was loaded anew: the test proves nothing"


def test_carry_into_a_listed_host_in_capitals(shop: Shop, other: Site) -> None:
    port = urlsplit(other.origin).port
    shop.page("/", f'data-carry data-hosts="LOCALHOST:{port}"', body=f'<a href="http://localhost:{port}/">pay</a>')
    shop.visit(f"/?qc_clickid={FIRST}")
    shop.click("a")
    shop.wait_for_title("elsewhere")
    assert f"/?qc_clickid={FIRST}" in other.asked


def test_a_cookie_of_the_shops_server_is_read_and_not_written_again(shop: Shop) -> None:
    """A cookie that a script writes lives seven days in Safari, also one that a server had set before."""
    shop.page("/", 'data-store="server"')
    shop.visit("/")
    shop.chrome.add_cookie({"name": "clicktrail", "value": SECOND, "path": "/"})
    shop.visit(f"/?qc_clickid={FIRST}")
    assert shop.clickid() == FIRST
    assert shop.cookie() == SECOND
    shop.visit("/")
    assert shop.clickid() == SECOND
    shop.chrome.execute_script("clicktrail.consent(false)")
    until(lambda: shop.cookie() is None, PATIENCE_S, "the cookie is removed")
