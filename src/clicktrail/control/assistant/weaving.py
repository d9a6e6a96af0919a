"""Code with marks -> finished code. Pure.

| mark | becomes |
| --- | --- |
| `«amount»` | the value as it is: a variable that the developer named, a number |
| `«=name»` | the value as a text of the piece's language, quoted and escaped |
| `«html:name»` | the same in another language than the piece's |
| `«include shared/x.php.code»` | another file, woven by the same rules |
| `«if signed»`, `«if not signed»`, `«else»`, `«end»` | lines for a set flag; each mark alone on its line |
"""

import html
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from importlib.resources import files

from clicktrail.control.assistant.shape import COOKIE, Piece, Setup, Shop

NO_SECRET = "PUT-THE-SECRET-HERE"  # noqa: S105 - says what belongs there
NO_TOKEN = "PUT-THE-TOKEN-HERE"  # noqa: S105 - the same

_MARK = re.compile(r"«(?:(=)|(\w+):)?(\w+)»")
_LINE = re.compile(r"^\s*«(if(?: not)?|include|else|end)(?: ([\w./-]+))?»$")
_CODE = files("clicktrail.control.assistant.shops").joinpath("code")


def _php(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _js(text: str) -> str:
    """As it may stand in a script block of a page as well."""
    return json.dumps(text).replace("<", "\\u003c")


def _attribute(text: str) -> str:
    """Between the quotation marks of an attribute."""
    return html.escape(text)


LITERALS: Mapping[str, Callable[[str], str]] = {
    "php": _php,
    "python": json.dumps,
    "js": _js,
    "html": _attribute,
    "xml": _attribute,
    "json": json.dumps,
    "sh": shlex.quote,
}
"""Language of a piece -> how a text stands in it."""


def pieces_of(shop: Shop, step: str, setup: Setup) -> list[tuple[Piece, str]]:
    return [(piece, weave(shop, piece, setup)) for piece in shop.pieces(step)]


def weave(shop: Shop, piece: Piece, setup: Setup) -> str:
    """The finished code. Raises KeyError for a mark or a flag that nothing stands behind."""
    literal = LITERALS[piece.language]
    values, flags = _values(setup, literal), _flags(setup)
    lines = _kept(_source(f"{shop.key}/{piece.template}"), flags)
    return "\n".join(_filled(line, values, literal) for line in lines) + "\n"


def _source(path: str) -> list[str]:
    return _CODE.joinpath(path).read_text(encoding="utf-8").splitlines()


def _values(setup: Setup, literal: Callable[[str], str]) -> dict[str, str]:
    values = {name: str(value) for name, value in asdict(setup).items()}
    values["secret"] = setup.secret or NO_SECRET
    values["token"] = NO_TOKEN
    values["key_number"] = str(setup.key_number or 1)
    values["product"] = setup.product_variable or literal(setup.product)
    values["seconds"] = str(setup.days * 86_400)
    return values


def _flags(setup: Setup) -> dict[str, bool]:
    return {
        "minor": setup.minor,
        "decimals": setup.decimals > 0,
        "cookie": setup.place == COOKIE,
        "product": bool(setup.product or setup.product_variable),
        "signed": setup.signed,
        "token": setup.token,
    }


def _kept(lines: list[str], flags: Mapping[str, bool]) -> Iterator[str]:
    """Without the lines whose flag is not set, and without the marks themselves."""
    open_blocks: list[bool] = []
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            if all(open_blocks):
                yield line
            continue
        word, name = found.groups()
        if word.startswith("if"):
            open_blocks.append(flags[name] is (word == "if"))
        elif word == "else":
            open_blocks[-1] = not open_blocks[-1]
        elif word == "end":
            open_blocks.pop()
        elif all(open_blocks):
            yield from _kept(_source(name), flags)


def _filled(line: str, values: Mapping[str, str], literal: Callable[[str], str]) -> str:
    def fill(mark: re.Match[str]) -> str:
        own, other, name = mark.groups()
        if other:
            return LITERALS[other](values[name])
        return literal(values[name]) if own else values[name]

    return _MARK.sub(fill, line)
