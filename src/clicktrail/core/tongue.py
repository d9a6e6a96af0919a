"""In which language sentences are made: English, unless who shows them to a person brings a translator. Pure.

A sentence is looked up whole, with its marks, and filled in afterwards: word order is the translation's own.
What is stored, sent to shops or printed by commands is never inside `speaking`, so it is English everywhere.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tongue:
    one: Callable[[str], str]
    """An English sentence -> the same in this language."""
    count: Callable[[str, str, int], str]
    """(for one, for several, how many) -> the form for so many."""
    point: str = "."
    """What stands before the decimals."""


ENGLISH = Tongue(str, lambda one, several, number: one if number == 1 else several)

_tongue: ContextVar[Tongue] = ContextVar("tongue", default=ENGLISH)


@contextmanager
def speaking(tongue: Tongue) -> Iterator[None]:
    before = _tongue.set(tongue)
    try:
        yield
    finally:
        _tongue.reset(before)


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


def mark(sentence: str) -> str:
    """Says only that the sentence is to be translated; `say` does it when it is shown."""
    return sentence


def forms(one: str, several: str) -> tuple[str, str]:
    """The same of a sentence with a number in it: `count` says it when it is shown."""
    return one, several
