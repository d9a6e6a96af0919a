"""The list of transactions: saved filters, search, pages, and the CSV file of exactly what is seen."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from support.office import Office, office, signed_in

LIST = "/ledger/transaction/"
SAVE = f"{LIST}filters/save/"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Sixty orders of partner 7, three of the test partner."""
    with office(tmp_path_factory.mktemp("worklist") / "data") as made:
        made.orders(*(f"ORDER-{n}" for n in range(1, 61)))
        made.orders("TEST-1", "TEST-2", "TEST-3", partner=2)
        yield made


@pytest.fixture(autouse=True)
def _no_filters(desk: Office) -> Iterator[None]:
    yield
    from clicktrail.control.worklist.models import SavedFilter

    SavedFilter.objects.all().delete()


def numbers(page: Any) -> list[int]:
    return [int(number) for number in re.findall(r'data-href="/ledger/transaction/(\d+)/change/"', page.html)]


def colleague(desk: Office, name: str, **rights: Any) -> Any:
    from clicktrail.control.accounts.models import Account

    Account.objects.filter(username=name).delete()
    return signed_in(desk.settings, Account.objects.create_user(name, password="unused", is_staff=True, **rights))


def saved(name: str) -> Any:
    from clicktrail.control.worklist.models import SavedFilter

    return SavedFilter.objects.get(name=name)


def test_pages_follow_each_other_without_gap_and_back(desk: Office) -> None:
    first = desk.get(LIST)
    assert numbers(first) == list(range(63, 13, -1))
    second = desk.get(LIST, before="14")
    assert numbers(second) == list(range(13, 0, -1)) and 'rel="next"' not in second.html
    assert numbers(desk.get(LIST, after="13")) == numbers(first)
    assert numbers(desk.get(LIST, before="x")) == numbers(desk.get(LIST, before="9" * 40)) == numbers(first)


def test_no_page_counts_all_there_is(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.worklist import bulk

    monkeypatch.setattr(bulk, "MAX_BULK", 20)
    page = desk.get(LIST)
    assert "All that is found: more than 20, narrow the list first" in page.text
    assert "All 60 found" not in page.text
    monkeypatch.setattr(bulk, "MAX_BULK", 100)
    assert "All 60 found, not only this page" in desk.get(LIST, test="no").text


@pytest.mark.parametrize("term", ["Anna", "7", "sub-1"])
def test_search_by_partner_and_subid(desk: Office, term: str) -> None:
    found = numbers(desk.get(LIST, q=term, test="no"))
    # 7 is a transaction's number too, and what is there whole is found alone.
    assert found == ([7] if term == "7" else list(range(60, 10, -1)))


@pytest.mark.parametrize("partner", ["2", "test part"])
def test_filter_by_partner_by_name_or_number(desk: Office, partner: str) -> None:
    assert numbers(desk.get(LIST, partner=partner)) == [63, 62, 61]


def test_a_filter_is_saved_opened_by_one_click_and_deleted(desk: Office) -> None:
    asked = desk.get(LIST, state="open", partner="2")
    assert "Save this filter as" in asked.text
    done = desk.post(SAVE, name="Open tests", query="state=open&partner=2&before=5&evil=1")
    assert done.address == LIST and "The filter “Open tests” was saved." in done.text
    assert saved("Open tests").query == "partner=2&state=open", "only what is a filter, in one order"
    assert numbers(done) == [63, 62, 61]
    link = re.search(
        r'href="([^"]*)"[^>]*aria-current="page">Open tests', desk.get(LIST, state="open", partner="2").html
    )
    assert link and link[1] == f"{LIST}?partner=2&amp;state=open"
    gone = desk.post(f"{LIST}filters/{saved('Open tests').pk}/delete/")
    assert "was deleted" in gone.text and ">Open tests" not in desk.get(LIST, view="all").html


def test_a_filter_may_be_the_view_that_one_begins_with(desk: Office) -> None:
    desk.post(SAVE, name="Tests", query="test=only", start="on")
    assert numbers(desk.get(LIST)) == [63, 62, 61]
    assert len(numbers(desk.get(LIST, view="all"))) == 50, "all is one click away"
    desk.post(f"{LIST}filters/{saved('Tests').pk}/unstart/")
    assert len(numbers(desk.get(LIST))) == 50


def test_what_is_shared_everybody_sees_and_only_its_maker_deletes(desk: Office) -> None:
    desk.post(SAVE, name="Ours", query="test=only", shared="on")
    desk.post(SAVE, name="Mine", query="state=paid")
    with colleague(desk, "carl", role="manager") as carl:
        page = carl.get(LIST, view="all")
        assert ">Ours" in page.html and ">Mine" not in page.html
        number, own = saved("Ours").pk, saved("Mine").pk
        assert carl.post(f"{LIST}filters/{number}/delete/").status == 404
        assert carl.post(f"{LIST}filters/{own}/start/").status == 404
        carl.post(f"{LIST}filters/{number}/start/")
        assert numbers(carl.get(LIST)) == [63, 62, 61]
        desk.post(f"{LIST}filters/{number}/unshare/")
        assert len(numbers(carl.get(LIST))) == 50, "a start view that is not shared any more is none"
    assert saved("Ours").shared is False


def test_the_name_of_a_shared_filter_is_for_those_who_may_see_its_program(desk: Office) -> None:
    """It may tell a plan that is nobody else's business."""
    desk.post(SAVE, name="Yen: leaves us in May", query="program=5&state=open", shared="on")
    desk.post(SAVE, name="All open", query="state=open", shared="on")
    number = saved("Yen: leaves us in May").pk
    with colleague(desk, "yuki", role="manager", programs=[5]) as yuki:
        assert "leaves us in May" in yuki.get(LIST, view="all").text
    with colleague(desk, "gus", role="manager", programs=[1]) as gus:
        page = gus.get(LIST, view="all").text
        assert "All open" in page and "leaves us" not in page
        assert gus.post(f"{LIST}filters/{number}/start/").status == 404


def test_a_reader_keeps_filters_of_his_own_and_shares_none(desk: Office) -> None:
    with colleague(desk, "rita", role="reader") as rita:
        done = rita.post(SAVE, name="Rita's", query="test=only", shared="on")
        assert "was saved" in done.text and numbers(done) == [63, 62, 61]
        number = saved("Rita's").pk
        assert rita.post(f"{LIST}filters/{number}/share/").status == 403
    assert saved("Rita's").shared is False


def test_a_filter_needs_a_name_and_there_is_an_end_of_them(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from clicktrail.control.console import filterpages

    assert "Name: give the filter a name" in desk.post(SAVE, name=" ", query="test=only").text
    monkeypatch.setattr(filterpages, "MAX_FILTERS", 1)
    desk.post(SAVE, name="One", query="test=only")
    assert "You keep 1 filters already" in desk.post(SAVE, name="Two", query="test=no").text
    assert "was saved" in desk.post(SAVE, name="One", query="test=no").text, "the same name takes the place"
    assert saved("One").query == "test=no"


# CSV


def lines(desk: Office, **query: str) -> list[list[str]]:
    answer = desk.client.get(f"{LIST}export.csv", query)
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_the_file_has_what_the_list_shows(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns, rows, order; over several pages of the list and of the file's own reading."""
    from clicktrail.control.console import transactions

    monkeypatch.setattr(transactions, "EXPORT_ROWS", 7)
    query = {"state": "open", "test": "no"}
    page = desk.get(LIST, **query)
    rest = desk.get(LIST, before=str(numbers(page)[-1]), **query)
    head, *rows = lines(desk, **query)
    titles = re.findall(r'<th scope="col"(?: class="ct-right")?>([^<]+)</th>', page.html)
    assert [*titles, "Currency", "Marks"] == head
    assert [int(row[0]) for row in rows] == numbers(page) + numbers(rest) == list(range(60, 0, -1))
    shown = next(part for part in page.html.split("<tr ") if "/60/change/" in part)
    for cell in rows[0][:-3]:
        plain = cell.rpartition(" ")[0] if cell.endswith(("CET", "CEST", "UTC")) else cell
        assert plain.replace("<", "&lt;").replace(">", "&gt;") in shown, cell


def test_the_file_is_narrowed_and_speaks_as_the_page(desk: Office) -> None:
    assert [row[0] for row in lines(desk, q="TEST-2")[1:]] == ["62"]
    assert lines(desk, q="nothing")[1:] == []
    [row] = lines(desk, q="TEST-2")[1:]
    assert row[-3:] == ["Open", "EUR", "Test"] and "100.00" in row


def test_who_may_see_one_program_gets_no_others_in_list_search_and_file(desk: Office) -> None:
    with colleague(desk, "yuki", role="manager", programs=[5]) as yuki:
        assert numbers(yuki.get(LIST)) == numbers(yuki.get(LIST, q="ORDER-1")) == numbers(yuki.get(LIST, q="7")) == []
        assert numbers(yuki.get(LIST, program="1")) == [] and lines(yuki)[1:] == []
        assert yuki.get(f"{LIST}1/change/").status == 404


def test_a_list_without_anything_says_what_to_do(desk: Office) -> None:
    page = desk.get(LIST, q="nobody")
    assert "Nothing is found" in page.text and "Show all transactions" in page.text
