"""Rows of adjustments, for the engine's drivers and Django's alike: what a change of a transaction books and moves."""

from typing import Any

from clicktrail.core import adjustment
from clicktrail.core.case import Earlier

COLUMNS = (
    "transaction_number", "revision", "program_id", "partner_id", "revenue_minor", "commission_minor", "state", "test",
    "at_ms", "actor", "reason", "call_id",
)  # fmt: skip

ENTRY_VERBS = {adjustment.SUPERSEDE: adjustment.OPEN, adjustment.RESTORE: adjustment.SUPERSEDED}
"""What a move of the transaction does to its entries -> the state of those that it moves."""


def booked_row(
    before: Earlier, now: Earlier, program: int, at_ms: int, actor: str, reason: str, call_id: int | None
) -> tuple[Any, ...] | None:
    """A row of COLUMNS; None where nothing is booked. It is named by the revision that booked it."""
    amounts = adjustment.booked(before, now)
    if amounts is None:
        return None
    return (
        now.number, now.revision, program, before.partner, *amounts, adjustment.OPEN, before.test, at_ms, actor, reason,
        call_id,
    )  # fmt: skip


def follow_row(before: Earlier, now: Earlier) -> tuple[str, int, str] | None:
    """(state, transaction, state before) of the entries that a move of the transaction takes along."""
    verb = adjustment.follows(before.state, now.state)
    if verb is None or not now.is_adjusted:
        return None
    begin = ENTRY_VERBS[verb]
    return adjustment.MOVES[begin, verb], now.number, begin
