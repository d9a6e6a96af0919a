"""Headers that tell a browser what a page of ours may do: as little as works.

STRICT is the rule, for public pages, errors, the API, whatever comes to be: no script but from our own
files, nothing inline, nothing from elsewhere. CONSOLE is what unfold's scripts force on signed-in pages; why,
and what it gives up, stands in decision 11.
"""

from typing import Any

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
CONSOLE = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class WithPolicy:
    """A class-based view whose pages have a policy of their own, named by `content_policy`."""

    content_policy = STRICT

    def dispatch(self, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(*args, **kwargs)  # type: ignore[misc]
        response.content_policy = self.content_policy
        return response


def policy_middleware(get_response: Any) -> Any:
    """A response says by its attribute `content_policy` which one it needs; pages of the admin need CONSOLE."""

    def middleware(request: Any) -> Any:
        response = get_response(request)
        policy = getattr(response, "content_policy", None) or _usual(request, response)
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware


def _usual(request: Any, response: Any) -> str:
    """An error inside the admin is one of our own bare pages."""
    match = request.resolver_match
    is_admin = match is not None and match.namespaces[:1] == ["admin"]
    return CONSOLE if is_admin and response.status_code == 200 else STRICT
