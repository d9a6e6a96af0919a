"""Stored script: a stranger's text on every page of the console is text, in whatever field it came.

Besides scripts and handlers also what unfold's own scripts would run: attributes of alpine and htmx.
"""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from support.office import Office, office
from support.scribe import Scribe

MARK = "pwned"
TEXTS = (
    f"<script>{MARK}()</script>",
    f'"><img src=x onerror={MARK}()>',
    f"' x-data x-init='{MARK}()",
    f'" x-on:click="{MARK}()" hx-on:click="{MARK}()" autofocus onfocus="{MARK}()',
    f"</textarea></title></script><svg onload={MARK}()>",
    f"javascript:{MARK}()",
    f"x{{% debug %}}{{% include {MARK} %}}",
)
LISTS = (
    "/ledger/transaction/",
    "/ledger/postback/",
    "/ledger/setaside/",
    "/catalog/partner/",
    "/catalog/program/",
    "/catalog/creative/",
    "/catalog/clicktarget/",
    "/catalog/product/",
    "/catalog/approval/",
    "/catalog/partnerrate/",
    "/account/",
    "/accounts/account/",
)


class Reader(HTMLParser):
    """Finds the mark where a browser would run it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.runs: list[str] = []
        self.seen = 0
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        for name, value in attrs:
            text = value or ""
            if MARK in name or (MARK in text and self._would_run(name, text)):
                self.runs.append(f"<{tag} {name}={text!r}>")

    @staticmethod
    def _would_run(name: str, text: str) -> bool:
        runs_itself = name.startswith(("on", "x-", "hx-on", "@", ":", "srcdoc", "style")) or name == "hx-vals"
        leads_there = name in ("href", "src", "action", "formaction") and not text.startswith(("/", "?", "http"))
        return runs_itself or leads_there

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        if MARK in data:
            self.seen += 1
            if self._inside in ("script", "style"):
                self.runs.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Everything that strangers, partners and shops send, filled with scripts; and an event that was set aside."""
    with office(tmp_path_factory.mktemp("script") / "data") as made:
        with Scribe(made.settings.data, 1) as scribe:
            for number, text in enumerate(TEXTS):
                click = scribe.click(text, 7, referrer=f"https://{text}/{text}", user_agent=text)
                order = scribe.order(f"{number} {text}", scribe.clickid(click))
                scribe.write(click, order)
                scribe.write(scribe.order(text, text, subid=text, produkt=text, pid=text, umsatz=text, note=text))
                scribe.write(scribe.order(f"x{number}", "", **{text: text}))
        made.judge()
        _set_aside()
        yield made


def _set_aside() -> None:
    from clicktrail.control.ledger.models import SetAside

    for number, text in enumerate(TEXTS):
        SetAside.objects.create(identity=text[:32], seq=number, position=0, note=text, body=b"\xc1", at_ms=1)


@pytest.mark.parametrize("path", LISTS)
def test_no_list_runs_it(desk: Office, path: str) -> None:
    page = desk.get(path)
    assert page.status == 200 and read(page.html).runs == []


def test_the_pages_do_show_it(desk: Office) -> None:
    """Else the test above would hold of empty pages."""
    assert read(desk.get("/ledger/transaction/").html).seen >= len(TEXTS)
    assert read(desk.get("/ledger/postback/").html).seen >= len(TEXTS)
    assert read(desk.get("/ledger/setaside/").html).seen >= len(TEXTS)


def test_no_page_of_one_transaction_or_call_runs_it(desk: Office) -> None:
    from clicktrail.control.ledger.models import Postback, Transaction

    numbers = list(Transaction.objects.values_list("pk", flat=True))
    calls = list(Postback.objects.values_list("pk", flat=True))
    assert len(numbers) >= len(TEXTS) and len(calls) >= 2 * len(TEXTS)
    pages = [f"/ledger/transaction/{number}/change/" for number in numbers]
    pages += [f"/ledger/postback/{number}/change/" for number in calls]
    pages += [f"/ledger/transaction/move/confirm/?numbers={number}" for number in numbers]
    for path in pages:
        page = desk.get(path)
        assert page.status == 200, path
        found = read(page.html)
        assert found.runs == [] and found.seen, path


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_searched_for_is_not_run(desk: Office, text: str) -> None:
    for path in (
        "/ledger/transaction/?q=",
        "/ledger/postback/?q=",
        "/catalog/partner/?q=",
        "/login/?next=",
        "/search/?s=",
    ):
        assert read(desk.get(path + quote(text)).html).runs == []


@pytest.mark.parametrize("text", TEXTS)
def test_names_that_a_partner_gave_himself_are_not_run(desk: Office, text: str) -> None:
    from clicktrail.control.catalog.models import ClickTarget, Partner, Product

    Partner.objects.filter(pk=7).update(name=text)
    Product.objects.filter(name="Lead").update(name=text)
    ClickTarget.objects.filter(program_id=1, alias="default").update(alias=text)
    try:
        for path in (*LISTS, "/catalog/creative/1/change/", "/catalog/partner/7/change/", "/catalog/approval/add/"):
            assert read(desk.get(path).html).runs == [], path
    finally:
        Product.objects.filter(name=text).update(name="Lead")
        ClickTarget.objects.filter(alias=text).update(alias="default")


def test_the_reader_finds_what_runs(tmp_path: Path) -> None:
    assert [len(read(f"<p>{text}</p><p a='{text}' b=\"{text}\">").runs) > 0 for text in TEXTS[:5]] == [True] * 5
    assert read(f'<a href="{TEXTS[5]}">').runs and not read(f'<a href="/?q={quote(TEXTS[0])}">{MARK}</a>').runs
