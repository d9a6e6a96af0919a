"""Later calls of an order, whatever they say: without a proof they change nothing, with one only what is allowed."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.cast import ANNA, BERT, CATALOG, CLICK, CLICK_ID, DORA, NOW_MS, SHOP, TESTER, with_program

from clicktrail.core.access import ALLOWED, UNPROVEN, Access, Proofs
from clicktrail.core.case import ABSENT, UNREAD, Earlier, Verdict
from clicktrail.core.catalog import Approval
from clicktrail.core.judge import judge
from clicktrail.core.lifecycle import MOVES, STATES
from clicktrail.core.postback import from_params
from clicktrail.core.reasons import CONFLICT, DUPLICATE, UNAUTHORIZED, UPDATED, WAITING

LATER = (DUPLICATE, CONFLICT, UPDATED, UNAUTHORIZED, WAITING)
SOMEBODY = st.sampled_from([str(TESTER), str(ANNA), str(BERT), str(DORA), "99", "x", ""])
params = st.fixed_dictionaries(
    {"cpid": st.just(str(SHOP)), "tid": st.just("A-1")},
    optional={
        "umsatz": st.sampled_from(["0", "60", "95.50", "100", "abc", "1.234,56", ""]),
        "produkt": st.sampled_from(["Sale", "Lead", "sale", ""]),
        "pid": SOMEBODY,
        "clickid": st.sampled_from(["QC" + "0" * 27, "QC1", ""]),
        "status": st.sampled_from(["confirmed", "cancelled", "open", "paid", "held", "CONFIRMED"]),
        "nocheck": st.just("1"),
        "subid": st.text(max_size=3),
    },
)
unproven = st.builds(
    Proofs, token=st.integers(0, 2), listed=st.booleans(), fault=st.sampled_from(["", "its signature is wrong"])
)
proven = st.builds(
    Proofs, house=st.booleans(), signed_by=st.integers(1, 2), token=st.integers(0, 1), listed=st.booleans(),
    stamp_ms=st.sampled_from([0, NOW_MS - 1, NOW_MS, NOW_MS + 1]),
)  # fmt: skip
rules = st.builds(
    Access, signed=st.booleans(), token_required=st.booleans(), networks=st.sampled_from([(), ("::/0",)]),
    nocheck=st.sampled_from(ALLOWED), pid=st.sampled_from(ALLOWED), unproven=st.sampled_from(UNPROVEN),
)  # fmt: skip
earlier = st.builds(
    Earlier,
    number=st.just(17),
    partner=st.sampled_from([TESTER, ANNA, BERT]),
    product=st.sampled_from(["Sale", "Lead"]),
    revenue_minor=st.none() | st.sampled_from([0, 6000, 9550, 20000]),
    click_id=st.sampled_from([None, CLICK_ID]),
    state=st.sampled_from(STATES),
    revision=st.integers(0, 3),
    trusted=st.booleans(),
    stamp_ms=st.sampled_from([0, NOW_MS - 1, NOW_MS, NOW_MS + 1]),
    commission_minor=st.sampled_from([0, 500, 955]),
    percent_ppm=st.sampled_from([None, 100_000]),
    fixed_minor=st.just(500),
)
clicks = st.sampled_from([(None, None), (CLICK_ID, CLICK), (CLICK_ID, replace(CLICK, partner=BERT)),
                          (CLICK_ID, UNREAD), (CLICK_ID, ABSENT)])  # fmt: skip


def later(said: dict[str, str], proofs: Proofs, access: Access, before: Earlier, seen: Any, again: bool) -> Verdict:
    catalog = with_program(access=access)
    catalog = replace(catalog, approvals=(*CATALOG.approvals, Approval(BERT, SHOP, "*")))
    click_id, click = seen if said.get("clickid") else (None, None)
    call = replace(from_params(said, proofs=proofs), again=again)
    return judge(call, click_id, click, before, catalog, NOW_MS)


@given(params, unproven, rules, earlier, clicks)
def test_a_call_without_a_proof_changes_nothing(
    said: dict, proofs: Proofs, access: Access, before: Earlier, seen: Any
) -> None:
    found = later(said, proofs, access, before, seen, False)
    assert found.reason in LATER and found.reason != UPDATED
    assert found.change is None and found.award is None


@given(params, proven, rules, earlier, clicks)
def test_a_call_judged_once_more_changes_nothing(
    said: dict, proofs: Proofs, access: Access, before: Earlier, seen: Any
) -> None:
    found = later(said, proofs, access, before, seen, True)
    assert found.change is None and found.award is None


@given(params, proven, rules, earlier, clicks)
def test_a_trusted_call_changes_only_what_it_may(
    said: dict, proofs: Proofs, access: Access, before: Earlier, seen: Any
) -> None:
    found = later(said, proofs, access, before, seen, False)
    assert found.reason in LATER and found.award is None
    assert found.change is not None or found.reason != UPDATED
    if found.change is None:
        return
    after = found.change.after
    assert found.reason == (UPDATED if found.change.differences else DUPLICATE)
    assert (after.number, after.created_ms, after.revision) == (before.number, before.created_ms, before.revision + 1)
    assert after.trusted and after.stamp_ms >= before.stamp_ms and after.state != "held"
    asked = said.get("status", "").lower()
    freed = "open" if before.state == "held" else before.state
    moved = {end for (begin, _), end in MOVES.items() if begin == freed and end == asked}
    assert after.state in moved | {freed}
    if before.trusted or before.state not in ("held", "open"):
        assert (after.partner, after.product) == (before.partner, before.product)
        if after.revenue_minor != before.revenue_minor:
            assert 0 <= after.revenue_minor < before.revenue_minor
            assert before.state in ("held", "open", "confirmed")
    assert after.commission_minor >= 0
