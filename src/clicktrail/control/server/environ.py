"""The WSGI environment of a request, from its exact header names."""

import sys
from collections.abc import Iterable
from typing import IO, Any
from urllib.parse import unquote_to_bytes, urlsplit

Headers = Iterable[tuple[bytes, bytes]]


def environment(
    method: str, target: str, version: str, headers: Headers, peer: str, server: tuple[str, int]
) -> dict[str, Any]:
    """Without the body.

    A header whose name has an underscore is left out: WSGI writes X_Forwarded_For and X-Forwarded-For in the
    same way, so that a client could pretend to be a proxy.
    """
    path, query = _split(target)
    found: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{version}",
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": peer,
        "CONTENT_TYPE": "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in headers:
        _put(found, name, value.decode("latin-1"))
    return found


def with_body(environ: dict[str, Any], body: IO[bytes], length: int) -> dict[str, Any]:
    """The length is what came, whether it was announced or came in chunks."""
    return {**environ, "CONTENT_LENGTH": str(length), "wsgi.input": body}


def _put(environ: dict[str, Any], name: bytes, value: str) -> None:
    if b"_" in name:
        return
    key = name.decode("latin-1").upper().replace("-", "_")
    if key in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
        return
    if key != "CONTENT_TYPE":
        key = f"HTTP_{key}"
    before = environ.get(key)
    joint = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{before}{joint}{value}" if before else value


def _split(target: str) -> tuple[bytes, bytes]:
    """(path, query) as bytes of a request target, which may also be a whole URL."""
    if target[:1] != "/":
        parts = urlsplit(target)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    path, _, query = target.partition("#")[0].partition("?")
    return path.encode("utf-8", "surrogateescape"), query.encode("utf-8", "surrogateescape")
