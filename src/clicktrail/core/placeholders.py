"""Address templates: click targets and deeplinks with `<% CLICKID %>` and its like in them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from clicktrail.core.deeplink import ascii_host

PLACEHOLDERS = ("clickid", "pid", "subid", "wmid", "cpid")

_MARK = re.compile(r"<%\s*(" + "|".join(PLACEHOLDERS) + r")\s*%>", re.IGNORECASE)

_HOST = re.compile(r"(https?://)([^/?#:@\\<]*)", re.IGNORECASE)

_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_ENCODED = [bytes([byte]) if byte in _UNRESERVED else b"%%%02X" % byte for byte in range(256)]

# Of a literal only what a Location header or an address cannot carry is encoded: controls, blanks,
# other than ASCII, and the marks that no address may hold. Everything else stays as the operator wrote it.
_UNSAFE = b'"<>\\^`{|}'
_SAFE = [_ENCODED[byte] if byte <= 0x20 or byte >= 0x7F or byte in _UNSAFE else bytes([byte]) for byte in range(256)]


@dataclass(frozen=True, slots=True)
class Template:
    """An address in pieces: bytes are literal and safe for a Location header, texts are names of PLACEHOLDERS."""

    parts: tuple[bytes | str, ...]

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """The address with raw values percent-encoded into it; a value that is not given is empty."""
        return b"".join(part if isinstance(part, bytes) else encode(values.get(part, b"")) for part in self.parts)

    def names(self) -> frozenset[str]:
        return frozenset(part for part in self.parts if isinstance(part, str))


def compile_template(text: str) -> Template:
    """Cut an address template into literals and placeholders. Any text compiles."""
    pieces = _MARK.split(_ascii_host(text))
    parts = [piece.lower() if place % 2 else safe_literal(piece) for place, piece in enumerate(pieces)]
    return Template(tuple(part for part in parts if part))


def _ascii_host(text: str) -> str:
    """A host with other letters in it goes out as DNS knows it; percent signs in a host lead nowhere."""
    found = _HOST.match(text)
    host = None if found is None or found[2].isascii() else ascii_host(found[2])
    return text if found is None or host is None else f"{found[1]}{host}{text[found.end() :]}"


def has_clickid(text: str) -> bool:
    return any(mark.lower() == "clickid" for mark in _MARK.findall(text))


def encode(raw: bytes) -> bytes:
    """Percent-encode every byte but `A-Z a-z 0-9 - . _ ~`, in capitals; a blank is %20."""
    if not raw.translate(None, _UNRESERVED):
        return raw
    return b"".join([_ENCODED[byte] for byte in raw])


def safe_literal(text: str) -> bytes:
    """The bytes of an address that nothing can break out of: no control, no blank, nothing but ASCII."""
    return b"".join([_SAFE[byte] for byte in text.encode("utf-8", "replace")])


def with_clickid(url: str, parameter: str) -> str:
    """A deeplink's template: the ClickID goes under `parameter` in front of the fragment.

    An address that has the placeholder already stays as it is. An older ClickID under the same
    name (somebody copied the address of a landing page) is taken out: a page may read the first.
    """
    if has_clickid(url):
        return url
    address, hash_mark, fragment = url.partition("#")
    path, _, query = address.partition("?")
    kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] != parameter]
    kept.append(f"{parameter}=<% CLICKID %>")
    return f"{path}?{'&'.join(kept)}{hash_mark}{fragment}"
