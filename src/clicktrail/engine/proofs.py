"""What a call proved, between the journal, the judge and the log: numbers of keys, never their values."""

import json
from typing import Any

from clicktrail.core.access import NO_PROOFS, Proofs
from clicktrail.journal.events import Postback

HOUSE = ("console", "api", "import")
"""Sources whose caller control has checked itself."""
KEPT = ("signed_by", "token", "listed", "proof_fault", "stamp_ms", "house", "separate")
"""Fields of the event that the log keeps: proofs, and what a person decided of the call."""


def of(event: Postback) -> Proofs:
    house = event.source in HOUSE or event.house
    if not (house or event.signed_by or event.token or event.listed or event.proof_fault):
        return NO_PROOFS
    return Proofs(house, event.signed_by, event.token, event.listed, event.proof_fault, event.stamp_ms)


def kept(event: Postback) -> str:
    """As the log keeps it: a JSON object, or nothing where nothing was proved or tried."""
    found = {name: value for name in KEPT if (value := getattr(event, name))}
    return json.dumps(found, ensure_ascii=False) if found else ""


def proved(text: str) -> dict[str, Any]:
    """Back again: fields of the event."""
    return {name: value for name, value in json.loads(text).items() if name in KEPT} if text else {}
