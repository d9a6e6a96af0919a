"""`clicktrail doctor` against real servers: well ones, and ones with one fault each."""

import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.books import Books
from support.installation import Installation
from support.ports import free_port
from support.quick import quick
from support.server import Server, fetch

from clicktrail.core.reasons import REASONS
from clicktrail.doctor import MENDS

CATALOG = """
[[program]]
id = 1
name = "Well"
currency = "EUR"
time_zone = "Europe/Berlin"
[[program.product]]
name = "Sale"
percent = "10"
[[program.target]]
alias = "default"
url = "SHOP/?qc_clickid=<% CLICKID %>"

[[program]]
id = 2
name = "Without a place for the ClickID"
currency = "EUR"
time_zone = "Europe/Berlin"
[[program.product]]
name = "Sale"
percent = "10"
[[program.target]]
alias = "default"
url = "SHOP/?from=partner"

[[program]]
id = 3
name = "Asleep"
currency = "EUR"
time_zone = "Europe/Berlin"
state = "paused"
[[program.product]]
name = "Sale"
percent = "10"
[[program.target]]
alias = "default"
url = "SHOP/?qc_clickid=<% CLICKID %>"

[[program]]
id = 4
name = "With the ClickID in the path"
currency = "EUR"
time_zone = "Europe/Berlin"
default_product = "Sale"
[[program.product]]
name = "Sale"
percent = "10"
[[program.product]]
name = "Lead"
fixed = "1.00"
[[program.target]]
alias = "default"
url = "SHOP/landing/<% CLICKID %>#top"

[[partner]]
id = 7
name = "Another"
[[partner.approval]]
program = 1
products = ["*"]
"""


@dataclass
class Shop:
    """Where the links lead: counts who comes."""

    url: str
    visits: list[str]


@dataclass(frozen=True)
class Seen:
    code: int
    text: str

    def marks(self) -> list[str]:
        return re.findall(r"^(ok|FAILED|  -)", self.text, re.MULTILINE)


OK, FAILED, NOT_TRIED = "ok", "FAILED", "  -"


@contextmanager
def answering(handler: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A web server of our own that is not Clicktrail."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            handler(self)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def send(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    visits: list[str] = []

    def note(request: BaseHTTPRequestHandler) -> None:
        visits.append(request.path)
        send(request, 200)

    with answering(note) as url:
        yield Shop(url, visits)


@pytest.fixture(scope="module")
def server(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("doctor")
    server = Server(folder / "data", environ={"CLICKTRAIL_TEST_FAULTS": "1"})
    try:
        server.lay()
        (folder / "catalog.toml").write_text(CATALOG.replace("SHOP", shop.url))
        server.run("catalog", "apply", str(folder / "catalog.toml"))
        yield server.start()
    finally:
        server.close()


def run(server: Server, *words: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return quick(["doctor", *words], server.environ, cwd=cwd or server.data.parent)


def doctor(server: Server, *words: str, edge: str = "", at_hand: bool = False) -> Seen:
    """Run the command as an outsider does, or with the data folder."""
    data = ["--data", str(server.data)] if at_hand else []
    ended = run(server, "--edge", edge or server.edge_url, *data, *words)
    assert ended.stderr == ""
    return Seen(ended.returncode, ended.stdout)


@pytest.mark.parametrize("at_hand", [False, True], ids=["from outside", "with the data folder"])
def test_a_well_server(server: Server, shop: Shop, at_hand: bool) -> None:
    seen = doctor(server, "--creative", "1", "--console", server.console_url, at_hand=at_hand)
    assert (seen.code, seen.marks()) == (0, [OK] * 5), seen.text
    assert shop.visits == []


def test_the_address_may_come_from_the_data_folder(server: Server) -> None:
    config = server.data / "clicktrail.toml"
    config.write_text(f'edge = "{server.settings["edge"]}"\n')
    try:
        assert server.ended("doctor").returncode == 0
    finally:
        config.unlink()


def test_its_orders_are_tests_and_leave_no_trace_in_the_sums(server: Server) -> None:
    doctor(server)
    books = Books(server.data)
    assert books.one("SELECT count(*) FROM ledger_transaction WHERE tid LIKE 'doctor-%' AND NOT test") == 0
    assert books.one("SELECT count(*) FROM ledger_transaction WHERE tid LIKE 'doctor-%' AND partner_id = 2") > 0
    assert books.one("SELECT coalesce(sum(transactions), 0) FROM ledger_rollup_hour") == 0


def test_the_clickid_may_stand_in_the_path(server: Server) -> None:
    seen = doctor(server, "--program", "4", "--product", "Lead")
    assert (seen.code, seen.marks()) == (0, [OK] * 5), seen.text


def test_nobody_there(server: Server) -> None:
    seen = doctor(server, edge=f"127.0.0.1:{free_port()}")
    assert (seen.code, seen.marks()) == (1, [FAILED] + [NOT_TRIED] * 4)
    assert "Nobody answers" in seen.text and "clicktrail status" in seen.text


def test_no_such_program(server: Server) -> None:
    seen = doctor(server, "--program", "99")
    assert (seen.code, seen.marks()) == (1, [FAILED] + [NOT_TRIED] * 4)
    assert "no program 99" in seen.text and "--program" in seen.text


def test_another_server_answers(server: Server) -> None:
    with answering(lambda request: send(request, 200, b"<h1>Welcome to nginx!</h1>")) as url:
        seen = doctor(server, edge=url)
    assert (seen.code, seen.marks()) == (1, [FAILED] + [NOT_TRIED] * 4)
    assert "answers 200, not a redirect: Welcome to nginx!" in seen.text


def test_a_proxy_redirects_first(server: Server) -> None:
    """The redirect is read, not followed: only one request comes."""
    asked: list[str] = []

    def to_https(request: BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        send(request, 301, Location=f"{server.edge_url}{request.path}")

    with answering(to_https) as url:
        seen = doctor(server, edge=url)
    assert (seen.code, seen.marks()[0], len(asked)) == (1, FAILED, 1)
    assert server.edge_url in seen.text


def test_a_target_without_the_placeholder(server: Server) -> None:
    seen = doctor(server, "--program", "2")
    assert (seen.code, seen.marks()) == (1, [OK, FAILED] + [NOT_TRIED] * 3)
    assert "<% CLICKID %>" in seen.text


@pytest.mark.parametrize(
    ("words", "reason", "mend"),
    [
        (("--program", "3"), "program_paused", "set the program to active"),
        (("--creative", "99"), "unknown_creative", "--creative"),
        (("--product", "sale"), "unknown_product", "--product"),
    ],
)
def test_a_discarded_order(server: Server, words: tuple[str, ...], reason: str, mend: str) -> None:
    """It is in the log all the same: the fifth step says so."""
    for at_hand in (False, True):
        seen = doctor(server, *words, at_hand=at_hand)
        assert (seen.code, seen.marks()) == (1, [OK, OK, OK, FAILED, OK]), seen.text
        assert reason in seen.text and mend in seen.text


def test_a_proxy_that_changes_the_partner(server: Server) -> None:
    """Found out from outside too: the same order for the test partner is a conflict then."""

    def change(request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length", 0))
        body = request.rfile.read(length)
        if b"pid=2" not in body and body:
            body += b"&pid=7"
        kind = {"Content_Type": request.headers.get("Content-Type", "")}
        answer = fetch(request.command, server.edge_url + request.path, body or None, kind)
        send(request, answer.status, answer.body, **({"Location": answer.location} if answer.location else {}))

    with answering(change) as url:
        outside = doctor(server, edge=url)
        inside = doctor(server, edge=url, at_hand=True)
    for seen in (outside, inside):
        assert (seen.code, seen.marks()) == (1, [OK, OK, OK, FAILED, OK]), seen.text
        assert "not to the test partner" in seen.text
    assert "partner 7" in inside.text


def test_a_data_folder_of_another_server(server: Server, tmp_path: Path) -> None:
    other = Server(tmp_path / "data")
    other.lay()
    ended = other.ended("doctor", "--edge", server.edge_url)
    assert ended.returncode == 1
    assert "is --data the folder of the server" in ended.stdout
    other.close()


def test_a_console_that_does_not_answer(server: Server) -> None:
    seen = doctor(server, "--console", f"127.0.0.1:{free_port()}")
    assert (seen.code, seen.marks()) == (1, [OK, OK, OK, FAILED, OK])
    assert "--console" in seen.text


def test_a_full_disk(server: Server) -> None:
    """Clicks go on, orders are refused with 503."""
    faults = server.data / "run" / "faults.json"
    faults.write_text(json.dumps({"journal": "full"}))
    try:
        seen = doctor(server)
    finally:
        faults.write_text("{}")
    assert (seen.code, seen.marks()) == (1, [OK, OK, FAILED, NOT_TRIED, NOT_TRIED]), seen.text
    assert "could not be made durable" in seen.text and "free space" in seen.text


def test_an_engine_that_does_not_run(server: Server, tmp_path: Path) -> None:
    """An edge alone takes the order and cannot judge it."""
    alone = Installation(tmp_path / "data")
    alone.init()
    process = alone.edge()
    try:
        ended = run(server, "--edge", f"127.0.0.1:{alone.edge_port}", "--within", "1")
    finally:
        process.stop()
    seen = Seen(ended.returncode, ended.stdout)
    assert (seen.code, seen.marks()) == (1, [OK, OK, OK, FAILED, FAILED]), seen.text
    assert "engine" in seen.text


@pytest.mark.parametrize("address", ["ftp://x", "http://", "http://x:port", ""])
def test_a_wrong_address_is_said_so(server: Server, address: str, tmp_path: Path) -> None:
    ended = run(server, "--edge", address, cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("clicktrail: ")


def test_every_discard_has_a_mend() -> None:
    taken = {code for code, reason in REASONS.items() if reason.http_status != 422}
    impossible = {"bad_call", "missing_cpid", "missing_tid"}
    """Doctor's own call is complete."""
    assert set(MENDS) == set(REASONS) - taken - impossible
