"""Which spellings of an order number are nearly equal, and which numbers are not."""

import random
import unicodedata

import pytest

from clicktrail.core.ordernumber import MAX_KEY, order_number_key

ONE_ORDER: list[list[str]] = [
    ["1001", "#1001", " 1001", "1001 ", "01001", "0001001", "No. 1001", "no 1001", "Nr. 1001", "Nr.1001", "№ 1001",
     "№1001", "Order #1001", "order 1001", "Order No. 1001", "Bestellung 1001", "Bestellnummer: 1001", "'1001'",
     '"1001"', "(1001)", "[1001]", "1001.", "1,001", "1.001", "1\u202f001", "1001.0", "1001.00", "\ufeff1001",
     "10\u200b01", "1001\u00ad", "１００１", "%231001", "&#35;1001", "1001\n", "#-1001", "Order-ID: 1001"],
    ["ORD-7", "ord-7", "ORD 7", "ORD_7", "ORD7", "ORD–7", "ORD\u20117", "ORD.7", "ORD-007", "#ORD-7", "Order #ORD-7"],
    ["2024-0017", "2024/17", "2024–17", "2024 17", "#2024-17"],
    ["Müller-1", "MÜLLER-1", unicodedata.normalize("NFD", "Müller-1"), "MÃ¼ller-1", "M%C3%BCller-1", "M&uuml;ller-1",
     "Müller 1"],
    ["Straße-9", "STRASSE-9"],
    ["A B", "A-B", "a b", "AB"],
    ["{A}-1", "A-1", "A1"],
    ["#", "#"],
    ["Order #", "order"],
]  # fmt: skip

DIFFERENT = [
    ["1", "2", "10", "11", "100", "101", "1001", "10010", "1010"],
    ["1-12", "11-2", "112", "1-1-2"],
    ["2024-1", "2024-11", "20241", "2024-1-1"],
    ["A-1", "B-1", "A-11", "AB-1"],
    ["1001", "NO-1001", "NR-1001", "ORD-1001", "SE-1001", "1001-A", "1001-1", "1001/2"],
    ["Müller-1", "Möller-1", "Muller-1", "M\ufffdller-1"],
    ["#", "##", "-", "№", "€1", "£1", "1"],
    ["no", "nr", "order"],
    ["0", "00A", "1"],
    ["की", "का", "कू"],
    ["a\u00e9", "ae"],
]


@pytest.mark.parametrize("spellings", ONE_ORDER, ids=lambda spellings: spellings[0])
def test_spellings_of_one_order_have_one_key(spellings: list[str]) -> None:
    keys = {spelling: order_number_key(spelling) for spelling in spellings}
    assert len(set(keys.values())) == 1, keys
    assert all(keys.values())


@pytest.mark.parametrize("numbers", DIFFERENT, ids=lambda numbers: numbers[0])
def test_different_orders_have_different_keys(numbers: list[str]) -> None:
    keys = {number: order_number_key(number) for number in numbers}
    assert len(set(keys.values())) == len(numbers), keys


@pytest.mark.parametrize("form", ["%d", "#%d", "%08d", "ORD-%d", "2024-%d", "%d-A", "R%dX", "No. %d", "%d/1", "0x%04x"])
def test_numbers_that_follow_each_other_never_meet(form: str) -> None:
    numbers = [form % number for number in (*range(2000), *range(99_000, 102_000))]
    assert len({order_number_key(number) for number in numbers}) == len(numbers)


def test_dates_with_a_running_number_never_meet() -> None:
    numbers = [
        f"{year}-{month}-{number}" for year in (2024, 2025) for month in range(1, 13) for number in range(1, 120)
    ]
    assert len({order_number_key(number) for number in numbers}) == len(numbers)


def test_any_text_has_a_key_that_a_database_takes() -> None:
    dice = random.Random(8)
    texts = ["".join(chr(dice.randrange(1, 0x3000)) for _ in range(dice.randrange(1, 255))) for _ in range(300)]
    for text in [*texts, "\ufdfa" * 255, "%" * 255, "&amp;" * 51, "\0", "a" * 255, "\x00\x01", "😀"]:
        key = order_number_key(text)
        assert key and len(key) <= max(MAX_KEY, len(text)) and "\0" not in key.replace(text, "")
    assert order_number_key("\ufdfa" * 255) != order_number_key("\ufdfa" * 254)
