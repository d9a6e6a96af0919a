"""The shop's how-to, run as it stands there: real PHP, Node, Python, curl and browser against a live server."""

import json
import re
import shlex
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from selenium.webdriver.support.ui import WebDriverWait
from support.books import Books
from support.chromium import browser
from support.observe import until
from support.ports import free_port
from support.server import Server, fetch

from clicktrail.core.reasons import REASONS

HOWTO = Path(__file__).parents[2] / "docs/tutorial/shop-howto.md"
TRACKER = "https://track.example.com"
BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITHIN_S = 30
NET_CENTS = 9550


@dataclass(frozen=True)
class Block:
    language: str
    name: str
    code: str


BLOCKS = [Block(*found) for found in BLOCK.findall(HOWTO.read_text())]
FILES = {block.name: block.code for block in BLOCKS if block.name}


def unpack(folder: Path, tracker: str) -> Path:
    """Every block that has a file name, with the address of a real server in it."""
    folder.mkdir(exist_ok=True)
    for name, code in FILES.items():
        (folder / name).write_text(code.replace(TRACKER, tracker))
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("howto") / "data")
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="module")
def shop(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(tmp_path_factory.mktemp("howto-code"), server.edge_url)


def clickid(server: Server) -> str:
    """A click of the test partner, by JSON as an app would."""
    return str(server.get("/go.cgi?cpid=1&pid=2&wmid=1&format=json").json()["clickid"])


def is_credited(server: Server, tid: str) -> None:
    """To the test partner, once: 95.50 euros of revenue, 10 %."""
    columns = "partner_id, product, revenue_minor, commission_minor"
    rows = Books(server.data).rows(f"SELECT {columns} FROM ledger_transaction WHERE tid = ?", tid)
    assert [tuple(row) for row in rows] == [(2, "Sale", NET_CENTS, 955)]


def reasons(server: Server, tid: str) -> list[str]:
    """The verdicts in the log, sorted; a call that waits has none yet."""
    rows = Books(server.data).rows("SELECT reason FROM ledger_postback WHERE tid = ?", tid)
    return sorted(row[0] for row in rows)


def wait_for_reasons(server: Server, tid: str, expected: list[str]) -> None:
    until(lambda: reasons(server, tid) == expected, WITHIN_S, f"{tid} is {expected}")


def run(folder: Path, *words: str, **environ: str) -> Any:
    """Run a program to its end; what it printed, as JSON."""
    return finish(start(folder, *words, **environ))


def start(folder: Path, *words: str, **environ: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        words, cwd=folder, env={"PATH": _path(folder), **environ},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process: "subprocess.Popen[str]") -> Any:
    out, err = process.communicate(timeout=WITHIN_S + 30)
    assert process.returncode == 0, err
    return json.loads(out)


def _path(folder: Path) -> str:
    """With the command `clicktrail`, as an installation has it."""
    own = folder / "clicktrail"
    if not own.exists():
        source = Path(__file__).parents[2] / "src"
        own.write_text(f'#!/bin/sh\nPYTHONPATH={source} exec {shlex.quote(sys.executable)} -m clicktrail "$@"\n')
        own.chmod(0o755)
    return f"{folder}:/usr/local/bin:/usr/bin:/bin"


# Programs that use the how-to's files as a shop would. Each prints what report() returned.

PHP = """
require 'clicktrail.php';
echo json_encode(clicktrail_report(clicktrail_facts(getenv('TID'), 9550, getenv('CLICKID'))));
"""
PYTHON = """
import json, os
from clicktrail_shop import facts_of, pixel, remember
from order import order_done
session = {}
remember({"qc_clickid": os.environ["CLICKID"]}, session)
remember({"qc_clickid": "no ClickID"}, session)
facts = facts_of(os.environ["TID"], 9550, session["clickid"])
print(json.dumps({"verdict": order_done(os.environ["TID"], 9550, session), "pixel": pixel(facts)}))
"""
NODE = """
import { factsOf, pixel, remember } from "./clicktrail.mjs";
import { orderDone } from "./order.mjs";
const session = {};
remember({ qc_clickid: process.env.CLICKID }, session);
remember({ qc_clickid: "no ClickID" }, session);
const facts = factsOf(process.env.TID, 9550, session.clickid);
console.log(JSON.stringify({ verdict: await orderDone(process.env.TID, 9550, session), pixel: pixel(facts) }));
"""


def php(folder: Path, tid: str, clickid: str) -> "subprocess.Popen[str]":
    # Some hosts and frameworks set the separator that http_build_query uses.
    return start(folder, "php", "-d", "arg_separator.output=&amp;", "-r", PHP, TID=tid, CLICKID=clickid)


def python(folder: Path, tid: str, clickid: str) -> "subprocess.Popen[str]":
    return start(folder, sys.executable, "-c", PYTHON, TID=tid, CLICKID=clickid)


def node(folder: Path, tid: str, clickid: str) -> "subprocess.Popen[str]":
    return start(folder, "node", "--input-type=module", "-e", NODE, TID=tid, CLICKID=clickid)


def curl(folder: Path, tid: str, clickid: str) -> "subprocess.Popen[str]":
    return start(folder, "sh", "report.sh", ORDER_NUMBER=tid, NET_AMOUNT="95.50", CLICKID=clickid)


LANGUAGES = {
    "php": pytest.param(php, marks=pytest.mark.needs("php-curl")),
    "python": pytest.param(python),
    "node": pytest.param(node, marks=pytest.mark.needs("node")),
    "curl": pytest.param(curl, marks=pytest.mark.needs("curl")),
}


def verdict_of(told: Any) -> dict[str, Any]:
    return told.get("verdict", told)


def test_every_block_is_run_here() -> None:
    """A new block needs a test of its own."""
    assert sorted((block.language, block.name) for block in BLOCKS) == [
        ("html", ""),
        ("html", ""),
        ("js", "clicktrail.mjs"),
        ("js", "order.mjs"),
        ("js", "returned.mjs"),
        ("js", "sign.mjs"),
        ("json", ""),
        ("php", "clicktrail.php"),
        ("php", "confirmation.php"),
        ("php", "landing.php"),
        ("php", "returned.php"),
        ("php", "sign.php"),
        ("python", "clicktrail_shop.py"),
        ("python", "clicktrail_sign.py"),
        ("python", "order.py"),
        ("python", "returned.py"),
        ("sh", "ask.sh"),
        ("sh", "doctor.sh"),
        ("sh", "report.sh"),
        ("text", ""),
    ]


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_server_call(server: Server, shop: Path, language: Any) -> None:
    tid = f"call-{language.__name__} & ö"
    verdict = verdict_of(finish(language(shop, tid, clickid(server))))
    assert (verdict["reason"], verdict["saved"]) == ("saved", True)
    is_credited(server, tid)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_a_discarded_order_tells_why(server: Server, shop: Path, language: Any) -> None:
    verdict = verdict_of(finish(language(shop, f"bad-{language.__name__}", "QC" + "1" * 27)))
    assert (verdict["reason"], verdict["saved"], verdict["transaction"]) == ("malformed_clickid", False, None)
    assert verdict["message"]


@pytest.mark.parametrize("language", [LANGUAGES["python"], LANGUAGES["node"]], ids=["python", "node"])
def test_pixel_after_the_server_call(server: Server, shop: Path, language: Any) -> None:
    tid = f"pixel-{language.__name__}"
    told = finish(language(shop, tid, clickid(server)))
    assert fetch("GET", told["pixel"]).body.startswith(b"GIF8")
    wait_for_reasons(server, tid, ["duplicate", "saved"])
    assert told["verdict"]["saved"] is True
    is_credited(server, tid)


@pytest.mark.needs("php-curl")
def test_php_pages(server: Server, shop: Path, tmp_path: Path) -> None:
    """Step 1 to 3 through PHP's own web server, as a browser with the shop's session cookie."""
    with php_server(shop, tmp_path) as site:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )
        assert b"Welcome" in opener.open(f"{site}/landing.php?qc_clickid={clickid(server)}").read()
        assert b"Welcome" in opener.open(f"{site}/landing.php?qc_clickid=oops&qc_clickid[]=x").read()
        page = opener.open(f"{site}/confirmation.php?order=php-1").read().decode()
        (image,) = re.findall(r'<img src="([^"]+)" width="1" height="1" alt="">', page)
        is_credited(server, "php-1")
        assert fetch("GET", unescape(image)).body.startswith(b"GIF8")
        wait_for_reasons(server, "php-1", ["duplicate", "saved"])
        stranger = fetch("GET", f"{site}/confirmation.php?order=php-2").body.decode()
        assert "Thank you" in stranger and "<img" not in stranger
    assert reasons(server, "php-2") == []


@contextmanager
def php_server(folder: Path, sessions: Path) -> Iterator[str]:
    port = free_port()
    words = ["php", "-d", f"session.save_path={sessions}", "-d", "display_errors=1", "-S", f"127.0.0.1:{port}"]
    with (sessions / "php.log").open("wb") as log:
        process = subprocess.Popen([*words, "-t", str(folder)], stdout=log, stderr=log, env={"PATH": _path(folder)})
    try:
        site = f"http://127.0.0.1:{port}"
        until(lambda: _answers(f"{site}/landing.php"), WITHIN_S, "PHP answers")
        yield site
    finally:
        process.terminate()
        process.wait(WITHIN_S)


def _answers(url: str) -> bool:
    try:
        return fetch("GET", url).status == 200
    except OSError:
        return False


@pytest.mark.needs("curl")
def test_asking_for_an_earlier_verdict(server: Server, shop: Path) -> None:
    verdict = finish(curl(shop, "asked", clickid(server)))
    asked = run(shop, "sh", "ask.sh", CALL=verdict["call"])
    assert asked == verdict
    assert reasons(server, "asked") == ["saved"]


def test_doctor_as_the_page_says(server: Server, shop: Path) -> None:
    process = start(shop, "sh", "doctor.sh")
    out, err = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0, out + err


def test_the_sample_answer_has_the_form_of_a_real_one(server: Server) -> None:
    (sample,) = [json.loads(block.code) for block in BLOCKS if block.language == "json"]
    path = f"/get_trans.cgi?cpid=1&tid=form&umsatz=1&clickid={clickid(server)}&format=json"
    answer = server.get(path).json()
    assert {name: type(value) for name, value in sample.items()} == {n: type(v) for n, v in answer.items()}
    assert (sample["reason"], sample["saved"]) == (answer["reason"], answer["saved"])
    assert sample["message"].replace("17", "N") == re.sub(r"\d+", "N", answer["message"])


def test_the_sample_address_is_what_a_click_leads_to(server: Server) -> None:
    (sample,) = [block.code.strip() for block in BLOCKS if block.language == "text"]
    real = server.get("/go.cgi?cpid=1&pid=2&wmid=1").location
    shape = re.compile(r"QC\d{27}")
    assert shape.sub("ID", sample) == shape.sub("ID", real)


@pytest.mark.needs("chromium", "chromedriver")
def test_script_tags(server: Server, tmp_path: Path) -> None:
    """The two blocks for templates, in a real browser, from the real server."""
    every_page, confirmation = (b.code.replace(TRACKER, server.edge_url) for b in BLOCKS if b.language == "html")
    given = clickid(server)
    with pages({"/": every_page, "/thanks": confirmation}) as site, browser(tmp_path / "profile") as chrome:
        chrome.get(f"{site}/?qc_clickid={given}")
        chrome.get(f"{site}/thanks")
        WebDriverWait(chrome, 120).until(lambda c: c.execute_script("return clicktrail.clickid") == given)
        wait_for_reasons(server, "A-1017", ["saved"])
    is_credited(server, "A-1017")


@contextmanager
def pages(content: dict[str, str]) -> Iterator[str]:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = content.get(urlsplit(self.path).path, "").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with listening(Pages) as site:
        yield site


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def hesitant(edge: str) -> Iterator[tuple[str, list[str]]]:
    """A way to the edge that is full first, then loses the answer of a call that arrived, then works."""
    seen: list[str] = []

    class Hesitant(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append(parse_qs(body.decode())["tid"][0])
            if len(seen) == 1:
                return self.send(503, b"later", {"Retry-After": "1"})
            kind = self.headers["Content-Type"]
            answer = fetch("POST", f"{edge}/get_trans.cgi", body, {"Content_Type": kind})
            if len(seen) == 2:
                self.close_connection = True
                return None
            return self.send(answer.status, answer.body, {"Content-Type": answer.headers["content-type"]})

        def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with listening(Hesitant) as site:
        yield site, seen


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_it_tries_again(server: Server, tmp_path: Path, language: Any) -> None:
    """503 and a lost answer: the order arrives in the end, and counts once."""
    tid = f"again-{language.__name__}"
    with hesitant(server.edge_url) as (site, seen):
        verdict = verdict_of(finish(language(unpack(tmp_path / "code", site), tid, clickid(server))))
    assert seen == [tid] * 3
    assert verdict["reason"] == "duplicate"
    is_credited(server, tid)
    assert reasons(server, tid) == ["duplicate", "saved"]


@pytest.mark.needs("php-curl", "node")
def test_a_tracker_out_of_reach_is_reported_and_breaks_nothing(tmp_path: Path) -> None:
    """All three at once, since each of them waits between its tries."""
    folder = unpack(tmp_path / "code", f"http://127.0.0.1:{free_port()}")
    given = "QC" + "1" * 27
    running = [language(folder, "away", given) for language in (php, python, node)]
    told = [finish(process) for process in running]
    assert [one if one is None else one["verdict"] for one in told] == [None, None, None]


def test_every_reason_has_a_mend() -> None:
    text = HOWTO.read_text()
    rows = re.findall(
        r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", text[text.index("## Why is my order not there?") :], re.MULTILINE
    )
    assert sorted(code for code, _, _ in rows) == sorted(REASONS)
