"""One lane for each receiver: what waits for it, how much of it may be on its way, and whether it is down.

Nobody waits for a slow neighbour: how many attempts a host may have on their way begins with
one, doubles with each success and halves with each failure; the fuller the courier is, the less
one host may hold. A receiver that fails again and again is down: it gets one attempt now and
then, at growing pauses, and comes back by itself. Pure: clock and dice come in.
"""

from collections import deque
from dataclasses import dataclass, field

from clicktrail.courier.render import Due, Target
from clicktrail.courier.schedule import jittered_ms

MAX_ON_THE_WAY = 3000
"""Attempts at once, over all hosts."""
MAX_UNPROVEN = 2500
"""Of them to hosts whose last word was not a good one: the rest is kept for those that work."""
MAX_FRESH = 250
"""Attempts younger than FRESH_S without an answer. More at once would only wait for our own processor, and be
taken for slow receivers; a stuck one gives its place free after that time."""
FRESH_S = 0.25
LATE_S = 0.05
"""Where our own loop is later than that, time says nothing about a receiver, and nothing ages."""
MAX_A_HOST = 32
CROWDED = ((MAX_ON_THE_WAY * 3 // 4, 1), (MAX_ON_THE_WAY // 2, 4), (MAX_ON_THE_WAY // 4, 16))
"""(attempts on their way in all, most for one host)"""
MAX_IN_LANE = 128
"""Deliveries of one receiver in memory."""
DOWN_AFTER = 10
"""Failures in a row after which a receiver is down."""
FIRST_PROBE_S = 10
LAST_PROBE_S = 600
"""A receiver that is down is asked again after the first pause, which doubles up to the last."""

WORKS, FAILS, DOWN, GONE = "works", "fails", "down", "gone"


@dataclass(slots=True)
class Host:
    """`partner.example` or `partner.example:8443`; receivers on one host share it."""

    on_the_way: int = 0
    limit: int = 1
    proven: bool = False
    waiting: "list[Lane]" = field(default_factory=list)
    """Lanes that go on when an attempt of this host has ended."""

    def succeeded(self) -> None:
        self.proven = True
        self.limit = min(self.limit * 2, MAX_A_HOST)

    def failed(self, answered: bool) -> None:
        """An answer, even a bad one, shows that the host itself is well."""
        self.limit = max(1, self.limit // 2)
        self.proven = self.proven and answered


@dataclass(slots=True)
class Load:
    """What is on its way over all hosts."""

    on_the_way: int = 0
    unproven: int = 0
    fresh: int = 0

    @property
    def is_full(self) -> bool:
        return self.on_the_way >= MAX_ON_THE_WAY or self.fresh >= MAX_FRESH

    def fills(self, host: Host) -> bool:
        """Whether this host has as many on their way as it may. Never true of one that has none."""
        most = next((most for full, most in CROWDED if self.on_the_way >= full), MAX_A_HOST)
        return host.on_the_way >= min(host.limit, most)

    def trusts(self, host: Host) -> bool:
        return host.proven or self.unproven < MAX_UNPROVEN

    def begin(self, host: Host) -> bool:
        """Returns whether the attempt counts as unproven; to be handed to `end`."""
        self.on_the_way += 1
        host.on_the_way += 1
        self.unproven += not host.proven
        return not host.proven

    def end(self, host: Host, unproven: bool) -> None:
        self.on_the_way -= 1
        host.on_the_way -= 1
        self.unproven -= unproven


@dataclass(frozen=True, slots=True)
class Word:
    """What the courier says of a receiver; a row of Standing."""

    receiver: int
    state: str
    why: str
    failures: int
    since_ms: int
    probe_ms: int


@dataclass(slots=True)
class Lane:
    target: Target
    host: Host
    state: str = ""
    """Empty: nothing was sent yet."""
    why: str = ""
    failures: int = 0
    since_ms: int = 0
    probe_ms: int = 0
    probing: bool = False
    in_line: bool = False
    """Whether it waits for its turn to send."""
    queue: deque[Due] = field(default_factory=deque)
    held: set[int] = field(default_factory=set)
    """In the queue, on the way, or with an outcome that is not stored yet."""

    def is_open(self, now_ms: int) -> bool:
        """Whether anything may be sent now; of a receiver that is down one at a time, when its pause is over."""
        if self.target.paused or self.state == GONE:
            return False
        return self.state != DOWN or (not self.probing and now_ms >= self.probe_ms)

    def room(self) -> int:
        return max(0, MAX_IN_LANE - len(self.held))

    def began(self) -> None:
        self.probing = self.state == DOWN

    def ended(self, fault: str, answered: bool, gone: bool, now_ms: int, dice: float) -> Word | None:
        """After an attempt. Returns what is to be remembered, where that changed."""
        before = (self.state, self.why)
        self.probing = False
        if not fault:
            self.host.succeeded()
            self._turn(WORKS, "", now_ms)
            self.failures = 0
            return self._word() if before != (self.state, self.why) else None
        self.host.failed(answered)
        self.failures += 1
        if gone:
            self._turn(GONE, fault, now_ms)
        elif self.failures >= DOWN_AFTER or self.state == DOWN:
            self._turn(DOWN, fault, now_ms)
            self.probe_ms = now_ms + self._probe_pause_ms(dice)
            self.queue_back()
        elif self.state != GONE:
            self._turn(FAILS, fault, now_ms)
        return self._word()

    def queue_back(self) -> None:
        """What waits in memory goes back to the ledger, where it is due all the same."""
        for due in self.queue:
            self.held.discard(due.id)
        self.queue.clear()

    def _turn(self, state: str, why: str, now_ms: int) -> None:
        if state != self.state:
            self.since_ms = now_ms
        self.state, self.why = state, why

    def _probe_pause_ms(self, dice: float) -> int:
        doublings = min(self.failures - DOWN_AFTER, 10) if self.failures > DOWN_AFTER else 0
        return jittered_ms(min(FIRST_PROBE_S << doublings, LAST_PROBE_S) * 1000, dice)

    def _word(self) -> Word:
        return Word(self.target.id, self.state, self.why, self.failures, self.since_ms, self.probe_ms)
