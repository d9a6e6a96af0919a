"""An alarm in the language of who looks: told in every language when it is stored, and shown in one.

Its columns are English: mails, webhooks and the API read them. The other languages stand in its facts.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from clicktrail.control.accounts.viewer import TONGUES
from clicktrail.control.alarms.book import RAISED, TURNED, Told
from clicktrail.control.alarms.models import Alarm
from clicktrail.core.tongue import speaking

SPOKEN = "spoken"
WORDED = ("figures", "rule", "calls", "todo", "length")
"""Facts with words in them."""


def told_in_all(tell: Callable[[], Told]) -> Told:
    """What `tell` says, with the same in the other languages among its facts."""
    told = tell()
    spoken = {language: _said(tell, language) for language in TONGUES if language != "en"}
    return replace(told, facts={**told.facts, SPOKEN: spoken})


def _said(tell: Callable[[], Told], language: str) -> dict[str, Any]:
    with override(language), speaking(TONGUES[language]):
        told = tell()
    facts = {name: told.facts[name] for name in WORDED if name in told.facts}
    return {"headline": told.headline, "sentence": told.sentence, **facts}


def heard(row: Alarm) -> Alarm:
    """The row, for showing only: in the language that is spoken here, where it was told in it."""
    facts = json.loads(row.facts or "{}")
    spoken = facts.pop(SPOKEN, {}).get(get_language() or "en")
    if spoken:
        row.headline, row.sentence = spoken.pop("headline"), spoken.pop("sentence")
        row.facts = json.dumps({**facts, **spoken})
    return row


def step_said(note: str, english: str, sentence: str) -> str:
    """A step's note; english and sentence: the alarm's, as stored and as shown."""
    for beginning in (RAISED, TURNED):
        if note.startswith(beginning):
            rest = note.removeprefix(beginning).strip()
            return f"{_(beginning)} {sentence if rest == english else rest}".strip()
    head, point, rest = note.partition(". ")
    return f"{_(head + point.strip())} {rest}" if point else _(note)
