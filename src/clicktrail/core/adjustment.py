"""Adjustments: what part returns take back from a transaction that was paid. Pure.

The paid transaction keeps the revenue and the commission that it was paid with. What a return takes away is an entry
of its own beside it, with its own state. docs/decisions/0019-adjustments.md.
"""

from dataclasses import replace

from clicktrail.core import lifecycle
from clicktrail.core.case import Earlier, Facts
from clicktrail.core.catalog import Rate
from clicktrail.core.money import commission

OPEN = "open"
"""Still to be offset against what the partner is paid next."""
SETTLED = "settled"
VOIDED = "voided"
"""Booked by mistake: it counts nowhere."""
SUPERSEDED = "superseded"
"""The whole transaction was cancelled, and that takes back everything."""

STATES = (OPEN, SETTLED, VOIDED, SUPERSEDED)

SETTLE = "settle"
VOID = "void"
REOPEN = "reopen"
SUPERSEDE = "supersede"
RESTORE = "restore"

VERBS = (SETTLE, VOID, REOPEN)
"""What a person can do. The other two follow from moves of the transaction."""

MOVES: dict[tuple[str, str], str] = {
    (OPEN, SETTLE): SETTLED,
    (OPEN, VOID): VOIDED,
    (SETTLED, REOPEN): OPEN,
    (OPEN, SUPERSEDE): SUPERSEDED,
    (SUPERSEDED, RESTORE): OPEN,
}
"""(from, verb) -> to. What is not here cannot happen."""

FACT = "adjustment"
"""Of a line of history that moves an entry: `entry` is the revision of the transaction that booked it."""


def after(state: str, verb: str) -> str | None:
    """The state that a verb leads to, or None where there is no such move."""
    return MOVES.get((state, verb))


def verbs_from(state: str) -> tuple[str, ...]:
    """What a person can do with an entry in this state, in the order of VERBS."""
    return tuple(verb for verb in VERBS if (state, verb) in MOVES)


def follows(before: str, now: str) -> str | None:
    """Which verb a change of the transaction's state means for its entries."""
    if before == now:
        return None
    if now == lifecycle.CANCELLED:
        return SUPERSEDE
    return RESTORE if before == lifecycle.CANCELLED else None


def adjust(transaction: Earlier, remaining_minor: int) -> Earlier:
    """The paid transaction when only so much of its revenue remains; between 0 and the revenue that was paid for."""
    revenue_minor = transaction.revenue_minor or 0
    return replace(
        transaction,
        adjusted_revenue_minor=remaining_minor - revenue_minor,
        adjusted_commission_minor=_remaining_commission(transaction, remaining_minor) - transaction.commission_minor,
    )


def _remaining_commission(transaction: Earlier, remaining_minor: int) -> int:
    """By the transaction's own rate; by the share that remains where the rate did not make its commission.

    Half up, and always from the whole of what was paid, so that many part returns take back exactly what one takes.
    """
    paid_minor, revenue_minor = transaction.commission_minor, transaction.revenue_minor or 0
    if transaction.percent_ppm is None:
        return paid_minor + transaction.adjusted_commission_minor
    rate = Rate(transaction.percent_ppm)
    if commission(rate, revenue_minor) == paid_minor:
        return commission(rate, remaining_minor)
    return (2 * paid_minor * remaining_minor + revenue_minor) // (2 * revenue_minor) if revenue_minor else paid_minor


def void(transaction: Earlier, revenue_minor: int, commission_minor: int) -> Earlier | None:
    """The transaction without an entry of these amounts; None where more would remain than was paid, or less than 0."""
    found = replace(
        transaction,
        adjusted_revenue_minor=transaction.adjusted_revenue_minor - revenue_minor,
        adjusted_commission_minor=transaction.adjusted_commission_minor - commission_minor,
    )
    is_sound = found.adjusted_revenue_minor <= 0 and found.adjusted_commission_minor <= 0
    return found if is_sound and (found.remaining_revenue_minor or 0) >= 0 <= found.remaining_commission_minor else None


def booked(before: Earlier, now: Earlier) -> tuple[int, int] | None:
    """(revenue, commission) of the entry that leads from one to the other; None where there is none."""
    revenue_minor = now.adjusted_revenue_minor - before.adjusted_revenue_minor
    commission_minor = now.adjusted_commission_minor - before.adjusted_commission_minor
    return (revenue_minor, commission_minor) if revenue_minor or commission_minor else None


def moved_fact(entry: int, before: str, now: str) -> Facts:
    """How a line of history keeps that an entry was moved."""
    return {"fact": FACT, "earlier": before, "later": now, "entry": entry}


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = [f"    {begin} --> {end}: {verb}" for (begin, verb), end in MOVES.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {OPEN}", *lines])
