"""Whatever one caller sends: the engine stores it or sets it aside, comes to the end, and its sums are right.

Extreme but well-formed events, drawn by a seeded generator: amounts at every limit, times far away, numbers at the
ends of their ranges, long and odd texts, nested JSON, repeated orders, changes by signed calls, imported commissions.
"""

import random
from pathlib import Path
from typing import Any

import msgspec
from support.cast import ANNA, BERT, CARLA, CATALOG, TESTER
from support.ledgers import Place
from support.scribe import Scribe, now_ms

from clicktrail.control.boot import boot
from clicktrail.core.lifecycle import counts
from clicktrail.core.periods import DAY_MS
from clicktrail.engine.replay import replay
from clicktrail.journal.events import Click, Event, Postback, decode_batch

BATCHES, NIGHTLY_BATCHES = 6, 200
EVENTS = 60
MOST_STEPS = 2000
"""Many more than any of these batches needs: beyond it the engine spins."""
AMOUNTS = (
    "0", "0.004", "0.005", "10000000", "10000000.00", "10000000.004", "10000000.005", "10000000.01", "1000000000",
    "1000000001", "999999999999", "999999999999.99", "1000000000000", "9" * 400, "1." + "9" * 5000, "-1", "1e308",
    "NaN", "Infinity", "١٢", "95,50", "1,234", "", "100.00", "60.00",
)  # fmt: skip
NUMBERS = (
    "0", "1", "2", "3", "4", "5", "7", "8", "9", "10", "99", "-1", str(2**31), str(2**53), str(2**53 + 1),
    str(2**63 - 1), str(2**63), str(2**64), "9" * 255, "007", "1.0", "½", "",
)  # fmt: skip
IDS = (0, 1, 2, 7, 8, 2**31, 2**53, 2**53 + 1, 2**63 - 1)
TEXTS = (
    "", "x", " ", "a" * 255, "ä" * 255, "\U0001f600" * 255, "\u202e\u200b\ufeff", "e\u0301", "'; DROP TABLE x; --",
    "%s?",
    "{}", "\ufffd", "null", "\r\n\t\x01\x7f", "=1+1", "\ud7ff\ue000\uffff\U0010ffff", '{"a": [1, 2]}', "[" * 200,
)  # fmt: skip
PRODUCTS = ("Sale", "Lead", "sale", "", "Sale ", *TEXTS[:4])
STATES = ("", "open", "confirmed", "cancelled", "paid", "held", "x")
TIMES_MS = (
    0, 1, 1_577_836_800_000, 2**31 * 1000, 2**41 - 1, 253_402_300_799_999, 253_402_300_800_000, 2**53, 2**63 - 1,
)  # fmt: skip
ITEMS = '[{"sku": "a", "net": "1.00"}, {"sku": "b", "quantity": 1e308, "net": 9007199254740993, "x": {"y": []}}]'


class Draw:
    def __init__(self, seed: int, scribe: Scribe) -> None:
        self._dice, self._scribe = random.Random(seed), scribe
        self.clicks: list[Click] = []
        self.orders: list[Postback] = []

    def events(self) -> list[Event]:
        return [self._event() for _ in range(EVENTS)]

    def _one(self, of: Any) -> Any:
        return self._dice.choice(of)

    def _often(self, usual: Any, of: Any, chance: float = 0.3) -> Any:
        return self._one(of) if self._dice.random() < chance else usual

    def _event(self) -> Event:
        if self._dice.random() < 0.5:
            self.clicks.append(self._click())
            return self.clicks[-1]
        if self.orders and self._dice.random() < 0.05:
            return self._one(self.orders)
        self.orders.append(self._order())
        return self.orders[-1]

    def _click(self) -> Click:
        away_ms = self._often(0, (-400 * DAY_MS, -31 * DAY_MS, 3600_000, 400 * DAY_MS), 0.1)
        return self._scribe.click(
            self._often("s", TEXTS), self._often(ANNA, (BERT, CARLA, TESTER, *IDS)),
            program=self._often(1, (3, 4, 5, *IDS), 0.1), creative=self._often(1, IDS, 0.1),
            at_ms=self._often(now_ms() + away_ms, TIMES_MS, 0.1), prefetch=self._dice.random() < 0.2,
            referrer=self._often("https://a.example/", ("http://[::1", "https://" + "a" * 2000, "//", *TEXTS)),
            user_agent=self._often("", ("Googlebot", *TEXTS)), extra=self._often("", TEXTS),
            visitor=self._often(b"", (b"\0" * 8, b"\xff" * 8)), target=self._often("default", TEXTS, 0.1),
        )  # fmt: skip

    def _order(self) -> Postback:
        """From the shop, signed by it, or imported."""
        clickid = self._scribe.clickid(self._one(self.clicks)) if self.clicks and self._dice.random() < 0.6 else ""
        tid = self._often(f"A-{self._dice.randrange(40)}", TEXTS, 0.2)
        params = {
            "cpid": self._often("1", ("3", "5", *NUMBERS), 0.2), "umsatz": self._one(AMOUNTS),
            "pid": self._often(self._one(("", "7", "8")), NUMBERS, 0.2), "wmid": self._often("", NUMBERS, 0.1),
            "subid": self._often("", TEXTS), "produkt": self._often("Sale", PRODUCTS),
            "status": self._often("", STATES), "nocheck": self._often("", ("1", "0")),
            "commission": self._often("", AMOUNTS), "items": self._often("", (ITEMS, "[]", "{", "[" * 5000)),
        }  # fmt: skip
        if self._dice.random() < 0.02:
            params |= {f"p{n}": "x" for n in range(990)}
        made = self._scribe.order(tid, self._often(clickid, ("QC" + "9" * 27, "QC1", *TEXTS), 0.1), **params)
        other: dict[str, Any] = self._one((
            {}, {}, {}, {"signed_by": 1, "stamp_ms": now_ms()}, {"signed_by": 1, "stamp_ms": self._one(TIMES_MS)},
            {"source": "import", "actor": "mia", "arrived_ms": self._often(now_ms(), TIMES_MS)},
            {"source": "api", "actor": "key"}, {"at_ms": self._one(TIMES_MS)}, {"catalog": self._one((0, 1, 2**31))},
        ))  # fmt: skip
        return msgspec.structs.replace(made, **other)


def _catch_up(ledger: Place) -> None:
    for _ in range(MOST_STEPS):
        if not ledger.engine.step().moved:
            return
    raise AssertionError("the engine never comes to the end")


def _lost(ledger: Place, ids: set[int]) -> set[int]:
    """Events that are neither in the ledger nor set aside."""
    bodies = [bytes(row[0]) for row in ledger.rows("SELECT body FROM ledger_set_aside")]
    aside = {event.id for body in bodies for event in decode_batch(body)}
    stored = {row[0] for table in ("click", "postback") for row in ledger.rows(f"SELECT id FROM ledger_{table}")}
    return ids - aside - stored


def _check_sums(ledger: Place) -> None:
    rows = ledger.rows(
        "SELECT state, test, coalesce(revenue_minor, 0) - adjusted_revenue_minor, "
        "commission_minor - adjusted_commission_minor FROM ledger_transaction"
    )
    counted = [row[2:] for row in rows if counts(row[0]) and not row[1]]
    expected = (len(counted), sum(row[0] for row in counted), sum(row[1] for row in counted))
    for kind in ("hour", "day", "month", "program", "subid", "referrer"):
        sums = ledger.rows(f"SELECT transactions, revenue_minor, commission_minor FROM ledger_rollup_{kind}")
        assert tuple(map(sum, zip(*sums, strict=True))) in (expected, ()), kind
        assert all(type(value) is int for row in sums for value in row), kind


def test_it_is_stored_or_set_aside_and_the_sums_are_right(ledger: Place, nightly: bool, tmp_path: Path) -> None:
    ledger.publish(CATALOG)
    ids: set[int] = set()
    with ledger.scribe() as scribe, ledger.scribe(node=1023) as last:
        for seed in range(NIGHTLY_BATCHES if nightly else BATCHES):
            writer = last if seed % 3 == 2 else scribe
            events = Draw(seed, writer).events()
            size = random.Random(seed).choice((1, 7, EVENTS))
            for start in range(0, EVENTS, size):
                writer.write(*events[start : start + size])
            ids |= {event.id for event in events}
            _catch_up(ledger)
            assert _lost(ledger, ids) == set(), f"seed {seed}"
            _check_sums(ledger)
            assert ledger.engine.feed.pending()[0] == 0
            if seed % 4 == 3:
                ledger.restart()
    _catch_up(ledger)
    assert ledger.one("SELECT count(*) FROM ledger_postback WHERE reason = 'saved'") > 5
    boot(ledger.settings, "console")
    report = replay(ledger.settings, tmp_path / "fresh.sqlite")
    assert (report.differences, report.broken, report.outside) == ([], [], 0)
