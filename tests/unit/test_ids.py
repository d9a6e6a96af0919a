"""Ids in links and calls."""

import pytest

from clicktrail.core.ids import names_creative, read_id


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("0042", 42),
        ("9007199254740992", 2**53),
        ("9007199254740993", None),
        ("0", None),
        ("000", None),
        ("", None),
        (None, None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        (" 1", None),
        ("1 ", None),
        ("1\n", None),
        ("1_0", None),
        ("1e3", None),
        ("0x1", None),
        ("٣", None),
        ("²", None),
        ("abc", None),
        ("9" * 10_000, None),
        ("0" * 10_000 + "7", 7),
    ],
)
def test_from_1_to_2_to_the_53(text: str | None, number: int | None) -> None:
    assert read_id(text) == number


@pytest.mark.parametrize(
    ("wmid", "names"),
    [(None, False), ("", False), ("cc", False), ("CC", False), ("1", True), ("ccc", True), ("0", True)],
)
def test_a_link_that_the_partner_built_names_no_creative(wmid: str | None, names: bool) -> None:
    assert names_creative(wmid) is names
