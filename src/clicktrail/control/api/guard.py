"""What every request passes before its route: key, rate, scope, known parameters; and what every answer carries."""

import difflib
import hashlib
import json
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, IntegrityError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from ninja import NinjaAPI
from ninja.decorators import decorate_view
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.security import HttpBearer

from clicktrail.control.api import idempotency, keys, noting
from clicktrail.control.api.problems import Fault, Problem, answer, invalid
from clicktrail.control.api.ratelimit import Buckets, State
from clicktrail.control.callers import caller_address
from clicktrail.errors import JournalError, LedgerError

MAX_BODY_BYTES = 2 * 1024 * 1024
MAX_FAILED_ATTEMPTS = 20
"""A minute and address: beyond it a wrong key is not even looked up."""
MAX_KNOWN_KEYS = 1000

ALWAYS = (400, 401, 403, 422, 429, 500, 503)
"""Statuses that any route may answer."""

log = logging.getLogger(__name__)
buckets = Buckets()


@dataclass(frozen=True, slots=True)
class Rule:
    scopes: tuple[str, ...]
    """The key needs one of them."""
    once: Callable[..., HttpResponse] | None = None
    """How an Idempotency-Key is honoured; None: the route only reads."""
    noted: str = ""
    """The verb in the activity log; empty: it is not noted."""
    many: bool = False
    """Many rows, each by itself: what it wrote is not held together by one transaction."""


class Bearer(HttpBearer):
    """For the document; the key itself was looked at in `guarded`, before anything else."""

    openapi_bearerFormat = "ct_… API key"

    def __call__(self, request: HttpRequest) -> Any:
        return getattr(request, "auth", None)

    def authenticate(self, request: HttpRequest, token: str) -> Any:  # noqa: ARG002 - the base has it so
        return getattr(request, "auth", None)


def route(
    router: Any,
    method: str,
    path: str,
    *scopes: str,
    answers: Any,
    problems: Iterable[int] = (),
    once: Callable[..., HttpResponse] | None = idempotency.together,
    openapi: dict[str, Any] | None = None,
    noted: str = "",
    many: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a view. scopes: the key needs one of them; answers: a shape for 200, or {status: shape}.

    noted: the verb in the activity log, where the method does not say it.
    """
    if not scopes:
        raise TypeError(f"The route {method} {path} has no scope.")
    verb = noted or noting.BY_METHOD[method] if keys.WRITE in scopes else ""
    rule = Rule(scopes, None if method == "GET" else once, verb, many)
    shapes = dict(answers) if isinstance(answers, dict) else {200: answers}
    statuses = {*ALWAYS, *problems, *((409, 413) if rule.once else ())}
    shapes |= dict.fromkeys(sorted(statuses - set(shapes)), Problem)

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        first, _, rest = (view.__doc__ or "").strip().partition("\n")
        return router.api_operation(  # type: ignore[no-any-return]
            [method],
            path,
            auth=Bearer(),
            response=shapes,
            operation_id=view.__name__,
            summary=first.rstrip("."),
            description=" ".join([*rest.split(), f"Scope: {' or '.join(scopes)}."]),
            openapi_extra=_extra(rule, openapi),
        )(decorate_view(_guarded(rule))(view))

    return register


def _extra(rule: Rule, openapi: dict[str, Any] | None) -> dict[str, Any]:
    extra: dict[str, Any] = {"x-scopes": list(rule.scopes), **(openapi or {})}
    if rule.once:
        schema = {"type": "string", "minLength": 1, "maxLength": idempotency.MAX_KEY, "pattern": r"^[\x21-\x7e]+$"}
        about = "The same key with the same request is executed once, and answered alike again."
        extra["parameters"] = [
            {"in": "header", "name": idempotency.HEADER, "required": False, "schema": schema, "description": about}
        ]
    return extra


def _guarded(rule: Rule) -> Callable[..., Any]:
    def around(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        operation = run.__self__  # type: ignore[attr-defined]

        def checked(request: HttpRequest, **path: Any) -> HttpResponse:
            rate = None
            try:
                caller = _caller(request)
                rate = _rate(caller)
                _check(request, operation, rule, caller)
                request.auth = caller  # type: ignore[attr-defined]
                response = _executed(rule, caller, request, lambda: run(request, **path))
            except Exception as fault:
                response = answer_to(request, fault)
            return _finished(response, rate)

        checked.__self__ = operation  # type: ignore[attr-defined]
        return checked

    return around


def _executed(rule: Rule, caller: keys.Caller, request: HttpRequest, run: Callable[[], HttpResponse]) -> HttpResponse:
    def execute() -> HttpResponse:
        if not rule.noted:
            return run()
        together = rule.once is idempotency.together and not rule.many
        return noting.noted(caller, request, rule.noted, run, together=together)

    key = idempotency.key_of(request) if rule.once else None
    return execute() if key is None or rule.once is None else rule.once(caller, request, key, execute)


def _finished(response: HttpResponse, rate: State | None) -> HttpResponse:
    for name, value in (rate.headers() if rate else {}).items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response


class _Known:
    """Digests of keys that were good a moment ago: whoever holds one is not held up by a neighbour who guesses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._digests: OrderedDict[str, None] = OrderedDict()

    def add(self, text: str) -> None:
        with self._lock:
            self._digests[_digest(text)] = None
            if len(self._digests) > MAX_KNOWN_KEYS:
                self._digests.popitem(last=False)

    def has(self, text: str) -> bool:
        return _digest(text) in self._digests

    def drop(self, text: str) -> None:
        with self._lock:
            self._digests.pop(_digest(text), None)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


_known = _Known()


def _caller(request: HttpRequest) -> keys.Caller:
    address = f"from {caller_address(request)}"
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    text = text.strip() if scheme.lower() == "bearer" else ""
    if not _known.has(text):
        _hold_up(buckets.take(address, MAX_FAILED_ATTEMPTS, 0))
    found = keys.find(text) if text else None
    if found is not None:
        _known.add(text)
        return found
    _known.drop(text)
    buckets.take(address, MAX_FAILED_ATTEMPTS)
    if not text:
        raise Fault("no_key", "The request carries no API key.")
    raise Fault("wrong_key", "The API key is unknown, revoked, or was rotated and its overlap is over.")


def _hold_up(state: State) -> None:
    if not state.allowed:
        raise Fault(
            "too_many_requests",
            f"More than {state.limit} requests a minute came from this address without a good key.",
            retry_s=state.retry_s,
        )


def _rate(caller: keys.Caller) -> State | None:
    limit = settings.CLICKTRAIL.api_requests_per_minute
    if not limit:
        return None
    state = buckets.take(f"key {caller.id}", limit)
    if not state.allowed:
        raise TooFast(state)
    return state


class TooFast(Exception):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.state = state


def _check(request: HttpRequest, operation: Any, rule: Rule, caller: keys.Caller) -> None:
    if not caller.scopes & set(rule.scopes):
        wanted = " or ".join(rule.scopes)
        raise Fault("missing_scope", f"This route needs a key with the scope {wanted}; this one has {_list(caller)}.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length[:15]) > MAX_BODY_BYTES:
        raise Fault("too_large", f"The body is larger than {MAX_BODY_BYTES} bytes.")
    known = _parameters(operation)
    for name, values in request.GET.lists():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            mend = f"did you mean {near[0]}?" if near else f"known are {', '.join(known) or 'none'}."
            raise invalid((name[:100], f"There is no such parameter; {mend}"))
        if any("\0" in value for value in values):
            raise invalid((name, "It holds a NUL character."))


def _list(caller: keys.Caller) -> str:
    return ", ".join(scope for scope in keys.SCOPES if scope in caller.scopes)


def _parameters(operation: Any) -> list[str]:
    return [
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__
    ]


class StrictParser(Parser):
    """JSON in UTF-8, without the constants that are none, and without texts that no database takes."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            found = json.loads(request.body.decode("utf-8"), parse_constant=_no_constant)
        except (ValueError, RecursionError) as fault:
            raise Fault("unreadable_json", f"The body is no JSON: {_short(fault)}.") from None
        _check_texts(found, "")
        return found


_UNTAKEN = re.compile("[\x00\ud800-\udfff]")


def _check_texts(found: Any, path: str) -> None:
    if isinstance(found, str) and _UNTAKEN.search(found):
        raise invalid((path or "body", "It holds a NUL character or half a surrogate pair."))
    if isinstance(found, dict):
        for name, value in found.items():
            _check_texts(name, "body")
            _check_texts(value, f"{path}.{name}".lstrip("."))
    elif isinstance(found, list):
        for place, value in enumerate(found):
            _check_texts(value, f"{path}.{place}".lstrip("."))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _short(fault: Exception) -> str:
    if isinstance(fault, RecursionError):
        return "it is nested too deeply"
    if isinstance(fault, UnicodeDecodeError):
        return "it is not UTF-8"
    return str(fault).split(" (char")[0].partition("; use sys")[0]


def answer_to(request: HttpRequest, fault: Exception) -> HttpResponse:
    """The problem that an exception is; what nobody expected is logged, and its words stay here."""
    if isinstance(fault, TooFast):
        sentence = f"This key may send {fault.state.limit} requests a minute."
        held_up = answer(Fault("too_many_requests", sentence, retry_s=fault.state.retry_s))
        return _finished(held_up, fault.state)
    found = _as_fault(fault)
    if found is None:
        log.exception("API request failed: %s %s", request.method, request.path, exc_info=fault)
        found = Fault("fault", "The request met a fault of the server.")
    return answer(found)


def _as_fault(fault: BaseException) -> Fault | None:
    if isinstance(fault, Fault):
        return fault
    if isinstance(fault, HttpError):
        return fault.__cause__ if isinstance(fault.__cause__, Fault) else _of_status(fault)
    if isinstance(fault, ValidationError):
        return invalid(*((_field(error["loc"]), f"{error['msg']}.") for error in fault.errors))
    return next((make(fault) for kind, make in _EXPECTED if isinstance(fault, kind)), None)


def _of_status(fault: HttpError) -> Fault:
    code = {401: "no_key", 404: "not_found"}.get(fault.status_code, "unreadable_json")
    return Fault(code, "The body cannot be read as JSON." if code == "unreadable_json" else fault.message)


def _field(place: tuple[Any, ...]) -> str:
    """("body", "data", "name") -> name"""
    inner = place[2:] if place[:2] == ("body", "data") else place[1:]
    return ".".join(str(part) for part in inner) or "body"


def _too_large(_: BaseException) -> Fault:
    return Fault("too_large", f"The body is larger than {MAX_BODY_BYTES} bytes.")


_EXPECTED: tuple[tuple[type[BaseException], Callable[[BaseException], Fault]], ...] = (
    (RequestDataTooBig, _too_large),
    (UnreadablePostError, lambda _: Fault("bad_request", "The body ended before it was whole.")),
    (Http404, lambda _: Fault("not_found", "There is nothing under this address.")),
    (ProtectedError, lambda _: Fault("in_use", "Something else in the catalog still names it.")),
    (IntegrityError, lambda _: Fault("exists", "Another row of the same name or numbers is there already.")),
    (JournalError, lambda _: Fault("not_durable", "The journal did not take it; nothing was stored.")),
    (DatabaseError, lambda _: Fault("ledger_away", "The ledger is out of reach, or busy for too long.")),
    (LedgerError, lambda _: Fault("ledger_away", "The ledger is out of reach.")),
)


def watch(api: NinjaAPI) -> None:
    """Every exception below a route comes out as a problem."""
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, answer_to)
