"""Django's sessions in a table that knows whose they are; the ledger holds a hash of the key only."""

import hashlib
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import DatabaseError
from django.utils import timezone

from clicktrail import heartbeat
from clicktrail.control.accounts.browsers import browser_of
from clicktrail.control.accounts.models import Session
from clicktrail.control.callers import stored_address

SEEN_EVERY_MS = 60_000
ORIGIN = "origin"
"""What the session itself remembers: (since_ms, address, browser)."""


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def _get_session_from_db(self) -> Session | None:
        found = Session.objects.filter(pk=hashed(self.session_key), expire_date__gt=timezone.now()).first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return bool(Session.objects.filter(pk=hashed(session_key)).exists())

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        since_ms, address, browser = data.get(ORIGIN) or (0, "", "")
        return Session(
            session_key=hashed(self._get_or_create_session_key()),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            account_id=int(data[SESSION_KEY]) if SESSION_KEY in data else None,
            since_ms=since_ms,
            seen_ms=heartbeat.now_ms(),
            address=address,
            browser=browser,
        )

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            Session.objects.filter(pk=hashed(key)).delete()


def hashed(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()


def note_origin(sender: Any, request: Any, **_: Any) -> None:  # noqa: ARG001 - the signal's form
    """At sign-in: from where and with what. What has expired goes."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    request.session[ORIGIN] = (heartbeat.now_ms(), stored_address(request), browser_of(agent))
    SessionStore.clear_expired()


def is_current(request: Any, session: Session) -> bool:
    return bool(request.session.session_key) and session.pk == hashed(request.session.session_key)


def end(account: Any, key: str) -> int:
    """End one session of the account; its number of rows, 0 where it is not one of theirs."""
    return int(Session.objects.filter(account=account, pk=key).delete()[0])


def end_others(request: Any) -> int:
    """End all sessions of who asks but this one; their number."""
    others = Session.objects.filter(account=request.user).exclude(pk=hashed(request.session.session_key or ""))
    return int(others.delete()[0])


def seen_middleware(get_response: Any) -> Any:
    """Notes once a minute that a session is in use; a ledger that is busy is no reason to fail a page."""

    def middleware(request: Any) -> Any:
        if request.session.session_key and request.user.is_authenticated:
            now_ms = heartbeat.now_ms()
            due = Session.objects.filter(pk=hashed(request.session.session_key), seen_ms__lt=now_ms - SEEN_EVERY_MS)
            try:
                if due.exists():
                    due.update(seen_ms=now_ms)
            except DatabaseError:
                pass
        return get_response(request)

    return middleware
