"""Which IP addresses a server of ours may call for others. Pure.

A receiver's address is written by people we do not know well. Without this table they could
make us ask our own machine, our neighbours, or the cloud's metadata service (SSRF).
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from clicktrail.core.tongue import mark

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORBIDDEN: dict[str, tuple[str, ...]] = {
    mark("loopback"): ("127.0.0.0/8", "::1/128"),
    mark("unspecified"): ("0.0.0.0/8", "::/128"),
    mark("private"): ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    mark("link-local, where metadata services live"): ("169.254.0.0/16", "fe80::/10"),
    mark("shared by a carrier (CGNAT)"): ("100.64.0.0/10",),
    mark("multicast"): ("224.0.0.0/4", "ff00::/8"),
    mark("broadcast or reserved"): ("240.0.0.0/4", "192.0.0.0/24", "100::/64", "2001::/23", "5f00::/16"),
    mark("kept for documents and benchmarks"): (
        "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15", "2001:db8::/32", "3fff::/20",
    ),
    mark("a cloud's own service"): ("168.63.129.16/32",),
    mark("translated to an address of its own network"): ("64:ff9b:1::/48",),
    mark("IPv4 in an old form"): ("::/96", "192.88.99.0/24"),
}  # fmt: skip
"""why -> networks. What ipaddress calls not global is refused too."""

_TABLE = [(why, ip_network(text)) for why, texts in FORBIDDEN.items() for text in texts]
_NAT64 = ip_network("64:ff9b::/96")
_SIIT = ip_network("::ffff:0:0:0/96")
"""IPv4-translated, in the old form `::ffff:0:a.b.c.d`."""
_SIX_TO_FOUR = ip_network("2002::/16")


def fault(address: Address | str, allowed: Iterable[Network] = ()) -> str:
    """Why this address may not be called, as part of a sentence; empty where it may."""
    try:
        found = ip_address(address) if isinstance(address, str) else address
    except ValueError:
        return mark("no address")
    if any(_within(found, network) for network in allowed):
        return ""
    if isinstance(found, IPv6Address):
        if found.scope_id:
            return mark("bound to one interface")
        inner = _inside(found)
        if inner is not None:
            return fault(inner, allowed)
    for why, network in _TABLE:
        if _within(found, network):
            return why
    return "" if found.is_global else mark("not on the public internet")


def _inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that this one only carries: mapped, NAT64, 6to4. What arrives there is what counts."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64 or address in _SIIT:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return address.sixtofour
    return None


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network
