"""What a developer names in his own language: one whole expression, and nothing that would end the code around it.

It is his own shop's code, so this is no guard against him; it is a guard against code that cannot run. Pure.
"""

from clicktrail.control.assistant.shape import Text

LONGEST = 200
"""Characters of a variable."""
PAIRS = {")": "(", "]": "[", "}": "{"}
COMMENTS = {
    "php": ("//", "/*", "#", ";"),
    "python": ("#", ";"),
    "js": ("//", "/*", ";"),
    "html": (),
}
"""Language -> what ends an expression where it does not stand in quotation marks."""
ENDINGS = ("?>", "</script", "<!--")
"""What ends a block of code wherever it stands."""


class Unusable(ValueError):
    """code: a key of `forms.FAULTS`, which has the sentence."""

    def __init__(self, code: str, what: Text = "") -> None:
        super().__init__(code)
        self.code, self.what = code, what


def check(text: str, language: str) -> str:
    """The text, without blanks around it. Raises Unusable."""
    text = text.strip()
    if not text:
        raise Unusable("empty")
    if len(text) > LONGEST:
        raise Unusable("long", LONGEST)
    if not text.isprintable():
        raise Unusable("lines")
    if language == "html":
        return _attribute(text)
    for ending in ENDINGS:
        if ending in text.lower():
            raise Unusable("ends", ending)
    _scan(text, COMMENTS[language])
    return text


def _attribute(text: str) -> str:
    """A mark of the shop's templates stands in an attribute, between double quotation marks."""
    if '"' in text:
        raise Unusable("quote")
    return text


def _scan(text: str, ends: tuple[str, ...]) -> None:
    open_brackets: list[str] = []
    quote, place = "", 0
    while place < len(text):
        sign = text[place]
        if quote:
            place += sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "'\"`":
            quote = sign
        else:
            _outside(text, place, ends, open_brackets)
        place += 1
    if quote or open_brackets:
        raise Unusable("open", quote or open_brackets[-1])


def _outside(text: str, place: int, ends: tuple[str, ...], open_brackets: list[str]) -> None:
    """One character outside of quotation marks."""
    sign = text[place]
    for end in ends:
        if text.startswith(end, place):
            raise Unusable("ends", end)
    if sign in "([{":
        open_brackets.append(sign)
    elif sign in PAIRS and (not open_brackets or open_brackets.pop() != PAIRS[sign]):
        raise Unusable("open", sign)
