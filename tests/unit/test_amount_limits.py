"""The limit of one amount, wherever one comes in: in a call, as a rate, in an order list."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.cast import CATALOG, CLICK, CLICK_ID, EARLIER, NOW_MS, PROGRAM, with_program

from clicktrail.control.catalog import rules
from clicktrail.control.reconcile import orderlist
from clicktrail.core.access import NO_PROOFS, Proofs
from clicktrail.core.case import Earlier, Verdict
from clicktrail.core.catalog import Catalog, Product, Rate
from clicktrail.core.explain import sentence
from clicktrail.core.judge import judge
from clicktrail.core.money import CURRENCIES, MAX_AMOUNT, AmountError, max_minor
from clicktrail.core.postback import from_params

OF_BEFORE = replace(CATALOG, judging_version=1)
TRUSTED = Proofs(False, 1, 0, False, "", NOW_MS)


def verdict(
    catalog: Catalog = CATALOG, earlier: Earlier | None = None, trusted: bool = False, **params: str
) -> Verdict:
    sent = {"cpid": "1", "tid": "A-1", "clickid": "QC423840809685489623456289367", "produkt": "Sale", **params}
    call = from_params(sent, "", TRUSTED if trusted else NO_PROOFS, params.get("commission") is not None)
    return judge(call, CLICK_ID, CLICK, earlier, catalog, NOW_MS)


@pytest.mark.parametrize(
    ("umsatz", "revenue_minor"),
    [
        ("10000000.00", 1_000_000_000),
        ("10000000", 1_000_000_000),
        ("10000000.004", 1_000_000_000),
        ("9999999.999", 1_000_000_000),
        ("10000000.005", None),
        ("10000000.01", None),
        ("99999999999", None),
        ("999999999999.99", None),
    ],
)
@pytest.mark.parametrize("produkt", ["Sale", "Lead"])
def test_the_largest_amount_of_an_order(umsatz: str, revenue_minor: int | None, produkt: str) -> None:
    found = verdict(umsatz=umsatz, produkt=produkt)
    if revenue_minor is not None:
        assert found.award is not None and found.award.revenue_minor == revenue_minor
    else:
        assert found.reason == "bad_amount"
        assert "10\u00a0000\u00a0000 EUR" in sentence(found.reason, found.facts)


@pytest.mark.parametrize(
    ("currency", "decimals", "umsatz", "reason"),
    [
        ("JPY", 0, "1000000000", "saved"),
        ("JPY", 0, "1000000001", "bad_amount"),
        ("IDR", 2, "50000000000.00", "saved"),
        ("IDR", 2, "50000000000.01", "bad_amount"),
        ("KWD", 3, "10000000.000", "saved"),
        ("KWD", 3, "10000000.001", "bad_amount"),
        ("CLF", 4, "10000000.0001", "bad_amount"),
    ],
)
def test_each_currency_has_its_own(currency: str, decimals: int, umsatz: str, reason: str) -> None:
    assert verdict(with_program(currency=currency, decimals=decimals), umsatz=umsatz).reason == reason


def test_a_call_of_an_older_catalog_is_judged_as_before() -> None:
    found = verdict(OF_BEFORE, umsatz="999999999999.99")
    assert found.award is not None and found.award.revenue_minor == 99_999_999_999_999


@pytest.mark.parametrize(("paid", "reason"), [("10000000.00", "saved"), ("10000000.01", "bad_amount")])
def test_the_commission_of_an_imported_order(paid: str, reason: str) -> None:
    assert verdict(umsatz="1.00", commission=paid).reason == reason
    assert verdict(OF_BEFORE, umsatz="1.00", commission=paid).reason == "saved"


@pytest.mark.parametrize(("fixed_minor", "reason"), [(1_000_000_000, "saved"), (1_000_000_001, "bad_amount")])
def test_a_fixed_rate_of_an_older_set_up(fixed_minor: int, reason: str) -> None:
    products = (Product(1, "Sale", Rate(fixed_minor=fixed_minor)), *PROGRAM.products[1:])
    assert verdict(with_program(products=products)).reason == reason


def test_the_manual_lists_every_weak_currency() -> None:
    manual = (Path(__file__).parents[2] / "docs/reference/limits.md").read_text()
    rows = re.findall(r"^\| ([0-9]+) (million|billion) \| ([A-Z ]+) \|$", manual, re.MULTILINE)
    units = {"million": 10**6, "billion": 10**9}
    listed = {code: int(count) * units[unit] for count, unit, codes in rows for code in codes.split()}
    assert {code: listed.get(code, MAX_AMOUNT) for code in CURRENCIES} == {
        code: max_minor(code) // 10**decimals for code, decimals in CURRENCIES.items()
    }


HUGE = replace(EARLIER, revenue_minor=99_999_999_999_999)


@pytest.mark.parametrize(
    ("world", "umsatz", "reason", "later"),
    [
        ({"earlier": EARLIER}, "999999999999.99", "conflict", "999999999999.99"),
        ({"earlier": EARLIER, "trusted": True}, "999999999999.99", "conflict", "999999999999.99"),
        ({"earlier": EARLIER}, "96.00", "conflict", 9600),
        ({"earlier": HUGE}, "999999999999.99", "duplicate", None),
        ({"earlier": HUGE}, "99999999999.99", "conflict", "99999999999.99"),
        ({"earlier": HUGE, "trusted": True}, "99999999999.99", "conflict", "99999999999.99"),
        ({"earlier": HUGE, "trusted": True}, "95.50", "updated", None),
        ({"earlier": EARLIER, "catalog": OF_BEFORE}, "999999999999.99", "conflict", 99_999_999_999_999),
    ],
)
def test_no_later_call_raises_an_order_above_it(world: dict[str, Any], umsatz: str, reason: str, later: Any) -> None:
    found = verdict(**world, umsatz=umsatz)
    assert found.reason == reason
    if later is not None:
        assert found.facts["differences"][0]["later"] == later


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [("EUR", "10000000.00", 1_000_000_000), ("EUR", "10000000.01", None), ("JPY", "1000000001", None)],
)
def test_a_fixed_rate_and_a_line_of_an_order_list(currency: str, text: str, minor: int | None) -> None:
    house = orderlist.House(currency, 0 if currency == "JPY" else 2, "UTC")
    if minor is not None:
        assert rules.fixed(currency)(text) == minor == orderlist.amount(text, house)
        return
    with pytest.raises(ValueError, match=f"limit of .* {currency}"):
        rules.fixed(currency)(text)
    with pytest.raises(AmountError, match=f"limit of .* {currency}"):
        orderlist.amount(text, house)
