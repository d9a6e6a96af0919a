"""In which language and time zone a page speaks: the account's, else what the browser said.

The browser names its language with every request, and its zone once, at sign-in.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import timezone, translation

from clicktrail.core.tongue import ENGLISH, Tongue, in_zone, speaking

ZONE = "zone"
"""In the session: what the browser said at sign-in."""
TONGUES = {"en": ENGLISH, "de": Tongue(translation.gettext, translation.ngettext, ",", "%d.%m.%Y")}
"""Language -> how sentences of the core are said in it; for every one of settings.LANGUAGES."""

_zone: ContextVar[ZoneInfo | None] = ContextVar("viewer_zone", default=None)


def viewer_middleware(get_response: Any) -> Any:
    """After the one that knows who asks. What the API answers does not depend on who reads it."""

    def middleware(request: Any) -> Any:
        if request.path.startswith("/api/"):
            return get_response(request)
        account = getattr(request, "user", None)
        language = language_of(request, account)
        token = _zone.set(zone_of(request, account))
        try:
            with translation.override(language), timezone.override(zone()):
                request.LANGUAGE_CODE = language
                with speaking(TONGUES[language]), page_zone(None):
                    response = get_response(request)
        finally:
            _zone.reset(token)
        response.headers.setdefault("Content-Language", language)
        return response

    return middleware


def language_of(request: Any, account: Any) -> str:
    """One of settings.LANGUAGES."""
    chosen = getattr(account, "language", "")
    if chosen in dict(settings.LANGUAGES):
        return str(chosen)
    return str(translation.get_language_from_request(request))


def zone_of(request: Any, account: Any) -> ZoneInfo | None:
    """None: nobody has said."""
    said = getattr(account, "time_zone", "") or request.session.get(ZONE, "")
    return ZoneInfo(said) if is_zone(said) else None


def zone() -> ZoneInfo | None:
    """Of who looks at the page that is being made; None where that is not known."""
    return _zone.get()


@contextmanager
def page_zone(name: str | None) -> Iterator[None]:
    """Sentences tell times in the zone of the page's cells: the viewer's, else the one named, else UTC."""
    with in_zone(zone() or ZoneInfo(name or "UTC")):
        yield


@contextmanager
def only_zone(name: str) -> Iterator[None]:
    """Everything in the zone named, also where the viewer has another one: what is kept tells its times in it."""
    token = _zone.set(ZoneInfo(name))
    try:
        with in_zone(ZoneInfo(name)):
            yield
    finally:
        _zone.reset(token)


def is_zone(name: Any) -> bool:
    return isinstance(name, str) and name in _zones()


@cache
def _zones() -> set[str]:
    return available_timezones()


def remember_zone(sender: Any, request: Any, **_: Any) -> None:  # noqa: ARG001 - the signal's form
    """At sign-in; the page's script has put the browser's zone into the form."""
    said = request.POST.get(ZONE, "")
    if is_zone(said):
        request.session[ZONE] = said
