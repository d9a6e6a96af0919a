"""Query strings and form bodies, cut into names and values the way old CGI programs did. Pure, and unable to fail.

Separators: `&`; an `&` that a template wrote as `&amp;`, `&#38;` or `&#x26;`; and `;` by the rules of `_cut`.
The rules and their reasons: docs/decisions/0024-odd-input.md.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from clicktrail.core.text import decode_text, strip_invisible

FREE_TEXTS = frozenset((b"subid", b"ref", b"target"))
"""Parameters whose values are text or an address of their own: a `;` in them is data."""
STRICT = frozenset(
    (b"cpid", b"pid", b"wmid", b"tid", b"clickid", b"produkt", b"umsatz", b"nocheck", b"status", b"commission")
    + (b"currency", b"format", b"view", b"call", b"ts", b"sig", b"sigkey", b"token")
)
NAMES = FREE_TEXTS | STRICT
"""Every parameter that a link or a call knows, in lower case."""

_TEXTS = {name: name.decode() for name in NAMES}

_AMPERSAND = re.compile(rb"(?:amp|#0{0,5}38|#x0{0,5}26);", re.IGNORECASE)
_NEXT_NAME = re.compile(rb";([A-Za-z0-9_.~%\[\]-]{1,64})=")


def read_text(raw: bytes) -> str:
    """UTF-8, else Windows-1252; without the invisible characters around it; NUL inside it is U+FFFD."""
    return strip_invisible(decode_text(raw)).replace("\0", "\ufffd")


def unescape(raw: bytes) -> bytes:
    """A name or value of a form without its escapes: `+` is a space, %XX a byte."""
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    return unquote_to_bytes(raw) if b"%" in raw else raw


def read_pairs(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, value as it was sent) of each parameter that has a name."""
    for piece in split_pairs(raw) if b";" in raw else raw.split(b"&"):
        name, _, value = piece.partition(b"=")
        text = _TEXTS.get(name) or read_name(name)
        if text:
            yield text, value


def read_name(raw: bytes) -> str:
    """A parameter's name; of an encoded `&amp;` in front of it nothing stays."""
    raw = unescape(raw)
    return read_text(_without_ampersand(raw) if b";" in raw else raw)


def split_pairs(raw: bytes) -> list[bytes]:
    """`name=value` pieces, still escaped."""
    pieces = [_without_ampersand(piece) for piece in raw.split(b"&")]
    given = {_known_name(piece) for piece in pieces}
    return [part for piece in pieces for part in _cut(piece, len(pieces) > 1, given)]


def _without_ampersand(piece: bytes) -> bytes:
    """A piece without the rest of an `&amp;` that it was cut at; `&amp;amp;` was escaped twice."""
    start = 0
    while found := _AMPERSAND.match(piece, start):
        start = found.end()
    return piece[start:]


def _cut(piece: bytes, has_ampersand: bool, given: set[bytes]) -> Iterator[bytes]:
    """The piece, cut at each `;` that is a separator.

    Where no `&` separates, `;name=` begins a parameter, and several `;` count as one; in a free text only where
    the name is one that we know.
    Beside `&` a `;` is data, but for `;name=` with a name that we know and that no `&` piece has, in the value
    of a parameter that is no free text.
    """
    if not has_ampersand:
        piece = piece.strip(b";")
    start, current = 0, _known_name(piece)
    for found in _NEXT_NAME.finditer(piece):
        name = found[1].lower()
        if has_ampersand:
            is_cut = name in NAMES and name not in given and current in STRICT
        else:
            is_cut = name in NAMES or current not in FREE_TEXTS
        if is_cut:
            part = piece[start : found.start()]
            yield part if has_ampersand else part.rstrip(b";")
            start, current = found.start() + 1, name
    yield piece[start:]


def _known_name(piece: bytes) -> bytes:
    """The name of a piece in lower case where it is one that we know; else empty."""
    name = piece.partition(b"=")[0].lower()
    return name if name in NAMES else b""
