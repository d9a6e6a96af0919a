"""One call of `get_trans.cgi`, from bytes to typed facts. Pure, and unable to fail.

`read` runs at the edge before anything is written; `from_params` runs where a call is judged.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from clicktrail.core import faults
from clicktrail.core.access import NO_PROOFS, Proofs
from clicktrail.core.lifecycle import CANCELLED, CONFIRMED, OPEN, PAID
from clicktrail.core.tongue import mark

MAX_TEXT = 255
"""Characters of every typed text but the amount, whose decimals a shop may send in any number."""
MAX_PARAMS = 1000
"""Parameters in one call; what comes after them is not kept, and the call is a bad_call."""

HIDDEN = "…"
"""Stands in the log for the value of a key, token or signature."""

SECRET = frozenset(
    ("key", "token", "sig", "sign", "signature", "secret", "password", "passwd", "passwort", "pass", "pwd")
    + ("auth", "authorization", "hmac", "apikey", "accesstoken", "bearer", "credential", "credentials", "jwt")
)
"""A parameter is secret where one of these is its name or a word of it: `api_key`, `X-Signature`, `authToken`."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CLEAN = str.maketrans({0: "\ufffd", **{code: "\ufffd" for code in range(0xD800, 0xE000)}})
_WINDOWS_1252 = {code: text for code in range(0x80, 0xA0) if (text := bytes([code]).decode("cp1252", "ignore"))}
_NEEDS_CLEANING = re.compile("[\x00\ud800-\udfff]")

NOT_JSON = mark("the body says that it is JSON, but it cannot be read as JSON.")
NOT_AN_OBJECT = mark("the body is JSON, but not an object of names and values.")
NOT_MULTIPART = mark("the body says that it is a multipart form, but its parts cannot be found.")
NOT_A_FORM = mark("the body is neither form fields nor a JSON object.")
TOO_MANY = faults.PARAMETERS.format(count=MAX_PARAMS)

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Postback:
    """What a call says. None means left out; an empty value counts as left out."""

    cpid: str | None = None
    tid: str | None = None
    clickid: str | None = None
    product: str | None = None
    amount: str | None = None
    pid: str | None = None
    subid: str | None = None
    wmid: str | None = None
    nocheck: bool = False
    fault: str = ""
    """Why the call cannot be judged at all (bad_call), as the end of a sentence; or empty."""
    status: str | None = None
    """What an order is to become, from a caller who is trusted: see STATUSES."""
    commission: str | None = None
    """What another system paid for it, of an imported order only."""
    proofs: Proofs = NO_PROOFS
    """Found out before this is made."""
    again: bool = False
    """An earlier call, judged once more: it may create a transaction and changes none."""
    currency: str | None = None
    """Code of the amount's currency as it was sent, in capitals and without spaces around it."""
    params: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """All as received, where something is missing and may stand under another name."""


def read(
    query: bytes, body: bytes = b"", content_type: bytes = b"", secrets: dict[str, str] | None = None
) -> tuple[dict[str, str], str]:
    """(parameters, fault) of a call: address and body joined, the body wins, of a repeated name the last counts.

    Texts are clean UTF-8 without NUL and lone surrogates; values of secrets are HIDDEN.
    fault: why the body could not be read, or empty. Never raises.
    secrets: takes the hidden values, for the one who checks them and forgets them.
    """
    params: dict[str, str] = {}
    hidden = {} if secrets is None else secrets
    fault = _keep(params, _form(query), hidden) if query else ""
    if not body or fault:
        return params, fault
    try:
        return params, _keep(params, _body(body, content_type), hidden)
    except _Unreadable as unreadable:
        return params, str(unreadable)


def from_params(
    params: dict[str, str], fault: str = "", proofs: Proofs = NO_PROOFS, imported: bool = False
) -> Postback:
    """The typed facts of a call as it was kept in the journal.

    imported: it is an order of another system, which says what was paid for it and how far it has come.
    """
    texts = {field: params.get(name) or None for field, name in _TEXTS.items()}
    return Postback(
        **texts,  # type: ignore[arg-type] # names of text fields only
        amount=params.get("umsatz") or None,
        nocheck=params.get("nocheck") == "1",
        fault=fault or _too_long(texts),
        status=_status(params, IMPORTED_STATUSES if imported else STATUSES),
        commission=params.get("commission") or None if imported else None,
        currency=params.get("currency", "").strip()[:MAX_TEXT].upper() or None,
        proofs=proofs,
        params=params,
    )


def _status(params: dict[str, str], known: tuple[str, ...]) -> str | None:
    """A word that is none of ours is another system's: it says nothing here."""
    status = params.get("status", "").strip().lower()
    return status if status in known else None


STATUSES = (CONFIRMED, CANCELLED)
"""What a trusted call may make of an order with the parameter `status`."""
IMPORTED_STATUSES = (OPEN, CONFIRMED, CANCELLED, PAID)

_TEXTS = {
    "cpid": "cpid",
    "tid": "tid",
    "clickid": "clickid",
    "product": "produkt",
    "pid": "pid",
    "subid": "subid",
    "wmid": "wmid",
}


class _Unreadable(Exception):
    """Carries the fault."""


def _too_long(texts: dict[str, str | None]) -> str:
    for name, text in texts.items():
        if text is not None and len(text) > MAX_TEXT:
            return faults.PARAMETER.format(name=_TEXTS[name], count=MAX_TEXT)
    return ""


def _keep(params: dict[str, str], pairs: Pairs, hidden: dict[str, str]) -> str:
    for name, value in pairs:
        if name in KNOWN:
            params[name] = value
            continue
        if name not in params and len(params) >= MAX_PARAMS:
            return TOO_MANY
        if value and is_secret(name):
            params[name], hidden[name] = HIDDEN, value
        else:
            params[name] = value
    return ""


def is_secret(name: str) -> bool:
    """Whether a parameter's value must never be kept."""
    return name.lower() in SECRET or any(word.lower() in SECRET for word in _WORD.findall(name))


KNOWN = frozenset((*_TEXTS.values(), "umsatz", "currency", "nocheck", "status", "commission", "format", "call"))


def _body(body: bytes, content_type: bytes) -> Pairs:
    kind, _, details = content_type.partition(b";")
    kind = kind.strip().lower()
    if kind == b"application/json" or kind.endswith(b"+json"):
        return _json(body)
    if kind == b"multipart/form-data":
        return _multipart(body, details)
    if kind in _FORM_KINDS:
        return _form_or_json(body)
    raise _Unreadable(NOT_A_FORM)


# `curl -d '{...}'` calls its JSON a form and beacons call it text; nothing else begins with a brace.
_FORM_KINDS = (b"application/x-www-form-urlencoded", b"text/plain", b"application/octet-stream", b"")


def _form_or_json(body: bytes) -> Pairs:
    if body.lstrip()[:1] == b"{":
        return _json(body)
    return _form(body.strip(b"\r\n"))


def _form(raw: bytes) -> Iterator[tuple[str, str]]:
    # Most calls need no decoding at all: cutting one text is three times as fast as cutting and decoding bytes.
    if raw.isascii() and b"%" not in raw and b"+" not in raw and b"\0" not in raw:
        for part in raw.decode("ascii").split("&"):
            plain_name, _, plain_value = part.partition("=")
            if plain_name:
                yield plain_name, plain_value
        return
    for pair in raw.split(b"&"):
        name, _, value = pair.partition(b"=")
        if name:
            yield _form_text(name), _form_text(value)


def _form_text(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return clean_bytes(raw)


def clean_bytes(raw: bytes) -> str:
    """UTF-8, else Windows-1252 (every byte has a character of its own); NUL becomes U+FFFD."""
    return decode_text(raw).replace("\0", "\ufffd")


def decode_text(raw: bytes) -> str:
    """UTF-8, or Windows-1252 as browsers read it: its five unassigned bytes are control characters."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1").translate(_WINDOWS_1252)


def clean_text(text: str) -> str:
    """The text with NUL and lone surrogates as U+FFFD."""
    return text.translate(_CLEAN) if _NEEDS_CLEANING.search(text) else text


class _Digits(str):
    """A JSON number by its digits: `95.50` stays 95.50, and never becomes a float."""


def _json(body: bytes) -> Pairs:
    text = decode_text(body.removeprefix(b"\xef\xbb\xbf"))
    try:
        found = json.loads(text, strict=False, parse_float=_Digits, parse_int=_Digits, parse_constant=_no_constant)
        pairs = [(clean_text(name), clean_text(_json_text(value))) for name, value in _object(found) if name]
    except (ValueError, RecursionError):
        raise _Unreadable(NOT_JSON) from None
    return pairs


def _object(found: Any) -> Pairs:
    if not isinstance(found, dict):
        raise _Unreadable(NOT_AN_OBJECT)
    return found.items()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _json_text(value: Any) -> str:
    """A value as a form would have sent it: true is 1, false 0, null nothing, a list or object its JSON."""
    if isinstance(value, str):
        return str(value)  # A plain text, also of digits: the journal takes no other.
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return _nested(value)


def _nested(value: Any) -> str:
    """Compact JSON with the numbers' own digits and the secrets hidden, however deep they lie."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(name)}:{_member(name, inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_nested(inner) for inner in value) + "]"
    return str(value) if isinstance(value, _Digits) else _quoted(value)


def _member(name: str, value: Any) -> str:
    return _quoted(HIDDEN) if is_secret(name) else _nested(value)


def _quoted(value: Any) -> str:
    return json.dumps(clean_text(value) if isinstance(value, str) else value, ensure_ascii=False)


_BOUNDARY = re.compile(rb'boundary=(?:"([^"\r\n]{1,200})"|([^";,\s]{1,200}))', re.IGNORECASE)
_NAME = re.compile(rb'(?:^|[;\s])name="([^"\r\n]*)"', re.IGNORECASE)
_FILE = re.compile(rb"[;\s]filename\*?=", re.IGNORECASE)


def _multipart(body: bytes, details: bytes) -> Pairs:
    """Fields of a multipart form (PHP's curl sends one for an array); files in it are passed over."""
    boundary = _BOUNDARY.search(details)
    if boundary is None:
        raise _Unreadable(NOT_MULTIPART)
    sections = (b"\r\n" + body).split(b"\r\n--" + (boundary[1] or boundary[2]))
    if len(sections) < 2 or not sections[-1].startswith(b"--"):
        raise _Unreadable(NOT_MULTIPART)
    return [field for section in sections[1:-1] if (field := _field(section)) is not None]


def _field(section: bytes) -> tuple[str, str] | None:
    head, blank_line, value = section.partition(b"\r\n\r\n")
    name = _NAME.search(head)
    if not blank_line or name is None or not name[1] or _FILE.search(head):
        return None
    return clean_bytes(name[1]), clean_bytes(value)
