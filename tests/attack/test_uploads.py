"""Uploads that want to be more than pictures: programs in disguise, names that climb, files of others, bombs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.office import Office, office
from support.pictures import GIF, JPEG, PNG, chunk, png

SCRIPT = b"<script>alert(document.domain)</script>"
FORM = {"name": "Roses", "target": "1", "product": "", "state": "active", "alt": "", "link_text": ""}
COMMENT = b"\xff\xfe" + (len(SCRIPT) + 2).to_bytes(2, "big") + SCRIPT
POLYGLOTS = {
    "html behind a png": PNG + SCRIPT,
    "html in a text of a png": png(extra=chunk(b"tEXt", SCRIPT)),
    "html in a private chunk": png(extra=chunk(b"prVt", SCRIPT)),
    "zip behind a png": PNG + b"PK\x03\x04" + SCRIPT,
    "html in a comment of a jpeg": JPEG[:2] + COMMENT + JPEG[2:],
    "html behind a jpeg": JPEG + SCRIPT,
    "script in a comment of a gif": GIF[:-1] + b"\x21\xfe" + bytes([len(SCRIPT)]) + SCRIPT + b"\0\x3b",
    "another application in a gif": GIF[:-1]
    + b"\x21\xff\x0b"
    + b"SCRIPTS1.0!"
    + bytes([len(SCRIPT)])
    + SCRIPT
    + b"\0\x3b",
}
NO_PICTURES = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "svg behind a mark": b"\xef\xbb\xbf<svg/>",
    "html": b"<!doctype html>" + SCRIPT,
    "javascript that begins like a gif": b"GIF89a/*" + b"a" * 40 + b"*/=1;alert(1)//",
    "a header alone": PNG[:33],
    "pixels that no browser can hold": png(60_000, 60_000, pixels=b"\0"),
}
CLIMBING = (
    "../keys/keys.json", "..%2fkeys%2fkeys.json", "%2e%2e/ledger.sqlite", "/etc/passwd", "keys.json", ".png",
    "a.png/../x", "0" * 32 + ".svg", "0" * 32 + ".html", "0" * 32 + ".png%00.html", "0" * 32 + ".png\n",
)  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as found:
        yield found


def upload(desk: Office, body: bytes, name: str = "x.png", kind: str = "image/png") -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return desk.post("/catalog/creative/1/change/", **FORM | {"picture": SimpleUploadedFile(name, body, kind)})


def stored(desk: Office) -> list[Path]:
    folder = desk.settings.banners_folder
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("what", POLYGLOTS)
def test_what_hides_in_a_picture_does_not_get_through(desk: Office, what: str) -> None:
    upload(desk, POLYGLOTS[what], "evil.html", "text/html")
    [file] = stored(desk)
    answer = desk.client.get(f"/banner/{file.name}")
    assert answer.status_code == 200 and SCRIPT not in answer.content
    assert answer["Content-Type"].startswith("image/") and answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"] and "script-src" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("what", NO_PICTURES)
@pytest.mark.parametrize("kind", ["image/png", "image/svg+xml"])
def test_what_is_no_picture_is_not_stored(desk: Office, what: str, kind: str) -> None:
    upload(desk, NO_PICTURES[what], "picture.png", kind)
    assert stored(desk) == []


@pytest.mark.parametrize(
    "name", ["../../../keys/keys.json", "..\\x.png", "/etc/cron.d/x", "a\0b.png", "x" * 300, "<b>.png"]
)
def test_the_name_of_an_upload_names_nothing(desk: Office, name: str) -> None:
    before = (desk.settings.keys_folder / "keys.json").read_bytes()
    upload(desk, PNG, name)
    [file] = stored(desk)
    assert len(file.stem) == 32 and file.suffix == ".png"
    assert (desk.settings.keys_folder / "keys.json").read_bytes() == before


@pytest.mark.parametrize("name", CLIMBING)
def test_no_address_leads_out_of_the_folder(desk: Office, name: str) -> None:
    upload(desk, PNG)
    (desk.settings.banners_folder / ("0" * 32 + ".html")).write_bytes(SCRIPT)
    assert desk.client.get(f"/banner/{name}").status_code == 404


def test_a_file_that_no_creative_has_is_not_served(desk: Office) -> None:
    upload(desk, PNG)
    (desk.settings.banners_folder / f"{'0' * 32}.png").write_bytes(PNG)
    assert desk.client.get(f"/banner/{'0' * 32}.png").status_code == 404


def test_the_right_digest_under_another_kind_is_not_served(desk: Office) -> None:
    upload(desk, PNG)
    [file] = stored(desk)
    assert desk.client.get(f"/banner/{file.stem}.gif").status_code == 404


def test_nothing_but_looking(desk: Office) -> None:
    upload(desk, PNG)
    [file] = stored(desk)
    for method in ("post", "put", "delete", "patch", "options"):
        assert getattr(desk.client, method)(f"/banner/{file.name}").status_code == 405


def test_a_long_upload_is_not_read_to_its_end(desk: Office) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    class Endless(SimpleUploadedFile):
        asked = 0

        def read(self, count: int = -1) -> bytes:
            assert 0 <= count <= (2 << 20) + 1
            self.asked += count
            return super().read(count)

    from clicktrail.control.console.creatives import CreativeForm

    file = Endless("x.png", PNG + b"\0" * (3 << 20))
    form = CreativeForm(dict(FORM, program="1"), {"picture": file})
    assert "2 MiB" in str(form.errors["picture"]) and file.asked <= (2 << 20) + 1


@pytest.mark.parametrize(("role", "programs"), [("reader", []), ("manager", [5])])
def test_who_may_not_change_the_creative_uploads_nothing(desk: Office, role: str, programs: list[int]) -> None:
    from clicktrail.control.accounts.models import Account

    upload(desk, PNG)
    [before] = stored(desk)
    account = Account.objects.create_user("other", password="unused", is_staff=True, role=role, programs=programs)
    desk.client.force_login(account)
    upload(desk, png(9, 9))
    from clicktrail.control.banners.models import Banner

    row = Banner.objects.get()
    desk.post(f"/catalog/creative/1/pictures/{row.pk}/take-out/")
    assert stored(desk) == [before] and Banner.objects.count() == 1
