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

from clicktrail.control.catalog.models import Creative, Program
from clicktrail.control.console.cells import money_text, rate_text, state_label, time_cell
from clicktrail.control.ledger.models import Move, Transaction
from clicktrail.control.portal.viewer import Viewer
from clicktrail.control.reconcile.models import Action

CANCELLED = "cancelled"


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
        why=why_of(row.state, why),
        revenue="" if row.revenue_minor is None else money_text(row.revenue_minor, row.currency, row.decimals),
        commission=money_text(row.commission_minor, row.currency, row.decimals),
        rate=rate_text(row.percent_ppm, row.fixed_minor, row.currency),
        created=time_cell(row.created_ms),
        clicked=time_cell(row.clicked_ms),
        clickid=row.clickid,
        referrer_host=row.referrer_host,
        is_test=row.test,
    )


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


def _why(move: Move) -> str:
    return told_why(move.reason, move.call_id) if move.to_state == CANCELLED else ""
