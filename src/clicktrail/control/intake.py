"""Calls that people and programs hand in at control: journaled like any other, judged by the same engine.

Control is a node of its own (1000) with a journal of its own, one writer a process.
"""

import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from clicktrail import keys
from clicktrail.control.ledger.models import Postback as Judged
from clicktrail.core.clickid import Checks, Mint
from clicktrail.core.reasons import OK, WAITING
from clicktrail.journal.disk import open_disk
from clicktrail.journal.events import Click, Event, Postback
from clicktrail.journal.local import RESERVE_MS, Writer, system_ms
from clicktrail.settings import CONTROL_NODE, Settings, socket_address

LOOK_EVERY_S = 0.02
HURRIED_PATIENCE_MS = 200
"""How long a verdict is waited for where the console's last free thread would be the one that waits."""
WAKE_TIMEOUT_S = 1.0


class Intake:
    """The writer of control's journal, or of another node of the house. Raises JournalLocked where another
    process is that."""

    def __init__(self, settings: Settings, node: int = CONTROL_NODE) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        found = keys.load(settings.keys_folder)
        self._checks = Checks(found.clickid, found.current, settings.prefix)
        self._writer = Writer(
            settings.journal_folder,
            node,
            max_bytes=settings.journal_max_bytes,
            max_age_s=settings.journal_max_age_s,
            disk=open_disk(settings.run_folder),
        )
        self._mint = Mint(node, self._writer.last_ms)

    def hand_in(self, params: Mapping[str, str], source: str, actor: str, catalog_version: int) -> int:
        """Make a call durable and wake the engine; returns its log number. Raises JournalRefused."""
        return self.hand_in_many([(params, "")], source, actor, catalog_version)[0]

    def hand_in_many(
        self,
        calls: Iterable[tuple[Mapping[str, str], str]],
        source: str,
        actor: str,
        catalog_version: int,
        **proofs: Any,
    ) -> list[int]:
        """Make all of them durable in one commit and wake the engine once; returns their log numbers.

        calls: (parameters, fault) of each, as `core.postback.read` gives them; proofs: fields of the
        event that hold for all. Raises JournalRefused: then none of them is stored.
        """
        with self._lock:
            now_ms = system_ms()
            events: list[Event] = [
                self._event(params, fault, now_ms, source, actor, catalog_version, proofs) for params, fault in calls
            ]
            self._writer.commit(events, now_ms + RESERVE_MS)
        self._wake()
        return [event.id for event in events]

    def hand_in_orders(
        self, orders: Iterable[tuple[Mapping[str, str], int]], actor: str, catalog_version: int
    ) -> list[int]:
        """The same for orders of another system: (parameters, when it happened in milliseconds) of each."""
        with self._lock:
            now_ms = system_ms()
            events: list[Event] = [
                self._event(params, "", now_ms, "import", actor, catalog_version, {"arrived_ms": at_ms})
                for params, at_ms in orders
            ]
            self._writer.commit(events, now_ms + RESERVE_MS)
        self._wake()
        return [event.id for event in events]

    def hand_in_again(
        self, calls: Iterable[tuple[Mapping[str, str], str, Mapping[str, Any]]], actor: str, catalog_version: int
    ) -> list[int]:
        """Copies of earlier calls, to be judged once more, in one commit; returns their log numbers.

        calls: (parameters, fault, fields of the event: `again`, `arrived_ms` and what the call had proved) of each.
        Raises JournalRefused: then none of them is stored.
        """
        with self._lock:
            now_ms = system_ms()
            events: list[Event] = [
                self._event(params, fault, now_ms, "again", actor, catalog_version, fields)
                for params, fault, fields in calls
            ]
            self._writer.commit(events, now_ms + RESERVE_MS)
        self._wake()
        return [event.id for event in events]

    def hand_in_clicks(self, clicks: Iterable[Mapping[str, Any]], catalog_version: int) -> list[int]:
        """Make clicks of another system durable in one commit and wake the engine; returns their new ids.

        clicks: clickid, at_ms, program, partner of each, and creative, target, subid, referrer where they are
        known. They were counted or not where they happened: no address, agent or mark of a visitor comes along.
        Raises JournalRefused: then none of them is stored.
        """
        with self._lock:
            now_ms = system_ms()
            events: list[Event] = [self._click(facts, now_ms, catalog_version) for facts in clicks]
            self._writer.commit(events, now_ms + RESERVE_MS)
        self._wake()
        return [event.id for event in events]

    def _click(self, facts: Mapping[str, Any], now_ms: int, catalog_version: int) -> Click:
        id = self._mint.next(now_ms)
        found: dict[str, Any] = {"creative": 0, "target": "", "subid": "", "referrer": "", **facts}
        return Click(
            id=id, tail=self._checks.tail(id), catalog=catalog_version, ip="", user_agent="", extra="", visitor=b"",
            outcome=OK, prefetch=False, **found,
        )  # fmt: skip

    def _event(
        self,
        params: Mapping[str, str],
        fault: str,
        now_ms: int,
        source: str,
        actor: str,
        catalog_version: int,
        proofs: Mapping[str, Any],
    ) -> Postback:
        call = self._mint.next(now_ms)
        return Postback(
            id=call,
            tail=self._checks.tail(call),
            at_ms=now_ms,
            catalog=catalog_version,
            method="POST",
            params=dict(params),
            fault=fault,
            ip="",
            user_agent="",
            referrer="",
            source=source,
            actor=actor,
            **proofs,
        )

    def rotate_if_asked(self) -> None:
        with self._lock:
            self._writer.rotate_if_asked()

    def close(self) -> None:
        with self._lock:
            self._writer.close()

    def _wake(self) -> None:
        """An engine that is away finds the call when it comes back."""
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as engine:
            engine.settimeout(WAKE_TIMEOUT_S)
            engine.connect(socket_address(self._settings.engine_socket))
            engine.sendall(json.dumps({"wake": True}).encode() + b"\n")


_opened: dict[str, Intake] = {}
_opening = threading.Lock()


def intake(settings: Settings) -> Intake:
    """The one of this process and this data folder; opened when it is first needed."""
    with _opening:
        key = str(settings.data)
        if key not in _opened:
            _opened[key] = Intake(settings)
        return _opened[key]


@contextmanager
def open_intake(settings: Settings) -> Iterator[Intake]:
    """Open from the start, so that what an earlier process left is sealed, and sealed in the end."""
    found = intake(settings)
    try:
        yield found
    finally:
        with _opening:
            _opened.pop(str(settings.data), None)
        found.close()


class Seats:
    """Who waits for verdicts sits on one of the console's threads. While the engine is away, callers would hold
    all of them for as long as their patience lasts, and no page would open: the last one is not waited on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = 0

    @contextmanager
    def patience_ms(self, settings: Settings) -> Iterator[int]:
        with self._lock:
            self._taken += 1
            is_last = self._taken >= settings.console_threads
        try:
            patience_ms = settings.verdict_patience_ms
            yield min(patience_ms, HURRIED_PATIENCE_MS) if is_last else patience_ms
        finally:
            with self._lock:
                self._taken -= 1


seats = Seats()


def verdict(call: int, patience_ms: int) -> Judged | None:
    """The call's line in the log once its verdict is final; what is known when patience is out."""
    return verdicts([call], patience_ms).get(call)


def verdicts(calls: Sequence[int], patience_ms: int) -> dict[int, Judged]:
    """The lines of these calls, once all verdicts are final; what is known of them when patience is out."""
    deadline_s = time.monotonic() + patience_ms / 1000
    found: dict[int, Judged] = {}
    while True:
        open_calls = [call for call in calls if call not in found or found[call].reason == WAITING]
        found |= Judged.objects.in_bulk(open_calls)
        is_all = all(call in found and found[call].reason != WAITING for call in open_calls)
        if is_all or time.monotonic() >= deadline_s:
            return found
        time.sleep(LOOK_EVERY_S)
