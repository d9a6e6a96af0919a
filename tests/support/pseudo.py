"""A made-up language in which every sentence that is marked for translation stands in brackets: what stands outside of
them on a page is data, or was forgotten.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import pytest

from clicktrail.core.money import CURRENCIES

OPEN, CLOSE = "\u27e6", "\u27e7"
CONTEXT = "\x04"
SILENT = {"script", "style", "code", "pre", "svg", "template", "noscript", "textarea", "kbd"}
"""Elements whose text is for programs, or is what somebody typed."""
SPOKEN = ("alt", "title", "placeholder", "aria-label", "aria-description")
ICONS = "material-symbols-outlined"
VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}")

NAMES = {"Clicktrail", "ClickID", "UTC", "GMT", "BST", "CET", "CEST", "JST", "English", "Deutsch", "CSV", "HTML", "API"}
"""The same in every language."""
WORDED = re.compile(
    r"state|kind|trigger|stage|verb|postback.reason|cause|method|choice|source|sentence|headline|facts$"
)
"""Columns whose words are ours."""
CODE = re.compile(r"<% \w+ %>|[^\s,;()]*\w[\d_/.@:=&?+|-]\w[^\s,;()]*|\w*\d\w*")
"""An address, a number with its unit, a word that programs read."""


def sentences(template: str) -> set[str]:
    """Of a .pot file: every sentence that the code marks, both forms of those with a number."""
    found = set()
    for entry in re.findall(r'^msgid(?:_plural)? ((?:".*"\n?)+)', template, re.MULTILINE):
        found.add("".join(ast.literal_eval(line) for line in entry.splitlines()))
    return found - {""}


@contextmanager
def bracketed(known: Set[str]) -> Iterator[None]:
    """Inside, German is the made-up language: `known` and what Django itself translates stand in brackets."""
    from django.utils.translation.trans_real import DjangoTranslation, translation

    theirs = translation("de")._catalog

    def one(_: Any, sentence: str) -> str:
        return bracket(sentence, sentence)

    def count(_: Any, single: str, several: str, number: int) -> str:
        return bracket(single if number == 1 else several, single)

    def bracket(sentence: str, key: str) -> str:
        plain = sentence.rpartition(CONTEXT)[2]
        is_known = plain in known or theirs.get(key) or theirs.get((key, 1))
        return f"{OPEN}{plain}{CLOSE}" if is_known and plain else sentence

    with pytest.MonkeyPatch.context() as made_up:
        made_up.setattr(DjangoTranslation, "gettext", one)
        made_up.setattr(DjangoTranslation, "ngettext", count)
        yield


class Outside(HTMLParser):
    """What people read of a page and what does not stand in brackets: (where, the text)."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._path: list[tuple[str, bool]] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        is_silent = (
            tag in SILENT
            or given.get("translate") == "no"
            or ICONS in given.get("class", "").split()
            or bool(self._path and self._path[-1][1])
        )
        if not is_silent or tag == "textarea":
            for name in SPOKEN:
                self._note(f"{tag} {name}", _outside(given.get(name, ""))[0])
        if tag == "input" and given.get("type") in ("submit", "button", "reset"):
            self._note("input value", _outside(given.get("value", ""))[0])
        if tag not in VOID:
            self._path.append((tag, is_silent))

    def handle_endtag(self, tag: str) -> None:
        while self._path and any(name == tag for name, _ in self._path):
            if self._path.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if not (self._path and self._path[-1][1]):
            text, self._depth = _outside(data, self._depth)
            self._note(self._path[-1][0] if self._path else "page", text)

    def _note(self, where: str, text: str) -> None:
        text = " ".join(text.split())
        if WORD.search(text):
            self.found.append((where, text))


def _outside(text: str, depth: int = 0) -> tuple[str, int]:
    """What stands outside of brackets, and how many are open behind it."""
    kept = []
    for sign in text:
        depth += (sign == OPEN) - (sign == CLOSE)
        kept.append(sign if depth <= 0 and sign != CLOSE else " " if sign == CLOSE else "")
        depth = max(depth, 0)
    return "".join(kept), depth


def outside(page: str) -> list[tuple[str, str]]:
    parser = Outside()
    parser.feed(page)
    return parser.found


class Data:
    """What the ledger's people and shops wrote: names, order numbers, notes."""

    def __init__(self, values: Iterable[str]) -> None:
        lines = [line for value in values for line in (value, *value.splitlines(), value.partition(". ")[2])]
        self._values = {" ".join(line.split()) for line in lines if WORD.search(line)}
        inside = sorted((v for v in self._values if len(v) < 80), key=len, reverse=True)
        self._inside = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, inside)) + r")(?!\w)")

    def is_all(self, text: str) -> bool:
        """Whether nothing is left of the text without them, without codes and without names."""
        if text in self._values:
            return True
        left = (CODE.sub(" ", self._inside.sub(" ", text)), self._inside.sub(" ", CODE.sub(" ", text)))
        return any(not set(WORD.findall(each)) - NAMES for each in left)


def written(ask: Callable[[str], list[Any]]) -> set[str]:
    """The short texts of every table but the long ones, and time zones and currencies."""
    from zoneinfo import available_timezones

    from django.apps import apps
    from django.db import models

    found = {*(zone.replace("_", " ") for zone in available_timezones()), *CURRENCIES}
    for model in apps.get_models():
        for field in model._meta.fields:
            is_text = isinstance(field, models.CharField | models.TextField)
            if is_text and not field.choices and not WORDED.search(f"{model._meta.model_name}.{field.name}"):
                rows = ask(f'SELECT DISTINCT "{field.column}" FROM "{model._meta.db_table}" LIMIT 3000')  # noqa: S608
                found |= {row[0] for row in rows if isinstance(row[0], str)}
    return found
