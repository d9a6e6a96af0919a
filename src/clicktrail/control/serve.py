"""The console's process: Django under Granian, and the thread that keeps the published catalog up to date.

Granian's threaded server takes the socket that the supervisor opened and runs in this
very process: no second process to feed with memory, and none to be orphaned.
"""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from clicktrail import heartbeat
from clicktrail.control.boot import boot
from clicktrail.control.ledger import schema
from clicktrail.errors import JournalRefused
from clicktrail.settings import Settings
from clicktrail.unloaded import unloaded

with unloaded("anyio", "dotenv", "setproctitle", "watchfiles"):
    from granian._granian import SocketHolder
    from granian.constants import Interfaces
    from granian.server.mt import MTServer

BACKLOG = 1024
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
        _server(settings, listener).serve(target_loader=lambda _: _application(settings))


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


class _Server(MTServer):
    """Takes a socket that is listening already instead of opening one."""

    def __init__(self, listener: socket.socket, **options: Any) -> None:
        super().__init__("clicktrail.control.wsgi:application", **options)
        self._listener = listener

    def _check_gil(self) -> None:
        """Granian asks for free threads, to gain from several workers; ours is one, like each of its processes."""

    def _init_shared_socket(self) -> None:
        self._ssp, self._shd = None, SocketHolder(self._listener.fileno(), False, BACKLOG)  # type: ignore[call-arg]
        self._sfd = self._listener.fileno()


def _server(settings: Settings, listener: socket.socket) -> _Server:
    host, port = listener.getsockname()[:2]
    return _Server(
        listener,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=settings.console_threads,
        backlog=BACKLOG,
        log_enabled=False,
    )


def _application(settings: Settings) -> Any:
    from clicktrail.control.wsgi import make_application

    return make_application(settings)


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
