"""Secrets in logs: what a caller or a person must keep to himself stands in no log, no journal and no ledger.

Real processes get it in every place where it could come; afterwards every file of theirs is searched.
"""

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from support.server import Server, fetch

SECRET = "Zx9-hunter2-7Qk4vLw8"
NAMES = (
    "sig",
    "signature",
    "token",
    "key",
    "api_key",
    "apikey",
    "secret",
    "password",
    "auth",
    "access_token",
    "X-Token",
)
HEADERS = {
    "Authorization": f"Bearer {SECRET}",
    "X-Api-Key": SECRET,
    "Cookie": f"sessionid={SECRET}; token={SECRET}",
    "X-Signature": SECRET,
    "Proxy-Authorization": "Basic " + base64.b64encode(SECRET.encode()).decode(),
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As talkative as it can be."""
    made = Server(tmp_path_factory.mktemp("secrets") / "data", log_level="debug")
    try:
        made.start()
        yield made
    finally:
        made.stop()
        made.close()


def told(server: Server) -> None:
    for name in NAMES:
        query = f"{name}={SECRET}"
        fetch("GET", f"{server.edge_url}/get_trans.cgi?cpid=1&tid={name}&umsatz=1&{query}&format=json", headers=HEADERS)
        fetch("POST", f"{server.edge_url}/get_trans.cgi?cpid=1", f"tid=b{name}&{query}".encode(), {**HEADERS, **FORM})
        fetch("GET", f"{server.edge_url}/go.cgi?wmid=1&pid=2&{query}", headers=HEADERS)
        fetch("GET", f"{server.edge_url}/no/such?{query}", headers=HEADERS)
        for path in ("/login/", "/no/such/page", "/api/v1/programs", "/ledger/transaction/"):
            fetch("GET", f"{server.console_url}{path}?{query}", headers=HEADERS)
            fetch("POST", f"{server.console_url}{path}?{query}", query.encode(), {**HEADERS, **FORM})
    _sign_in(server, server.user, SECRET)
    _sign_in(server, SECRET, server.password)
    fetch("GET", server.edge_url + "/go.cgi?wmid=1&pid=2", headers={"Referer": "https://x.example/"})


def _sign_in(server: Server, name: str, password: str) -> None:
    """With a real form, wrong."""
    page = fetch("GET", server.console_url + "/login/")
    token = page.body.split(b'name="csrfmiddlewaretoken" value="')[1].split(b'"')[0].decode()
    cookie = page.headers["set-cookie"].split(";")[0]
    body = f"csrfmiddlewaretoken={token}&username={quote(name)}&password={quote(password)}".encode()
    answer = fetch("POST", server.console_url + "/login/", body, {**FORM, "Cookie": cookie})
    assert answer.status == 200 and b"username or the password is wrong" in answer.body


def test_they_are_nowhere(server: Server) -> None:
    told(server)
    called = {row["tid"] for row in server.postbacks()}
    assert {"sig", "bsig", "password"} <= called, "the calls themselves are in the log"
    server.stop()
    assert "sign-in refused" in server.words()
    wanted = [SECRET, SECRET.lower(), base64.b64encode(SECRET.encode()).decode(), server.password]
    assert [word for word in wanted if word in server.words()] == []
    assert list(_holding(server.data, [word.encode() for word in wanted])) == []


def _holding(folder: Path, words: list[bytes]) -> Iterator[str]:
    """Files of the data folder with one of the words in them: journals, ledger, catalog, whatever."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield from (f"{path.relative_to(folder)}: {word!r}" for word in words if word in content)


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\0" + SECRET.encode())
    assert list(_holding(tmp_path, [SECRET.encode()])) == [f"x: {SECRET.encode()!r}"]
