"""The worker of the console's process: compares lists and moves transactions, one job after the other."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from django.db import DatabaseError, connection

from clicktrail import heartbeat
from clicktrail.control.reconcile import acting, compare, storing
from clicktrail.control.reconcile.models import Action, JobState, Reconciliation
from clicktrail.control.reconcile.progress import Claimed, Lost, claim
from clicktrail.core.tongue import mark
from clicktrail.settings import Settings

LOOK_EVERY_S = 1.0
CUT_EVERY_MS = 3_600_000

FAILED = mark("It failed by a fault of the program; the log has the details.")

log = logging.getLogger(__name__)
_wanted = threading.Event()


def wake() -> None:
    """There is something to do: do not wait for the next look."""
    _wanted.set()


def watch(settings: Settings, stop: threading.Event) -> None:
    """Until `stop`. A ledger out of reach is tried again."""
    next_cut_ms = 0
    while not stop.is_set():
        try:
            while not stop.is_set() and work_once():
                pass
            if heartbeat.now_ms() >= next_cut_ms:
                storing.cut_old(settings, heartbeat.now_ms())
                next_cut_ms = heartbeat.now_ms() + CUT_EVERY_MS
        except DatabaseError as fault:
            log.warning("reconciling waits for the ledger: %s", fault)
        finally:
            connection.close()
        _wanted.wait(LOOK_EVERY_S)
        _wanted.clear()


def work_once() -> bool:
    """One job, to its end; False where none waits."""
    claimed = claim(Reconciliation) or claim(Action)
    if claimed is None:
        return False
    work_on(claimed)
    return True


def finish(job: Reconciliation | Action, hear: Callable[[str, int, int], None] | None = None) -> None:
    """Work on one job until it is done, or watch whoever was quicker to claim it."""
    while True:
        job.refresh_from_db()
        if job.state not in (JobState.QUEUED, JobState.RUNNING):
            return
        claimed = claim(type(job), job.pk)
        if claimed:
            work_on(replace(claimed, hear=hear))
            continue
        if hear:
            hear(job.phase, job.done, job.total)
        _wanted.wait(LOOK_EVERY_S)


def work_on(claimed: Claimed) -> None:
    """A fault of ours ends the job with a sentence, and the worker goes on with the next."""
    try:
        (compare.run if isinstance(claimed.job, Reconciliation) else acting.run)(claimed)
    except Lost:
        log.warning("job %s was taken over by another worker", claimed.job.pk)
    except DatabaseError:
        raise
    except Exception:
        log.exception("job %s failed", claimed.job.pk)
        claimed.write(state=JobState.FAILED, problem=FAILED)
