"""What an answer may say of an earlier order, and to whom. Pure. docs/decisions/0018-what-answers-disclose.md.

`get_trans.cgi` is open to everyone. So what an order was worth, for which product and partner, and under which
number it was saved goes only to callers who prove that the order is theirs; a stranger gets the reason code.

    judge    notes the audience of a verdict: `audience_of`
    engine   makes the message to the edge from it: `message_of`
    edge     writes the answer: `answer_of`
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from clicktrail.core import explain, reasons
from clicktrail.core.access import Access, Proofs, missing

Facts = Mapping[str, Any]
Message = dict[str, Any]

AUDIENCE = "audience"
"""The fact of a verdict that names its audience; a verdict without it was for a stranger."""
WITHHELD = "withheld"
"""Reason of an answer that tells no verdict. The call has one: it is in the log."""
WITHHELD_STATUS = 202
_WITHHELD = (
    "The call was received and is judged, but this network has asked for too many verdicts about earlier orders "
    "without proof. Sign the calls, send the program's token or the order's own ClickID, or ask again later."
)
_DUPLICATE = "This order was saved before; nothing more is needed."
_CONFLICT = "This order was saved before with other facts; nothing was overwritten."
_BARE = {reasons.DUPLICATE: _DUPLICATE, reasons.UPDATED: _DUPLICATE, reasons.CONFLICT: _CONFLICT}
"""What a stranger reads in place of the reason's own sentence."""


class Audience(StrEnum):
    """Who asked for a verdict, as far as the call itself shows it."""

    TRUSTED = "trusted"
    """A valid signature or token, a listed network, an API key, or the console."""
    HOLDER = "holder"
    """The call names the click of the order's transaction by its ClickID, which nobody can guess."""
    STRANGER = "stranger"


class Extent(StrEnum):
    """How much of an earlier order is told."""

    ALL = "all"
    NAMES = "names"
    """Its number, and which facts differ; not what they were."""
    CODE = "code"
    """The reason code and nothing more."""


EXTENTS: dict[tuple[str, Audience], Extent] = {
    (reasons.DUPLICATE, Audience.TRUSTED): Extent.ALL,
    (reasons.DUPLICATE, Audience.HOLDER): Extent.ALL,
    (reasons.DUPLICATE, Audience.STRANGER): Extent.CODE,
    (reasons.UPDATED, Audience.TRUSTED): Extent.ALL,
    (reasons.UPDATED, Audience.HOLDER): Extent.CODE,
    (reasons.UPDATED, Audience.STRANGER): Extent.CODE,
    (reasons.CONFLICT, Audience.TRUSTED): Extent.ALL,
    (reasons.CONFLICT, Audience.HOLDER): Extent.NAMES,
    (reasons.CONFLICT, Audience.STRANGER): Extent.CODE,
}
"""Every verdict that names an earlier order. All others say nothing but what the call itself said."""


def is_proven(rules: Access, proofs: Proofs) -> bool:
    """Whether a call proves that it comes from the program's shop. Half of what is demanded proves nothing."""
    has_proof = proofs.house or proofs.signed_by > 0 or proofs.token > 0 or proofs.listed
    return has_proof and not missing(rules, proofs)


def audience_of(is_proven: bool, click_id: int | None, order_click_id: int | None) -> Audience:
    """click_id: of the call, where its ClickID is genuine; order_click_id: of the order's transaction."""
    if is_proven:
        return Audience.TRUSTED
    return Audience.HOLDER if click_id is not None and click_id == order_click_id else Audience.STRANGER


def message_of(reason: str, facts: Facts, saved: bool, transaction: int | None) -> Message:
    """What the engine tells an edge of a final verdict.

    `transaction` and `message` are for the call itself, `full` for those who prove themselves when they ask for the
    verdict later; absent where it is the same. `limited`: withheld above the network's limit; `counted`: counts
    towards it.
    """
    audience = _audience(facts)
    extent = EXTENTS.get((reason, audience), Extent.ALL)
    message: Message = {"program": facts.get("program", 0), "saved": saved, "reason": reason}
    message |= _words(reason, facts, transaction, extent)
    if extent is not Extent.ALL:
        message["full"] = _words(reason, facts, transaction, Extent.ALL)
    if audience is Audience.STRANGER and not saved:
        message["limited"] = True
        message["counted"] = reason in reasons.NAMES_EARLIER
    return message


def _audience(facts: Facts) -> Audience:
    try:
        return Audience(facts.get(AUDIENCE, Audience.STRANGER))
    except ValueError:
        return Audience.STRANGER


def _words(reason: str, facts: Facts, transaction: int | None, extent: Extent) -> Message:
    if extent is Extent.CODE:
        return {"transaction": None, "message": _BARE[reason]}
    if extent is Extent.NAMES:
        facts = {**facts, "differences": [{"fact": each["fact"]} for each in facts.get("differences", ())]}
    number = None if transaction is None else str(transaction)
    return {"transaction": number, "message": explain.sentence(reason, facts, transaction)}


def is_own(message: Message, proven_program: int) -> bool:
    """Whether an asker who proved to be this program's shop asks for a call of that program. 0: proved nothing."""
    return proven_program > 0 and message.get("program") == proven_program


def answer_of(message: Message, call: str, is_own: bool = False) -> tuple[int, Message]:
    """(HTTP status, JSON content) of a verdict.

    call: its number as it is handed out. is_own: asked for later by the shop of its program, which proved itself.
    """
    words = message.get("full", message) if is_own else message
    reason = str(message.get("reason"))
    known = reasons.REASONS.get(reason)
    content = {
        "call": call, "saved": message.get("saved"), "transaction": words.get("transaction"), "reason": reason,
        "message": words.get("message"),
    }  # fmt: skip
    return known.http_status if known else 422, content


def withheld(call: str) -> tuple[int, Message]:
    """The answer above a network's limit: the same for every verdict."""
    content = {"call": call, "saved": False, "transaction": None, "reason": WITHHELD, "message": _WITHHELD}
    return WITHHELD_STATUS, content
