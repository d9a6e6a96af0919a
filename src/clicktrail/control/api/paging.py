"""Pages by key: a page begins behind the last row of the one before, so that what arrives meanwhile moves nothing."""

import base64
import binascii
import re
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from pydantic import BaseModel, Field

from clicktrail.control.api.problems import invalid

MAX_PAGE_ROWS = 1000
PAGE_ROWS = 100
LONGEST_CURSOR = 100

_INSIDE = re.compile(r"(asc|desc):([a-z_]{1,32}):(0|[1-9][0-9]{0,18})")

Limit = Annotated[int, Field(ge=1, le=MAX_PAGE_ROWS, description=f"Rows in this page, up to {MAX_PAGE_ROWS}.")]
Cursor = Annotated[
    str | None, Field(max_length=LONGEST_CURSOR, description="Where this page begins: `next_cursor` of the one before.")
]
Order = Literal["asc", "desc"]


class Page(BaseModel):
    """The filter that every list has."""

    limit: Limit = PAGE_ROWS
    cursor: Cursor = None


class Ordered(Page):
    order: Order = Field("desc", description="desc: the newest first.")


def page(
    request: HttpRequest, rows: QuerySet[Any], asked: Page, key: str, order: str = "asc"
) -> tuple[list[Any], str | None, str | None]:
    """(rows of the page, next_cursor, address of the next page). `key`: unique, whole number, indexed."""
    last = _read(asked.cursor, order, key)
    if last is not None:
        rows = rows.filter(**{f"{key}__{'gt' if order == 'asc' else 'lt'}": last})
    found = list(rows.order_by(key if order == "asc" else f"-{key}")[: asked.limit + 1])
    if len(found) <= asked.limit:
        return found, None, None
    found.pop()
    cursor = _write(order, key, getattr(found[-1], key))
    return found, cursor, _address(request, cursor)


def _address(request: HttpRequest, cursor: str) -> str:
    query = [(name, value) for name, value in request.GET.items() if name != "cursor"]
    return f"{request.path}?{urlencode([*query, ('cursor', cursor)])}"


def _write(order: str, key: str, value: int) -> str:
    return base64.urlsafe_b64encode(f"{order}:{key}:{value}".encode()).decode().rstrip("=")


def _read(cursor: str | None, order: str, key: str) -> int | None:
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        inside = _INSIDE.fullmatch(base64.urlsafe_b64decode(padded).decode("ascii"))
    except (binascii.Error, ValueError):
        inside = None
    if inside is None or inside[1] != order or inside[2] != key or int(inside[3]) >= 1 << 63:
        raise invalid(("cursor", "It is no cursor of this list in this order: follow `next` of the page before."))
    return int(inside[3])
