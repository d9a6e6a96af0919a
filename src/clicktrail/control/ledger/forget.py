"""Forget: take the personal data of one click and its calls out of ledger and journals.

What goes: client address, user agent, full referrer, parameters that no call needs, the
visitor mark, and what hangs behind the path of a deeplink. What stays: that the click
and the calls were, their order number, ClickID, partner, sub id and product, and the
transaction with its money; with it a replay comes to the same verdicts.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.db.models import Q

from clicktrail.control.ledger.imported import clicks_meant, foreign_of
from clicktrail.control.ledger.models import Click, Postback, SetAside, Transaction
from clicktrail.core.clickid import Checks
from clicktrail.core.ids import read_id
from clicktrail.core.postback import KNOWN
from clicktrail.errors import LedgerError
from clicktrail.journal import events
from clicktrail.journal.events import decode_batch, encode_batch


@dataclass(slots=True)
class Subject:
    """Everything that belongs to one order or click."""

    clicks: set[int] = field(default_factory=set)
    calls: set[int] = field(default_factory=set)
    orders: set[tuple[int, str]] = field(default_factory=set)
    """(program, tid)"""
    foreign: set[str] = field(default_factory=set)
    """ClickIDs that another system gave the clicks."""

    def __bool__(self) -> bool:
        return bool(self.clicks or self.calls or self.orders)

    def size(self) -> int:
        return len(self.clicks) + len(self.calls) + len(self.orders)


def begin(text: str, program: int | None, checks: Checks) -> Subject:
    """The ClickID's click, or the order number in its one program.

    Raises LedgerError where several programs have this order number and none was named.
    """
    ids = clicks_meant(text, checks)
    if ids:
        return Subject(clicks=ids)
    programs = set(Postback.objects.filter(tid=text, program_id__isnull=False).values_list("program_id", flat=True))
    programs |= set(Transaction.objects.filter(tid=text).values_list("program_id", flat=True))
    if program is not None:
        programs = {program}
    if len(programs) > 1:
        several = ", ".join(map(str, sorted(programs)))
        raise LedgerError(f"Order {text!r} exists in the programs {several}: name one with --program.")
    return Subject(orders={(program, text) for program in programs})


def widen(subject: Subject) -> None:
    """Add what the ledger knows to hang together with it, until nothing more comes."""
    size = -1
    while size != subject.size():
        size = subject.size()
        for program, tid in list(subject.orders):
            _add_calls(subject, Postback.objects.filter(program_id=program, tid=tid))
            clicks = Transaction.objects.filter(program_id=program, tid=tid, click_id__isnull=False)
            subject.clicks |= set(clicks.values_list("click_id", flat=True))
        for click in list(subject.clicks):
            _add_calls(subject, Postback.objects.filter(click_id=click))
        # A call that was judged again is in the books twice.
        originals = Postback.objects.filter(pk__in=subject.calls, again_id__isnull=False).values_list("again_id")
        _add_calls(subject, Postback.objects.filter(Q(again_id__in=subject.calls) | Q(pk__in=originals)))
    subject.foreign |= set(foreign_of(subject.clicks).values())


def _add_calls(subject: Subject, calls: Any) -> None:
    for id, program, tid, click in calls.values_list("id", "program_id", "tid", "click_id"):
        subject.calls.add(id)
        if program is not None and tid:
            subject.orders.add((program, tid))
        if click is not None:
            subject.clicks.add(click)


def add_events(subject: Subject, found: Iterable[events.Event], checks: Checks) -> None:
    """Add what only the journal knows yet: calls that the engine has not read."""
    for event in found:
        if isinstance(event, events.Postback) and belongs(event, subject, checks):
            subject.calls.add(event.id)
            click = checks.read(event.params.get("clickid", ""))
            if click is not None:
                subject.clicks.add(click)
            program, tid = order_of(event.params)
            if program is not None and tid:
                subject.orders.add((program, tid))


def belongs(event: events.Event, subject: Subject, checks: Checks) -> bool:
    if isinstance(event, events.Click):
        return event.id in subject.clicks
    if event.id in subject.calls or event.again in subject.calls or order_of(event.params) in subject.orders:
        return True
    text = event.params.get("clickid", "")
    click = checks.read(text)
    return text in subject.foreign or (click is not None and click in subject.clicks)


def order_of(params: Mapping[str, str]) -> tuple[int | None, str]:
    """(program, tid) of a call."""
    return read_id(params.get("cpid")), params.get("tid", "")


def needles(subject: Subject, clickids: Iterable[str]) -> list[bytes]:
    """What a journal's row must contain to hold anything of the subject: an id, the ClickID or order as text."""
    ids = [id.to_bytes(8, "big") for id in subject.clicks | subject.calls]
    return ids + [text.encode() for text in (*clickids, *subject.foreign)] + [tid.encode() for _, tid in subject.orders]


def cleared(event: events.Event) -> events.Event:
    """The event without personal data."""
    if isinstance(event, events.Click):
        return msgspec.structs.replace(
            event, ip="", user_agent="", referrer=host_only(event.referrer), extra="", visitor=b"",
            target=without_query(event.target),
        )  # fmt: skip
    params = {name: value for name, value in event.params.items() if name in KNOWN}
    return msgspec.structs.replace(event, ip="", user_agent="", referrer="", params=params)


def clear_rows(subject: Subject) -> int:
    """The same in the ledger's rows; call it inside a transaction. Returns how many rows it went through."""
    rows = 0
    for click in Click.objects.filter(pk__in=subject.clicks):
        click.ip = click.user_agent = click.referrer = click.extra = click.visitor = None
        click.target = without_query(click.target)
        click.save()
        rows += 1
    for call in Postback.objects.filter(pk__in=subject.calls):
        call.ip = call.user_agent = call.referrer = None
        call.params = _known_params(call.params)
        call.facts = _facts(call.facts)
        call.save()
        rows += 1
    for program, tid in subject.orders:
        rows += Transaction.objects.filter(program_id=program, tid=tid).update(referrer=None)
    return rows


def clear_set_aside(subject: Subject, needles: list[bytes], checks: Checks) -> int:
    """Events that could not be stored: cleared where they can be read, dropped where not."""
    changed = 0
    for row in SetAside.objects.all():
        body = bytes(row.body)
        if any(needle in body for needle in needles):
            row.body = _cleared_body(body, lambda event: belongs(event, subject, checks))
            row.save()
            changed += row.body != body
    return changed


def _cleared_body(body: bytes, is_ours: Callable[[events.Event], bool]) -> bytes:
    try:
        return encode_batch([cleared(event) if is_ours(event) else event for event in decode_batch(body)])
    except msgspec.DecodeError:
        return b""


def _known_params(params: str | None) -> str | None:
    if params is None:
        return None
    kept = {name: value for name, value in json.loads(params).items() if name in KNOWN}
    return json.dumps(kept, ensure_ascii=False)


def _facts(facts: str) -> str:
    """Of what the judge saw only a deeplink's address can say more than it must."""
    seen = json.loads(facts or "{}")
    if "target" in seen:
        seen["target"] = without_query(seen["target"])
    return json.dumps(seen, ensure_ascii=False)


def host_only(referrer: str) -> str:
    """`https://host/`, from which the same host is counted; empty where there is none."""
    try:
        parts = urlsplit(referrer)
        return f"{parts.scheme}://{parts.hostname}/" if parts.hostname else ""
    except ValueError:
        return ""


def without_query(target: str) -> str:
    """An alias stays; of a full address stays what comes before `?` and `#`."""
    return target.split("?")[0].split("#")[0] if "://" in target else target
