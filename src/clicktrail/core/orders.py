"""The transactions that the calls of one batch are held against: of the same order number, and of similar ones. Pure.

Both are looked up once for the whole batch. What a call of the batch creates or changes, the calls behind it see.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Protocol

from clicktrail.core.case import Earlier, SimilarOrder
from clicktrail.core.ordernumber import order_number_key

Key = tuple[int, str]
"""(program, tid); or (program, key of the order number), see `core/ordernumber.py`."""
MAX_SIMILAR = 16
"""Similar orders that one call is held against, the newest first."""


class Lookups(Protocol):
    """Each for a whole batch."""

    def earlier(self, keys: list[Key]) -> dict[Key, Earlier]:
        """By (program, tid)."""

    def similar(self, keys: list[Key]) -> dict[Key, Earlier]:
        """By (program, tid): for each (program, key) the newest MAX_SIMILAR, in the order of their numbers."""


class Orders:
    def __init__(self, keys: Iterable[Key], similar_for: Iterable[Key], lookups: Lookups) -> None:
        """keys: (program, tid) of all calls; similar_for: of those that are held against similar orders too."""
        exact = lookups.earlier(list(keys))
        new = {similar_key(key) for key in similar_for if key not in exact}
        self._transactions = {**(lookups.similar(sorted(new)) if new else {}), **exact}
        self._tids: dict[Key, list[str]] = {}
        """By (program, key): order numbers as they are spelled, the newest last."""
        for key in sorted(self._transactions, key=lambda key: self._transactions[key].number):
            self._remember(key)

    def earlier(self, key: Key) -> Earlier | None:
        return self._transactions.get(key)

    def similar(self, key: Key) -> tuple[SimilarOrder, ...]:
        """Of another spelling, the newest first."""
        tids = self._tids.get(similar_key(key))
        if not tids:
            return ()
        program, own = key
        others = (tid for tid in reversed(tids) if tid != own)
        return tuple(SimilarOrder(tid, self._transactions[program, tid]) for tid in islice(others, MAX_SIMILAR))

    def numbered(self, key: Key, number: int | None) -> tuple[Key, Earlier] | None:
        """The transaction that a verdict on this order names, with its own key."""
        found = self._transactions.get(key)
        if found is not None:
            return key, found
        named = (each for each in self.similar(key) if each.transaction.number == number)
        return next((((key[0], each.tid), each.transaction) for each in named), None)

    def put(self, key: Key, transaction: Earlier) -> None:
        """A transaction that is new, or as it stands now."""
        if key not in self._transactions:
            self._remember(key)
        self._transactions[key] = transaction

    def _remember(self, key: Key) -> None:
        self._tids.setdefault(similar_key(key), []).append(key[1])


def similar_key(key: Key) -> Key:
    return key[0], order_number_key(key[1])
