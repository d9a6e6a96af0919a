"""Events that cannot be stored: found by storing a unit half by half, kept whole with a note; the rest goes on."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from clicktrail.engine.feed import Part
from clicktrail.engine.ledger import Ledger, Row
from clicktrail.journal.events import Event, encode_batch

Item = TypeVar("Item")

Place = tuple[str, int, int]
"""(identity of the journal file, seq of the row, position in the row)"""

WAITING = "waiting"
"""Stands for the identity where a call had waited; its place is its id."""


def find(
    items: Sequence[Item], try_to_store: Callable[[Sequence[Item]], str | None], attempts: int
) -> list[tuple[Item, str]]:
    """Items that cannot be stored beside those before them, each with the database's word on it.

    try_to_store: stores all of these, or none of them and returns why. What was stored stays in the way of what
    comes later: of two items that only together are too much, the second one is found.
    attempts: how often it may be tried. Where that is not enough, at least one item has been found, and the
    others are found by the next search.
    """
    found: list[tuple[Item, str]] = []
    waiting = [items] if items else []
    while waiting and attempts > 0:
        part = waiting.pop()
        attempts -= 1
        note = try_to_store(part)
        if note is None:
            continue
        if len(part) == 1:
            found.append((part[0], note))
            continue
        middle = len(part) // 2
        waiting += [part[middle:], part[:middle]]
    return found


def places(part: Part) -> list[tuple[Place, Event]]:
    positions = part.positions if part.positions is not None else range(len(part.events))
    pairs = zip(positions, part.events, strict=True)
    return [((part.identity, part.seq, position), event) for position, event in pairs]


def known(ledger: Ledger) -> dict[Place, str]:
    """What the ledger has set aside so far."""
    rows = ledger.all("SELECT identity, seq, position, note FROM ledger_set_aside")
    return {(identity, seq, position): note for identity, seq, position, note in rows}


def without(part: Part, aside: Mapping[Place, str]) -> Part:
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
    return (WAITING, event.id, 0, _clean(note), encode_batch([event]), now_ms)


def _clean(note: str) -> str:
    """A database's message may quote the very character that it refuses."""
    return note.replace("\0", "\\0").encode("utf-8", "replace").decode()[:2000]
