"""A conversion on one page: find its click and the order's earlier transaction, judge, write down.

`judge_calls` reads top to bottom: look up for all calls at once, then judge one after the
other in memory, so that of two calls of one order in a batch the second sees the first.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Protocol

from clicktrail.core import postback as call_form
from clicktrail.core.case import ABSENT, UNREAD, Award, Change, ClickFacts, Earlier, NoClick, Verdict
from clicktrail.core.catalog import Catalog
from clicktrail.core.clickid import Reader
from clicktrail.core.conflictsource import ConflictSource, source_of
from clicktrail.core.ids import read_id
from clicktrail.core.judge import judge
from clicktrail.core.lifecycle import counts
from clicktrail.core.ordernumber import order_number_key
from clicktrail.core.orders import Key, Lookups, Orders
from clicktrail.core.reasons import CONFLICT, WAITING
from clicktrail.engine import conflicts, outbox, proofs
from clicktrail.engine.changes import Changed
from clicktrail.engine.ledger import Numbers, Row
from clicktrail.engine.rollup import BOT, COMMISSION, NET, REVENUE, TRANSACTIONS, Rollups
from clicktrail.journal.events import Postback

MAX_COLUMN = 255
"""Characters of a parameter in its own column; the whole of it stands in `params`."""


@dataclass(slots=True)
class Call:
    """One call to be judged. tick: the pass in which it was read; waited: it has a row in the log already."""

    event: Postback
    typed: call_form.Postback
    click_id: int | None
    tick: int
    waited: bool = False

    @property
    def at_ms(self) -> int:
        """When the order happened: judging time is the call's arrival."""
        return self.event.arrived_ms or self.event.at_ms

    @property
    def key(self) -> Key:
        return read_id(self.typed.cpid) or 0, self.typed.tid or ""


@dataclass(slots=True)
class KnownClick:
    facts: ClickFacts
    prefetch: bool
    counted: bool
    bot: bool
    host: str


class Facts(Lookups, Protocol):
    """What judging looks up, each for a whole batch."""

    def clicks(self, ids: list[int]) -> dict[int, KnownClick]: ...

    def imported(self, calls: list["Call"]) -> dict[int, int]:
        """call -> click, for calls whose ClickID is that of an imported click."""

    def conflict_counts(self, keys: list[str]) -> dict[str, int]:
        """Group -> conflicts in it so far; a new group is left out."""

    def catalog(self, version: int) -> Catalog:
        """The catalog that was in force when the call arrived."""

    def is_final(self, click_id: int, tick: int) -> bool:
        """Whether a click that is not there will never come to a call read in this pass."""


@dataclass(slots=True)
class Judged:
    """The outcome: rows to store, and who waits on."""

    numbers: Numbers
    now_ms: int
    """Of the engine's clock, for the log only; no verdict depends on it."""
    postbacks: list[Row] = field(default_factory=list)
    verdicts: list[Row] = field(default_factory=list)
    transactions: list[Row] = field(default_factory=list)
    named: list[int] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    moves: list[Row] = field(default_factory=list)
    adjustments: list[Row] = field(default_factory=list)
    following: list[Row] = field(default_factory=list)
    waiting: list[Call] = field(default_factory=list)
    final: list[tuple[int, Verdict]] = field(default_factory=list)
    deliveries: list[Row] = field(default_factory=list)
    raised: list[conflicts.Conflict] = field(default_factory=list)
    conflict_groups: list[Row] = field(default_factory=list)


def read_call(event: Postback, read_clickid: Reader, tick: int, waited: bool = False) -> Call:
    typed = call_form.from_params(event.params, event.fault, proofs.of(event), event.source == "import")
    if event.again or event.source == "import":
        # What is here already may have been moved by people since: an import adds to it and changes nothing.
        typed = replace(typed, again=True, separate=event.separate)
    click_id = read_clickid(typed.clickid) if typed.clickid else None
    return Call(event, typed, click_id, tick, waited)


def judge_calls(calls: list[Call], facts: Facts, numbers: Numbers, rollups: Rollups, now_ms: int) -> Judged:
    calls = _with_imported(calls, facts)
    clicks = facts.clicks([call.click_id for call in calls if call.click_id is not None])
    orders = _orders(calls, facts)
    judged = Judged(numbers, now_ms)
    for call in calls:
        click = clicks.get(call.click_id) if call.click_id is not None else None
        catalog = facts.catalog(call.event.catalog)
        seen = _seen(call, click, facts)
        before = orders.earlier(call.key)
        similar = orders.similar(call.key) if before is None else ()
        verdict = judge(call.typed, call.click_id, seen, before, catalog, call.at_ms, similar)
        if (award := verdict.award) is not None:
            number = _credit(call, award, click, judged, rollups, catalog)
            verdict = replace(verdict, transaction=number, facts=verdict.facts | {"transaction": number})
            orders.put(call.key, _as_earlier(number, award, click, call))
        elif before is not None and verdict.change is not None:
            orders.put(call.key, _change(call, before, verdict.change, click, judged, rollups, catalog))
        source = source_of(verdict, call.key[0], seen, conflicts.network_of(call.event), call.event.at_ms)
        if verdict.reason == CONFLICT and (named := orders.numbered(call.key, verdict.transaction)):
            judged.raised.append(conflicts.Conflict(source, catalog, named[1], verdict, named[0], call.event))
        _write_down(call, verdict, catalog, judged, source)
    _group_conflicts(judged, facts)
    return judged


def _group_conflicts(judged: Judged, facts: Facts) -> None:
    if judged.raised:
        counts = facts.conflict_counts(conflicts.keys_of(judged.raised))
        judged.deliveries += conflicts.deliveries(judged.raised, counts, judged.now_ms)
        judged.conflict_groups += conflicts.group_rows(judged.raised)


def _orders(calls: list[Call], facts: Facts) -> Orders:
    """Similar order numbers count since judging version 2."""
    numbered = [call for call in calls if call.typed.tid]
    newer = [call.key for call in numbered if facts.catalog(call.event.catalog).judging_version >= 2]
    return Orders([call.key for call in numbered], newer, facts)


def _with_imported(calls: list[Call], facts: Facts) -> list[Call]:
    """A ClickID that was imported means that click, whatever it looks like. What waits keeps its own id."""
    known = facts.imported(calls)
    if not known:
        return calls
    return [replace(call, click_id=known.get(call.event.id, call.click_id)) for call in calls]


def _seen(call: Call, click: KnownClick | None, facts: Facts) -> ClickFacts | NoClick | None:
    if call.click_id is None:
        return None
    if click is not None:
        return click.facts
    return ABSENT if facts.is_final(call.click_id, call.tick) else UNREAD


def _credit(
    call: Call, award: Award, click: KnownClick | None, judged: Judged, rollups: Rollups, catalog: Catalog
) -> int:
    """Create the transaction and add it up; a test stays out of the sums. Returns its number."""
    number = judged.numbers.next_transaction
    judged.numbers = replace(judged.numbers, next_transaction=number + 1)
    host = click.host if click else ""
    judged.transactions.append(_transaction_row(number, award, host, call))
    judged.deliveries += outbox.of_award(catalog, number, award, call.event, judged.now_ms)
    # Before the order gives its subid a row: the click was counted where the subid had none.
    _count_if_prefetched(click, judged, rollups, catalog)
    if not award.test and counts(award.state):
        slot = rollups.at(call.at_ms, award.program, award.partner, award.creative, award.product_id, catalog)
        slot.add(TRANSACTIONS, award.subid, host)
        slot.add(REVENUE, award.subid, host, award.revenue_minor or 0)
        slot.add(COMMISSION, award.subid, host, award.commission_minor)
    return number


def _count_if_prefetched(click: KnownClick | None, judged: Judged, rollups: Rollups, catalog: Catalog) -> None:
    """The order shows that somebody came by this click after all, and by no other: gross and net."""
    if click is None or not click.prefetch or click.counted or click.bot:
        return
    click.counted = True
    facts = click.facts
    slot = rollups.slot(facts.at_ms, facts.program, facts.partner, facts.creative, catalog)
    slot.add(BOT, facts.subid, click.host, -1)
    slot.add(NET, facts.subid, click.host)
    judged.named.append(facts.id)


def _change(
    call: Call,
    before: Earlier,
    change: Change,
    click: KnownClick | None,
    judged: Judged,
    rollups: Rollups,
    catalog: Catalog,
) -> Earlier:
    """A trusted call's word on a transaction that is there. Returns it as it stands now."""
    changed = Changed(*call.key, before, change, click.host if click else "", call.event)
    judged.changes.append(changed.row())
    judged.moves.append(changed.move())
    if adjustment := changed.adjustment():
        judged.adjustments.append(adjustment)
    if following := changed.following():
        judged.following.append(following)
    judged.deliveries += outbox.of_change(catalog, before, change, call.key, call.event, judged.now_ms)
    changed.add_up(rollups, catalog)
    if click is not None and change.after.click_id == click.facts.id:
        _count_if_prefetched(click, judged, rollups, catalog)
    return changed.after


def _transaction_row(number: int, award: Award, host: str, call: Call) -> Row:
    return (
        number, award.program, award.tid, award.partner, award.subid, award.creative, award.referrer or None, host,
        award.clickid, award.click_id, award.product_id, award.product, award.revenue_minor, award.commission_minor,
        award.percent_ppm, award.fixed_minor, award.currency, award.decimals, award.state, award.test,
        call.event.source == "console", call.event.id, award.clicked_ms, call.at_ms, award.trusted, award.held_for,
        award.stamp_ms, 0, order_number_key(award.tid),
    )  # fmt: skip


def _as_earlier(number: int, award: Award, click: KnownClick | None, call: Call) -> Earlier:
    return Earlier(
        number, award.partner, award.product, award.revenue_minor, award.click_id, award.state, 0, award.trusted,
        award.stamp_ms, award.subid, award.creative, award.referrer, click.host if click else "", award.clickid,
        award.product_id, award.commission_minor, award.percent_ppm, award.fixed_minor, award.test, award.clicked_ms,
        call.at_ms, award.held_for,
    )  # fmt: skip


def _write_down(call: Call, verdict: Verdict, catalog: Catalog, judged: Judged, source: ConflictSource | None) -> None:
    """A line of the log, or the verdict that a waiting line was still without."""
    is_final = verdict.reason != WAITING
    order = judged.numbers.next_order if is_final else None
    if is_final:
        judged.numbers = replace(judged.numbers, next_order=judged.numbers.next_order + 1)
        judged.final.append((call.event.id, verdict))
    else:
        judged.waiting.append(call)
    outcome = (
        verdict.reason, json.dumps(verdict.facts, ensure_ascii=False), verdict.saved, verdict.transaction, order,
        judged.now_ms if is_final else None, catalog.version, source and source.key,
        (verdict.reason == CONFLICT and source is None) or None,
    )  # fmt: skip
    if call.waited and is_final:
        judged.verdicts.append((*outcome, call.event.id))
    elif not call.waited:
        judged.postbacks.append(_log_row(call) + outcome)


def _log_row(call: Call) -> Row:
    event, typed = call.event, call.typed
    texts = (typed.pid, typed.subid, typed.wmid, typed.product, typed.amount)
    return (
        event.id, event.at_ms, event.method, event.source, event.actor, read_id(typed.cpid), _short(typed.tid),
        _short(typed.clickid), call.click_id, *map(_short, texts), typed.nocheck,
        json.dumps(event.params, ensure_ascii=False), event.fault, event.ip or None, event.user_agent or None,
        event.referrer or None, proofs.kept(event), event.again or None, event.arrived_ms or None,
    )  # fmt: skip


def _short(text: str | None) -> str:
    return (text or "")[:MAX_COLUMN]
