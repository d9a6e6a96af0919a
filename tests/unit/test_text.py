"""Invisible characters around values."""

import sys
from unicodedata import category

import pytest

from clicktrail.core.text import INVISIBLE, decode_file, stored_spellings, strip_invisible

WHITE_SPACE = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""All 25 of Unicode's property White_Space."""
VISIBLE_FORMATS = {0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD, *range(0x0600, 0x0606)}
"""Format characters that are drawn: signs of Arabic and Kaithi numbers."""
HIEROGLYPH_JOINERS = range(0x13430, 0x13440)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("", ""),
        ("T-1", "T-1"),
        (" T-1", "T-1"),
        ("T-1 ", "T-1"),
        ("\tT-1\r\n", "T-1"),
        ("T 1", "T 1"),
        (" T \u200b 1 ", "T \u200b 1"),
        ("\u200bT-1\u200b", "T-1"),
        ("\ufeffT-1", "T-1"),
        ("T-1\ufeff", "T-1"),
        ("\ufffeT-1", "T-1"),
        ("T-1\xad", "T-1"),
        ("T-1\xa0", "T-1"),
        ("T-1\u3000", "T-1"),
        ("T-1\u2060", "T-1"),
        ("\u202aT-1\u202c", "T-1"),
        ("\u2066T-1\u2069", "T-1"),
        ("\u200eT-1\u200f", "T-1"),
        ("T-1\u061c", "T-1"),
        ("T-1\x00", "T-1"),
        ("\x1bT-1\x7f", "T-1"),
        ("T-1\x85", "T-1"),
        ("T-1\x9f", "T-1"),
        ("T-1\u180e", "T-1"),
        ("T-1\u3164", "T-1"),
        ("T-1\u115f\u1160", "T-1"),
        ("T-1\u2800", "T-1"),
        ("T-1\ufe0f", "T-1"),
        ("M\xfc\ufe0f", "M\xfc"),
        ("T-1\U000e0020\U000e0001", "T-1"),
        (" \u200b\ufeff\r\n", ""),
        ("\u4e2d\u6587\u3000", "\u4e2d\u6587"),
        ("\ufffdT\ufffd", "\ufffdT\ufffd"),
        # A variation selector behind a symbol, and the tags of a flag, are a part of an emoji.
        ("I \u2764\ufe0f", "I \u2764\ufe0f"),
        (" \u2764\ufe0f ", "\u2764\ufe0f"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f\n", "\U0001f3f4\U000e0067\U000e0062\U000e007f"),
    ],
)
def test_what_nobody_can_see_is_taken_off(text: str, clean: str) -> None:
    assert strip_invisible(text) == clean
    assert strip_invisible(clean) == clean


def test_white_space_control_and_format_characters_are_all_invisible() -> None:
    assert set(WHITE_SPACE) <= INVISIBLE
    for code in range(sys.maxunicode + 1):
        kind = category(chr(code))
        if kind == "Cc" or (kind == "Cf" and code not in VISIBLE_FORMATS and code not in HIEROGLYPH_JOINERS):
            assert chr(code) in INVISIBLE, hex(code)


def test_letters_numbers_and_signs_are_visible() -> None:
    fillers = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}
    assert {sign for sign in INVISIBLE if category(sign)[0] in "LNPS"} == fillers


def test_a_search_looks_for_the_raw_and_the_clean_form() -> None:
    assert stored_spellings("T-1")[0] == "T-1"
    assert {"T-1 ", " T-1", "T-1\r\n", "T-1\u200b", "\ufeffT-1", " T-1 "} <= set(stored_spellings("T-1"))
    assert stored_spellings("T-1 \u3000")[:2] == ["T-1 \u3000", "T-1"]
    assert len(stored_spellings("T-1")) == len(set(stored_spellings("T-1")))
    assert stored_spellings(" ") == [" "]


def test_a_hostile_length_takes_linear_time() -> None:
    assert strip_invisible("\u200b" * 300_000 + "x" + "\U000e0fff" * 300_000) == "x"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_that_windows_saved(encoding: str) -> None:
    assert decode_file("ä = 1\r\nb = 2\rc\n".encode(encoding)) == "ä = 1\nb = 2\nc\n"
    assert decode_file(b"\xfe\xff\x00a") == "a"
    assert decode_file("\ufeff\ufeffa".encode(encoding)) == "a"
    with pytest.raises(UnicodeDecodeError):
        decode_file("ä".encode("cp1252"))
