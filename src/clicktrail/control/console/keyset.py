"""One page of a long list, newest first, by the key of the row where it begins: the last is as fast as the first.

The keys are asked for first, then the rows that have them: where no index has the order, keys alone are sorted, and
names are looked up for the rows of the page, not for every row that the list is narrowed to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

PAGE = 50
MAX_KEY = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Leaf:
    rows: list[Any]
    newer: int | None
    """Key of the first row, where there are newer ones than it."""
    older: int | None
    """Key of the last row, where there are older ones than it."""

    @property
    def is_whole(self) -> bool:
        """Whether the page shows all that there is."""
        return self.newer is None and self.older is None


def leaf(rows: QuerySet, asked: Mapping[str, str], size: int = PAGE) -> Leaf:
    """asked: `before` or `after` a key; without them the newest."""
    before, after = (_key(asked.get(name)) for name in ("before", "after"))
    if after is not None:
        keys = _keys(rows.filter(pk__gt=after), "pk", size + 1)
        if len(keys) < size:
            return leaf(rows, {}, size)
        shown = keys[:size]
        return Leaf(_rows(rows, shown), shown[-1] if len(keys) > size else None, shown[0])
    keys = _keys(rows if before is None else rows.filter(pk__lt=before), "-pk", size + 1)
    shown = keys[:size]
    newer = shown[0] if shown and before is not None else None
    return Leaf(_rows(rows, shown), newer, shown[-1] if len(keys) > size else None)


def walk(rows: QuerySet, size: int) -> Iterator[list[Any]]:
    """All of them, newest first, in pages; each is one short read."""
    keys = _keys(rows, "-pk", size)
    while keys:
        yield _rows(rows, keys)
        keys = _keys(rows.filter(pk__lt=keys[-1]), "-pk", size) if len(keys) == size else []


def _keys(rows: QuerySet, order: str, most: int) -> list[int]:
    return list(rows.order_by(order).values_list("pk", flat=True)[:most])


def _rows(rows: QuerySet, keys: list[int]) -> list[Any]:
    """Newest first; what has changed meanwhile and is not of the list any more is left out."""
    return list(rows.filter(pk__in=keys).order_by("-pk")) if keys else []


def _key(text: str | None) -> int | None:
    is_number = bool(text) and str(text).isascii() and str(text).isdigit() and len(str(text)) < 20
    return min(int(str(text)), MAX_KEY) if is_number else None
