"""Deeplinks: full addresses in a partner's link. Only listed hosts, or the visitor goes to the default target.

The address that leaves is put together anew from the scheme, the host in ASCII and the port that were
looked at, so that no browser can read another host into it than the one which was compared.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

from clicktrail.core.text import INVISIBLE, decode_text

_ADDRESS = re.compile(r"(https?)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_ENCODED_START = re.compile(r"https?(%3a|:)(%2f|/)(%2f|/)", re.IGNORECASE)
_LOOKS_LIKE_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*:[/\\]|https?:|[/\\]|www\.|[^\s/?#:@%]{1,253}\.[a-z]{2,63}(?:[:/?#]|$)", re.IGNORECASE
)
"""A scheme, a slash in front, or a host name with a dot. No alias has a slash or a colon in it."""
_WITHOUT_SCHEME = re.compile(r"[^\s/?#:@%\\]{1,253}\.[a-z]{2,63}(?::[0-9]{1,5})?[/?#]", re.IGNORECASE)
_ESCAPED_LETTERS = re.compile("(?:%[89a-f][0-9a-f])+", re.IGNORECASE)
"""Escapes of characters outside ASCII."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""No blank among them: that becomes %20. Browsers drop tabs and line ends wherever they stand."""

_LABEL = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")

_ENCODED_ADDRESS = re.compile("%(?:25)?(?:3a|2f|3f)")
_ENCODED_PAIR = re.compile(r"%26[^&=%]{1,64}%3d")
_ENCODED_LETTERS = re.compile("(?:%[89a-f][0-9a-f])+", re.IGNORECASE)
"""Escapes of bytes beyond ASCII."""
_JOINERS = "\u200c\u200d"

SCHEME_PORTS = {"http": 80, "https": 443}
LONGEST_HOST = 253
MAX_LAYERS = 6
"""Layers of percent-encoding that are looked through to see whether a text is meant as an address."""


@dataclass(frozen=True, slots=True)
class Address:
    scheme: str
    host: str
    """ASCII, lower case."""
    port: int
    rest: str
    """Path, query and fragment; begins with a slash."""

    def __str__(self) -> str:
        port = "" if self.port == SCHEME_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.rest}"


def is_address(target: str) -> bool:
    """Whether a `target` is meant as an address rather than as an alias, however it is encoded or cut."""
    for _ in range(MAX_LAYERS):
        decoded = unquote(target, errors="replace")
        if decoded == target:
            break
        target = decoded
    return _LOOKS_LIKE_ADDRESS.match("".join(sign for sign in target if sign not in INVISIBLE)) is not None


def decode_partly(address: str) -> str:
    """An address that came in clear, but whose query was encoded once more than the rest of it, decoded.

    Letters beyond ASCII in its host are decoded too: browsers encode them in a link like `target=https://straße.example/`.
    Some routers leave `: / ?` as they are in a value and encode `& =`: `https://shop.example/p?a=1%26b%3D2`. A value
    that holds an encoded address or `?` was encoded by its shop, and stays.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or "%" not in address:
        return address
    host = found[2]
    if "%" in host:
        host = _ENCODED_LETTERS.sub(lambda letters: decode_text(unquote_to_bytes(letters[0])), host)
    path, mark, query = found[3].lower().partition("?")
    if mark:
        is_partly = not _ENCODED_ADDRESS.search(query) and (
            _ENCODED_PAIR.search(query) is not None or ("%3d" in query and "=" not in query)
        )
    else:
        is_partly = "%3d" in path.partition("%3f")[2]
    rest = decode_text(unquote_to_bytes(found[3])) if is_partly else found[3]
    return address if _CONTROL.search(rest) else f"{found[1]}://{host}{rest}"


def allowed(target: str, hosts: Iterable[str]) -> str | None:
    """The address to send a visitor to, or None where `target` is no address or its host is not listed.

    target: as read from the link, that is decoded once; decoded once more where it came encoded twice.
    hosts: lower case; `host`, `host:port`, `*.host` or `*.host:port`.
    """
    address = parse(_decoded(target))
    if address is None:
        return None
    if not any(_matches(address, listed) for listed in hosts):
        return None
    # An address that a template escaped for HTML: the page behind it wants the parameter, not `amp;`.
    return str(address).replace("&amp;", "&")


def parse(text: str) -> Address | None:
    """The parts of an http(s) address; None for everything that browsers and servers might read differently."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return None
    scheme, authority, rest = found[1].lower(), found[2], found[3]
    name, colon, port_text = authority.partition(":")
    host = ascii_host(name)
    if host is None or (colon and not _PORT.fullmatch(port_text)):
        return None
    port = int(port_text) if colon else SCHEME_PORTS[scheme]
    if port > 65535 or _CONTROL.search(rest):
        return None
    return Address(scheme, host, port, rest if rest.startswith("/") else f"/{rest}")


def ascii_host(name: str) -> str | None:
    """A host name as DNS knows it: ASCII, lower case, `xn--` for others; None where it is none.

    User parts, backslashes, percent signs, brackets, blanks and a trailing dot are no part of one.
    """
    if not name.isascii():
        name = _to_ascii(name)
    name = name.lower()
    return name if len(name) <= LONGEST_HOST and _HOST.fullmatch(name) else None


def _to_ascii(name: str) -> str:
    """UTS 46, non-transitional, as browsers do it: `straße` is `xn--strae-oqa`. Empty where it is no host.

    docs/decisions/0023-hosts.md
    """
    # Loaded at the first such host: its tables take a while, and most installations never see one.
    from idna import check_bidi, check_initial_combiner, uts46_remap, valid_contextj

    try:
        labels = uts46_remap(name, std3_rules=False, transitional=False).split(".")
        for label in labels:
            if not label.isascii():
                check_initial_combiner(label)
                check_bidi(label)
                if not all(valid_contextj(label, place) for place, sign in enumerate(label) if sign in _JOINERS):
                    return ""
        return ".".join(
            f"xn--{label.encode('punycode').decode()}" if not label.isascii() else label for label in labels
        )
    except (UnicodeError, ValueError):
        return ""


def _decoded(target: str) -> str:
    """Decoded once more where it came encoded twice; with https:// where it begins with the host name."""
    if _ENCODED_START.match(target) and "://" not in target[:8]:
        target = unquote(target, errors="replace")
    return _with_decoded_host(f"https://{target}" if _WITHOUT_SCHEME.match(target) else target)


def _with_decoded_host(address: str) -> str:
    """A browser sends `https://stra%C3%9Fe.example` where the page has `https://straße.example`."""
    found = _ADDRESS.fullmatch(address)
    if found is None or "%" not in found[2]:
        return address
    host = _ESCAPED_LETTERS.sub(lambda letters: decode_text(unquote_to_bytes(letters[0])), found[2])
    return f"{found[1]}://{host}{found[3]}"


def _matches(address: Address, listed: str) -> bool:
    host, colon, port = listed.partition(":")
    if address.port != (int(port) if colon and _PORT.fullmatch(port) else SCHEME_PORTS[address.scheme]):
        return False
    if host.startswith("*."):
        return address.host.endswith(host[1:])
    return address.host == host
