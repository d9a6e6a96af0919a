"""Clicks, one by one."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ
from clicktrail.control.api.paging import Ordered, page
from clicktrail.control.api.problems import missing
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import Flag, Moment, Number, Text, Time, time
from clicktrail.control.ledger.models import Click
from clicktrail.core.clickid import first_id, split, text_of

router = Router(tags=["Clicks"])


class ClickShape(BaseModel):
    clickid: str
    at: Time
    program: int
    partner: int | None
    creative: int | None
    target: str
    subid: str
    outcome: str = Field(description="`ok`, or the reason why nobody is credited.")
    bot: bool
    prefetch: bool
    counted: bool = Field(description="In the gross clicks.")
    net: bool = Field(description="In the net clicks: the visitor's first in 15 minutes.")
    referrer: str | None
    ip: str | None
    user_agent: str | None


class ClickPage(BaseModel):
    items: list[ClickShape]
    next_cursor: str | None
    next: str | None


class ClickFilter(Ordered):
    program: Number = None
    partner: Number = None
    creative: Number = None
    subid: Text = None
    outcome: Text = None
    counted: Flag = None
    at_from: Moment = Field(None, description="Included.")
    at_to: Moment = Field(None, description="Not included.")


def shown(row: Click) -> ClickShape:
    return ClickShape(
        clickid=text_of(settings.CLICKTRAIL.prefix, row.pk, row.tail),
        at=time(row.at_ms),
        program=row.program_id,
        partner=row.partner_id or None,
        creative=row.creative_id or None,
        target=row.target,
        subid=row.subid,
        outcome=row.outcome,
        bot=row.bot,
        prefetch=row.prefetch,
        counted=row.counted,
        net=row.net,
        referrer=row.referrer or row.referrer_host or None,
        ip=row.ip,
        user_agent=row.user_agent,
    )


@route(router, "GET", "", READ, answers=ClickPage)
def list_clicks(request: HttpRequest, filters: Query[ClickFilter]) -> Any:
    """List clicks, the newest first."""
    rows = _filtered(caller_of(request).only(Click.objects.all()), filters)
    found, cursor, address = page(request, rows, filters, "id", filters.order)
    return ClickPage(items=[shown(row) for row in found], next_cursor=cursor, next=address)


@route(router, "GET", "/{clickid}", READ, answers=ClickShape, problems=[404])
def get_click(request: HttpRequest, clickid: Text) -> Any:
    """Look at one click by its ClickID."""
    parts = split(clickid, settings.CLICKTRAIL.prefix)
    rows = Click.objects.filter(pk=parts[0], tail=parts[1]) if parts else Click.objects.none()
    row = caller_of(request).only(rows).first()
    if row is None:
        raise missing("click", clickid[:64])
    return shown(row)


def _filtered(rows: QuerySet[Click], f: ClickFilter) -> QuerySet[Click]:
    columns = {
        "program_id": f.program,
        "partner_id": f.partner,
        "creative_id": f.creative,
        "subid": f.subid,
        "outcome": f.outcome,
        "counted": f.counted,
        "id__gte": None if f.at_from is None else first_id(f.at_from),
        "id__lt": None if f.at_to is None else first_id(f.at_to),
    }
    return rows.filter(**{name: value for name, value in columns.items() if value is not None})
