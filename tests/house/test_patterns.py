"""No regular expression of the source takes more than linear time, whatever text it is given."""

import re

import pytest
from house import patterns, rules
from house.patterns import Pattern

FOUND = [
    pattern
    for path in sorted(rules.SOURCE.rglob("*.py"))
    for pattern in patterns.patterns_in(path, str(path.relative_to(rules.SOURCE)))
]
BUILT_FROM_SENTENCES = ("core/tongue.py",)
"""Built at run time from our own sentences; the text that is held against them is limited there."""


def test_the_patterns_of_the_source_are_found() -> None:
    assert len(FOUND) > 60
    unread = {pattern.place.partition(":")[0] for pattern in FOUND if not pattern.text}
    assert unread <= set(BUILT_FROM_SENTENCES), "write the pattern as a literal, or from literals of the module"


@pytest.mark.parametrize("pattern", [each for each in FOUND if each.text], ids=lambda each: each.place)
def test_a_pattern_takes_linear_time(pattern: Pattern) -> None:
    assert patterns.is_slow(pattern) == ""


@pytest.mark.parametrize("pattern", [each for each in FOUND if each.text], ids=lambda each: each.place)
def test_no_pattern_is_possessive(pattern: Pattern) -> None:
    """Python 3.11.2, which Debian 12 has, matches possessive repeats of groups wrongly."""
    assert not patterns.is_possessive(pattern)


@pytest.mark.parametrize(
    ("text", "searches"),
    [
        (r"(a+)+b", False),
        (r"(?:a|b|ab)*c", False),
        (r"(x|x)*y", False),
        (r"\s*\s*x", False),
        (r"^\s*([^\d\s.,+-]*\.?)\s*([-+]?[\d.,'\s]*\d[\d.,]*|)\s*([^\d\s.,]*\.?)\s*$", False),
        (r"<[^>]*>", True),
        (r"<%(.*?)%>", True),
        (r"\s+$", True),
        (r"[0-9]+ days", True),
        (rb"(a|a)*b", False),
    ],
)
def test_a_bad_one_is_found(text: str | bytes, searches: bool) -> None:
    assert patterns.is_slow(Pattern("sample", text, 0, searches)) != ""


def test_how_a_pattern_is_used_is_read(tmp_path) -> None:
    source = tmp_path / "sample.py"
    source.write_text(
        "import re\n"
        "LETTERS = 'abc'\n"
        "_A = re.compile(rf'[{LETTERS}]+x', re.IGNORECASE)\n"
        "_B = re.compile('b' + LETTERS)\n"
        "_A.fullmatch('')\n_B.sub('', '')\nre.split('c', '')\nfield = Field(pattern='^d$')\n"
    )
    found = [(p.text, p.flags, p.searches) for p in patterns.patterns_in(source, "sample")]
    others = [("^d$", 0, True), ("babc", 0, True), ("c", 0, True)]
    assert sorted(found) == [("[abc]+x", int(re.IGNORECASE), False), *others]
