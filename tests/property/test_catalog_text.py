"""The set-up file's writer and its map of lines, against the standard library's reader."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from clicktrail.control.catalog.toml import value
from clicktrail.control.catalog.tomllines import lines

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.one_of(TEXTS, st.integers(0, 2**53), st.lists(TEXTS, max_size=4))


@given(VALUES)
def test_what_is_written_is_read_again(written: str | int | list[str]) -> None:
    assert tomllib.loads(f"a = {value(written)}")["a"] == written


@given(
    st.lists(st.lists(VALUES, min_size=1, max_size=4), max_size=6), st.sampled_from(["\n", "\n\n", "\n# [[no]] = '\n"])
)
def test_every_field_is_found_in_its_line(tables: list[list[str | int | list[str]]], gap: str) -> None:
    text = ""
    expected = {}
    for position, fields in enumerate(tables):
        expected["table", position] = text.count("\n") + 1
        text += "[[table]]" + gap
        for number, written in enumerate(fields):
            expected["table", position, f"f{number}"] = text.count("\n") + 1
            text += f"f{number} = {value(written)}" + gap
    tomllib.loads(text)
    assert lines(text) == expected


@given(st.text("[]{}='\"#\\\n abc.,0"))
def test_whatever_toml_accepts_has_a_line_for_each_first_key(text: str) -> None:
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert {path[0] for path in lines(text)} == set(read)
