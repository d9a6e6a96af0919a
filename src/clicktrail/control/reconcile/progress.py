"""Jobs: claimed by a conditional update, with their progress in the row.

Whoever works on a job writes its name and the time with every step. A job whose worker
has not been heard of for a while is claimed by another, who begins it again or goes on.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import F, Q

from clicktrail import heartbeat
from clicktrail.control.reconcile.models import Action, JobState, Reconciliation
from clicktrail.control.reconcile.sentences import told
from clicktrail.core.tongue import mark

STALE_MS = 30_000
"""A worker that was not heard of for so long is gone."""
MOST_TRIES = 3
"""A job that ended its worker so often is not tried again."""
WHOLE = 1000
"""Progress is told in thousandths."""

AnyJob = TypeVar("AnyJob", Reconciliation, Action)


class Lost(Exception):
    """Another worker has this job now: stop, and write nothing more."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that is ours; `step` tells how far it is. Raises Lost."""

    job: Reconciliation | Action
    owner: str
    hear: Callable[[str, int, int], None] | None = None
    """Is told of every step too: phase, done, total."""

    def step(self, phase: str, done: int, total: int) -> None:
        self.write(phase=phase, done=done, total=total)
        if self.hear:
            self.hear(phase, done, total)

    def part(self, phase: str, begin: int, end: int, count: int) -> Callable[[int], None]:
        """A tick for one phase of `count` items, between two thousandths of the whole.

        Some phases count several times from the beginning: a bar that goes back looks broken, so it waits.
        """
        reached = begin

        def tick(done: int) -> None:
            nonlocal reached
            reached = min(end, max(reached, begin + (end - begin) * done // max(1, count)))
            self.step(phase, reached, WHOLE)

        return tick

    def write(self, **values: object) -> None:
        values["beat_ms"] = heartbeat.now_ms()
        mine = type(self.job)._default_manager.filter(pk=self.job.pk, owner=self.owner, state=JobState.RUNNING)
        if not mine.update(**values):
            raise Lost


def claim(model: type[AnyJob], pk: int | None = None) -> Claimed | None:
    """The oldest job that waits or whose worker is gone; None where there is none."""
    now_ms = heartbeat.now_ms()
    free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, beat_ms__lt=now_ms - STALE_MS)
    waiting = model._default_manager.filter(free)
    if pk is not None:
        waiting = waiting.filter(pk=pk)
    for number in waiting.order_by("pk").values_list("pk", flat=True)[:10]:
        owner = f"{os.getpid()}-{secrets.token_hex(8)}"
        mine = model._default_manager.filter(free, pk=number)
        if mine.update(state=JobState.RUNNING, owner=owner, beat_ms=now_ms, attempts=F("attempts") + 1):
            job = model._default_manager.get(pk=number)
            if job.attempts <= MOST_TRIES:
                return Claimed(job, owner)
            gone = told(mark("It was interrupted {count} times and was not tried again."), count=MOST_TRIES)
            Claimed(job, owner).write(state=JobState.FAILED, problem=gone.kept)
    return None
