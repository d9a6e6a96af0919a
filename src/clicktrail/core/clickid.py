"""ClickIDs: two capital letters and 27 digits, 29 characters.

The digits are one number of 89 bits, most significant first:

    41 bits  milliseconds since 2020-01-01 UTC   \\
    10 bits  node                                 >  the id: 63 bits, the click's primary key
    12 bits  sequence within the millisecond     /
     2 bits  key number                          \\  the tail: 26 bits
    24 bits  check, BLAKE2s over the 8 bytes of the id with that key  /

So ClickIDs sort by time, and a mistyped or invented one is recognised without a look-up.
Why: docs/decisions/0002-clickid-layout.md.
"""

import re
from collections.abc import Callable, Mapping
from hashlib import blake2s
from hmac import compare_digest

EPOCH_MS = 1_577_836_800_000
"""2020-01-01 00:00 UTC in milliseconds since 1970."""

TIME_SHIFT = 22
NODE_SHIFT = 12
SEQUENCE_MASK = (1 << NODE_SHIFT) - 1
NODE_MASK = 1023
MAX_ID = (1 << 63) - 1
MAX_MS = EPOCH_MS + (1 << 41) - 1
"""The last millisecond that fits, in September 2089."""

TAIL_BITS = 26
TAIL_MASK = (1 << TAIL_BITS) - 1
CHECK_BITS = 24
CHECK_BYTES = 3
DIGITS = 27
LENGTH = 2 + DIGITS
KEY_NUMBERS = 4
"""Key numbers go from 0 to 3: four keys at a time."""


class Mint:
    """Ids of one node, each greater than all before, whatever the clock does.

    `last_ms` is the highest millisecond that may have been used before (last row,
    reservation); the first id lies after it. 4,096 ids fit into a millisecond, the next
    one comes from the next millisecond: the caller compares `made_ms` of what it got
    with the time it has durably reserved.
    """

    __slots__ = ("_last", "_node")

    def __init__(self, node: int, last_ms: int = 0) -> None:
        if not 0 <= node <= NODE_MASK:
            raise ValueError(f"a node number is 0 to {NODE_MASK}, not {node}")
        self._node = node << NODE_SHIFT
        self._last = first_id(last_ms) | self._node | SEQUENCE_MASK

    def next(self, now_ms: int) -> int:
        """The next id. A clock that stands still, goes back or has lost its mind is counted on from the last id."""
        last = self._last
        fresh = ((now_ms - EPOCH_MS) << TIME_SHIFT) | self._node
        if last < fresh <= MAX_ID:
            self._last = fresh
            return fresh
        if last & SEQUENCE_MASK == SEQUENCE_MASK:
            last += (1 << TIME_SHIFT) - SEQUENCE_MASK
        else:
            last += 1
        self._last = last
        return last


class Checks:
    """Writes and reads ClickIDs with the check keys of this house.

    keys: key number (0 to 3) -> 32 bytes; current: the number that new ClickIDs carry.
    """

    __slots__ = ("_base", "_hashes", "_prefix", "current", "prefix")

    def __init__(self, keys: Mapping[int, bytes], current: int, prefix: str = "QC") -> None:
        if current not in keys or not all(0 <= number < KEY_NUMBERS for number in keys):
            raise ValueError("the current key must be among the keys, whose numbers are 0 to 3")
        # A keyed hash is prepared once and copied for each id: half the price of keying anew.
        self._hashes = {number: blake2s(key=key, digest_size=CHECK_BYTES) for number, key in keys.items()}
        self._base = current << CHECK_BITS
        self._prefix = prefix + "%027d"
        self.current = current
        self.prefix = prefix

    def tail(self, id: int) -> int:
        """Key number and check of an id made here and now: 26 bits."""
        keyed = self._hashes[self.current].copy()
        keyed.update(id.to_bytes(8, "big"))
        return self._base | int.from_bytes(keyed.digest(), "big")

    def text(self, id: int, tail: int) -> str:
        """The ClickID of an id and its stored tail."""
        return self._prefix % ((id << TAIL_BITS) | tail)

    def read(self, text: str) -> int | None:
        """The id, where form and check hold; else None. Takes the same time for every wrong check."""
        parts = split(text, self.prefix)
        if parts is None:
            return None
        id, tail = parts
        keyed = self._hashes.get(tail >> CHECK_BITS)
        if keyed is None:
            return None
        keyed = keyed.copy()
        keyed.update(id.to_bytes(8, "big"))
        given = (tail & ((1 << CHECK_BITS) - 1)).to_bytes(CHECK_BYTES, "big")
        return id if compare_digest(keyed.digest(), given) else None


Reader = Callable[[str], int | None]
"""What `Checks.read` is to those who only read."""


def split(text: str, prefix: str) -> tuple[int, int] | None:
    """(id, tail) of a text in the form of a ClickID, its check not looked at; else None."""
    digits = text[len(prefix) :]
    if len(text) != len(prefix) + DIGITS or not text.startswith(prefix):
        return None
    if not (digits.isascii() and digits.isdigit()):
        return None
    number = int(digits)
    if number >> TAIL_BITS > MAX_ID:
        return None
    return number >> TAIL_BITS, number & TAIL_MASK


_ANY_CASE = re.compile(r"[A-Za-z]{2}[0-9]{27}")


def upper_clickid(text: str) -> str:
    """A text in the form of a ClickID in capital letters, as it was made; any other text as it is."""
    return text.upper() if _ANY_CASE.fullmatch(text) else text


def text_of(prefix: str, id: int, tail: int) -> str:
    """The ClickID of a stored id and tail, shown without any key."""
    return f"{prefix}{(id << TAIL_BITS) | tail:0{DIGITS}d}"


def first_id(ms: int) -> int:
    """The smallest id of a millisecond since 1970; times before 2020 and after 2089 are drawn to the ends."""
    return (min(max(ms, EPOCH_MS), MAX_MS) - EPOCH_MS) << TIME_SHIFT


def made_ms(id: int) -> int:
    """When an id was made, in milliseconds since 1970."""
    return (id >> TIME_SHIFT) + EPOCH_MS


def node_of(id: int) -> int:
    """The node that made an id."""
    return (id >> NODE_SHIFT) & NODE_MASK
