"""Net clicks: of one visitor's clicks within 15 minutes, for one program and partner, the first."""

from collections.abc import Iterable

from clicktrail.engine.ledger import Row

WINDOW_MS = 15 * 60 * 1000
MAX_VISITORS = 400_000
"""Visitors in one half of the memory, 50 MB; above it the older half is forgotten early and a returning
visitor may count once more."""


class Visitors:
    """Who came when. Two halves, changed every window: an entry lives at least one window, at most two."""

    def __init__(self) -> None:
        self._young: dict[int, int] = {}
        self._old: dict[int, int] = {}
        self._since_ms = 0

    def remember(self, rows: Iterable[Row]) -> None:
        """(visitor, program, partner, at_ms) of net clicks, newest first, as the ledger keeps them."""
        for visitor, program, partner, at_ms in reversed(list(rows)):
            if visitor:
                self.is_first(bytes(visitor), program, partner, at_ms)

    def is_first(self, visitor: bytes, program: int, partner: int, at_ms: int) -> bool:
        """Whether this click begins a visit; the window runs from the first click, later ones do not prolong it.

        Clicks of several journals may come slightly out of order: one from before the first belongs to it.
        """
        if not visitor:
            return True
        key = hash((visitor, program, partner))
        first_ms = self._young.get(key)
        if first_ms is None:
            first_ms = self._old.get(key)
        if first_ms is not None and abs(at_ms - first_ms) < WINDOW_MS:
            return False
        self._turn(at_ms)
        self._young[key] = at_ms
        return True

    def _turn(self, at_ms: int) -> None:
        if at_ms - self._since_ms >= WINDOW_MS or len(self._young) >= MAX_VISITORS:
            self._old, self._young, self._since_ms = self._young, {}, at_ms
