"""What is told of a verdict or a change, and to which kind of receiver. Pure.

The engine and people's moves use the same functions, so that a partner cannot tell from what
he is sent whether a call or a person moved his transaction.
"""

from dataclasses import dataclass
from typing import Any

from clicktrail.core import lifecycle
from clicktrail.core.case import Award, Earlier
from clicktrail.core.receivers import CANCELLED, CHANGED, CONFLICT, HELD, OF_VERB, POSTBACK, SAVED, WEBHOOK, facts

BOTH = (POSTBACK, WEBHOOK)
OF_STATES = {(begin, end): OF_VERB[verb] for (begin, verb), end in lifecycle.MOVES.items()}
"""What a change of state is called; a change without one is `changed`."""


@dataclass(frozen=True, slots=True)
class Order:
    """What of a transaction never changes."""

    program: int
    tid: str
    currency: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Telling:
    """`facts` for receivers of these kinds: the program's, and of postbacks the partner's in the facts."""

    facts: dict[str, Any]
    kinds: tuple[str, ...] = BOTH

    @property
    def trigger(self) -> str:
        return str(self.facts["trigger"])

    @property
    def partner(self) -> int:
        return int(self.facts["pid"] or 0)

    @property
    def program(self) -> int:
        return int(self.facts["cpid"] or 0)


def of_award(number: int, award: Award, call: int, at_ms: int, created_ms: int) -> Telling:
    """A transaction was created. created_ms: when its order happened."""
    return Telling(
        facts(
            {
                "trigger": HELD if award.state == lifecycle.HELD else SAVED, "at_ms": at_ms, "number": number,
                "revision": 0, "status": award.state, "test": award.test, "tid": award.tid, "cpid": award.program,
                "pid": award.partner, "subid": award.subid, "wmid": award.creative, "product": award.product,
                "clickid": award.clickid, "revenue_minor": award.revenue_minor,
                "commission_minor": award.commission_minor, "currency": award.currency, "decimals": award.decimals,
                "clicked_ms": award.clicked_ms, "created_ms": created_ms, "call": call,
            }
        )
    )  # fmt: skip


def of_change(before: Earlier, after: Earlier, order: Order, call: int, at_ms: int) -> list[Telling]:
    """A transaction was moved or changed; its revision is the one of `after`.

    Where it turned out to be another partner's, the one is told that he lost it and the other that he has it.
    """
    trigger = OF_STATES.get((before.state, after.state), CHANGED)
    told = _of_transaction(after, order, call, at_ms, trigger)
    if before.partner == after.partner:
        return [Telling(told)]
    lost = _of_transaction(before, order, call, at_ms, CANCELLED)
    lost |= {"status": lifecycle.CANCELLED, "revision": after.revision}
    return [
        Telling(told, (WEBHOOK,)),
        Telling(lost, (POSTBACK,)),
        Telling(told | {"trigger": HELD if after.state == lifecycle.HELD else SAVED}, (POSTBACK,)),
    ]


def of_conflict(
    earlier: Earlier, order: Order, differences: list[Any], call: int, at_ms: int, count: int = 1
) -> Telling:
    """A call said something else of an order: for a person to look at, so partners are not told.

    count: conflicts from the same source so far (`core/conflictsource.py`); not every one is told.
    """
    told = _of_transaction(earlier, order, call, at_ms, CONFLICT)
    return Telling(told | {"differences": differences, "count": count}, (WEBHOOK,))


def _of_transaction(row: Earlier, order: Order, call: int, at_ms: int, trigger: str) -> dict[str, Any]:
    return facts(
        {
            "trigger": trigger, "at_ms": at_ms, "number": row.number, "revision": row.revision, "status": row.state,
            "test": row.test, "tid": order.tid, "cpid": order.program, "pid": row.partner, "subid": row.subid,
            "wmid": row.creative, "product": row.product, "clickid": row.clickid,
            "revenue_minor": row.remaining_revenue_minor, "commission_minor": row.remaining_commission_minor,
            "currency": order.currency, "decimals": order.decimals, "clicked_ms": row.clicked_ms,
            "created_ms": row.created_ms, "call": call,
        },
        **_adjusted(row),
    )  # fmt: skip


def _adjusted(row: Earlier) -> dict[str, int]:
    """Beside what remains of a paid transaction: how much part returns have taken away."""
    if not row.is_adjusted:
        return {}
    return {
        "adjusted_revenue_minor": row.adjusted_revenue_minor,
        "adjusted_commission_minor": row.adjusted_commission_minor,
    }
