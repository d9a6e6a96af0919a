"""Names looked up for an HTTP client of ours, and only addresses handed on that the guard lets pass.

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
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from clicktrail.core import outcomes
from clicktrail.core.tongue import say
from clicktrail.guard import Guard

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
            raise OSError(say(outcomes.UNKNOWN_NAME, host=host))
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
