"""The assistant's code, run as it stands: each shop system makes a transaction with the right amount and partner.

PHP, Python, Node and the shell run as they are; a shop system stands there as the few calls that the code makes of it
(`support/stands/`). What needs a browser is run in `tests/browser/test_setup_journeys.py`.
"""

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.books import Books
from support.observe import until
from support.ports import free_port
from support.server import Server, fetch
from support.shops import Shop as Caller
from support.shops import known
from support.woven import STANDS, signed_setup, usual_setup, written

from clicktrail.control.assistant.shape import SESSION, STEPS, Setup
from clicktrail.control.assistant.shops import SHOPS
from clicktrail.control.assistant.weaving import LITERALS, NO_TOKEN

SIGNED_PROGRAM, TOKEN_PROGRAM = 21, 22
TOKEN = "o'k\\en \"1&2"  # noqa: S105 - as odd as the shop's own may be
CATALOG = f"""
[[program]]
id = {SIGNED_PROGRAM}
name = "Signed"
currency = "EUR"
time_zone = "Europe/Berlin"
signed = true
default_product = "Sale"
[[program.product]]
name = "Sale"
percent = "10"
[[program.target]]
alias = "default"
url = "https://shop.example/?qc_clickid=<% CLICKID %>"
[[program]]
id = {TOKEN_PROGRAM}
name = "Token"
currency = "EUR"
time_zone = "Europe/Berlin"
token_required = true
default_product = "Sale"
[[program.product]]
name = "Sale"
percent = "10"
[[program.target]]
alias = "default"
url = "https://shop.example/?qc_clickid=<% CLICKID %>"
[[partner]]
id = 2
name = "Test partner"
[[partner.approval]]
program = {SIGNED_PROGRAM}
products = ["*"]
[[partner.approval]]
program = {TOKEN_PROGRAM}
products = ["*"]
[[partner.approval]]
program = 1
products = ["*"]
"""
NO_CLICKID = "QC12'\"><script>"
WITHIN_S = 30
NET_CENTS = 9550
WEBHOOK_SECRET = "whsec"  # noqa: S105 - of the stand-in


@dataclass(frozen=True)
class Told:
    """What a run left behind."""

    pixel: str = ""
    """Address of the image; empty where the code made the call of the pixel itself, or none."""


Run = Callable[[Path, str, str], Told]


def run(folder: Path, *words: str, **environ: str) -> str:
    ended = subprocess.run(
        words, cwd=folder, env={"PATH": "/usr/local/bin:/usr/bin:/bin", "FOLDER": str(folder), **environ},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def image_of(page: str) -> str:
    found = re.findall(r'<img src="([^"]+)" width="1" height="1" alt="">', page)
    assert len(found) == 1, page
    return html.unescape(found[0])


PHP = ("php", "-d", "display_errors=1", "-d", "arg_separator.output=&amp;")
"""Some hosts and frameworks set the separator that http_build_query uses."""


def php(folder: Path, tid: str, clickid: str) -> Told:
    return Told(image_of(php_page(folder, tid, clickid)))


def php_page(folder: Path, tid: str, clickid: str = NO_CLICKID) -> str:
    (folder / "shop.php").write_text(
        "<?php $_GET['qc_clickid'] = getenv('CLICKID'); $order = ['number' => getenv('TID'), 'net' => 95.5];"
        "foreach (['every-page', 'confirmation-page', 'order-stored'] as $page) { require __DIR__ . \"/$page.php\"; }"
    )
    words = [*PHP, "-d", "session.use_cookies=0", "-d", "session.cache_limiter="]
    return run(folder, *words, "-d", f"session.save_path={folder}", "shop.php", TID=tid, CLICKID=clickid)


def python(folder: Path, tid: str, clickid: str) -> Told:
    return Told(python_page(folder, tid, clickid).strip())


def python_page(folder: Path, tid: str, clickid: str = NO_CLICKID) -> str:
    pieces = [folder / name for name in ("every_page.py", "confirmation_page.py", "order_stored.py")]
    shop = """
import os
from types import SimpleNamespace
cookies = {}
response = SimpleNamespace(set_cookie=lambda name, value, **_: cookies.update({name: value}))
request = SimpleNamespace(
    GET={"qc_clickid": os.environ["CLICKID"]}, session={}, COOKIES=cookies, is_secure=lambda: True
)
order = SimpleNamespace(number=os.environ["TID"], net=95.5)
"""
    (folder / "shop.py").write_text(shop + "".join(piece.read_text() for piece in pieces) + "\nprint(image)\n")
    return run(folder, sys.executable, "shop.py", TID=tid, CLICKID=clickid)


def node(folder: Path, tid: str, clickid: str) -> Told:
    return Told(node_page(folder, tid, clickid).strip())


def node_page(folder: Path, tid: str, clickid: str = NO_CLICKID) -> str:
    page = folder / "confirmation-page.mjs"
    page.write_text(page.read_text() + "\nexport { image };\n")
    (folder / "shop.mjs").write_text(
        """
globalThis.order = { number: process.env.TID, net: 95.5 };
globalThis.request = { query: { qc_clickid: process.env.CLICKID }, session: {}, headers: {}, secure: true };
const response = { cookie: (name, value) => { request.headers.cookie = `a=b; ${name}=${value}`; } };
globalThis.app = { use: (act) => act(request, response, () => {}) };
await import("./every-page.mjs");
const { image } = await import("./confirmation-page.mjs");
await import("./order-stored.mjs");
console.log(image);
"""
    )
    return run(folder, "node", "shop.mjs", TID=tid, CLICKID=clickid)


def shell(folder: Path, tid: str, clickid: str) -> Told:
    run(folder, "sh", "report.sh", ORDER_NUMBER=tid, NET_AMOUNT="95.50", CLICKID=clickid)
    return Told()


def stand_in(name: str) -> Run:
    def run_it(folder: Path, tid: str, clickid: str) -> Told:
        for path in folder.rglob("*.ph*"):
            run(folder, "php", "-l", str(path))
        return Told(image_of(run(folder, *PHP, str(STANDS / name), TID=tid, CLICKID=clickid)))

    return run_it


def shopify(folder: Path, tid: str, clickid: str) -> Told:
    return _shopify(folder, tid, clickid, PIXEL="1")


def shopify_webhook(folder: Path, tid: str, clickid: str) -> Told:
    return _shopify(folder, tid, clickid)


def _shopify(folder: Path, tid: str, clickid: str, **more: str) -> Told:
    environ = {"PORT": str(free_port()), "SHOPIFY_WEBHOOK_SECRET": WEBHOOK_SECRET}
    path = {"PATH": os.environ["PATH"]}
    server = subprocess.Popen(["node", "order-webhook.mjs"], cwd=folder, env=path | environ)
    try:
        told = run(folder, "node", str(STANDS / "shopify.mjs"), TID=tid, CLICKID=clickid, **environ, **more)
        assert json.loads(told) == [401, 200]
    finally:
        server.terminate()
        server.wait()
    return Told()


def gtm(folder: Path, tid: str, clickid: str) -> Told:
    assert json.loads(run(folder, "node", str(STANDS / "gtm.mjs"), TID=tid, CLICKID=clickid)) == ["success"]
    return Told()


RUNS: dict[str, tuple[Run, str]] = {
    "html": (shell, "curl"),
    "php": (php, "php-curl"),
    "python": (python, ""),
    "node": (node, "node"),
    "woocommerce": (stand_in("woocommerce.php"), "php-curl"),
    "shopware": (stand_in("shopware.php"), "php-curl"),
    "shopify": (shopify, "node"),
    "magento": (stand_in("magento.php"), "php-curl"),
    "gtm": (gtm, "node"),
}
"""Key of a system -> what runs it, and what that needs."""
BOTH = ("php", "python", "node", "woocommerce", "shopware", "shopify", "magento")
"""Whose run does both: the pixel and the server call. The pixels of html and gtm are run in a browser."""
CURRENCY = ("woocommerce", "shopware", "shopify", "magento", "gtm")
"""Systems that tell the currency of an order."""

NOBODY = {"php": php_page, "python": python_page, "node": node_page}


def runs(keys: tuple[str, ...]) -> list[object]:
    return [pytest.param(key, marks=[pytest.mark.needs(RUNS[key][1])] if RUNS[key][1] else [], id=key) for key in keys]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("assistant-code") / "data")
    try:
        made.lay()
        setup = made.data / "setup.toml"
        setup.write_text(CATALOG)
        made.run("catalog", "apply", str(setup))
        yield made.start()
    finally:
        made.stop()
        made.close()


@pytest.fixture(scope="module")
def caller(server: Server) -> Caller:
    return Caller.opened(server, SIGNED_PROGRAM)


def a_click(server: Server, program: int = 1) -> str:
    return str(server.get(f"/go.cgi?cpid={program}&pid=2&format=json").json()["clickid"])


def is_credited(server: Server, tid: str, program: int = 1) -> None:
    """To the test partner, once, as a test: 95.50 euros of revenue."""
    columns = "partner_id, test, product, revenue_minor, currency"
    books = Books(server.data)
    sql = f"SELECT {columns} FROM ledger_transaction WHERE program_id = ? AND tid = ?"
    rows = until(lambda: books.rows(sql, program, tid), WITHIN_S, f"transaction of {tid}")
    assert [tuple(row) for row in rows] == [(2, 1, "Sale", NET_CENTS, "EUR")]


def wait_for_reasons(server: Server, tid: str, expected: list[str]) -> None:
    def look() -> bool:
        rows = Books(server.data).rows("SELECT reason FROM ledger_postback WHERE tid = ?", tid)
        return sorted(row[0] for row in rows) == expected

    until(look, WITHIN_S, f"{tid} is {expected}")


def test_every_system_is_run() -> None:
    """A new system needs a run of its own."""
    assert set(RUNS) == set(SHOPS)


@pytest.mark.parametrize("key", runs(tuple(RUNS)))
def test_an_order_is_credited(server: Server, tmp_path: Path, key: str) -> None:
    folder = written(key, usual_setup(key, server.edge_url), tmp_path)
    tid = f"10{list(RUNS).index(key)}"
    told = RUNS[key][0](folder, tid, a_click(server))
    is_credited(server, tid)
    if told.pixel:
        assert fetch("GET", told.pixel).body.startswith(b"GIF8")
    if key in BOTH:
        wait_for_reasons(server, tid, ["duplicate", "saved"])
    if key in CURRENCY:
        rows = Books(server.data).rows("SELECT params FROM ledger_postback WHERE tid = ?", tid)
        assert {json.loads(row[0]).get("currency") for row in rows} == {"EUR"}


@pytest.mark.parametrize("key", runs(("php", "python", "node", "woocommerce")))
def test_the_pixel_alone_is_credited(server: Server, tmp_path: Path, key: str) -> None:
    """Without the code of step 3; the image is loaded later."""
    folder = written(key, usual_setup(key, server.edge_url), tmp_path)
    for path in folder.rglob("*"):
        if path.name in ("order-stored.php", "order_stored.py", "order-stored.mjs", "server-call.php"):
            path.write_text("<?php\n" if path.suffix == ".php" else "")
    tid = f"pixel {key} ö&<"
    told = RUNS[key][0](folder, tid, a_click(server))
    assert Books(server.data).rows("SELECT 1 FROM ledger_postback WHERE tid = ?", tid) == []
    assert fetch("GET", told.pixel).body.startswith(b"GIF8")
    wait_for_reasons(server, tid, ["saved"])
    is_credited(server, tid)


@pytest.mark.parametrize("key", runs(tuple(key for key in RUNS if SHOPS[key].signs_server)))
def test_signed_calls_are_credited(server: Server, caller: Caller, tmp_path: Path, key: str) -> None:
    setup = signed_setup(key, server, SIGNED_PROGRAM, caller.number, caller.secret)
    folder = written(key, setup, tmp_path)
    tid = f"20{list(RUNS).index(key)}"
    act = shopify_webhook if key == "shopify" else RUNS[key][0]
    told = act(folder, tid, a_click(server, SIGNED_PROGRAM))
    is_credited(server, tid, SIGNED_PROGRAM)
    if told.pixel:
        assert "sig=" in told.pixel
        assert fetch("GET", told.pixel).body.startswith(b"GIF8")
        wait_for_reasons(server, tid, ["duplicate", "saved"])


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    server.run("keys", "call", "create", "--program", str(TOKEN_PROGRAM), "--token", "--text", TOKEN)
    known(server)
    return TOKEN


@pytest.mark.parametrize("key", runs(tuple(RUNS)))
def test_the_token_goes_with_the_server_call_alone(server: Server, token: str, tmp_path: Path, key: str) -> None:
    """The developer writes it where the code says so."""
    setup = usual_setup(key, server.edge_url, program=TOKEN_PROGRAM, token=True)
    folder = written(key, setup, tmp_path)
    literals = {piece.name: LITERALS[piece.language] for step in STEPS for piece in SHOPS[key].pieces(step)}
    for name, literal in literals.items():
        code = (folder / name).read_text()
        (folder / name).write_text(code.replace(literal(NO_TOKEN), literal(token)))
    tid = f"30{list(RUNS).index(key)}"
    act = shopify_webhook if key == "shopify" else RUNS[key][0]
    told = act(folder, tid, a_click(server, TOKEN_PROGRAM))
    is_credited(server, tid, TOKEN_PROGRAM)
    assert "token" not in told.pixel


@pytest.mark.parametrize("key", runs(("php", "python", "node")))
@pytest.mark.parametrize(("cookie", "minor"), [(True, False), (False, True)], ids=["cookie", "whole-cents"])
def test_other_names_and_places(server: Server, tmp_path: Path, key: str, cookie: bool, minor: bool) -> None:
    place = "cookie" if cookie else SESSION
    setup = usual_setup(key, server.edge_url, place=place, name="of-the_shop", minor=minor, product="")
    amounts = {"php": "round($order['net'] * 100)", "python": "int(order.net * 100)", "node": "order.net * 100"}
    setup = _with_amount(setup, amounts[key]) if minor else setup
    tid = f"other-{key}-{place}"
    RUNS[key][0](written(key, setup, tmp_path), tid, a_click(server))
    is_credited(server, tid)


def _with_amount(setup: Setup, amount: str) -> Setup:
    return replace(setup, amount=amount)


@pytest.mark.needs("php-curl")
def test_woocommerce_checkout_of_blocks(server: Server, tmp_path: Path) -> None:
    folder = written("woocommerce", usual_setup("woocommerce", server.edge_url), tmp_path)
    stand = STANDS / "woocommerce.php"
    page = run(folder, "php", str(stand), TID="blocks-1", CLICKID=a_click(server), BLOCKS="1")
    assert f'<script src="{server.edge_url}/clicktrail.js" defer data-parameter="qc_clickid"' in page
    is_credited(server, "blocks-1")


@pytest.mark.parametrize("key", runs(("php", "python", "node", "woocommerce", "shopware", "magento")))
def test_a_clickid_in_small_letters_or_with_spaces_is_kept(server: Server, tmp_path: Path, key: str) -> None:
    folder = written(key, usual_setup(key, server.edge_url), tmp_path)
    RUNS[key][0](folder, f"spelling-{key}", f" {a_click(server).lower()} ")
    is_credited(server, f"spelling-{key}")


@pytest.mark.parametrize("key", runs(("php", "python", "node")))
def test_without_a_clickid_no_call_leaves(server: Server, tmp_path: Path, key: str) -> None:
    """An order nobody sent is nobody's business; a text that is no ClickID is none."""
    folder = written(key, usual_setup(key, server.edge_url), tmp_path)
    tid = f"nobody-{key}"
    told = NOBODY[key](folder, tid)
    assert told.strip() == ""
    assert Books(server.data).rows("SELECT 1 FROM ledger_postback WHERE tid = ?", tid) == []
