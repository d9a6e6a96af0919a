"""Looks at a landing page as a visitor's browser would come to it: where it ends, and whether the ClickID arrives.

What a manager types is asked by our own server, so the guard says where that may go (`clicktrail/guard.py`):
no private network, no port but the listed ones, and every redirect is checked like the first address.
Nothing of the page is kept or shown: a status, a time, an address.
"""

import asyncio
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus

import aiohttp
from django.utils.translation import gettext as _
from yarl import URL

from clicktrail.guard import Forbidden, Guard, from_settings
from clicktrail.resolver import GuardedResolver, LookUp, guarded_socket
from clicktrail.settings import Settings

CHECK_PATIENCE_S = 8.0
"""For looking up, connecting and all redirects together."""
MAX_CHECK_REDIRECTS = 5
MAX_CHECK_HEADERS = 100
REDIRECTS = (301, 302, 303, 307, 308)
SHY = (401, 403, 405, 406, 429, 503)
"""What shops say to a server that they take for a robot."""
HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; Clicktrail landing page check)", "Accept": "text/html,*/*;q=0.8"}
SHOWN_CHARACTERS = 500

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Step:
    address: str
    status: int
    took_ms: int
    has_clickid: bool

    @property
    def phrase(self) -> str:
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)


@dataclass
class Landing:
    """What became of it, step by step. `fault`: why it went no further."""

    clickid: str
    steps: list[Step] = field(default_factory=list)
    fault: str = ""
    took_ms: int = 0

    @property
    def answers(self) -> bool:
        return not self.fault and bool(self.steps) and 200 <= self.steps[-1].status < 300

    @property
    def ended(self) -> str:
        return self.steps[-1].address if self.steps else ""

    @property
    def sentence(self) -> str:
        if self.fault:
            return self.fault
        last = self.steps[-1]
        if self.answers:
            return _("It answers: %(status)s, after %(took)d ms.") % {"status": last.phrase, "took": self.took_ms}
        told = _("It answers with %(status)s, after %(took)d ms: visitors would not see the page.") % {
            "status": last.phrase,
            "took": self.took_ms,
        }
        if last.status in SHY:
            return _("It answers with %(status)s. Some shops turn servers away; open the address in your browser.") % {
                "status": last.phrase
            }
        return told

    @property
    def passed_on(self) -> str:
        """What became of the ClickID; empty where that cannot be said."""
        if not self.answers:
            return ""
        if not self.clickid:
            return _("The address has no ClickID that could arrive.")
        if self.steps[-1].has_clickid:
            return _("The ClickID arrives.")
        lost = next(step for step in self.steps if not step.has_clickid)
        return _("The ClickID gets lost: %(address)s is asked for without it.") % {"address": lost.address}

    @property
    def keeps_clickid(self) -> bool:
        return self.answers and bool(self.clickid) and self.steps[-1].has_clickid


def look(url: str, clickid: str, settings: Settings, look_up: LookUp | None = None) -> Landing:
    """One look at a time, so that a slow shop holds one thread of the console, not all of them."""
    if not _one_at_a_time.acquire(timeout=0):
        return Landing(clickid, fault=_("Another page is just being looked at. Try again in a moment."))
    try:
        return asyncio.run(_look(url, clickid, from_settings(settings), look_up))
    finally:
        _one_at_a_time.release()


async def _look(url: str, clickid: str, guard: Guard, look_up: LookUp | None) -> Landing:
    found = Landing(clickid)
    began_s = time.perf_counter()
    resolver = GuardedResolver(guard, look_up)
    connector = aiohttp.TCPConnector(
        resolver=resolver, use_dns_cache=False, limit=2, force_close=True, socket_factory=guarded_socket(guard)
    )
    try:
        async with (
            asyncio.timeout(CHECK_PATIENCE_S),
            aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HEADERS, trust_env=False,
                auto_decompress=False,
                max_headers=MAX_CHECK_HEADERS, timeout=aiohttp.ClientTimeout(total=None),
            ) as session,
        ):  # fmt: skip
            await _follow(session, guard, URL(url, encoded=True), found)
    except TimeoutError:
        found.fault = _("This host does not answer: there was nothing within %(seconds)d seconds.") % {
            "seconds": CHECK_PATIENCE_S
        }
    except (aiohttp.ClientError, OSError, ValueError) as trouble:
        found.fault = _told(trouble)
    finally:
        await resolver.close()
    found.took_ms = _since_ms(began_s)
    return found


async def _follow(session: aiohttp.ClientSession, guard: Guard, url: URL, found: Landing) -> None:
    """Cookies are kept on the way, as a browser keeps them, and forgotten at its end."""
    for _hop in range(MAX_CHECK_REDIRECTS + 1):
        guard.check_url(url)
        began_s = time.perf_counter()
        async with session.get(url, allow_redirects=False) as answer:
            status, goal = answer.status, answer.headers.get("Location", "")
            answer.close()
        shown = str(url)[:SHOWN_CHARACTERS]
        found.steps.append(Step(shown, status, _since_ms(began_s), bool(found.clickid) and found.clickid in str(url)))
        if status not in REDIRECTS:
            return
        if not goal:
            found.fault = _("It redirects without saying where to.")
            return
        url = url.join(URL(goal, encoded=goal.isascii() and goal.isprintable() and " " not in goal))
    found.fault = _("It redirects more than %(count)d times, last to %(address)s.") % {
        "count": MAX_CHECK_REDIRECTS,
        "address": str(url)[:SHOWN_CHARACTERS],
    }


def _told(trouble: BaseException) -> str:
    forbidden = _forbidden(trouble)
    if forbidden is not None:
        return str(forbidden)
    if isinstance(trouble, aiohttp.ClientConnectorDNSError):
        return _("This host does not answer: nobody knows its name.")
    if isinstance(trouble, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return _("This host does not answer as it should: its certificate is not accepted, browsers would warn.")
    if isinstance(trouble, aiohttp.ClientConnectorError):
        return _("This host does not answer: it takes no connection.")
    if isinstance(trouble, aiohttp.InvalidURL | ValueError):
        return _("The address cannot be asked for: it is not written as addresses are.")
    return _("This host does not answer: the connection ended without an answer.")


def _forbidden(fault: BaseException | None) -> Forbidden | None:
    """The guard's word, however the client wrapped it."""
    seen = 0
    while fault is not None and seen < 8:
        for found in (fault, getattr(fault, "os_error", None)):
            if isinstance(found, Forbidden):
                return found
        fault, seen = fault.__cause__ or fault.__context__, seen + 1
    return None


def _since_ms(began_s: float) -> int:
    return int((time.perf_counter() - began_s) * 1000)
