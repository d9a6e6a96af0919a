"""What the judge makes of single values: another currency, an unfilled placeholder, a similar order number."""

from dataclasses import replace
from typing import Any

import pytest
from support.cast import ANNA, BANNER, CATALOG, CLICK, CLICK_ID, EARLIER, NOW_MS, with_program

from clicktrail.core.access import NO_PROOFS, Proofs
from clicktrail.core.case import SimilarOrder, Verdict
from clicktrail.core.catalog import Product, Rate
from clicktrail.core.explain import operator_sentence
from clicktrail.core.judge import judge
from clicktrail.core.nearest import nearest
from clicktrail.core.periods import DAY_MS
from clicktrail.core.postback import from_params

ORDER = {"cpid": "1", "tid": "A-1", "clickid": "QC423840809685489623456289367", "umsatz": "95.50"}


def verdict(params: dict[str, str] | None = None, **world: Any) -> Verdict:
    """A good order with these parameters changed; without a ClickID nothing is known of a click."""
    given = {**ORDER, **(params or {})}
    postback = from_params(given, "", world.pop("proofs", NO_PROOFS))
    click: dict[str, Any] = {"click_id": CLICK_ID, "click": CLICK} if given["clickid"] else NO_CLICK
    return judge(postback, now_ms=NOW_MS, **{**click, "earlier": None, "catalog": CATALOG, **world})


NO_CLICK: dict[str, Any] = {"click_id": None, "click": None}

CURRENCY: list[tuple[dict[str, str], str, str | None, str | None]] = [
    ({"currency": "EUR"}, "saved", None, None),
    ({"currency": " eur\t"}, "saved", None, None),
    ({"currency": ""}, "saved", None, None),
    ({"currency": " "}, "saved", None, None),
    ({"currency": "{{ shop.currency }}"}, "saved", None, None),
    ({"currency": "USD"}, "wrong_currency", "USD", None),
    ({"currency": "usd"}, "wrong_currency", "USD", None),
    ({"currency": "USD", "umsatz": ""}, "wrong_currency", "USD", None),
    ({"currency": "USD", "umsatz": "abc"}, "wrong_currency", "USD", None),
    ({"currency": "USD", "produkt": "Lead", "umsatz": ""}, "wrong_currency", "USD", None),
    ({"currency": "EURO"}, "wrong_currency", "EURO", "EUR"),
    ({"currency": "€"}, "wrong_currency", "€", "EUR"),
    ({"currency": "ERU"}, "wrong_currency", "ERU", "EUR"),
    ({"currency": "USDT"}, "wrong_currency", "USDT", "USD"),
    ({"currency": "978"}, "wrong_currency", "978", None),
    ({"currency": "x" * 300}, "wrong_currency", "X" * 255, None),
    ({"cpid": "5", "pid": "7", "clickid": "", "currency": "JPY", "umsatz": "100"}, "saved", None, None),
    ({"cpid": "5", "pid": "7", "clickid": "", "currency": "EUR", "umsatz": "100"}, "wrong_currency", "EUR", None),
]


@pytest.mark.parametrize("params,expected,sent,near", CURRENCY)
def test_an_amount_of_another_currency_is_not_booked(
    params: dict[str, str], expected: str, sent: str | None, near: str | None
) -> None:
    found = verdict(params)
    assert (found.reason, found.facts.get("sent_currency"), found.facts.get("near_currency")) == (expected, sent, near)
    assert verdict(params, catalog=replace(CATALOG, judging_version=1)).reason != "wrong_currency"


def test_a_later_call_in_another_currency_is_a_conflict() -> None:
    assert verdict({"currency": "eur"}, earlier=EARLIER).reason == "duplicate"
    for params in ({"currency": "USD"}, {"currency": "USD", "umsatz": "99"}, {"currency": "USD", "umsatz": ""}):
        found = verdict(params, earlier=EARLIER)
        assert found.reason == "conflict"
        assert found.facts["differences"] == [{"fact": "currency", "earlier": "EUR", "later": "USD"}]
    older = replace(CATALOG, judging_version=1)
    assert verdict({"currency": "USD"}, earlier=EARLIER, catalog=older).reason == "duplicate"


@pytest.mark.parametrize("state", ["held", "open", "confirmed", "paid", "cancelled"])
@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("params", [{}, {"umsatz": "40"}, {"status": "cancelled"}, {"status": "confirmed"}])
def test_no_trusted_call_in_another_currency_changes_anything(
    state: str, trusted: bool, params: dict[str, str]
) -> None:
    earlier = replace(EARLIER, state=state, trusted=trusted)
    found = verdict({"currency": "USD", **params}, earlier=earlier, proofs=Proofs(signed_by=1, stamp_ms=NOW_MS))
    assert (found.reason, found.change) == ("conflict", None)


UNFILLED: list[tuple[dict[str, str], str, dict[str, str]]] = [
    ({"cpid": "{cpid}"}, "missing_cpid", {"cpid": "{cpid}"}),
    ({"tid": "{{order.id}}"}, "missing_tid", {"tid": "{{order.id}}"}),
    ({"tid": "undefined"}, "missing_tid", {"tid": "undefined"}),
    ({"tid": "[object Object]"}, "missing_tid", {"tid": "[object Object]"}),
    ({"tid": "%7B%7Border%7D%7D"}, "missing_tid", {"tid": "%7B%7Border%7D%7D"}),
    ({"tid": "{A}-1"}, "saved", {}),
    ({"tid": "[2024]"}, "saved", {}),
    ({"umsatz": "NaN"}, "missing_amount", {"umsatz": "NaN"}),
    ({"umsatz": "%%AMOUNT%%"}, "missing_amount", {"umsatz": "%%AMOUNT%%"}),
    ({"umsatz": "null", "produkt": "Lead"}, "saved", {"umsatz": "null"}),
    ({"produkt": "__PRODUCT__"}, "unknown_product", {"produkt": "__PRODUCT__"}),
    ({"pid": "$PID$"}, "saved", {"pid": "$PID$"}),
    ({"wmid": "<%wmid%>"}, "saved", {"wmid": "<%wmid%>"}),
    ({"subid": "#SUBID#"}, "saved", {"subid": "#SUBID#"}),
]


@pytest.mark.parametrize("params,expected,named", UNFILLED)
def test_an_unfilled_placeholder_says_nothing_and_is_named(
    params: dict[str, str], expected: str, named: dict[str, str]
) -> None:
    found = verdict(params)
    assert (found.reason, found.facts.get("unfilled", {})) == (expected, named)
    if found.award is not None:
        assert (found.award.partner, found.award.creative, found.award.subid) == (ANNA, BANNER, "x")
    assert verdict(params, catalog=replace(CATALOG, judging_version=1)).facts.get("unfilled") is None


def test_an_unfilled_clickid_is_none() -> None:
    words: dict[str, Any] = {"params": {"clickid": "${CLICKID}"}, "click_id": None, "click": None}
    assert verdict(**words).reason == "no_attribution"
    assert verdict(**words, catalog=replace(CATALOG, judging_version=1)).reason == "malformed_clickid"
    words["params"] = {"clickid": "${CLICKID}", "pid": "7"}
    assert verdict(**words).reason == "saved"


def test_a_clickid_of_another_system_may_look_like_a_placeholder() -> None:
    found = verdict({"clickid": "[abc]"})
    assert found.award is not None and found.award.clickid == "[abc]"


def test_a_product_may_have_the_name_of_a_placeholder() -> None:
    catalog = with_program(products=(Product(1, "None", Rate(fixed_minor=500)),), default_product=None)
    found = verdict({"produkt": "None"}, catalog=catalog)
    assert (found.reason, found.facts.get("unfilled")) == ("saved", None)


@pytest.mark.parametrize("params", [{"umsatz": "NaN"}, {"produkt": "{product}"}, {"pid": "undefined"}])
def test_an_unfilled_placeholder_does_not_differ(params: dict[str, str]) -> None:
    assert verdict(params, earlier=EARLIER).reason == "duplicate"


# Similar order numbers

SIMILAR = SimilarOrder("#A-1", replace(EARLIER, created_ms=NOW_MS - DAY_MS))


def similar(**changes: Any) -> tuple[SimilarOrder, ...]:
    return (replace(SIMILAR, transaction=replace(SIMILAR.transaction, **changes)),)


@pytest.mark.parametrize(
    ("params", "changes", "expected"),
    [
        ({}, {}, "conflict"),
        ({"umsatz": "95.5"}, {}, "conflict"),
        ({"umsatz": "95.51"}, {}, "saved"),
        ({}, {"partner": 8}, "saved"),
        ({"produkt": "Lead"}, {}, "conflict"),
        ({"produkt": "Lead", "umsatz": ""}, {}, "conflict"),
        ({}, {"revenue_minor": None, "product": "Lead"}, "conflict"),
        ({}, {"state": "cancelled"}, "conflict"),
        ({}, {"state": "paid", "revenue_minor": 20_000, "adjusted_revenue_minor": -10_450}, "conflict"),
        ({}, {"created_ms": NOW_MS - 30 * DAY_MS}, "conflict"),
        ({}, {"created_ms": NOW_MS - 30 * DAY_MS - 1}, "saved"),
        ({}, {"created_ms": NOW_MS + 30 * DAY_MS}, "conflict"),
        ({"umsatz": ""}, {}, "missing_amount"),
        ({"currency": "USD"}, {}, "wrong_currency"),
    ],
)
def test_a_similar_order_of_the_same_partner_and_amount_is_a_conflict(
    params: dict[str, str], changes: dict[str, Any], expected: str
) -> None:
    found = verdict(params, similar=similar(**changes))
    assert found.reason == expected
    assert found.transaction == (41 if expected == "conflict" else None)
    if expected == "conflict":
        assert found.facts["differences"][0] == {"fact": "tid", "earlier": "#A-1", "later": "A-1"}


def test_the_exact_order_number_comes_first() -> None:
    assert verdict(earlier=replace(EARLIER, number=40), similar=(SIMILAR,)).transaction == 40


def test_a_trusted_call_is_asked_about_too() -> None:
    proofs = Proofs(signed_by=1, stamp_ms=NOW_MS)
    for params in ({}, {"status": "confirmed"}, {"status": "cancelled"}):
        found = verdict(params, similar=(SIMILAR,), proofs=proofs)
        assert (found.reason, found.change, found.facts["audience"]) == ("conflict", None, "trusted")


def test_who_does_not_hold_the_click_of_the_similar_order_is_a_stranger() -> None:
    assert verdict(similar=(SIMILAR,)).facts["audience"] == "holder"
    assert "audience" not in verdict(similar=similar(click_id=CLICK_ID + 1)).facts


def test_an_order_that_a_person_called_separate_is_saved() -> None:
    postback = replace(from_params(ORDER), again=True, separate=True)
    assert judge(postback, CLICK_ID, CLICK, None, CATALOG, NOW_MS, (SIMILAR,)).reason == "saved"
    older = replace(CATALOG, judging_version=1)
    assert verdict(similar=(SIMILAR,), catalog=older).reason == "saved"


def test_a_conflict_of_similar_orders_is_told() -> None:
    found = verdict(similar=(SIMILAR,))
    assert "(order number '#A-1' before, 'A-1' now)" in operator_sentence(found.reason, found.facts)
    assert "saved as a separate one" in nearest(found.reason, found.facts)
    assert "one spelling" in nearest(found.reason, found.facts, operator=False)
