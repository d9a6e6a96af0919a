"""In which language sentences are made: English, unless who shows them to a person brings a translator. Pure.

A sentence is looked up whole, with its marks, and filled in afterwards: word order is the translation's own.
What is stored, sent to shops or printed by commands is never inside `speaking`, so it is English everywhere.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import cache


@dataclass(frozen=True, slots=True)
class Tongue:
    one: Callable[[str], str]
    """An English sentence -> the same in this language."""
    count: Callable[[str, str, int], str]
    """(for one, for several, how many) -> the form for so many."""
    point: str = "."
    """What stands before the decimals."""
    day: str = "%Y-%m-%d"
    """How a day is written."""


ENGLISH = Tongue(str, lambda one, several, number: one if number == 1 else several)

_tongue: ContextVar[Tongue] = ContextVar("tongue", default=ENGLISH)


@contextmanager
def speaking(tongue: Tongue) -> Iterator[None]:
    before = _tongue.set(tongue)
    try:
        yield
    finally:
        _tongue.reset(before)


_clock: ContextVar[tzinfo] = ContextVar("clock", default=UTC)


@contextmanager
def in_zone(zone: tzinfo) -> Iterator[None]:
    """Times in sentences are those of this zone, as the other times of the page are. Outside of it they are UTC."""
    before = _clock.set(zone)
    try:
        yield
    finally:
        _clock.reset(before)


def clock() -> tzinfo:
    return _clock.get()


def say(sentence: str, **words: object) -> str:
    """The sentence in the language that is spoken, with its `{marks}` filled."""
    told = _tongue.get().one(sentence) if sentence else ""
    return told.format_map(words) if words else told


def count(one: str, several: str, number: int, **words: object) -> str:
    """ "1 day", "3 days": both forms carry the mark {number}."""
    return _tongue.get().count(one, several, number).format(number=number, **words)


def amount(text: str) -> str:
    """A number written with a point, with this language's mark before the decimals."""
    return text.replace(".", _tongue.get().point)


def day_form() -> str:
    """How a day is written, for `strftime`."""
    return _tongue.get().day


def retell(sentence: str, known: Iterable[str], words: Mapping[str, Callable[[str], str]] | None = None) -> str:
    """A sentence that was kept in English, in the language spoken; one that nobody knows stays as it is.

    known: those with marks that it may be. words: how the text at a mark of that name is told in its turn.
    """
    told = _tongue.get().one(sentence) if sentence else ""
    if told != sentence or _tongue.get() is ENGLISH or len(sentence) > MAX_MATCHED:
        return told
    for each in known:
        if found := _pattern(each).fullmatch(sentence):
            tell = words or {}
            return say(each, **{name: tell.get(name, str)(text) for name, text in found.groupdict().items()})
    return sentence


def is_one_of(sentence: str, known: Iterable[str]) -> bool:
    """Whether a sentence that was kept in English is one of those with marks."""
    return len(sentence) <= MAX_MATCHED and any(_pattern(each).fullmatch(sentence) for each in known)


MAX_MATCHED = 4096
"""A longer sentence is not held against sentences with marks: each mark may cost its length once more."""


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", sentence)
    return re.compile(
        "".join(f"(?P<{part}>.*?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)), re.DOTALL
    )


def mark(sentence: str) -> str:
    """Says only that the sentence is to be translated; `say` does it when it is shown."""
    return sentence


def forms(one: str, several: str) -> tuple[str, str]:
    """The same of a sentence with a number in it: `count` says it when it is shown."""
    return one, several
