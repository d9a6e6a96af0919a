"""Client addresses: whose word on them is believed, and what of them may be stored."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Networks:
    """A list of networks; raises ValueError for what is none."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._networks = tuple(ip_network(text, strict=False) for text in texts)

    def hold(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)


NOWHERE = Networks(())


def derive(
    peer: Address | None,
    forwarded: bytes,
    trusted: Networks,
    named: Address | None = None,
    namers: Networks = NOWHERE,
) -> Address | None:
    """The nearest address that is not a proxy of ours, read from the right.

    What a stranger writes into X-Forwarded-For stands left of what our proxies add, so it
    is never reached. An entry that is no address ends the search at the one before it.
    named: what a header of a CDN says; it counts as soon as the chain has led to one of `namers`, the CDN's networks.
    """
    address = peer
    for entry in reversed(forwarded.split(b",") if forwarded else []):
        if (named is not None and namers.hold(address)) or not trusted.hold(address):
            break
        further = parse(entry.strip().decode("latin-1"))
        if further is None:
            break
        address = further
    return named if named is not None and namers.hold(address) else address


def parse_client_header(name: str, value: str) -> Address | None:
    """The one address in a CDN's header; CloudFront-Viewer-Address has a port behind it, IPv6 without brackets too."""
    text = value.strip()
    if name.lower() == "cloudfront-viewer-address":
        text = text.rpartition(":")[0].strip("[]")
    return parse(text) if text else None


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
    return network_of(address)


def network_of(address: Address) -> str:
    """The first address of its /24 (IPv4) or /48 (IPv6): as much as one customer of a provider easily gets."""
    return str(ip_address(network_prefix(address).ljust(len(address.packed), b"\0")))


def network_prefix(address: Address) -> bytes:
    """The same network by its first 3 or 6 bytes."""
    return address.packed[: 3 if address.version == 4 else 6]
