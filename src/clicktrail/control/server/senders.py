"""How much body the sender of a request may bring, by session or API key. Runs in a thread, before the body is read."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections

from clicktrail.control.accounts.models import Role
from clicktrail.control.accounts.sessions import SessionStore
from clicktrail.control.banners.size import MAX_BANNER_BYTES
from clicktrail.control.reconcile.sheet import MAX_FILE_BYTES
from clicktrail.control.server import limits

AROUND_A_FILE = 1024 * 1024
"""Room for the other fields of a form with a file."""
UPLOADS = {
    "/reconcile/reconciliation/": MAX_FILE_BYTES + AROUND_A_FILE,
    "/catalog/creative/": MAX_BANNER_BYTES + AROUND_A_FILE,
}
"""Beginning of a path -> bytes that a form of an employee may bring there."""


def allowance(environ: dict[str, Any]) -> int:
    """0 where the sender is not known."""
    close_old_connections()
    try:
        if authorization := environ.get("HTTP_AUTHORIZATION"):
            return limits.MAX_API_BODY if _holds_key(authorization) else 0
        return _of_session(environ)
    finally:
        close_old_connections()


def _holds_key(authorization: str) -> bool:
    from clicktrail.control.api import keys

    scheme, _, text = authorization.partition(" ")
    return scheme.lower() == "bearer" and keys.find(text.strip()) is not None


def _of_session(environ: dict[str, Any]) -> int:
    request = WSGIRequest({**environ, "wsgi.input": BytesIO()})
    request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    account = get_user(request)
    if not account.is_authenticated:
        return 0
    path = environ["PATH_INFO"]
    if account.role != Role.PARTNER:
        for beginning, most in UPLOADS.items():
            if path.startswith(beginning):
                return most
    return limits.MAX_FORM_BODY
