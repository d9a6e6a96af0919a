"""What `trace` found, in plain sentences, oldest first, and the same as data for programs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from clicktrail.control.catalog.models import Partner, Program
from clicktrail.control.ledger import deliveries, export, verdicts
from clicktrail.control.ledger.imported import is_imported
from clicktrail.control.ledger.models import Click, Move, Postback, Transaction
from clicktrail.control.ledger.moves import facts_said
from clicktrail.control.ledger.trace import Found
from clicktrail.control.outbox import desk
from clicktrail.core import adjustment, explain, reasons
from clicktrail.core.clickid import node_of, text_of
from clicktrail.core.tongue import mark, say

OUTCOMES = {
    reasons.OK: mark("The partner is credited if an order follows."),
    reasons.PROGRAM_PAUSED: mark("Nobody is credited: the program was paused."),
    reasons.UNKNOWN_PARTNER: mark("Nobody is credited: the link named no partner that exists."),
    reasons.PARTNER_INACTIVE: mark("Nobody is credited: the partner was not active."),
    reasons.UNKNOWN_CREATIVE: mark("Nobody is credited: the link named an unknown or paused creative or target."),
}
"""Outcome of a click -> what follows from it."""


@dataclass(frozen=True, slots=True)
class Chapter:
    at_ms: int
    heading: str
    steps: list[str]


class Names:
    """Programs and partners by name, as far as they still exist."""

    def __init__(self) -> None:
        self._programs = dict(Program.objects.values_list("id", "name"))
        self._partners = dict(Partner.objects.values_list("id", "name"))

    def program(self, id: int | None) -> str:
        if id in self._programs:
            return say("program {number} ({name})", number=id, name=self._programs[id])
        return say("program {number}", number=id)

    def partner(self, id: int) -> str:
        if id in self._partners:
            return say("partner {number} ({name})", number=id, name=self._partners[id])
        return say("partner {number}", number=id)


def tell(found: Found, prefix: str) -> list[Chapter]:
    names = Names()
    copies = verdicts.copies_of(found.calls)
    chapters = [click_chapter(click, prefix, names, found.foreign.get(click.pk, "")) for click in found.clicks]
    chapters += [call_chapter(call, copies.get(call.pk, ()), names) for call in found.calls]
    chapters += [transaction_chapter(t, [m for m in found.moves if m.transaction_number == t.number], names)
                 for t in found.transactions]  # fmt: skip
    chapters += [_delivery(told) for told in found.deliveries]
    return sorted(chapters, key=lambda chapter: chapter.at_ms)


def lines(chapters: list[Chapter], calls_left_off: int = 0) -> Iterator[str]:
    for chapter in chapters:
        yield f"{export.iso(chapter.at_ms)}  {chapter.heading}"
        yield from (f"    {step}" for step in chapter.steps)
    if calls_left_off:
        yield f"{calls_left_off} later calls of the same order or click are left off; `clicktrail export` has them."


def as_data(found: Found, prefix: str) -> dict[str, Any]:
    """The columns of `export`, and the sentences with them."""
    decimals = export.decimals_by_program()
    names = Names()
    copies = verdicts.copies_of(found.calls)
    return {
        "clicks": [
            _row("clicks", export.click_row(c, prefix))
            | {"imported_clickid": found.foreign.get(c.pk)}
            | _told(click_chapter(c, prefix, names, found.foreign.get(c.pk, "")))
            for c in found.clicks
        ],
        "calls": [
            _row("postbacks", export.postback_row(c, decimals))
            | _told(call_chapter(c, copies.get(c.pk, ()), names))
            | {"facts": verdicts.facts_of(c)}
            for c in found.calls
        ],
        "transactions": [
            _row("transactions", export.transaction_row(t))
            | _told(transaction_chapter(t, [m for m in found.moves if m.transaction_number == t.number], names))
            for t in found.transactions
        ],
        "deliveries": [
            {"delivery": desk.name_of(told.delivery), "state": told.delivery.state} | _told(_delivery(told))
            for told in found.deliveries
        ],
        "calls_left_off": found.calls_left_off,
    }


def _row(what: str, row: export.Row) -> dict[str, Any]:
    return export.named(export.EXPORTS[what].columns, row)


def _told(chapter: Chapter) -> dict[str, Any]:
    return {"story": [chapter.heading, *chapter.steps]}


def click_chapter(click: Click, prefix: str, names: Names, foreign: str) -> Chapter:
    words = {
        "partner": names.partner(click.partner_id) if click.partner_id else say("no partner"),
        "program": names.program(click.program_id),
        "creative": click.creative_id,
        "target": repr(click.target),
    }
    heading = say("Click on a link of {partner} for {program}, led to {target}.", **words)
    if click.creative_id:
        heading = say("Click on a link of {partner} for {program}, creative {creative}, led to {target}.", **words)
    return Chapter(click.at_ms, heading, [step for step in _click_steps(click, prefix, foreign) if step])


def _click_steps(click: Click, prefix: str, foreign: str) -> Iterator[str]:
    if foreign:
        yield say("Imported: another system gave it the ClickID {clickid}.", clickid=explain.quote(foreign))
    clickid = text_of(prefix, click.id, click.tail)
    yield say("ClickID {clickid}, made by node {node}.", clickid=clickid, node=node_of(click.id))
    yield say("Sub id {subid}.", subid=explain.quote(click.subid)) if click.subid else ""
    yield say("It came from {host}.", host=click.referrer_host) if click.referrer_host else ""
    yield outcome(click)
    yield say("A crawler's: it is not counted.") if click.bot else ""
    if click.prefetch and click.counted:
        yield say("The browser only fetched it ahead: it is counted, because an order named it.")
    elif click.prefetch:
        yield say("The browser only fetched it ahead: it is not counted.")
    if click.counted and not click.net:
        yield say("A repeated click of the same visitor: in the gross clicks, not in the net ones.")


def outcome(click: Click) -> str:
    """What follows from a click, in a sentence."""
    known = OUTCOMES.get(click.outcome)
    return say(known) if known else say("Nobody is credited: {why}.", why=click.outcome)


def call_chapter(call: Postback, copies: Iterable[Postback], names: Names) -> Chapter:
    words = {
        "actor": call.actor,
        "system": explain.quote(call.actor),
        "method": call.method,
        "order": say("order {tid}", tid=explain.quote(call.tid)) if call.tid else say("no order number"),
        "program": names.program(call.program_id),
        "number": call.id,
    }
    with_program, without = HEADINGS.get(call.source, HEADINGS["edge"])
    heading = say(with_program if call.program_id is not None else without, **words)
    return Chapter(call.at_ms, heading, verdicts.steps_of(call, copies))


HEADINGS = {
    "edge": (
        mark("Call {method} with {order} for {program}, log number {number}."),
        mark("Call {method} with {order}, log number {number}."),
    ),
    "console": (
        mark("Entered by hand by {actor} with {order} for {program}, log number {number}."),
        mark("Entered by hand by {actor} with {order}, log number {number}."),
    ),
    "api": (
        mark("Handed in over the API by {actor} with {order} for {program}, log number {number}."),
        mark("Handed in over the API by {actor} with {order}, log number {number}."),
    ),
    "import": (
        mark("Imported from {system}: call with {order} for {program}, log number {number}."),
        mark("Imported from {system}: call with {order}, log number {number}."),
    ),
    "again": (
        mark("Judged once more: the call with {order} for {program}, log number {number}."),
        mark("Judged once more: the call with {order}, log number {number}."),
    ),
}
"""Source of a call -> its heading, with and without a program."""


def transaction_chapter(t: Transaction, moves: list[Move], names: Names) -> Chapter:
    facts = {"currency": t.currency, "decimals": t.decimals}
    words = {
        "number": t.number,
        "partner": names.partner(t.partner_id),
        "commission": explain.money(t.commission_minor, facts),
        "revenue": "" if t.revenue_minor is None else explain.money(t.revenue_minor, facts),
        "state": say(t.state),
    }
    heading = say("Transaction {number} for {partner}: commission {commission}, {state}.", **words)
    if words["revenue"]:
        heading = say(
            "Transaction {number} for {partner}: commission {commission}, revenue {revenue}, {state}.", **words
        )
    order = {"tid": explain.quote(t.tid), "program": names.program(t.program_id), "product": explain.quote(t.product)}
    steps = [say("Order {tid} of {program}, product {product}.", **order)]
    if t.is_adjusted:
        remaining = {"commission": explain.money(t.remaining_commission_minor, facts)}
        remaining["revenue"] = explain.money(t.remaining_revenue_minor or 0, facts)
        steps += [say("After its adjustments: commission {commission}, revenue {revenue}.", **remaining)]
    steps += [say("A test: it is in no total.")] if t.test else []
    steps += [say("Entered by hand.")] if t.manual else []
    if is_imported(t.postback_id):
        steps += [say("Imported from another system, with the commission that it paid.")]
    return Chapter(t.created_ms, heading, steps + [_move(move) for move in moves])


def _delivery(told: deliveries.Told) -> Chapter:
    return Chapter(told.delivery.created_ms, deliveries.heading(told), deliveries.steps(told))


def _move(move: Move) -> str:
    return f"{export.iso(move.at_ms)}  {move_words(move)}"


def move_words(move: Move) -> str:
    """ "open -> confirmed, by mona: 'statement 7'"."""
    words = {
        "begin": say(move.from_state), "end": say(move.to_state), "actor": move.actor or say("nobody named"),
        "why": explain.quote(move.reason),
    }  # fmt: skip
    if move.from_state == move.to_state and ADJUSTMENT_FACTS & {each["fact"] for each in facts_said(move.changes)}:
        return say("Adjustment, by {actor}: {why}." if move.reason else "Adjustment, by {actor}.", **words)
    if move.reason:
        return say("{begin} -> {end}, by {actor}: {why}.", **words)
    return say("{begin} -> {end}, by {actor}.", **words)


ADJUSTMENT_FACTS = {adjustment.FACT, "remaining_amount", "remaining_commission"}
"""Facts of a line of history that books or moves an adjustment."""
ADJUSTMENT_WORDS = (mark("Adjustment, by {actor}: {why}."), mark("Adjustment, by {actor}."))

STATES = [mark("held"), mark("open"), mark("confirmed"), mark("cancelled"), mark("paid")]
"""As the middle of a sentence has them."""
