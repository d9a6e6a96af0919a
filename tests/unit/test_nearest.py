"""For a discarded call: the nearest thing that would have worked, and what a shop is not told of it."""

from dataclasses import replace
from typing import Any

import pytest
from support.cast import ANNA, BERT, CATALOG, CLICK, CLICK_ID, EARLIER, NOW_MS, OTHER_SHOP, SHOP, with_program

from clicktrail.core.access import NO_PROOFS, Access, Proofs
from clicktrail.core.case import ABSENT, UNREAD, Verdict
from clicktrail.core.catalog import Approval
from clicktrail.core.hints import nearest_row, readings
from clicktrail.core.judge import judge
from clicktrail.core.nearest import NEAREST, NOTHING, nearest
from clicktrail.core.periods import DAY_MS
from clicktrail.core.postback import from_params
from clicktrail.core.reasons import REASONS

GENUINE = "QC423840809685489623456289367"
ORDER = {"cpid": "1", "tid": "A-1", "clickid": GENUINE, "umsatz": "95.50"}
NO_CLICK = {"click_id": None, "click": None}
ONE_APPROVAL = replace(CATALOG, approvals=(Approval(BERT, SHOP, "Lead"),))
DEMANDING = with_program(access=Access(signed=True, token_required=True, networks=("192.0.2.0/24",)))


def verdict(params: dict[str, str] | None = None, **world: Any) -> Verdict:
    given = {name: value for name, value in {**ORDER, **(params or {})}.items() if value}
    postback = from_params(given, world.pop("fault", ""), world.pop("proofs", NO_PROOFS))
    known: dict[str, Any] = {"click_id": CLICK_ID, "click": CLICK, "earlier": None, "catalog": CATALOG, **world}
    return judge(postback, now_ms=NOW_MS, **known)


def test_every_reason_has_an_entry_or_says_that_nothing_is_nearer() -> None:
    assert list(NEAREST) == list(REASONS)


SILENT = [
    verdict(earlier=EARLIER),
    verdict(fault="broken."),
    verdict(click=UNREAD),
    verdict(click=ABSENT),
    verdict(),
]


@pytest.mark.parametrize("found", SILENT, ids=lambda found: found.reason)
def test_nothing_is_nearer(found: Verdict) -> None:
    assert nearest(found.reason, found.facts) == nearest(found.reason, found.facts, operator=False) == ""


TOLD: list[tuple[str, Verdict, str, str]] = [
    (
        "missing_cpid",
        verdict({"cpid": "", "program_id": "1"}),
        "The call has a parameter 'program_id': if that is the number of the program, send it as cpid.",
        "The call has a parameter 'program_id': if that is the number of the program, send it as cpid.",
    ),
    ("unknown_program", verdict({"cpid": "11"}), "The nearest program is 1 (Shop): cpid=1.", ""),
    ("unknown_program", verdict({"cpid": "shop"}), "The nearest program is 1 (Shop): cpid=1.", ""),
    (
        "unauthorized",
        verdict(catalog=DEMANDING, proofs=Proofs(listed=True)),
        "The same call counts when you sign it with a key of the program (parameters ts and sig), "
        "and send the program's secret word in the parameter token.",
        "The same call counts when you sign it with a key of the program (parameters ts and sig), "
        "and send the program's secret word in the parameter token.",
    ),
    (
        "missing_tid",
        verdict({"tid": "", "Order-ID": "4711"}),
        "The call has a parameter 'Order-ID': if that is the order number, send it as tid.",
        "The call has a parameter 'Order-ID': if that is the order number, send it as tid.",
    ),
    ("missing_tid", verdict({"tid": "", "shoe": "4711"}), "", ""),
    (
        "wrong_currency",
        verdict({"currency": "USD"}),
        *["Send the net revenue in EUR, with currency=EUR or without the parameter."] * 2,
    ),
    (
        "wrong_currency",
        verdict({"currency": "EURO"}),
        *["If the amount is in EUR, send currency=EUR or leave the parameter out."] * 2,
    ),
    *(
        (
            reason,
            verdict({"clickid": "", name: value} if name == "pid" else {name: value}, **world),
            *[f"Fill in the placeholder '{value}' of the parameter {name} in the shop's template."] * 2,
        )
        for reason, name, value, world in (
            ("missing_cpid", "cpid", "{cpid}", {}),
            ("missing_tid", "tid", "{{order.id}}", {}),
            ("no_attribution", "clickid", "undefined", NO_CLICK),
            ("no_attribution", "pid", "%PID%", NO_CLICK),
            ("unknown_product", "produkt", "[product]", {}),
            ("missing_amount", "umsatz", "NaN", {}),
        )
    ),
    ("missing_tid", verdict({"tid": "", "order": "…"}), "", ""),
    (
        "conflict",
        verdict({"umsatz": "40"}, earlier=EARLIER),
        "If it is a part refund, a signed call with the smaller revenue (40.00 EUR) changes the transaction.",
        "If it is a part refund, a signed call with the smaller revenue (40.00 EUR) changes the transaction.",
    ),
    (
        "conflict",
        verdict({"pid": "8"}, earlier=EARLIER),
        "It waits in the conflicts for somebody to decide: keep what is there, or correct it.",
        "The people who run the program compare the two.",
    ),
    (
        "program_paused",
        verdict(catalog=with_program(state="paused")),
        "Set the program to active, then have the call judged again.",
        "",
    ),
    (
        "program_paused",
        verdict(click=replace(CLICK, outcome="program_paused")),
        "Orders of clicks from now on count once it is active; this click's do not.",
        "",
    ),
    ("malformed_clickid", verdict({"clickid": "QC1"}, **NO_CLICK), "", ""),
    (
        "foreign_click",
        verdict(click=replace(CLICK, program=OTHER_SHOP)),
        "With cpid=3 the click would be of the call's program (Other).",
        "",
    ),
    (
        "click_expired",
        verdict(click=replace(CLICK, at_ms=NOW_MS - 32 * DAY_MS)),
        "The order came 2 days too late.",
        "The order came 2 days too late.",
    ),
    (
        "no_attribution",
        verdict({"clickid": "", "qc_clickid": GENUINE}, **NO_CLICK),
        "The call has a parameter 'qc_clickid': if that is the ClickID, send it as clickid.",
        "The call has a parameter 'qc_clickid': if that is the ClickID, send it as clickid.",
    ),
    (
        "no_attribution",
        verdict({"clickid": "", "note": GENUINE}, **NO_CLICK),
        "The call has a parameter 'note': if that is the ClickID, send it as clickid.",
        "The call has a parameter 'note': if that is the ClickID, send it as clickid.",
    ),
    ("unknown_partner", verdict({"pid": "77"}), "The nearest partner is 7 (Anna): pid=7.", ""),
    ("unknown_partner", verdict({"pid": "ANNA"}), "The nearest partner is 7 (Anna): pid=7.", ""),
    (
        "partner_inactive",
        verdict({"pid": "9"}),
        "Set the partner to active, then have the call judged again.",
        "",
    ),
    (
        "unknown_creative",
        verdict({"wmid": "99"}),
        "Without wmid the creative of the click is taken.",
        "Without wmid the creative of the click is taken.",
    ),
    (
        "unknown_product",
        verdict({"produkt": "sale"}),
        "The product is called 'Sale', you sent 'sale'.",
        "The product is called 'Sale', you sent 'sale'.",
    ),
    (
        "unknown_product",
        verdict({"produkt": "xyz"}),
        "The program has: 'Sale', 'Lead'.",
        "The program has: 'Sale', 'Lead'.",
    ),
    (
        "missing_amount",
        verdict({"umsatz": "", "total": "12"}),
        "The call has a parameter 'total': if that is the net revenue, send it as umsatz.",
        "The call has a parameter 'total': if that is the net revenue, send it as umsatz.",
    ),
    (
        "bad_amount",
        verdict({"umsatz": "1.234,56"}),
        "It could mean '1234.56' or '1.23456': send the one that you mean in that form.",
        "It could mean '1234.56' or '1.23456': send the one that you mean in that form.",
    ),
    ("bad_amount", verdict({"umsatz": "95,50 EUR"}), "Send it as '95.50'.", "Send it as '95.50'."),
    ("bad_amount", verdict({"umsatz": "abc"}), "", ""),
    (
        "not_approved",
        verdict({"pid": "8"}, catalog=ONE_APPROVAL),
        "The partner has no approval for this product; he is approved for 'Lead'. "
        "Approve him and have the call judged again, or send nocheck=1 where the product is not to be checked.",
        "",
    ),
    (
        "saved",
        verdict(catalog=with_program(access=Access(signed=True, unproven="hold"))),
        "It is on hold: it carries no signature (parameters ts and sig). "
        "Release it, or let the shop send the same call with its proof, and it counts.",
        "It is on hold: it carries no signature (parameters ts and sig). Send the call with its proof, and it counts.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "found", "operator", "shop"), TOLD)
def test_what_would_have_worked(reason: str, found: Verdict, operator: str, shop: str) -> None:
    assert found.reason == reason
    assert nearest(reason, found.facts) == operator
    assert nearest(reason, found.facts, operator=False) == shop


def test_the_tables_are_whole() -> None:
    told = {reason for reason, *_ in TOLD}
    assert told == {reason for reason, tell in NEAREST.items() if tell is not NOTHING}


@pytest.mark.parametrize(
    ("sent", "what"),
    [
        (GENUINE[:-1], "the one that was sent has 28 characters in place of 29"),
        (GENUINE.lower(), "the one that was sent is written in small letters"),
        (f" {GENUINE}", "there are blanks around the one that was sent"),
        (f"{GENUINE[:9]} {GENUINE[9:]}", "there are blanks in the one that was sent"),
        (f"{GENUINE}7", "something hangs on the one that was sent, or is typed twice"),
        (f"{GENUINE[:-1]}0", "one character of the one that was sent is wrong"),
    ],
)
def test_a_genuine_clickid_close_by_is_named_to_the_operator_alone(sent: str, what: str) -> None:
    facts = {"clickid": sent, "near_clickid": GENUINE}
    assert nearest("malformed_clickid", facts) == f"The ClickID {GENUINE} is genuine, and its click is known: {what}."
    shop = nearest("malformed_clickid", facts, operator=False)
    assert what in shop and GENUINE not in shop


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1.234,56", ["1234.56", "1.23456"]),
        ("1,234.56", ["1234.56", "1.23456"]),
        ("1,234", ["1.234", "1234"]),
        ("1.234.567", ["1234567"]),
        ("1,234,567.89", ["1234567.89"]),
        ("1 234,50", ["1234.50"]),
        ("€ 95,50", ["95.50"]),
        ("007,5", ["7.5"]),
        (",5", ["0.5"]),
        ("1e3", ["1000"]),
        ("1.25e1", ["12.5"]),
        ("1e99", []),
        ("-5", []),
        ("12.34.56", []),
        ("3 x 12,50", []),
        ("", []),
        ("9" * 40, []),
    ],
)
def test_readings_of_an_amount(text: str, found: list[str]) -> None:
    assert readings(text) == found


@pytest.mark.parametrize(
    ("text", "number"),
    [("7 ", 7), ("p7", 7), ("#7", 7), ("07", 7), ("71", 7), ("70", 7), ("anna", 7), (" Anna ", 7), ("123", None),
     ("", None)],
)  # fmt: skip
def test_the_nearest_row(text: str, number: int | None) -> None:
    partners = {id: CATALOG.partners[id] for id in (ANNA, BERT)}
    found = nearest_row(text, partners, {"anna": ANNA, "bert": BERT})
    assert found == (number and {"number": number, "name": "Anna"})


def test_the_only_program_is_always_meant() -> None:
    assert nearest_row("x", {SHOP: CATALOG.programs[SHOP]}, {}) == {"number": SHOP, "name": "Shop"}


@pytest.mark.parametrize(
    ("approvals", "since"),
    [
        ((), None),
        ((Approval(ANNA, SHOP, "Sale", 5),), 5),
        ((Approval(ANNA, SHOP, "*", 7),), 7),
        ((Approval(ANNA, SHOP, "Sale", 9), Approval(ANNA, SHOP, "*", 7)), 7),
        ((Approval(ANNA, SHOP, "Sale"), Approval(ANNA, SHOP, "*", 7)), 0),
        ((Approval(ANNA, SHOP, "Lead", 5), Approval(BERT, SHOP, "*", 5), Approval(ANNA, OTHER_SHOP, "*", 5)), None),
    ],
)
def test_since_when_somebody_is_approved(approvals: tuple[Approval, ...], since: int | None) -> None:
    assert replace(CATALOG, approvals=approvals).approved_ms(ANNA, SHOP, "Sale") == since
