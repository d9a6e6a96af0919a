"""Links to one story, for a shop or a partner without an account."""

from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from clicktrail.control.api.guard import route
from clicktrail.control.api.keys import READ, WRITE
from clicktrail.control.api.paging import Ordered, page
from clicktrail.control.api.problems import invalid, missing
from clicktrail.control.api.reading import caller_of
from clicktrail.control.api.shapes import LONGEST_TEXT, Long, Number, Sent, Time, time, time_or_none
from clicktrail.control.secondlooks import share
from clicktrail.control.secondlooks.models import Share

router = Router(tags=["Traces"])


class ShareShape(BaseModel):
    id: int
    program: int
    tid: str
    partner: int | None = Field(description="For whom; null: the shop.")
    actor: str
    made_at: Time
    ends_at: Time
    revoked_at: Time | None


class ShareMade(ShareShape):
    link: str | None = Field(description="Only in this answer; null where the answer is a repeated one.")


class SharePage(BaseModel):
    items: list[ShareShape]
    next_cursor: str | None
    next: str | None


class NewShare(Sent):
    what: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)] = Field(
        description="A ClickID, an order number, a log number or a transaction number."
    )
    partner: Number | None = Field(None, description="For this partner; left out: for the shop.")
    program: Number | None = Field(None, description="Where several programs have the order number.")
    days: Annotated[int, Field(strict=True, ge=1, le=share.MAX_SHARE_DAYS)] = share.DEFAULT_DAYS


def shown(row: Share) -> dict[str, Any]:
    return {
        "id": row.pk,
        "program": row.program_id,
        "tid": row.tid,
        "partner": row.partner_id,
        "actor": row.actor,
        "made_at": time(row.created_ms),
        "ends_at": time(row.expires_ms),
        "revoked_at": time_or_none(row.revoked_ms),
    }


@route(router, "GET", "", READ, answers=SharePage)
def list_shares(request: HttpRequest, asked: Query[Ordered]) -> Any:
    """List links that were made, the newest first; the addresses themselves never."""
    rows = caller_of(request).only(Share.objects.all())
    found, cursor, address = page(request, rows, asked, "id", asked.order)
    return SharePage(items=[ShareShape(**shown(row)) for row in found], next_cursor=cursor, next=address)


@route(router, "POST", "", WRITE, answers={201: ShareMade}, noted="story shared")
def share_story(request: HttpRequest, data: NewShare) -> Any:
    """Make a link to one story, without personal data and without other partners'. It is told once."""
    caller = caller_of(request)
    if data.program is not None:
        caller.must_own(data.program)
    wanted = share.Wanted(data.what, data.partner, data.program or caller.program, data.days)
    try:
        row, token = share.make(wanted, caller.actor, settings.CLICKTRAIL)
    except share.NotShared as fault:
        raise invalid(("what", str(fault))) from None
    return Status(201, ShareMade(**shown(row), link=share.address(token, settings.CLICKTRAIL)))


@route(router, "DELETE", "/{number}", WRITE, answers=ShareShape, problems=[404], noted="link taken back")
def revoke_share(request: HttpRequest, number: Long) -> Any:
    """Take a link back at once."""
    row = caller_of(request).only(Share.objects.filter(pk=number)).first()
    if row is None:
        raise missing("share", number)
    share.revoke(number)
    row.refresh_from_db()
    return ShareShape(**shown(row))
