"""Calls that go wrong, as they do: each reason now and then, conflicts, a shop that forgets, and last hour's mishap.

Each takes an order that went well, a day or more after its click, and spoils a copy of its call.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random

from clicktrail.core.periods import DAY_MS
from clicktrail.core.requestbody import NOT_JSON
from clicktrail.demo.past.cast import COFFEE, OUTDOOR
from clicktrail.demo.past.visits import SEED, SERVER_AGENT, Call, Visit

MINUTE_MS = 60_000
CONFLICTS = 6
BATCH = 24
"""Orders that a shop's night job sent with the product in small letters, within the last hour."""


def _without(call: Call, *names: str) -> Call:
    return replace(call, params={name: value for name, value in call.params.items() if name not in names})


def _with(call: Call, **params: str) -> Call:
    return replace(call, params=call.params | params)


SLIPS: tuple[tuple[str, int, Callable[[Call], Call]], ...] = (
    ("malformed_clickid", 14, lambda call: replace(call, spoiled=True)),
    ("unknown_click", 5, lambda call: replace(call, unknown=True)),
    ("no_attribution", 18, lambda call: replace(call, visit=None)),
    ("missing_amount", 9, lambda call: _without(call, "umsatz")),
    ("bad_amount", 8, lambda call: _with(call, umsatz="1.234,56")),
    ("unknown_product", 7, lambda call: _with(call, produkt="sale")),
    ("unknown_creative", 3, lambda call: _with(call, wmid="99")),
    ("unknown_partner", 4, lambda call: _with(call, pid="1001")),
    ("partner_inactive", 3, lambda call: _with(call, pid="114")),
    ("not_approved", 9, lambda call: _with(call, produkt="Lead", pid="102")),
    ("foreign_click", 4, lambda call: _with(call, cpid="1")),
    ("unknown_program", 2, lambda call: _with(call, cpid="11")),
    ("missing_cpid", 2, lambda call: _without(call, "cpid")),
    ("missing_tid", 5, lambda call: _without(call, "tid")),
    ("bad_call", 3, lambda call: replace(call, fault=NOT_JSON, params={})),
    ("click_expired", 8, lambda call: call),
    ("unauthorized", 5, lambda call: replace(call, proved={})),
    ("wrong_currency", 6, lambda call: _with(call, currency="CHF")),
)
"""(reason, how often in 90 days, what makes it of a good call)."""
WHOSE = {"foreign_click": OUTDOOR, "unauthorized": 3}
"""Program of the call that is spoiled, where it is not the first."""


def slips(calls: Sequence[Call], now_ms: int) -> Iterator[Call]:
    """calls: of orders that went well, in the order of their times."""
    dice = Random(f"{SEED}/slips")  # noqa: S311 - the same every time
    sales = [call for call in calls if call.method == "POST" and call.params["produkt"] == "Sale" and call.visit]
    serial = 0
    for reason, often, spoil in SLIPS:
        usable = [call for call in sales if call.params["cpid"] == str(WHOSE.get(reason, COFFEE))]
        for call in dice.sample(usable, min(often, len(usable))):
            serial += 1
            yield spoil(_moved(dice, call, reason, serial))
    yield from _conflicts(dice, [call for call in sales if call.params["cpid"] == str(COFFEE)], now_ms)
    yield from _mishap(dice, [call for call in sales if call.params["cpid"] == str(OUTDOOR)], now_ms)


def _moved(dice: Random, call: Call, reason: str, serial: int) -> Call:
    """The same visitor, another order, a little later; a month later where the click is to be too old."""
    later_ms = 33 * DAY_MS if reason == "click_expired" else dice.randint(2, 600) * MINUTE_MS
    fresh = _with(call, tid=f"{call.params['tid']}-{serial}")
    return replace(fresh, at_ms=call.at_ms + later_ms)


def _conflicts(dice: Random, sales: list[Call], now_ms: int) -> Iterator[Call]:
    """The same order with another amount, some days later: a person has to look."""
    recent = [call for call in sales if 2 * DAY_MS < now_ms - call.at_ms < 9 * DAY_MS]
    for call in dice.sample(recent, min(CONFLICTS, len(recent))):
        units, _, cents = call.params["umsatz"].partition(".")
        amount = f"{max(4, int(units) - dice.randint(3, 20))}.{cents or '00'}"
        yield replace(_with(call, umsatz=amount), at_ms=call.at_ms + dice.randint(20, 46) * 60 * MINUTE_MS)


def _mishap(dice: Random, sales: list[Call], now_ms: int) -> Iterator[Call]:
    """After an update the shop writes its product in small letters: the alarm for discards is about this."""
    recent = [call for call in sales if call.visit and now_ms - call.at_ms < 20 * DAY_MS]
    chosen = dice.sample(recent, min(BATCH, len(recent)))
    for number, call in enumerate(chosen):
        at_ms = now_ms - 50 * MINUTE_MS + number * 110_000
        spoiled = _with(call, produkt="sale", tid=f"{call.params['tid']}-B")
        yield replace(spoiled, at_ms=at_ms, agent="shop-connector/2.5", proved={"signed_by": 1, "stamp_ms": at_ms})


def tests(now_ms: int) -> Iterator[Visit | Call]:
    """The shop's developer tried the set-up out before anybody was let in."""
    for number, days in enumerate((89, 89, 88, 61)):
        at_ms = now_ms - days * DAY_MS + number * 7 * MINUTE_MS
        visit = Visit(at_ms, COFFEE, 2, 1, "", "test", "", "203.0.113.0", SERVER_AGENT, bytes([number] * 8))
        yield visit
        params = {"cpid": "1", "tid": f"TEST-{number + 1}", "produkt": "Sale", "umsatz": "100.00"}
        yield Call(at_ms + 90_000, params, visit)
