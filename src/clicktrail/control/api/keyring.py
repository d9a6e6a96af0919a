"""Keys of the API, managed over the API: no key makes or changes one that may do more than itself."""

from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api import keys
from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import OVERLAP_HOURS, READ, WRITE, Caller
from clicktrail.control.api.models import ApiKey
from clicktrail.control.api.paging import Page, page
from clicktrail.control.api.problems import Fault, invalid, missing
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import Flag, Number, Sent, Time, time, time_or_none

router = Router(tags=["Keys"])

Scope = Literal[keys.SCOPES]
PublicId = Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$", description="What stands behind `ct_`.")]


class KeyShape(BaseModel):
    id: str
    name: str
    program: int | None = Field(description="Null: the whole installation.")
    scopes: list[Scope]
    created_at: Time
    created_by: str
    last_used_at: Time | None = Field(description="To the minute.")
    overlap_until: Time | None = Field(description="Until then the secret before the last rotation is good too.")
    revoked_at: Time | None


class KeyMade(KeyShape):
    secret: str | None = Field(description="The whole key. Shown once; null where the answer is a repeated one.")


class KeyPage(BaseModel):
    items: list[KeyShape]
    next_cursor: str | None
    next: str | None


class KeyFilter(Page):
    program: Number = None
    revoked: Flag = None


class NewKey(Sent):
    name: Annotated[str, Field(strict=True, min_length=1, max_length=keys.LONGEST_NAME)]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(keys.SCOPES))]
    program: Number | None = None


class Rotation(Sent):
    overlap_hours: Annotated[int, Field(strict=True, ge=0, le=keys.MAX_OVERLAP_HOURS)] = OVERLAP_HOURS


def shown(row: ApiKey) -> KeyShape:
    return KeyShape(**_columns(row))


def _columns(row: ApiKey) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "name": row.name,
        "program": row.program_id,
        "scopes": row.scopes.split(","),
        "created_at": time(row.created_ms),
        "created_by": row.created_by,
        "last_used_at": time_or_none(row.last_used_ms),
        "overlap_until": time(row.old_until_ms) if row.old_until_ms > keys.now_ms() else None,
        "revoked_at": time_or_none(row.revoked_ms),
    }


def of(caller: Caller) -> QuerySet[ApiKey]:
    return caller.only(ApiKey.objects.all())


def seen(caller: Caller, public_id: str) -> ApiKey:
    row = of(caller).filter(public_id=public_id).first()
    if row is None:
        raise missing("key", public_id)
    return row


@route(router, "GET", "", READ, answers=KeyPage)
def list_keys(request: HttpRequest, filters: Query[KeyFilter]) -> Any:
    """List keys, the secrets never."""
    rows = of(caller_of(request))
    if filters.program:
        rows = rows.filter(program_id=filters.program)
    if filters.revoked is not None:
        rows = rows.filter(revoked_ms__isnull=not filters.revoked)
    found, cursor, address = page(request, rows, filters, "id")
    return KeyPage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: KeyMade}, noted="key made")
def create_key(request: HttpRequest, data: NewKey) -> Any:
    """Make a key. It may do no more than the key that makes it."""
    caller = caller_of(request)
    program = data.program if caller.program is None else data.program or caller.program
    if program is not None:
        caller.must_own(program)
    _must_hold(caller, data.scopes)
    try:
        row, secret = keys.make(data.name, list(data.scopes), program, caller.actor)
    except ValueError as fault:
        raise invalid(("program" if "program" in str(fault) else "name", str(fault))) from None
    return Status(201, KeyMade(**_columns(row), secret=secret))


@route(router, "GET", "/{public_id}", READ, answers=KeyShape, problems=[404])
def get_key(request: HttpRequest, public_id: PublicId) -> Any:
    """Look at one key and its last use."""
    return shown(seen(caller_of(request), public_id))


@route(router, "POST", "/{public_id}/rotation", WRITE, answers=KeyMade, problems=[404], noted="key rotated")
def rotate_key(request: HttpRequest, public_id: PublicId, data: Rotation) -> Any:
    """Give a key a new secret. The one before stays good for some hours, so that nothing stops."""
    caller = caller_of(request)
    row = seen(caller, public_id)
    _must_hold(caller, row.scopes.split(","))
    try:
        secret = keys.rotate(row, data.overlap_hours)
    except ValueError as fault:
        raise Fault("not_possible", str(fault)) from None
    return KeyMade(**_columns(row), secret=secret)


@route(router, "DELETE", "/{public_id}", WRITE, answers=KeyShape, problems=[404], noted="key revoked")
def revoke_key(request: HttpRequest, public_id: PublicId) -> Any:
    """Revoke a key at once. It stays in the list, because histories name it."""
    caller = caller_of(request)
    row = seen(caller, public_id)
    _must_hold(caller, row.scopes.split(","))
    keys.revoke(row, caller.actor)
    return shown(row)


def _must_hold(caller: Caller, scopes: list[str]) -> None:
    more = [scope for scope in scopes if scope not in caller.scopes]
    if more:
        raise Fault("missing_scope", f"This key has no scope {more[0]}, so it cannot give or change one that has.")
