"""Open alarms on every page: a banner above it, and their number in the menu."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from clicktrail import heartbeat
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.alarms.models import Alarm
from clicktrail.control.alarms.spoken import heard

MAX_BANNER = 3
"""Alarms in the banner; the rest is counted."""


def banner(request: HttpRequest) -> dict[str, Any]:
    """For the pages' context: alarms that nobody looks after yet, and what who looks may do (`rights.edits`)."""
    rows = _loud(request)
    more = max(0, len(rows) - MAX_BANNER)
    return {
        "banner_alarms": [heard(row) for row in rows[:MAX_BANNER]],
        "banner_more": more,
        "rights": rights_of(request),
    }


def badge(request: HttpRequest) -> str:
    """For the menu; empty where all is well."""
    return str(len(_loud(request)) or "")


def _loud(request: HttpRequest) -> list[Alarm]:
    """Asked once a page."""
    found: list[Alarm] | None = getattr(request, "_alarms", None)
    if found is None:
        found = list(rights_of(request).narrowed(_asked()))
        request._alarms = found
    return found


def _asked() -> QuerySet[Alarm]:
    """The same rule as `alarms.book.is_loud`, as a query."""
    is_back = Q(snoozed_until_ms__lte=heartbeat.now_ms())
    return Alarm.objects.filter(Q(taken_by="") | is_back, ended_ms__isnull=True).order_by("raised_ms", "pk")
