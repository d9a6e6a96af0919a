"""The courier: one process that will send partner postbacks.

No ledger holds an outbox yet, so there is nothing to send: it says so once, keeps its
heartbeat, and ends when told.
"""

import threading
from collections.abc import Callable

import structlog

LOOK_EVERY_S = 1.0


def run(stop: threading.Event, beat: Callable[[], None]) -> None:
    """Until `stop`; `beat` is called every second."""
    log = structlog.get_logger()
    log.info("courier waits: there is no outbox yet, nothing is sent")
    while True:
        beat()
        if stop.wait(LOOK_EVERY_S):
            break
    log.info("courier ended")
