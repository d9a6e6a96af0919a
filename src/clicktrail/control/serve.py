"""The console's process: Django under Granian, and the thread that keeps the published catalog up to date.

Granian's threaded server takes the socket that the supervisor opened and runs in this
very process: no second process to feed with memory, and none to be orphaned.
"""

import socket
import threading
from typing import Any

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.server.mt import MTServer

from clicktrail import heartbeat
from clicktrail.control.boot import boot
from clicktrail.control.ledger import schema
from clicktrail.settings import Settings

BACKLOG = 1024


def serve(settings: Settings, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT. Raises LedgerError where the ledger is missing, older or out of reach."""
    boot(settings, "console")
    schema.check(settings)
    stop = threading.Event()
    threads = [_start(name, run, settings, stop) for name, run in (("publish", _watch), ("heartbeat", _beat))]
    try:
        _server(settings, listener).serve(target_loader=lambda _: _application(settings))
    finally:
        stop.set()
        for thread in threads:
            thread.join(heartbeat.BEAT_S)
        heartbeat.forget(settings.run_folder, "control")


class _Server(MTServer):
    """Takes a socket that is listening already instead of opening one."""

    def __init__(self, listener: socket.socket, **options: Any) -> None:
        super().__init__("clicktrail.control.wsgi:application", **options)
        self._listener = listener

    def _check_gil(self) -> None:
        """Granian asks for free threads, to gain from several workers; ours is one, like each of its processes."""

    def _init_shared_socket(self) -> None:
        self._ssp, self._shd = None, SocketHolder(self._listener.fileno(), False, BACKLOG)
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


def _start(name: str, run: Any, settings: Settings, stop: threading.Event) -> threading.Thread:
    thread = threading.Thread(target=run, args=(settings, stop), name=name, daemon=True)
    thread.start()
    return thread


def _watch(settings: Settings, stop: threading.Event) -> None:
    from clicktrail.control.catalog.publish import watch

    watch(settings, stop)


def _beat(settings: Settings, stop: threading.Event) -> None:
    started_ms = heartbeat.now_ms()
    while not stop.is_set():
        heartbeat.beat(settings.run_folder, "control", started_ms)
        stop.wait(heartbeat.BEAT_S)
