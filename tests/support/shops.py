"""Shops that call over HTTP, signed or not, and what they are told in the end.

shop = Shop.opened(server, 21)              # a signing key is made on the command line
shop.tell(tid="A-1", umsatz="95.50")        # signed, joined, sent; the final verdict
shop.query(tid="A-1")                       # the same as the text of an address
"""

import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from support.observe import until
from support.server import Answer, Server

from clicktrail.core import signing

SOON_S = 30.0
KNOWN_WITHIN_S = 10.0
"""A published catalog is in every worker's hands."""


@dataclass(frozen=True)
class Shop:
    server: Server
    program: int
    number: int = 0
    secret: bytes = b""

    @classmethod
    def opened(cls, server: Server, program: int) -> "Shop":
        number, secret = server.run("keys", "call", "create", "--program", str(program)).split()
        known(server)
        return cls(server, program, int(number), bytes.fromhex(secret))

    def signed(self, *, sigkey: str | None = None, ts: str = "", **params: str) -> dict[str, str]:
        """The parameters with their signature. sigkey: empty for none."""
        told = {"cpid": str(self.program), **params, "ts": ts or str(int(time.time() * 1000))}
        if sigkey != "":
            told["sigkey"] = sigkey or str(self.number)
        return {**told, "sig": signing.sign(self.secret, told)}

    def query(self, **params: Any) -> str:
        return urlencode(self.signed(**{"format": "json", **params}))

    def tell(self, **params: Any) -> dict[str, Any]:
        return verdict(self.server, self.query(**params))

    def say(self, **params: str) -> dict[str, Any]:
        """Without any proof."""
        return verdict(self.server, urlencode({"cpid": str(self.program), "format": "json", **params}))

    def of(self, program: int) -> "Shop":
        """This shop's key on another program."""
        return replace(self, program=program)


def verdict(server: Server, query: str, body: bytes | None = None, **headers: str) -> dict[str, Any]:
    """The final verdict on one call, with its HTTP status as `status`."""
    path = f"/get_trans.cgi?{query}"
    answer = server.get(path, **headers) if body is None else server.post(path, body, **headers)
    return final(server, answer)


def final(server: Server, answer: Answer) -> dict[str, Any]:
    call = answer.json()["call"]

    def known_now() -> Any:
        again = server.get(f"/get_trans.cgi?call={call}&format=json")
        return again if again.status != 202 else None

    answer = answer if answer.status != 202 else until(known_now, SOON_S, f"a verdict on call {call}")
    return {**answer.json(), "status": answer.status}


def known(server: Server) -> None:
    """Until every worker has the catalog that is published now. Nothing where no worker runs."""
    version = newest(server)
    workers = [name for name in server.pids() if name.startswith("edge")]
    until(
        lambda: all(server.heartbeat(worker).get("catalog_version", 0) >= version for worker in workers),
        KNOWN_WITHIN_S,
        f"the workers have catalog {version}",
    )


def newest(server: Server) -> int:
    from clicktrail import catalogfile

    return catalogfile.read(server.data / "catalog" / catalogfile.CURRENT).version
