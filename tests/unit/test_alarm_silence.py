"""The rule of the silence alarm, as tables: usual figures, today's figures and the time in, a decision out."""

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from clicktrail.control.alarms import silence
from clicktrail.control.alarms.silence import DAY_MS, WEEK_MS, Fine, Rule, Silent, Standing, decide, same_hours

BERLIN = "Europe/Berlin"
MINUTE_MS, HOUR_MS = 60_000, 3_600_000


def at(text: str, zone: str = BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


NOON = at("2026-11-18T12:00")  # A Wednesday.


def standing(weeks: tuple[float, ...], silent_ms: int = 4 * HOUR_MS, daily: float = 50, now_ms: int = NOON) -> Standing:
    return Standing(now_ms, BERLIN, now_ms - silent_ms, weeks, daily)


STEADY = (20, 22, 19, 25, 21, 18, 23, 20)

CASES = [
    ("a steady shop that stops is an alarm", Rule(), standing(STEADY), "alarm"),
    ("one holiday among the weeks changes nothing", Rule(), standing((20, 0, 19, 25, 21, 18, 23, 20)), "alarm"),
    ("one newsletter among them neither", Rule(), standing((20, 900, 19, 25, 21, 18, 23, 20)), "alarm"),
    ("a newsletter alone makes nothing usual", Rule(), standing((0, 900, 0, 0, 1, 0, 0, 0)), silence.FEW),
    ("a bursty shop that is often silent", Rule(), standing((0, 40, 30, 0, 50, 10, 20, 0)), silence.FEW),
    ("a small shop", Rule(), standing((1, 2, 0, 1, 1, 2, 1, 1), daily=2), silence.FEW),
    ("a small shop after days without an order", Rule(), standing((9,) * 8, 4 * DAY_MS, daily=2), "alarm"),
    ("few orders can be silent by chance", Rule(), standing((7,) * 8), silence.CHANCE),
    ("the same, watched more closely", Rule(once_in_days=15), standing((7,) * 8), "alarm"),
    ("what is enough for a normal watch", Rule(), standing((10,) * 8), "alarm"),
    ("is not for a careful one", Rule(once_in_days=3650), standing((10,) * 8), silence.CHANCE),
    ("a minimum of its own", Rule(least_usual=30), standing(STEADY), silence.FEW),
    ("switched off", Rule(on=False), standing(STEADY), silence.OFF),
    ("never an order", Rule(), Standing(NOON, BERLIN, None), silence.NO_ORDERS),
    ("one week of experience is none", Rule(), standing((20,)), silence.LEARNING),
    ("two weeks are some", Rule(), standing((20, 22)), "alarm"),
    ("two weeks with a holiday: rather quiet", Rule(), standing((20, 0)), silence.FEW),
    ("a moment of silence at a large shop", Rule(), standing((500,) * 8, 14 * MINUTE_MS, 50_000), silence.SHORT),
    ("a quarter of an hour of it", Rule(), standing((500,) * 8, 15 * MINUTE_MS, 50_000), "alarm"),
    ("a program that ended long ago", Rule(), standing(STEADY, 29 * DAY_MS), silence.ASLEEP),
    ("quiet hours", Rule(quiet_from_min=11 * 60, quiet_to_min=13 * 60), standing(STEADY), silence.QUIET),
    ("quiet hours past midnight", Rule(quiet_from_min=1320, quiet_to_min=721), standing(STEADY), silence.QUIET),
    ("not in quiet hours", Rule(quiet_from_min=22 * 60, quiet_to_min=12 * 60), standing(STEADY), "alarm"),
    ("hours that are none", Rule(quiet_from_min=600, quiet_to_min=600), standing(STEADY), "alarm"),
    ("half a pair of hours", Rule(quiet_from_min=600), standing(STEADY), "alarm"),
    ("a quiet day", Rule(quiet_days=frozenset({"2026-11-18"})), standing(STEADY), silence.QUIET),
    ("another day's quiet", Rule(quiet_days=frozenset({"2026-11-19"})), standing(STEADY), "alarm"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "now", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_decide(rule: Rule, now: Standing, wanted: str) -> None:
    found = decide(rule, now)
    assert (found.why if isinstance(found, Fine) else "alarm") == wanted


def test_the_figures_of_an_alarm() -> None:
    found = decide(Rule(), standing(STEADY))
    assert isinstance(found, Silent)
    assert (found.since_ms, found.usual, found.median) == (NOON - 4 * HOUR_MS, 19, 20.5)
    assert found.once_in_days == pytest.approx(math.exp(19) / 50)


def test_a_steady_shop_makes_no_more_false_alarms_than_promised() -> None:
    """Silences begin `daily` times a day, and each lasts n usual orders with e^-n: at the edge that is the promise."""
    for daily in (1.0, 10.0, 100.0, 10_000.0):
        needed = math.log(daily * 365)
        below, above = (
            decide(Rule(least_usual=1), standing((n,) * 8, daily=daily)) for n in (needed - 0.01, needed + 0.01)
        )
        assert below == Fine(silence.CHANCE) and isinstance(above, Silent)


@pytest.mark.parametrize(
    ("counts", "weak", "median"),
    [((), 0, 0), ((3,), 3, 3), ((5, 3), 3, 4), ((1, 2, 3, 4), 1, 2.5), ((1, 2, 3, 4, 5), 2, 3), (STEADY, 19, 20.5)],
)
def test_a_weak_week_and_the_middle_one(counts: tuple[float, ...], weak: float, median: float) -> None:
    assert (silence.weak(counts), silence.median(counts)) == (weak, median)


def test_the_same_hours_are_the_same_weekday_and_clock_time() -> None:
    found = same_hours(at("2026-11-18T09:12"), NOON, BERLIN, 0)
    assert found[0] == (at("2026-11-11T09:12"), at("2026-11-11T12:00"))
    assert found[-1] == (at("2026-09-23T09:12"), at("2026-09-23T12:00")), "over the change to winter time"
    assert len(found) == silence.MAX_WEEKS


def test_weeks_before_the_first_order_do_not_count() -> None:
    assert len(same_hours(at("2026-11-18T09:12"), NOON, BERLIN, at("2026-10-28T09:12"))) == 3
    assert len(same_hours(at("2026-11-18T09:12"), NOON, BERLIN, at("2026-10-28T09:13"))) == 2


def test_of_a_long_silence_the_weeks_lie_before_it() -> None:
    """Else a program that has been silent for two weeks would be usually silent, and its alarm would end."""
    last = NOON - 10 * DAY_MS
    found = same_hours(last, NOON, BERLIN, 0)
    assert found[0] == (NOON - 3 * WEEK_MS, NOON - 2 * WEEK_MS)
    assert all(end <= last for _, end in found)


def test_midnight_is_the_programs() -> None:
    assert silence.midnight(at("2026-11-18T00:30"), BERLIN) == at("2026-11-18T00:00")
    assert silence.midnight(at("2026-11-18T00:30"), "Asia/Tokyo") == at("2026-11-18T00:00", "Asia/Tokyo")
    assert silence.midnight(NOON, "UTC") == int(datetime(2026, 11, 18, tzinfo=UTC).timestamp() * 1000)
