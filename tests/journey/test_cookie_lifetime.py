"""The page about cookie lifetimes, run as it is written: each server sets the cookie itself, Chromium keeps it."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from support.chromium import browser
from support.observe import until
from support.ports import free_port
from support.server import fetch
from support.shop_pages import SCRIPT

PAGE = Path(__file__).parents[2] / "docs/tutorial/cookie-lifetime.md"
BLOCKS = re.findall(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
FILES = {name: code for _, name, code in BLOCKS if name}
FIRST = "QC423840809685489623456289367"
WITHIN_S = 30
DAYS_30_S = 30 * 86400

PYTHON = """
import sys
from wsgiref.simple_server import make_server
from keep_clickid import keep_clickid

def shop(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html"), ("Set-Cookie", "basket=1")])
    return [b"<!doctype html><title>shop</title>"]

make_server("127.0.0.1", int(sys.argv[1]), keep_clickid(shop)).serve_forever()
"""
NODE = """
import { createServer } from "node:http";
import { keepClickId } from "./keep-clickid.mjs";
createServer((request, response) => keepClickId(request, response, () => {
  response.setHeader("Content-Type", "text/html");
  response.end("<!doctype html><title>shop</title>");
})).listen(Number(process.argv[2]), "127.0.0.1");
"""
PHP = "<?php require __DIR__ . '/keep_clickid.php'; ?><!doctype html><title>shop</title>"
NGINX = """
daemon off; master_process off; pid {here}/nginx.pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {here}/a; proxy_temp_path {here}/b; fastcgi_temp_path {here}/c;
    uwsgi_temp_path {here}/d; scgi_temp_path {here}/e;
    include {here}/keep-clickid-map.conf;
    server {{
        listen 127.0.0.1:{port};
        include {here}/keep-clickid-server.conf;
        location / {{ default_type text/html; return 200 "<!doctype html><title>shop</title>"; }}
    }}
}}
"""


def php(folder: Path, port: int) -> list[str]:
    (folder / "index.php").write_text(PHP)
    return ["php", "-S", f"127.0.0.1:{port}", "-t", str(folder)]


def python(folder: Path, port: int) -> list[str]:
    (folder / "shop.py").write_text(PYTHON)
    return [sys.executable, "shop.py", str(port)]


def node(folder: Path, port: int) -> list[str]:
    (folder / "shop.mjs").write_text(NODE)
    return ["node", "shop.mjs", str(port)]


def nginx(folder: Path, port: int) -> list[str]:
    (folder / "nginx.conf").write_text(NGINX.format(here=folder, port=port))
    return ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")]


SERVERS = [
    pytest.param(php, marks=pytest.mark.needs("php")),
    pytest.param(python),
    pytest.param(node, marks=pytest.mark.needs("node")),
    pytest.param(nginx, marks=pytest.mark.needs("nginx")),
]


@contextmanager
def running(make: Callable[[Path, int], list[str]], folder: Path) -> Iterator[str]:
    for name, code in FILES.items():
        (folder / name).write_text(code)
    port = free_port()
    words = make(folder, port)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, cwd=folder, stdout=log, stderr=log)
    try:
        until(lambda: _answers(port), WITHIN_S, f"{words[0]} answers: {(folder / 'log').read_text()}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(WITHIN_S)


def _answers(port: int) -> bool:
    try:
        return fetch("GET", f"http://127.0.0.1:{port}/").status == 200
    except OSError:
        return False


def cookies_in(header: str) -> SimpleCookie:
    return SimpleCookie(header)


@pytest.mark.parametrize("make", SERVERS)
def test_the_server_sets_the_cookie(make: Callable[[Path, int], list[str]], tmp_path: Path) -> None:
    with running(make, tmp_path) as site:
        answer = fetch("GET", f"{site}/?utm=x&qc_clickid={FIRST}")
        found = cookies_in(answer.headers["set-cookie"].replace("basket=1, ", ""))["clicktrail"]
        assert (found.value, found["path"], found["samesite"]) == (FIRST, "/", "Lax")
        assert int(found["max-age"]) == DAYS_30_S
        for text in ("", "oops", FIRST + "0", FIRST[:-1], "%3Cscript%3E", FIRST + "%0D%0AX-Evil:1"):
            other = fetch("GET", f"{site}/?qc_clickid={text}").headers
            assert "clicktrail" not in other.get("set-cookie", ""), text
            assert "x-evil" not in other
        small = fetch("GET", f"{site}/?qc_clickid={FIRST.lower()}").headers["set-cookie"]
        assert FIRST in small.upper()


@pytest.mark.needs("php", "chromium", "chromedriver")
def test_clicktrail_js_reads_the_cookie_of_the_server_and_leaves_it(tmp_path: Path) -> None:
    with running(php, tmp_path) as site, browser(tmp_path / "profile") as chrome:
        (tmp_path / "clicktrail.js").write_bytes(SCRIPT.read_bytes())
        tag = next(code for language, _, code in BLOCKS if language == "html")
        page = (tmp_path / "index.php").read_text() + tag.replace("https://track.example.com", "")
        (tmp_path / "index.php").write_text(page)
        chrome.get(f"{site}/?qc_clickid={FIRST}")
        before = cookie_end_s(chrome)
        chrome.get(f"{site}/")
        assert chrome.execute_script("return clicktrail.clickid") == FIRST
        assert cookie_end_s(chrome) == before


def cookie_end_s(chrome: Chrome) -> int:
    found = chrome.get_cookie("clicktrail")
    now_s = chrome.execute_script("return Date.now() / 1000")
    assert DAYS_30_S - 300 < found["expiry"] - now_s <= DAYS_30_S + 5
    return int(found["expiry"])


def test_every_block_is_run_here() -> None:
    assert sorted(name for _, name, _ in BLOCKS if name) == [
        "keep-clickid-map.conf", "keep-clickid-server.conf", "keep-clickid.mjs", "keep_clickid.php", "keep_clickid.py",
    ]  # fmt: skip
