"""Amounts told by their column, days with zones and in words, and order numbers that a spreadsheet spoiled."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from support.orderlists import classified

from clicktrail.control.reconcile import amounts, classes, moments, orderlist, spoiled
from clicktrail.control.reconcile.amounts import AmountForm, NumberCell
from clicktrail.control.reconcile.classes import Finding, Ours
from clicktrail.core.money import AmountError

EURO = AmountForm("EUR", 2)
NO_BREAK, THIN = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("cells", "minor"),
    [
        (["1.234", "95,50"], 123_400),
        (["1.234", "1.234,56"], 123_400),
        (["1.234", "95.50"], 123),
        (["1,234", "95.50"], 123_400),
        (["1,234", "1,234.56"], 123_400),
        (["1,234", "0,5"], 123),
        (["1.234.567"], 123_456_700),
        (["1,234,567.89"], 123_456_789),
        (["1'234.56"], 123_456),
        (["1\u2019234,56"], 123_456),
        (["1 234,56"], 123_456),
        ([f"1{NO_BREAK}234,56"], 123_456),
        ([f"1{THIN}234{THIN}567,8"], 123_456_780),
        (["1.234,56 €"], 123_456),
        (["CHF 1", "1"], None),
        (["1'000.-"], 100_000),
        (["\u22125,00"], -500),
        (["5,00-"], -500),
        (["(5.00)"], -500),
        (["- 5,00 €"], -500),
        (["1.234", "1.234,56", "1,234.56"], None),
        (["1.234", "12"], None),
        (["12,34,567"], None),
        (["1.23.456"], None),
        (["12 34"], None),
        (["1.2345,6"], None),
    ],
)
def test_thousands_are_told_by_the_column(cells: list[str], minor: int | None) -> None:
    """The first cell, as its column reads it; None: it is an error."""
    form = amounts.decide(cells, EURO)
    if minor is not None:
        assert amounts.read_amount(cells[0], form, is_signed=True) == minor
        return
    with pytest.raises(AmountError):
        amounts.read_amount(cells[0], form, is_signed=True)


@pytest.mark.parametrize(
    ("text", "decimal", "minor"),
    [("1.234", "comma", 123_400), ("1.234", "point", 123), ("1,234", "comma", 123), ("1,234", "point", 123_400)],
)
def test_a_person_may_choose_the_decimal_separator(text: str, decimal: str, minor: int) -> None:
    assert amounts.read_amount(text, AmountForm("EUR", 2, decimal)) == minor


def test_a_chosen_separator_is_never_taken_for_the_other() -> None:
    with pytest.raises(AmountError):
        amounts.read_amount("95.50", AmountForm("EUR", 2, "comma"))


def test_numbers_of_a_workbook_are_no_texts() -> None:
    assert amounts.read_amount(NumberCell("1.234"), AmountForm("EUR", 2, "comma")) == 123
    assert amounts.decide([NumberCell("95.50")], EURO) == EURO


@pytest.mark.parametrize(("text", "currency"), [("$5", "CAD"), ("5 kr", "NOK"), ("¥5", "CNY"), ("5 Fr.", "CHF")])
def test_a_sign_of_several_currencies(text: str, currency: str) -> None:
    assert amounts.read_amount(text, AmountForm(currency, 2)) == 500


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-30 23:30:00 UTC", "2026-12-01"),
        ("2026-11-30 23:30:00 GMT", "2026-12-01"),
        ("2026-11-30 23:30:00 +0000", "2026-12-01"),
        ("2026-11-30T23:30:00Z", "2026-12-01"),
        ("2026-11-30T23:30:00.123456+00:00", "2026-12-01"),
        ("2026-11-30 23:30:00 CET", "2026-11-30"),
        ("2026-11-30 23:30:00 MEZ", "2026-11-30"),
        ("2026-11-30 18:30:00 EST", "2026-12-01"),
        ("2026-12-01 00:30 Europe/Helsinki", "2026-11-30"),
        ("2026-11-30 23:30:00 UTC+1", "2026-11-30"),
        ("2026-11-30 23:30", "2026-11-30"),
        ("2026-11-30 UTC", "2026-11-30"),
        ("30.11.2026 23:30 UTC", "2026-12-01"),
        ("30-11-2026", "2026-11-30"),
        ("11-30-2026", "2026-11-30"),
        ("30/11/2026 11:30 PM", "2026-11-30"),
        ("30. November 2026", "2026-11-30"),
        ("1. März 2026", "2026-03-01"),
        ("30 Nov 2026", "2026-11-30"),
        ("30-Nov-26", "2026-11-30"),
        ("Nov 30, 2026", "2026-11-30"),
        ("November 30th, 2026 at 11:30 PM", "2026-11-30"),
        ("Mon, 30 Nov 2026 23:30:00 +0000", "2026-12-01"),
        ("Mo., 30. Nov. 2026, 23:30 Uhr", "2026-11-30"),
        ("Mon Nov 30 2026 23:30:00 GMT+0000 (Coordinated Universal Time)", "2026-12-01"),
        ("Mon Nov 30 23:30:00 UTC 2026", "2026-12-01"),
        ("46356", "2026-11-30"),
        ("46356.979166667", "2026-11-30"),
        ("46356,5", "2026-11-30"),
        ("1796081400", "2026-12-01"),
        ("20261130T233000Z", "2026-12-01"),
        (" 2026-11-30\u200b", "2026-11-30"),
        ("31.02.2026", ""),
        ("2026-11-30 23:30 BST", ""),
        ("2026-11-30 25:00", ""),
        ("12345", ""),
        ("yesterday", ""),
        ("x" * 200, ""),
        ("03/04/2026", ""),
    ],
)
def test_days_are_days_of_the_programs_zone(text: str, day: str) -> None:
    assert orderlist.day_text(orderlist.day_of(text, "", "Europe/Vienna")) == day


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("03/04/2026", "%d/%m/%Y", "2026-04-03"),
        ("1796081400", "unix", "2026-12-01"),
        ("1796081400000", "unix_ms", "2026-12-01"),
        ("46356", "excel", "2026-11-30"),
        ("2026-11-30", "%d/%m/%Y", ""),
        ("x", "unix", ""),
    ],
)
def test_days_as_a_person_says(text: str, form: str, day: str) -> None:
    assert orderlist.day_text(orderlist.day_of(text, "", "Europe/Vienna", form)) == day


def test_the_column_tells_day_from_month() -> None:
    assert moments.order_of(["03-04-2026", "30-04-2026"]) == "dmy"
    assert moments.order_of(["03/04/2026", "04/30/2026 10:00"]) == "mdy"
    assert moments.order_of(["03/04/2026"]) == moments.order_of(["30/04/2026", "04/30/2026"]) == ""


def test_excels_days_count_from_1899() -> None:
    assert moments.excel_day("36526") == date(2000, 1, 1) and moments.excel_day("36525") is None
    assert ZoneInfo("UTC")


# Order numbers


def ours(*tids: str, revenue_minor: int = 10_000) -> dict[str, Ours]:
    return {
        tid: Ours(number, tid, revenue_minor, 1_000, "open", False, False, 0, 0) for number, tid in enumerate(tids, 41)
    }


def found_of(rows: str, here: dict[str, Ours], columns: str = "Bestellnummer;Netto") -> list[Finding]:
    return classified(f"{columns}\n{rows}", here)


@pytest.mark.parametrize(
    ("cell", "tid"),
    [
        ("'123", "123"),
        ('"=""00123"""', "00123"),
        ("123.0", "123"),
        ("123,00", "123"),
        ("1.234.567", "1234567"),
        ('"1,234"', "1234"),
        ("1'234", "1234"),
        ("123\u200b", "123"),
        ("'00123", "00123"),
    ],
)
def test_what_can_be_read_back_is_matched(cell: str, tid: str) -> None:
    (found,) = found_of(f"{cell};100", ours(tid))
    assert (found.kind, found.cause) == ("matched", "") and found.ours and found.ours.tid == tid


@pytest.mark.parametrize(
    ("cell", "tid"),
    [
        ("1,23457E+15", "1234567890123456"),
        ("1.23457E+15", "1234567890123456"),
        ("1E+05", "100000"),
        ("1,23E+11", "123000456789"),
        ("1234567890123450", "1234567890123456"),
        ("12345678901234500000", "12345678901234567890"),
        ("123", "000123"),
        ("12. Mär", "3-12"),
        ("Mär 12", "12-3"),
        ("Mar-12", "MAR12"),
        ("12.03.2026", "3-12"),
        ("2026-03-12", "12/3"),
        ("46093", "3-12"),
        ("2,00E+10", "2E10"),
    ],
)
def test_a_spoiled_number_is_matched_where_one_order_fits(cell: str, tid: str) -> None:
    (found,) = found_of(f"{cell};100", ours(tid))
    assert (found.kind, found.cause) == ("matched", "spoiled") and found.ours and found.ours.tid == tid
    assert "spoiled by a spreadsheet" in str(found.sentence)
    assert "spoiled" in classes.UNSURE, "a move of the whole class leaves it out"


@pytest.mark.parametrize(
    ("rows", "here"),
    [
        ("1,23457E+15;100", ours("1234567890123456", "1234567890123457")),
        ("1,23457E+15;100\n1,23457E+15;100", ours("1234567890123456")),
        ("1,23457E+15;50", ours("1234567890123456")),
        ("1234567890123450;100", ours("1234567890123456", "1234567890123457")),
        ("123;100", ours("0123", "00123")),
        ("#####;100", ours("A-1")),
        ("#####;", ours("A-1", "A-2", "A-3")),
        ("12. Mär;100", ours("3-12", "12-3")),
    ],
)
def test_a_spoiled_number_that_may_be_several_is_matched_with_none(rows: str, here: dict[str, Ours]) -> None:
    """And none of the orders that it may be is `unknown`, the class that is cancelled."""
    found = found_of(rows, here)
    assert {each.kind for each in found} == {"unclear"} and {each.cause for each in found} == {"spoiled"}


@pytest.mark.parametrize("cell", ["1,23457E+15", "########", "Mär 12", "1234567890123450000"])
def test_a_spoiled_number_is_never_one_for_which_no_call_came(cell: str) -> None:
    (found,) = found_of(f"{cell};100", {})
    assert (found.kind, found.cause) == ("unclear", "spoiled") and "spoiled by a spreadsheet" in str(found.sentence)


@pytest.mark.parametrize("cell", ["1,23457E+15", "1234567890123450", "12E3", "Mar-12", "2026-03-12", "45972", "'123"])
def test_a_number_that_the_ledger_has_so_is_not_spoiled(cell: str) -> None:
    (found,) = found_of(f"{cell};100", ours(cell))
    assert (found.kind, found.cause) == ("matched", "")


@pytest.mark.parametrize("cell", ["4711", "A-1", "1E", "E5", "#4711", "M12", "1.2.3", "1234567890123456"])
def test_an_ordinary_number_is_missing_as_ever(cell: str) -> None:
    assert [each.kind for each in found_of(f"{cell};100", ours("B-9"))] == ["missing", "unknown"]


def test_a_refund_with_a_spoiled_number_keeps_the_orders_that_it_may_mean() -> None:
    here = ours("1234567890123456", "77")
    found = found_of("1234567890123456;100\n77;100\n1,23457E+15;-30", here)
    assert [each.kind for each in found] == ["unclear", "matched", "unclear"]


STATUS = "Bestellnummer;Netto;Status"


@pytest.mark.parametrize(
    "line", ["#4711;-30;refunded", "04711;-30;completed", "No. 4711;100;cancelled", "4711.;;Teilweise erstattet"]
)
def test_a_refund_under_nearly_the_same_number_keeps_its_order(line: str) -> None:
    """Confirmed with the whole revenue, the order would be paid although a part of it came back."""
    found = found_of(f"4711;100;completed\n4712;100;completed\n{line}", ours("4711", "4712"), STATUS)
    assert [(each.kind, each.cause) for each in found][:2] == [("unclear", "near_order"), ("confirmed", "open_here")]


def test_a_sale_under_nearly_the_same_number_keeps_nothing() -> None:
    found = found_of("4711;100;completed\n#4711;100;completed", ours("4711"), STATUS)
    assert [each.kind for each in found] == ["confirmed", "missing"]


def test_many_spoiled_numbers_cost_little() -> None:
    here = ours(*(str(10**15 + number) for number in range(3_000)))
    found = spoiled.compare(
        [orderlist.Listed(line, "1E+15", 100) for line in range(3_000)],
        [spoiled.Order(each.number, each.tid, each.revenue_minor, False) for each in here.values()],
    )
    assert len(found.lines) == len(found.possible) == 3_000 and not found.matched
