"""One transaction and everything that led to it; nothing here is a field to be typed over."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.console import adjustments, moving, orders
from clicktrail.control.console.cells import money_cell, named, state_label, time_cell
from clicktrail.control.console.timeline import timeline_of_transaction
from clicktrail.control.ledger.models import Move
from clicktrail.control.ledger.moves import facts_said
from clicktrail.core import explain

Facts = list[tuple[str, str]]


def context(request: HttpRequest, row: Any) -> dict[str, Any]:
    """row: with its names."""
    moves = list(Move.objects.filter(transaction_number=row.pk).order_by("id"))
    edits = rights_of(request).edits
    return {
        "title": _("Transaction %(number)s") % {"number": row.pk},
        "original": row,
        "row": row,
        "state": state_label(row.state),
        "marks": orders.marks(row),
        "facts": _facts(row),
        "edits": edits,
        "verbs": [moving.VERBS[verb] for verb in moving.verbs_for(row.state)] if edits else [],
        "has_part_return": edits and adjustments.takes_part_return(row),
        "adjustments": adjustments.lines(row, edits=edits),
        "timeline": timeline_of_transaction(row),
        "moves": [(time_cell(move.at_ms, row.zone), _states(move), move, changes_text(move, row)) for move in moves],
        "created": time_cell(row.created_ms, row.zone),
    }


def changes_text(move: Move, row: Any) -> str:
    """ "amount 95.50 EUR before, 60.00 EUR now"; empty where only the state has changed."""
    facts = {"changes": facts_said(move.changes), "currency": row.currency, "decimals": row.decimals}
    return explain.changed(facts)


def _states(move: Move) -> str:
    """ "open → confirmed"; one word where it stayed as it was."""
    if move.from_state == move.to_state:
        return _(move.to_state)
    return f"{_(move.from_state)} → {_(move.to_state)}"


def _remaining(row: Any) -> Facts:
    if not row.is_adjusted:
        return []
    return [
        (_("Revenue after adjustments"), money_cell(row.remaining_revenue_minor, row.decimals, row.currency)),
        (_("Commission after adjustments"), money_cell(row.remaining_commission_minor, row.decimals, row.currency)),
    ]


def _facts(row: Any) -> Facts:
    held = [(_("On hold because"), row.held_for)] if row.held_for else []
    return [
        *held,
        (_("Order number"), row.tid),
        (_("Program"), named(row.program_id, row.program_name)),
        (_("Partner"), named(row.partner_id, row.partner_name)),
        (_("Subid"), row.subid or "–"),
        (_("Creative"), named(row.creative_id, row.creative_name)),
        (_("Product"), f"{row.product} ({moving.rate_of(row)})"),
        (_("Revenue"), money_cell(row.revenue_minor, row.decimals, row.currency)),
        (_("Commission"), money_cell(row.commission_minor, row.decimals, row.currency)),
        *_remaining(row),
        (_("Clicked"), time_cell(row.clicked_ms, row.zone)),
        (_("Created"), time_cell(row.created_ms, row.zone)),
        (_("ClickID"), row.clickid or "–"),
        (_("Referrer"), row.referrer or row.referrer_host or "–"),
    ]
