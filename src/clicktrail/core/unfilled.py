"""Placeholders that a template left unfilled: `{{order.id}}`, `%%ORDER%%`, `undefined`. Pure.

A value counts that is a placeholder from its first character to its last, or has one in the marks that no order
number has (`WC-{{order.id}}`). `{A}-1` and `[2024]` are data: in single marks a placeholder is a name, so it has a
letter and no more than two digits in a row.
"""

import re
from html import unescape
from urllib.parse import unquote

NOTHING = ("null", "none", "nil")
WORDS = frozenset((
    "undefined", "nan", "\\n", "%!s(<nil>)", *NOTHING,
    *(f"{left}{word}{right}" for word in NOTHING for left, right in ("()", "<>", "[]")),
))  # fmt: skip
"""What programming languages print where there is no value, in small letters."""
PHP_ARRAY = "Array"
"""What PHP prints in place of an array."""
_FIRST_LETTERS = frozenset(letter for word in (*WORDS, *map(str.upper, WORDS), PHP_ARRAY) for letter in word[0])
LONGEST_WORD = max(map(len, WORDS)) + 4
"""With a few spaces behind it."""
LONGEST = 255
"""A longer value is no placeholder."""
DECODINGS = 2
"""Times that a value is still percent-encoded after it was decoded once."""

_WRAPPINGS = "#\"'` \t"
"""What a template puts around a value of its own: `#undefined`, `'null'`."""
_GUID = re.compile(r"\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}", re.IGNORECASE)
_OBJECT = re.compile(r"\[object [a-z]{1,40}\]", re.IGNORECASE)

_STRONG = (
    ("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("{$", "}"), ("${", "}"), ("#{", "}"), ("%{", "}"), ("@{", "}"),
    ("<%", "%>"), ("<?", "?>"), ("%%", "%%"), ("##", "##"), ("$$", "$$"), ("@@", "@@"), ("!!", "!!"), ("~~", "~~"),
    ("((", "))"), ("[[", "]]"), ("[%", "%]"), ("<<", ">>"), ("*|", "|*"), ("%(", ")s"), ("%(", ")d"),
)  # fmt: skip
"""Marks that nothing but a template language has: whatever stands in them counts, but a bare number."""
_WEAK = (
    ("{", "}"), ("[", "]"), ("<", ">"), ("__", "__"), ("%", "%"), ("$", "$"), ("#", "#"), ("|", "|"), ("~", "~"),
    ("^", "^"), ("@", "@"), ("!", "!"),
)  # fmt: skip
"""Marks that an order number could have too: what stands in them must be a name."""
_NAME = re.compile(r"[\w .,:|/'\"()>$?&*=+-]*")
_NUMBER = re.compile(r"[0-9]{3}")
_VARIABLE = re.compile(r"\$[A-Za-z_]\w*(?:->\w+|\['?\"?\w+'?\"?\]|\.\w+)*")
"""`$order_id`, `$order->id`, `$_GET['id']`: PHP and shells."""
_EMBEDDED = re.compile(r"\{\{([^{}]{1,64})\}\}|\$\{([^{}]{1,64})\}|<%([^<>%]{1,64})%>")
"""Marks that count also beside other text."""
_FORMAT = re.compile(r"%(?:[0-9]\$)?[sd@]|\{[0-9]?\}|\[\]")
"""`%s`, `%1$s`, `{}`, `{0}`: format strings; `[]`: an empty list."""


def is_unfilled(value: str) -> bool:
    """Whether the value is a placeholder that no program filled in, or has one in it."""
    if ("{" in value or "<%" in value) and _has_embedded(value):
        return True
    first = value[:1]
    if first.isalnum():
        # Nearly every value ends here.
        return first in _FIRST_LETTERS and len(value) <= LONGEST_WORD and _is_word(value.strip())
    return len(value) <= LONGEST and any(map(_is_placeholder, _decodings(value.strip())))


def _has_embedded(value: str) -> bool:
    found = _EMBEDDED.finditer(value[:LONGEST])
    return any(any(map(str.isalpha, each[each.lastindex or 0])) for each in found)


def unfilled(values: dict[str, str | None]) -> dict[str, str]:
    """Those of the named values that are unfilled placeholders."""
    return {name: value for name, value in values.items() if value and is_unfilled(value)}


def _decodings(text: str) -> list[str]:
    """The text, and what it says where it is still encoded for an address or for HTML."""
    found = [text]
    for _ in range(DECODINGS):
        decoded = unquote(unescape(text)) if "%" in text or "&" in text else text
        if decoded == text:
            break
        text = decoded
        found.append(text.strip())
    return found


def _is_placeholder(text: str) -> bool:
    if not text or _GUID.fullmatch(text):
        return False
    if _is_word(text) or _is_word(text.strip(_WRAPPINGS)):
        return True
    if _OBJECT.fullmatch(text) or _FORMAT.fullmatch(text) or _is_variable(text):
        return True
    return any(_is_template(inside) for inside in _insides(text, _STRONG)) or any(map(_is_name, _insides(text, _WEAK)))


def _is_word(text: str) -> bool:
    return text.lower() in WORDS or text == PHP_ARRAY


def _insides(text: str, marks: tuple[tuple[str, str], ...]) -> list[str]:
    """What stands between a pair of marks, for each pair that the text is in."""
    return [
        text[len(left) : -len(right)]
        for left, right in marks
        if text.startswith(left) and text.endswith(right) and len(text) >= len(left) + len(right)
    ]


def _is_template(inside: str) -> bool:
    return not inside.strip() or any(map(str.isalpha, inside))


def _is_name(inside: str) -> bool:
    is_short = not _NUMBER.search(inside) and _NAME.fullmatch(inside) is not None
    return is_short and any(map(str.isalpha, inside))


def _is_variable(text: str) -> bool:
    return _VARIABLE.fullmatch(text) is not None and not _NUMBER.search(text)
