"""What `trace` found, in plain sentences, oldest first, and the same as data for programs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from clicktrail.control.catalog.models import Partner, Program
from clicktrail.control.ledger import export, verdicts
from clicktrail.control.ledger.imported import is_imported
from clicktrail.control.ledger.models import Click, Move, Postback, Transaction
from clicktrail.control.ledger.trace import Found
from clicktrail.core import explain, reasons
from clicktrail.core.clickid import node_of, text_of
from clicktrail.core.money import format_minor

OUTCOMES = {
    reasons.OK: "The partner is credited if an order follows.",
    reasons.PROGRAM_PAUSED: "Nobody is credited: the program was paused.",
    reasons.UNKNOWN_PARTNER: "Nobody is credited: the link named no partner that exists.",
    reasons.PARTNER_INACTIVE: "Nobody is credited: the partner was not active.",
    reasons.UNKNOWN_CREATIVE: "Nobody is credited: the link named an unknown or paused creative or target.",
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
        return f"program {id} ({self._programs[id]})" if id in self._programs else f"program {id}"

    def partner(self, id: int) -> str:
        return f"partner {id} ({self._partners[id]})" if id in self._partners else f"partner {id}"


def tell(found: Found, prefix: str) -> list[Chapter]:
    names = Names()
    copies = verdicts.copies_of(found.calls)
    chapters = [_click(click, prefix, names, found.foreign.get(click.pk, "")) for click in found.clicks]
    chapters += [_call(call, copies.get(call.pk, ()), names) for call in found.calls]
    chapters += [_transaction(t, [m for m in found.moves if m.transaction_number == t.number], names)
                 for t in found.transactions]  # fmt: skip
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
            | _told(_click(c, prefix, names, found.foreign.get(c.pk, "")))
            for c in found.clicks
        ],
        "calls": [
            _row("postbacks", export.postback_row(c, decimals))
            | _told(_call(c, copies.get(c.pk, ()), names))
            | {"facts": verdicts.facts_of(c)}
            for c in found.calls
        ],
        "transactions": [
            _row("transactions", export.transaction_row(t))
            | _told(_transaction(t, [m for m in found.moves if m.transaction_number == t.number], names))
            for t in found.transactions
        ],
        "calls_left_off": found.calls_left_off,
    }


def _row(what: str, row: export.Row) -> dict[str, Any]:
    return dict(zip(export.EXPORTS[what].columns, row, strict=True))


def _told(chapter: Chapter) -> dict[str, Any]:
    return {"story": [chapter.heading, *chapter.steps]}


def _click(click: Click, prefix: str, names: Names, foreign: str) -> Chapter:
    who = names.partner(click.partner_id) if click.partner_id else "no partner"
    creative = f", creative {click.creative_id}" if click.creative_id else ""
    heading = f"Click on a link of {who} for {names.program(click.program_id)}{creative}, led to {click.target!r}."
    return Chapter(click.at_ms, heading, [step for step in _click_steps(click, prefix, foreign) if step])


def _click_steps(click: Click, prefix: str, foreign: str) -> Iterator[str]:
    yield f"Imported: another system gave it the ClickID {explain.quote(foreign)}." if foreign else ""
    yield f"ClickID {text_of(prefix, click.id, click.tail)}, made by node {node_of(click.id)}."
    yield f"Sub id {explain.quote(click.subid)}." if click.subid else ""
    yield f"It came from {click.referrer_host}." if click.referrer_host else ""
    yield OUTCOMES.get(click.outcome, f"Nobody is credited: {click.outcome}.")
    yield "A crawler's: it is not counted." if click.bot else ""
    if click.prefetch:
        counted = "it is counted, because an order named it." if click.counted else "it is not counted."
        yield f"The browser only fetched it ahead: {counted}"
    if click.counted and not click.net:
        yield "A repeated click of the same visitor: in the gross clicks, not in the net ones."


def _call(call: Postback, copies: Iterable[Postback], names: Names) -> Chapter:
    order = f"order {explain.quote(call.tid)}" if call.tid else "no order number"
    program = f" for {names.program(call.program_id)}" if call.program_id is not None else ""
    by = {
        "console": f"Entered by hand by {call.actor}",
        "api": f"Handed in over the API by {call.actor}",
        "import": f"Imported from {explain.quote(call.actor)}: call",
        "again": "Judged once more: the call",
    }
    heading = f"{by.get(call.source, f'Call {call.method}')} with {order}{program}, log number {call.id}."
    return Chapter(call.at_ms, heading, verdicts.steps_of(call, copies))


def _transaction(t: Transaction, moves: list[Move], names: Names) -> Chapter:
    revenue = "" if t.revenue_minor is None else f", revenue {format_minor(t.revenue_minor, t.decimals)} {t.currency}"
    commission = f"{format_minor(t.commission_minor, t.decimals)} {t.currency}"
    heading = f"Transaction {t.number} for {names.partner(t.partner_id)}: commission {commission}{revenue}, {t.state}."
    steps = [f"Order {explain.quote(t.tid)} of {names.program(t.program_id)}, product {explain.quote(t.product)}."]
    steps += ["A test: it is in no total."] if t.test else []
    steps += ["Entered by hand."] if t.manual else []
    steps += ["Imported from another system, with the commission that it paid."] if is_imported(t.postback_id) else []
    return Chapter(t.created_ms, heading, steps + [_move(move) for move in moves])


def _move(move: Move) -> str:
    why = f": {explain.quote(move.reason)}" if move.reason else ""
    return f"{export.iso(move.at_ms)}  {move.from_state} -> {move.to_state}, by {move.actor or 'nobody named'}{why}."
