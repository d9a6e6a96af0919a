"""The time line of an order on its pages: what happened when, how long after the step before, and on demand why."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html

from clicktrail.control.accounts import viewer
from clicktrail.control.console.verdictcells import shape_of
from clicktrail.control.ledger import timeline, trace
from clicktrail.control.ledger.timeline import Moment
from clicktrail.core import explain
from clicktrail.core.tongue import amount, day_form, mark, say

ICONS = {
    timeline.CLICK: "ads_click",
    timeline.REDIRECT: "turn_right",
    timeline.CALL: "call_received",
    timeline.VERDICT: "gavel",
    timeline.TRANSACTION: "receipt_long",
    timeline.MOVE: "swap_horiz",
    timeline.DELIVERY: "outbox",
}
PAGES = {
    timeline.CALL: ("admin:ledger_postback_change", mark("Open the call")),
    timeline.TRANSACTION: ("admin:ledger_transaction_change", mark("Open the transaction")),
    timeline.DELIVERY: ("admin:outbox_delivery_change", mark("Open the delivery")),
}
DELIVERY_TONES = {"due": "info", "failed": "warning", "delivered": "success", "given_up": "danger"}
MOST_OPEN = 2
"""Calls of a story whose steps are shown at once; of more, each is opened by hand."""
SECOND_MS, MINUTE_MS = 1000, 60_000


@dataclass(frozen=True, slots=True)
class Step:
    at: str
    after: str
    """ "2.4 s later"; empty for the first one."""
    kind: str
    name: str
    icon: str
    tone: str
    heading: str
    steps: list[str]
    is_open: bool
    address: str
    link: str
    is_here: bool
    """What the page is about."""


def timeline_of_transaction(row: Any) -> list[Step]:
    clicks = {row.click_id} if row.click_id is not None else set()
    found = trace.gather(clicks, {row.postback_id}, {(row.program_id, row.tid)})
    return _steps(found, row.zone, (timeline.TRANSACTION, row.pk))


def timeline_of_call(call: Any) -> list[Step]:
    """Of its order, where it names one."""
    clicks = {call.click_id} if call.click_id is not None else set()
    orders = {(call.program_id, call.tid)} if call.tid and call.program_id is not None else set()
    return _steps(trace.gather(clicks, {call.pk}, orders), call.zone, (timeline.CALL, call.pk))


def _steps(found: trace.Found, zone: str | None, here: tuple[str, int]) -> list[Step]:
    with viewer.page_zone(zone):
        moments = list(timeline.moments(found, settings.CLICKTRAIL.prefix))
    made: list[Step] = []
    before: Moment | None = None
    for moment in moments:
        is_here = (moment.kind, moment.key) == here
        is_open = is_here or len(found.calls) <= MOST_OPEN
        made.append(_step(moment, before, zone, is_here, is_open))
        before = moment
    return made


def _step(moment: Moment, before: Moment | None, zone: str | None, is_here: bool, is_open: bool) -> Step:
    page, link = PAGES.get(moment.kind, ("", ""))
    icon, tone = _look(moment)
    return Step(
        at=precise_time(moment.at_ms, zone),
        after=later(moment.at_ms - before.at_ms) if before else "",
        kind=moment.kind,
        name=say(timeline.NAMES[moment.kind]),
        icon=icon,
        tone=tone,
        heading=moment.heading,
        steps=moment.steps,
        is_open=is_open,
        address=reverse(page, args=[moment.key]) if page and not is_here else "",
        link=say(link),
        is_here=is_here,
    )


def _look(moment: Moment) -> tuple[str, str]:
    if moment.kind == timeline.VERDICT:
        shape = shape_of(moment.code)
        return shape.icon, shape.tone
    return ICONS[moment.kind], DELIVERY_TONES.get(moment.code, "") if moment.kind == timeline.DELIVERY else ""


def later(ms: int) -> str:
    """How long after the step before."""
    if ms <= 0:
        return say("in the same moment")
    if ms < SECOND_MS:
        return say("{ms} ms later", ms=ms)
    if ms < MINUTE_MS:
        return say("{seconds} s later", seconds=amount(f"{ms // SECOND_MS}.{ms % SECOND_MS // 100}"))
    return say("{age} later", age=explain.age(ms))


def precise_time(ms: int, zone: str | None) -> str:
    """To the millisecond, in the viewer's zone, with UTC to be seen on pointing at it."""
    at = datetime.fromtimestamp(ms // 1000, UTC)
    local = at.astimezone(viewer.zone() or ZoneInfo(zone or "UTC"))
    form = f"{day_form()} %H:%M:%S"
    return format_html(
        '<time datetime="{}.{}Z" title="{}.{} UTC" class="ct-time">{}<span class="ct-faint">.{} {}</span></time>',
        at.strftime("%Y-%m-%dT%H:%M:%S"), f"{ms % 1000:03}", at.strftime(form), f"{ms % 1000:03}",
        local.strftime(form), f"{ms % 1000:03}", local.tzname(),
    )  # fmt: skip
