"""Headers that tell a browser what a page of ours may do: as little as works.

STRICT is the rule, for public pages, errors, the API, whatever comes to be: no script but from our own
files, nothing inline, nothing from elsewhere. CONSOLE is what unfold's scripts force on signed-in pages; why,
and what it gives up, stands in decision 11.
"""

import base64
import hashlib
from typing import Any

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
CONSOLE = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src-elem 'self' {styles}; "
    "style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""{styles}: the hashes of the two style blocks that unfold writes into its pages."""
THEME = (b'<style id="unfold-theme-colors">', b"</style>")
LIST_STYLE = "\n            #changelist table thead th:first-child {width: inherit}\n        "
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
        if policy is CONSOLE:
            policy = CONSOLE.format(styles=f"{_hash(LIST_STYLE.encode())} {_hash(_theme(response.content))}")
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware


def _usual(request: Any, response: Any) -> str:
    """An error inside the admin is one of our own bare pages; a file or a script of it needs nothing."""
    match = request.resolver_match
    is_admin = match is not None and match.namespaces[:1] == ["admin"]
    is_page = response.status_code == 200 and response.get("Content-Type", "").startswith("text/html")
    return CONSOLE if is_admin and is_page and not response.streaming else STRICT


def _theme(page: bytes) -> bytes:
    """The first such block: it opens the page's body, before anything that somebody else has written."""
    return page.partition(THEME[0])[2].partition(THEME[1])[0]


def _hash(style: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'"
