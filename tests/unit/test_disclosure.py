"""What an answer says of an earlier order, and to whom: the decision as a table."""

from typing import Any

import pytest
from support.cast import CLICK_ID, EARLIER
from test_judge import scene

from clicktrail.core import disclosure
from clicktrail.core.access import NO_PROOFS, OPEN_TO_ALL, Access, Proofs, SigningKey, Token
from clicktrail.core.disclosure import EXTENTS, Audience, Extent, answer_of, audience_of, is_own, is_proven, message_of
from clicktrail.core.reasons import CONFLICT, DUPLICATE, NAMES_EARLIER, REASONS, SAVED, UPDATED

SIGNED, TOKEN, LISTED, HOUSE = Proofs(signed_by=1), Proofs(token=1), Proofs(listed=True), Proofs(house=True)
BOTH = Access(signed=True, token_required=True, keys=(SigningKey(1, "s"),), tokens=(Token(1, "d"),), unproven="hold")
DIFFERS = [
    {"fact": "amount", "earlier": 1095, "later": 1},
    {"fact": "product", "earlier": "Sale", "later": "?"},
    {"fact": "partner", "earlier": 7, "later": 8},
]
FACTS = {
    "program": 1, "currency": "EUR", "decimals": 2, "tid": "4711", "transaction": 2069, "differences": DIFFERS,
    "changes": DIFFERS,
}  # fmt: skip
SECRETS = ("2069", "10.95", "Sale", "7")
"""What the earlier order says, as it would stand in an answer."""


@pytest.mark.parametrize(
    ("rules", "proofs", "proven"),
    [
        (OPEN_TO_ALL, NO_PROOFS, False),
        (OPEN_TO_ALL, Proofs(fault="its signature is wrong", stamp_ms=5), False),
        (OPEN_TO_ALL, SIGNED, True),
        (OPEN_TO_ALL, TOKEN, True),
        (OPEN_TO_ALL, LISTED, True),
        (OPEN_TO_ALL, HOUSE, True),
        (BOTH, HOUSE, True),
        (BOTH, SIGNED, False),
        (BOTH, TOKEN, False),
        (BOTH, LISTED, False),
        (BOTH, Proofs(signed_by=1, token=1), True),
        (Access(networks=("192.0.2.0/24",)), SIGNED, False),
        (Access(networks=("192.0.2.0/24",)), LISTED, True),
    ],
)
def test_who_proves_that_the_order_is_theirs(rules: Access, proofs: Proofs, proven: bool) -> None:
    assert is_proven(rules, proofs) is proven


@pytest.mark.parametrize(
    ("proven", "click_id", "order_click_id", "audience"),
    [
        (True, None, None, Audience.TRUSTED),
        (True, 5, 5, Audience.TRUSTED),
        (False, 5, 5, Audience.HOLDER),
        (False, 5, 6, Audience.STRANGER),
        (False, 5, None, Audience.STRANGER),
        (False, None, 5, Audience.STRANGER),
        (False, None, None, Audience.STRANGER),
    ],
)
def test_audiences(proven: bool, click_id: int | None, order_click_id: int | None, audience: Audience) -> None:
    assert audience_of(proven, click_id, order_click_id) is audience


def test_the_table_names_every_verdict_about_an_earlier_order_and_every_audience() -> None:
    assert set(EXTENTS) == {(reason, audience) for reason in NAMES_EARLIER for audience in Audience}
    assert {extent for (_, audience), extent in EXTENTS.items() if audience is Audience.STRANGER} == {Extent.CODE}
    assert {extent for (_, audience), extent in EXTENTS.items() if audience is Audience.TRUSTED} == {Extent.ALL}


def _answer(reason: str, audience: str, saved: bool = False, is_own: bool = False) -> dict[str, Any]:
    facts = FACTS | ({"audience": audience} if audience != "stranger" else {})
    return answer_of(message_of(reason, facts, saved, 2069), "1000", is_own)[1]


@pytest.mark.parametrize(
    ("reason", "audience", "transaction", "message"),
    [
        (DUPLICATE, "trusted", "2069", "This order was saved before as transaction 2069; nothing more is needed."),
        (DUPLICATE, "holder", "2069", "This order was saved before as transaction 2069; nothing more is needed."),
        (DUPLICATE, "stranger", None, "This order was saved before; nothing more is needed."),
        (CONFLICT, "trusted", "2069",
         "This order was saved before as transaction 2069 with other facts (amount 10.95 EUR before, 0.01 EUR now; "
         "product 'Sale' before, '?' now; another partner); nothing was overwritten."),
        (CONFLICT, "holder", "2069",
         "This order was saved before as transaction 2069 with other facts (another amount; another product; "
         "another partner); nothing was overwritten."),
        (CONFLICT, "stranger", None, "This order was saved before with other facts; nothing was overwritten."),
        (CONFLICT, "nonsense", None, "This order was saved before with other facts; nothing was overwritten."),
        (UPDATED, "holder", None, "This order was saved before; nothing more is needed."),
    ],
)  # fmt: skip
def test_what_each_audience_reads(reason: str, audience: str, transaction: str | None, message: str) -> None:
    expected = {"call": "1000", "saved": False, "transaction": transaction, "reason": reason, "message": message}
    assert _answer(reason, audience) == expected


@pytest.mark.parametrize("reason", NAMES_EARLIER)
def test_a_stranger_reads_nothing_of_the_earlier_order(reason: str) -> None:
    words = str(_answer(reason, "stranger"))
    assert [secret for secret in SECRETS if secret in words] == []


@pytest.mark.parametrize("reason", sorted(set(REASONS) - set(NAMES_EARLIER)))
def test_every_other_verdict_reads_the_same_for_everyone(reason: str) -> None:
    """They say nothing but what the call itself said."""
    assert _answer(reason, "stranger") == _answer(reason, "holder") == _answer(reason, "trusted")


@pytest.mark.parametrize(
    ("reason", "audience", "limited", "counted"),
    [
        (SAVED, "stranger", None, None),
        (DUPLICATE, "stranger", True, True),
        (CONFLICT, "stranger", True, True),
        ("malformed_clickid", "stranger", True, False),
        (DUPLICATE, "holder", None, None),
        (CONFLICT, "trusted", None, None),
        ("unknown_product", "trusted", None, None),
    ],
)
def test_which_answers_count_and_which_are_withheld(
    reason: str, audience: str, limited: bool | None, counted: bool | None
) -> None:
    message = message_of(reason, FACTS | {"audience": audience}, reason == SAVED, 2069)
    assert (message.get("limited"), message.get("counted")) == (limited, counted)


def test_the_withheld_answer_is_the_same_for_every_verdict() -> None:
    status, content = disclosure.withheld("1000")
    assert (status, content["reason"], content["saved"], content["transaction"]) == (202, "withheld", False, None)
    assert "withheld" not in REASONS, "it is no verdict: the call has one"


@pytest.mark.parametrize(("program", "own"), [(1, True), (2, False), (0, False)])
def test_the_programs_own_shop_reads_all_of_it_later(program: int, own: bool) -> None:
    message = message_of(CONFLICT, FACTS, False, 2069)
    assert is_own(message, program) is own
    assert ("10.95 EUR" in _answer(CONFLICT, "stranger", is_own=own)["message"]) is own
    assert not is_own(message_of("bad_call", {}, False, None), 0)


@pytest.mark.parametrize(
    ("params", "world", "audience"),
    [
        ({}, {}, "holder"),
        ({"umsatz": "1"}, {}, "holder"),
        ({"clickid": ""}, {"click_id": None, "click": None}, None),
        ({"umsatz": "1", "clickid": "x"}, {"click_id": None, "click": None}, None),
        ({"clickid": "other"}, {"click_id": CLICK_ID + 1}, None),
        ({"clickid": ""}, {"click_id": None, "click": None, "proofs": TOKEN}, "trusted"),
        ({"umsatz": "1", "clickid": ""}, {"click_id": None, "click": None, "proofs": SIGNED}, "trusted"),
    ],
)
def test_the_judge_notes_the_audience(params: dict[str, str], world: dict[str, Any], audience: str | None) -> None:
    verdict = scene(params, **{"earlier": EARLIER, **world}).verdict()
    assert verdict.reason in NAMES_EARLIER
    assert verdict.facts.get("audience") == audience
