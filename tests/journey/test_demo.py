"""`clicktrail demo`: what a stranger sees who types one command."""

import json
import re
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from support.chromium import browser, complaints
from support.demos import LINK, Demo, clean
from support.observe import until
from support.server import Server, command

from clicktrail.demo import household
from clicktrail.demo.goods import net_cents
from clicktrail.demo.shop import Shop
from clicktrail.demo.tracking import Tracker
from clicktrail.demo.walk import Walk
from clicktrail.errors import StartError

PARTS = re.compile(r"^(ok|FAILED|  -)", re.MULTILINE)


class Customer:
    """A browser without a window: follows redirects, keeps cookies, sends forms."""

    def __init__(self) -> None:
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )
        self.address = self.page = ""

    def go(self, url: str, **form: str) -> "Customer":
        data = urlencode(form).encode() if form else None
        with self.opener.open(urljoin(self.address, url), data, 20) as answer:
            self.address, self.page = answer.geturl(), answer.read().decode()
        return self

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.page)
        assert match, self.page
        return unescape(match[1])

    def buy(self, good: str) -> str:
        """Order one piece; the order number."""
        self.go("/basket", good=good, change="1").go("/checkout", name="Ada", mail="a@mail.example")
        return self.found(r'id="tid">([^<]+)<')

    def load_pixel(self) -> bytes:
        with self.opener.open(self.found(r'id="pixel" src="([^"]+)"'), timeout=20) as answer:
            return bytes(answer.read())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    demo = Demo(folder / "data", folder / "words.txt")
    try:
        yield demo.start()
    finally:
        if hasattr(demo, "popen"):
            demo.stop()


def test_check_walks_the_five_steps(tmp_path: Path) -> None:
    """Without a folder of its own it leaves nothing behind."""
    environ = clean() | {"TMPDIR": str(tmp_path)}
    ended = subprocess.run(
        [*command(), "demo", "--check"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert PARTS.findall(ended.stdout) == ["ok"] * 5
    assert list(tmp_path.iterdir()) == []


class Forgetful:
    """A ledger that knows nothing."""

    def transaction(self, program: int, tid: str) -> None:
        return None

    def call(self, number: int) -> None:
        return None

    def calls(self, program: int, tid: str) -> list[dict[str, object]]:
        return []


def test_check_says_what_is_missing(demo: Demo) -> None:
    steps = Walk(demo.edge, demo.shop, Forgetful(), lambda condition: condition()).steps()
    assert [step.passed for step in steps] == [True, True, True, False, None]
    assert "There is no transaction for order HB-" in steps[3].sentence
    assert steps[3].mend


def test_check_says_that_a_link_leads_elsewhere(demo: Demo) -> None:
    steps = Walk(demo.edge, "http://127.0.0.1:1", Forgetful(), lambda condition: condition()).steps()
    assert [step.passed for step in steps] == [False, None, None, None, None]
    assert f"led to {demo.shop}/" in steps[0].sentence


def test_the_test_partner(demo: Demo) -> None:
    customer = Customer().go(demo.links(2)[0])
    clickid = customer.found(r'id="clickid">(QC\d{27})<')
    assert clickid in urlsplit(customer.address).query
    assert [cookie.name for cookie in customer.cookies] == ["hollybrook_session"]
    tid = customer.buy("house-espresso")
    assert customer.found(r'id="reason">([^<]*)<') == "saved"
    assert customer.load_pixel().startswith(b"GIF8")
    until(lambda: len(demo.log_lines(tid)) == 2, 20, "both calls are judged")
    (duplicate, first), (saved, second) = demo.log_lines(tid)
    assert (duplicate, saved) == ("duplicate", "saved")
    assert first == second
    assert demo.transaction(tid) == (2, "demo", 1, "Sale", 1084, 108, 1)


def test_a_partner_with_a_rate_of_its_own(demo: Demo) -> None:
    tid = Customer().go(demo.links(101)[0]).buy("first-box")
    assert demo.transaction(tid) == (101, "review-espresso", 1, "Sale", 6639, 830, 0)


def test_a_deep_link(demo: Demo) -> None:
    customer = Customer().go(demo.links(101)[1])
    assert urlsplit(customer.address).path == "/goods/dripper"
    assert demo.transaction(customer.buy("dripper"))[:3] == (101, "deep", 0)


def test_an_unapproved_product(demo: Demo) -> None:
    customer = Customer().go(demo.links(102)[0])
    assert urlsplit(customer.address).path == "/newsletter"
    customer.go("/newsletter", mail="a@mail.example")
    assert customer.found(r'id="reason">([^<]*)<') == "not_approved"
    assert demo.log_lines(customer.found(r'id="tid">([^<]+)<')) == [("not_approved", None)]


def test_a_lead_of_an_approved_partner(demo: Demo) -> None:
    link = demo.links(101)[0].replace("wmid=1", "wmid=2")
    customer = Customer().go(link).go("/newsletter", mail="a@mail.example")
    assert demo.transaction(customer.found(r'id="tid">([^<]+)<'))[2:6] == (2, "Lead", 0, 250)


def test_a_blocked_partner(demo: Demo) -> None:
    """The visitor reaches the shop all the same."""
    customer = Customer().go(demo.links(103)[0])
    tid = customer.buy("enamel-mug")
    assert customer.found(r'id="reason">([^<]*)<') == "partner_inactive"
    assert demo.log_lines(tid) == [("partner_inactive", None)]


def test_every_link_is_on_the_partners_page_too(demo: Demo) -> None:
    page = Customer().go(f"{demo.shop}/partners").page
    links = {unescape(link) for link in re.findall(r'href="(http[^"]+/go\.cgi[^"]+)"', page)}
    assert links == {url for _, _, _, url in LINK.findall(demo.words())}
    assert len(links) == 5


def test_the_console_lets_the_printed_user_in(demo: Demo) -> None:
    address, user, password = demo.console
    manager = Customer().go(address)
    token = manager.found(r'name="csrfmiddlewaretoken" value="([^"]+)"')
    assert 'type="password"' in manager.page
    manager.go(manager.address, csrfmiddlewaretoken=token, username=user, password=password)
    assert 'type="password"' not in manager.page
    assert "sessionid" in {cookie.name for cookie in manager.cookies}


def test_only_this_machine_can_reach_it(demo: Demo) -> None:
    """Every listening socket of the three ports is bound to 127.0.0.1."""
    kept = json.loads((demo.data / household.NOTE).read_text())
    ports = {kept["edge_port"], kept["console_port"], kept["shop_port"]}
    bound = {(port, host) for host, port in _listening() if port in ports}
    assert bound == {(port, "0100007F") for port in ports}


def _listening() -> Iterator[tuple[str, int]]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:] if Path(table).exists() else ():
            _, local, _, state, *_ = line.split()
            host, _, port = local.partition(":")
            if state == "0A":
                yield host, int(port, 16)


def test_a_second_demo_on_the_same_folder_is_refused(demo: Demo) -> None:
    before = (demo.data / household.NOTE).read_text()
    ended = subprocess.run(
        [*command(), "demo", "--data", str(demo.data)], env=clean(),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2
    assert "runs already" in ended.stderr
    assert (demo.data / household.NOTE).read_text() == before


def test_the_shop_survives_nonsense(demo: Demo) -> None:
    port = int(demo.shop.rpartition(":")[2])
    for request in (
        b"POST /basket HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
        b"POST /basket HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"GET /goods/../../etc/passwd HTTP/1.0\r\n\r\n",
        b"GET /thanks/HB-1 HTTP/1.0\r\nCookie: hollybrook_session=\xff;=;x\r\n\r\n",
        b"GET /?qc_clickid=%3Cscript%3E HTTP/1.0\r\n\r\n",
        b"\x00\x01\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            assert b"<script>" not in connection.makefile("rb").read()
    assert "Hollybrook" in Customer().go(demo.shop).page


@pytest.mark.needs("chromium", "chromedriver")
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)], ids=["wide and light", "narrow and dark"])
def test_in_a_real_browser(demo: Demo, tmp_path: Path, width: int, dark: bool) -> None:
    with browser(tmp_path / "profile", width=width, dark=dark) as chrome:
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        chrome.get(f"{demo.shop}/partners")
        fits(chrome)
        chrome.find_elements(By.CSS_SELECTOR, ".partner .button")[1].click()
        WebDriverWait(chrome, 120).until(lambda c: "qc_clickid=QC" in c.current_url)
        fits(chrome)
        for css in (".good .button, .good button", "main .button", "main form button"):
            chrome.find_element(By.CSS_SELECTOR, css).click()
            fits(chrome)
        tid = chrome.find_element(By.ID, "tid").text
        until(lambda: len(demo.log_lines(tid)) == 2, 20, "server call and pixel are judged")
        assert [reason for reason, _ in demo.log_lines(tid)] == ["duplicate", "saved"]
        assert [cookie["name"] for cookie in chrome.get_cookies()] == ["hollybrook_session"]
        background = chrome.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert background == ("rgb(25, 20, 17)" if dark else "rgb(250, 246, 239)")
        assert complaints(chrome) == []


def fits(chrome: Chrome) -> None:
    """Nothing sticks out sideways."""
    assert chrome.execute_script("return document.documentElement.scrollWidth - innerWidth") <= 0


def test_ctrl_c_stops_and_the_next_start_goes_on(demo: Demo) -> None:
    """Same password, same ports, same ledger: links that somebody kept still work."""
    console, link = demo.console, demo.links(2)[0]
    tid = Customer().go(link).buy("yirgacheffe")
    assert demo.stop() == 0
    assert not any((demo.data / "run").glob("*.json"))
    demo.log = demo.log.with_name("again.txt")
    demo.environ = {"CLICKTRAIL_EDGE": "0.0.0.0:1"}
    demo.start()
    assert demo.console == console
    assert demo.links(2)[0] == link
    assert demo.transaction(tid)[0] == 2
    assert [lines[0] for lines in demo.log_lines(tid)] == ["saved"]
    Customer().go(link).buy("yirgacheffe")


def test_a_real_installation_is_left_alone(tmp_path: Path) -> None:
    real = Server(tmp_path / "data")
    real.lay()
    ended = real.ended("demo")
    assert ended.returncode == 2
    assert "choose another --data" in ended.stderr
    assert not (real.data / household.NOTE).exists()
    real.close()


def test_variables_of_a_real_installation_stay_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKTRAIL_DATABASE", "postgresql://real")
    monkeypatch.setenv("CLICKTRAIL_EDGE", "0.0.0.0:80")
    settings = household.settings_of(tmp_path, 8400, 8401)
    assert settings.database == ""
    assert settings.edge == "127.0.0.1:8400"


def test_a_taken_port_is_replaced_and_a_held_one_is_safe() -> None:
    with household.hold(0) as taken, household.hold(household.port_of(taken)) as other:
        assert household.port_of(other) not in (0, household.port_of(taken))


def test_the_password_is_kept_and_private(tmp_path: Path) -> None:
    first = household.take(tmp_path)
    assert household.take(tmp_path) == first
    assert len(first.password) >= 12
    assert (tmp_path / household.NOTE).stat().st_mode & 0o777 == 0o600


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(StartError, match="choose another --data"):
        household.take(tmp_path)


def test_a_tracker_out_of_reach_does_not_stop_an_order(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        edge = f"http://127.0.0.1:{reserved.getsockname()[1]}"
    shop = Shop(Tracker(edge), household.hold(0))
    shop.start()
    try:
        customer = Customer().go(f"{shop.url}/?qc_clickid=QC{'1' * 27}")
        assert customer.buy("dripper").startswith("HB-")
        assert customer.found(r'id="reason">([^<]*)<') == "out of reach"
    finally:
        shop.stop()


@pytest.mark.parametrize(("gross", "net"), [(0, 0), (119, 100), (1, 1), (1290, 1084), (7900, 6639), (100, 84)])
def test_net_revenue(gross: int, net: int) -> None:
    assert net_cents(gross) == net
