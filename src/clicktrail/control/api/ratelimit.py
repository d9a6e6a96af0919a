"""Token buckets in this process's memory: the console is one process, so one count is all there is."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MAX_BUCKETS = 20_000
"""Callers remembered; the one that was away longest is forgotten, which only makes its bucket full."""
MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class State:
    """Of one bucket after a request: what the headers say."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    """Until the bucket is full again."""
    retry_s: int
    """Until the next request is allowed; 0 where one is."""

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }


class Buckets:
    """One bucket a caller: holds `limit` tokens, and fills at `limit` a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """caller -> (tokens, when)"""

    def take(self, caller: str, limit: int, tokens: int = 1) -> State:
        """Take a token. With tokens=0 it only looks whether there is one."""
        now = self._clock()
        with self._lock:
            level, since = self._levels.pop(caller, (float(limit), now))
            level = min(float(limit), level + (now - since) * limit / MINUTE_S)
            allowed = level >= 1
            level -= tokens if allowed else 0
            self._levels[caller] = (level, now)
            if len(self._levels) > MAX_BUCKETS:
                self._levels.popitem(last=False)
        retry_s = 0 if allowed else max(1, math.ceil((1 - level) * MINUTE_S / limit))
        return State(allowed, limit, int(level), math.ceil((limit - level) * MINUTE_S / limit), retry_s)

    def clear(self) -> None:
        with self._lock:
            self._levels.clear()
