"""What a verb would make of a transaction as it stands. Pure: the preview and the move itself ask the same."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clicktrail.control.ledger.imported import is_imported
from clicktrail.core import lifecycle
from clicktrail.core.catalog import Rate
from clicktrail.core.money import commission
from clicktrail.core.repeat import REDUCIBLE

RECALCULATE = "recalculate"
VERBS = (*lifecycle.VERBS, RECALCULATE)

Words = str | Promise

NO_SUCH_MOVE: dict[tuple[str, str], Words] = {
    (lifecycle.OPEN, lifecycle.RELEASE): _("It is open already."),
    (lifecycle.CONFIRMED, lifecycle.RELEASE): _("It is confirmed: only what is on hold can be released."),
    (lifecycle.CANCELLED, lifecycle.RELEASE): _("It is cancelled: only what is on hold can be released."),
    (lifecycle.PAID, lifecycle.RELEASE): _("It is paid: only what is on hold can be released."),
    (lifecycle.CONFIRMED, lifecycle.CONFIRM): _("It is confirmed already."),
    (lifecycle.CANCELLED, lifecycle.CONFIRM): _("It is cancelled: reopen it first."),
    (lifecycle.PAID, lifecycle.CONFIRM): _("It is paid, so it was confirmed before."),
    (lifecycle.CANCELLED, lifecycle.CANCEL): _("It is cancelled already."),
    (lifecycle.HELD, lifecycle.REOPEN): _("It is on hold: only what was cancelled can be reopened."),
    (lifecycle.OPEN, lifecycle.REOPEN): _("It is open already."),
    (lifecycle.CONFIRMED, lifecycle.REOPEN): _("It is confirmed: only what was cancelled can be reopened."),
    (lifecycle.PAID, lifecycle.REOPEN): _("It is paid: only what was cancelled can be reopened."),
    (lifecycle.HELD, lifecycle.PAY): _("It is on hold: confirm it first."),
    (lifecycle.OPEN, lifecycle.PAY): _("It is open: confirm it first."),
    (lifecycle.CANCELLED, lifecycle.PAY): _("It is cancelled: nothing is paid for it."),
    (lifecycle.PAID, lifecycle.PAY): _("It is paid already."),
    (lifecycle.CANCELLED, RECALCULATE): _("It is cancelled: it earns nothing. Reopen it first."),
    (lifecycle.PAID, RECALCULATE): _("It is paid: what was paid stands."),
}
GONE = _("It is not there any more.")
HIDDEN = _("It is of a program that was taken from the account that asked for this.")
CHANGED = _("It has changed since the preview; look again.")
QUICKER = _("Somebody else changed it in the same moment; look again.")
IMPORTED = _("It was imported with the commission that the other system paid.")
NO_RATE = _("No rate is known for it: its commission product is not there any more.")
NO_REVENUE = _("Its rate is a percentage, and it has no revenue.")
SAME = _("It has this commission already.")


@dataclass(frozen=True, slots=True)
class Step:
    """Nothing happens where there is a sentence."""

    state: str
    commission_minor: int
    """What remains after adjustments."""
    sentence: Words = ""
    rate: Rate | None = None
    """The new one, of a recalculation."""


def plan(verb: str, row: Any, rate: Rate | None = None) -> Step:
    """row: a transaction. rate: what it would be paid by, for a recalculation; None where that is not known."""
    refusal = NO_SUCH_MOVE.get((row.state, verb))
    if refusal is not None:
        return Step(row.state, row.remaining_commission_minor, refusal)
    if verb == RECALCULATE:
        return _recalculated(row, rate)
    state = lifecycle.after(row.state, verb)
    assert state is not None, (row.state, verb)
    return Step(state, row.remaining_commission_minor)


def _recalculated(row: Any, rate: Rate | None) -> Step:
    sentence = _no_recalculation(row, rate)
    if sentence or rate is None:
        return Step(row.state, row.remaining_commission_minor, sentence)
    earned = commission(rate, row.remaining_revenue_minor)
    if (earned, rate) == (row.remaining_commission_minor, Rate(row.percent_ppm, row.fixed_minor)):
        return Step(row.state, earned, SAME)
    return Step(row.state, earned, rate=rate)


def _no_recalculation(row: Any, rate: Rate | None) -> Words:
    assert row.state in REDUCIBLE, row.state
    if is_imported(row.postback_id):
        return IMPORTED
    if rate is None:
        return NO_RATE
    return NO_REVENUE if rate.percent_ppm is not None and row.revenue_minor is None else ""
