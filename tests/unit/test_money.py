"""Amounts: what a shop may send and what it means to the cent; what is refused, in words."""

import pytest

from clicktrail.core.catalog import Rate
from clicktrail.core.money import (
    CURRENCIES,
    AmountError,
    check_limit,
    commission,
    decimals_of,
    format_minor,
    format_percent,
    max_minor,
    parse_amount,
    parse_fixed,
    parse_percent,
)


@pytest.mark.parametrize(
    ("text", "decimals", "minor"),
    [
        ("95.5", 2, 9550),
        ("95.50", 2, 9550),
        ("95,50", 2, 9550),
        ("95,5", 2, 9550),
        ("95", 2, 9500),
        ("0", 2, 0),
        ("0.00", 2, 0),
        ("007.50", 2, 750),
        ("80.25210084033614", 2, 8025),
        ("80.255", 2, 8026),
        ("80.2549999999999999999999", 2, 8025),
        ("1.005", 2, 101),
        ("2.675", 2, 268),
        ("0.004", 2, 0),
        ("0.005", 2, 1),
        ("99.995", 2, 10000),
        ("1.234", 2, 123),
        ("999999999999", 2, 99_999_999_999_900),
        ("999999999999.999", 2, 100_000_000_000_000),
        ("1." + "9" * 5000, 2, 200),
        ("95", 0, 95),
        ("95.5", 0, 96),
        ("95,49", 0, 95),
        ("95.1235", 3, 95124),
        ("95,5", 3, 95500),
    ],
)
def test_amounts(text: str, decimals: int, minor: int) -> None:
    assert parse_amount(text, decimals) == minor


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("1.234,56", "separators"),
        ("1,234.56", "separators"),
        ("1,234,567", "separators"),
        ("1.234.567", "separators"),
        ("1,234", "three digits behind a comma"),
        ("0,123", "three digits behind a comma"),
        ("1,2345", "one or two digits"),
        ("-5", "negative"),
        ("-0.00", "negative"),
        ("−5", "negative"),
        ("1e3", "exponent"),
        ("1.5E+3", "exponent"),
        ("1e-3", "exponent"),
        ("1000000000000", "12 digits"),
        ("0000000000001", "12 digits"),
        ("95.", "missing before or behind"),
        (".5", "missing before or behind"),
        (",50", "missing before or behind"),
        (".", "missing before or behind"),
        ("abc", "not a plain number"),
        ("+5", "not a plain number"),
        (" 95.50", "not a plain number"),
        ("95.50\n", "not a plain number"),
        ("95.50 EUR", "not a plain number"),
        ("€95", "not a plain number"),
        ("1 000", "not a plain number"),
        ("1'000", "not a plain number"),
        ("1_000", "not a plain number"),
        ("0x10", "not a plain number"),
        ("NaN", "not a plain number"),
        ("Infinity", "not a plain number"),
        ("٩٥", "not a plain number"),
        ("９５", "not a plain number"),
        ("²", "not a plain number"),
        ("9\0", "not a plain number"),
        ("null", "not a plain number"),
        ("[1]", "not a plain number"),
    ],
)
def test_refused_with_the_reason_in_words(text: str, words: str) -> None:
    with pytest.raises(AmountError, match=words) as refused:
        parse_amount(text, 2)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("rate", "revenue_minor", "earned"),
    [
        (Rate(percent_ppm=100_000), 9550, 955),
        (Rate(percent_ppm=100_000), 0, 0),
        (Rate(percent_ppm=100_000), 4, 0),
        (Rate(percent_ppm=100_000), 5, 1),
        (Rate(percent_ppm=75_000), 9550, 716),
        (Rate(percent_ppm=75_000), 1000, 75),
        (Rate(percent_ppm=1), 499_999, 0),
        (Rate(percent_ppm=1), 500_000, 1),
        (Rate(percent_ppm=1_000_000), 10**14, 10**14),
        (Rate(percent_ppm=333_333), 100_000_000_000_001, 33_333_300_000_000),
        (Rate(percent_ppm=0), 9550, 0),
        (Rate(percent_ppm=1_000_000), None, 0),
        (Rate(fixed_minor=500), None, 500),
        (Rate(fixed_minor=500), 9550, 500),
        (Rate(fixed_minor=0), 9550, 0),
    ],
)
def test_commission(rate: Rate, revenue_minor: int | None, earned: int) -> None:
    assert commission(rate, revenue_minor) == earned


@pytest.mark.parametrize(
    ("text", "ppm"), [("7.5", 75_000), ("10", 100_000), ("0", 0), ("100", 1_000_000), ("0.0001", 1), ("7,5", 75_000)]
)
def test_percentages(text: str, ppm: int) -> None:
    assert parse_percent(text) == ppm
    assert parse_percent(format_percent(ppm)) == ppm


@pytest.mark.parametrize("text", ["", "100.0001", "101", "0.00001", "-1", "10 %", "ten", "1e1"])
def test_percentages_that_cannot_be(text: str) -> None:
    with pytest.raises(AmountError):
        parse_percent(text)


@pytest.mark.parametrize(("text", "decimals", "minor"), [("5", 2, 500), ("5.00", 2, 500), ("5", 0, 5), ("0.001", 3, 1)])
def test_fixed_amounts(text: str, decimals: int, minor: int) -> None:
    assert parse_fixed(text, decimals) == minor


@pytest.mark.parametrize(("text", "decimals"), [("5.001", 2), ("5.0", 0), ("", 2), ("-5", 2), ("1,234", 2)])
def test_fixed_amounts_are_exact_or_refused(text: str, decimals: int) -> None:
    """What a person sets is never rounded behind his back."""
    with pytest.raises(AmountError):
        parse_fixed(text, decimals)


@pytest.mark.parametrize(
    ("minor", "decimals", "text"),
    [(9550, 2, "95.50"), (5, 2, "0.05"), (0, 2, "0.00"), (-5, 2, "-0.05"), (95, 0, "95"), (0, 0, "0"), (1, 3, "0.001")],
)
def test_written_with_exactly_the_decimals(minor: int, decimals: int, text: str) -> None:
    assert format_minor(minor, decimals) == text


@pytest.mark.parametrize(
    ("ppm", "text"), [(75_000, "7.5"), (100_000, "10"), (1, "0.0001"), (0, "0"), (1_000_000, "100")]
)
def test_percentages_written_without_needless_zeros(ppm: int, text: str) -> None:
    assert format_percent(ppm) == text


@pytest.mark.parametrize(("code", "decimals"), [("EUR", 2), ("USD", 2), ("CHF", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_currencies(code: str, decimals: int) -> None:
    assert decimals_of(code) == decimals


@pytest.mark.parametrize("code", ["", "eur", "EURO", "XXX", "€"])
def test_currencies_that_are_none(code: str) -> None:
    with pytest.raises(AmountError):
        decimals_of(code)


def test_currency_codes_are_three_capitals() -> None:
    assert len(CURRENCIES) > 150
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in CURRENCIES)


@pytest.mark.parametrize(
    ("currency", "most"),
    [
        ("EUR", "10000000.00"),
        ("USD", "10000000.00"),
        ("KWD", "10000000.000"),
        ("CLF", "10000000.0000"),
        ("SEK", "100000000.00"),
        ("JPY", "1000000000"),
        ("KRW", "10000000000"),
        ("UGX", "10000000000"),
        ("IQD", "5000000000.000"),
        ("IDR", "50000000000.00"),
        ("VND", "50000000000"),
        ("IRR", "50000000000.00"),
        ("LBP", "50000000000.00"),
        ("LAK", "50000000000.00"),
    ],
)
def test_each_currency_has_its_limit(currency: str, most: str) -> None:
    decimals = decimals_of(currency)
    minor = parse_amount(most, decimals)
    assert max_minor(currency) == minor == check_limit(minor, currency)
    with pytest.raises(AmountError, match=f"limit of .* {currency}"):
        check_limit(minor + 1, currency)


def test_the_sentence_names_the_limit() -> None:
    with pytest.raises(AmountError) as refused:
        check_limit(10**14, "EUR")
    assert str(refused.value) == "it is above the limit of 10\u00a0000\u00a0000 EUR for one amount."


def test_a_million_of_the_largest_amounts_fit_into_one_sum() -> None:
    assert all(10**6 * max_minor(currency) < 2**63 for currency in CURRENCIES)
    assert all(max_minor(currency) // 10 ** decimals_of(currency) < 10**12 for currency in CURRENCIES)
