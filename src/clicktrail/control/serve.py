"""The console's process: the HTTP server with Django behind it, and the threads that work beside the pages.

The server takes the socket that the supervisor opened and runs in this process, so there is no second process
that could be orphaned.
"""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from clicktrail import heartbeat
from clicktrail.control.boot import boot
from clicktrail.control.ledger import schema
from clicktrail.errors import JournalRefused
from clicktrail.settings import Settings

AGAIN_S = 5.0
"""The pause after a fault in what runs beside the pages."""

log = logging.getLogger(__name__)


def serve(settings: Settings, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises LedgerError where the ledger is missing, older or out of reach, JournalLocked where
    another console of this data folder runs.
    """
    boot(settings, "console")
    schema.check(settings)
    from clicktrail.control.intake import open_intake

    with open_intake(settings) as intake, _threads(settings, intake.rotate_if_asked):
        _serve_pages(settings, listener)


@contextmanager
def _threads(settings: Settings, rotate_if_asked: Callable[[], None]) -> Iterator[None]:
    """What runs beside the pages: publishing, reconciling, moving many, mails, the heartbeat that tends the journal."""
    stop = threading.Event()
    beside: dict[str, Callable[[], None]] = {
        "publish": lambda: _watch(settings, stop),
        "alarms": lambda: _watch_alarms(settings, stop),
        "mails": lambda: _send_mails(settings, stop),
        "heartbeat": lambda: _beat(settings, stop, rotate_if_asked),
        "reconcile": lambda: _reconcile(settings, stop),
        "bulk": lambda: _move_many(settings, stop),
        "applicants": lambda: _ask_applicants(settings, stop),
    }
    threads = [
        threading.Thread(target=keep_on, args=(name, work, stop), name=name, daemon=True)
        for name, work in beside.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(heartbeat.BEAT_S)
        heartbeat.forget(settings.run_folder, "control")


def keep_on(name: str, work: Callable[[], None], stop: threading.Event, pause_s: float = AGAIN_S) -> None:
    """Until `stop`: a fault of ours costs a round. A thread that died unheard would leave alarms unraised."""
    while not stop.is_set():
        try:
            work()
        except Exception:
            log.exception("%s: a fault of ours; it begins anew in %g s", name, pause_s)
            stop.wait(pause_s)


def _serve_pages(settings: Settings, listener: socket.socket) -> None:
    from clicktrail.control.server.front import run
    from clicktrail.control.server.senders import allowance
    from clicktrail.control.wsgi import make_application

    run(settings, listener, make_application(settings), allowance)


def _watch(settings: Settings, stop: threading.Event) -> None:
    from clicktrail.control.catalog.publish import watch

    watch(settings, stop)


def _reconcile(settings: Settings, stop: threading.Event) -> None:
    from clicktrail.control.reconcile.work import watch

    watch(settings, stop)


def _move_many(settings: Settings, stop: threading.Event) -> None:
    from clicktrail.control.worklist.bulk import watch

    watch(settings, stop)


def _ask_applicants(settings: Settings, stop: threading.Event) -> None:
    from clicktrail.control.portal.proving import watch

    watch(settings, stop)


def _watch_alarms(settings: Settings, stop: threading.Event) -> None:
    from clicktrail.control.alarms.rounds import watch

    watch(settings, stop)


def _send_mails(settings: Settings, stop: threading.Event) -> None:
    from clicktrail.control.alarms.notices import watch

    watch(settings, stop)


def _beat(settings: Settings, stop: threading.Event, rotate_if_asked: Callable[[], None]) -> None:
    started_ms = heartbeat.now_ms()
    while not stop.is_set():
        heartbeat.beat(settings.run_folder, "control", started_ms)
        try:
            rotate_if_asked()
        except JournalRefused as fault:
            log.warning("%s", fault)
        stop.wait(heartbeat.BEAT_S)
