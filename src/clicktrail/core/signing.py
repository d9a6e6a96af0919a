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
from dataclasses import dataclass

from clicktrail.core import faults
from clicktrail.core.explain import age
from clicktrail.core.placeholders import encode
from clicktrail.core.tongue import mark

SIGNATURE = "sig"
STAMP = "ts"
KEY_NUMBER = "sigkey"
MAX_KEY_NUMBER = 9999
MAX_SIGNED_CHARACTERS = 8192
"""Names and values of a signed call together: comparing a longer one with every key would hold others up."""

_SECONDS_DIGITS = 11
"""A longer time stamp is in milliseconds: as seconds it would lie in the year 5138."""


def canonical(params: Mapping[str, str]) -> bytes:
    """The bytes that are signed. Texts as `core/postback.py` reads them, secrets unhidden."""
    pairs = ((_encoded(name), _encoded(value)) for name, value in params.items() if name != SIGNATURE)
    return b"&".join(name + b"=" + value for name, value in sorted(pairs))


def sign(secret: bytes, params: Mapping[str, str]) -> str:
    """The value of `sig`: 64 hexadecimal digits, lower case."""
    return _mac(secret, canonical(params))


@dataclass(frozen=True, slots=True)
class Signed:
    """What is found out about a signature."""

    by: int = 0
    """Number of the key that made it; 0: none that counts."""
    stamp_ms: int = 0
    """When it was made; 0 where it does not count."""
    fault: str = ""
    """Why it does not count, as the end of a sentence; empty where there is none, too."""


UNSIGNED = Signed()


def check(params: Mapping[str, str], secrets: Mapping[int, bytes], window_ms: int, now_ms: int) -> Signed:
    """Who signed a call. params: as `canonical` wants them; secrets: of the keys that count, by number.

    Without `sigkey` every key is tried. Whatever is wrong, the signature itself is compared last and in constant
    time: the fault says nothing that helps to guess one.
    """
    given = params.get(SIGNATURE, "").strip().lower()
    if not given:
        return UNSIGNED
    fault = _stamp_fault(params.get(STAMP, ""), window_ms, now_ms)
    if fault:
        return Signed(fault=fault)
    if sum(len(name) + len(value) for name, value in params.items()) > MAX_SIGNED_CHARACTERS:
        return Signed(fault=faults.CHARACTERS.format(count=MAX_SIGNED_CHARACTERS))
    tried = _tried(params.get(KEY_NUMBER, ""), secrets)
    if isinstance(tried, str):
        return Signed(fault=tried)
    signed = canonical(params)
    found = [number for number, secret in tried.items() if _is_same(_mac(secret, signed), given)]
    if not found:
        return Signed(fault=mark("its signature is wrong"))
    return Signed(found[0], stamp_ms(params[STAMP]) or 0)


def _stamp_fault(text: str, window_ms: int, now_ms: int) -> str:
    if not text:
        return mark("its time stamp is missing (parameter ts)")
    stamp = stamp_ms(text)
    if stamp is None:
        return mark("its time stamp is no time: seconds or milliseconds since 1970 are wanted (parameter ts)")
    if abs(now_ms - stamp) <= window_ms:
        return ""
    far = faults.OLD.format(age=age(now_ms - stamp)) if stamp < now_ms else faults.AHEAD.format(age=age(stamp - now_ms))
    return f"{far}; {faults.CLOCK}"


def _tried(text: str, secrets: Mapping[int, bytes]) -> Mapping[int, bytes] | str:
    """The keys that may have signed it; a text where there is none."""
    if not secrets:
        return mark("the program has no signing key that counts")
    if not text:
        return secrets
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(MAX_KEY_NUMBER)):
        return mark("its key number is none (parameter sigkey)")
    if int(text) not in secrets:
        return faults.KEY.format(number=int(text))
    return {int(text): secrets[int(text)]}


def _mac(secret: bytes, signed: bytes) -> str:
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()


def _is_same(right: str, given: str) -> bool:
    return hmac.compare_digest(right.encode(), given.encode("utf-8", "replace"))


def stamp_ms(text: str) -> int | None:
    """A time stamp in milliseconds since 1970, or None where it is none."""
    if not text.isascii() or not text.isdigit() or len(text) > _SECONDS_DIGITS + 4:
        return None
    return int(text) if len(text) > _SECONDS_DIGITS else int(text) * 1000


def _encoded(text: str) -> bytes:
    return encode(text.encode("utf-8", "replace"))
