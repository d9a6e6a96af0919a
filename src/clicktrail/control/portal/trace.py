"""The trace of one order, or of a click without one: click, calls, verdict, own postbacks, on one line of time.

It is the story that a link shares with a partner (`secondlooks/telling.py`), told anew from the ledger, and what
became of the partner's own postbacks beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from clicktrail.control.console.cells import time_cell
from clicktrail.control.ledger.models import Click, Transaction
from clicktrail.control.outbox import desk
from clicktrail.control.outbox.models import Delivery, Receiver
from clicktrail.control.portal.delivered import event_words, outcome, state_of
from clicktrail.control.portal.viewer import Viewer
from clicktrail.control.secondlooks import telling
from clicktrail.control.secondlooks.models import Share

MAX_TOLD_DELIVERIES = 50


@dataclass(frozen=True, slots=True)
class Chapter:
    at_ms: int
    at: Any
    heading: str
    steps: list[str]
    address: str = ""
    """Of a page that says more."""
    label: Any = ""


def of_transaction(viewer: Viewer, row: Transaction) -> list[Chapter]:
    share = Share(program_id=row.program_id, tid=row.tid, partner_id=viewer.partner.pk)
    return _in_order([*_told(share), *_deliveries(viewer, row)])


def of_click(viewer: Viewer, row: Click) -> list[Chapter]:
    return _in_order(_told(Share(program_id=row.program_id, tid="", click_id=row.pk, partner_id=viewer.partner.pk)))


def _in_order(chapters: Any) -> list[Chapter]:
    return sorted(chapters, key=lambda chapter: chapter.at_ms)


def _told(share: Share) -> Iterator[Chapter]:
    for chapter in telling.tell(share):
        yield Chapter(chapter.at_ms, time_cell(chapter.at_ms), chapter.heading, list(chapter.steps))


def _deliveries(viewer: Viewer, row: Transaction) -> Iterator[Chapter]:
    names = dict(Receiver.objects.filter(partner=viewer.partner).values_list("pk", "name"))
    rows = Delivery.objects.filter(transaction_number=row.number, receiver_id__in=list(names)).order_by("id")
    rows = list(rows[:MAX_TOLD_DELIVERIES])
    last = desk.last_attempts([each.pk for each in rows])
    for each in rows:
        told = {"name": names[each.receiver_id], "event": event_words(each.trigger)}
        heading = _("Your postback %(name)s: %(event)s.") % told
        attempt = last.get(each.pk)
        yield Chapter(
            each.created_ms,
            time_cell(each.created_ms),
            heading,
            [outcome(attempt)] if attempt else [],
            reverse("portal:delivery", args=[each.receiver_id, each.pk]),
            state_of(each),
        )
