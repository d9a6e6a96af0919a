"""Which parameters hold a secret: their values are never kept. Pure."""

import re

HIDDEN = "…"
"""Stands in the log for the value of a key, token or signature."""

SECRET = frozenset(
    ("key", "token", "sig", "sign", "signature", "secret", "password", "passwd", "passwort", "pass", "pwd")
    + ("auth", "authorization", "hmac", "apikey", "accesstoken", "bearer", "credential", "credentials", "jwt")
)
"""A parameter is secret where one of these is its name or a word of it: `api_key`, `X-Signature`, `authToken`."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def is_secret(name: str) -> bool:
    """Whether a parameter's value must never be kept."""
    return name.lower() in SECRET or any(word.lower() in SECRET for word in _WORD.findall(name))
