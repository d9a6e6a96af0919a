"""Part returns of paid transactions, whatever is said of them: what remains is what the shop said last."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from support.cast import ANNA, CATALOG, EARLIER, NOW_MS, SHOP

from clicktrail.core import adjustment
from clicktrail.core.access import NO_PROOFS, Proofs
from clicktrail.core.judge import judge
from clicktrail.core.money import format_minor
from clicktrail.core.postback import from_params

PAID = replace(
    EARLIER, revenue_minor=10_000, commission_minor=1_000, percent_ppm=100_000, state="paid", trusted=True, created_ms=1
)
SIGNED = Proofs(signed_by=1, stamp_ms=NOW_MS)


@given(
    st.integers(0, 10**12), st.integers(0, 1_000_000), st.none() | st.integers(0, 10**12),
    st.lists(st.integers(0, 10**12), max_size=8),
)  # fmt: skip
def test_many_part_returns_take_back_what_one_does(
    revenue: int, percent: int, imported: int | None, steps: list[int]
) -> None:
    """Adjustments never come to more than was paid, and their sum does not depend on the steps."""
    earned = (revenue * percent + 500_000) // 1_000_000 if imported is None else imported
    paid = replace(PAID, revenue_minor=revenue, percent_ppm=percent, commission_minor=earned)
    now, entries = paid, []
    for step in steps:
        before, now = now, adjustment.adjust(now, min(step, revenue))
        entries.append(adjustment.booked(before, now) or (0, 0))
        assert -earned <= sum(entry[1] for entry in entries) <= 0
        assert now == adjustment.adjust(paid, min(step, revenue))
    if steps:
        assert revenue + sum(entry[0] for entry in entries) == min(steps[-1], revenue)
        assert earned + sum(entry[1] for entry in entries) == now.remaining_commission_minor


@given(
    st.integers(0, 10**6), st.none() | st.integers(0, 1_000_000),
    st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), max_size=8),
)  # fmt: skip
def test_transaction_and_adjustments_are_what_the_shop_said_last(
    revenue: int, percent: int | None, calls: list[tuple[int, bool]]
) -> None:
    """Calls of the judge, signed or not; accepted is only what is smaller than before, from a trusted caller."""
    earned = 500 if percent is None else (revenue * percent + 500_000) // 1_000_000
    now = replace(PAID, revenue_minor=revenue, percent_ppm=percent, commission_minor=earned)
    said, entries = revenue, []
    for amount, is_signed in calls:
        params = {"cpid": str(SHOP), "tid": "A-1", "pid": str(ANNA), "umsatz": format_minor(amount, 2)}
        proofs = SIGNED if is_signed else NO_PROOFS
        found = judge(from_params(params, proofs=proofs), None, None, now, CATALOG, NOW_MS)
        if found.change is None:
            assert found.reason == ("duplicate" if amount == said else "conflict")
            assert not is_signed or amount >= said
            continue
        assert is_signed and amount < said and found.reason == "updated"
        before, now, said = now, found.change.after, amount
        entries.append(adjustment.booked(before, now))
        assert (now.revenue_minor, now.commission_minor, now.state) == (revenue, earned, "paid")
    assert revenue + sum(entry[0] for entry in entries) == said == now.remaining_revenue_minor
    assert -earned <= sum(entry[1] for entry in entries) <= 0
