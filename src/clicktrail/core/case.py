"""What a verdict is made from and what it is: the frozen values between the judge and the world. Pure."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from clicktrail.core.catalog import Catalog
from clicktrail.core.lifecycle import OPEN
from clicktrail.core.postback import Postback

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ClickFacts:
    """What is known of the click that a ClickID names."""

    id: int
    at_ms: int
    program: int
    partner: int
    """0 where the link named none."""
    creative: int
    subid: str
    referrer: str
    outcome: str
    """One of reasons.CLICK_OUTCOMES."""


class NoClick(Enum):
    """Why there is no click behind a genuine ClickID."""

    UNREAD = "unread"
    """What its node wrote has not been read to the end: the call waits."""
    ABSENT = "absent"
    """Everything its node wrote has been read, and it is not there: unknown_click."""


UNREAD = NoClick.UNREAD
ABSENT = NoClick.ABSENT

Click = ClickFacts | NoClick | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The transaction that this program and `tid` have already, as it stands now."""

    number: int
    partner: int
    product: str
    revenue_minor: int | None
    click_id: int | None = None
    state: str = OPEN
    revision: int = 0
    """Rises with every move and change: a change holds for the revision that it was made for."""
    trusted: bool = False
    """Whether a call that proved where it comes from stands behind it."""
    stamp_ms: int = 0
    """Of the last word that counted; a signed call of before it changes nothing."""
    subid: str = ""
    creative: int = 0
    referrer: str = ""
    host: str = ""
    """Of the referrer, as the sums have it."""
    clickid: str = ""
    product_id: int = 0
    commission_minor: int = 0
    percent_ppm: int | None = None
    fixed_minor: int | None = None
    test: bool = False
    clicked_ms: int | None = None
    created_ms: int = 0
    held_for: str = ""
    adjusted_revenue_minor: int = 0
    """Sum of the adjustments that were booked since it was paid: 0 or negative."""
    adjusted_commission_minor: int = 0

    @property
    def remaining_revenue_minor(self) -> int | None:
        """What the order is worth after its adjustments."""
        return None if self.revenue_minor is None else self.revenue_minor + self.adjusted_revenue_minor

    @property
    def remaining_commission_minor(self) -> int:
        return self.commission_minor + self.adjusted_commission_minor

    @property
    def is_adjusted(self) -> bool:
        return bool(self.adjusted_revenue_minor or self.adjusted_commission_minor)


@dataclass(frozen=True, slots=True)
class SimilarOrder:
    """A transaction of the same program whose order number is nearly equal to the call's."""

    tid: str
    transaction: Earlier


@dataclass(frozen=True, slots=True)
class Award:
    """What is credited to whom: the transaction to create."""

    program: int
    tid: str
    partner: int
    subid: str
    creative: int
    """0 where no creative is known."""
    referrer: str
    clickid: str
    """Empty where the call's `pid` alone attributes."""
    click_id: int | None
    clicked_ms: int | None
    product_id: int
    product: str
    revenue_minor: int | None
    commission_minor: int
    percent_ppm: int | None
    fixed_minor: int | None
    currency: str
    decimals: int
    test: bool
    state: str = OPEN
    trusted: bool = False
    stamp_ms: int = 0
    held_for: str = ""
    """Which proof is missing, of a transaction on hold."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a trusted call makes of the order's transaction."""

    after: Earlier
    """The transaction as it is to stand; its revision is one more than the one it was made for."""
    differences: tuple[Facts, ...] = ()
    """{"fact", "earlier", "later"} of what changes; empty where only its trust does."""


@dataclass(frozen=True, slots=True)
class Verdict:
    reason: str
    saved: bool
    facts: Facts = field(default_factory=dict)
    """What the judge saw, JSON-able; `core/explain.py` makes sentences of it."""
    award: Award | None = None
    transaction: int | None = None
    """Number of the earlier transaction that a duplicate, an update or a conflict names."""
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """All that a verdict depends on."""

    postback: Postback
    click_id: int | None
    click: Click
    earlier: Earlier | None
    catalog: Catalog
    now_ms: int
    similar: tuple[SimilarOrder, ...] = ()


class Named(Exception):
    """A check named the reason."""

    def __init__(self, reason: str, change: Change | None = None, **facts: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.change = change
        self.facts = facts


def difference(fact: str, earlier: int | str | None, later: int | str | None) -> Facts:
    """Amounts are minor units, or the text where the later one cannot be read."""
    return {"fact": fact, "earlier": earlier, "later": later}
