"""What is divided out of the sums: exactly, half up, and nothing where there is nothing to divide by."""

from collections.abc import Mapping

from clicktrail.core.rounding import divide

PERCENT_PPM = 10_000
EPC_DECIMALS = 2
"""A click earns a few cents: so many decimals more than the currency has."""


def conversion_ppm(sums: Mapping[str, int]) -> int | None:
    """Transactions for each net click, in millionths."""
    return divide(sums["transactions"] * 1_000_000, sums["clicks_net"])


def epc(sums: Mapping[str, int]) -> int | None:
    """Commission for each net click, in hundredths of the currency's minor unit."""
    return divide(sums["commission_minor"] * 10**EPC_DECIMALS, sums["clicks_net"])


def average_minor(sums: Mapping[str, int]) -> int | None:
    """Revenue for each transaction."""
    return divide(sums["revenue_minor"], sums["transactions"])


def change_ppm(now: int | None, before: int | None) -> int | None:
    """By how much more, in millionths of what it was before; None where it was nothing."""
    return None if now is None or before is None or before <= 0 else divide((now - before) * 1_000_000, before)
