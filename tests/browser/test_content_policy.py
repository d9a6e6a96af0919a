"""The content policy in a real browser: no page of ours breaks it, and what it forbids does not happen."""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from support.chromium import complaints
from support.observe import until
from support.page import PATIENCE_S, click, found, press, shows, text, write
from support.server import Server, fetch
from support.stranger import code_now

pytestmark = pytest.mark.needs("chromium", "chromedriver")

INJECTED = """
    const box = document.createElement("div");
    box.innerHTML = '<img src="/nowhere.png" onerror="window.pwned = 1">'
        + '<a id="js" href="javascript:window.pwned=2">x</a>';
    document.body.append(box);
    const script = document.createElement("script");
    script.textContent = "window.pwned = 3";
    document.body.append(script);
    document.getElementById("js").click();
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("policy") / "data")
    try:
        yield made.start()
    finally:
        made.stop()
        made.close()


def sign_in(driver: Chrome, server: Server) -> None:
    driver.get(server.console_url + "/login/")
    write(driver, "username", server.user)
    write(driver, "password", server.password)
    press(driver, "Log in")


def policy(server: Server, path: str) -> str:
    return fetch("GET", server.console_url + path).headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/login/", "/no/such/page", "/static/console/icon.svg", "/jsi18n/"])
def test_public_pages_have_the_strict_policy(server: Server, path: str) -> None:
    told = policy(server, path)
    assert told.startswith("default-src 'none'; script-src 'self'; ")
    assert "frame-ancestors 'none'" in told and "base-uri 'none'" in told and "form-action 'self'" in told
    assert "unsafe" not in told and "data:" not in told


def test_the_second_factor_is_set_up_and_used_and_no_page_complains(server: Server, driver: Chrome) -> None:
    """Picture code, recovery codes, signing out, both steps of signing in."""
    driver.set_window_size(390, 900)
    sign_in(driver, server)
    until(lambda: urlsplit(driver.current_url).path == "/", PATIENCE_S, "the first page")
    driver.get(server.console_url + "/account/")
    shows(driver, "Where you are signed in")
    shows(driver, "this one")
    assert "Chrome on Linux" in text(driver)
    press(driver, "Set up")
    picture = found(driver, By.CSS_SELECTOR, "img.ct-qr")
    until(lambda: picture.get_property("naturalWidth"), PATIENCE_S, "the picture code")
    secret = found(driver, By.CSS_SELECTOR, ".ct-steps code").text.replace(" ", "")
    write(driver, "code", code_now(secret))
    press(driver, "Switch on")
    shows(driver, "this once only")
    too_wide = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
    assert too_wide <= 0
    driver.get("about:blank")  # A late answer of the page would bring its cookies back.
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    sign_in(driver, server)
    shows(driver, "Second step")
    write(driver, "code", code_now(secret, 1))
    press(driver, "Go on")
    until(lambda: urlsplit(driver.current_url).path == "/", PATIENCE_S, "the first page")
    driver.get(server.console_url + "/account/second-factor/off/")
    press(driver, "Switch off")
    shows(driver, "The second factor is off")
    assert complaints(driver) == []


def test_the_consoles_own_scripts_work_under_it(server: Server, driver: Chrome) -> None:
    """Menus (alpine) open; so the policy is not merely obeyed by pages that are dead."""
    sign_in(driver, server)
    click(driver, By.XPATH, "//span[normalize-space()='unfold_more']")
    press(driver, "My account")
    shows(driver, "Where you are signed in")
    assert complaints(driver) == []


@pytest.mark.parametrize("inside", [False, True])
def test_what_was_smuggled_in_does_not_run(server: Server, driver: Chrome, inside: bool) -> None:
    """Inline handlers, inline scripts and script addresses, on a public page and on one of the console."""
    if inside:
        sign_in(driver, server)
        shows(driver, "Transactions")
    else:
        driver.get(server.console_url + "/login/")
    driver.execute_script(INJECTED)
    seen: list[str] = []
    until(lambda: seen.extend(complaints(driver)) or len(blocked(seen)) >= 3, PATIENCE_S, "three refusals")
    assert driver.execute_script("return window.pwned") is None


def blocked(seen: list[str]) -> list[str]:
    return [line for line in seen if "Content Security Policy" in line]


def test_nothing_is_fetched_from_and_sent_to_elsewhere(server: Server, driver: Chrome) -> None:
    sign_in(driver, server)
    shows(driver, "Transactions")
    driver.execute_script(
        "const i = new Image(); i.src = arguments[0] + '/?stolen=1'; document.body.append(i);"
        "fetch(arguments[0] + '/?stolen=2').catch(() => 0); navigator.sendBeacon(arguments[0] + '/?stolen=3');"
        "const f = document.createElement('form'); f.action = arguments[0] + '/'; f.method = 'post';"
        "document.body.append(f); f.submit();",
        server.edge_url,
    )
    seen: list[str] = []
    until(lambda: seen.extend(complaints(driver)) or len(blocked(seen)) >= 4, PATIENCE_S, "four refusals")
    assert urlsplit(driver.current_url).netloc == urlsplit(server.console_url).netloc


def test_no_page_shows_itself_in_a_frame(server: Server, driver: Chrome) -> None:
    """Clickjacking: another site cannot lay its own page over ours."""
    pages = [server.console_url + path for path in ("/login/", "/no/such/page")] + [server.edge_url + "/go.cgi?cpid=9"]
    driver.get("data:text/html," + quote("".join(f'<iframe src="{page}"></iframe>' for page in pages)))
    for number in range(len(pages)):
        driver.switch_to.default_content()
        driver.switch_to.frame(number)
        until(
            lambda: driver.execute_script("return location.protocol") == "chrome-error:",
            PATIENCE_S,
            "a refused frame",
        )


def test_an_edges_page_is_bare(server: Server, driver: Chrome) -> None:
    driver.get(server.edge_url + "/go.cgi?cpid=999")
    shows(driver, "This link leads nowhere")
    driver.execute_script(INJECTED)
    seen: list[str] = []
    until(lambda: seen.extend(complaints(driver)) or len(blocked(seen)) >= 3, PATIENCE_S, "three refusals")
    assert driver.execute_script("return window.pwned") is None
