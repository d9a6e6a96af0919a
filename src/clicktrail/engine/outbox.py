"""Deliveries that a verdict makes: rows for the same transaction that stores the verdict.

Who is told comes from the catalog of the call's arrival, so no look-up is needed, and a
catalog without receivers costs nothing. Judging again makes the same rows, and the ledger
takes each one once. A replay judges too, but stores none of them: what was told once is not
told again because somebody rebuilds the books.
"""

from clicktrail.core import receivers, telling
from clicktrail.core.case import Award, Change, Earlier, Verdict
from clicktrail.core.catalog import Catalog
from clicktrail.core.receivers import key_of, key_of_call
from clicktrail.core.telling import Telling
from clicktrail.engine.ledger import Row
from clicktrail.journal.events import Postback

IMPORT = "import"
"""Source of calls that `clicktrail import` makes."""


def of_award(catalog: Catalog, number: int, award: Award, event: Postback, now_ms: int) -> list[Row]:
    """A transaction was created."""
    if not _anybody(catalog, event):
        return []
    told = telling.of_award(number, award, event.id, event.at_ms, event.arrived_ms or event.at_ms)
    return _rows(catalog, [told], key_of(number, 0), now_ms)


def of_change(
    catalog: Catalog, before: Earlier, change: Change, order: tuple[int, str], event: Postback, now_ms: int
) -> list[Row]:
    """A trusted call changed a transaction. order: program and order number."""
    if not _anybody(catalog, event) or not change.differences:
        return []
    told = telling.of_change(before, change.after, _order(catalog, order), event.id, event.at_ms)
    return _rows(catalog, told, key_of(before.number, change.after.revision), now_ms)


def of_conflict(
    catalog: Catalog,
    earlier: Earlier,
    verdict: Verdict,
    order: tuple[int, str],
    event: Postback,
    now_ms: int,
    *,
    count: int,
) -> list[Row]:
    """count: conflicts of its group so far, itself included."""
    if not _anybody(catalog, event):
        return []
    differences = verdict.facts.get("differences") or []
    told = telling.of_conflict(earlier, _order(catalog, order), differences, event.id, event.at_ms, count)
    return _rows(catalog, [told], key_of_call(event.id), now_ms)


def _anybody(catalog: Catalog, event: Postback) -> bool:
    """Orders that move in from another system were told by that one."""
    return bool(catalog.receivers) and event.source != IMPORT


def _order(catalog: Catalog, order: tuple[int, str]) -> telling.Order:
    program = catalog.programs[order[0]]
    return telling.Order(program.id, order[1], program.currency, program.decimals)


def _rows(catalog: Catalog, told: list[Telling], key: str, now_ms: int) -> list[Row]:
    return [
        receivers.row(receiver.id, key, each.facts, now_ms)
        for each in told
        for receiver in catalog.told(each.trigger, each.partner, each.program)
        if receiver.kind in each.kinds
    ]
