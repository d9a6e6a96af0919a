"""Partners' links: only what they may earn on, ready to copy; deeplinks that the edge obeys to the letter."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from support.office import Office, office
from support.pictures import PNG

from clicktrail import catalogfile

BASE = "https://track.example"
SETUP = """
[[program]]
id = 1
name = "Garden shop"
deeplink_hosts = ["shop.example", "*.shop.example", "bücher.example", "shop.example:8443"]
click_parameter = "ref"
[[program.target]]
alias = "default"
url = "https://shop.example/?ref=<% CLICKID %>"

[[program]]
id = 6
name = "Closed shop"
currency = "EUR"
time_zone = "UTC"
[[program.product]]
name = "Thing"
percent = "5"
[[program.target]]
alias = "default"
url = "https://closed.example/"

[[partner]]
id = 8
name = "Ben"
[[partner.approval]]
program = 5
products = ["*"]

[[partner]]
id = 9
name = "Nobody yet"

[[partner]]
id = 10
name = "Lead only"
[[partner.approval]]
program = 1
products = ["Lead"]
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Anna, 7, is approved for all of program 1; there is a text link, a banner, a paused one, and others' ones."""
    with office(tmp_path_factory.mktemp("links") / "data", public_url=BASE) as found:
        from clicktrail.control.banners import shelf
        from clicktrail.control.catalog.apply import apply
        from clicktrail.control.catalog.models import ClickTarget, Creative, Product

        apply(SETUP, "links.toml")
        lead = Product.objects.get(program=1, name="Lead")
        targets = {row.program_id: row for row in ClickTarget.objects.filter(alias="default")}
        for program, name, more in (
            (1, "Picture of roses", {"product": lead}),
            (1, "Paused one", {"state": "paused"}),
            (5, "Yen link", {}),
            (6, "Closed link", {}),
        ):
            row = Creative.objects.create(program_id=program, name=name, target=targets[program], **more)
            if name.startswith("Picture"):
                shelf.replace(found.settings, row, PNG, 'Roses "red"')
        yield found


def client(partner: int) -> Any:
    from django.test import Client

    from clicktrail.control.accounts.models import Account, Role

    name = f"partner-{partner}@x.example"
    account = Account.objects.filter(username=name).first() or Account.objects.create_user(
        name, name, None, role=Role.PARTNER, partner_id=partner
    )
    made = Client(SERVER_NAME="localhost")
    made.force_login(account)
    return made


def page(partner: int, path: str, **asked: str) -> str:
    answer = client(partner).get(f"/partner/{path}/", asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


def field(text: str, name: str) -> str:
    found = re.search(rf'<(?:textarea|input) id="{name}"[^>]*?(?:value="([^"]*)">|>(.*?)</textarea>)', text, re.DOTALL)
    assert found, name
    return html.unescape(found[1] or found[2])


def names(text: str) -> list[str]:
    return re.findall(r'<h2 id="offer-\d+">(.*?)</h2>', text)


@pytest.mark.parametrize(
    ("partner", "seen"),
    [
        (7, ["Picture of roses", "Text link"]),
        (8, ["Yen link"]),
        (9, []),
        (10, ["Picture of roses"]),
    ],
)
def test_a_partner_sees_what_he_may_earn_on(desk: Office, partner: int, seen: list[str]) -> None:
    assert names(page(partner, "links")) == seen


def test_who_may_earn_nothing_is_told_what_happens_next(desk: Office) -> None:
    for path in ("links", "deeplink"):
        text = page(9, path)
        assert "There is no program for you yet" in text and '<form method="get"' not in text


def test_links_are_ready_to_copy_with_ones_own_subid(desk: Office) -> None:
    text = page(7, "links", subid='a b&"c')
    link = f"{BASE}/go.cgi?cpid=1&wmid=1&pid=7&subid=a%20b%26%22c"
    assert field(text, "link-1") == link
    assert field(text, "html-1") == f'<a href="{html.escape(link)}" rel="sponsored">Text link</a>'
    picture = re.search(r'src="(/banner/[0-9a-f]{32}\.png)"', text)
    assert picture and f'src="{BASE}{picture[1]}" width="6" height="4" alt="Roses &quot;red&quot;"' in field(
        text, "html-2"
    )
    assert f'href="{picture[1]}" download="picture-of-roses-2.png"' in text
    assert client(7).get(picture[1]).content.startswith(b"\x89PNG")


def test_links_are_found_by_kind_and_name(desk: Office) -> None:
    assert names(page(7, "links", kind="banner")) == ["Picture of roses"]
    assert names(page(7, "links", kind="text")) == ["Text link"]
    assert names(page(7, "links", q="ROSES")) == ["Picture of roses"]
    assert names(page(7, "links", program="5")) == []
    assert "Nothing of that kind" in page(7, "links", q="nothing")


def test_what_is_shown_while_one_types_is_a_piece_of_the_page(desk: Office) -> None:
    for path in ("links", "deeplink"):
        answer = client(7).get(f"/partner/{path}/", {"subid": "x"}, headers={"HX-Request": "true"})
        assert b"<html" not in answer.content and answer.status_code == 200


def test_long_lists_come_in_pages_and_take_no_more_queries(desk: Office) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from clicktrail.control.catalog.models import ClickTarget, Creative

    ben = client(8)
    with CaptureQueriesContext(connection) as few:
        ben.get("/partner/links/")
    target = ClickTarget.objects.get(program=5, alias="default")
    for number in range(30):
        Creative.objects.create(program_id=5, name=f"Yen {number}", target=target)
    with CaptureQueriesContext(connection) as many:
        text = ben.get("/partner/links/").content.decode()
    assert len(many) == len(few)
    assert len(names(text)) == 24
    older = re.search(r'href="(/partner/links/\?before=\d+)"', text)
    assert older and names(ben.get(older[1]).content.decode())[-1] == "Yen link"


ADDRESSES = (
    "https://shop.example/",
    "https://shop.example",
    "http://SHOP.example/Path?a=1&b=2#top",
    "  https://www.shop.example/a b/ü?q=ä&x=%26#frag ",
    "https://bücher.example/",
    "https://shop.example:8443/x",
    "https%3A%2F%2Fshop.example%2Fa%3Fb%3D1",
    "https://shop.example/?ref=QC000000000000000000000000000&x=1",
    "https://shop.example/?x=<% CLICKID %>&s=<% SUBID %>&w=<% WMID %>&p=<% PID %>",
    "https://shop.example/?a=b=c&&d",
    "https://shop.example/%2e%2e/%00",
    "https://shop.example/?next=https://evil.example/",
    "https://shop.example\\@evil.example/",
    "https://shop.example@evil.example/",
    "https://evil.example/shop.example",
    "https://shop.example.evil.example/",
    "https://evilshop.example/",
    "//shop.example/",
    "shop.example",
    "javascript:alert(1)//shop.example",
    "https://shop.example:80/",
    "https://shop.example:/",
    "https://shop.example%2eevil.example/",
    "https://shop.example/\tx",
    "default",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_edge_obeys_the_link_to_the_letter(desk: Office, address: str) -> None:
    """What is taken leads where the page says, under this partner; what the page refuses the edge does not follow."""
    from clicktrail.control.banners.links import sample_clickid
    from clicktrail.core.partnerlink import partner_link
    from clicktrail.core.placeholders import encode
    from clicktrail.edge.catalog import Picture

    picture = Picture(catalogfile.read(desk.settings.catalog_folder / catalogfile.CURRENT))
    subid = "a b&c"
    text = page(7, "deeplink", address=address, subid=subid, program="1")
    shown = re.search(r"<code data-leads-to>(.*?)</code>", text)
    link = field(text, "deeplink-link") if shown else partner_link(BASE, 1, None, 7, subid, address)
    plan, raw, _ = picture.read(link.partition("?")[2].encode())
    leads_to = plan.location(sample_clickid().encode(), encode(subid.encode())).decode()
    assert raw == b"a%20b%26c" and plan.partner == 7
    if shown:
        assert leads_to == html.unescape(shown[1]) and plan.outcome == "ok"
        assert sample_clickid() in leads_to
    else:
        assert "data-fault" in text
        assert leads_to.startswith("https://shop.example/?ref=") and plan.target == "default"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://evil.example/", "evil.example is not on the list of Garden shop. Allowed are: shop.example, "),
        ("http://shop.example:81/", "shop.example:81 is not on the list"),
        ("//shop.example/roses", "This is no whole address. It begins with https:// and goes on with one of: shop"),
        ("https://shop.example/" + "x" * 2000, "longer than 2000 characters"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_hosts(desk: Office, address: str, told: str) -> None:
    text = html.unescape(page(7, "deeplink", address=address, program="1"))
    assert told in text and "deeplink-link" not in text


def test_a_program_without_hosts_says_so(desk: Office) -> None:
    assert "This program takes no deeplinks" in page(8, "deeplink")
    assert "Yen shop takes no deeplinks" in page(8, "deeplink", address="https://yen.example/")


def test_no_link_of_a_program_that_is_not_ones_own(desk: Office) -> None:
    text = page(8, "deeplink", address="https://shop.example/", program="1")
    assert "cpid=1&" not in html.unescape(text) and "Garden" not in text


def test_who_stands_in_for_a_partner_reads_them(desk: Office) -> None:
    session = desk.client.session
    session["as_partner"] = 7
    session.save()
    assert "pid=7" in desk.get("/partner/links/").html
    assert "deeplink-link" in desk.get("/partner/deeplink/", address="https://shop.example/", program="1").html
