"""Line against transaction: its class, and the likely cause in words."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from clicktrail.control.reconcile import causes, classes, columns
from clicktrail.control.reconcile.causes import Evidence, Seen
from clicktrail.control.reconcile.classes import Finding, Ours
from clicktrail.control.reconcile.listed import House, Listed

EURO = House("EUR", 2, "Europe/Berlin")
NOON_MS = 1_775_037_600_000
"""2026-04-01 12:00 in Berlin."""
DAY = 20_544
HOUR_MS = 3_600_000
OURS = Ours(41, "A-1", 10_000, 1_000, "open", False, False, NOON_MS, DAY)
LINE = Listed(2, "A-1", 10_000, None, "100.00", DAY, "")


def judged(line: Listed | None, ours: Ours | None = OURS, evidence: Evidence | None = None) -> Finding:
    findings = classes.classify(
        [line] if line else [], {line.line: ours} if line and ours else {}, [] if line or not ours else [ours]
    )
    causes.explain(findings, evidence or Evidence(), EURO)
    return findings[0]


@pytest.mark.parametrize(
    ("line", "ours", "kind", "cause"),
    [
        ({}, {}, "matched", ""),
        ({"revenue_minor": None, "day": None}, {}, "matched", ""),
        ({}, {"revenue_minor": None}, "matched", ""),
        ({}, {"state": "cancelled"}, "matched", "cancelled_here"),
        ({}, {"test": True}, "matched", "test"),
        ({"status": "confirmed"}, {"state": "paid"}, "matched", ""),
        ({"status": "confirmed"}, {}, "confirmed", "open_here"),
        ({}, {"state": "held"}, "matched", "on_hold"),
        ({"status": "confirmed"}, {"state": "held"}, "confirmed", "open_here"),
        ({"status": "confirmed"}, {"state": "cancelled"}, "confirmed", "cancelled_here"),
        ({"status": "cancelled"}, {"state": "confirmed"}, "cancelled", "cancelled_there"),
        ({"status": "cancelled"}, {"state": "cancelled"}, "cancelled_both", "cancelled_here"),
        ({"status": "cancelled", "revenue_minor": 0}, {}, "cancelled", "cancelled_there"),
        ({"status": "confirmed", "revenue_minor": 9_000}, {}, "amount", "less"),
        ({"revenue_minor": 11_111}, {}, "amount", "more"),
        ({"revenue_minor": 8_403}, {}, "amount", "vat_here"),
        ({"revenue_minor": 9_346}, {}, "amount", "vat_here"),
        ({"revenue_minor": 12_000}, {}, "amount", "vat_there"),
        ({"revenue_minor": 8_000, "gross_minor": 10_000}, {}, "amount", "vat_here"),
        ({"revenue_minor": 1_000_000}, {}, "amount", "slip"),
        ({"revenue_minor": 1_000}, {}, "amount", "slip"),
        ({"revenue_minor": 123}, {"revenue_minor": 123_400}, "amount", "slip"),
        ({"day": DAY - 3}, {}, "day", "other_day"),
        ({"day": DAY - 1}, {"created_ms": NOON_MS - 11 * HOUR_MS}, "day", "utc"),
        ({"day": DAY + 1}, {"created_ms": NOON_MS + 11 * HOUR_MS}, "day", "midnight"),
        ({"fault": "It is odd."}, {}, "error", "unreadable"),
    ],
)
def test_class_and_cause(line: dict[str, object], ours: dict[str, object], kind: str, cause: str) -> None:
    found = judged(replace(LINE, **line), replace(OURS, **ours))  # type: ignore[arg-type]
    assert (found.kind, found.cause) == (kind, cause)
    assert bool(found.sentence) is bool(cause)


UNKNOWN_PRODUCT = Seen(NOON_MS, "unknown_product", "Program 1 (Shop) has no commission product 'sale'.", None)


@pytest.mark.parametrize(
    ("evidence", "cause", "sentence"),
    [
        (Evidence(), "no_call", "No call with this order number ever came"),
        (Evidence({"A-1": [UNKNOWN_PRODUCT]}), "unknown_product", "no commission product 'sale'"),
        (Evidence({"A-1": [UNKNOWN_PRODUCT] * 3}), "unknown_product", "3 calls came"),
        (Evidence(elsewhere={"A-1": 3}), "other_program", "Program 3 has"),
        (Evidence(spelled={"A-1": "a-1"}), "near_order", "known here as 'a-1'"),
        (Evidence(discarded=[("#A 1", UNKNOWN_PRODUCT)]), "near_call", "order number '#A 1'"),
    ],
)
def test_why_an_order_is_missing(evidence: Evidence, cause: str, sentence: str) -> None:
    found = judged(LINE, None, evidence)
    assert (found.kind, found.cause) == ("missing", cause) and sentence in str(found.sentence)


def test_an_order_that_the_shop_cancelled_is_not_missed() -> None:
    assert judged(replace(LINE, status="cancelled"), None).cause == "cancelled_there"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({}, "only_here"),
        ({"manual": True}, "by_hand"),
        ({"created_ms": NOON_MS - 11 * HOUR_MS}, "edge"),
    ],
)
def test_why_the_list_lacks_a_transaction(change: dict[str, object], cause: str) -> None:
    found = judged(None, replace(OURS, **change), Evidence(first_ms=NOON_MS - 12 * HOUR_MS))  # type: ignore[arg-type]
    assert (found.kind, found.cause) == ("unknown", cause)


def test_a_cancelled_transaction_that_the_list_lacks_is_no_difference() -> None:
    assert judged(None, replace(OURS, state="cancelled")).kind == "cancelled_both"


@pytest.mark.parametrize(
    ("theirs", "here"), [("0815", "815"), ("SHOP-10815", "10815"), ("a-1", "A-1"), ("A 1", "A-1"), ("#7", "7")]
)
def test_nearly_equal_order_numbers_find_each_other(theirs: str, here: str) -> None:
    findings = classes.classify([replace(LINE, key=theirs)], {}, [replace(OURS, tid=here)])
    causes.explain(findings, Evidence(), EURO)
    assert [(f.kind, f.cause) for f in findings] == [("missing", "near_order"), ("unknown", "near_order")]
    assert f"'{here}'" in str(findings[0].sentence) and "Line 2" in str(findings[1].sentence)


def test_order_numbers_that_are_near_to_several_are_near_to_none() -> None:
    findings = classes.classify(
        [replace(LINE, key="815")], {}, [replace(OURS, tid="0815"), replace(OURS, number=42, tid="00815")]
    )
    causes.explain(findings, Evidence(), EURO)
    assert findings[0].cause == "no_call"


def _amounts(*pairs: tuple[int, int]) -> list[Finding]:
    lines = [replace(LINE, line=n, key=f"K-{n}", revenue_minor=theirs) for n, (theirs, _) in enumerate(pairs, 2)]
    found = {n: replace(OURS, number=n, tid=f"K-{n}", revenue_minor=here) for n, (_, here) in enumerate(pairs, 2)}
    findings = classes.classify(lines, found, [])
    causes.explain(findings, Evidence(), EURO)
    return findings


def test_a_difference_that_recurs_is_shipping() -> None:
    found = _amounts((5_000, 5_490), (7_777, 8_267), (3_210, 3_700), (2_000, 2_345))
    assert [f.cause for f in found] == ["shipping", "shipping", "shipping", "less"]
    assert str(found[0].sentence).startswith("Here it is 4.90 EUR more, as on other lines")


def test_a_factor_that_recurs_is_another_currency() -> None:
    found = _amounts((88_800, 100_000), (44_400, 50_000), (17_760, 20_000), (8_880, 10_000))
    assert {f.cause for f in found} == {"factor"} and "0.888 times" in str(found[0].sentence)


def test_a_conflict_with_the_lists_amount_tells_why() -> None:
    call = Seen(NOON_MS, "conflict", "…", 9_000)
    found = judged(replace(LINE, revenue_minor=9_000), OURS, Evidence({"A-1": [call]}))
    assert found.cause == "second_call"


def test_of_lines_that_say_the_same_the_first_one_stands() -> None:
    lines = [LINE, replace(LINE, line=3), replace(LINE, line=4)]
    findings = classes.classify(lines, dict.fromkeys((2, 3, 4), OURS), [OURS])
    assert [(f.kind, f.cause) for f in findings] == [("matched", ""), ("doubled", "same"), ("doubled", "same")]


def test_of_lines_that_differ_none_is_trusted() -> None:
    lines = [LINE, replace(LINE, line=3, revenue_minor=5)]
    findings = classes.classify(lines, dict.fromkeys((2, 3), OURS), [])
    assert [(f.kind, f.cause) for f in findings] == [("doubled", "others")] * 2
    assert "doubled" not in classes.MOVABLE


def test_a_line_for_each_article_is_recognised_by_its_sum() -> None:
    lines = [replace(LINE, revenue_minor=4_000), replace(LINE, line=3, revenue_minor=6_000)]
    findings = classes.classify(lines, dict.fromkeys((2, 3), OURS), [])
    assert {f.cause for f in findings} == {"items"} and str(findings[0].sentence).startswith("Lines 2, 3 together")


def test_every_class_cause_and_role_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operating" / "reconcile.md").read_text()
    told = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert sorted(told) == sorted([*columns.ROLES, *classes.CLASSES, *causes.CAUSES])
