"""What is divided out of the sums: exactly, half up, and nothing where there is nothing to divide by."""

from collections.abc import Mapping

PERCENT_PPM = 10_000
EPC_DECIMALS = 2
"""A click earns a few cents: so many decimals more than the currency has."""


def conversion_ppm(sums: Mapping[str, int]) -> int | None:
    """Transactions for each net click, in millionths."""
    return divided(sums["transactions"] * 1_000_000, sums["clicks_net"])


def epc(sums: Mapping[str, int]) -> int | None:
    """Commission for each net click, in hundredths of the currency's minor unit."""
    return divided(sums["commission_minor"] * 10**EPC_DECIMALS, sums["clicks_net"])


def average_minor(sums: Mapping[str, int]) -> int | None:
    """Revenue for each transaction."""
    return divided(sums["revenue_minor"], sums["transactions"])


def change_ppm(now: int | None, before: int | None) -> int | None:
    """By how much more, in millionths of what it was before; None where it was nothing."""
    return None if now is None or before is None or before <= 0 else divided((now - before) * 1_000_000, before)


def divided(whole: int, parts: int) -> int | None:
    """Half up, away from zero."""
    if parts <= 0:
        return None
    quotient = (2 * abs(whole) + parts) // (2 * parts)
    return quotient if whole >= 0 else -quotient
