"""The rate of a moment is a look-up in a line of steps: it changes only where one begins, whatever their order."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from support.cast import BERT, CATALOG, SHOP

from clicktrail.core.catalog import Rate, TimedRate, UsedRate

moments = st.integers(min_value=1, max_value=10_000)
steps = st.dictionaries(moments, st.integers(min_value=1, max_value=1_000_000), max_size=12)


@given(steps, moments, st.randoms())
def test_it_is_the_last_that_has_begun(line: dict[int, int], at_ms: int, dice: object) -> None:
    timed = [TimedRate(0, SHOP, "Sale", since_ms, Rate(ppm)) for since_ms, ppm in line.items()]
    dice.shuffle(timed)  # type: ignore[attr-defined]
    found = replace(CATALOG, timed=tuple(timed)).rate_at(BERT, SHOP, "Sale", at_ms)
    begun = [since_ms for since_ms in line if since_ms <= at_ms]
    last = max(begun, default=0)
    assert found == UsedRate(Rate(line[last]) if last else CATALOG.programs[SHOP].products[0].rate, last)


@given(steps, moments, moments)
def test_a_later_moment_has_no_earlier_rate(line: dict[int, int], first: int, second: int) -> None:
    timed = tuple(TimedRate(0, SHOP, "Sale", since_ms, Rate(ppm)) for since_ms, ppm in line.items())
    catalog = replace(CATALOG, timed=timed)
    found = [catalog.rate_at(BERT, SHOP, "Sale", at_ms) for at_ms in sorted((first, second))]
    assert found[0] is not None and found[1] is not None
    assert found[0].since_ms <= found[1].since_ms
