"""Click targets: shown filled in, with what is doubtful; landing pages looked at, and where that may not go."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.listener import Got, Listener, Say, listening
from support.office import Office, office

CLICKID = "QC423840809685489623456289367"
LACKS = "This address lacks the ClickID"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shop() -> Iterator[Listener]:
    with listening() as found:
        yield found


@pytest.fixture
def near(tmp_path: Path, shop: Listener) -> Iterator[Office]:
    """The operator has allowed the shop of this machine."""
    from clicktrail.control.console.targets import looks

    looks.clear()
    shop.got.clear()
    with office(tmp_path, courier_networks=("127.0.0.0/8",), courier_ports=(str(shop.port), "1")) as found:
        yield found


def filled(desk: Office, url: str, program: str = "1") -> str:
    return desk.get("/catalog/clicktarget/filled/", url=url, program=program).text


def look(desk: Office, url: str, **more: str) -> str:
    return desk.post("/catalog/clicktarget/look/", url=url, program="1", **more).text


@pytest.mark.parametrize(
    ("url", "shown", "said"),
    [
        ("https://shop.example/?c=<% CLICKID %>", f"https://shop.example/?c={CLICKID}", "The ClickID is passed on."),
        ("https://shop.example/<%pid%>/<%subid%>?c=<%clickid%>", f"/7/summer-sale?c={CLICKID}", "is passed on"),
        ("https://shop.example/", "https://shop.example/", LACKS),
        ("https://shop.example/#<% CLICKID %>", f"#{CLICKID}", "The ClickID stands behind #"),
        ("http://shop.example/?c=<% CLICKID %>", f"?c={CLICKID}", "It begins with http://"),
        ("https://shop.example/?c=<% CLICK %>", "There is no placeholder", "use <% CLICKID %>"),
        ("javascript:alert(1)", "is no address", "write https://"),
        ("https://<% SUBID %>.example/", "is no address", "and the host out"),
        ("", "Type an address", ""),
    ],
)
def test_an_address_shows_itself_filled_in(desk: Office, url: str, shown: str, said: str) -> None:
    told = filled(desk, url)
    assert shown in told and said in told


def test_the_missing_clickid_is_added_under_the_programs_own_name(desk: Office) -> None:
    from clicktrail.control.catalog.models import Program

    Program.objects.filter(pk=1).update(click_parameter="ref_click")
    page = desk.get("/catalog/clicktarget/filled/", url="https://shop.example/a#b", program="1")
    assert "?ref_click=<% CLICKID %>" in page.text
    assert 'data-write="https://shop.example/a?ref_click=&lt;% CLICKID %&gt;#b"' in page.html
    assert "ref_click" not in filled(desk, "https://shop.example/", "77"), "of a program that there is"


def test_saving_warns_and_saves(desk: Office) -> None:
    page = desk.post("/catalog/clicktarget/1/change/", alias="default", url="https://shop.example/")
    assert LACKS in page.text and page.address == "/catalog/clicktarget/"
    assert "Missing" in page.text
    page = desk.post("/catalog/clicktarget/1/change/", alias="default", url="https://shop.example/?c=<% CLICKID %>")
    assert LACKS not in page.text and "Passed on" in page.text


def test_every_placeholder_is_explained_on_the_page(desk: Office) -> None:
    from clicktrail.core.placeholders import PLACEHOLDERS

    for place in ("/catalog/clicktarget/1/change/", "/catalog/clicktarget/add/"):
        inserts = re.findall(r'data-insert="&lt;% (\w+) %&gt;"', desk.get(place).html)
        assert inserts == [name.upper() for name in PLACEHOLDERS]


# Looking at landing pages


def answering(shop: Listener, answers: dict[str, Callable[[str], Say]]) -> None:
    """By path; what was asked for is handed on."""

    def answer(got: Got) -> Say:
        path, _, query = got.target.partition("?")
        return answers[path](query)

    shop.answer = answer


def to(address: str, status: int = 302) -> Say:
    return Say(status, b"", {"Location": address})


def test_a_page_that_answers(near: Office, shop: Listener) -> None:
    answering(shop, {"/": lambda query: Say(200 if query == f"c={CLICKID}" else 500)})
    told = look(near, shop.url("/?c=<% CLICKID %>"))
    assert "It answers: 200 OK, after " in told and "The ClickID arrives." in told
    assert [got.method for got in shop.got] == ["GET"] and "cookie" not in shop.got[0].headers
    assert "The address has no ClickID that could arrive." in look(near, shop.url("/?c=" + CLICKID))


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ("/end?{query}", "The ClickID arrives."),
        ("/end?x=1", "The ClickID gets lost: "),
        ("/end", "The ClickID gets lost"),
    ],
)
def test_the_clickid_is_followed_over_redirects(near: Office, shop: Listener, goal: str, said: str) -> None:
    answers = {
        "/": lambda query: to(f"/next?{query}", 301),
        "/next": lambda query: to(goal.format(query=query), 307),
        "/end": lambda _: Say(200),
    }
    answering(shop, answers)
    told = look(near, shop.url("/?c=<% CLICKID %>"))
    assert said in told and "301 Moved Permanently" in told and "307 Temporary Redirect" in told
    assert told.count(" ms") >= 3 and shop.url("/end") in told, "each step, with its time"


def test_a_shop_that_sets_a_cookie_first(near: Office, shop: Listener) -> None:
    def front(_: Got) -> Say:
        seen = shop.got[-1].headers.get("cookie", "")
        return Say(200) if "seen=1" in seen else Say(302, b"", {"Location": "/", "Set-Cookie": "seen=1"})

    shop.answer = front
    assert "It answers: 200 OK" in look(near, shop.url("/"))
    assert "cookie" not in shop.got[0].headers


def test_redirects_end(near: Office, shop: Listener) -> None:
    answering(shop, {"/": lambda query: to(f"/?{int(query or 0) + 1}")})
    assert "It redirects more than 5 times, last to" in look(near, shop.url("/"))
    assert len(shop.got) == 6


@pytest.mark.parametrize(
    ("say", "told"),
    [
        (Say(404), "It answers with 404 Not Found"),
        (Say(403), "Some shops turn servers away"),
        (Say(302), "It redirects without saying where to."),
        (Say(raw=b"nonsense\r\n\r\n"), "This host does not answer"),
        (to("http://[nowhere/"), "The address cannot be asked for"),
        (to("ftp://shop.example/"), "only http and https are called"),
    ],
)
def test_a_page_that_does_not(near: Office, shop: Listener, say: Say, told: str) -> None:
    shop.answer = lambda _: say
    assert told in look(near, shop.url("/"))


def test_a_host_that_is_silent_or_not_there(near: Office, shop: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.console import landing

    monkeypatch.setattr(landing, "CHECK_PATIENCE_S", 0.2)
    shop.answer = lambda _: Say(stuck=True)
    assert "This host does not answer: there was nothing within" in look(near, shop.url("/"))
    assert "it takes no connection" in look(near, "http://127.0.0.1:1/")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://2130706433/", "http://0x7f.1/",
        "http://localhost/", "http://10.0.0.1/", "http://127.0.0.1:8401/", "http://192.168.1.1/",
    ],
)  # fmt: skip
def test_no_way_into_ones_own_network(desk: Office, url: str, shop: Listener) -> None:
    from clicktrail.control.console.targets import looks

    looks.clear()
    told = look(desk, url)
    assert any(words in told for words in ("not called", "is no address", "cannot be asked for")), told


def test_a_redirect_leads_no_further_than_the_first_address(near: Office, shop: Listener) -> None:
    """Loopback is allowed here, the cloud's own service is not."""
    for goal in ("http://169.254.169.254/latest/", "http://127.0.0.1:8401/", "http://user:secret@127.0.0.1/"):
        shop.answer = lambda _, goal=goal: to(goal)
        told = look(near, shop.url("/"))
        assert "not called" in told or "user or password" in told, told


def test_a_minute_holds_ten_looks(near: Office, shop: Listener) -> None:
    shop.answer = lambda _: Say(200)
    told = [look(near, shop.url("/")) for _ in range(11)]
    assert all("It answers" in text for text in told[:10]) and "a lot of pages in a minute" in told[10]
    assert len(shop.got) == 10


def test_one_look_at_a_time(near: Office, shop: Listener) -> None:
    from clicktrail.control.console import landing

    with landing._one_at_a_time:
        assert "Another page is just being looked at" in look(near, shop.url("/"))
    assert not shop.got


def test_a_reader_looks_at_nothing_outside(near: Office, shop: Listener) -> None:
    from clicktrail.control.accounts.models import Account

    near.client.force_login(Account.objects.create_user("rita", password="unused", is_staff=True, role="reader"))
    assert near.post("/catalog/clicktarget/look/", url=shop.url("/"), program="1").status == 403
    assert near.get("/catalog/clicktarget/look/").status in (404, 405)
    assert not shop.got


def test_the_piece_and_the_page(near: Office, shop: Listener) -> None:
    """With scripts the answer is a piece of the page, without them a page of its own."""
    shop.answer = lambda _: Say(200)
    whole: Any = near.post("/catalog/clicktarget/look/", url=shop.url("/"), program="1")
    assert "<html" in whole.html and "Back to the click targets" in whole.text
    piece = near.client.post(
        "/catalog/clicktarget/look/", {"url": shop.url("/"), "program": "1"}, headers={"HX-Request": "true"}
    )
    assert b"<html" not in piece.content and b"It answers" in piece.content
