"""A body of one call or many, taken apart so that every number keeps its digits."""

import json
from typing import Any

from clicktrail.control.api.problems import Fault, invalid
from clicktrail.core.postback import read

MAX_CALLS = 1000

Calls = list[tuple[dict[str, str], str]]
"""(parameters, fault) of each, as the edge has them too."""


class _Digits(str):
    """A number as it was written: 95.50 stays 95.50."""


def read_calls(body: bytes) -> tuple[Calls, bool]:
    """(calls, whether it was a batch). A call that is wrong in itself becomes a verdict, not an error. Raises Fault."""
    found = _load(body)
    if not isinstance(found, dict):
        raise invalid(("body", 'Send one call as an object, or {"calls": [...]}.'))
    if "calls" not in found:
        return [_read(found)], False
    calls, others = found["calls"], sorted(set(found) - {"calls"})
    if others:
        raise invalid((others[0][:100], "Beside `calls` there is nothing; each call carries its own parameters."))
    if not isinstance(calls, list) or not 1 <= len(calls) <= MAX_CALLS:
        raise invalid(("calls", f"Send a list of 1 to {MAX_CALLS} calls."))
    return [_read(call) for call in calls], True


def _load(body: bytes) -> Any:
    try:
        text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
        return json.loads(text, strict=False, parse_float=_Digits, parse_int=_Digits, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Fault("unreadable_json", "The body cannot be read as JSON.") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _read(call: Any) -> tuple[dict[str, str], str]:
    try:
        written = _write(call)
    except RecursionError:
        written = ""
    return read(b"", written.encode("utf-8", "surrogatepass") or b"?", b"application/json")


def _write(value: Any) -> str:
    if isinstance(value, _Digits):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{_write(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_write, value)) + "]"
    return json.dumps(value)
