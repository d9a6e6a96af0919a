"""Observe with a deadline, instead of sleeping and hoping."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Seen = TypeVar("Seen")
LOOK_EVERY_S = 0.02
SLOWER = 6
"""So many times slower than an idle machine the one may be that runs the tests: patience costs only where one fails."""

_never = threading.Event()


def until(look: Callable[[], Seen | None], within_s: float, what: str) -> Seen:
    """The first truthy result of `look`; AssertionError naming `what` where none came in time.

    `within_s` is what an idle machine needs at most.
    """
    deadline = time.monotonic() + within_s * SLOWER
    while True:
        if seen := look():
            return seen
        assert time.monotonic() < deadline, f"not within {within_s * SLOWER} s: {what}"
        _never.wait(LOOK_EVERY_S)
