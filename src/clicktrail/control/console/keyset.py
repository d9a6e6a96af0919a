"""One page of a long list, newest first, by the key of the row where it begins: the last is as fast as the first."""

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
        found = list(rows.filter(pk__gt=after).order_by("pk")[: size + 1])
        if len(found) < size:
            return leaf(rows, {}, size)
        shown = found[:size][::-1]
        return Leaf(shown, shown[0].pk if len(found) > size else None, shown[-1].pk)
    found = list((rows if before is None else rows.filter(pk__lt=before)).order_by("-pk")[: size + 1])
    shown = found[:size]
    newer = shown[0].pk if shown and before is not None else None
    return Leaf(shown, newer, shown[-1].pk if len(found) > size else None)


def walk(rows: QuerySet, size: int) -> Iterator[list[Any]]:
    """All of them, newest first, in pages; each is one short read."""
    page = list(rows.order_by("-pk")[:size])
    while page:
        yield page
        page = list(rows.filter(pk__lt=page[-1].pk).order_by("-pk")[:size]) if len(page) == size else []


def _key(text: str | None) -> int | None:
    is_number = bool(text) and str(text).isascii() and str(text).isdigit() and len(str(text)) < 20
    return min(int(str(text)), MAX_KEY) if is_number else None
