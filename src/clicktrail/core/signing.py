"""Signatures of calls: what is signed, byte for byte, and with what. Pure.

A call is signed by three parameters: `ts`, the time of signing as Unix seconds or
milliseconds; `sigkey`, the number of the key (may be left out where there is one key);
`sig`, the HMAC-SHA256 of the canonical query in hex. The canonical query is every
parameter but `sig`, address and body joined, each name and value percent-encoded but
for A-Z a-z 0-9 - . _ ~, sorted by encoded name, joined as name=value with &.
"""

import hashlib
import hmac
from collections.abc import Mapping

from clicktrail.core.placeholders import encode

SIGNATURE = "sig"
STAMP = "ts"
KEY_NUMBER = "sigkey"
MAX_KEY_NUMBER = 9999

_SECONDS_DIGITS = 11
"""A longer time stamp is in milliseconds: as seconds it would lie in the year 5138."""


def canonical(params: Mapping[str, str]) -> bytes:
    """The bytes that are signed. Texts as `core/postback.py` reads them, secrets unhidden."""
    pairs = ((_encoded(name), _encoded(value)) for name, value in params.items() if name != SIGNATURE)
    return b"&".join(name + b"=" + value for name, value in sorted(pairs))


def sign(secret: bytes, params: Mapping[str, str]) -> str:
    """The value of `sig`: 64 hexadecimal digits, lower case."""
    return hmac.new(secret, canonical(params), hashlib.sha256).hexdigest()


def holds(secret: bytes, params: Mapping[str, str]) -> bool:
    """Whether `sig` is right, whatever its letters' case; compared in constant time."""
    given = params.get(SIGNATURE, "").strip().lower().encode("utf-8", "replace")
    return hmac.compare_digest(sign(secret, params).encode(), given)


def stamp_ms(text: str) -> int | None:
    """A time stamp in milliseconds since 1970, or None where it is none."""
    if not text.isascii() or not text.isdigit() or len(text) > _SECONDS_DIGITS + 4:
        return None
    return int(text) if len(text) > _SECONDS_DIGITS else int(text) * 1000


def _encoded(text: str) -> bytes:
    return encode(text.encode("utf-8", "replace"))
