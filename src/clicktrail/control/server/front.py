"""From a connection to a thread and back: read a request whole, have Django answer it, send the answer."""

import asyncio
import functools
import logging
import signal
import socket
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web
from multidict import CIMultiDict

from clicktrail.addresses import Address, Networks, derive
from clicktrail.control.server import limits
from clicktrail.control.server.answers import Answer, Wsgi
from clicktrail.control.server.bodies import Body, BodyRefused, Quota, read_into
from clicktrail.control.server.connections import (
    ANSWER,
    BODY,
    IDLE,
    WORKING,
    Connection,
    Connections,
    quiet,
)
from clicktrail.control.server.environ import environment, with_body
from clicktrail.control.server.limits import Deadlines, bodies_folder
from clicktrail.control.server.refusals import SERVER, refuse, refuse_head
from clicktrail.settings import Settings

BACKLOG = 1024
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "server"})

log = logging.getLogger(__name__)

Allowance = Callable[[dict[str, Any]], int]


def run(settings: Settings, listener: socket.socket, application: Wsgi, allowance: Allowance) -> None:
    """Serve until SIGTERM or SIGINT; then answer what is in hand, for `drain_timeout_s` at most."""
    folder = make_folder(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, listener, Front(settings, application, allowance, folder)))


def make_folder(settings: Settings) -> Path:
    """Where large bodies and long answers are kept; what a killed console left there goes."""
    folder = bodies_folder(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.iterdir():
        left.unlink(missing_ok=True)
    return folder


async def _serve(settings: Settings, listener: socket.socket, front: "Front") -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve_until(stop, settings, listener, front)


async def serve_until(stop: asyncio.Event, settings: Settings, listener: socket.socket, front: "Front") -> None:
    loop = asyncio.get_running_loop()
    protocols = web.Server(front.handle)
    server = await loop.create_server(lambda: front.connection(protocols), sock=listener, backlog=BACKLOG)
    await stop.wait()
    server.close()
    protocols.pre_shutdown()
    await protocols.shutdown(settings.drain_timeout_s)
    front.threads.shutdown(wait=False, cancel_futures=True)


class Front:
    def __init__(self, settings: Settings, application: Wsgi, allowance: Allowance, folder: Path) -> None:
        self._application, self._allowance, self._folder = application, allowance, folder
        self._deadlines = Deadlines(settings.header_timeout_s, settings.idle_timeout_s)
        self._trusted = Networks(settings.trusted_proxies)
        self._connections = Connections(self._trusted, self._deadlines)
        self._bodies = Quota(limits.MAX_BODIES_ON_DISK)
        self._answers = Quota(limits.MAX_ANSWERS_ON_DISK)
        self._of_address: Counter[Address] = Counter()
        self._queued = 0
        self.threads = ThreadPoolExecutor(settings.console_threads, thread_name_prefix="django")

    def connection(self, protocols: web.Server) -> Connection:
        return Connection(
            protocols,
            self._connections,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=self._deadlines.idle_timeout_s,
            access_log=None,
            logger=quiet,
            max_line_size=limits.MAX_LINE_BYTES,
            max_field_size=limits.MAX_FIELD_BYTES,
            max_headers=limits.MAX_FIELDS,
            lingering_time=limits.LINGER_S,
            auto_decompress=False,
        )

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """aiohttp calls this with each request whose head is complete."""
        connection = request.protocol
        assert isinstance(connection, Connection)
        refused = refuse_head(request)
        answer = refused or await self._counted(request, connection)
        if isinstance(answer, web.Response):
            connection.enter(ANSWER, self._deadlines.transfer(len(answer.body or b"")))  # type: ignore[arg-type]
        await answer.prepare(request)
        await answer.write_eof()
        connection.enter(IDLE, self._deadlines.idle_timeout_s)
        return answer

    async def _counted(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        """One client address gets so many requests at a time."""
        forwarded = b",".join(value for name, value in request.raw_headers if name.lower() == b"x-forwarded-for")
        client = derive(connection.address, forwarded, self._trusted)
        if client is None or self._trusted.hold(client):
            return await self._answer(request, connection)
        if self._of_address[client] >= limits.MAX_REQUESTS_PER_ADDRESS:
            return refuse(request, 429)
        self._of_address[client] += 1
        try:
            return await self._answer(request, connection)
        finally:
            self._of_address[client] -= 1
            if not self._of_address[client]:
                del self._of_address[client]

    async def _answer(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        environ = _environ(request)
        body = Body(self._folder, self._bodies)
        try:
            await self._read(request, connection, environ, body)
        except BodyRefused as refused:
            body.close()
            return refuse(request, refused.status)
        except BaseException:
            body.close()
            raise
        if self._queued >= limits.MAX_QUEUED_REQUESTS:
            body.close()
            return refuse(request, 503)
        connection.enter(WORKING, None)
        return await self._work(request, connection, environ, body)

    async def _read(
        self, request: web.BaseRequest, connection: Connection, environ: dict[str, Any], body: Body
    ) -> None:
        """Raises BodyRefused."""
        if not request.body_exists:
            return
        length = request.content_length
        most = limits.MAX_STRANGER_BODY
        if (length is None or length > most) and ("HTTP_COOKIE" in environ or "HTTP_AUTHORIZATION" in environ):
            connection.enter(WORKING, None)
            most = max(most, await self._in_thread(self._allowance, environ))
        if length is not None and length > most:
            raise BodyRefused(413)
        within_s = self._deadlines.transfer(most if length is None else length)
        connection.enter(BODY, within_s + limits.LINGER_S)
        if "HTTP_EXPECT" in environ:
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        try:
            async with asyncio.timeout(within_s):
                await read_into(body, request.content, most)
        except TimeoutError:
            raise BodyRefused(408) from None

    async def _work(
        self, request: web.BaseRequest, connection: Connection, environ: dict[str, Any], body: Body
    ) -> web.StreamResponse:
        """The body is closed by the thread's end, also where nobody waits for the answer any more."""
        answer = Answer(asyncio.get_running_loop(), self._folder, self._answers)
        self._queued += 1
        whole = with_body(environ, body.from_start(), body.size)
        done = self._in_thread(_produce, answer, self._application, whole, connection)
        done.add_done_callback(functools.partial(self._end_of_work, body))
        try:
            await answer.head_known.wait()
            if answer.failed and not answer.is_long:
                return refuse(request, 500)
            if not answer.is_long:
                return _short(answer)
            return await self._send_long(request, connection, answer)
        except BaseException:
            answer.is_unwanted = True
            raise
        finally:
            done.add_done_callback(lambda _: answer.close())

    async def _send_long(self, request: web.BaseRequest, connection: Connection, answer: Answer) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=_headers(answer))
        connection.enter(ANSWER, None)
        await response.prepare(request)
        while piece := await answer.next_piece():
            connection.enter(ANSWER, self._deadlines.transfer(len(piece)))
            await response.write(piece)
        if answer.failed:
            connection.drop()
        return response

    def _end_of_work(self, body: Body, _: Any) -> None:
        self._queued -= 1
        body.close()

    def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().run_in_executor(self.threads, work, *arguments)


def _produce(answer: Answer, application: Wsgi, environ: dict[str, Any], connection: Connection) -> None:
    """In a thread. Nobody waits any more for a page whose reader hung up in the queue."""
    if connection.is_gone and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
        answer.is_unwanted = True
    try:
        answer.produce(application, environ)
    except Exception:
        log.exception("a request could not be answered")


def _short(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, reason=answer.reason, headers=_headers(answer), body=answer.body)


def _headers(answer: Answer) -> CIMultiDict[str]:
    kept = [(name, value) for name, value in answer.headers if name.lower() not in HOP_BY_HOP]
    return CIMultiDict([*kept, ("Server", SERVER)])


def _environ(request: web.BaseRequest) -> dict[str, Any]:
    version = f"{request.version.major}.{request.version.minor}"
    place = request.transport.get_extra_info("sockname") if request.transport else None
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return environment(
        request.method, request.raw_path, version, request.raw_headers,
        str(peer[0]) if peer else "", tuple(place[:2]) if place else ("localhost", 80),
    )  # fmt: skip
