"""Half up, away from zero, in whole numbers."""

import pytest

from clicktrail.core import rounding


@pytest.mark.parametrize(
    ("whole", "parts", "found"),
    [(1, 2, 1), (1, 3, 0), (2, 3, 1), (-1, 2, -1), (-1, 3, 0), (5, 10, 1), (15, 10, 2), (25, 10, 3), (7, 0, None),
     (7, -1, None), (10**18 + 1, 2, 5 * 10**17 + 1)],
)  # fmt: skip
def test_divide(whole: int, parts: int, found: int | None) -> None:
    assert rounding.divide(whole, parts) == found


@pytest.mark.parametrize(
    ("value", "decimals", "shown", "found"),
    [(166_650, 4, 2, 1667), (166_649, 4, 2, 1666), (21_250, 4, 2, 213), (-21_250, 4, 2, -213), (5, 0, 2, 500),
     (166_667, 4, 0, 17), (9955, 2, 2, 9955)],
)  # fmt: skip
def test_fewer_or_more_decimals(value: int, decimals: int, shown: int, found: int) -> None:
    assert rounding.reduce_decimals(value, decimals, shown) == found


@pytest.mark.parametrize(
    ("value", "decimals", "text"), [(0.5, 0, "1"), (2.5, 0, "3"), (0.25, 1, "0.3"), (12, 1, "12.0")]
)
def test_a_measured_number(value: float, decimals: int, text: str) -> None:
    assert rounding.round_text(value, decimals) == text
