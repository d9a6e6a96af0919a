"""Signing as the shop's how-to has it: real PHP, Python and Node sign the same bytes, and a live server takes them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.books import Books
from support.server import Server
from support.shops import Shop

from clicktrail.core import signing

KITS = Path(__file__).parents[2] / "kits"
HOWTO = Path(__file__).parents[2] / "docs/tutorial/shop-howto.md"
FILES = {
    "sign.php": KITS / "php/sign.php",
    "clicktrail_sign.py": KITS / "python/sign.py",
    "sign.mjs": KITS / "node/sign.mjs",
}
SECRET = bytes(range(32))
NOW_S = 1_790_000_000
VECTORS: tuple[dict[str, str], ...] = (
    {},
    {"cpid": "1", "tid": "A-1", "umsatz": "95.50"},
    {"tid": "Bestellung Nr. 7", "subid": "größe=ä&ö"},
    {"leer": "", "plus": "a+b", "prozent": "100%", "kodiert": "%20", "stern": "!'()*~-._"},
    {"a-b": "1", "a": "2", "a.b": "3", "A": "4", "a b": "5", "ä": "6", "10": "7", "9": "8"},
    {"astral": "\U0001f600 \U00020000", "zeile": "a\r\nb\tc", "slash": "/?#[]@:;,$"},
    {"tid": "日本語", "sig": "an old one", "naïve": "e\u0301 \u00e9"},
)
RUN = {
    "php": (
        "php", "-r",
        "require 'sign.php'; $told = json_decode(stream_get_contents(STDIN), true);"
        " $sign = fn ($params) => clicktrail_sign($params, 7, $told['secret'], $told['now']);"
        " echo json_encode(array_map($sign, $told['calls']));",
    ),
    "python": (
        sys.executable, "-c",
        "import json, sys; from clicktrail_sign import sign; told = json.load(sys.stdin);"
        " print(json.dumps([sign(p, 7, told['secret'], told['now']) for p in told['calls']]))",
    ),
    "node": (
        "node", "--input-type=module", "-e",
        "import { sign } from './sign.mjs'; import { readFileSync } from 'node:fs';"
        " const told = JSON.parse(readFileSync(0, 'utf8'));"
        " console.log(JSON.stringify(told.calls.map(p => sign(p, 7, told.secret, told.now))));",
    ),
}  # fmt: skip
RETURNED = {
    "php": (
        "php", "-r",
        "require 'returned.php'; echo json_encode(order_returned(getenv('TID'), (int) getenv('LEFT')));",
    ),
    "python": (
        sys.executable, "-c",
        "import json, os; from returned import order_returned;"
        " print(json.dumps(order_returned(os.environ['TID'], int(os.environ['LEFT']))[1]))",
    ),
    "node": (
        "node", "--input-type=module", "-e",
        "import { orderReturned } from './returned.mjs';"
        " console.log(JSON.stringify(await orderReturned(process.env.TID, Number(process.env.LEFT))));",
    ),
}  # fmt: skip
MARKS = {"php": [pytest.mark.needs("php-curl")], "node": [pytest.mark.needs("node")], "python": []}
LANGUAGES = [pytest.param(name, marks=MARKS[name]) for name in RUN]


def blocks() -> dict[str, str]:
    from test_howto import FILES as howto_files

    return howto_files


def run(folder: Path, words: tuple[str, ...], stdin: str = "", **environ: str) -> Any:
    ended = subprocess.run(
        words, cwd=folder, input=stdin, capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **environ},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("signing") / "data")
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="module")
def shop(server: Server) -> Shop:
    return Shop.opened(server, 1)


@pytest.fixture(scope="module")
def code(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from test_howto import unpack

    return unpack(tmp_path_factory.mktemp("signing-code"), server.edge_url)


@pytest.mark.parametrize("name", FILES)
def test_the_kit_is_what_the_page_shows(name: str) -> None:
    assert blocks()[name] == FILES[name].read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_sign_the_same_bytes(tmp_path: Path, language: str) -> None:
    for name, file in FILES.items():
        (tmp_path / name).write_text(file.read_text())
    told = json.dumps({"secret": SECRET.hex(), "now": NOW_S, "calls": VECTORS})
    for params, found in zip(VECTORS, run(tmp_path, RUN[language], told), strict=True):
        expected = {**params, "ts": str(NOW_S), "sigkey": "7"}
        expected["sig"] = signing.sign(SECRET, expected)
        assert found == expected


def test_one_vector_by_hand() -> None:
    """So that all of them cannot be wrong together: these bytes and this signature were made with openssl."""
    params = {"umsatz": "95.50", "tid": "Nr. 7 + ä", "cpid": "1", "ts": "1790000000", "a-b": "~", "a": ""}
    assert signing.canonical(params) == b"a=&a-b=~&cpid=1&tid=Nr.%207%20%2B%20%C3%A4&ts=1790000000&umsatz=95.50"
    assert signing.sign(SECRET, params) == "5a589cfd549f0c352fdc2c47046e3c8bdc2ce71b6f713ce410f50640581fa077"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_return_is_told_by_a_signed_call(server: Server, shop: Shop, code: Path, language: str) -> None:
    tid = f"returned {language} & ö"
    assert shop.say(tid=tid, pid="2", umsatz="95.50")["reason"] == "saved"
    key = {"CLICKTRAIL_KEY_NUMBER": str(shop.number), "CLICKTRAIL_SECRET": shop.secret.hex(), "TID": tid}
    row = "SELECT revenue_minor, commission_minor, state FROM ledger_transaction WHERE tid = ?"
    for left, expected in (("6000", (6000, 600, "open")), ("0", (6000, 600, "cancelled"))):
        told = run(code, RETURNED[language], **key, LEFT=left)
        assert told["reason"] == "updated", told
        assert tuple(Books(server.data).rows(row, tid)[0]) == expected
