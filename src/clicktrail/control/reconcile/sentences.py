"""What is said about a line: kept as a sentence with its facts, told in the language of whoever reads it.

The text in a row is JSON, {"say": the English sentence with its marks, "words": {mark: value}}. A value that is an
object says how it is told (an amount, a time, a sentence in its turn). Rows from before hold the English itself.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clicktrail.control.reconcile import sheet
from clicktrail.core import explain, faults, refusals
from clicktrail.core.tongue import amount, count, day_form, retell, say

WITH_MARKS = (sheet.WIDE, *refusals.WITH_MARKS)
"""Those that come as English from elsewhere."""

Calls = Mapping[int, str]
"""Number of a call -> what became of it, in the language of who reads it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """`str` of it is the sentence in the language that is spoken."""

    english: str
    words: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return _said(self.english, self.words, {})

    def __bool__(self) -> bool:
        return bool(self.english)

    @property
    def kept(self) -> str:
        if not self.words:
            return self.english
        return json.dumps({"say": self.english, "words": self.words}, ensure_ascii=False, separators=(",", ":"))


NOTHING = Sentence("")


def told(english: str, /, **words: Any) -> Sentence:
    """The sentence is marked where it is written: `told(mark("..."), ...)`."""
    return Sentence(english, words)


def money(minor: int, currency: str, decimals: int) -> dict[str, Any]:
    return {"money": minor, "currency": currency, "decimals": decimals}


def moment(ms: int) -> dict[str, Any]:
    """In UTC."""
    return {"moment": ms}


def local(ms: int, zone: str) -> dict[str, Any]:
    return {"local": ms, "zone": zone}


def day(since_1970: int) -> dict[str, Any]:
    return {"day": since_1970}


def word(english: str) -> dict[str, Any]:
    return {"word": english}


def number(text: str) -> dict[str, Any]:
    """With a point."""
    return {"number": text}


def days(much: int) -> dict[str, Any]:
    return {"days": much}


def verdict(call: int, english: str) -> dict[str, Any]:
    """What became of a call; the English stands in where the call is not there any more."""
    return {"call": call, "english": english}


def fault(english: str) -> dict[str, Any]:
    return {"fault": english}


def tell(text: str, calls: Calls | None = None) -> str:
    """What was kept, in the language that is spoken."""
    kept = _read(text)
    if kept is None:
        return retell(text, WITH_MARKS, {"state": say, "verb": say})
    return _said(kept["say"], kept["words"], calls or {})


def calls_in(texts: Iterable[str]) -> set[int]:
    """Numbers of the calls of which these sentences tell."""
    found = (_read(text) for text in texts if '"call"' in text)
    values = [value for kept in found if kept for value in kept["words"].values()]
    return {value["call"] for value in values if isinstance(value, dict) and "call" in value}


def _read(text: str) -> dict[str, Any] | None:
    if not text.startswith('{"say":'):
        return None
    kept: dict[str, Any] = json.loads(text)
    return kept


def _said(english: str, words: Mapping[str, Any], calls: Calls) -> str:
    return say(english, **{name: _word(value, calls) for name, value in words.items()})


def _word(value: Any, calls: Calls) -> str:
    if not isinstance(value, dict):
        return str(value)
    kind = next(iter(value))
    if kind == "call":
        return calls.get(value["call"], value["english"])
    return _KINDS[kind](value)


def _local(value: Mapping[str, Any]) -> str:
    at = datetime.fromtimestamp(value["local"] // 1000, UTC).astimezone(ZoneInfo(value["zone"]))
    return at.strftime(f"{day_form()} %H:%M %Z")


def day_words(since_1970: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=since_1970)).strftime(day_form())


_KINDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "day": lambda value: day_words(value["day"]),
    "money": lambda value: explain.money(value["money"], value),
    "moment": lambda value: explain.moment(value["moment"]),
    "local": _local,
    "word": lambda value: say(value["word"]),
    "number": lambda value: amount(value["number"]),
    "days": lambda value: count("{number} day", "{number} days", value["days"]),
    "fault": lambda value: faults.retold(value["fault"]),
}
