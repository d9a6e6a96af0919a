"""What a partner may see of his transactions and clicks: decided here, and nowhere else.

He sees the order number (his postbacks carry it), program, product, creative, subid, money and times, the state, and
why it was cancelled, in the words of who did it. He sees no other partner's name or number, nobody of the house, no
addresses, agents and full referrers, no parameters of the shop's calls, no keys.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clicktrail.control.catalog.models import Creative, Program
from clicktrail.control.console.cells import money_text, rate_text, state_label, time_cell
from clicktrail.control.ledger.models import Adjustment, Move, Transaction
from clicktrail.control.portal.viewer import Viewer
from clicktrail.control.reconcile.models import Action
from clicktrail.core import adjustment

CANCELLED, PAID = "cancelled", "paid"
ADJUSTMENT_WORDS = {
    adjustment.OPEN: gettext_lazy("It is offset against your next payout."),
    adjustment.SETTLED: gettext_lazy("It has been offset against a payout."),
    adjustment.VOIDED: gettext_lazy("It was a mistake and has been withdrawn."),
    adjustment.SUPERSEDED: gettext_lazy("The whole order was cancelled afterwards."),
}
"""What an adjustment's state means for the partner."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One transaction, as its partner reads it. Texts for people."""

    number: int
    order: str
    program: str
    product: str
    creative: str
    subid: str
    state: str
    label: Any
    why: str
    revenue: str
    commission: str
    """Revenue and commission after adjustments."""
    is_adjusted: bool
    rate: str
    created: Any
    clicked: Any
    clickid: str
    referrer_host: str
    is_test: bool


def own_transactions(viewer: Viewer) -> QuerySet[Transaction]:
    return viewer.own(Transaction.objects.all())


def seen(rows: Iterable[Transaction]) -> list[Seen]:
    """Names and reasons for all rows in one question each."""
    rows = list(rows)
    programs = dict(Program.objects.filter(pk__in={row.program_id for row in rows}).values_list("pk", "name"))
    creatives = dict(Creative.objects.filter(pk__in={row.creative_id for row in rows}).values_list("pk", "name"))
    whys = _whys(row.number for row in rows if row.state == CANCELLED)
    return [
        _seen(row, programs.get(row.program_id, ""), creatives.get(row.creative_id, ""), whys.get(row.number, ""))
        for row in rows
    ]


def _whys(numbers: Iterable[int]) -> dict[int, str]:
    moves = Move.objects.filter(transaction_number__in=list(numbers), to_state=CANCELLED).order_by("id")
    told = moves.values_list("transaction_number", "reason", "call_id")
    return {number: told_why(reason, call) for number, reason, call in told}


def told_why(reason: str, call: int | None) -> str:
    """What somebody wrote for the partner, word by word; what was written by itself, for the house, in other words."""
    if call is not None:
        return _("The shop has cancelled it.")
    if reason.startswith(Action.RECONCILED):
        return _("It was cancelled when the orders here were compared with those of the shop.")
    return reason


def _seen(row: Transaction, program: str, creative: str, why: str) -> Seen:
    return Seen(
        number=row.number,
        order=row.tid,
        program=program or _("Program %(number)s") % {"number": row.program_id},
        product=row.product,
        creative=creative,
        subid=row.subid,
        state=row.state,
        label=state_label(row.state),
        why=f"{why_of(row.state, why)} {_why_adjusted(row)}".strip(),
        revenue=_money(row.remaining_revenue_minor, row),
        commission=_money(row.remaining_commission_minor, row),
        is_adjusted=row.is_adjusted,
        rate=rate_text(row.percent_ppm, row.fixed_minor, row.currency),
        created=time_cell(row.created_ms),
        clicked=time_cell(row.clicked_ms),
        clickid=row.clickid,
        referrer_host=row.referrer_host,
        is_test=row.test,
    )


def _money(minor: int | None, row: Transaction) -> str:
    return "" if minor is None else money_text(minor, row.currency, row.decimals)


def _why_adjusted(row: Transaction) -> str:
    if row.state != PAID or not row.is_adjusted:
        return ""
    if not row.adjusted_commission_minor:
        return _("A part of the order came back afterwards; your commission stays.")
    taken = _money(-row.adjusted_commission_minor, row)
    return _("A part of the order came back afterwards: %(amount)s of the commission is taken back.") % {
        "amount": taken
    }


def why_of(state: str, reason: str) -> str:
    """The state in a sentence."""
    if state == CANCELLED:
        return reason or _("The shop gave no reason.")
    return {
        "held": _("It waits for a proof from the shop that the order is genuine."),
        "open": _("The shop has reported the order, and confirms or cancels it later."),
        "confirmed": _("The shop has confirmed the order. It is paid with the next payout."),
        "paid": _("Your commission is paid."),
    }.get(state, "")


def history(row: Transaction) -> list[tuple[Any, Any, str]]:
    """(when, state, reason) of every move; who did it stays in the house, and so do reasons of all but cancelling."""
    moves = Move.objects.filter(transaction_number=row.number).order_by("id")
    return [
        (time_cell(move.at_ms), state_label(move.to_state), _why(move))
        for move in moves
        if move.from_state != move.to_state
    ]


@dataclass(frozen=True, slots=True)
class Adjusted:
    """One adjustment, as the partner reads it."""

    at: Any
    revenue: str
    commission: str
    why: str
    outcome: str


def adjustments(row: Transaction) -> list[Adjusted]:
    """Oldest first; who booked it stays in the house."""
    found = Adjustment.objects.filter(transaction_number=row.number).order_by("revision")
    return [
        Adjusted(
            time_cell(each.at_ms),
            _money(each.revenue_minor, row),
            _money(each.commission_minor, row),
            _why_booked(each),
            str(ADJUSTMENT_WORDS[each.state]),
        )
        for each in found
    ]


def _why_booked(row: Adjustment) -> str:
    """In the words of the person who did it; else in ours."""
    if row.call_id is not None:
        return _("The shop has reported another amount.")
    if row.reason.startswith(Action.RECONCILED):
        return _("The orders here were compared with those of the shop.")
    return row.reason


def paid(row: Transaction) -> tuple[str, str]:
    """(revenue, commission) that were paid, before any adjustment."""
    return _money(row.revenue_minor, row), _money(row.commission_minor, row)


def _why(move: Move) -> str:
    return told_why(move.reason, move.call_id) if move.to_state == CANCELLED else ""
