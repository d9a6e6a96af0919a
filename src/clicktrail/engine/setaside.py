"""Events that cannot be stored: found by halving, kept whole with a note, while the rest goes on."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from clicktrail.engine.feed import Part
from clicktrail.engine.ledger import Row
from clicktrail.journal.events import Event, encode_batch

Item = TypeVar("Item")

Place = tuple[str, int, int]
"""(identity of the journal file, seq of the row, position in the row)"""


def find(items: Sequence[Item], fault_of: Callable[[Sequence[Item]], str | None]) -> list[tuple[Item, str]]:
    """The items that cannot be stored, each with the database's word on it.

    fault_of: tries to store some items, without leaving a trace; None where all went well.
    """
    fault = fault_of(items)
    if fault is None:
        return []
    if len(items) == 1:
        return [(items[0], fault)]
    middle = len(items) // 2
    return find(items[:middle], fault_of) + find(items[middle:], fault_of)


def places(part: Part) -> list[tuple[Place, Event]]:
    positions = part.positions if part.positions is not None else range(len(part.events))
    pairs = zip(positions, part.events, strict=True)
    return [((part.identity, part.seq, position), event) for position, event in pairs]


def without(part: Part, aside: dict[Place, str]) -> Part:
    """The part without the events that were found to be unstorable."""
    kept = [(place, event) for place, event in places(part) if place not in aside]
    return Part(
        part.identity, part.seq, part.tick, [event for _, event in kept], [place[2] for place, _ in kept], part.torn
    )


def rows(parts: Sequence[Part], aside: dict[Place, str], now_ms: int) -> list[Row]:
    """Rows of `ledger_set_aside`: parts of journal rows that are no events, and events that were refused."""
    found: list[Row] = [
        (part.identity, part.seq, torn.position, torn.note, torn.body, now_ms) for part in parts for torn in part.torn
    ]
    if aside:
        found += [
            (*place, _clean(aside[place]), encode_batch([event]), now_ms)
            for part in parts
            for place, event in places(part)
            if place in aside
        ]
    return found


def row_of_waiting(event: Event, note: str, now_ms: int) -> Row:
    """A call that waited and then could not be stored: its place in the journal is long behind."""
    return ("waiting", event.id, 0, _clean(note), encode_batch([event]), now_ms)


def _clean(note: str) -> str:
    """A database's message may quote the very character that it refuses."""
    return note.replace("\0", "\\0").encode("utf-8", "replace").decode()[:2000]
