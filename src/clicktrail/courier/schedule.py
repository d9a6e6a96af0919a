"""When a delivery is tried again, and when it is given up. Pure: clock and dice come in."""

MAX_AGE_MS = 48 * 3600 * 1000
"""Counted from the move, or from the last time that somebody sent it again by hand."""
PAUSES_S = (10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800)
"""After the first failure, the second, ...; the last one repeats. The very last attempt falls on the 48th hour."""
JITTER_PERCENT = 20
"""A pause is up to so much shorter or longer: those that failed together do not come back together."""


def next_due_ms(attempts: int, since_ms: int, now_ms: int, dice: float, retry_after_s: int = 0) -> int | None:
    """When to try again after `attempts` of them; None: given up. dice: 0 to 1."""
    last_ms = since_ms + MAX_AGE_MS
    if now_ms >= last_ms:
        return None
    pause_ms = PAUSES_S[min(attempts, len(PAUSES_S)) - 1] * 1000
    pause_ms = max(jittered_ms(pause_ms, dice), retry_after_s * 1000)
    return min(now_ms + pause_ms, last_ms)


def jittered_ms(pause_ms: int, dice: float) -> int:
    return pause_ms + int(pause_ms * JITTER_PERCENT / 100 * (2 * dice - 1))


def is_over(since_ms: int, now_ms: int) -> bool:
    return now_ms > since_ms + MAX_AGE_MS
