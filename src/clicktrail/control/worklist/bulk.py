"""Moves of many transactions: at once where they are few, else as a job with its progress in the row.

Each transaction by itself, through `ledger/moves.py`, and only as it stood in the preview. A job that was
interrupted begins its list again: what it had moved has another revision by then and is passed over.

A job asks before each portion what its sender may do: who was switched off or made a reader after sending it moves
nothing any more, and nothing moves in programs that were taken from him.
"""

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.utils.translation import gettext_noop, override

from clicktrail import heartbeat
from clicktrail.control.accounts.models import Account
from clicktrail.control.accounts.rights import Rights, rights_of_account
from clicktrail.control.ledger import moves
from clicktrail.control.ledger.models import Move, Transaction
from clicktrail.control.reconcile.models import JobState
from clicktrail.control.reconcile.progress import Claimed, Lost, claim
from clicktrail.control.worklist.models import BulkMove
from clicktrail.control.worklist.plans import CHANGED, GONE, HIDDEN, QUICKER, RECALCULATE, Step, Words
from clicktrail.control.worklist.preview import CHUNK_ROWS, steps
from clicktrail.core.case import Earlier
from clicktrail.settings import Settings

MAX_BULK = 10_000
"""Transactions in one go."""
MAX_WHILE_YOU_WAIT = 100
"""So many are moved before the page answers; more are a job."""
LOOK_EVERY_S = 1.0
TELL_EVERY = 10
"""Transactions between two words about the progress."""

Seen = list[tuple[int, int]]
"""(transaction, its revision in the preview)"""

SWITCHED_OFF = gettext_noop("The account that asked for this was switched off meanwhile: the rest was left as it is.")
MADE_A_READER = gettext_noop(
    "The account that asked for this may not change anything any more: the rest was left as it is."
)

log = logging.getLogger(__name__)
_wanted = threading.Event()


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done, by whom, and why."""

    verb: str
    seen: Seen
    actor: str
    reason: str
    basis: str = ""
    rows: Callable[[], QuerySet] = Transaction.objects.all
    """What he may move; asked before each portion. Raises Stopped."""


class Stopped(Exception):
    """He may not move anything any more; the sentence says why."""


@dataclass(slots=True)
class Done:
    moved: list[int] = field(default_factory=list)
    left: list[tuple[int, Words]] = field(default_factory=list)
    """(transaction, why it was left as it is)"""


def do(order: Order) -> Done:
    done = Done()
    for number, sentence in _each(order):
        if sentence:
            done.left.append((number, sentence))
        else:
            done.moved.append(number)
    return done


def _each(order: Order) -> Iterator[tuple[int, Words]]:
    """(transaction, why not) of each, done when it is told. Read portion by portion, just before they are moved."""
    for start in range(0, len(order.seen), CHUNK_ROWS):
        revisions = dict(order.seen[start : start + CHUNK_ROWS])
        told = steps(order.rows(), list(revisions), order.verb, order.basis)
        planned = {row.number: (row, step) for row, step in told}
        hidden = _still_there(revisions.keys() - planned.keys())
        for number, revision in revisions.items():
            yield number, HIDDEN if number in hidden else _one(number, revision, planned.get(number), order)


def _still_there(numbers: Set[int]) -> set[int]:
    return set(Transaction.objects.filter(pk__in=numbers).values_list("pk", flat=True)) if numbers else set()


def _one(number: int, revision: int, planned: tuple[Any, Step] | None, order: Order) -> Words:
    if planned is None:
        return GONE
    row, step = planned
    if row.revision != revision:
        return CHANGED
    if step.sentence:
        return step.sentence
    deed = moves.Deed(order.actor, order.reason, heartbeat.now_ms())
    outcome = moves.change(connection, number, _decide(revision, step, order.verb), deed)
    return QUICKER if isinstance(outcome, moves.Refused) else ""


def _decide(revision: int, step: Step, verb: str) -> Callable[[Earlier], Earlier | str]:
    def decide(seen: Earlier) -> Earlier | str:
        if seen.revision != revision:
            return str(CHANGED)
        if verb == RECALCULATE and step.rate is not None:
            return moves.recalculated(seen, step.rate)
        return replace(seen, state=step.state)

    return decide


# As a job


def queue(order: Order, account: int) -> BulkMove:
    made = BulkMove.objects.create(
        verb=order.verb, basis=order.basis, chosen=json.dumps(order.seen), account_id=account, actor=order.actor,
        reason=order.reason, created_ms=heartbeat.now_ms(), state=JobState.QUEUED, total=len(order.seen),
    )  # fmt: skip
    _wanted.set()
    return made


def run(claimed: Claimed) -> None:
    """From the beginning of its list, or from where it was interrupted. Raises progress.Lost."""
    job = claimed.job
    assert isinstance(job, BulkMove)
    left: Counter[str] = Counter(json.loads(job.left))
    chosen = [(number, revision) for number, revision in json.loads(job.chosen)][job.done :]
    order = Order(job.verb, chosen, job.actor, job.reason, job.basis, lambda: _may_move(job.account_id))
    moved, done = job.moved, job.done
    ending = {"state": JobState.DONE, "problem": ""}
    try:
        for number, sentence in _each(order):
            done += 1
            if sentence and not _was_ours(number, job, sentence):
                left[_in_english(sentence)] += 1
            else:
                moved += 1
            if done % TELL_EVERY == 0:
                claimed.write(done=done, moved=moved, left=json.dumps(left))
    except Stopped as why:
        ending = {"state": JobState.FAILED, "problem": str(why)}
    claimed.write(done=done, moved=moved, left=json.dumps(left), **ending)


def _may_move(account: int) -> QuerySet:
    """Transactions that the account may move as it stands now. Raises Stopped."""
    rights: Rights = rights_of_account(Account.objects.filter(pk=account).first())
    if not rights.edits:
        raise Stopped(MADE_A_READER if rights.is_inside else SWITCHED_OFF)
    return rights.narrowed(Transaction.objects.all())


def _was_ours(number: int, job: BulkMove, sentence: Words) -> bool:
    """Whether this job itself had moved it, just before it was interrupted."""
    if sentence is not CHANGED and sentence is not HIDDEN:
        return False
    made = Move.objects.filter(transaction_number=number, actor=job.actor, reason=job.reason)
    return made.filter(at_ms__gte=job.created_ms).exists()


def _in_english(sentence: Words) -> str:
    """As it is kept: whoever reads it has it in his own language."""
    with override("en"):
        return str(sentence)


def work_once() -> bool:
    """One job, to its end; False where none waits."""
    claimed = claim(BulkMove)
    if claimed is None:
        return False
    try:
        run(claimed)
    except Lost:
        log.warning("bulk move %s was taken over by another worker", claimed.job.pk)
    except DatabaseError:
        raise
    except Exception:
        log.exception("bulk move %s failed", claimed.job.pk)
        claimed.write(state=JobState.FAILED, problem="It failed by a fault of the program; the log has the details.")
    return True


def watch(_settings: Settings, stop: threading.Event) -> None:
    """Until `stop`. A ledger out of reach is tried again."""
    while not stop.is_set():
        try:
            while not stop.is_set() and work_once():
                pass
        except DatabaseError as fault:
            log.warning("moving many waits for the ledger: %s", fault)
        finally:
            connection.close()
        _wanted.wait(LOOK_EVERY_S)
        _wanted.clear()
