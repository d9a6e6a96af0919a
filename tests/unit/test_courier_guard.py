"""Where the courier never goes: the table of nasty addresses, and names that change their mind."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import ip_network

import pytest
from yarl import URL

from clicktrail.core.addresses import fault
from clicktrail.guard import Forbidden, Guard
from clicktrail.resolver import Found, GuardedResolver, guarded_socket

NASTY = [
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255", "192.0.0.192", "192.0.2.1",
    "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "192.88.99.1",
    "::1", "::", "::127.0.0.1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "2002:7f00:1::1", "2002:a00:1::1", "2002:a9fe:a9fe::1", "2001::1", "2001:db8::1", "100::1",
    "3fff::1", "5f00::1", "::ffff:0:10.0.0.1", "::ffff:0:7f00:1", "::ffff:0:169.254.169.254",
]  # fmt: skip
FINE = ["93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "::ffff:8.8.8.8",
        "64:ff9b::808:808", "2002:808:808::1"]  # fmt: skip


@pytest.mark.parametrize("address", NASTY)
def test_no_address_of_our_own_world_is_called(address: str) -> None:
    assert fault(address)


@pytest.mark.parametrize("address", FINE)
def test_public_addresses_are_called(address: str) -> None:
    assert fault(address) == ""


def test_a_network_of_the_settings_is_called_and_its_neighbour_is_not() -> None:
    allowed = [ip_network("10.1.0.0/16")]
    assert fault("10.1.2.3", allowed) == ""
    assert fault("::ffff:10.1.2.3", allowed) == ""
    assert fault("10.2.0.1", allowed)


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/", "https://u@a.example/", "https://a.example:22/", "http://127.0.0.1/", "http://[::1]/",
     "http://[::ffff:10.0.0.1]/", "https://a.example:8443/", "http://169.254.169.254/latest/meta-data/"],
)  # fmt: skip
def test_an_address_is_refused_before_anything_is_looked_up(url: str) -> None:
    with pytest.raises(Forbidden):
        Guard().check_url(URL(url))


def test_other_ports_are_called_where_the_setting_names_them() -> None:
    Guard(ports=(8443,)).check_url(URL("https://a.example:8443/"))


def _names(*answers: str) -> Callable[[str, int], Awaitable[Found]]:
    """A name server that answers differently each time."""
    left = list(answers)

    async def look_up(_: str, __: int) -> Found:
        return [(socket.AF_INET6 if ":" in address else socket.AF_INET, address) for address in left.pop(0).split()]

    return look_up


@pytest.mark.parametrize("answer", ["127.0.0.1", "8.8.8.8 10.0.0.1", "::1", "8.8.8.8 ::ffff:127.0.0.1"])
def test_a_name_with_a_forbidden_address_is_not_called(answer: str) -> None:
    async def scene() -> None:
        with pytest.raises(Forbidden):
            await GuardedResolver(Guard(), _names(answer)).resolve("evil.example", 80)

    asyncio.run(scene())


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "localhost"])
def test_numbers_in_other_dress_are_what_they_mean(host: str) -> None:
    """The system's own look-up reads them as 127.0.0.1, or not at all."""

    async def scene() -> None:
        resolver = GuardedResolver(Guard())
        with pytest.raises(OSError):
            await resolver.resolve(host, 80)
        await resolver.close()

    asyncio.run(scene())


def test_what_was_checked_is_what_is_connected_to() -> None:
    """The second answer of a rebinding name server comes too late: the first one is handed on."""

    async def scene() -> None:
        resolver = GuardedResolver(Guard(), _names("93.184.216.34", "127.0.0.1"))
        first = await resolver.resolve("rebind.example", 80)
        again = await resolver.resolve("rebind.example", 80)
        assert [found["host"] for found in first + again] == ["93.184.216.34", "93.184.216.34"]

    asyncio.run(scene())


def test_the_last_look_stands_before_the_socket() -> None:
    make = guarded_socket(Guard())
    with pytest.raises(Forbidden):
        make((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80)))
    make((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))).close()
