"""Money against a second opinion: Python's Decimal, half up."""

import ast
import inspect
import re
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from clicktrail.core import judge, money
from clicktrail.core.catalog import Rate
from clicktrail.core.money import AmountError, commission, format_minor, parse_amount, parse_fixed, parse_percent

wholes = st.from_regex(r"[0-9]{1,12}", fullmatch=True)
decimals = st.integers(0, 4)
READABLE = re.compile(r"[0-9]{1,12}(\.[0-9]+|,[0-9]{1,2})?")


def exact(text: str, decimals: int) -> int:
    return int(Decimal(text.replace(",", ".")).scaleb(decimals).quantize(Decimal(1), ROUND_HALF_UP))


@given(wholes, st.from_regex(r"[0-9]{1,20}", fullmatch=True), decimals)
def test_with_a_point(whole: str, behind: str, decimals: int) -> None:
    assert parse_amount(f"{whole}.{behind}", decimals) == exact(f"{whole}.{behind}", decimals)


@given(wholes, st.from_regex(r"[0-9]{1,2}", fullmatch=True), decimals)
def test_with_a_comma(whole: str, behind: str, decimals: int) -> None:
    assert parse_amount(f"{whole},{behind}", decimals) == exact(f"{whole},{behind}", decimals)


@given(st.text("0123456789.,-+eE \t\n٣²_", max_size=20) | st.text(), decimals)
@example("1,234", 2)
@example("12\n", 2)
def test_read_exactly_where_the_contract_says_so(text: str, decimals: int) -> None:
    """Never another exception, never an amount for a text that the contract calls ambiguous."""
    try:
        minor = parse_amount(text, decimals)
    except AmountError as fault:
        assert not READABLE.fullmatch(text)
        assert str(fault)
    else:
        assert READABLE.fullmatch(text)
        assert type(minor) is int
        assert minor == exact(text, decimals)


@given(st.integers(-(10**16), 10**16), decimals)
def test_written_and_read_again(minor: int, decimals: int) -> None:
    text = format_minor(minor, decimals)
    assert Decimal(text).scaleb(decimals) == minor
    assert len(text.partition(".")[2]) == decimals
    if 0 <= minor < 10**12:
        assert parse_amount(text, decimals) == minor == parse_fixed(text, decimals)


@given(st.integers(0, 1_000_000), st.integers(0, 10**16))
def test_commission_is_half_up(percent_ppm: int, revenue_minor: int) -> None:
    expected = (Decimal(revenue_minor) * percent_ppm / 1_000_000).quantize(Decimal(1), ROUND_HALF_UP)
    earned = commission(Rate(percent_ppm=percent_ppm), revenue_minor)
    assert type(earned) is int
    assert earned == expected
    assert 0 <= earned <= revenue_minor


@given(st.integers(0, 1_000_000))
def test_percentages_round_trip(ppm: int) -> None:
    assert parse_percent(money.format_percent(ppm)) == ppm


def test_no_float_touches_money() -> None:
    """Neither a float literal, nor `float`, nor a true division in the modules that reckon."""
    for module in (money, judge):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            assert not isinstance(node, ast.Div), module
            assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), module
            assert not (isinstance(node, ast.Name) and node.id in ("float", "round")), module
