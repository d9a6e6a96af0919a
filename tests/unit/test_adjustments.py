"""Part returns of paid transactions: what is booked, and what becomes of an entry, as tables."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.cast import ANNA, BERT, CATALOG, EARLIER, NOW_MS, SHOP

from clicktrail.core import adjustment, lifecycle
from clicktrail.core.access import NO_PROOFS, Proofs
from clicktrail.core.case import Earlier, Verdict
from clicktrail.core.delivery import message
from clicktrail.core.explain import operator_sentence, sentence
from clicktrail.core.judge import judge
from clicktrail.core.postback import from_params
from clicktrail.core.repeat import differences, reduced
from clicktrail.core.telling import Order, of_change

PAID = replace(
    EARLIER, revenue_minor=10_000, commission_minor=1_000, percent_ppm=100_000, state="paid", trusted=True, created_ms=1
)
FIXED = replace(PAID, percent_ppm=None, fixed_minor=500, commission_minor=500)
SIGNED = Proofs(signed_by=1, stamp_ms=NOW_MS)


def call(before: Earlier, *, proofs: Proofs = SIGNED, version: int = 2, **params: str) -> Verdict:
    said = {"cpid": str(SHOP), "tid": "A-1", "pid": str(ANNA), **params}
    catalog = replace(CATALOG, judging_version=version)
    return judge(from_params(said, proofs=proofs), None, None, before, catalog, NOW_MS)


def adjusted(before: Earlier, *remaining: int) -> Earlier:
    for each in remaining:
        before = adjustment.adjust(before, each)
    return before


BACK_80 = adjusted(PAID, 8_000)


@pytest.mark.parametrize(
    ("before", "remaining", "entry"),
    [
        (PAID, 8_000, (-2_000, -200)),
        (PAID, 0, (-10_000, -1_000)),
        (PAID, 9_995, (-5, 0)),  # 99.95 pays 10.00 as well: half up.
        (PAID, 9_994, (-6, -1)),
        (BACK_80, 6_000, (-2_000, -200)),
        (BACK_80, 9_000, (1_000, 100)),
        (BACK_80, 8_000, None),
        (FIXED, 8_000, (-2_000, 0)),  # A fixed amount is for the order, whatever it was worth.
        # Imported with what the other system paid, which no rate here made: by the share that remains.
        (replace(PAID, commission_minor=333), 5_000, (-5_000, -166)),
        (replace(PAID, commission_minor=333), 0, (-10_000, -333)),
        (replace(PAID, revenue_minor=0, commission_minor=0), 0, None),
    ],
)
def test_what_is_booked(before: Earlier, remaining: int, entry: tuple[int, int] | None) -> None:
    now = adjustment.adjust(before, remaining)
    assert adjustment.booked(before, now) == entry
    assert now.remaining_revenue_minor == remaining
    assert (now.revenue_minor, now.commission_minor) == (before.revenue_minor, before.commission_minor)


@pytest.mark.parametrize(
    ("before", "params", "reason", "remaining", "state"),
    [
        (PAID, {"umsatz": "80"}, "updated", (8_000, 800), "paid"),
        (PAID, {"umsatz": "80", "status": "confirmed"}, "updated", (8_000, 800), "paid"),
        (PAID, {"umsatz": "80", "status": "cancelled"}, "updated", (8_000, 800), "cancelled"),
        (PAID, {"status": "cancelled"}, "updated", (10_000, 1_000), "cancelled"),
        (PAID, {"umsatz": "100"}, "duplicate", None, ""),
        (BACK_80, {"umsatz": "80"}, "duplicate", None, ""),
        (BACK_80, {}, "duplicate", None, ""),
        (BACK_80, {"umsatz": "60"}, "updated", (6_000, 600), "paid"),
        (BACK_80, {"umsatz": "90"}, "conflict", None, ""),
        (BACK_80, {"umsatz": "100"}, "conflict", None, ""),
        (PAID, {"umsatz": "120"}, "conflict", None, ""),
        (PAID, {"umsatz": "80", "produkt": "Lead"}, "conflict", None, ""),
        (PAID, {"umsatz": "80", "pid": str(BERT)}, "conflict", None, ""),
        (PAID, {"umsatz": "-20"}, "conflict", None, ""),
        (replace(PAID, revenue_minor=None, percent_ppm=None), {"umsatz": "80"}, "conflict", None, ""),
        (FIXED, {"umsatz": "80"}, "updated", (8_000, 500), "paid"),
        (replace(PAID, trusted=False), {"umsatz": "80"}, "updated", (8_000, 800), "paid"),
        (replace(PAID, stamp_ms=NOW_MS + 1), {"umsatz": "80"}, "conflict", None, ""),
    ],
)
def test_trusted_calls_of_a_paid_order(
    before: Earlier, params: dict[str, str], reason: str, remaining: tuple[int, int] | None, state: str
) -> None:
    found = call(before, **params)
    assert found.reason == reason
    if remaining is None:
        assert found.change is None
        return
    after = found.change.after
    assert (after.remaining_revenue_minor, after.remaining_commission_minor) == remaining
    assert (after.revenue_minor, after.commission_minor, after.state) == (
        before.revenue_minor, before.commission_minor, state,
    )  # fmt: skip


def test_a_call_without_proof_adjusts_nothing() -> None:
    found = call(PAID, proofs=NO_PROOFS, umsatz="80")
    assert (found.reason, found.change) == ("conflict", None)


def test_a_call_of_before_is_judged_as_it_was() -> None:
    """By the rules that held when it arrived; a replay must come to the same."""
    assert call(PAID, version=1, umsatz="80").reason == "conflict"


def test_what_was_paid_once_stays_with_its_partner() -> None:
    """Paid, adjusted, cancelled, reopened; its adjustments are Anna's."""
    reopened = replace(BACK_80, state="open", trusted=False)
    found = call(reopened, umsatz="80", pid=str(BERT))
    assert (found.reason, found.change) == ("conflict", None)


@pytest.mark.parametrize("state", ["held", "open", "confirmed"])
def test_a_reopened_one_is_reduced_to_what_the_shop_says(state: str) -> None:
    now = reduced(replace(BACK_80, state=state), 5_000)
    assert (now.remaining_revenue_minor, now.remaining_commission_minor) == (5_000, 500)
    assert adjustment.booked(BACK_80, now) is None


def test_sentences_name_what_remains() -> None:
    found = call(PAID, umsatz="80")
    told = operator_sentence(found.reason, found.facts, found.transaction)
    assert "amount after adjustments 100.00 EUR before, 80.00 EUR now" in told
    assert "commission after adjustments 10.00 EUR before, 8.00 EUR now" in told
    assert "80.00 EUR" in sentence(found.reason, found.facts, found.transaction)
    assert {each["fact"] for each in differences(PAID, BACK_80)} == {"remaining_amount", "remaining_commission"}


def test_receivers_are_told_what_remains() -> None:
    [told] = of_change(PAID, BACK_80, Order(SHOP, "A-1", "EUR", 2), 5, NOW_MS)
    facts = told.facts
    assert (facts["trigger"], facts["status"]) == ("changed", "paid")
    assert (facts["revenue_minor"], facts["commission_minor"]) == (8_000, 800)
    assert (facts["adjusted_revenue_minor"], facts["adjusted_commission_minor"]) == (-2_000, -200)
    data = json.loads(message({**facts, "at_ms": NOW_MS}))["data"]
    assert (data["revenue"], data["commission"]) == ("80.00", "8.00")
    assert (data["adjusted_revenue"], data["adjusted_commission"]) == ("-20.00", "-2.00")
    [before] = of_change(PAID, replace(PAID, state="cancelled"), Order(SHOP, "A-1", "EUR", 2), 5, NOW_MS)
    assert "adjusted_revenue_minor" not in before.facts, "where nothing came back the message is as before"


MOVES = {
    ("open", "settle"): "settled",
    ("open", "void"): "voided",
    ("settled", "reopen"): "open",
    ("open", "supersede"): "superseded",
    ("superseded", "restore"): "open",
}


@pytest.mark.parametrize("state", adjustment.STATES)
@pytest.mark.parametrize("verb", [*adjustment.VERBS, "supersede", "restore", "destroy"])
def test_every_state_and_verb_of_an_adjustment(state: str, verb: str) -> None:
    assert adjustment.after(state, verb) == MOVES.get((state, verb))
    assert (verb in adjustment.verbs_from(state)) == ((state, verb) in MOVES and verb in adjustment.VERBS)


@pytest.mark.parametrize("before", lifecycle.STATES)
@pytest.mark.parametrize("now", lifecycle.STATES)
def test_what_a_move_of_the_transaction_means_for_its_adjustments(before: str, now: str) -> None:
    must = {("cancelled", "open"): "restore"} | {(state, "cancelled"): "supersede" for state in lifecycle.STATES}
    must |= {("cancelled", state): "restore" for state in lifecycle.STATES}
    assert adjustment.follows(before, now) == (None if before == now else must.get((before, now)))


@pytest.mark.parametrize(
    ("now", "entry", "remaining"),
    [
        (BACK_80, (-2_000, -200), (10_000, 1_000)),
        (adjusted(PAID, 8_000, 6_000), (-2_000, -200), (8_000, 800)),
        (adjusted(PAID, 8_000, 9_000), (1_000, 100), (8_000, 800)),
        (adjusted(PAID, 8_000, 9_000), (-2_000, -200), None),  # 110.00 would remain of 100.00.
        (adjusted(PAID, 8_000, 9_000, 0), (1_000, 100), None),
    ],
)
def test_voiding(now: Earlier, entry: tuple[int, int], remaining: tuple[int, int] | None) -> None:
    found = adjustment.void(now, *entry)
    assert (found and (found.remaining_revenue_minor, found.remaining_commission_minor)) == remaining


def test_the_manual_shows_the_diagram_of_adjustments() -> None:
    manual = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "transactions.md").read_text()
    assert f"```mermaid\n{adjustment.diagram()}\n```" in manual
    assert all(f"| `{state}` |" in manual for state in adjustment.STATES)
