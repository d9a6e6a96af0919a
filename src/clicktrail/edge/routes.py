"""What this server answers to, in one table."""

from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

from clicktrail.core.placeholders import encode
from clicktrail.core.postback import read_as_sent
from clicktrail.edge import click, health, postback
from clicktrail.edge.answers import OPEN
from clicktrail.edge.caller import Caller
from clicktrail.edge.request import Request
from clicktrail.edge.worker import Worker

if TYPE_CHECKING:
    from clicktrail.edge.server import Connection

SCRIPT_MAX_AGE_S = 3600
PREFLIGHT_MAX_AGE_S = 86_400
READS = ("GET", "HEAD")


class Visit(NamedTuple):
    """One request, on its way to its handler."""

    worker: Worker
    connection: "Connection"
    request: Request
    query: bytes
    caller: Caller


Handler = Callable[[Visit], None]


def serve(worker: Worker, connection: "Connection", request: Request, caller: Caller) -> None:
    """Hand a request to its handler; whatever it is, `connection` gets exactly one answer."""
    path, query = request.split()
    route = ROUTES.get(path) or ROUTES.get(tidy_path(path))
    if request.method == "OPTIONS":
        worker.counts.other_requests += 1
        connection.answer(_options(worker, route[0] if route else READS))
    elif route is None:
        worker.counts.other_requests += 1
        connection.answer(worker.answers.not_found())
    elif request.method not in route[0]:
        worker.counts.other_requests += 1
        connection.answer(worker.answers.sentence(405, "This address knows no such method.", _allow(route[0])))
    else:
        route[1](Visit(worker, connection, request, query, caller))


def tidy_path(path: bytes) -> bytes:
    """A path with one slash in front, none behind and no escapes: `//go.cgi/` is `/go.cgi`.

    Base addresses end with a slash and paths begin with one; whoever joins them gets two.
    """
    if b"%" in path:
        path = unquote_to_bytes(path)
    return b"/" + b"/".join(part for part in path.split(b"/") if part not in (b"", b"."))


def _click(visit: Visit) -> None:
    request, query = visit.request, visit.query
    if request.method == "HEAD":
        visit.connection.answer(click.look(visit.worker, query))
        return
    if request.body:
        fields = read_as_sent(b"", request.body, visit.caller.content_type, visit.caller.content_encoding)
        query = b"&".join([query, *(_pair(name, value) for name, value in fields.items())]).lstrip(b"&")
    click.take(visit.worker, visit.connection, query, visit.caller)


def _pair(name: str, value: str) -> bytes:
    return encode(name.encode("utf-8", "replace")) + b"=" + encode(value.encode("utf-8", "replace"))


def _postback(visit: Visit) -> None:
    request = visit.request
    postback.take(visit.worker, visit.connection, visit.query, visit.caller, request.method, request.body)


def _script(visit: Visit) -> None:
    worker = visit.worker
    worker.counts.other_requests += 1
    if worker.script is None:
        visit.connection.answer(worker.answers.not_found())
        return
    tag = b'"' + blake2b(worker.script, digest_size=8).hexdigest().encode() + b'"'
    more = b"ETag: %b\r\nCache-Control: public, max-age=%d\r\nX-Content-Type-Options: nosniff\r\n%b" % (
        tag, SCRIPT_MAX_AGE_S, OPEN,
    )  # fmt: skip
    asked = [known.strip().removeprefix(b"W/") for known in visit.caller.if_none_match.split(b",")]
    is_known = tag in asked or b"*" in asked
    status, body = (304, b"") if is_known else (200, worker.script)
    visit.connection.answer(worker.answers.whole(status, body, b"text/javascript; charset=utf-8", more))


def _healthz(visit: Visit) -> None:
    worker = visit.worker
    worker.counts.other_requests += 1
    reasons = health.reasons(worker)
    text = "; ".join(reasons) if visit.caller.is_listed else "clicks cannot be taken"
    visit.connection.answer(worker.answers.sentence(503 if reasons else 200, text if reasons else "ok"))


def _metrics(visit: Visit) -> None:
    worker = visit.worker
    worker.counts.other_requests += 1
    if visit.caller.is_listed:
        visit.connection.answer(worker.answers.whole(200, health.metrics(worker), health.METRICS_TYPE))
    else:
        visit.connection.answer(worker.answers.not_found())


def _options(worker: Worker, methods: tuple[str, ...]) -> bytes:
    more = OPEN + _allow(methods) + b"Access-Control-Allow-Methods: " + ", ".join(methods).encode() + b"\r\n"
    more += b"Access-Control-Allow-Headers: *\r\nAccess-Control-Max-Age: %d\r\n" % PREFLIGHT_MAX_AGE_S
    return worker.answers.whole(204, b"", b"", more)


def _allow(methods: tuple[str, ...]) -> bytes:
    return b"Allow: " + ", ".join((*methods, "OPTIONS")).encode() + b"\r\n"


ROUTES: dict[bytes, tuple[tuple[str, ...], Handler]] = {
    b"/go.cgi": (("GET", "HEAD", "POST"), _click),
    b"/get_trans.cgi": (("GET", "HEAD", "POST"), _postback),
    b"/clicktrail.js": (READS, _script),
    b"/healthz": (READS, _healthz),
    b"/metrics": (READS, _metrics),
}
