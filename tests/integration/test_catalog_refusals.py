"""Catalog entries that cannot work: refused by the console's form, by the API and by `catalog apply`, field named."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.counter import Counter, counter

from clicktrail import catalogfile
from clicktrail.commands.catalog import apply_file
from clicktrail.errors import CatalogError

OWN = "https://track.example/go.cgi?cpid=1&pid=7"
PROGRAM = {"name": "New shop", "currency": "EUR", "landing_page": "https://new.example/"}
PROGRAM_FORM = PROGRAM | {
    "state": "active",
    "time_zone": "Europe/Vienna",
    "click_lifetime_days": "14",
    "click_parameter": "qc_clickid",
    "deeplink_hosts": "shop.example",
    "unproven": "refuse",
    "nocheck_by": "everybody",
    "pid_by": "everybody",
    "replay_window_s": "300",
}
ONE = "[[program]]\nid = 1\n"
TARGET = {"program": 1, "alias": "round", "url": OWN}
PRODUCT = {"program": 1, "name": "Big\nsale", "percent": "10"}


@dataclass(frozen=True)
class Entry:
    field: str
    words: str
    """Of the sentence."""
    form: tuple[str, dict[str, Any]]
    call: tuple[str, dict[str, Any]]
    file: str


ENTRIES = {
    "time zone": Entry(
        "time_zone",
        "localtime",
        ("program", PROGRAM_FORM | {"time_zone": "localtime"}),
        ("programs", PROGRAM | {"time_zone": "localtime"}),
        ONE + 'time_zone = "localtime"\n',
    ),
    "own go.cgi": Entry(
        "url",
        "own go.cgi",
        ("clicktarget", TARGET),
        ("targets", TARGET),
        f'{ONE}[[program.target]]\nalias = "round"\nurl = "{OWN}"\n',
    ),
    "own go.cgi as landing page": Entry(
        "landing_page",
        "own go.cgi",
        ("program", PROGRAM_FORM | {"landing_page": OWN}),
        ("programs", PROGRAM | {"landing_page": OWN}),
        "",
    ),
    "product name": Entry(
        "name",
        "line end",
        ("product", PRODUCT | {"fixed": ""}),
        ("products", PRODUCT),
        ONE + '[[program.product]]\nname = "Big\\nsale"\npercent = "10"\n',
    ),
    "star": Entry(
        "deeplink_hosts",
        "Anyone can have a name below",
        ("program", PROGRAM_FORM | {"deeplink_hosts": "*.com"}),
        ("programs", PROGRAM | {"deeplink_hosts": ["*.com"]}),
        ONE + 'deeplink_hosts = ["*.com"]\n',
    ),
}
entries = pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("api") / "data", public_url="https://track.example") as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_is_published(api: Counter) -> Iterator[None]:
    current = api.office.settings.catalog_folder / catalogfile.CURRENT
    before = catalogfile.read(current)
    yield
    assert catalogfile.read(current) == before


@entries
def test_the_form_says_it_at_the_field(api: Counter, entry: Entry) -> None:
    noun, fields = entry.form
    page = api.office.post(f"/catalog/{noun}/add/", **fields)
    assert page.address == f"/catalog/{noun}/add/"
    errors = dict(re.findall(r'<ul class="errorlist[^>]*id="id_(\w+)_error"[^>]*>(.*?)</ul>', page.html, re.DOTALL))
    assert list(errors) == [entry.field]
    assert entry.words in errors[entry.field]


@entries
def test_the_api_names_the_field(api: Counter, entry: Entry) -> None:
    noun, body = entry.call
    answer = api.post(f"/{noun}", body)
    assert (answer.status, answer.fields) == (422, [entry.field])
    assert entry.words in answer.body.decode()


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES.values() if entry.file])
def test_the_file_names_the_entry(api: Counter, entry: Entry, tmp_path: Path) -> None:
    file = tmp_path / "setup.toml"
    file.write_text(entry.file, encoding="utf-8")
    with pytest.raises(CatalogError) as refused:
        apply_file(api.office.settings, file)
    [line] = [line for line in str(refused.value).splitlines() if entry.words in line]
    assert re.search(rf"\b{entry.field}\b", line), line
