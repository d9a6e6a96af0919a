"""Where a server of ours may connect to for others: names are looked up here, and only checked addresses handed on.

The courier sends deliveries through it, the console looks at landing pages.

The connector gets the very addresses that were checked, so a name that answers differently a
moment later (DNS rebinding) leads nowhere; the last check stands right before the socket is made.
Numbers in other dress (decimal, octal, hexadecimal) become plain addresses in the look-up and
are judged as those.
"""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address, ip_network
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from clicktrail.core.addresses import Network, fault
from clicktrail.settings import Settings

DNS_THREADS = 32
"""Look-ups at once; a name server that does not answer holds one for some seconds."""
MAX_DNS_WAIT_S = 5.0
MAX_NAMES = 20_000
"""Names remembered with their addresses."""
NAME_KEPT_S = 60.0
"""How long a looked-up name is believed; every use is checked again."""

Found = list[tuple[int, str]]
"""(family, address)"""
LookUp = Callable[[str, int], Awaitable[Found]]


class Forbidden(OSError):
    """The sentence says why nobody goes there."""


class Guard:
    """Checks of addresses; `allowed` networks, `ports` and the name of the setting come from the settings."""

    def __init__(
        self,
        allowed: tuple[Network, ...] = (),
        ports: tuple[int, ...] = (80, 443),
        setting: str = "courier_networks",
    ) -> None:
        self._allowed, self._ports, self._setting = allowed, frozenset(ports), setting

    def check_url(self, url: URL) -> None:
        """Before anything is looked up. Raises Forbidden."""
        if url.scheme not in ("http", "https"):
            raise Forbidden(f"{url.scheme or 'No scheme'}: only http and https are called.")
        if url.user is not None or url.password is not None:
            raise Forbidden("The address has a user or password in it.")
        if not url.raw_host:
            raise Forbidden("The address has no host.")
        if url.port not in self._ports:
            raise Forbidden(f"Port {url.port} is not called: the setting courier_ports lists those that are.")
        if is_plain_address(url.raw_host):
            self.check_address(url.raw_host, url.raw_host)

    def check_address(self, address: str, name: str) -> None:
        """Raises Forbidden."""
        why = fault(address, self._allowed)
        if why:
            at = "" if name == address else f" ({name})"
            raise Forbidden(f"{address}{at} is {why}; it is not called unless the setting {self._setting} lists it.")


def networks_of(settings: Settings, *, for_partner: bool) -> tuple[str, tuple[Network, ...]]:
    """(setting, what it opens). What managers point at may stand in the house's own networks; what partners do, not."""
    setting = "postback_networks" if for_partner else "courier_networks"
    return setting, tuple(ip_network(text, strict=False) for text in getattr(settings, setting))


def from_settings(settings: Settings, *, for_partner: bool = False) -> Guard:
    setting, networks = networks_of(settings, for_partner=for_partner)
    return Guard(networks, tuple(map(int, settings.courier_ports)), setting)


def is_plain_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


class GuardedResolver(AbstractResolver):
    """Names to checked addresses. One look-up a name at a time, remembered for a minute."""

    def __init__(self, guard: Guard, look_up: LookUp | None = None) -> None:
        self._guard = guard
        self._pool = ThreadPoolExecutor(DNS_THREADS, thread_name_prefix="dns")
        self._look_up = look_up or self._system
        self._kept: dict[str, tuple[float, Found]] = {}
        self._running: dict[str, asyncio.Task[Found]] = {}

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - aiohttp's signature
    ) -> list[ResolveResult]:
        """Raises Forbidden where any of the addresses may not be called: a name with two faces is not trusted."""
        found = await self._addresses(host, port)
        if not found:
            raise OSError(f"{host} has no address.")
        for _, address in found:
            self._guard.check_address(address, host)
        return [
            {"hostname": host, "host": address, "port": port, "family": family, "proto": 0,
             "flags": socket.AI_NUMERICHOST}
            for family, address in found
        ]  # fmt: skip

    async def _addresses(self, host: str, port: int) -> Found:
        kept = self._kept.get(host)
        if kept is not None and time.monotonic() - kept[0] < NAME_KEPT_S:
            return kept[1]
        task = self._running.get(host)
        if task is None:
            task = self._running[host] = asyncio.create_task(self._ask(host, port))
            task.add_done_callback(lambda _: self._running.pop(host, None))
        return await asyncio.wait_for(asyncio.shield(task), MAX_DNS_WAIT_S)

    async def _ask(self, host: str, port: int) -> Found:
        found = await self._look_up(host, port)
        while len(self._kept) >= MAX_NAMES:
            del self._kept[next(iter(self._kept))]
        self._kept[host] = (time.monotonic(), found)
        return found

    async def _system(self, host: str, port: int) -> Found:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._pool, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        )
        return [(family, str(place[0])) for family, _, _, _, place in found]

    async def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def guarded_socket(guard: Guard) -> Callable[[Any], socket.socket]:
    """For the connector: the last look at an address before anything is sent to it."""

    def make(info: Any) -> socket.socket:
        family, kind, protocol, _, place = info
        guard.check_address(str(place[0]), str(place[0]))
        return socket.socket(family, kind, protocol)

    return make
