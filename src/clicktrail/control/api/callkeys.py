"""Signing keys and tokens of a program's calls."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import Fault, invalid, missing
from clicktrail.control.api.programs import seen
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import Number, Sent, Time, time
from clicktrail.control.catalog import callkeys
from clicktrail.control.catalog.models import CallToken, KeyState, SigningKey
from clicktrail.core.postback import MAX_TEXT
from clicktrail.core.signing import MAX_KEY_NUMBER

router = Router(tags=["Programs"])

State = Literal[tuple(KeyState.values)]
KeyNumber = Annotated[Number, Field(le=MAX_KEY_NUMBER)]


class CallKeyShape(BaseModel):
    number: int = Field(description="Never given twice; the log names it.")
    state: State
    created_at: Time


class CallKeyMade(CallKeyShape):
    secret: str | None = Field(description="Only in this answer; null where the answer is a repeated one.")


class CallKeyPage(BaseModel):
    items: list[CallKeyShape]
    next_cursor: str | None
    next: str | None


class NewToken(Sent):
    text: Annotated[str, Field(strict=True, min_length=callkeys.SHORTEST_TOKEN, max_length=MAX_TEXT)] | None = Field(
        None, description="A token that the shop sends already; left out: a new one is made."
    )


def _columns(row: SigningKey | CallToken) -> dict[str, Any]:
    return {"number": row.number, "state": row.state, "created_at": time(row.created_ms)}


def _listed(request: HttpRequest, kind: Any, number: int, asked: Page) -> CallKeyPage:
    rows = kind.objects.filter(program=seen(caller_of(request), number))
    found, cursor, address = page(request, rows, asked, "number")
    return CallKeyPage(items=[CallKeyShape(**_columns(row)) for row in found], next_cursor=cursor, next=address)


def _revoked(request: HttpRequest, kind: Any, number: int, key: int) -> CallKeyShape:
    row = kind.objects.filter(program=seen(caller_of(request), number), number=key).first()
    if row is None:
        raise missing(kind._meta.verbose_name, key)
    callkeys.revoke(row)
    return CallKeyShape(**_columns(row))


@route(router, "GET", "/{number}/signing-keys", READ, answers=CallKeyPage, problems=[404])
def list_signing_keys(request: HttpRequest, number: Number, asked: Query[Page]) -> Any:
    """List the program's signing keys, the secrets never."""
    return _listed(request, SigningKey, number, asked)


@route(
    router, "POST", "/{number}/signing-keys", WRITE, answers={201: CallKeyMade}, problems=[404, 409], noted="key made"
)
def create_signing_key(request: HttpRequest, number: Number) -> Any:
    """Make a signing key. Several count at once, so that a shop changes it without a gap."""
    try:
        row = callkeys.make_key(seen(caller_of(request), number))
    except ValueError as fault:
        raise Fault("not_possible", str(fault)) from None
    return Status(201, CallKeyMade(**_columns(row), secret=callkeys.secret_of(row)))


@route(
    router, "DELETE", "/{number}/signing-keys/{key}", WRITE, answers=CallKeyShape, problems=[404], noted="key revoked"
)
def revoke_signing_key(request: HttpRequest, number: Number, key: KeyNumber) -> Any:
    """Revoke a signing key. It stays in the list, because histories name it."""
    return _revoked(request, SigningKey, number, key)


@route(router, "GET", "/{number}/tokens", READ, answers=CallKeyPage, problems=[404])
def list_tokens(request: HttpRequest, number: Number, asked: Query[Page]) -> Any:
    """List the program's tokens, the words themselves never."""
    return _listed(request, CallToken, number, asked)


@route(router, "POST", "/{number}/tokens", WRITE, answers={201: CallKeyMade}, problems=[404, 409], noted="key made")
def create_token(request: HttpRequest, number: Number, data: NewToken) -> Any:
    """Make a token, or take one that the shop sends already. It is shown once."""
    program = seen(caller_of(request), number)
    try:
        row, secret = callkeys.make_token(program, data.text or "")
    except ValueError as fault:
        raise invalid(("text", str(fault))) if data.text else Fault("not_possible", str(fault)) from None
    return Status(201, CallKeyMade(**_columns(row), secret=secret))


@route(router, "DELETE", "/{number}/tokens/{key}", WRITE, answers=CallKeyShape, problems=[404], noted="key revoked")
def revoke_token(request: HttpRequest, number: Number, key: KeyNumber) -> Any:
    """Revoke a token. It stays in the list, because the log names it."""
    return _revoked(request, CallToken, number, key)
