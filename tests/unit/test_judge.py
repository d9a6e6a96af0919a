"""What becomes of a call: contract 4 and 5 as tables."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from support.cast import (
    ANNA,
    BANNER,
    BERT,
    CATALOG,
    CLICK,
    CLICK_ID,
    DORA,
    EARLIER,
    NOW_MS,
    OTHER_SHOP,
    PROGRAM,
    SHOP,
    STRANGER,
    TESTER,
    with_program,
)

from clicktrail.core import reasons
from clicktrail.core.access import NO_PROOFS, Access, Proofs
from clicktrail.core.case import ABSENT, UNREAD, Click, ClickFacts, Earlier, Verdict
from clicktrail.core.catalog import Approval, Catalog, PartnerRate, Product, Rate
from clicktrail.core.explain import operator_sentence, sentence
from clicktrail.core.judge import judge
from clicktrail.core.periods import DAY_MS
from clicktrail.core.postback import Postback, from_params

GENUINE = "QC423840809685489623456289367"
ORDER = {"cpid": "1", "tid": "A-1", "clickid": GENUINE, "umsatz": "95.50"}


@dataclass(frozen=True)
class Scene:
    """One call and the world around it; a test changes what it is about."""

    params: tuple[tuple[str, str], ...] = tuple(ORDER.items())
    fault: str = ""
    proofs: Proofs = NO_PROOFS
    click_id: int | None = CLICK_ID
    click: Click = CLICK
    earlier: Earlier | None = None
    catalog: Catalog = CATALOG
    now_ms: int = NOW_MS

    def call(self) -> Postback:
        return from_params(dict(self.params), self.fault, self.proofs)

    def verdict(self) -> Verdict:
        return judge(self.call(), self.click_id, self.click, self.earlier, self.catalog, self.now_ms)


def scene(params: dict[str, str] | None = None, **world: Any) -> Scene:
    """A good order with these parameters changed; without a ClickID nothing is known of a click."""
    merged = {**ORDER, **(params or {})}
    if not merged["clickid"]:
        world = {"click_id": None, "click": None, **world}
    return Scene(tuple(merged.items()), **world)


def verdict(params: dict[str, str] | None = None, **world: Any) -> Verdict:
    return scene(params, **world).verdict()


def reason(params: dict[str, str] | None = None, **world: Any) -> str:
    found = verdict(params, **world)
    assert found.saved == (found.award is not None) == (found.reason == "saved")
    json.dumps(found.facts)
    return found.reason


# Order of checks -----------------------------------------------------------------

NO_CLICK = {"click_id": None, "click": None}
FOREIGN = replace(CLICK, program=OTHER_SHOP, at_ms=NOW_MS - 99 * DAY_MS, outcome="unknown_creative")
EXPIRED = replace(CLICK, at_ms=NOW_MS - 99 * DAY_MS, outcome="unknown_creative")
PAUSED = with_program(state="paused")
SIGNED = with_program(access=Access(signed=True))
PAUSED_AND_SIGNED = with_program(state="paused", access=Access(signed=True))

EVERYTHING_WRONG = Scene(
    params=(("clickid", "QC1"), ("produkt", "sale"), ("wmid", "99"), ("pid", ""), ("currency", "USD")),
    fault="it is damaged.",
    earlier=EARLIER,
    catalog=PAUSED_AND_SIGNED,
    **NO_CLICK,
)


def says(**params: str) -> Callable[[Scene], Scene]:
    return lambda scene: replace(scene, params=tuple({**dict(scene.params), **params}.items()))


def is_so(**world: Any) -> Callable[[Scene], Scene]:
    return lambda scene: replace(scene, **world)


LADDER: tuple[tuple[str, Callable[[Scene], Scene]], ...] = (
    ("bad_call", is_so(fault="")),
    ("missing_cpid", says(cpid="99")),
    ("unknown_program", says(cpid="1")),
    ("unauthorized", is_so(catalog=PAUSED)),
    ("missing_tid", says(tid="A-1")),
    ("conflict", is_so(earlier=None)),
    ("program_paused", is_so(catalog=CATALOG)),
    ("malformed_clickid", is_so(click_id=CLICK_ID, click=FOREIGN)),
    ("foreign_click", is_so(click=UNREAD)),
    ("waiting", is_so(click=ABSENT)),
    ("unknown_click", is_so(click=EXPIRED)),
    ("click_expired", lambda scene: says(clickid="")(is_so(**NO_CLICK)(scene))),
    ("no_attribution", says(pid="99")),
    ("unknown_partner", says(pid="10")),
    ("partner_inactive", says(pid="8")),
    ("unknown_creative", says(wmid="")),
    ("unknown_product", says(produkt="Sale")),
    ("wrong_currency", says(currency="EUR")),
    ("missing_amount", says(umsatz="abc")),
    ("bad_amount", says(umsatz="95.50")),
    ("not_approved", says(nocheck="1")),
)
"""(the reason named while all faults from here on are there, how to mend that one)."""


def test_the_first_fault_names_the_reason() -> None:
    """Everything wrong at once; then one fault after the other is mended, and the next is named."""
    now = EVERYTHING_WRONG
    for expected, mend in LADDER:
        assert now.verdict().reason == expected
        now = mend(now)
    assert now.verdict().reason == "saved"


def test_the_ladder_is_the_order_of_the_contract() -> None:
    contract = (
        "bad_call, missing_cpid, unknown_program, unauthorized, missing_tid, duplicate or conflict, program_paused, "
        "malformed_clickid, foreign_click, waiting or unknown_click, click_expired, no_attribution, unknown_partner, "
        "partner_inactive, unknown_creative, unknown_product, wrong_currency, missing_amount, bad_amount, "
        "not_approved"
    )
    steps = [[code for code in step if code != "updated"] for step in reasons.CHECK_ORDER]
    assert [" or ".join(step) for step in steps] == contract.split(", ")
    flat = [code for step in steps for code in step if code != "duplicate"]
    assert [expected for expected, _ in LADDER] == flat


@pytest.mark.parametrize("expected", [expected for expected, _ in LADDER])
def test_each_fault_alone_is_named(expected: str) -> None:
    """The same faults one at a time in an order that is good otherwise."""
    alone: dict[str, Scene] = {
        "bad_call": scene(fault="it is damaged."),
        "missing_cpid": scene({"cpid": ""}),
        "unknown_program": scene({"cpid": "99"}),
        "unauthorized": scene(catalog=SIGNED),
        "updated": scene(proofs=Proofs(signed_by=1), earlier=replace(EARLIER, revenue_minor=9551)),
        "missing_tid": scene({"tid": ""}),
        "conflict": scene({"umsatz": "1"}, earlier=EARLIER),
        "program_paused": scene(catalog=PAUSED),
        "malformed_clickid": scene({"clickid": "QC1"}, **NO_CLICK),
        "foreign_click": scene(click=replace(CLICK, program=OTHER_SHOP)),
        "waiting": scene(click=UNREAD),
        "unknown_click": scene(click=ABSENT),
        "click_expired": scene(click=replace(CLICK, at_ms=NOW_MS - 31 * DAY_MS)),
        "no_attribution": scene({"clickid": ""}),
        "unknown_partner": scene({"pid": "99"}),
        "partner_inactive": scene({"pid": "9"}),
        "unknown_creative": scene({"wmid": "99"}),
        "unknown_product": scene({"produkt": "sale"}),
        "wrong_currency": scene({"currency": "USD"}),
        "missing_amount": scene({"umsatz": ""}),
        "bad_amount": scene({"umsatz": "1,234"}),
        "not_approved": scene({"pid": "8"}),
    }
    assert alone[expected].verdict().reason == expected


# Saved: who, what, how much ------------------------------------------------------


def test_attribution_from_the_clickid_alone() -> None:
    award = verdict().award
    assert award is not None
    assert (award.program, award.tid, award.partner, award.subid) == (SHOP, "A-1", ANNA, "x")
    assert (award.creative, award.referrer) == (BANNER, "https://blog.example/shoes")
    assert (award.clickid, award.click_id, award.clicked_ms) == (GENUINE, CLICK_ID, CLICK.at_ms)
    assert (award.product, award.product_id, award.percent_ppm, award.fixed_minor) == ("Sale", 1, 100_000, None)
    assert (award.revenue_minor, award.commission_minor, award.currency, award.decimals) == (9550, 955, "EUR", 2)
    assert award.test is False


def test_a_pid_without_a_clickid_attributes() -> None:
    award = verdict({"clickid": "", "pid": "7", "subid": "y"}).award
    assert award is not None
    assert (award.partner, award.subid, award.creative, award.referrer) == (ANNA, "y", 0, "")
    assert (award.clickid, award.click_id, award.clicked_ms) == ("", None, None)


@pytest.mark.parametrize(
    ("params", "partner", "subid", "creative"),
    [
        ({"pid": "2"}, TESTER, "x", BANNER),
        ({"pid": "007"}, ANNA, "x", BANNER),
        ({"subid": "y"}, ANNA, "y", BANNER),
        ({"wmid": "12"}, ANNA, "x", 12),
        ({"wmid": "cc"}, ANNA, "x", 0),
        ({"pid": "2", "subid": "y", "wmid": "12"}, TESTER, "y", 12),
        ({"pid": "", "subid": "", "wmid": ""}, ANNA, "x", BANNER),
    ],
)
def test_pid_subid_and_wmid_override(params: dict[str, str], partner: int, subid: str, creative: int) -> None:
    award = verdict(params).award
    assert award is not None
    assert (award.partner, award.subid, award.creative) == (partner, subid, creative)


def test_only_the_test_partner_makes_tests() -> None:
    """He may earn every product, also where nobody approved him."""
    award = verdict({"pid": "2", "produkt": "Lead"}).award
    assert award is not None
    assert award.test is True


@pytest.mark.parametrize(
    ("params", "product", "revenue_minor", "commission_minor"),
    [
        ({}, "Sale", 9550, 955),
        ({"umsatz": "80.25210084033614"}, "Sale", 8025, 803),
        ({"umsatz": "95,50"}, "Sale", 9550, 955),
        ({"umsatz": "0"}, "Sale", 0, 0),
        ({"umsatz": "0.05"}, "Sale", 5, 1),
        ({"umsatz": "0.04"}, "Sale", 4, 0),
        ({"produkt": "Lead"}, "Lead", 9550, 500),
        ({"produkt": "Lead", "umsatz": ""}, "Lead", None, 500),
    ],
)
def test_commission(params: dict[str, str], product: str, revenue_minor: int | None, commission_minor: int) -> None:
    award = verdict(params).award
    assert award is not None
    assert (award.product, award.revenue_minor, award.commission_minor) == (product, revenue_minor, commission_minor)


def test_commission_in_a_currency_without_decimals() -> None:
    click = replace(CLICK, program=5)
    award = verdict({"cpid": "5", "umsatz": "95.5"}, click=click).award
    assert award is not None
    assert (award.revenue_minor, award.commission_minor, award.currency, award.decimals) == (96, 10, "JPY", 0)


def test_a_partners_own_rate() -> None:
    """Also where it is a fixed amount for a product that pays others a percentage: then no revenue is needed."""
    rates = (PartnerRate(ANNA, SHOP, "Sale", Rate(fixed_minor=250)),)
    catalog = replace(CATALOG, rates=rates)
    award = verdict({"umsatz": ""}, catalog=catalog).award
    assert award is not None
    assert (award.commission_minor, award.fixed_minor, award.percent_ppm) == (250, 250, None)
    assert reason({"umsatz": "", "pid": "2"}, catalog=catalog) == "missing_amount"


def test_the_rate_is_the_one_of_that_moment() -> None:
    dearer = with_program(products=(Product(1, "Sale", Rate(percent_ppm=200_000)),))
    now, later = verdict().award, verdict(catalog=dearer).award
    assert now is not None
    assert later is not None
    assert (now.commission_minor, later.commission_minor) == (955, 1910)


# ClickIDs and attribution --------------------------------------------------------


@pytest.mark.parametrize("pid", ["", "7", "2"])
@pytest.mark.parametrize(
    ("world", "expected"),
    [
        (NO_CLICK, "malformed_clickid"),
        ({"click": replace(CLICK, program=OTHER_SHOP)}, "foreign_click"),
        ({"click": UNREAD}, "waiting"),
        ({"click": ABSENT}, "unknown_click"),
        ({"click": replace(CLICK, at_ms=NOW_MS - 31 * DAY_MS)}, "click_expired"),
        ({"click": replace(CLICK, outcome="unknown_partner", partner=STRANGER)}, "unknown_partner"),
        ({"click": replace(CLICK, outcome="partner_inactive", partner=DORA)}, "partner_inactive"),
        ({"click": replace(CLICK, outcome="unknown_creative", creative=99)}, "unknown_creative"),
        ({"click": replace(CLICK, outcome="program_paused")}, "program_paused"),
        ({"click": replace(CLICK, outcome="something_new")}, "unknown_creative"),
    ],
)
def test_a_pid_does_not_rescue_a_bad_clickid(pid: str, world: dict[str, Any], expected: str) -> None:
    """Nor a click that was not credited when it was made: it is discarded with the reason of that time."""
    assert reason({"pid": pid}, **world) == expected


@pytest.mark.parametrize(
    ("age_ms", "expected"),
    [
        (0, "saved"),
        (-5000, "saved"),
        (30 * DAY_MS, "saved"),
        (30 * DAY_MS + 1, "click_expired"),
        (9999 * DAY_MS, "click_expired"),
    ],
)
def test_click_lifetime(age_ms: int, expected: str) -> None:
    assert reason(click=replace(CLICK, at_ms=NOW_MS - age_ms)) == expected


def test_a_day_has_86_400_seconds() -> None:
    clicked_ms = NOW_MS - 86_400_000
    catalog = with_program(click_lifetime_days=1)
    assert reason(click=replace(CLICK, at_ms=clicked_ms), catalog=catalog) == "saved"
    assert reason(click=replace(CLICK, at_ms=clicked_ms - 1), catalog=catalog) == "click_expired"


def test_the_catalog_of_the_moment_counts_too() -> None:
    """The click was good; since then the program was paused, or the partner blocked or deleted."""
    blocked = replace(CATALOG.partners[ANNA], state="blocked")
    assert reason(catalog=PAUSED) == "program_paused"
    assert reason(catalog=replace(CATALOG, partners={ANNA: blocked})) == "partner_inactive"
    assert reason(catalog=replace(CATALOG, partners={})) == "unknown_partner"


def test_the_partner_who_was_not_active_is_the_clicks_not_the_calls() -> None:
    """A pid beside a bad click: the sentence names who clicked, and where the name comes from."""
    found = verdict({"pid": str(ANNA)}, click=replace(CLICK, outcome="partner_inactive", partner=DORA))
    assert operator_sentence(found.reason, found.facts).startswith("Partner 10 (Dora) was not active")
    assert "named by the ClickID" in sentence(found.reason, found.facts)


def test_an_old_fault_of_a_foreign_click_is_not_named() -> None:
    assert reason(click=replace(CLICK, program=OTHER_SHOP, outcome="program_paused")) == "foreign_click"


@pytest.mark.parametrize("pid", ["99", "abc", "0", "-7", "7.0", str(2**53 + 1), "9" * 200])
def test_unknown_partners(pid: str) -> None:
    assert reason({"pid": pid}) == "unknown_partner"
    assert reason({"pid": pid, "clickid": ""}) == "unknown_partner"


@pytest.mark.parametrize("cpid", ["99", "abc", "0", "-1", "1.0", " 1", str(2**53 + 1), "9" * 200])
def test_unknown_programs(cpid: str) -> None:
    assert reason({"cpid": cpid}) == "unknown_program"


@pytest.mark.parametrize("wmid", ["99", "13", "abc", "0", str(2**53 + 1)])
def test_a_creative_that_is_none_of_the_program(wmid: str) -> None:
    assert reason({"wmid": wmid}) == "unknown_creative"


def test_a_creative_deleted_since_the_click_is_no_fault() -> None:
    """Only a `wmid` in the call must name one."""
    assert reason(catalog=replace(CATALOG, creatives={})) == "saved"


def test_the_facts_name_where_the_partner_comes_from() -> None:
    assert verdict().facts["source"] == "clickid"
    assert verdict({"pid": "7"}).facts["source"] == "pid"
    assert verdict({"pid": "99"}).facts["pid"] == "99"
    assert verdict(click=replace(CLICK, partner=STRANGER)).facts["pid"] == "99"


def test_only_a_second_call_names_an_earlier_transaction() -> None:
    assert verdict({"cpid": ""}, earlier=EARLIER).transaction is None


def test_a_text_too_long() -> None:
    assert reason({"tid": "x" * 256}) == "bad_call"
    assert reason({"tid": "x" * 255}) == "saved"
    assert reason({"subid": "x" * 256}) == "bad_call"


# Products, amounts, approvals ----------------------------------------------------


@pytest.mark.parametrize(
    ("produkt", "hint"), [("sale", "Sale"), ("SALE", "Sale"), ("Sales", "Sale"), ("Laed", "Lead"), ("Shoes!", None)]
)
def test_a_product_is_matched_exactly_with_a_hint(produkt: str, hint: str | None) -> None:
    found = verdict({"produkt": produkt})
    assert found.reason == "unknown_product"
    assert found.facts.get("hint") == hint


def test_a_program_without_a_default_product_needs_one() -> None:
    assert reason(catalog=with_program(default_product=None)) == "unknown_product"
    assert reason({"produkt": "Sale"}, catalog=with_program(default_product=None)) == "saved"


@pytest.mark.parametrize("umsatz", ["1.234,56", "abc", "1e3", "1,234", "-5", "1" * 13, "95.50 EUR", " 95.5"])
@pytest.mark.parametrize("produkt", ["Sale", "Lead"])
def test_an_ambiguous_amount_is_a_discard(umsatz: str, produkt: str) -> None:
    """Also where the amount would change nothing: what is given must be readable."""
    found = verdict({"umsatz": umsatz, "produkt": produkt})
    assert found.reason == "bad_amount"
    assert found.facts["amount_fault"].endswith(".")


def test_approval() -> None:
    only_sale = replace(CATALOG, approvals=(Approval(ANNA, SHOP, "Sale"),))
    assert reason(catalog=only_sale) == "saved"
    assert reason({"produkt": "Lead"}, catalog=only_sale) == "not_approved"
    assert reason({"produkt": "Lead", "nocheck": "1"}, catalog=only_sale) == "saved"
    assert reason({"produkt": "Lead", "nocheck": "0"}, catalog=only_sale) == "not_approved"
    assert reason({"pid": str(BERT)}) == "not_approved"


def test_nocheck_skips_nothing_else() -> None:
    assert reason({"nocheck": "1", "pid": str(DORA)}) == "partner_inactive"
    assert reason({"nocheck": "1", "produkt": "sale"}) == "unknown_product"


# Once, for ever ------------------------------------------------------------------

OTHER_ID = CLICK_ID + 1


@pytest.mark.parametrize(
    ("params", "world"),
    [
        ({}, {}),
        ({"umsatz": ""}, {}),
        ({"umsatz": "95,5"}, {}),
        ({"umsatz": "95.4999"}, {}),
        ({"produkt": "Sale"}, {}),
        ({"produkt": ""}, {"earlier": replace(EARLIER, product="Lead")}),
        ({"pid": "7"}, {}),
        ({"pid": "007"}, {}),
        ({"clickid": ""}, {}),
        ({"clickid": "", "pid": "", "umsatz": ""}, {}),
        ({}, {"click_id": OTHER_ID, "click": replace(CLICK, id=OTHER_ID)}),
        ({"pid": "7"}, {"click_id": OTHER_ID, "click": replace(CLICK, id=OTHER_ID, partner=BERT)}),
        ({}, {"click_id": OTHER_ID, "click": replace(CLICK, id=OTHER_ID, partner=0, outcome="unknown_partner")}),
        ({}, NO_CLICK),
        ({}, {"click_id": OTHER_ID, "click": ABSENT}),
        ({}, {"click": UNREAD}),
        ({"pid": "7"}, {"click_id": OTHER_ID, "click": UNREAD}),
        ({"subid": "other", "wmid": "12", "nocheck": "1"}, {}),
        ({"wmid": "99"}, {}),
        ({}, {"catalog": PAUSED}),
        ({}, {"now_ms": NOW_MS + 999 * DAY_MS}),
        ({}, {"earlier": replace(EARLIER, click_id=None)}),
    ],
)
def test_duplicate(params: dict[str, str], world: dict[str, Any]) -> None:
    """What the later call leaves out does not differ, nor does another ClickID of the same partner."""
    found = verdict(params, **{"earlier": EARLIER, **world})
    assert (found.reason, found.saved, found.transaction) == ("duplicate", False, 41)
    assert found.facts["transaction"] == 41


def difference(fact: str, earlier: object, later: object) -> dict[str, object]:
    return {"fact": fact, "earlier": earlier, "later": later}


@pytest.mark.parametrize(
    ("params", "world", "differences"),
    [
        ({"umsatz": "95.51"}, {}, [difference("amount", 9550, 9551)]),
        ({"umsatz": "0"}, {}, [difference("amount", 9550, 0)]),
        ({"umsatz": "abc"}, {}, [difference("amount", 9550, "abc")]),
        ({}, {"earlier": replace(EARLIER, revenue_minor=None)}, [difference("amount", None, 9550)]),
        ({"produkt": "Lead"}, {}, [difference("product", "Sale", "Lead")]),
        ({"produkt": "sale"}, {}, [difference("product", "Sale", "sale")]),
        ({"pid": "8"}, {}, [difference("partner", 7, 8)]),
        ({"pid": "abc"}, {}, [difference("partner", 7, "abc")]),
        ({"pid": "8"}, {"click_id": OTHER_ID, "click": UNREAD}, [difference("partner", 7, 8)]),
        ({"pid": "8", "clickid": ""}, {}, [difference("partner", 7, 8)]),
        (
            {},
            {"click_id": OTHER_ID, "click": replace(CLICK, id=OTHER_ID, partner=BERT)},
            [difference("partner", 7, 8)],
        ),
        ({"umsatz": "1"}, {"click_id": OTHER_ID, "click": UNREAD}, [difference("amount", 9550, 100)]),
        (
            {"umsatz": "1", "produkt": "Lead", "pid": "8"},
            {},
            [difference("amount", 9550, 100), difference("product", "Sale", "Lead"), difference("partner", 7, 8)],
        ),
        ({"umsatz": "1"}, {"catalog": PAUSED}, [difference("amount", 9550, 100)]),
    ],
)
def test_conflict(params: dict[str, str], world: dict[str, Any], differences: list[dict[str, object]]) -> None:
    """Another amount, product or partner: nothing is overwritten, and both values are shown."""
    found = verdict(params, **{"earlier": EARLIER, **world})
    assert (found.reason, found.saved, found.transaction) == ("conflict", False, 41)
    assert found.facts["differences"] == differences


def test_a_second_call_waits_where_only_its_click_can_tell() -> None:
    """Judged as if the click had come before: then the other partner makes it a conflict."""
    world: dict[str, Any] = {"earlier": EARLIER, "click_id": OTHER_ID}
    assert reason(click=UNREAD, **world) == "waiting"
    assert reason(click=replace(CLICK, id=OTHER_ID, partner=BERT), **world) == "conflict"
    assert reason(click=replace(CLICK, id=OTHER_ID), **world) == "duplicate"


def test_a_discarded_call_leaves_nothing_behind() -> None:
    """The same `tid` once more, now with a readable amount."""
    assert reason({"umsatz": "abc"}) == "bad_amount"
    assert reason() == "saved"


def test_the_cast_is_what_the_tables_take_it_for() -> None:
    assert isinstance(CLICK, ClickFacts)
    assert (PROGRAM.default_product, EARLIER.product) == ("Sale", "Sale")
