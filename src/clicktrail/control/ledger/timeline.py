"""The story of an order as moments on one line: click, redirect, calls, verdicts, transaction, moves, deliveries.

The sentences are those of `story.py` and `core/story.py`, so that page, command and API tell the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from clicktrail.control.ledger import deliveries, story, verdicts
from clicktrail.control.ledger.models import Click, Move, Postback, Transaction
from clicktrail.control.ledger.moves import facts_said
from clicktrail.control.ledger.trace import Found
from clicktrail.core import reasons
from clicktrail.core.explain import changed
from clicktrail.core.tongue import mark, say

CLICK, REDIRECT, CALL, VERDICT, TRANSACTION, MOVE, DELIVERY = KINDS = (
    "click", "redirect", "call", "verdict", "transaction", "move", "delivery",
)  # fmt: skip
NAMES = {
    CLICK: mark("Click"),
    REDIRECT: mark("Redirect"),
    CALL: mark("Call"),
    VERDICT: mark("Verdict"),
    TRANSACTION: mark("Transaction"),
    MOVE: mark("Move"),
    DELIVERY: mark("Delivery"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    at_ms: int
    kind: str
    heading: str
    steps: list[str] = field(default_factory=list)
    key: int = 0
    """Of the row that it tells of: a call, a transaction, a delivery."""
    code: str = ""
    """A verdict's reason, a transaction's or a delivery's state."""


def moments(found: Found, prefix: str) -> list[Moment]:
    """Oldest first; of one moment in the order in which they follow from each other."""
    names = story.Names()
    copies = verdicts.copies_of(found.calls)
    made: list[Moment] = []
    for click in found.clicks:
        chapter = story.click_chapter(click, prefix, names, found.foreign.get(click.pk, ""))
        made += [Moment(click.at_ms, CLICK, chapter.heading, chapter.steps, click.pk), _redirect(click)]
    for call in found.calls:
        chapter = story.call_chapter(call, copies.get(call.pk, ()), names)
        made += [Moment(call.at_ms, CALL, chapter.heading, chapter.steps, call.pk), *_verdict(call)]
    judged = {call.pk: call.judged_ms for call in found.calls}
    for row in found.transactions:
        moves = [move for move in found.moves if move.transaction_number == row.number]
        made += _transaction(row, judged.get(row.postback_id) or row.created_ms, moves, names)
    made += [_delivery(told) for told in found.deliveries]
    return sorted(made, key=lambda moment: (moment.at_ms, KINDS.index(moment.kind)))


def _redirect(click: Click) -> Moment:
    """The visitor is sent on at once: in the same moment as the click, as far as anybody has measured."""
    if click.outcome != reasons.OK:
        heading = say("Sent on to the program's default target: a visitor is never stranded.")
    elif "://" in click.target:
        heading = say("Sent on to {address}, with the ClickID.", address=click.target)
    else:
        heading = say("Sent on to the click target '{target}', with the ClickID.", target=click.target)
    return Moment(click.at_ms, REDIRECT, heading)


def _verdict(call: Postback) -> Iterator[Moment]:
    if call.judged_ms is not None:
        yield Moment(call.judged_ms, VERDICT, verdicts.sentence_of(call), [], call.pk, call.reason)


def _transaction(row: Transaction, at_ms: int, moves: list[Move], names: story.Names) -> Iterator[Moment]:
    """at_ms: of the verdict that made it, whenever its order happened."""
    chapter = story.transaction_chapter(row, [], names)
    yield Moment(at_ms, TRANSACTION, chapter.heading, chapter.steps, row.number, row.state)
    for move in moves:
        yield Moment(move.at_ms, MOVE, story.move_words(move), _changes(move, row), row.number, move.to_state)


def _changes(move: Move, row: Transaction) -> list[str]:
    told = changed({"changes": facts_said(move.changes), "currency": row.currency, "decimals": row.decimals})
    return [told] if told else []


def _delivery(told: deliveries.Told) -> Moment:
    row = told.delivery
    return Moment(row.created_ms, DELIVERY, deliveries.heading(told), deliveries.steps(told), row.pk, row.state)
