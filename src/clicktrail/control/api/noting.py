"""What a key changed stands in the activity log, beside what people did in the console.

The guard puts `noted` around every route that needs the scope `write`, so none can be forgotten. Calls that are handed
in are not noted: the transaction log tells them. A route names its verb where the method does not say it, and says
with `about` what it was where the answer does not.
"""

import json
import logging
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse

from clicktrail.control.accounts.activity import note
from clicktrail.control.api.keys import Caller

BY_METHOD = {"POST": "added", "PATCH": "changed", "DELETE": "deleted"}
MOST_LISTED = 20
"""Values of a list that are kept; of a longer one their number is."""
OUTCOMES = ("moved", "kept", "refused", "sent_again")
"""Fields of an answer that tell how far it went."""
NAMES = ("name", "alias", "tid")
HIDDEN = ("text",)
"""Of a new token: the word itself."""

Run = Callable[[], HttpResponse]

log = logging.getLogger(__name__)


def about(request: HttpRequest, what: object, program: int | None) -> None:
    """For a route whose answer does not say it, like a deletion."""
    request._about = (str(what), program)  # type: ignore[attr-defined]


def noted(caller: Caller, request: HttpRequest, verb: str, run: Run, *, together: bool) -> HttpResponse:
    """together: the line and what it tells are one transaction. Else the line follows, and the answer needs it not."""
    with transaction.atomic() if together else nullcontext():
        response = run()
        if response.status_code < 400:
            _note(caller, request, verb, _read(response.content), must=together)
        elif together:
            transaction.set_rollback(True)
        return response


def _note(caller: Caller, request: HttpRequest, verb: str, told: dict[str, Any], *, must: bool) -> None:
    what, program = getattr(request, "_about", ("", None))
    what = what or next((str(told[name]) for name in NAMES if told.get(name)), "")
    facts = {name: _short(told[name]) for name in OUTCOMES if told.get(name)}
    sent = {name: "…" if name in HIDDEN else _short(value) for name, value in _read(request.body).items()}
    if sent:
        facts["after"] = sent
    program = caller.program or program or _program(request, told)
    subject = f"{_place(request, told)} ({what})" if what else _place(request, told)
    try:
        note(request, verb, subject, account=caller.actor, program=program, **facts)
    except DatabaseError:
        if must:
            raise
        log.exception("what a key did is not in the activity log: %s %s", request.method, request.path)


def _place(request: HttpRequest, told: dict[str, Any]) -> str:
    """ "programs/3", whether it was made or changed."""
    place = request.path.partition("/v1/")[2]
    number = told.get("id") or told.get("number")
    is_new = request.method == "POST" and number and str(number) not in place.split("/")
    return f"{place}/{number}" if is_new else place


def _program(request: HttpRequest, told: dict[str, Any]) -> int | None:
    noun, number, *_ = [*request.path.partition("/v1/")[2].split("/"), ""]
    if noun == "programs":
        return int(number) if number.isdigit() else told.get("id")
    return told.get("program")


def _short(value: Any) -> Any:
    return len(value) if isinstance(value, list) and len(value) > MOST_LISTED else value


def _read(body: bytes) -> dict[str, Any]:
    """What an object says; of a body that the route does not read anything may stand there."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
