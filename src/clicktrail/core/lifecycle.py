"""The life of a transaction: one table. The manual's diagram is drawn from it."""

HELD = "held"
"""On hold: made by a call without the proof that its program wants; in no total until somebody releases it."""
OPEN = "open"
CONFIRMED = "confirmed"
CANCELLED = "cancelled"
PAID = "paid"

STATES = (HELD, OPEN, CONFIRMED, CANCELLED, PAID)

RELEASE = "release"
CONFIRM = "confirm"
CANCEL = "cancel"
REOPEN = "reopen"
PAY = "pay"

VERBS = (RELEASE, CONFIRM, CANCEL, REOPEN, PAY)

MOVES: dict[tuple[str, str], str] = {
    (HELD, RELEASE): OPEN,
    (HELD, CONFIRM): CONFIRMED,
    (HELD, CANCEL): CANCELLED,
    (OPEN, CONFIRM): CONFIRMED,
    (OPEN, CANCEL): CANCELLED,
    (CONFIRMED, PAY): PAID,
    (CONFIRMED, CANCEL): CANCELLED,
    (CANCELLED, REOPEN): OPEN,
    (PAID, CANCEL): CANCELLED,
}
"""(from, verb) -> to. What is not here cannot happen."""


def after(state: str, verb: str) -> str | None:
    """The state that a verb leads to, or None where it is no move from here."""
    return MOVES.get((state, verb))


def verbs_from(state: str) -> tuple[str, ...]:
    """What can be done with a transaction in this state, in the order of VERBS."""
    return tuple(verb for verb in VERBS if (state, verb) in MOVES)


def counts(state: str) -> bool:
    """Whether a transaction in this state is in the totals: every one but those on hold and the cancelled."""
    return state not in (HELD, CANCELLED)


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = [f"    {begin} --> {end}: {verb}" for (begin, verb), end in MOVES.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {OPEN}", f"    [*] --> {HELD}", *lines])
