"""Which rate holds at which moment: from the millisecond it begins, until the next one."""

from dataclasses import replace

import msgspec
import pytest
from support.cast import ANNA, BERT, CATALOG, NOW_MS, SHOP

from clicktrail.core.catalog import NO_RATE, Catalog, PartnerRate, Rate, TimedRate, UsedRate
from clicktrail.core.judge import judge
from clicktrail.core.postback import from_params

TEN, TWELVE, FIVE = Rate(percent_ppm=100_000), Rate(percent_ppm=120_000), Rate(fixed_minor=500)
TIMED = (
    TimedRate(0, SHOP, "Sale", 1000, TWELVE),
    TimedRate(0, SHOP, "Sale", 2000, FIVE),
    TimedRate(ANNA, SHOP, "Sale", 1500, Rate(percent_ppm=200_000)),
    TimedRate(ANNA, SHOP, "Sale", 1800, NO_RATE),
)
IN_TIME = replace(CATALOG, timed=TIMED)


@pytest.mark.parametrize(
    ("partner", "at_ms", "expected"),
    [
        (BERT, 0, UsedRate(TEN)),
        (BERT, 999, UsedRate(TEN)),
        (BERT, 1000, UsedRate(TWELVE, 1000)),
        (BERT, 1999, UsedRate(TWELVE, 1000)),
        (BERT, 2000, UsedRate(FIVE, 2000)),
        (ANNA, 1499, UsedRate(TWELVE, 1000)),
        (ANNA, 1500, UsedRate(Rate(percent_ppm=200_000), 1500, own=True)),
        (ANNA, 1800, UsedRate(TWELVE, 1000)),
        (ANNA, 9999, UsedRate(FIVE, 2000)),
    ],
)
def test_the_rate_of_a_moment(partner: int, at_ms: int, expected: UsedRate) -> None:
    assert IN_TIME.rate_at(partner, SHOP, "Sale", at_ms) == expected


def test_an_own_rate_with_a_beginning() -> None:
    catalog = replace(CATALOG, rates=(PartnerRate(ANNA, SHOP, "Sale", FIVE, since_ms=500),))
    found = [catalog.rate_at(ANNA, SHOP, "Sale", at_ms) for at_ms in (499, 500)]
    assert found == [UsedRate(TEN), UsedRate(FIVE, 500, own=True)]
    assert catalog.rate_at(ANNA, SHOP, "No such", 500) is None


@pytest.mark.parametrize(("offset_ms", "earned"), [(-1, 955), (0, 1146)])
def test_the_judge_takes_the_rate_of_the_calls_arrival(offset_ms: int, earned: int) -> None:
    catalog = replace(CATALOG, timed=(TimedRate(0, SHOP, "Sale", NOW_MS, TWELVE),))
    call = from_params({"cpid": "1", "tid": "A-1", "pid": str(ANNA), "umsatz": "95.50"}, "")
    verdict = judge(call, None, None, None, catalog, NOW_MS + offset_ms)
    assert verdict.award is not None
    assert verdict.award.commission_minor == earned
    assert verdict.facts.get("rate_since_ms") == (None if offset_ms < 0 else NOW_MS)


def test_a_catalog_of_the_old_form_still_reads() -> None:
    """Every published one is kept for replay."""
    plain = msgspec.msgpack.decode(msgspec.msgpack.encode(CATALOG))
    del plain["timed"]
    for rate in plain["rates"]:
        del rate["since_ms"]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(plain), type=Catalog) == CATALOG


@pytest.mark.parametrize(
    ("at_ms", "told"),
    [
        (NOW_MS - 1, ""),
        (NOW_MS, "the product's rate, valid since"),
        (NOW_MS + 9, "the partner's own rate, valid since"),
    ],
)
def test_the_story_names_the_rate(at_ms: int, told: str) -> None:
    own = TimedRate(ANNA, SHOP, "Sale", NOW_MS + 5, FIVE)
    catalog = replace(CATALOG, timed=(TimedRate(0, SHOP, "Sale", NOW_MS, TWELVE), own))
    call = from_params({"cpid": "1", "tid": "A-1", "pid": str(ANNA), "umsatz": "95.50"}, "")
    verdict = judge(call, None, None, None, catalog, at_ms)
    sentences = [step for step in _rate_step_of(verdict.facts) if step]
    assert [step.startswith(told) for step in sentences] == ([True] if told else [])


def _rate_step_of(facts: dict[str, object]) -> list[str]:
    from clicktrail.core.story import _rate_step

    return [_rate_step(facts)]
