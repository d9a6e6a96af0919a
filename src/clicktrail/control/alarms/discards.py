"""Has a program begun to refuse its calls? A pure decision on the calls of the last hour and of those before.

The rule in one sentence: an alarm is raised when one reason takes at least a quarter of the calls
of the last hour, at least five times its usual share, among at least twenty calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clicktrail.core.reasons import DUPLICATE, SAVED, WAITING

LEAST_CALLS = 20
"""Among fewer calls a share says nothing."""
JUMP_PERCENT = 25
"""A reason with a smaller share raises no alarm."""
JUMP_TIMES = 5
"""Nor does one that has grown less than so many times."""
CALM_PERCENT = 10
"""An alarm ends below this share, or below twice the usual one: later than it began, so that it does not flicker."""
GOOD = frozenset({SAVED, DUPLICATE, WAITING})
"""No discards: a duplicate is a pixel and a server that report the same order."""

Calls = Mapping[str, int]
"""Reason -> number of calls."""


@dataclass(frozen=True, slots=True)
class Jump:
    reason: str
    calls: int
    """With this reason, in the last hour."""
    of: int
    percent: float
    usual_percent: float


def jumped(now: Calls, before: Calls) -> Jump | None:
    """The reason whose share jumped most, or None."""
    total = sum(now.values())
    if total < LEAST_CALLS:
        return None
    found = [_jump(reason, now, before) for reason in candidates(now)]
    jumps = [jump for jump in found if jump.percent >= JUMP_TIMES * jump.usual_percent]
    return max(jumps, key=lambda jump: jump.percent, default=None)


def candidates(now: Calls) -> list[str]:
    """Reasons whose share alone would be worth a look; only for them the past is read."""
    total = sum(now.values())
    if total < LEAST_CALLS:
        return []
    return [r for r, number in sorted(now.items()) if r not in GOOD and 100 * number >= JUMP_PERCENT * total]


def is_over(reason: str, usual_percent: float, now: Calls) -> bool:
    """Whether an open alarm has ended: the share is small again. An hour without calls decides nothing."""
    total = sum(now.values())
    return total > 0 and share(reason, now) <= max(CALM_PERCENT, 2 * usual_percent)


def share(reason: str, calls: Calls) -> float:
    """In percent."""
    total = sum(calls.values())
    return 100 * calls.get(reason, 0) / total if total else 0.0


def _jump(reason: str, now: Calls, before: Calls) -> Jump:
    return Jump(reason, now[reason], sum(now.values()), share(reason, now), share(reason, before))
