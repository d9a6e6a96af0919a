"""Who may call: what a call lacks, what a rule lets count, and what the judge makes of both."""

from dataclasses import replace
from typing import Any

import pytest
from support.cast import ANNA, BERT, CATALOG, CLICK, EARLIER, NOW_MS, SHOP, with_program
from test_judge import Scene, scene, verdict

from clicktrail.core.access import (
    EVERYBODY,
    HOLD,
    NO_PROOFS,
    NOBODY,
    SIGNED,
    Access,
    Proofs,
    SigningKey,
    allows,
    missing,
)
from clicktrail.core.case import UNREAD, Earlier, Verdict
from clicktrail.core.catalog import Approval
from clicktrail.core.explain import operator_sentence, sentence
from clicktrail.core.periods import DAY_MS

NO_SIGNATURE = "it carries no signature (parameters ts and sig)"
NO_TOKEN = "its token is missing or wrong (parameter token)"
NO_ADDRESS = "it does not come from a listed address"
EVERY_RULE = Access(signed=True, token_required=True, networks=("203.0.113.0/24",))
ALL = Proofs(signed_by=3, token=1, listed=True, stamp_ms=NOW_MS)
TRUSTED = Proofs(signed_by=3, stamp_ms=NOW_MS)
HOUSE = Proofs(house=True)


@pytest.mark.parametrize(
    ("rules", "proofs", "lacks"),
    [
        (Access(), NO_PROOFS, ""),
        (Access(), Proofs(fault="its signature is wrong"), ""),
        (Access(signed=True), NO_PROOFS, NO_SIGNATURE),
        (Access(signed=True), Proofs(fault="its signature is wrong"), "its signature is wrong"),
        (Access(signed=True), Proofs(token=1, listed=True), NO_SIGNATURE),
        (Access(signed=True), TRUSTED, ""),
        (Access(token_required=True), NO_PROOFS, NO_TOKEN),
        (Access(token_required=True), TRUSTED, NO_TOKEN),
        (Access(token_required=True), Proofs(token=1), ""),
        (Access(networks=("::/0",)), TRUSTED, NO_ADDRESS),
        (Access(networks=("::/0",)), Proofs(listed=True), ""),
        (EVERY_RULE, NO_PROOFS, f"{NO_SIGNATURE}; {NO_TOKEN}; {NO_ADDRESS}"),
        (EVERY_RULE, replace(ALL, token=0), NO_TOKEN),
        (EVERY_RULE, ALL, ""),
        (EVERY_RULE, HOUSE, ""),
    ],
)
def test_each_rule_stands_for_itself(rules: Access, proofs: Proofs, lacks: str) -> None:
    assert missing(rules, proofs) == lacks


@pytest.mark.parametrize(
    ("who", "of_nobody", "of_token", "of_signed", "of_house"),
    [(NOBODY, False, False, False, True), (SIGNED, False, False, True, True), (EVERYBODY, True, True, True, True)],
)
def test_whose_word_counts(who: str, of_nobody: bool, of_token: bool, of_signed: bool, of_house: bool) -> None:
    asked = (NO_PROOFS, Proofs(token=1, listed=True), TRUSTED, HOUSE)
    assert tuple(allows(who, proofs) for proofs in asked) == (of_nobody, of_token, of_signed, of_house)


@pytest.mark.parametrize(
    "rules",
    [
        Access(signed=True), Access(token_required=True), Access(networks=("::/0",)),
        Access(keys=(SigningKey(1, "s"),)),
    ],
)  # fmt: skip
def test_there_is_something_to_look_at(rules: Access) -> None:
    """Also where a signature is demanded and there is no key yet: the refusal says why."""
    assert rules.looks and not Access().looks


def at(access: Access, params: dict[str, str] | None = None, **world: Any) -> Verdict:
    return verdict(params, catalog=with_program(access=access), **world)


def test_what_is_missing_names_the_reason() -> None:
    found = at(Access(signed=True), proofs=Proofs(fault="its signature is wrong"))
    assert (found.reason, found.award) == ("unauthorized", None)
    assert "its signature is wrong" in sentence("unauthorized", found.facts)


def test_on_hold_in_place_of_refused() -> None:
    held = at(Access(signed=True, unproven=HOLD))
    assert held.award is not None
    assert (held.reason, held.award.state, held.award.trusted) == ("saved", "held", False)
    assert held.award.held_for == NO_SIGNATURE


HALF = Access(signed=True, networks=("::/0",), unproven=HOLD, nocheck=SIGNED, pid=SIGNED)


def test_half_a_proof_is_none() -> None:
    """A stolen key does not work from elsewhere, where the address list is there to prevent just that."""
    params = {"status": "confirmed", "pid": str(BERT), "nocheck": "1"}
    held = at(HALF, params, proofs=TRUSTED)
    assert held.award is not None
    assert (held.award.state, held.award.partner, held.award.trusted) == ("held", ANNA, False)
    assert {"ignored_pid", "ignored_nocheck"} <= held.facts.keys()
    whole = at(HALF, params, proofs=ALL)
    assert whole.award is not None
    assert (whole.award.state, whole.award.partner, whole.award.trusted) == ("confirmed", BERT, True)
    assert at(HALF, {"umsatz": "60"}, proofs=TRUSTED, earlier=EARLIER).reason == "conflict"
    assert at(HALF, {"umsatz": "60"}, proofs=ALL, earlier=EARLIER).reason == "updated"


@pytest.mark.parametrize(
    ("rule", "words"),
    [(NOBODY, "of the parameter pid nobody's counts"), (SIGNED, "of the parameter pid only that of a signed call")],
)
def test_a_pid_that_does_not_count_is_said(rule: str, words: str) -> None:
    found = at(Access(pid=rule), {"clickid": "", "pid": str(ANNA)})
    assert found.reason == "no_attribution"
    for text in (sentence(found.reason, found.facts), operator_sentence(found.reason, found.facts)):
        assert words in text
    assert at(Access(pid=rule), {"pid": str(BERT)}).award == at(Access()).award, "the ClickID still credits"


def test_a_nocheck_that_does_not_count_is_said() -> None:
    bert = replace(CLICK, partner=BERT)
    found = at(Access(nocheck=SIGNED), {"nocheck": "1"}, click=bert)
    assert found.reason == "not_approved"
    assert "of the parameter nocheck only that of a signed call counts" in sentence(found.reason, found.facts)
    assert at(Access(nocheck=SIGNED), {"nocheck": "1"}, click=bert, proofs=TRUSTED).reason == "saved"
    assert at(Access(nocheck=NOBODY), {"nocheck": "1"}, click=bert, proofs=TRUSTED).reason == "not_approved"
    assert at(Access(nocheck=NOBODY), {"nocheck": "1"}, click=bert, proofs=HOUSE).reason == "saved"


# A later call of an order -----------------------------------------------------------

FIXED = replace(EARLIER, product="Lead", product_id=2, percent_ppm=None, fixed_minor=500, commission_minor=500)
PLAIN = replace(EARLIER, percent_ppm=100_000, commission_minor=955, product_id=1)
BOTH = replace(CATALOG, approvals=(*CATALOG.approvals, Approval(BERT, SHOP, "*")))


def again(params: dict[str, str] | None = None, earlier: Earlier = PLAIN, **world: Any) -> Verdict:
    return verdict(params, earlier=earlier, **{"proofs": TRUSTED, "catalog": BOTH, **world})


def stands(found: Verdict) -> tuple[Any, ...]:
    """(partner, revenue, commission, state) after the change; empty where there is none."""
    if found.change is None:
        return ()
    after = found.change.after
    assert (after.trusted, after.held_for, after.revision) == (True, "", PLAIN.revision + 1)
    return after.partner, after.revenue_minor, after.commission_minor, after.state


OTHER_PARTNER = {"pid": str(BERT)}
TABLE: dict[str, tuple[Verdict, str, tuple[Any, ...]]] = {
    "vouches": (again(), "duplicate", (ANNA, 9550, 955, "open")),
    "vouches once": (again(earlier=replace(PLAIN, trusted=True)), "duplicate", ()),
    "vouches for what is on hold": (again(earlier=replace(PLAIN, state="held")), "updated", (ANNA, 9550, 955, "open")),
    "does not vouch for whoever squatted what is on hold": (
        again({"clickid": ""}, replace(PLAIN, state="held"), click_id=None, click=None), "conflict", (),
    ),
    "does not correct it for him either": (
        again({"clickid": "", "umsatz": "60"}, replace(PLAIN, state="held"), click_id=None, click=None), "conflict", (),
    ),
    "cancels it, whoever that is": (
        again({"clickid": "", "status": "cancelled"}, replace(PLAIN, state="held"), click_id=None, click=None),
        "updated", (ANNA, 9550, 955, "cancelled"),
    ),
    "believes the pixel where no proof is asked": (
        again({"clickid": ""}, click_id=None, click=None), "duplicate", (ANNA, 9550, 955, "open"),
    ),
    "replaces another partner": (again(OTHER_PARTNER), "updated", (BERT, 9550, 955, "open")),
    "replaces what is on hold": (
        again(OTHER_PARTNER, replace(PLAIN, state="held")), "updated", (BERT, 9550, 955, "open"),
    ),
    "replaces and moves": (
        again(OTHER_PARTNER | {"status": "confirmed"}), "updated", (BERT, 9550, 955, "confirmed"),
    ),
    "does not replace what is trusted": (again(OTHER_PARTNER, replace(PLAIN, trusted=True)), "conflict", ()),
    "does not replace what is confirmed": (again(OTHER_PARTNER, replace(PLAIN, state="confirmed")), "conflict", ()),
    "would earn nothing itself": (again(OTHER_PARTNER, catalog=CATALOG), "conflict", ()),
    "corrects an amount upwards": (again({"umsatz": "100"}), "updated", (ANNA, 10000, 1000, "open")),
    "corrects an amount in few words": (
        again({"umsatz": "60", "clickid": "", "produkt": ""}), "updated", (ANNA, 6000, 600, "open"),
    ),
    "corrects an amount long after the click": (
        again({"umsatz": "60"}, now_ms=NOW_MS + 99 * DAY_MS, proofs=replace(TRUSTED, stamp_ms=NOW_MS + 99 * DAY_MS)),
        "updated", (ANNA, 6000, 600, "open"),
    ),
    "reduces what is trusted": (
        again({"umsatz": "60"}, replace(PLAIN, trusted=True, state="confirmed")),
        "updated", (ANNA, 6000, 600, "confirmed"),
    ),
    "does not raise what is trusted": (again({"umsatz": "100"}, replace(PLAIN, trusted=True)), "conflict", ()),
    "leaves what is paid as it was paid": (
        again({"umsatz": "60"}, replace(PLAIN, state="paid")), "updated", (ANNA, 9550, 955, "paid"),
    ),
    "does not reduce what is cancelled": (again({"umsatz": "60"}, replace(PLAIN, state="cancelled")), "conflict", ()),
    "does not take an amount that cannot be read": (again({"umsatz": "abc"}), "conflict", ()),
    "reduces at a fixed commission": (
        again({"umsatz": "60", "produkt": "Lead"}, FIXED), "updated", (ANNA, 6000, 500, "open"),
    ),
    "confirms": (again({"status": "confirmed"}), "updated", (ANNA, 9550, 955, "confirmed")),
    "confirms once": (
        again({"status": "confirmed"}, replace(PLAIN, state="confirmed", trusted=True)), "duplicate", (),
    ),
    "does not confirm what is paid": (
        again({"status": "confirmed"}, replace(PLAIN, state="paid", trusted=True)), "duplicate", (),
    ),
    "is late and confirms what is paid": (
        again({"status": "confirmed"}, replace(PLAIN, state="paid", stamp_ms=NOW_MS + 1)), "duplicate", (),
    ),
    "cancels what is paid": (
        again({"status": "cancelled"}, replace(PLAIN, state="paid")), "updated", (ANNA, 9550, 955, "cancelled"),
    ),
    "does not confirm what is cancelled": (
        again({"status": "confirmed"}, replace(PLAIN, state="cancelled")), "conflict", (),
    ),
    "does not pay": (again({"status": "paid"}, replace(PLAIN, state="confirmed", trusted=True)), "duplicate", ()),
    "reduces and cancels": (again({"umsatz": "60", "status": "cancelled"}), "updated", (ANNA, 6000, 600, "cancelled")),
    "was signed before the last word": (again({"umsatz": "60"}, replace(PLAIN, stamp_ms=NOW_MS + 1)), "conflict", ()),
    "was signed earlier, same facts": (again(earlier=replace(PLAIN, stamp_ms=NOW_MS + 1)), "duplicate", ()),
    "was signed before it was reopened": (
        again({"status": "cancelled"}, replace(PLAIN, stamp_ms=NOW_MS + 1)), "conflict", (),
    ),
    "is of the house": (again({"umsatz": "60"}, proofs=HOUSE), "updated", (ANNA, 6000, 600, "open")),
    "is not trusted": (again({"umsatz": "60"}, proofs=Proofs(token=1, listed=True)), "conflict", ()),
    "is not trusted and cancels": (again({"status": "cancelled"}, proofs=NO_PROOFS), "duplicate", ()),
    "waits for its click": (
        again({"umsatz": "60"}, click=UNREAD, click_id=CLICK.id + 1), "waiting", (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", TABLE)
def test_a_trusted_call(how: str) -> None:
    found, reason, after = TABLE[how]
    assert (found.reason, stands(found)) == (reason, after)


def test_why_it_earns_nothing_itself_is_kept() -> None:
    assert again(OTHER_PARTNER, catalog=CATALOG).facts["instead"] == "not_approved"


def test_a_call_that_is_judged_once_more_changes_nothing() -> None:
    before = scene({"umsatz": "60", "status": "cancelled"}, earlier=PLAIN, proofs=TRUSTED)

    class Again(Scene):
        def call(self) -> Any:
            return replace(super().call(), again=True)

    found = Again(before.params, proofs=TRUSTED, earlier=PLAIN).verdict()
    assert (found.reason, found.change) == ("conflict", None)
