"""What a click target must not be: a link with another system's placeholders, or one that leads back to this server."""

import re
from urllib.parse import urlsplit

from clicktrail.core import deeplink
from clicktrail.core.placeholders import PLACEHOLDERS
from clicktrail.core.tongue import say

_WORD = r"[A-Za-z][A-Za-z0-9_. -]{0,40}"
_FOREIGN = re.compile(
    rf"\{{\{{? ?({_WORD})\}}\}}?|\$\{{({_WORD})\}}|%7[Bb](?:%7[Bb])?({_WORD})%7[Dd]|%%({_WORD})%%"
    rf"|(?<=[=/])(?:\[({_WORD})\]|#({_WORD})#|__({_WORD})__|\$({_WORD})\$|%({_WORD})%)(?=[&#/?]|$)"
)
"""A placeholder in the marks of another system, its name in one of the groups."""
_MEANT = (
    ("sub", "subid"), ("click", "clickid"), ("trans", "clickid"), ("creativ", "wmid"), ("banner", "wmid"),
    ("campaign", "cpid"), ("offer", "cpid"), ("program", "cpid"), ("aff", "pid"), ("pub", "pid"), ("partner", "pid"),
)  # fmt: skip
"""What a placeholder of another system with this in its name is called here; the first that fits."""


def check_placeholders(text: str) -> None:
    """Raise ValueError for a placeholder that nobody here would fill in."""
    found = _FOREIGN.search(text)
    if found is None:
        return
    inside = next(group for group in found.groups() if group).lower()
    ours = next((ours for word, ours in _MEANT if word in inside), None)
    known = ", ".join(f"<% {known.upper()} %>" for known in ([ours] if ours else PLACEHOLDERS))
    raise ValueError(
        say(
            '"{text}" is a placeholder of another system and would stay as it is: write {known}.',
            text=found[0],
            known=known,
        )
    )


def check_loop(address: deeplink.Address) -> None:
    """Raise ValueError for a click that leads to a click of this server: it would go round for ever."""
    path, _, query = address.rest.partition("?")
    if "/".join(part for part in path.split("/") if part) != "go.cgi":
        return
    own = own_host()
    if address.host == own if own else "cpid=" in query or "wmid=" in query:
        raise ValueError(
            say("It leads to this server's own go.cgi, and so round and round: give the address of the landing page.")
        )


def own_host() -> str:
    """The host under which the world sees this server; empty where that is not set."""
    from django.conf import settings

    house = getattr(settings, "CLICKTRAIL", None) if settings.configured else None
    return (urlsplit(house.public_url).hostname or "").lower() if house else ""
