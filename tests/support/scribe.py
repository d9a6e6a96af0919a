"""Writes journals as an edge would, without one: genuine ClickIDs, the real writer."""

import time
from pathlib import Path

import msgspec

from clicktrail import catalogfile, keys
from clicktrail.core.clickid import Checks, Mint
from clicktrail.journal.events import Click, Event, Postback
from clicktrail.journal.local import Writer

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
HOUR_MS = 3_600_000
MID_HOUR_MS = time.time_ns() // 1_000_000 // HOUR_MS * HOUR_MS + HOUR_MS // 2
"""For events that must lie in one hour, whenever a test runs."""


class Scribe:
    """One node's writer, its mint and its keys; a context manager that seals at the end."""

    def __init__(self, data: Path, node: int) -> None:
        self._keys = keys.load(data / "keys")
        self._checks = Checks(self._keys.clickid, self._keys.current)
        self._writer = Writer(data / "journal", node, max_bytes=1 << 28, max_age_s=86_400)
        self._mint = Mint(node, self._writer.last_ms)
        self._catalog = catalogfile.read(data / "catalog" / catalogfile.CURRENT).version

    def __enter__(self) -> "Scribe":
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write(self, *made: Event) -> None:
        """One row, durable on return."""
        self._writer.commit(list(made), now_ms() + 60_000)

    def click(self, subid: str = "", partner: int = 2, **other: object) -> Click:
        at_ms = now_ms()
        id = self._mint.next(at_ms)
        made = Click(id, self._checks.tail(id), at_ms, self._catalog, 1, partner, 1, "default", subid,
                     "", "", BROWSER, "", b"", "ok", False)  # fmt: skip
        return msgspec.structs.replace(made, **other)

    def order(self, tid: str, clickid: str, **params: str) -> Postback:
        at_ms = now_ms()
        id = self._mint.next(at_ms)
        sent = {"cpid": "1", "tid": tid, "clickid": clickid, "umsatz": "100.00", "mark": f"{tid}/{id}"} | params
        return Postback(id, self._checks.tail(id), at_ms, self._catalog, "GET", sent, "", "", "", "")

    def clickid(self, click: Click) -> str:
        return self._checks.text(click.id, click.tail)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
