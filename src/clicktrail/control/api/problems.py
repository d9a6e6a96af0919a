"""What an error looks like: problem details (RFC 9457) with a code that stays, a sentence and the mend."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from pydantic import BaseModel, Field

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:clicktrail:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    status: int
    title: str
    hint: str


PROBLEMS = {
    "unreadable_json": Kind(400, "The body cannot be read", "Send one JSON value in UTF-8, like a browser would."),
    "bad_request": Kind(400, "The request cannot be read", "Check the address, the Host header and the headers."),
    "no_key": Kind(401, "A key is missing", "Send the header `Authorization: Bearer ct_…` with an API key."),
    "wrong_key": Kind(401, "The key is not good", "Check for a cut-off key; the console lists keys under API keys."),
    "missing_scope": Kind(403, "The key may not do this", "Use a key with the scope that the sentence names."),
    "other_program": Kind(403, "The key is for one program only", "Use a key of that program, or of the whole house."),
    "not_found": Kind(404, "There is no such thing", "Check the number; a key of one program sees only its own."),
    "no_route": Kind(404, "There is no such route", "The routes are listed at /api/v1/docs."),
    "wrong_method": Kind(405, "The route does not take this method", "The header Allow names the methods it takes."),
    "exists": Kind(409, "It is there already", "Change the one that exists, or choose another name."),
    "in_use": Kind(409, "It is still in use", "Take it out of what uses it first, or pause it instead."),
    "not_possible": Kind(409, "It cannot be moved like this", "Read it again: the answer names what is possible now."),
    "in_progress": Kind(409, "The same request is being worked on", "Send it again, with the same Idempotency-Key."),
    "too_large": Kind(413, "The request is too large", "Send less at once."),
    "invalid": Kind(422, "Something in the request is wrong", "Mend the fields that `errors` names."),
    "key_reused": Kind(422, "The Idempotency-Key was used before", "Use a new one for every new request."),
    "too_many_rows": Kind(422, "The answer would be too long", "Ask for fewer days, or group by less."),
    "too_many_requests": Kind(429, "Too many requests", "Wait as long as the header Retry-After says."),
    "fault": Kind(500, "Something went wrong here", "Nothing was changed by it. The log of the console says more."),
    "not_durable": Kind(503, "It could not be stored", "Nothing was stored. Send it again a little later."),
    "ledger_away": Kind(503, "The ledger cannot be reached", "Nothing was changed. Send it again a little later."),
}
"""Code -> what never changes about it. The sentence (`detail`) is about the one request."""

RETRY_S = {"in_progress": 1, "not_durable": 2, "ledger_away": 2}
BY_STATUS = {400: "bad_request", 403: "missing_scope", 404: "no_route", 405: "wrong_method", 413: "too_large"}


class FieldError(BaseModel):
    field: str = Field(description="Where it stands: a name, or a path like calls.3.cpid.")
    detail: str = Field(description="What is wrong with it, and the mend.")


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="A URN that ends in the code.")
    title: str
    status: int
    code: str = Field(description="Stays the same over all versions; for programs.")
    detail: str = Field(description="A sentence about this request.")
    hint: str = Field(description="How to mend it.")
    errors: list[FieldError] = Field(description="The fields that are wrong; empty where it is none in particular.")


@dataclass
class Fault(Exception):
    """Raised anywhere below a route; becomes the answer."""

    code: str
    detail: str
    errors: list[tuple[str, str]] = field(default_factory=list)
    """(field, sentence)"""
    hint: str = ""
    """In place of the code's own."""
    retry_s: int = 0


def invalid(*errors: tuple[str, str]) -> Fault:
    """Fields that are wrong, each with its sentence."""
    names = ", ".join(dict.fromkeys(name for name, _ in errors))
    return Fault("invalid", f"Wrong: {names}.", list(errors))


def missing(what: str, number: object) -> Fault:
    return Fault("not_found", f"There is no {what} {number}.")


def answer(fault: Fault, allow: Iterable[str] = ()) -> HttpResponse:
    kind = PROBLEMS[fault.code]
    response = HttpResponse(json.dumps(_body(fault, kind)), status=kind.status, content_type=MEDIA_TYPE)
    retry_s = fault.retry_s or RETRY_S.get(fault.code, 0)
    if retry_s:
        response["Retry-After"] = str(retry_s)
    if kind.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="clicktrail"'
    methods = ", ".join(allow)
    if methods:
        response["Allow"] = methods
    return response


def _body(fault: Fault, kind: Kind) -> dict[str, Any]:
    return {
        "type": TYPE + fault.code,
        "title": kind.title,
        "status": kind.status,
        "code": fault.code,
        "detail": fault.detail,
        "hint": fault.hint or kind.hint,
        "errors": [{"field": name, "detail": sentence} for name, sentence in fault.errors],
    }


def codes_of(statuses: Iterable[int]) -> list[str]:
    wanted = set(statuses)
    return [code for code, kind in PROBLEMS.items() if kind.status in wanted]
