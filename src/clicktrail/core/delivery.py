"""What goes out to a receiver: an address template filled with a delivery's facts, or a message. Pure.

Placeholders are written `<% SUBID %>` or `{subid}`. Scheme and host never come from one:
whoever chooses a subid must not choose where we call.
"""

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from clicktrail.core.money import format_minor
from clicktrail.core.placeholders import encode, safe_literal
from clicktrail.core.receivers import EVENTS
from clicktrail.core.tongue import say

MAX_ADDRESS = 2000
"""Characters of an address template."""

Facts = Mapping[str, Any]


def _money(name: str) -> Callable[[Facts], str]:
    def read(facts: Facts) -> str:
        minor = facts.get(name)
        return "" if minor is None else format_minor(minor, facts.get("decimals") or 0)

    return read


def _text(name: str) -> Callable[[Facts], str]:
    def read(facts: Facts) -> str:
        value = facts.get(name)
        return "" if value is None else str(value)

    return read


def _seconds(name: str) -> Callable[[Facts], str]:
    def read(facts: Facts) -> str:
        return "" if facts.get(name) is None else str(facts[name] // 1000)

    return read


PLACEHOLDERS: dict[str, Callable[[Facts], str]] = {
    "clickid": _text("clickid"),
    "subid": _text("subid"),
    "tid": _text("tid"),
    "number": _text("number"),
    "commission": _money("commission_minor"),
    "revenue": _money("revenue_minor"),
    "currency": _text("currency"),
    "status": _text("status"),
    "event": _text("trigger"),
    "product": _text("product"),
    "pid": _text("pid"),
    "cpid": _text("cpid"),
    "wmid": _text("wmid"),
    "time": _seconds("at_ms"),
    "click_time": _seconds("clicked_ms"),
    "revision": _text("revision"),
    "test": lambda facts: "1" if facts.get("test") else "0",
    "delivery": _text("delivery"),
}
"""name -> its text, from the facts of a delivery. docs/reference/placeholders.md says what each is."""

LONG_IDS = ("number", "call", "transaction")
"""Facts that are numbers of transactions and calls."""

_MARK = re.compile(r"<%((?:[^%<]|%(?!>)|<(?!%))*)%>|\{(\w*)\}")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Address:
    """A checked template: bytes are literal, texts are names of PLACEHOLDERS."""

    parts: tuple[bytes | str, ...]

    def fill(self, facts: Facts) -> str:
        """The address with every value percent-encoded into it, ASCII."""
        pieces = [
            part if isinstance(part, bytes) else encode(PLACEHOLDERS[part](facts).encode("utf-8", "replace"))
            for part in self.parts
        ]
        return b"".join(pieces).decode("ascii")


def read_address(text: str) -> Address:
    """Check and cut a template. Raises ValueError: a sentence that names what is wrong, and the mend."""
    text = text.strip()
    if len(text) > MAX_ADDRESS:
        raise ValueError(say("The address is longer than {count} characters.", count=MAX_ADDRESS))
    pieces: list[bytes | str] = []
    place = 0
    for mark in _MARK.finditer(text):
        pieces += [safe_literal(text[place : mark.start()]), _known(mark)]
        place = mark.end()
    pieces.append(safe_literal(text[place:]))
    first = _MARK.search(text)
    _check_head(text[: first.start()] if first else text + "/")
    if "#" in _MARK.sub("", text):
        raise ValueError(say("The address has a fragment (#…), which no server ever sees: leave it out."))
    return Address(tuple(piece for piece in pieces if piece))


def _known(mark: "re.Match[str]") -> str:
    written = mark[1].strip() if mark[1] is not None else mark[2]
    name = written.lower()
    if name in PLACEHOLDERS:
        return name
    nearest = difflib.get_close_matches(name, PLACEHOLDERS, 1, 0.5)
    if nearest:
        meant = f"<% {nearest[0].upper()} %>"
        raise ValueError(say("There is no placeholder {name}. Did you mean {meant}?", name=mark[0], meant=meant))
    known = ", ".join(PLACEHOLDERS)
    raise ValueError(say("There is no placeholder {name}. There are {known}.", name=mark[0], known=known))


def _check_head(head: str) -> None:
    """Everything before the first placeholder: it must hold scheme and host whole."""
    if _CONTROL.search(head):
        raise ValueError(say("The address has a blank or a control character in it: write a blank as %20."))
    try:
        parts = urlsplit(head)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(say("The address cannot be read: write it like https://partner.example/postback.")) from None
    if parts.scheme not in ("http", "https"):
        raise ValueError(say("The address must begin with https:// or http://."))
    if not host or "%" in host or "\\" in head:
        raise ValueError(say("The address has no host that can be read: write it out, like https://partner.example/…."))
    if "@" in parts.netloc:
        raise ValueError(say("The address has a user or password in front of its host: leave them out."))
    if not any(mark in head.partition("://")[2] for mark in "/?"):
        raise ValueError(
            say("The host must stand in the address itself, with a / behind it: no placeholder may choose it.")
        )


def host_of(text: str) -> str:
    """`partner.example` or `partner.example:8443` of a checked template, lower case."""
    return urlsplit(text.strip()).netloc.split("<")[0].split("{")[0].lower()


def message(facts: Facts) -> bytes:
    """The body of a webhook: {"type", "timestamp", "data"}, the same bytes at every attempt."""
    facts = with_text_ids(facts)
    trigger = facts["trigger"]
    data = {name: value for name, value in facts.items() if name not in ("trigger", "delivery", "at_ms")}
    for name in ("revenue", "commission"):
        data[name] = PLACEHOLDERS[name](facts) or None
    for name in ("adjusted_revenue", "adjusted_commission"):
        if f"{name}_minor" in facts:
            data[name] = _money(f"{name}_minor")(facts)
    for name in ("clicked_ms", "created_ms"):
        if data.get(name) is not None:
            data[name.removesuffix("_ms") + "_at"] = _iso(data[name])
    body = {"type": EVENTS[trigger], "timestamp": _iso(facts["at_ms"]), "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def with_text_ids(facts: Facts) -> dict[str, Any]:
    """The facts as JSON tells them: numbers of 63 bits as texts, for many readers keep numbers as doubles."""
    return {
        name: str(value) if name in LONG_IDS and isinstance(value, int) else value for name, value in facts.items()
    }


def _iso(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03d}Z"
