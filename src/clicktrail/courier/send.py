"""One attempt: a request, its redirects, the first kilobyte of the answer, and a sentence where it failed."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from clicktrail.core import outcomes
from clicktrail.core.receivers import POSTBACK, WEBHOOK
from clicktrail.core.tongue import say
from clicktrail.courier.render import Request
from clicktrail.guard import Forbidden, Guard, from_settings
from clicktrail.resolver import GuardedResolver, LookUp, guarded_socket
from clicktrail.settings import Settings

BEFORE, ATTEMPT, ANSWER = "before", "attempt", "answer"
"""How far an attempt got: nothing was sent; nobody answered; somebody answered."""

CONNECT_PATIENCE_S = 5.0
ATTEMPT_PATIENCE_S = 10.0
"""Of one attempt in all: looking up, connecting, redirects, answer."""
MAX_REDIRECTS = 3
MAX_KEPT_BYTES = 1024
MAX_ANSWER_BYTES = 64 * 1024
MAX_ANSWER_HEADERS = 100
MAX_RETRY_AFTER_S = 3600
KEEP_OPEN_S = 5.0
"""A connection without a request."""
GONE = 410
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Outcome:
    stage: str
    address: str
    """The first one; where it was redirected the fault or the answer tells."""
    status: int | None
    answer: str
    took_ms: int
    fault: str = ""
    retry_after_s: int = 0

    @property
    def delivered(self) -> bool:
        return not self.fault

    @property
    def gone(self) -> bool:
        return self.status == GONE


class Failed(Exception):
    def __init__(self, stage: str, sentence: str) -> None:
        super().__init__(sentence)
        self.stage = stage


class Sender:
    """`async with Sender(guard) as sender: await sender.send(request)`; never raises but when it is cancelled."""

    def __init__(
        self,
        guard: Guard,
        look_up: LookUp | None = None,
        connect_s: float = CONNECT_PATIENCE_S,
        attempt_s: float = ATTEMPT_PATIENCE_S,
    ) -> None:
        self._guard, self._look_up = guard, look_up
        self._connect_s, self._attempt_s = connect_s, attempt_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Sender":
        self._resolver = GuardedResolver(self._guard, self._look_up)
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            use_dns_cache=False,
            limit=0,
            keepalive_timeout=KEEP_OPEN_S,
            socket_factory=guarded_socket(self._guard),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_s),
            auto_decompress=False,
            trust_env=False,
            max_headers=MAX_ANSWER_HEADERS,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
        await self._resolver.close()

    async def send(self, request: Request, keep_open: bool = False) -> Outcome:
        began_s = time.perf_counter()

        def outcome(stage: str, fault: str, status: int | None = None, answer: str = "", retry_s: int = 0) -> Outcome:
            took_ms = int((time.perf_counter() - began_s) * 1000)
            return Outcome(stage, request.url, status, answer, took_ms, fault, retry_s)

        try:
            async with asyncio.timeout(self._attempt_s):
                status, answer, retry_s = await self._follow(request, keep_open)
        except Failed as failed:
            return outcome(failed.stage, str(failed))
        except TimeoutError:
            return outcome(ATTEMPT, say(outcomes.NO_ANSWER, seconds=f"{self._attempt_s:g}"))
        except (aiohttp.ClientError, OSError, ValueError) as trouble:
            return outcome(*_told(trouble, request.url, self._connect_s))
        sentence = "" if 200 <= status < 300 else say(outcomes.ANSWERED, status=f"{status} {_phrase(status)}".strip())
        return outcome(ANSWER, sentence, status, answer, retry_s)

    async def _follow(self, request: Request, keep_open: bool) -> tuple[int, str, int]:
        """(status, first kilobyte, Retry-After in seconds); redirects of a GET are followed, each one guarded."""
        url = URL(request.url, encoded=True)
        for hop in range(MAX_REDIRECTS + 1):
            self._guard.check_url(url)
            assert self._session is not None  # noqa: S101 - __aenter__() made it
            async with self._session.request(
                request.method, url, headers=request.headers, data=request.body, allow_redirects=False
            ) as answer:
                if answer.status not in REDIRECTS or request.method != "GET":
                    return answer.status, await _read(answer, keep_open), _retry_after_s(answer)
                target = answer.headers.get("Location", "")
                answer.close()
            url = _next(url, target, hop)
        raise Failed(ANSWER, say(outcomes.REDIRECTED_OFTEN, count=MAX_REDIRECTS, address=str(url)[:200]))


@asynccontextmanager
async def senders(settings: Settings, look_up: LookUp | None = None) -> AsyncIterator[dict[str, Sender]]:
    """One for each kind of receiver, with connections of its own: a partner's postback never comes upon one that a
    webhook has opened into the house."""
    async with AsyncExitStack() as stack:
        yield {
            kind: await stack.enter_async_context(
                Sender(from_settings(settings, for_partner=kind == POSTBACK), look_up)
            )
            for kind in (POSTBACK, WEBHOOK)
        }


def _next(url: URL, target: str, hop: int) -> URL:
    try:
        found = url.join(URL(target, encoded=not any(ord(c) > 126 or c <= " " for c in target)))
    except ValueError:
        raise Failed(ANSWER, say(outcomes.REDIRECTED_ODDLY, address=repr(target[:200]))) from None
    if not target:
        raise Failed(ANSWER, say(outcomes.REDIRECTED_NOWHERE))
    if url.scheme == "https" and found.scheme != "https":
        raise Failed(ANSWER, say(outcomes.REDIRECTED_OPENLY, address=str(found)[:200], step=hop + 1))
    return found


async def _read(answer: aiohttp.ClientResponse, keep_open: bool) -> str:
    """The first kilobyte as text. What is longer than 64 KiB ends the connection instead of being read."""
    kept, length = bytearray(), 0
    async for piece in answer.content.iter_any():
        length += len(piece)
        if len(kept) < MAX_KEPT_BYTES:
            kept += piece[: MAX_KEPT_BYTES - len(kept)]
        if length > MAX_ANSWER_BYTES:
            break
    if length > MAX_ANSWER_BYTES or not keep_open:
        answer.close()
    return bytes(kept).decode("utf-8", "replace").replace("\0", "\ufffd")


def _retry_after_s(answer: aiohttp.ClientResponse) -> int:
    """Seconds or a date; nonsense counts as nothing, and more than an hour as an hour."""
    text = answer.headers.get("Retry-After", "").strip()
    if answer.status not in (429, 503) or not text:
        return 0
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), MAX_RETRY_AFTER_S)
    try:
        wanted_s = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return 0
    return max(0, min(int(wanted_s), MAX_RETRY_AFTER_S))


def _told(fault: BaseException, url: str, connect_s: float) -> tuple[str, str]:
    """(stage, sentence) of whatever went wrong on the way."""
    forbidden = _forbidden(fault)
    host = urlsplit(url).netloc[:200]
    if forbidden is not None:
        return BEFORE, str(forbidden)
    if isinstance(fault, aiohttp.ClientConnectorDNSError):
        return BEFORE, say(outcomes.NAME, host=host)
    if isinstance(fault, aiohttp.InvalidURL | ValueError):
        return BEFORE, say(outcomes.UNCALLABLE, fault=str(fault)[:200])
    if isinstance(fault, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return ATTEMPT, say(outcomes.ENCRYPTION, host=host, fault=str(fault)[:300])
    if isinstance(fault, aiohttp.ServerTimeoutError):
        return ATTEMPT, say(outcomes.NOBODY, host=host, seconds=f"{connect_s:g}")
    if isinstance(fault, aiohttp.ClientConnectorError):
        reason = os.strerror(fault.os_error.errno) if fault.os_error.errno else str(fault.os_error)
        return ATTEMPT, say(outcomes.NO_CONNECTION, host=host, reason=reason.lower())
    if isinstance(fault, aiohttp.ClientPayloadError | aiohttp.ClientResponseError):
        return ANSWER, say(outcomes.UNREADABLE, host=host, fault=str(fault)[:200])
    return ATTEMPT, say(outcomes.ENDED, host=host)


def _forbidden(fault: BaseException | None) -> Forbidden | None:
    """The guard's word, however the client wrapped it."""
    seen = 0
    while fault is not None and seen < 8:
        if isinstance(fault, Forbidden):
            return fault
        inner = getattr(fault, "os_error", None)
        if isinstance(inner, Forbidden):
            return inner
        fault, seen = fault.__cause__ or fault.__context__, seen + 1
    return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
