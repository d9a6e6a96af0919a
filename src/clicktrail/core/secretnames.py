"""Which parameters hold a secret: their values are never kept. Pure."""

import json
import re
from typing import Any

HIDDEN = "…"
"""Stands in the log for the value of a key, token or signature."""

SECRET = frozenset(
    ("key", "token", "sig", "sign", "signature", "secret", "password", "passwd", "passwort", "pass", "pwd")
    + ("auth", "authorization", "hmac", "apikey", "accesstoken", "bearer", "credential", "credentials", "jwt")
    + ("passphrase", "session", "sessionid", "phpsessid", "pin", "otp", "oauth", "cookie", "cookies", "hash")
)
"""A parameter is secret where one of these is its name or a word of it: `api_key`, `X-Signature`, `authToken`."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


MAX_DEPTH = 4
"""Texts inside of texts that are looked into."""
_PARTS = re.compile(r"([?&;#]|%3[fF]|%26|%23)")
_EQUALS = re.compile(r"=|%3[dD]")


def is_secret(name: str) -> bool:
    """Whether a parameter's value must never be kept."""
    return name.lower() in SECRET or any(word.lower() in SECRET for word in _WORD.findall(name))


def hide_inside(text: str, depth: int = 0) -> str:
    """The text without secrets that it holds itself: as JSON, or in the query of an address, escaped once too."""
    if depth < MAX_DEPTH and text[:1] in ("{", "["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return text
        shown = _hide_in(found, depth + 1)
        return text if shown == found else json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    if "=" not in text and "%3" not in text:
        return text
    parts = _PARTS.split(text)
    return "".join(_hide_value(part) for part in parts) if len(parts) > 1 else text


def _hide_in(found: Any, depth: int) -> Any:
    if isinstance(found, dict):
        return {name: HIDDEN if is_secret(name) else _hide_in(inner, depth) for name, inner in found.items()}
    if isinstance(found, list):
        return [_hide_in(inner, depth) for inner in found]
    return hide_inside(found, depth) if isinstance(found, str) else found


def _hide_value(part: str) -> str:
    equals = _EQUALS.search(part)
    return part[: equals.end()] + HIDDEN if equals and is_secret(part[: equals.start()]) else part
