"""Conflicts of one unit: added to their groups, and receivers told of the first ones."""

from collections import Counter
from dataclasses import dataclass

from clicktrail import addresses
from clicktrail.core.case import Earlier, Verdict
from clicktrail.core.catalog import Catalog
from clicktrail.core.conflictsource import ConflictSource, is_announced
from clicktrail.engine import outbox
from clicktrail.engine.ledger import Row
from clicktrail.journal.events import Postback


@dataclass(frozen=True, slots=True)
class Conflict:
    source: ConflictSource | None
    """None: it stands alone."""
    catalog: Catalog
    earlier: Earlier
    verdict: Verdict
    order: tuple[int, str]
    """Program and order number."""
    event: Postback


def network_of(event: Postback) -> str:
    """Of the stored address; what the privacy mode has made unreadable stays as it is."""
    address = addresses.parse(event.ip) if event.ip else None
    return addresses.network_of(address) if address is not None else event.ip


def keys_of(found: list[Conflict]) -> list[str]:
    return sorted({each.source.key for each in found if each.source is not None})


def deliveries(found: list[Conflict], counts: dict[str, int], now_ms: int) -> list[Row]:
    """counts: group -> conflicts before this unit. Of a group the 1st, 10th, 100th, ... is told, with the count."""
    rows: list[Row] = []
    seen = Counter(counts)
    for each in found:
        number = 1
        if each.source is not None:
            seen[each.source.key] += 1
            number = seen[each.source.key]
        if is_announced(number):
            rows += outbox.of_conflict(
                each.catalog, each.earlier, each.verdict, each.order, each.event, now_ms, count=number
            )
    return rows


def group_rows(found: list[Conflict]) -> list[Row]:
    """Rows of `ledger.CONFLICT_GROUP`, one a group."""
    groups: dict[str, list[Conflict]] = {}
    for each in found:
        if each.source is not None:
            groups.setdefault(each.source.key, []).append(each)
    return [_row(key, members) for key, members in sorted(groups.items())]


def _row(key: str, members: list[Conflict]) -> Row:
    source = members[0].source
    assert source is not None  # noqa: S101 - group_rows() saw to it
    times = [each.event.at_ms for each in members]
    return (
        key, source.program, source.click_id, source.network, source.hour_ms, len(members), min(times), max(times),
        members[0].event.id,
    )  # fmt: skip
