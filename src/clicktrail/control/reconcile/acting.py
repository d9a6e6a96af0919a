"""Moves that follow from a list: what would change, and the change itself, in chunks.

The place up to which an action has got moves in the same transaction as the moves: an
action that was interrupted goes on where it was. What is already as it should be is left alone.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from clicktrail import heartbeat
from clicktrail.control.ledger import moves, transactionrow
from clicktrail.control.ledger.models import Transaction
from clicktrail.control.reconcile import classes
from clicktrail.control.reconcile.models import Action, JobState, Line, Reconciliation
from clicktrail.control.reconcile.progress import Claimed
from clicktrail.control.reconcile.sentences import NOTHING, Sentence, told, word
from clicktrail.core import lifecycle
from clicktrail.core.repeat import ADJUSTABLE, REDUCIBLE, reduced
from clicktrail.core.tongue import mark

CONFIRM, CANCEL, REDUCE = lifecycle.CONFIRM, lifecycle.CANCEL, "part-cancel"
VERBS = {CONFIRM: mark("Confirm"), CANCEL: mark("Cancel"), REDUCE: mark("Part-cancel")}
DONE, UNCHANGED, REFUSED = "done", "unchanged", "refused"

CHUNK = {"sqlite": 15}
"""Moves in one transaction: one sync for all of them. On PostgreSQL one at a time: several rows of sums locked in
another order than the engine's would be a deadlock."""
PAGE_ROWS = 1000
MOST_CHOSEN = 500
"""Lines that can be ticked by hand; whole classes have no such limit."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whole classes, or single lines by their number in the table."""

    kinds: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()

    def text(self) -> str:
        return json.dumps({"kinds": self.kinds, "lines": self.lines})

    @staticmethod
    def of(text: str) -> "Chosen":
        kept = json.loads(text)
        return Chosen(tuple(kept["kinds"]), tuple(kept["lines"]))

    def rows(self, list_id: int) -> QuerySet[Line]:
        """In the order of the table; lines that name no transaction for sure are left out."""
        found = Line.objects.filter(list_id=list_id, number__isnull=False, kind__in=classes.MOVABLE)
        if self.lines:
            return found.filter(pk__in=self.lines[:MOST_CHOSEN]).order_by("pk")
        return found.filter(kind__in=self.kinds).exclude(cause__in=classes.UNSURE).order_by("pk")

    def unsure(self, list_id: int) -> int:
        """Lines of the classes that are left out, because their order number may be another order's."""
        if self.lines:
            return 0
        kinds = [kind for kind in self.kinds if kind in classes.MOVABLE]
        return Line.objects.filter(
            list_id=list_id, number__isnull=False, kind__in=kinds, cause__in=classes.UNSURE
        ).count()


@dataclass(frozen=True, slots=True)
class Sums:
    """Of what counts: without cancelled and tests."""

    transactions: int = 0
    revenue_minor: int = 0
    commission_minor: int = 0

    def plus(self, count: int, revenue_minor: int, commission_minor: int) -> "Sums":
        return Sums(
            self.transactions + count, self.revenue_minor + revenue_minor, self.commission_minor + commission_minor
        )


@dataclass(slots=True)
class Preview:
    lines: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    """Sentence -> transactions of which it is true."""
    unsure: int = 0
    """Lines that are left out, because their order number is not certain."""
    before: Sums = field(default_factory=Sums)
    after: Sums = field(default_factory=Sums)


@dataclass(frozen=True, slots=True)
class Step:
    """What an action means for one transaction: `outcome`, and what it has afterwards."""

    outcome: str
    sentence: Sentence = NOTHING
    state: str = ""
    revenue_minor: int | None = None
    commission_minor: int = 0
    verb: str = ""


def preview(list_id: int, verb: str, chosen: Chosen) -> Preview:
    """Nothing is changed. One question for each page of lines."""
    made, seen = Preview(unsure=chosen.unsure(list_id)), set[int]()
    for page in _pages(chosen.rows(list_id)):
        rows = _transactions(page)
        for line in page:
            if line.number in seen:
                continue
            seen.add(line.number)
            made.lines += 1
            _count(made, plan(verb, line.listed_minor, rows.get(line.number)), rows.get(line.number))
    return made


def plan(verb: str, listed_minor: int | None, row: Transaction | None) -> Step:
    """Pure: what would happen to a transaction as it is now."""
    if row is None:
        return Step(REFUSED, told(mark("The transaction is not there any more.")))
    kept = {
        "state": row.state, "revenue_minor": row.remaining_revenue_minor,
        "commission_minor": row.remaining_commission_minor,
    }  # fmt: skip
    if verb == REDUCE and listed_minor != 0:
        return _plan_reduce(listed_minor, row, kept)
    move = CANCEL if verb == REDUCE else verb
    to_state = lifecycle.after(row.state, move)
    if _is_there(move, row.state):
        return Step(UNCHANGED, told(mark("It is {state} already."), state=word(row.state)), **kept)
    if to_state is None:
        said = mark("It is {state}: it cannot be moved by '{verb}'.")
        return Step(REFUSED, told(said, state=word(row.state), verb=word(move)), **kept)
    return Step(DONE, verb=move, **(kept | {"state": to_state}))


def queue(list_: Reconciliation, verb: str, chosen: Chosen, actor: str) -> Action:
    return Action.objects.create(
        list_id=list_.pk, verb=verb, chosen=chosen.text(), actor=actor, created_ms=heartbeat.now_ms(),
        reason=f"{Action.RECONCILED}{list_.file_name}", state=JobState.QUEUED, total=chosen.rows(list_.pk).count(),
    )  # fmt: skip


def run(claimed: Claimed) -> None:
    """The whole job, from where it was. Raises progress.Lost."""
    action = claimed.job
    assert isinstance(action, Action)
    rows = Chosen.of(action.chosen).rows(action.list_id)
    size = CHUNK.get(connection.vendor, 1)
    while page := list(rows.filter(pk__gt=action.last_line)[:PAGE_ROWS]):
        for start in range(0, len(page), size):
            _chunk(claimed, action, page[start : start + size])
    claimed.write(state=JobState.DONE, phase="")


def _chunk(claimed: Claimed, action: Action, lines: Sequence[Line]) -> None:
    with transaction.atomic():
        rows = _transactions(lines)
        outcomes = [(line, _do(action, line, rows.get(line.number or 0))) for line in lines]
        counted = {name: sum(step.outcome == name for _, step in outcomes) for name in (DONE, UNCHANGED, REFUSED)}
        for line, step in outcomes:
            line.action_id, line.outcome, line.outcome_sentence = action.pk, step.outcome, step.sentence.kept
        Line.objects.bulk_update([line for line, _ in outcomes], ["action_id", "outcome", "outcome_sentence"])
        action.last_line = lines[-1].pk
        claimed.write(
            last_line=action.last_line, phase=mark("Moving transactions"), done=F("done") + len(lines),
            moved=F("moved") + counted[DONE], unchanged=F("unchanged") + counted[UNCHANGED],
            refused=F("refused") + counted[REFUSED],
        )  # fmt: skip


def _do(action: Action, line: Line, row: Transaction | None) -> Step:
    """By the ledger's own functions, so that history, sums and deliveries follow as they do for a single move."""
    step = plan(action.verb, line.listed_minor, row)
    if step.outcome != DONE or row is None:
        return step
    now_ms = heartbeat.now_ms()
    done: Any
    if step.verb == REDUCE:
        done = moves.reduce(connection, row.number, line.listed_minor, action.actor, action.reason, now_ms)
    else:
        done = moves.move(connection, row.number, step.verb, action.actor, action.reason, now_ms)
    return Step(REFUSED, Sentence(done.sentence)) if isinstance(done, moves.Refused) else step


def _plan_reduce(listed_minor: int | None, row: Transaction, kept: dict[str, Any]) -> Step:
    if listed_minor is None:
        return Step(REFUSED, told(mark("The list names no new net revenue.")), **kept)
    here = row.remaining_revenue_minor
    if here is None:
        return Step(REFUSED, told(mark("It has no revenue: its product pays a fixed amount.")), **kept)
    if listed_minor == here:
        return Step(UNCHANGED, told(mark("It has this revenue already.")), **kept)
    if listed_minor > here:
        return Step(REFUSED, told(mark("The new revenue is larger than the one here.")), **kept)
    if row.state not in (*REDUCIBLE, *ADJUSTABLE):
        said = mark("It is {state}: its revenue cannot become smaller any more.")
        return Step(REFUSED, told(said, state=word(row.state)), **kept)
    earned = reduced(transactionrow.of(row), listed_minor).remaining_commission_minor
    return Step(DONE, state=row.state, revenue_minor=listed_minor, commission_minor=earned, verb=REDUCE)


def _is_there(verb: str, state: str) -> bool:
    ends = {CONFIRM: (lifecycle.CONFIRMED, lifecycle.PAID), CANCEL: (lifecycle.CANCELLED,)}
    return state in ends[verb]


def _count(made: Preview, step: Step, row: Transaction | None) -> None:
    if step.outcome == REFUSED:
        made.refused[str(step.sentence)] = made.refused.get(str(step.sentence), 0) + 1
    made.changed += step.outcome == DONE
    made.unchanged += step.outcome == UNCHANGED
    if row is None or row.test:
        return
    if lifecycle.counts(row.state):
        made.before = made.before.plus(1, row.remaining_revenue_minor or 0, row.remaining_commission_minor)
    if lifecycle.counts(step.state):
        made.after = made.after.plus(1, step.revenue_minor or 0, step.commission_minor)


def _pages(rows: QuerySet[Line]) -> Iterable[list[Line]]:
    page = list(rows[:PAGE_ROWS])
    while page:
        yield page
        page = list(rows.filter(pk__gt=page[-1].pk)[:PAGE_ROWS])


def _transactions(lines: Iterable[Line]) -> dict[int, Transaction]:
    return Transaction.objects.in_bulk([line.number for line in lines if line.number is not None])
