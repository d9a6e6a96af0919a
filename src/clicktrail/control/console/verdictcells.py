"""How a verdict looks in a list: an icon, a word and a colour, of which any two would do."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from clicktrail.control.console.cells import DASH, page_link
from clicktrail.control.ledger.models import Postback
from clicktrail.core import reasons


@dataclass(frozen=True, slots=True)
class Shape:
    icon: str
    tone: str


SHAPES = {
    reasons.SAVED: Shape("check_circle", "success"),
    reasons.UPDATED: Shape("edit", "success"),
    reasons.DUPLICATE: Shape("content_copy", "plain"),
    reasons.CONFLICT: Shape("compare_arrows", "warning"),
    reasons.WAITING: Shape("hourglass_top", "info"),
}
DISCARDED = Shape("block", "danger")

WORDS: dict[str, str | Promise] = {
    reasons.SAVED: _("Saved"),
    reasons.UPDATED: _("Updated"),
    reasons.DUPLICATE: _("Duplicate"),
    reasons.CONFLICT: _("Conflict"),
    reasons.WAITING: _("Waiting"),
    reasons.BAD_CALL: _("Bad call"),
    reasons.MISSING_CPID: _("Missing cpid"),
    reasons.MISSING_TID: _("Missing tid"),
    reasons.UNKNOWN_PROGRAM: _("Unknown program"),
    reasons.PROGRAM_PAUSED: _("Program paused"),
    reasons.MALFORMED_CLICKID: _("Malformed ClickID"),
    reasons.UNKNOWN_CLICK: _("Unknown click"),
    reasons.CLICK_EXPIRED: _("Click expired"),
    reasons.FOREIGN_CLICK: _("Foreign click"),
    reasons.NO_ATTRIBUTION: _("No attribution"),
    reasons.UNKNOWN_PARTNER: _("Unknown partner"),
    reasons.PARTNER_INACTIVE: _("Partner inactive"),
    reasons.UNKNOWN_CREATIVE: _("Unknown creative"),
    reasons.UNKNOWN_PRODUCT: _("Unknown product"),
    reasons.NOT_APPROVED: _("Not approved"),
    reasons.WRONG_CURRENCY: _("Wrong currency"),
    reasons.MISSING_AMOUNT: _("Missing amount"),
    reasons.BAD_AMOUNT: _("Bad amount"),
    reasons.UNAUTHORIZED: _("Unauthorized"),
}


def shape_of(reason: str) -> Shape:
    return SHAPES.get(reason, DISCARDED)


def title_of(reason: str) -> str | Promise:
    """ "Unknown click"; the code in words."""
    return WORDS.get(reason, reason.replace("_", " ").capitalize())


def verdict_label(row: Postback) -> SafeString:
    shape = shape_of(row.reason)
    return format_html(
        '<span class="ct-label ct-{}"><span class="ct-icon" data-icon="{}" aria-hidden="true"></span>{}</span>',
        shape.tone,
        shape.icon,
        title_of(row.reason),
    )


def saved_cell(row: Postback) -> str:
    """The transaction number, or a dash."""
    if not row.saved:
        return DASH
    return page_link("ledger_transaction", row.transaction_number, row.transaction_number)
