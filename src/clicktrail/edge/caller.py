"""Who calls: address, what of it may be stored, browser, visitor key.

The raw address lives in memory only, for as long as its connection.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import msgspec

from clicktrail.core.postback import clean_bytes

MAX_USER_AGENT = 512
MAX_REFERRER = 2048
VISITOR_BYTES = 8

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Caller(msgspec.Struct, frozen=True):
    """What the headers of a request say of its sender."""

    ip: str
    """As the privacy mode lets it be stored."""
    user_agent: str
    referrer: str
    visitor: bytes
    prefetch: bool
    wants_json: bool
    is_listed: bool
    """May see reasons and figures."""
    content_type: bytes = b""
    if_none_match: bytes = b""


class Networks:
    """A list of networks; raises ValueError for what is none."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._networks = tuple(ip_network(text, strict=False) for text in texts)

    def hold(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


class Registry:
    """Makes callers out of header blocks, by the rules of one installation."""

    def __init__(self, trusted: Networks, listed: Networks, privacy: str, ip_key: bytes, visitor_key: bytes) -> None:
        self._trusted, self._listed = trusted, listed
        self._privacy, self._ip_key = privacy, ip_key
        self.visitor_key = visitor_key

    def caller(self, peer: Address | None, headers: Mapping[bytes, bytes]) -> Caller:
        """headers: names in lower case."""
        address = self.derive(peer, headers.get(b"x-forwarded-for", b""))
        agent = headers.get(b"user-agent", b"")
        return Caller(
            ip=private(address, self._privacy, self._ip_key),
            user_agent=clean_bytes(agent)[:MAX_USER_AGENT],
            referrer=clean_bytes(headers.get(b"referer", b""))[:MAX_REFERRER],
            visitor=visitor(self.visitor_key, address, agent),
            prefetch=_is_prefetch(headers),
            wants_json=b"application/json" in headers.get(b"accept", b"").lower(),
            is_listed=self._listed.hold(address),
            content_type=headers.get(b"content-type", b""),
            if_none_match=headers.get(b"if-none-match", b""),
        )

    def derive(self, peer: Address | None, forwarded: bytes) -> Address | None:
        """The nearest address that is not a proxy of ours, read from the right.

        What a stranger writes into X-Forwarded-For stands left of what our proxies add, so it
        is never reached. An entry that is no address ends the search at the one before it.
        """
        address = peer
        for entry in reversed(forwarded.split(b",") if forwarded else []):
            if not self._trusted.hold(address):
                break
            further = parse(entry.strip().decode("latin-1"))
            if further is None:
                break
            address = further
        return address


@lru_cache(maxsize=4096)
def parse(text: str) -> Address | None:
    """An address as a socket or a proxy writes it, port, brackets and zone tolerated; None where it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def private(address: Address | None, mode: str, key: bytes) -> str:
    """What may be stored of an address: keep, truncate (/24, /48), hash (keyed), drop."""
    if address is None or mode == "drop":
        return ""
    if mode == "keep":
        return str(address)
    if mode == "hash":
        return blake2b(address.packed, key=key, digest_size=16).hexdigest()
    kept_bytes = 3 if address.version == 4 else 6
    packed = address.packed[:kept_bytes].ljust(len(address.packed), b"\0")
    return str(ip_address(packed))


def visitor(key: bytes, address: Address | None, user_agent: bytes) -> bytes:
    """One day's name of a visitor; the key's end is the end of every way back."""
    packed = address.packed if address else b""
    return blake2b(packed + b"\0" + user_agent, key=key, digest_size=VISITOR_BYTES).digest()


def _is_prefetch(headers: Mapping[bytes, bytes]) -> bool:
    purpose = headers.get(b"sec-purpose", b"") + b" " + headers.get(b"purpose", b"")
    return b"prefetch" in purpose.lower()
