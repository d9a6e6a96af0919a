"""What another site, or a link of it, can make a signed-in browser do: CSRF, open redirect, split headers."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from support.folder import fresh
from support.server import Server
from support.stranger import PASSWORD, Stranger, account, quick_passwords

from clicktrail.settings import Settings

LINE_ENDS = ("\r\n", "\n", "\r", "%0d%0a", "\u560a\u560d", "\x85", "\u2028")
ADDED = "X-Smuggled: 1"


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    from django.db import connection

    made = fresh(tmp_path / "data")
    with quick_passwords():
        account("mona")
        yield made
    connection.close()


POSTS = {
    "/login/": {"username": "mona", "password": PASSWORD},
    "/logout/": {},
    "/account/": {"others": "1"},
    "/password_change/": {"old_password": PASSWORD, "new_password1": "Brand-New-9", "new_password2": "Brand-New-9"},
    "/account/confirm/": {"password": PASSWORD},
    "/account/second-factor/": {"code": "1"},
    "/accounts/account/add/": {"username": "eve", "password1": PASSWORD, "password2": PASSWORD},
    "/ledger/transaction/move/confirm/": {"numbers": "1"},
    "/ledger/transaction/by-hand/": {"tid": "1"},
    "/catalog/partner/add/": {"name": "Eve"},
}


@pytest.mark.parametrize("path", POSTS)
def test_a_form_of_another_site_is_refused(settings: Settings, path: str) -> None:
    from clicktrail.control.accounts.models import Account

    mona = Stranger(checks_tokens=True)
    if path != "/login/":
        mona.client.force_login(Account.objects.get(username="mona"))
    answer = mona.client.post(path, POSTS[path], headers={"origin": "https://evil.example"})
    assert answer.status_code == 403 and b"load the page anew" in answer.content


def test_the_token_of_the_page_is_not_enough_from_another_site(tmp_path: Path) -> None:
    """With https the origin is looked at too."""
    fresh(tmp_path / "data", public_url="https://track.example")
    with quick_passwords():
        account("mona")
        mona = Stranger(checks_tokens=True, host="track.example")
        mona.client.defaults["HTTP_X_FORWARDED_PROTO"] = "https"
        mona.get("/login/")
        fields = {
            "username": "mona",
            "password": PASSWORD,
            "csrfmiddlewaretoken": mona.client.cookies["__Host-csrftoken"].value,
        }
        refused = mona.client.post("/login/", fields, headers={"origin": "https://evil.example"})
        assert refused.status_code == 403
        assert mona.client.post("/login/", fields, headers={"origin": "https://track.example"}).status_code == 302


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example/", "\\\\evil.example", "https:evil.example",
        "javascript:alert(1)", "http://localhost@evil.example/", "http://localhost/elsewhere", "/%09/evil.example",
        " //evil.example", "///evil.example", "data:text/html,x",
    ],
)  # fmt: skip
def test_after_signing_in_nobody_is_led_elsewhere(settings: Settings, to: str) -> None:
    answer = Stranger().client.post(f"/login/?next={quote(to)}", {"username": "mona", "password": PASSWORD, "next": to})
    assert answer.status_code == 302
    target = urlsplit(answer["Location"])
    assert not target.netloc and not target.scheme and target.path.startswith("/") and not target.path.startswith("//")
    assert "\\" not in answer["Location"]


@pytest.mark.parametrize("end", LINE_ENDS)
def test_no_header_is_added_by_the_way_back(settings: Settings, end: str) -> None:
    to = f"/account/{end}{ADDED}"
    answer = Stranger().client.post("/login/", {"username": "mona", "password": PASSWORD, "next": to})
    assert answer.status_code == 302 and "X-Smuggled" not in answer.headers
    assert not {"\r", "\n"} & set(answer["Location"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("split") / "data")
    try:
        yield made.start()
    finally:
        made.stop()
        made.close()


PLACES = (
    "/go.cgi?wmid=1&pid=2&subid={}", "/go.cgi?wmid=1&pid={}", "/go.cgi?wmid=1&pid=2&target={}", "/go.cgi?cpid=1&ref={}",
    "/go.cgi?wmid=1&pid=2&target=https://shop.example/{}", "/go.cgi?wmid=1&view=1&target={}",
    "/go.cgi?wmid=1&format={}",
    "/get_trans.cgi?cpid=1&tid={}", "/get_trans.cgi?cpid={}&format=json", "/{}", "/clicktrail.js?{}",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_no_header_of_the_edge_is_split(server: Server, place: str) -> None:
    """Read from the wire, with a reader of its own, so that nothing is tidied up on the way."""
    for end in LINE_ENDS:
        for text in (f"{end}{ADDED}{end}{end}<script>", f"a{end} {ADDED}"):
            path = place.format(quote(text, safe=""))
            for sent in (path, path.replace("%25", "%2525")):
                names, head = _asked(server.edge_url, sent)
                assert "x-smuggled" not in names and "\nX-Smuggled" not in head.replace("\r", "\n"), sent


def test_a_click_with_line_ends_in_it_still_leads_to_the_shop(server: Server) -> None:
    answer = server.get(f"/go.cgi?wmid=1&pid=2&subid={quote(chr(13) + chr(10) + ADDED)}")
    assert answer.status == 302 and "x-smuggled" not in answer.headers


def _asked(url: str, path: str) -> tuple[set[str], str]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return {name.lower() for name, _ in answer.getheaders()}, str(answer.headers)
    finally:
        connection.close()
