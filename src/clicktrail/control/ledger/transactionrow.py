"""A transaction's row as the judge and the moves want it, for the engine's drivers and Django's alike."""

from typing import Any

from clicktrail.core.case import Earlier

COLUMNS = (
    "number", "partner_id", "product", "revenue_minor", "click_id", "state", "revision", "trusted", "stamp_ms", "subid",
    "creative_id", "referrer", "referrer_host", "clickid", "product_id", "commission_minor", "percent_ppm",
    "fixed_minor", "test", "clicked_ms", "created_ms", "held_for", "adjusted_revenue_minor",
    "adjusted_commission_minor",
)  # fmt: skip

CHANGED = (
    "partner_id", "subid", "creative_id", "referrer", "referrer_host", "clickid", "click_id", "product_id", "product",
    "revenue_minor", "commission_minor", "percent_ppm", "fixed_minor", "state", "test", "trusted", "held_for",
    "stamp_ms", "clicked_ms", "revision", "adjusted_revenue_minor", "adjusted_commission_minor",
)  # fmt: skip
"""What a change may touch."""


def read(row: tuple[Any, ...]) -> Earlier:
    """A row of COLUMNS."""
    (
        number, partner, product, revenue, click_id, state, revision, trusted, stamp_ms, subid, creative, referrer,
        host, clickid, product_id, commission, percent, fixed, test, clicked_ms, created_ms, held_for, adjusted_revenue,
        adjusted_commission,
    ) = row  # fmt: skip
    return Earlier(
        number, partner, product, revenue, click_id, state, revision, bool(trusted), stamp_ms, subid, creative,
        referrer or "", host, clickid, product_id, commission, percent, fixed, bool(test), clicked_ms, created_ms,
        held_for, adjusted_revenue, adjusted_commission,
    )  # fmt: skip


def of(row: Any) -> Earlier:
    """A model's row."""
    return read(tuple(getattr(row, name) for name in COLUMNS))


def values(after: Earlier) -> tuple[Any, ...]:
    """A row of CHANGED."""
    return (
        after.partner, after.subid, after.creative, after.referrer or None, after.host, after.clickid, after.click_id,
        after.product_id, after.product, after.revenue_minor, after.commission_minor, after.percent_ppm,
        after.fixed_minor, after.state, after.test, after.trusted, after.held_for, after.stamp_ms, after.clicked_ms,
        after.revision, after.adjusted_revenue_minor, after.adjusted_commission_minor,
    )  # fmt: skip
