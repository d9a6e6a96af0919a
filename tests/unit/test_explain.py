"""Verdicts in words: the very sentences that people read."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.cast import ANNA, CATALOG, CLICK, CLICK_ID, EARLIER, NOW_MS, OTHER_SHOP, SHOP, STRANGER, with_program

from clicktrail.core.access import NO_PROOFS, Access, Proofs
from clicktrail.core.case import ABSENT, UNREAD, Verdict
from clicktrail.core.catalog import Approval
from clicktrail.core.explain import age, moment, operator_sentence, quote, sentence
from clicktrail.core.judge import judge
from clicktrail.core.periods import DAY_MS
from clicktrail.core.postback import from_params
from clicktrail.core.story import Received, story
from clicktrail.core.tongue import in_zone

ORDER = {"cpid": "1", "tid": "A-1", "clickid": "QC423840809685489623456289367", "umsatz": "95.50"}


def verdict(params: dict[str, str] | None = None, **world: Any) -> Verdict:
    postback = from_params({**ORDER, **(params or {})}, world.pop("fault", ""), world.pop("proofs", NO_PROOFS))
    known: dict[str, Any] = {"click_id": CLICK_ID, "click": CLICK, "earlier": None, "catalog": CATALOG, **world}
    return judge(postback, now_ms=NOW_MS, **known)


NO_CLICK = {"click_id": None, "click": None}
PAUSED = with_program(state="paused")
SIGNED = with_program(access=Access(signed=True))

SENTENCES: list[tuple[Verdict, str, str]] = [
    (
        verdict(fault="the body is JSON, but not an object of names and values."),
        "The call could not be read: the body is JSON, but not an object of names and values.",
        "The call could not be read: the body is JSON, but not an object of names and values.",
    ),
    (
        verdict({"cpid": "99"}),
        "There is no program '99'.",
        "There is no program '99'; please check the parameter cpid.",
    ),
    (
        verdict(catalog=SIGNED, proofs=Proofs(fault="its signature is wrong")),
        "The program accepts only calls that prove where they come from, and this one did not: its signature is wrong.",
        "This program accepts only calls that prove where they come from: its signature is wrong.",
    ),
    (
        verdict(earlier=EARLIER),
        "Order 'A-1' was saved before as transaction 41 with the same facts; nothing was changed.",
        "This order was saved before as transaction 41; nothing more is needed.",
    ),
    (
        verdict({"umsatz": "99", "produkt": "Lead", "pid": "8"}, earlier=EARLIER),
        "Order 'A-1' was saved before as transaction 41 with other facts (amount 95.50 EUR before, 99.00 EUR now; "
        "product 'Sale' before, 'Lead' now; partner 7 before, 8 now); nothing was overwritten, please compare the two.",
        "This order was saved before as transaction 41 with other facts (amount 95.50 EUR before, 99.00 EUR now; "
        "product 'Sale' before, 'Lead' now; another partner); nothing was overwritten.",
    ),
    (
        verdict({"umsatz": "abc"}, earlier=replace(EARLIER, revenue_minor=None)),
        "Order 'A-1' was saved before as transaction 41 with other facts (amount none before, 'abc' now); "
        "nothing was overwritten, please compare the two.",
        "This order was saved before as transaction 41 with other facts (amount none before, 'abc' now); "
        "nothing was overwritten.",
    ),
    (
        verdict(catalog=PAUSED),
        "Program 1 (Shop) is paused, so nothing is credited.",
        "The program is paused; its orders are not recorded.",
    ),
    (
        verdict(click=replace(CLICK, outcome="program_paused")),
        "Program 1 (Shop) was paused when the link was clicked, so nothing is credited.",
        "The program was paused when the link was clicked; its orders are not recorded.",
    ),
    (
        verdict({"clickid": "QC1"}, **NO_CLICK),
        "The ClickID 'QC1' is not genuine: it was mistyped, cut off or invented.",
        "The ClickID 'QC1' is not genuine; please pass it on exactly as it came to your landing page.",
    ),
    (
        verdict(click=replace(CLICK, program=OTHER_SHOP)),
        "The ClickID belongs to a click of program 3, and the call is for program 1 (Shop).",
        "The ClickID belongs to another partner program; please check the parameter cpid.",
    ),
    (
        verdict(click=UNREAD),
        "The call came before its click was read; it is judged as soon as that has happened.",
        "The call was received and waits for its click; the verdict follows.",
    ),
    (
        verdict(click=ABSENT),
        "The ClickID is genuine and was made 2025-11-19 14:26 UTC, but its click was never recorded here.",
        "No click is known for this ClickID.",
    ),
    (
        verdict(click=replace(CLICK, at_ms=NOW_MS - 40 * DAY_MS)),
        "The click was 40 days old; program 1 (Shop) credits orders for 30 days after the click.",
        "The click was 40 days old; orders are credited for 30 days after the click.",
    ),
    (
        verdict({"pid": "99"}),
        "There is no partner '99'.",
        "The partner named by the parameter pid does not exist.",
    ),
    (
        verdict(click=replace(CLICK, partner=STRANGER, outcome="unknown_partner")),
        "There was no partner 99 when the link was clicked.",
        "The partner named by the ClickID does not exist.",
    ),
    (
        verdict(click=replace(CLICK, partner=0, outcome="unknown_partner")),
        "The link named no partner.",
        "The partner named by the ClickID does not exist.",
    ),
    (
        verdict({"pid": "9"}),
        "Partner 9 (Carla) is not active (pending).",
        "The partner named by the parameter pid is not active.",
    ),
    (
        verdict(click=replace(CLICK, outcome="partner_inactive")),
        "Partner 7 (Anna) was not active when the link was clicked.",
        "The partner named by the ClickID was not active when the link was clicked.",
    ),
    (
        verdict({"wmid": "99"}),
        "Program 1 (Shop) has no creative '99'.",
        "Program 1 (Shop) has no creative '99'.",
    ),
    (
        verdict(click=replace(CLICK, outcome="unknown_creative")),
        "The clicked link named a creative or a click target that the program did not have, or had paused.",
        "The clicked link named a creative or a click target that the program did not have, or had paused.",
    ),
    (
        verdict({"produkt": "sale"}),
        "Program 1 (Shop) has no commission product 'sale' (did you mean 'Sale'?).",
        "Program 1 (Shop) has no commission product 'sale' (did you mean 'Sale'?); please check the parameter produkt.",
    ),
    (
        verdict(catalog=with_program(default_product=None)),
        "The call names no commission product, and program 1 (Shop) has no default product.",
        "The call names no commission product, and program 1 (Shop) has no default product; "
        "please check the parameter produkt.",
    ),
    (
        verdict({"umsatz": ""}),
        "The product 'Sale' pays a percentage, and the call names no revenue: "
        "the parameter umsatz is missing or empty.",
        "The product 'Sale' pays a percentage; please send the net revenue: the parameter umsatz is missing or empty.",
    ),
    (
        verdict({"tid": "{{order.id}}"}),
        "The call carries no order number: "
        "the parameter tid holds '{{order.id}}', a placeholder that was not filled in.",
        "The parameter tid (your order number) holds '{{order.id}}', a placeholder that was not filled in.",
    ),
    (
        verdict({"umsatz": "NaN"}),
        "The product 'Sale' pays a percentage, and the call names no revenue: "
        "the parameter umsatz holds 'NaN', a placeholder that was not filled in.",
        "The product 'Sale' pays a percentage; please send the net revenue: "
        "the parameter umsatz holds 'NaN', a placeholder that was not filled in.",
    ),
    (
        verdict({"currency": "usd"}),
        "The currency of the call is USD, and program 1 (Shop) has EUR: no amount is converted.",
        "The currency of the call is USD, and the program has EUR: no amount is converted.",
    ),
    (
        verdict({"currency": "euro"}),
        "The currency of the call is 'EURO', no ISO 4217 code (did you mean EUR?), and program 1 (Shop) has EUR: "
        "no amount is converted.",
        "The currency of the call is 'EURO', no ISO 4217 code (did you mean EUR?), and the program has EUR: "
        "no amount is converted.",
    ),
    (
        verdict({"currency": "USD"}, earlier=EARLIER),
        "Order 'A-1' was saved before as transaction 41 with other facts (currency EUR before, USD now); "
        "nothing was overwritten, please compare the two.",
        "This order was saved before as transaction 41 with other facts (currency EUR before, USD now); "
        "nothing was overwritten.",
    ),
    (
        verdict({"umsatz": "1,234"}),
        "The revenue '1,234' cannot be read: three digits behind a comma may be thousands or decimals; "
        "send it with a point.",
        "The revenue '1,234' cannot be read: three digits behind a comma may be thousands or decimals; "
        "send it with a point.",
    ),
    (
        verdict({"pid": "8"}),
        "Partner 8 (Bert) is not approved for the product 'Sale' of program 1 (Shop).",
        "The partner is not approved for the product 'Sale'; cross-selling calls may pass nocheck=1.",
    ),
]


@pytest.mark.parametrize(("verdict", "operator", "shop"), SENTENCES)
def test_sentences(verdict: Verdict, operator: str, shop: str) -> None:
    assert operator_sentence(verdict.reason, verdict.facts) == operator
    assert sentence(verdict.reason, verdict.facts) == shop


def test_saved() -> None:
    found = verdict()
    assert sentence(found.reason, found.facts, 42) == "The order was saved as transaction 42."
    assert operator_sentence(found.reason, found.facts, 42) == (
        "Saved as transaction 42 for partner 7 (Anna): 10 % of 95.50 EUR is 9.55 EUR."
    )


SINCE = replace(CATALOG, approvals=(Approval(ANNA, SHOP, "*", NOW_MS - 90 * DAY_MS),))


def test_the_story_of_a_saved_call() -> None:
    found = verdict(catalog=SINCE)
    assert story(found.reason, found.facts, 42, Received(NOW_MS, "GET")) == [
        "Received 2025-11-22 14:26 UTC with GET.",
        f"Its ClickID '{ORDER['clickid']}' names a click that is known.",
        "Clicked 3 days before the call (2025-11-19 14:26 UTC); orders count for 30 days after the click.",
        "Partner 7 (Anna), subid 'x', named by the ClickID.",
        "Approved for this product since 2025-08-24 14:26 UTC.",
        "Product 'Sale' pays 10 % of 95.50 EUR, so 9.55 EUR.",
        "Saved as transaction 42 for partner 7 (Anna): 10 % of 95.50 EUR is 9.55 EUR.",
    ]


def test_who_does_not_run_the_program_reads_nothing_of_partners() -> None:
    found = verdict(catalog=SINCE)
    told = story(found.reason, found.facts, 42, Received(NOW_MS, "GET"), operator=False)
    assert told[-2:] == [
        "Clicked 3 days before the call (2025-11-19 14:26 UTC); orders count for 30 days after the click.",
        "The order was saved as transaction 42.",
    ]
    assert "Anna" not in " ".join(told) and "EUR" not in " ".join(told)


@pytest.mark.parametrize("operator", [True, False])
def test_the_story_names_a_placeholder_that_was_not_filled_in(operator: bool) -> None:
    found = verdict({"subid": "[SUBID]"})
    told = "The parameter subid holds '[SUBID]', a placeholder that was not filled in, so it says nothing."
    assert told in story(found.reason, found.facts, 41, operator=operator)


def test_an_approval_of_unknown_date_says_so() -> None:
    found = verdict()
    assert "Approved for this product since an unknown date." in story(found.reason, found.facts, 42)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        (
            {"pid": "8", "nocheck": "1"},
            "Not approved for this product, which was not checked: the call says nocheck=1.",
        ),
        ({"pid": "2"}, "Not approved for this product, which was not checked: the test partner may earn everything."),
    ],
)
def test_what_stands_in_for_an_approval(params: dict[str, str], sentence: str) -> None:
    found = verdict(params)
    assert sentence in story(found.reason, found.facts, 42)


def test_the_story_of_a_fixed_amount_by_pid() -> None:
    found = verdict({"produkt": "Lead", "umsatz": "", "clickid": "", "pid": "7"}, **NO_CLICK)
    assert story(found.reason, found.facts, 42) == [
        "Partner 7 (Anna), named by the parameter pid.",
        "Approved for this product since an unknown date.",
        "Product 'Lead' pays 5.00 EUR an order, so 5.00 EUR.",
        "Saved as transaction 42 for partner 7 (Anna): a fixed 5.00 EUR.",
    ]


def test_the_story_of_a_refusal_ends_where_the_judge_stopped_and_with_what_would_have_worked() -> None:
    found = verdict({"pid": "8"})
    assert story(found.reason, found.facts)[-3:] == [
        "Product 'Sale' pays 10 % of 95.50 EUR.",
        "Partner 8 (Bert) is not approved for the product 'Sale' of program 1 (Shop).",
        "The partner has no approval for this product; he is approved for no product of this program. "
        "Approve him and have the call judged again, or send nocheck=1 where the product is not to be checked.",
    ]


RULES = with_program(access=Access(nocheck="nobody", pid="signed"))


@pytest.mark.parametrize(
    ("found", "received", "sentences"),
    [
        (verdict(proofs=Proofs(signed_by=2)), Received(NOW_MS, "POST"), ["Signed with key 2."]),
        (
            verdict(proofs=Proofs(token=1, listed=True, fault="its signature is wrong")),
            Received(NOW_MS, "GET", listed=True),
            ["Token 1 is right, it came from a listed address; a proof that it gave does not count: "
             "its signature is wrong."],
        ),
        (
            verdict({"pid": "8", "nocheck": "1"}, catalog=RULES),
            None,
            ["The parameter pid was not heeded: only a signed call may send it.",
             "Nocheck=1 was not heeded: nobody may send it."],
        ),
        (
            verdict(),
            Received(NOW_MS, "POST", "again", "mona", again=77, arrived_ms=NOW_MS - DAY_MS),
            ["Judged once more 2025-11-22 14:26 UTC by mona: call 77, which arrived 2025-11-21 14:26 UTC."],
        ),
        (verdict(), Received(NOW_MS, "POST", "console", "mona"), ["Entered by hand by mona 2025-11-22 14:26 UTC."]),
        (
            verdict(proofs=Proofs(house=True, signed_by=4)),
            Received(NOW_MS, "POST", "api", "erp (ct_x)"),
            ["Handed in over the API by erp (ct_x) 2025-11-22 14:26 UTC."],
        ),
        (verdict(click=ABSENT), None, [f"Its ClickID is '{ORDER['clickid']}'."]),
    ],
)  # fmt: skip
def test_how_a_call_came_and_what_was_not_heeded(
    found: Verdict, received: Received | None, sentences: list[str]
) -> None:
    told = story(found.reason, found.facts, 42, received)
    assert [sentence for sentence in sentences if sentence not in told] == []


def test_a_code_of_a_later_version_is_a_sentence_too() -> None:
    assert sentence("something_new", {}) == "The verdict is something_new."


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "less than a second"),
        (-5, "less than a second"),
        (1000, "1 second"),
        (119_999, "1 minute"),
        (7_200_000, "2 hours"),
        (DAY_MS, "1 day"),
        (40 * DAY_MS, "40 days"),
    ],
)
def test_ages(ms: int, text: str) -> None:
    assert age(ms) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "1970-01-01 00:00 UTC"), (-1, "1970-01-01 00:00 UTC"), (1 << 70, "9999-12-31 23:59 UTC")],
)
def test_moments(ms: int, text: str) -> None:
    assert moment(ms) == text
    with in_zone(ZoneInfo("Pacific/Kiritimati")):
        assert moment(ms), "no moment is too early or too late for a zone"


@pytest.mark.parametrize(("zone", "text"), [("Europe/Berlin", "2025-11-22 15:26 CET"), ("UTC", "2025-11-22 14:26 UTC")])
def test_moments_are_told_in_the_zone_of_the_page(zone: str, text: str) -> None:
    with in_zone(ZoneInfo(zone)):
        assert moment(NOW_MS) == text
    assert moment(NOW_MS) == "2025-11-22 14:26 UTC"


def test_long_texts_are_cut() -> None:
    assert quote("x" * 60) == f"'{'x' * 60}'"
    assert quote("x" * 61) == f"'{'x' * 60}…'"


def test_what_a_shop_sends_is_never_a_template() -> None:
    found = verdict({"produkt": "{clickid}{0}%s"})
    assert "'{clickid}{0}%s'" in sentence(found.reason, found.facts)
