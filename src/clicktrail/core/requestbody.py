"""The body of a call: what kind it is, and the names and values in it. Pure.

`decompress` and `read_body` raise Unreadable, whose text is the fault of a `bad_call`.
"""

import json
import re
import zlib
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from clicktrail.core import faults
from clicktrail.core.querystring import read_pairs, read_text, unescape
from clicktrail.core.secretnames import HIDDEN, hide_inside, is_secret
from clicktrail.core.text import decode_text, strip_invisible
from clicktrail.core.tongue import mark

NOT_JSON = mark("the body says that it is JSON, but it cannot be read as JSON.")
NOT_AN_OBJECT = mark("the body is JSON, but not an object of names and values.")
MANY_CALLS = faults.MANY_CALLS
NOT_MULTIPART = mark("the body says that it is a multipart form, but its parts cannot be found.")
NOT_A_FORM = mark("the body is neither form fields nor a JSON object.")
NOT_UNPACKED = mark("the body says that it is compressed, but it cannot be unpacked.")
UNKNOWN_COMPRESSION = mark("the body is compressed in a way that this server does not know: use gzip, or none.")
TOO_LARGE = mark("the unpacked body is larger than this server reads.")

Pairs = Iterable[tuple[str, str]]
Clean = Callable[[str], str]

_CLEAN = str.maketrans({0: "\ufffd", **{code: "\ufffd" for code in range(0xD800, 0xE000)}})
_NEEDS_CLEANING = re.compile("[\x00\ud800-\udfff]")
_GZIP_START = b"\x1f\x8b"
_UTF16_STARTS = (b"\xff\xfe", b"\xfe\xff")
_UTF8_START = b"\xef\xbb\xbf"
_CHARSET = re.compile(rb'charset="?(iso-8859-[0-9]{1,2}|windows-125[0-8]|utf-16(?:le|be)?)(?![a-z0-9-])', re.IGNORECASE)
MAX_EXPONENT = 20
"""Of a JSON number such as 1e2; one with a larger exponent stays as it was written."""


class Unreadable(Exception):
    """Carries the fault."""


def decompress(body: bytes, encoding: bytes, max_bytes: int) -> bytes:
    """The body without its Content-Encoding, which holds at most `max_bytes`; gzip is recognised without a header."""
    kind = encoding.strip().lower()
    if body[:2] == _GZIP_START or kind in (b"gzip", b"x-gzip"):
        return _inflate(body, 31, max_bytes)
    if kind == b"deflate":
        # Half of those who say deflate send the raw stream without the wrapper that the standard wants.
        return _inflate(body, 15 if body[:1] == b"\x78" else -15, max_bytes)
    if kind in (b"", b"identity"):
        return body
    raise Unreadable(UNKNOWN_COMPRESSION)


def _inflate(body: bytes, window_bits: int, max_bytes: int) -> bytes:
    reader = zlib.decompressobj(window_bits)
    try:
        found = reader.decompress(body, max_bytes + 1)
    except zlib.error:
        raise Unreadable(NOT_UNPACKED) from None
    if len(found) > max_bytes:
        raise Unreadable(TOO_LARGE)
    if not reader.eof:
        raise Unreadable(NOT_UNPACKED)
    return found


def read_body(body: bytes, content_type: bytes, clean: Clean = strip_invisible) -> Pairs:
    """The names and values of a body.

    clean: what is done to each value; a signature is checked over values as they were sent.
    """
    kind, _, details = content_type.partition(b";")
    kind = kind.strip().lower()
    if b"json" in kind:
        return _json(body, clean)
    if kind == b"multipart/form-data":
        return _multipart(body, details, clean)
    if kind in _FORM_KINDS or kind.endswith(b"urlencoded"):
        return _form_or_json(_in_utf8(body, details), kind, clean)
    raise Unreadable(NOT_A_FORM)


# `curl -d '{...}'` calls its JSON a form and beacons call it text; nothing else begins with a brace.
_FORM_KINDS = (b"text/plain", b"text/javascript", b"application/javascript", b"application/octet-stream", b"")
_BEGINS_JSON = re.compile(rb"[\s\xef\xbb\xbf]*(?:\{|\[\s*\{)")


def _in_utf8(body: bytes, details: bytes) -> bytes:
    """A body in UTF-16, or one whose Content-Type names another character set, as UTF-8."""
    if body[:2] in _UTF16_STARTS:
        return body.decode("utf-16", "replace").encode()
    body = body.removeprefix(_UTF8_START)
    named = _CHARSET.search(details)
    if named is None or body.isascii():
        return body
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode(named[1].decode(), "replace").encode()
    return body


def _form_or_json(body: bytes, kind: bytes, clean: Clean) -> Pairs:
    if _BEGINS_JSON.match(body):
        return _json(body, clean)
    if kind == b"text/plain" and b"&" not in body and b"\n" in body:
        # A form with enctype="text/plain": one field on each line, nothing escaped.
        lines = (line.partition(b"=") for line in body.splitlines())
        pairs = [(read_text(name), _value(value, clean)) for name, _, value in lines]
        return [pair for pair in pairs if pair[0]]
    return read_form(body.strip(b"\r\n"), clean)


def read_form(raw: bytes, clean: Clean = strip_invisible) -> Pairs:
    """The names and values of a query string or of a form."""
    if clean is strip_invisible:
        return ((name, read_text(unescape(value))) for name, value in read_pairs(raw))
    return ((name, _value(unescape(value), clean)) for name, value in read_pairs(raw))


def _value(raw: bytes, clean: Clean) -> str:
    return clean(decode_text(raw)).replace("\0", "\ufffd")


def clean_text(text: str) -> str:
    """The text with NUL and lone surrogates as U+FFFD."""
    return text.translate(_CLEAN) if _NEEDS_CLEANING.search(text) else text


class _Digits(str):
    """A JSON number by its digits: `95.50` stays 95.50, and never becomes a float."""


def _json(body: bytes, clean: Clean) -> Pairs:
    try:
        found = _DECODER.decode(_json_source(body))
        pairs = [(_tidy(name, strip_invisible), _tidy(_json_text(value), clean)) for name, value in _object(found)]
        return [pair for pair in pairs if pair[0]]
    except (ValueError, RecursionError):
        raise Unreadable(NOT_JSON) from None


def _tidy(text: str, clean: Clean) -> str:
    if text.isascii():
        return text if text.isalnum() else clean(text).replace("\0", "\ufffd")
    return clean_text(clean(text))


def _json_source(body: bytes) -> str:
    if body[:1] == b"{" and b"\0" not in body:
        return decode_text(body)
    encoding = json.detect_encoding(body)
    if encoding in ("utf-8", "utf-8-sig"):
        return decode_text(body.removeprefix(_UTF8_START))
    return body.decode(encoding, "replace")


def _object(found: Any) -> Iterable[tuple[str, Any]]:
    """The call; one call in an array is that call, and several are refused: one answer cannot hold their verdicts."""
    if isinstance(found, list) and found and all(isinstance(call, dict) for call in found):
        if len(found) > 1:
            raise Unreadable(MANY_CALLS.format(count=len(found)))
        found = found[0]
    if not isinstance(found, dict):
        raise Unreadable(NOT_AN_OBJECT)
    return found.items()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(strict=False, parse_float=_Digits, parse_int=_Digits, parse_constant=_no_constant)


def _json_text(value: Any) -> str:
    """A value as a form would have sent it: true is 1, false 0, null nothing, a list or object its JSON."""
    if isinstance(value, _Digits):
        return _plain_number(value) if "e" in value or "E" in value else str(value)
    if isinstance(value, str):
        return str(value)  # A plain text, also of digits: the journal takes no other.
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return _nested(value)


def _plain_number(text: str) -> str:
    """`1e2` as 100. In a JSON number, other than in a text, it can mean nothing else."""
    try:
        exponent = int(text.lower().partition("e")[2])
        return f"{Decimal(text):f}" if abs(exponent) <= MAX_EXPONENT else str(text)
    except (ValueError, InvalidOperation):
        return str(text)


def _nested(value: Any) -> str:
    """Compact JSON with the numbers' own digits and the secrets hidden, however deep they lie."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(name)}:{_member(name, inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_nested(inner) for inner in value) + "]"
    if isinstance(value, _Digits):
        return str(value)
    return _quoted(hide_inside(value) if isinstance(value, str) else value)


def _member(name: str, value: Any) -> str:
    return _quoted(HIDDEN) if is_secret(name) else _nested(value)


def _quoted(value: Any) -> str:
    return json.dumps(clean_text(value) if isinstance(value, str) else value, ensure_ascii=False)


_BOUNDARY = re.compile(rb'boundary=(?:"([^"\r\n]{1,200})"|([^";,\s]{1,200}))', re.IGNORECASE)
_NAME = re.compile(rb'(?:^|[;\s])name="([^"\r\n]*)"', re.IGNORECASE)
_FILE = re.compile(rb"[;\s]filename\*?=", re.IGNORECASE)


def _multipart(body: bytes, details: bytes, clean: Clean) -> Pairs:
    """Fields of a multipart form (PHP's curl sends one for an array); files in it are passed over."""
    boundary = _BOUNDARY.search(details)
    if boundary is None:
        raise Unreadable(NOT_MULTIPART)
    sections = (b"\r\n" + body).split(b"\r\n--" + (boundary[1] or boundary[2]))
    if len(sections) < 2 or not sections[-1].startswith(b"--"):
        raise Unreadable(NOT_MULTIPART)
    return [field for section in sections[1:-1] if (field := _field(section, clean)) is not None]


def _field(section: bytes, clean: Clean) -> tuple[str, str] | None:
    head, blank_line, value = section.partition(b"\r\n\r\n")
    found = _NAME.search(head)
    name = read_text(found[1]) if found else ""
    if not blank_line or not name or _FILE.search(head):
        return None
    return name, _value(value, clean)
