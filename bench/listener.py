"""A receiver that is as quick as can be: `python -m bench.listener PORT` answers 200 on every 127.x.y.z.

Addresses under 127.200 take the request and never answer. `GET /told?enough=N` tells what came, as JSON, and
begins anew once that were N.
"""

import asyncio
import json
import sys
import time
from typing import Any

import uvloop

STUCK = "127.200."
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


class Listener(asyncio.Protocol):
    deliveries: set[bytes] = set()
    repeats = 0
    first_s = last_s = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.stuck = transport.get_extra_info("sockname")[0].startswith(STUCK)
        self.unread = b""

    def data_received(self, data: bytes) -> None:
        self.unread += data
        while b"\r\n\r\n" in self.unread:
            head, _, self.unread = self.unread.partition(b"\r\n\r\n")
            if head.startswith(b"GET /told?enough="):
                self._tell(int(head.split(b"=")[1].split(b" ")[0]))
            elif not self.stuck:
                self._take(head)

    def _take(self, head: bytes) -> None:
        name = head.partition(b"livery: ")[2].partition(b"\r\n")[0]
        kind = type(self)
        kind.repeats += name in kind.deliveries
        kind.deliveries.add(name)
        kind.last_s = time.monotonic()
        kind.first_s = kind.first_s or kind.last_s
        self.transport.write(OK)

    def _tell(self, enough: int) -> None:
        kind = type(self)
        told = {"deliveries": len(kind.deliveries), "repeats": kind.repeats, "took_s": kind.last_s - kind.first_s}
        if told["deliveries"] >= enough:
            kind.deliveries, kind.repeats, kind.first_s = set(), 0, 0.0
        body = json.dumps(told).encode()
        self.transport.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        self.transport.close()


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Listener, "0.0.0.0", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
