"""Who calls: address, what of it may be stored, browser, visitor key.

The raw address lives in memory only, for as long as its connection.
"""

from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from clicktrail.addresses import NOWHERE, Address, Networks, derive, parse_client_header, private
from clicktrail.core.text import clean_bytes

MAX_USER_AGENT = 512
MAX_REFERRER = 2048
VISITOR_BYTES = 8


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
    content_encoding: bytes = b""
    if_none_match: bytes = b""
    address: Address | None = None
    """For lists of addresses only; it is never written down."""


class Registry:
    """Makes callers out of header blocks, by the rules of one installation."""

    def __init__(
        self,
        trusted: Networks,
        listed: Networks,
        privacy: str,
        ip_key: bytes,
        visitor_key: bytes,
        client_header: str = "",
        namers: Networks = NOWHERE,
    ) -> None:
        """client_header: in which a CDN names the client; namers: its networks, from which that is believed."""
        self._trusted, self._listed = trusted, listed
        self._client_header, self._header_key, self._namers = client_header, client_header.lower().encode(), namers
        self._privacy, self._ip_key = privacy, ip_key
        self.visitor_key = visitor_key

    def caller(self, peer: Address | None, headers: Mapping[bytes, bytes]) -> Caller:
        """headers: names in lower case."""
        address = self.derive(peer, headers.get(b"x-forwarded-for", b""), headers.get(self._header_key, b""))
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
            content_encoding=headers.get(b"content-encoding", b""),
            if_none_match=headers.get(b"if-none-match", b""),
            address=address,
        )

    def derive(self, peer: Address | None, forwarded: bytes, named: bytes = b"") -> Address | None:
        """named: the value of the CDN's header."""
        if not named:
            return derive(peer, forwarded, self._trusted)
        client = parse_client_header(self._client_header, named.decode("latin-1"))
        return derive(peer, forwarded, self._trusted, client, self._namers)


def visitor(key: bytes, address: Address | None, user_agent: bytes) -> bytes:
    """One day's name of a visitor; the key's end is the end of every way back."""
    packed = address.packed if address else b""
    return blake2b(packed + b"\0" + user_agent, key=key, digest_size=VISITOR_BYTES).digest()


def _is_prefetch(headers: Mapping[bytes, bytes]) -> bool:
    purpose = headers.get(b"sec-purpose", b"") + b" " + headers.get(b"purpose", b"")
    return b"prefetch" in purpose.lower()
