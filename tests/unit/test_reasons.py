"""The closed list of reason codes."""

import string

import pytest

from clicktrail.core import reasons
from clicktrail.core.explain import operator_sentence, sentence
from clicktrail.core.reasons import CHECK_ORDER, REASONS

CONTRACT = {
    "saved", "duplicate", "conflict", "bad_call", "missing_cpid", "missing_tid", "unknown_program", "program_paused",
    "malformed_clickid", "unknown_click", "click_expired", "foreign_click", "no_attribution", "unknown_partner",
    "partner_inactive", "unknown_creative", "unknown_product", "not_approved", "missing_amount", "bad_amount",
    "wrong_currency", "unauthorized", "waiting",
}  # fmt: skip
ADDED = {"updated"}
"""What the contract leaves open: how a trusted call's change of an order is called."""
CODES = CONTRACT | ADDED
STATUS = {"saved": 200, "duplicate": 200, "updated": 200, "waiting": 202, "conflict": 409}


def test_the_list_is_closed() -> None:
    """A code that was ever used is never renamed, dropped or used for something else."""
    assert set(REASONS) == CODES
    assert all(code == reason.code for code, reason in REASONS.items())


def test_every_code_but_saved_is_a_check() -> None:
    checks = [code for step in CHECK_ORDER for code in step]
    assert len(checks) == len(set(checks))
    assert set(checks) == CODES - {"saved"}


def test_the_list_stands_in_the_order_of_checks() -> None:
    checks = [code for step in CHECK_ORDER for code in step if code not in reasons.NAMES_EARLIER]
    assert [code for code in REASONS if code not in ("saved", *reasons.NAMES_EARLIER)] == checks


def test_every_code_has_a_constant() -> None:
    named = {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}
    assert named == CODES | {"ok"}


@pytest.mark.parametrize("code", sorted(CODES))
def test_status_and_finality(code: str) -> None:
    assert REASONS[code].http_status == STATUS.get(code, 422)
    assert REASONS[code].final == (code != "waiting")


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_has_a_sentence_for_the_operator_and_one_for_the_shop(code: str) -> None:
    """Whole also where no fact is known: no mark left, no code words, no empty holes."""
    for text in (operator_sentence(code, {}), sentence(code, {})):
        assert text[0].isupper()
        assert text.endswith(".")
        assert not set("{}_") & set(text)
        assert "None" not in text
        assert "  " not in text
        assert " ." not in text


@pytest.mark.parametrize("code", sorted(CODES))
def test_marks_in_sentences_are_plain_names(code: str) -> None:
    for template in (REASONS[code].operator, REASONS[code].shop):
        for _, name, form, conversion in string.Formatter().parse(template):
            assert name is None or (name.isidentifier() and not form and not conversion)
