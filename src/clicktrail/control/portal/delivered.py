"""Deliveries to a partner's own postbacks, in words: what was told, how it stands, what came back."""

from typing import Any

from django.utils.translation import gettext as _

from clicktrail.control.console.cells import label
from clicktrail.control.outbox.models import Attempt, Delivery
from clicktrail.core.outcomes import for_partner

TONES = {"due": "info", "failed": "warning", "delivered": "success", "given_up": "danger"}


def event_words(trigger: str) -> str:
    """One for each event that a postback is told of."""
    return {
        "saved": _("a transaction was created"),
        "held": _("a transaction was created on hold"),
        "released": _("a transaction on hold was released"),
        "confirmed": _("a transaction was confirmed"),
        "cancelled": _("a transaction was cancelled"),
        "reopened": _("a cancelled transaction was reopened"),
        "paid": _("a transaction was marked as paid"),
        "changed": _("revenue, commission or other facts changed"),
        "test": _("a test"),
    }.get(trigger, trigger)


def state_of(row: Delivery) -> Any:
    words = {
        "due": _("Waiting to be sent"),
        "failed": _("Failed, is tried again"),
        "delivered": _("Delivered"),
        "given_up": _("Given up"),
    }
    return label(words.get(row.state, row.state), TONES.get(row.state, "plain"))


def outcome(attempt: Attempt) -> str:
    if not attempt.fault:
        return _("Your server answered %(status)s after %(ms)s ms.") % {"status": attempt.status, "ms": attempt.took_ms}
    return for_partner(attempt.fault)
