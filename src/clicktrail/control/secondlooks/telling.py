"""A shared story: what a shop, or one partner, may read of an order. Nothing personal, nothing of anybody else.

No address, agent, referrer or unknown parameter; no name of who works here; of a partner only to himself. What a
shop reads names no partner; what a partner reads says of another's part only that it is another's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clicktrail.control.ledger import verdicts
from clicktrail.control.ledger.forget import without_query
from clicktrail.control.ledger.models import Click, Move, Postback, Transaction
from clicktrail.control.ledger.story import Chapter, outcome
from clicktrail.control.secondlooks.models import Share
from clicktrail.core import reasons
from clicktrail.core.explain import capital, moment, money, pay_step, quote, without_partners
from clicktrail.core.ids import read_id
from clicktrail.core.tongue import mark, say

MOST_SHARED_CALLS = 50
"""Calls in a shared story; the newest beyond it are left off."""

ANOTHERS = mark("It concerns another partner.")
PROOFS = ("signed_by", "token", "proof_fault")
"""Facts of a call that are between the shop and the house: numbers of keys are told to no partner."""
OWN_OUTCOMES = {
    reasons.OK: mark("You are credited if an order follows."),
    reasons.PARTNER_INACTIVE: mark("Nobody is credited: your account was not active."),
}
"""What follows from a click, where the reader is the partner himself."""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom it is told; None: for the shop."""

    partner: int | None

    def is_his(self, partner: int | None) -> bool:
        return self.partner is not None and partner == self.partner

    def may_read(self, partner: int | None) -> bool:
        """A shop reads all of its orders; a partner what is his, or nobody's."""
        return self.partner is None or partner in (None, 0, self.partner)


def tell(share: Share) -> list[Chapter]:
    """Oldest first."""
    reader = Reader(share.partner_id)
    calls = list(_calls(share))
    transactions = Transaction.objects.filter(program_id=share.program_id, tid=share.tid) if share.tid else []
    clicks = _clicks(share, [*calls, *transactions])
    partners = {click.pk: click.partner_id for click in clicks}
    copies = verdicts.copies_of(calls)
    chapters = [_click(click, reader) for click in clicks if reader.may_read(click.partner_id)]
    earned = {row.number: row.partner_id for row in transactions}
    for call in calls:
        whose = _whose(call, partners.get(call.click_id or 0), earned.get(call.transaction_number or 0))
        chapters.append(_call(call, copies.get(call.pk, []), whose, reader))
    chapters += [_transaction(row, reader) for row in transactions]
    return sorted(chapters, key=lambda chapter: chapter.at_ms)


def title(share: Share) -> str:
    if share.tid:
        return say("Order {tid}", tid=quote(share.tid))
    return say("A click") if share.click_id else say("A call")


def _calls(share: Share) -> Any:
    rows = Postback.objects.filter(program_id=share.program_id).order_by("id")
    if share.tid:
        return rows.filter(tid=share.tid)[:MOST_SHARED_CALLS]
    if share.call_id is not None:
        return rows.filter(pk=share.call_id)
    return rows.filter(click_id=share.click_id)[:MOST_SHARED_CALLS]


def _clicks(share: Share, rows: list[Any]) -> list[Click]:
    ids = {row.click_id for row in rows if row.click_id is not None}
    ids |= {share.click_id} if share.click_id is not None else set()
    return list(Click.objects.filter(pk__in=ids, program_id=share.program_id).order_by("id"))


def _click(click: Click, reader: Reader) -> Chapter:
    return Chapter(click.at_ms, _click_heading(click, reader), [step for step in _click_steps(click, reader) if step])


def _click_heading(click: Click, reader: Reader) -> str:
    return say("A click on your link.") if reader.is_his(click.partner_id) else say("A click on a partner's link.")


def _click_steps(click: Click, reader: Reader) -> Iterator[str]:
    yield say("It led to {target}.", target=quote(without_query(click.target)))
    if reader.is_his(click.partner_id):
        yield say("Subid {subid}.", subid=quote(click.subid)) if click.subid else ""
        yield say("It came from {host}.", host=click.referrer_host) if click.referrer_host else ""
    own = OWN_OUTCOMES.get(click.outcome) if reader.is_his(click.partner_id) else None
    yield say(own) if own else outcome(click)


def _whose(call: Postback, clicked: int | None, earned: int | None) -> set[int]:
    """Every partner whom a call has to do with: its own, its click's, and that of the transaction it names."""
    named = verdicts.facts_of(call).get("partner") or read_id(call.pid)
    return {partner for partner in (named, clicked, earned) if partner}


def _call(call: Postback, copies: list[Postback], whose: set[int], reader: Reader) -> Chapter:
    heading = say("A call that reports this order.") if call.tid else say("A call without an order number.")
    facts = verdicts.facts_of(call)
    if not all(reader.may_read(partner) for partner in whose):
        return Chapter(call.at_ms, heading, [say(ANOTHERS)])
    untold = () if reader.partner is None else PROOFS
    steps = verdicts.steps_of(call, copies, operator=False, untold=untold)
    if whose and reader.partner is not None:
        told = pay_step(without_partners(facts))
        steps += [capital(told)] if told else []
    return Chapter(call.at_ms, heading, steps)


def _transaction(row: Transaction, reader: Reader) -> Chapter:
    heading = say("Transaction {number}.", number=row.number)
    if not reader.may_read(row.partner_id):
        return Chapter(row.created_ms, heading, [say(ANOTHERS)])
    currency = {"currency": row.currency, "decimals": row.decimals}
    steps = [say("Product {product}.", product=quote(row.product)), say("It is {state}.", state=say(row.state))]
    if row.revenue_minor is not None:
        steps += [say("Revenue {money}.", money=money(row.revenue_minor, currency))]
    if reader.is_his(row.partner_id):
        steps += [say("Commission {money}.", money=money(row.commission_minor, currency))]
    if row.is_adjusted:
        remaining = money(row.remaining_revenue_minor or 0, currency)
        steps += [say("A part came back after it was paid: {money} of the revenue remains.", money=remaining)]
    steps += [say("A test: it is in no total.")] if row.test else []
    moves = Move.objects.filter(transaction_number=row.number).order_by("id")
    return Chapter(row.created_ms, heading, steps + [_move(move) for move in moves])


def _move(move: Move) -> str:
    """When and what; who and why stays in the house."""
    if move.from_state == move.to_state:
        return say("Changed {when}.", when=moment(move.at_ms))
    begin, end = say(move.from_state), say(move.to_state)
    return capital(say("{begin} became {end} {when}.", begin=begin, end=end, when=moment(move.at_ms)))
