"""Log numbers with their check digits."""

import pytest

from clicktrail.core.callnumber import CHECK_DIGITS, CallNumbers, log_number
from clicktrail.core.clickid import MAX_ID

OURS, THEIRS = CallNumbers(b"a" * 32), CallNumbers(b"b" * 32)


@pytest.mark.parametrize("number", [0, 1, 4711, 862718293348820992, MAX_ID])
def test_a_number_is_read_as_it_was_written(number: int) -> None:
    text = OURS.text(number)
    assert text.isdigit() and 20 <= len(text) <= 31
    assert OURS.read(text) == log_number(text) == number
    assert int(text[:-CHECK_DIGITS]) == number, "the log number stands in front, in clear"


@pytest.mark.parametrize("number", [1, 862718293348820992, MAX_ID])
def test_every_changed_digit_is_noticed(number: int) -> None:
    text = OURS.text(number)
    changed = [
        text[:place] + str((int(text[place]) + step) % 10) + text[place + 1 :]
        for place in range(len(text))
        for step in range(1, 10)
    ]
    assert [OURS.read(other) for other in changed] == [None] * len(changed)


@pytest.mark.parametrize(
    "text",
    ["", "x", "-1", "4711", "862718293348820992", "9" * 20, "9" * 31, "9" * 32, "٣" * 25, OURS.text(5) + "0",
     "0" + OURS.text(5), " " + OURS.text(5), OURS.text(5)[:-1], THEIRS.text(5)],
)  # fmt: skip
def test_what_was_not_handed_out_is_not_read(text: str) -> None:
    assert OURS.read(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("4711", 4711), ("007", 7), (str(MAX_ID), MAX_ID), (str(MAX_ID + 1), None), (OURS.text(4711), 4711),
     (THEIRS.text(4711), 4711), ("9" * 31, None), ("1" * 32, None), ("", None), ("A-1", None), ("-5", None)],
)  # fmt: skip
def test_staff_find_a_call_by_either_form(text: str, number: int | None) -> None:
    assert log_number(text) == number


def test_check_digits_are_spread_over_their_whole_range() -> None:
    checks = {OURS.text(number)[-CHECK_DIGITS:] for number in range(1 << 40, (1 << 40) + 5000)}
    assert len(checks) == 5000
    assert {check[0] for check in checks} == set("0123456789")
