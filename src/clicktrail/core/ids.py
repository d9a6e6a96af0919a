"""Ids as they come in links and calls: texts that may be anything."""

LARGEST_ID = 2**53
"""Above it JavaScript no longer tells neighbours apart; such an id is unknown."""

_MOST_DIGITS = 16


def read_id(text: str | None) -> int | None:
    """The number of an id from 1 to 2^53 in ASCII digits, else None: an unknown id."""
    if not text or not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0")
    if not digits or len(digits) > _MOST_DIGITS:
        return None
    number = int(digits)
    return number if number <= LARGEST_ID else None


def names_creative(wmid: str | None) -> bool:
    """Whether a `wmid` names a creative at all: not left out, and not `cc`, a link that the partner built."""
    return bool(wmid) and wmid.lower() != "cc"  # type: ignore[union-attr]
