"""What to say where `trace` finds nothing: what was looked for, and the nearest help."""

from collections.abc import Collection
from pathlib import Path

from clicktrail.control.ledger import mistyped, trace
from clicktrail.control.ledger.models import JournalCursor, SetAside
from clicktrail.core.callnumber import log_number
from clicktrail.core.clickid import Checks, made_ms, node_of
from clicktrail.core.explain import moment
from clicktrail.errors import JournalBroken
from clicktrail.journal.events import decode_batch
from clicktrail.journal.local import File, Reader, files_of

READ_EVENTS = 2000
"""Events read at a time."""
MOST_EVENTS = 500_000
"""Unread events that are looked through; a larger backlog is only counted."""


def sentences(text: str, checks: Checks, journals: Path, backlog_events: int) -> list[str]:
    """About a text that nothing in the ledger belongs to."""
    id = checks.read(text)
    if id is not None:
        return [*_genuine(id, journals), *_backlog(backlog_events)]
    if mistyped.is_meant_as_clickid(text):
        return [f"{text} is no ClickID of this server.", *mistyped.what_is_wrong(text, checks), *_meant(text, checks)]
    return [_looked_for(text), *_spelled_otherwise(text), *_on_its_way(text, journals), *_backlog(backlog_events)]


def _looked_for(text: str) -> str:
    places = "an imported ClickID of another system and as an order number (tid) in every program"
    if text.isascii() and text.isdigit():
        places = "a log number, as a transaction number and as " + places
    return f"Nothing is known of {text!r}. It was looked for as {places}."


def _genuine(id: int, journals: Path) -> list[str]:
    told = [f"The ClickID is genuine: node {node_of(id)} made it at {moment(made_ms(id))}."]
    if is_unread(id, journals):
        return [*told, "Its click is in the journal; the engine has not read it yet."]
    if _is_set_aside(id):
        return [*told, "Its click could not be stored in the ledger and was set aside; the console shows why."]
    return [*told, "No click, call or transaction with it is in the ledger, nor in what is still unread."]


def _meant(text: str, checks: Checks) -> list[str]:
    near = mistyped.meant(text, checks)
    return [f"One typing error away lies {near}: try that."] if near else []


def _spelled_otherwise(text: str) -> list[str]:
    """Orders under another spelling of the same number."""
    spellings = {text.strip(), text.upper(), text.lower(), text.strip().lstrip("#"), text.lstrip("0")} - {text, ""}
    near = sorted({tid for spelling in spellings for _, tid in trace.orders_with(spelling)})
    return [f"There is an order {tid!r}: try that." for tid in near]


def _on_its_way(text: str, journals: Path) -> list[str]:
    number = log_number(text)
    if number is not None and is_unread(number, journals):
        return ["A call with this log number is in the journal; the engine has not read it yet."]
    if number is not None and _is_set_aside(number):
        return ["A call with this log number could not be stored and was set aside; the console shows why."]
    return []


def _backlog(events: int) -> list[str]:
    return [f"The engine is {events} events behind: it may be among them. Ask again later."] if events else []


def is_unread(id: int, journals: Path) -> bool:
    """Whether the journal of the id's node holds it behind the engine's cursor."""
    return bool(unread({id}, journals))


def unread(ids: Collection[int], journals: Path) -> set[int]:
    """Those that the journals of their nodes hold behind the engine's cursors."""
    cursors = dict(JournalCursor.objects.filter(sealed=False).values_list("identity", "seq"))
    done = set(JournalCursor.objects.filter(sealed=True).values_list("identity", flat=True))
    reader = Reader(journals)
    found: set[int] = set()
    try:
        for node in {node_of(id) for id in ids}:
            wanted = {id for id in ids if node_of(id) == node}
            for file in files_of(journals, node):
                if file.identity not in done and wanted - found:
                    found |= _held(reader, file, cursors.get(file.identity, 0), wanted)
        return found
    finally:
        reader.close()


def _held(reader: Reader, file: File, seq: int, wanted: set[int]) -> set[int]:
    """Those of them that the file holds behind that row."""
    held: set[int] = set()
    try:
        for _ in range(MOST_EVENTS // READ_EVENTS):
            found = reader.read(file, seq, READ_EVENTS)
            held |= {event.id for _, body in found.batches for event in decode_batch(body)} & wanted
            if found.at_end or held == wanted:
                break
            seq = found.last_seq
    except (JournalBroken, ValueError):
        pass
    return held


def _is_set_aside(id: int) -> bool:
    return any(_is_of(bytes(body), id) for body in SetAside.objects.values_list("body", flat=True).iterator())


def _is_of(body: bytes, id: int) -> bool:
    try:
        return any(event.id == id for event in decode_batch(body))
    except ValueError:
        return False
