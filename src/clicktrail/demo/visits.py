"""The shop's own server sessions, in memory: the ClickID lives here, and in no cookie.

The shop has one cookie of its own, as every shop has: the session's random key.
"""

import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from urllib.parse import parse_qs

COOKIE = "hollybrook_session"
PARAMETER = "qc_clickid"
SESSION_LIMIT = 1000
"""Above it the session that was quiet longest is forgotten."""
MOST_OF_A_KIND = 99

_CLICKID = re.compile(r"[A-Z]{2}[0-9]{27}")


@dataclass(frozen=True, slots=True)
class Order:
    tid: str
    product: str
    net_cents: int
    """Revenue without tax and shipping."""
    total_cents: int
    lines: tuple[tuple[str, int, int], ...]
    """Name, quantity, cents together."""
    clickid: str
    told: "Told"


@dataclass(frozen=True, slots=True)
class Told:
    """What the tracker answered to the shop's server."""

    status: int
    """HTTP status; 0 where the tracker was out of reach."""
    reason: str
    message: str
    transaction: str | None
    call: str


@dataclass(slots=True)
class Visit:
    clickid: str = ""
    basket: dict[str, int] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)

    def learn(self, query: str) -> None:
        """Keep the ClickID of the address; the last click wins, what is no ClickID is ignored."""
        given = parse_qs(query).get(PARAMETER, [""])[-1]
        if _CLICKID.fullmatch(given):
            self.clickid = given

    def add(self, slug: str, change: int) -> None:
        left = min(self.basket.get(slug, 0) + change, MOST_OF_A_KIND)
        if left > 0:
            self.basket[slug] = left
        else:
            self.basket.pop(slug, None)

    @property
    def pieces(self) -> int:
        return sum(self.basket.values())


class Visits:
    """Sessions by key; threads of the shop share it."""

    def __init__(self) -> None:
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: str | None) -> tuple[str, Visit]:
        """The session of a key, a new one where the key is not known."""
        with self._lock:
            if key is None or key not in self._visits:
                key = secrets.token_urlsafe(18)
                self._visits[key] = Visit()
            self._visits.move_to_end(key)
            if len(self._visits) > SESSION_LIMIT:
                self._visits.popitem(last=False)
            return key, self._visits[key]
