"""Deeplinks: full addresses in a partner's link. Only listed hosts, or the visitor goes to the default target.

The address that leaves is put together anew from the scheme, the host in ASCII and the port that were
looked at, so that no browser can read another host into it than the one which was compared.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

_ADDRESS = re.compile(r"(https?)://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_ENCODED_START = re.compile(r"https?(%3a|:)(%2f|/)(%2f|/)", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""No blank among them: that becomes %20. Browsers drop tabs and line ends wherever they stand."""

_LABEL = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")

SCHEME_PORTS = {"http": 80, "https": 443}
LONGEST_HOST = 253


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
    """Whether a `target` is meant as a full address rather than as an alias."""
    return _ENCODED_START.match(target) is not None


def allowed(target: str, hosts: Iterable[str]) -> str | None:
    """The address to send a visitor to, or None where `target` is no address or its host is not listed.

    target: as read from the link, that is decoded once; decoded once more where it came encoded twice.
    hosts: lower case; `host`, `host:port`, `*.host` or `*.host:port`.
    """
    address = parse(_decoded(target))
    if address is None:
        return None
    return str(address) if any(_matches(address, listed) for listed in hosts) else None


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
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    name = name.lower()
    return name if len(name) <= LONGEST_HOST and _HOST.fullmatch(name) else None


def _decoded(target: str) -> str:
    return target if "://" in target[:8] or not is_address(target) else unquote(target, errors="replace")


def _matches(address: Address, listed: str) -> bool:
    host, colon, port = listed.partition(":")
    if address.port != (int(port) if colon and _PORT.fullmatch(port) else SCHEME_PORTS[address.scheme]):
        return False
    if host.startswith("*."):
        return address.host.endswith(host[1:])
    return address.host == host
