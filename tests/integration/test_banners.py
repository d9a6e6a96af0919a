"""Creatives in the console: a picture is uploaded, served to the world, replaced, taken out; HTML is ready to copy."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.office import Office, office
from support.pictures import EVERY, PNG, SECRET, png

BASE = "https://track.example"
SECOND = png(8, 8)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, public_url=BASE) as found:
        yield found


def upload(desk: Office, body: bytes, number: int = 1, name: str = "roses.png", **fields: str) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    values = {"name": "Roses", "target": "1", "product": "", "state": "active", "alt": "", "link_text": ""}
    file = SimpleUploadedFile(name, body, "image/png")
    return desk.post(f"/catalog/creative/{number}/change/", **values | fields | {"picture": file, "_continue": "1"})


def in_force(number: int = 1) -> Any:
    from clicktrail.control.banners.models import Banner

    return Banner.objects.get(creative=number, ended_ms=None)


def ask(address: str, **headers: str) -> Any:
    """As a visitor of a partner's page does: no account, no cookie."""
    from django.test import Client

    return Client(SERVER_NAME="track.example").get(address, secure=True, headers=headers)


def code(page: Any, name: str) -> str:
    """What a person copies out of the field."""
    found = re.search(rf"<textarea[^>]* data-{name}[^>]*>(.*?)</textarea>", page.html, re.DOTALL)
    assert found, name
    return html.unescape(found[1])


@pytest.mark.parametrize("name", EVERY)
def test_a_picture_makes_a_banner_that_the_world_sees(desk: Office, name: str) -> None:
    page = upload(desk, EVERY[name], name="holiday.exe", alt="Roses")
    assert "6 × 4 pixels" in page.text, page.text
    kind = name.split()[-1]
    address = f"/banner/{in_force().name}"
    assert address.endswith(f".{kind}"), "the content decides, not the name"
    answer = ask(address)
    assert answer.status_code == 200 and SECRET not in answer.content
    assert answer["Content-Type"] == f"image/{'jpeg' if kind == 'jpg' else kind}"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert not answer.cookies and "Cookie" not in answer.get("Vary", ""), "proxies may keep one for all"
    assert ask(address, if_none_match=answer["ETag"]).status_code == 304


def test_a_partner_who_is_signed_in_sees_it_too(desk: Office) -> None:
    from django.test import Client

    from clicktrail.control.accounts.models import Account, Role

    upload(desk, PNG)
    client = Client(SERVER_NAME="localhost")
    client.force_login(Account.objects.create_user("anna", role=Role.PARTNER, partner_id=7))
    assert client.get(f"/banner/{in_force().name}").status_code == 200


def test_replacing_keeps_the_old_address(desk: Office) -> None:
    upload(desk, PNG, alt="First")
    first = in_force()
    page = upload(desk, SECOND, alt="Second")
    second = in_force()
    assert first.digest != second.digest and second.alt == "Second"
    assert ask(f"/banner/{first.name}").status_code == ask(f"/banner/{second.name}").status_code == 200
    assert second.name in code(page, "banner-html") and first.name not in code(page, "banner-html")
    assert "Earlier pictures" in page.text and "6 × 4" in page.text
    upload(desk, SECOND)
    assert in_force().pk == second.pk, "the same once more changes nothing"


def test_one_taken_out_is_gone_unless_another_creative_has_it(desk: Office) -> None:
    desk.post("/catalog/creative/add/", program="1", name="Other", target="1", product="", state="active")
    for number in (1, 2):
        upload(desk, PNG, number)
        upload(desk, SECOND, number)
    from clicktrail.control.banners.models import Banner

    old = list(Banner.objects.filter(ended_ms__isnull=False).order_by("creative"))
    file = desk.settings.banners_folder / old[0].name
    assert old[0].name == old[1].name and file.stat().st_mode & 0o777 == 0o600
    assert desk.get(f"/catalog/creative/1/pictures/{old[0].pk}/take-out/").status == 404
    page = desk.post(f"/catalog/creative/1/pictures/{old[0].pk}/take-out/")
    assert "out of service" in page.text and ask(f"/banner/{old[0].name}").status_code == 200
    assert desk.post(f"/catalog/creative/1/pictures/{old[1].pk}/take-out/").status == 404, "it is another creative's"
    desk.post(f"/catalog/creative/2/pictures/{old[1].pk}/take-out/")
    assert ask(f"/banner/{old[0].name}").status_code == 404 and not file.exists()
    assert ask(f"/banner/{in_force().name}").status_code == 200


def test_html_to_copy_is_escaped_in_every_place(desk: Office) -> None:
    words = "\"><script>alert('x')</script>&amp;"
    page = upload(desk, PNG, alt=words, link_text=words)
    link = f"{BASE}/go.cgi?cpid=1&amp;wmid=1&amp;pid=2"
    escaped = "&quot;&gt;&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;amp;"
    assert code(page, "link") == f"{BASE}/go.cgi?cpid=1&wmid=1&pid=2"
    assert code(page, "text-html") == f'<a href="{link}" rel="sponsored">{escaped}</a>'
    picture = f'<img src="{BASE}/banner/{in_force().name}" width="6" height="4" alt="{escaped}">'
    assert code(page, "banner-html") == f'<a href="{link}" rel="sponsored">{picture}</a>'
    assert "<script>alert" not in page.html


def test_the_link_follows_what_is_chosen(desk: Office) -> None:
    desk.post("/catalog/program/1/change/", **PROGRAM)
    where = "/catalog/creative/1/link/"
    page = desk.get(where, partner="7", subid="a b&c", to="roses")
    assert code(page, "link") == f"{BASE}/go.cgi?cpid=1&wmid=1&pid=7&subid=a%20b%26c&target=roses"
    assert code(desk.get("/catalog/creative/1/change/", partner="7"), "link").endswith("&pid=7"), "without scripts too"
    page = desk.get(where, partner="7", address="https://shop.example/a?b#c")
    assert code(page, "link").endswith("&pid=7&target=https%3A%2F%2Fshop.example%2Fa%3Fb%23c")
    page = desk.get(where, address="https://evil.example/")
    assert "evil.example is not on the list of Garden shop. Allowed are: shop.example." in page.text
    assert "evil" not in code(page, "link")


PROGRAM = {
    "name": "Garden shop", "time_zone": "Europe/Berlin", "click_lifetime_days": "30", "default_product": "1",
    "state": "active", "deeplink_hosts": "shop.example", "click_parameter": "qc_clickid", "nocheck_by": "everybody",
    "pid_by": "everybody", "unproven": "refuse", "replay_window_s": "300",
}  # fmt: skip


def test_words_of_a_picture_fall_back_to_the_name(desk: Office) -> None:
    page = upload(desk, PNG)
    assert 'alt="Roses"' in code(page, "banner-html") and ">Roses</a>" in code(page, "text-html")
    desk.post(
        "/catalog/creative/1/change/",
        name="Roses",
        target="1",
        product="",
        state="active",
        alt="Red ones",
        link_text="",
    )
    assert in_force().alt == "Red ones", "words change without another upload"


@pytest.mark.parametrize("body", [b"<svg/>", PNG[:60], b"GIF89a"])
def test_a_refusal_stands_beside_the_field_and_changes_nothing(desk: Office, body: bytes) -> None:
    page = upload(desk, body)
    assert "picture" in page.text and ("Save it" in page.text)
    assert not desk.settings.banners_folder.exists()


def test_the_list_shows_pictures_and_clicks(desk: Office) -> None:
    upload(desk, PNG)
    desk.orders("A", "B", cpid="1", produkt="Lead")
    desk.orders("T", partner=2, cpid="1", produkt="Lead")
    page = desk.get("/catalog/creative/")
    assert f'src="/banner/{in_force().name}"' in page.html and "Banner, 6 × 4" in page.text
    row = re.search(r"Roses.*?Active", page.text)
    assert row and row[0].endswith(" 2 Active"), "without the test partner's"
    assert "Roses" in desk.get("/catalog/creative/", kind="banner").text
    assert "0 creatives" in desk.get("/catalog/creative/", kind="text").text


def test_longer_lists_take_no_more_queries(desk: Office) -> None:
    upload(desk, PNG)
    short = desk.get("/catalog/creative/").queries
    for number in range(2, 8):
        desk.post("/catalog/creative/add/", program="1", name=f"C{number}", target="1", product="", state="active")
        upload(desk, png(number, 3), number)
    page = desk.get("/catalog/creative/")
    assert page.queries == short and page.html.count("ct-thumb") == 7


def test_a_lost_file_is_told(desk: Office) -> None:
    upload(desk, PNG)
    (desk.settings.banners_folder / in_force().name).unlink()
    assert "Upload the picture again" in desk.get("/catalog/creative/1/change/").text
    assert ask(f"/banner/{in_force().name}").status_code == 404
    upload(desk, PNG)
    assert ask(f"/banner/{in_force().name}").status_code == 200, "the same picture mends it"


def test_the_log_says_who_changed_the_picture_and_not_its_bytes(desk: Office) -> None:
    upload(desk, PNG, alt="Roses")
    from clicktrail.control.accounts.models import Activity

    row = Activity.objects.filter(verb="changed").latest("pk")
    assert "picture" in str(row.facts) and "PNG" not in str(row.facts)
