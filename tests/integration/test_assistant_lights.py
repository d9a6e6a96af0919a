"""The assistant's pages: five lights with their reasons, code that knows what the program demands, who may see what."""

import html
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.office import Office, Page, office, signed_in
from support.scribe import Scribe

YEN = 5
HOUR_MS = 3_600_000


def word(hours_ago: int = 0) -> str:
    """Of a run's link, as `runs.new_word` makes it."""
    return f"assistant-{time.time_ns() // 1_000_000 - hours_ago * HOUR_MS:011x}-00000000"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("assistant") / "data") as made:
        yield made


@dataclass
class Testing:
    """One run, and what a shop does meanwhile."""

    __test__ = False
    desk: Office
    program: int = 1
    address: str = ""
    word: str = ""
    clickids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        begun = self.desk.get("/assistant/test/", program=str(self.program), creative="0")
        self.address = begun.address
        self.word = begun.address.split("/")[-2]

    def click(self, subid: str | None = None, partner: int = 2, **other: Any) -> str:
        with Scribe(self.desk.settings.data, 1) as scribe:
            made = scribe.click(self.word if subid is None else subid, partner, program=self.program, **other)
            scribe.write(made)
            self.clickids.append(scribe.clickid(made))
        return self.clickids[-1]

    def order(self, tid: str, clickid: str | None = None, **params: str) -> None:
        with Scribe(self.desk.settings.data, 1) as scribe:
            params = {"cpid": str(self.program), **params}
            scribe.write(scribe.order(tid, self.clickids[-1] if clickid is None else clickid, **params))

    def look(self) -> Page:
        self.desk.judge()
        return self.desk.get(self.address)

    def states(self) -> list[str]:
        return states(self.look())


def states(page: Page) -> list[str]:
    return re.findall(r'data-light="\d" data-state="(\w+)"', page.html)


@pytest.fixture
def testing(desk: Office) -> Testing:
    return Testing(desk)


OFF, ON, WRONG = "off", "on", "wrong"


def test_the_lights_go_on_one_by_one(testing: Testing) -> None:
    assert testing.states() == [OFF, OFF, OFF, OFF, OFF]
    testing.click()
    assert testing.states() == [ON, ON, OFF, OFF, OFF]
    testing.order("GREEN-1", umsatz="95.50")
    page = testing.look()
    assert states(page) == [ON, ON, ON, ON, ON]
    assert "All five lights are on" in page.text and "net 95.50 EUR, credited to the test partner" in page.text
    assert "Pixel: works" in page.text and "Server call: not seen yet" in page.text


def test_pixel_and_server_call_together_are_good(testing: Testing) -> None:
    testing.click()
    testing.order("BOTH-1", umsatz="95.50", format="json")
    page = testing.look()
    assert "Pixel: not seen yet" in page.text and "Server call: works" in page.text
    testing.order("BOTH-1", umsatz="95.50")
    page = testing.look()
    assert states(page) == [ON, ON, ON, ON, ON]
    assert "Pixel: works" in page.text and "Server call: works" in page.text
    assert "Told twice, counted once" in page.text


def test_two_amounts_of_one_order_are_told(testing: Testing) -> None:
    testing.click()
    testing.order("TWO-1", umsatz="95.50", format="json")
    testing.order("TWO-1", umsatz="113.65")
    page = testing.look()
    assert states(page) == [ON, ON, ON, ON, WRONG]
    assert "Pixel and server call say different things" in page.text and "113.65" in page.text


def test_an_order_without_a_clickid(testing: Testing) -> None:
    testing.click()
    testing.order("LOST-1", "", umsatz="95.50")
    page = testing.look()
    assert states(page) == [ON, WRONG, WRONG, OFF, WRONG]
    assert "Order LOST-1 came without a ClickID" in page.text and "lose qc_clickid" in page.text


def test_a_mistyped_clickid_is_told_with_the_one_that_was_meant(testing: Testing) -> None:
    clickid = testing.click()
    testing.order("TYPO-1", clickid[:-1], umsatz="95.50")
    page = testing.look()
    assert states(page) == [ON, ON, WRONG, OFF, WRONG]
    assert "A call came that does not name the click" in page.text and clickid in page.text


def test_a_shop_that_keeps_the_first_click(testing: Testing) -> None:
    older = testing.click("another-test")
    testing.click()
    testing.order("OLD-1", older, umsatz="95.50")
    page = testing.look()
    assert states(page)[2] == WRONG
    assert "Order OLD-1 named an older click" in page.text


def test_a_wrong_product_is_told_with_the_nearest_one(testing: Testing) -> None:
    testing.click()
    testing.order("PRODUCT-1", umsatz="95.50", produkt="sale")
    page = testing.look()
    assert states(page) == [ON, ON, ON, WRONG, WRONG]
    assert "did you mean 'Sale'?" in page.text
    assert "with a dash" in page.text


def test_an_order_that_names_another_partner(testing: Testing) -> None:
    testing.click()
    testing.order("PID-1", umsatz="95.50", pid="7")
    page = testing.look()
    assert states(page) == [ON, ON, ON, WRONG, ON]
    assert "credited to partner 7" in page.text


def test_a_click_of_somebody_else_is_not_taken_for_it(testing: Testing) -> None:
    testing.click("blog", partner=7)
    testing.order("THEIRS-1", umsatz="95.50")
    page = testing.look()
    assert states(page) == [OFF, OFF, OFF, OFF, OFF]
    assert "A click of partner 7 came" in page.text


def test_a_click_that_credits_nobody(testing: Testing) -> None:
    testing.click(outcome="unknown_creative")
    page = testing.look()
    assert states(page)[0] == WRONG
    assert "Nobody is credited" in page.text


def test_a_target_without_placeholder(desk: Office) -> None:
    testing = Testing(desk, YEN)
    testing.click()
    page = testing.look()
    assert states(page)[:2] == [ON, WRONG]
    assert "write <% CLICKID %> into its address" in page.text


def test_the_page_asks_again_only_for_what_is_new(testing: Testing) -> None:
    page = testing.look()
    (poll,) = re.findall(r'hx-get="(/assistant[^"]+)"', page.html)
    assert testing.desk.client.get(poll).status_code == 204
    testing.click()
    testing.desk.judge()
    answer = testing.desk.client.get(poll)
    assert answer.status_code == 200
    assert re.findall(r'data-state="(\w+)"', answer.content.decode()) == [ON, ON, OFF, OFF, OFF]


def test_a_test_of_yesterday_watches_no_more(desk: Office) -> None:
    old = word(25)
    page = desk.get(f"/assistant/test/1/0/{old}/")
    assert "watches no more" in page.text and "lights/?seen=" not in page.html
    (seen,) = re.findall(r'data-seen="(\w+)"', page.html)
    assert desk.client.get(f"/assistant/test/1/0/{old}/lights/?seen={seen}").status_code == 286


@pytest.mark.parametrize(
    "path",
    [
        "/assistant/test/1/0/nonsense/",
        "/assistant/test/99/0/{word}/",
        "/assistant/test/1/77/{word}/",
        "/assistant/?program=99",
        "/assistant/test/?program=x",
    ],
)
def test_what_is_not_there_is_not_found(desk: Office, path: str) -> None:
    assert desk.get(path.format(word=word())).status == 404


def test_it_asks_few_questions(testing: Testing) -> None:
    """A handful, however many calls: none per row."""
    testing.click()
    for number in range(8):
        testing.order(f"MANY-{number}", umsatz="95.50")
    few, many = Testing(testing.desk).look().queries, testing.look().queries
    assert many <= few + 1 <= 24


def test_what_is_named_stands_in_the_code(desk: Office) -> None:
    page = desk.get("/assistant/", program="1", shop="php", order="$o->no()", amount="$o->cents()", amount_is="minor",
                    product="Lead", place="cookie", name="my_click")  # fmt: skip
    assert "Clicktrail::pixel(Clicktrail::facts($o->no(), $o->cents(), Clicktrail::kept(), 'Lead'))" in page.text
    assert "const COOKIE = 'my_click';" in page.text and "setcookie(" in page.text and "str_pad(" in page.text


def test_an_expression_that_is_none_is_refused_beside_its_field(desk: Office) -> None:
    page = desk.get("/assistant/", program="1", shop="php", order="$a; exit(", amount="f(")
    assert "“;” would end the code around it" in page.text
    assert "Something is not closed" in page.text
    assert "There is no code yet" in page.text and "class Clicktrail" not in page.text


def test_a_field_that_was_emptied_is_told(desk: Office) -> None:
    page = desk.get("/assistant/", program="1", shop="php", order="")
    assert "Name the variable, as it stands in your code." in page.text


def test_the_way_back_leads_to_what_was_chosen(desk: Office) -> None:
    chosen = "program=1&shop=php&order=%24o%5B%27%22n%26%27%5D"
    page = desk.get("/assistant/test/", program="1", creative="0", back=chosen)
    (back,) = re.findall(r'href="/assistant/\?([^"]+)"', page.html)
    assert html.unescape(back) == chosen


def test_the_names_are_escaped_on_the_page(desk: Office) -> None:
    page = desk.get("/assistant/", program="1", shop="php", order="$a['<b>']")
    assert "$a[&#x27;&lt;b&gt;&#x27;]" in page.html and "<b>" not in page.html


def test_a_program_that_demands_signatures(desk: Office) -> None:
    from clicktrail.control.accounts.models import Activity
    from clicktrail.control.catalog import callkeys
    from clicktrail.control.catalog.models import Program

    program = Program.objects.get(pk=YEN)
    program.signed = True
    program.save()
    address = f"/assistant/?program={YEN}&shop="
    assert "has no signing key: every call fails" in desk.get(address + "php").text
    key = callkeys.make_key(program)
    secret = callkeys.secret_of(key)
    page = desk.get(address + "php")
    assert f"the code signs them with key {key.number}" in page.text
    assert secret not in page.html and "PUT-THE-SECRET-HERE" in page.text
    assert secret in desk.post(address + "php", show_key="1").html
    assert Activity.objects.filter(verb="key shown", program_id=YEN).count() == 1
    assert "A pixel cannot prove what this program demands" not in page.text
    assert "A pixel cannot prove what this program demands" in desk.get(address + "shopify").text
    assert "This code cannot sign" in desk.get(address + "gtm").text
    program.signed = False
    program.save()


def test_what_a_pixel_cannot_prove(desk: Office) -> None:
    from clicktrail.control.catalog.models import Program

    program = Program.objects.get(pk=YEN)
    program.networks, program.token_required, program.unproven = ["203.0.113.0/24"], True, "hold"
    program.save()
    page = desk.get("/assistant/", program=str(YEN), shop="php")
    assert "only from 203.0.113.0/24" in page.text and "demands a token" in page.text
    assert "its transaction waits on hold until the server call" in page.text
    assert "PUT-THE-TOKEN-HERE" in page.text
    program.unproven = "refuse"
    program.save()
    assert "it would be refused" in desk.get("/assistant/", program=str(YEN), shop="php").text
    program.networks, program.token_required = [], False
    program.save()
    page = desk.get("/assistant/", program=str(YEN), shop="php")
    assert "A pixel cannot prove" not in page.text and "number_format((float) $amount, 0, '.', '')" in page.text


def test_who_looks(desk: Office) -> None:
    """A reader looks and tests, and sees no secret; nobody sees a program that is not his."""
    from clicktrail.control.accounts.models import Account, Role

    reader = Account.objects.create_user("rita", password="unused", role=Role.READER, programs=[1], is_staff=True)
    with signed_in(desk.settings, reader) as seen:
        page = seen.get("/assistant/", shop="php")
        assert page.status == 200 and "Yen shop" not in page.text and "Garden shop" in page.text
        assert "Put the secret into the code" not in page.text
        assert seen.get("/assistant/test/", program="1", creative="0").status == 200
        assert seen.get(f"/assistant/?program={YEN}&shop=php").status == 404
        assert seen.get(f"/assistant/test/{YEN}/0/{word()}/").status == 404
        assert seen.post("/assistant/?program=1&shop=php", show_key="1").status == 403


def test_it_is_linked_from_a_program(desk: Office) -> None:
    page = desk.get("/catalog/program/1/change/")
    assert 'href="/assistant/"' in page.html
    assert "/catalog/program/1/integrate" in page.html
    assert desk.get("/catalog/program/1/integrate/").address == "/assistant/"


def test_the_pages_bring_nothing_from_elsewhere(desk: Office, tmp_path: Path) -> None:
    answer = desk.client.get("/assistant/?program=1&shop=php")
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', answer.content.decode())
