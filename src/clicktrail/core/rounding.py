"""The rounding of every figure that is divided: half up, away from zero, in whole numbers.

Percentages, changes and amounts per click are kept as whole numbers of a small unit and rounded here only. What people
read has fewer decimals than what is kept, and is rounded from it by the same rule.
"""

from decimal import ROUND_HALF_UP, Decimal


def divide(whole: int, parts: int) -> int | None:
    """`whole` / `parts` as a whole number; None where there is nothing to divide by."""
    if parts <= 0:
        return None
    quotient = (2 * abs(whole) + parts) // (2 * parts)
    return quotient if whole >= 0 else -quotient


def reduce_decimals(value: int, decimals: int, shown: int) -> int:
    """A number of `decimals` decimals, kept as a whole number, with `shown` of them: 166,650 of 4 is 1,667 of 2."""
    if shown >= decimals:
        return value * int(10 ** (shown - decimals))
    return divide(value, int(10 ** (decimals - shown))) or 0


def round_text(value: float, decimals: int) -> str:
    """A measured number, such as a usual share, with so many decimals and a point."""
    return str(Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))
