"""Deliveries that a verdict makes: rows for the same transaction that stores the verdict.

Who is told comes from the catalog of the call's arrival, so no look-up is needed, and a
catalog without receivers costs two look-ups in an empty table. Judging again makes the same
rows, and the ledger takes each one once. A replay judges too, but stores none of them:
what was told once is not told again because somebody rebuilds the books.
"""

from typing import Any

from clicktrail.core import lifecycle, receivers
from clicktrail.core.case import Award, Change, Earlier, Verdict
from clicktrail.core.catalog import Catalog
from clicktrail.core.receivers import CANCELLED, CHANGED, CONFLICT, HELD, OF_VERB, SAVED, facts, key_of, key_of_call
from clicktrail.engine.ledger import Row
from clicktrail.journal.events import Postback

FROM_TO = {(begin, end): OF_VERB[verb] for (begin, verb), end in lifecycle.MOVES.items()}
"""What a change of state is called; a change without one is `changed`."""


def of_award(catalog: Catalog, number: int, award: Award, event: Postback, now_ms: int) -> list[Row]:
    """A transaction was created."""
    if not catalog.receivers:
        return []
    trigger = HELD if award.state == lifecycle.HELD else SAVED
    told = _award_facts(number, award, event) | {"trigger": trigger}
    return _rows(catalog, told, key_of(number, 0), now_ms)


def of_change(
    catalog: Catalog, before: Earlier, change: Change, call: tuple[int, str], event: Postback, now_ms: int
) -> list[Row]:
    """A signed call changed a transaction. call: program and order number.

    Where it turned out to be another partner's, the one is told that he lost it and the other that he has it.
    """
    if not catalog.receivers or not change.differences:
        return []
    after, key = change.after, key_of(before.number, change.after.revision)
    trigger = FROM_TO.get((before.state, after.state), CHANGED)
    was, told = (_earlier_facts(row, call, event, catalog) | {"trigger": trigger} for row in (before, after))
    told["revision"] = was["revision"] = after.revision
    if before.partner == after.partner:
        return _rows(catalog, told, key, now_ms)
    lost = was | {"trigger": CANCELLED, "status": lifecycle.CANCELLED}
    return [
        *(receivers.row(r.id, key, told, now_ms) for r in catalog.told(trigger, 0, told["cpid"])),
        *(receivers.row(r.id, key, lost, now_ms) for r in _own(catalog, lost)),
        *(
            receivers.row(r.id, key, told | {"trigger": SAVED}, now_ms)
            for r in _own(catalog, told | {"trigger": SAVED})
        ),
    ]


def of_conflict(
    catalog: Catalog, earlier: Earlier, verdict: Verdict, call: tuple[int, str], event: Postback, now_ms: int
) -> list[Row]:
    """A call that says something else of an order: for a person to look at, so partners are not told."""
    if not catalog.receivers:
        return []
    told = _earlier_facts(earlier, call, event, catalog) | {"trigger": CONFLICT}
    told["differences"] = verdict.facts.get("differences") or []
    return _rows(catalog, told, key_of_call(event.id), now_ms)


def _rows(catalog: Catalog, told: dict[str, Any], key: str, now_ms: int) -> list[Row]:
    wanted = catalog.told(told["trigger"], told["pid"], told["cpid"])
    return [receivers.row(receiver.id, key, told, now_ms) for receiver in wanted]


def _own(catalog: Catalog, told: dict[str, Any]) -> list[receivers.Receiver]:
    return [r for r in catalog.told(told["trigger"], told["pid"], told["cpid"]) if r.partner]


def _award_facts(number: int, award: Award, event: Postback) -> dict[str, Any]:
    return facts(
        {
            "at_ms": event.at_ms, "number": number, "revision": 0, "status": award.state, "test": award.test,
            "tid": award.tid, "cpid": award.program, "pid": award.partner, "subid": award.subid,
            "wmid": award.creative, "product": award.product, "clickid": award.clickid,
            "revenue_minor": award.revenue_minor, "commission_minor": award.commission_minor,
            "currency": award.currency, "decimals": award.decimals, "clicked_ms": award.clicked_ms,
            "created_ms": event.at_ms, "call": event.id,
        }
    )  # fmt: skip


def _earlier_facts(row: Earlier, call: tuple[int, str], event: Postback, catalog: Catalog) -> dict[str, Any]:
    program = catalog.programs[call[0]]
    return facts(
        {
            "at_ms": event.at_ms, "number": row.number, "revision": row.revision, "status": row.state,
            "test": row.test, "tid": call[1], "cpid": call[0], "pid": row.partner, "subid": row.subid,
            "wmid": row.creative, "product": row.product, "clickid": row.clickid,
            "revenue_minor": row.revenue_minor, "commission_minor": row.commission_minor,
            "currency": program.currency, "decimals": program.decimals, "clicked_ms": row.clicked_ms,
            "created_ms": row.created_ms, "call": event.id,
        }
    )  # fmt: skip
