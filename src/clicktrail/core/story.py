"""The way to a verdict, one plain sentence a step, for whoever may read it. Pure.

Received, proved, click found, when, who is credited, approved since when, what is paid, the verdict, and what
would have worked. The same steps in log, page, command and API; what is not known is not told.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from clicktrail.core import reasons
from clicktrail.core.explain import (
    Facts,
    age_of,
    capital,
    credit_step,
    moment,
    operator_sentence,
    pay_step,
    proof_fault,
    quote,
    sentence,
    window,
)
from clicktrail.core.nearest import nearest
from clicktrail.core.tongue import mark, say

WITHOUT_CLICK = (reasons.MALFORMED_CLICKID, reasons.UNKNOWN_CLICK, reasons.WAITING)
"""Verdicts on a ClickID that names no click, or none yet."""

IGNORED = {
    "nobody": mark("nobody may send it"),
    "signed": mark("only a signed call may send it"),
}
CAME = {
    "console": (mark("entered by hand {when}."), mark("entered by hand by {actor} {when}.")),
    "api": (mark("handed in over the API {when}."), mark("handed in over the API by {actor} {when}.")),
    "import": (mark("imported {when}."), mark("imported by {actor} {when}.")),
}
"""Source of a call -> how it came, without and with who handed it in."""
UNCHECKED = {
    "nocheck": mark("not approved for this product, which was not checked: the call says nocheck=1."),
    "test": mark("not approved for this product, which was not checked: the test partner may earn everything."),
}


@dataclass(frozen=True, slots=True)
class Received:
    """How a call came."""

    at_ms: int
    method: str = ""
    source: str = "edge"
    actor: str = ""
    again: int = 0
    """The call that this one judges once more."""
    arrived_ms: int = 0
    listed: bool = False
    house: bool = False
    """The call that is judged once more was handed in by the house itself."""


def story(
    reason: str,
    facts: Facts,
    transaction: int | None = None,
    received: Received | None = None,
    *,
    operator: bool = True,
) -> list[str]:
    """operator: whether the reader runs the program; else nothing is said of partners and their clicks."""
    steps = [*_before(reason, facts, received, operator), *(_credit(facts) if operator else ())]
    told = operator_sentence(reason, facts, transaction) if operator else sentence(reason, facts, transaction)
    return [capital(step) for step in steps if step] + [
        told,
        *filter(None, [nearest(reason, facts, operator=operator)]),
    ]


def _before(reason: str, facts: Facts, received: Received | None, operator: bool) -> Iterator[str]:
    yield _received_step(received, operator) if received else ""
    yield _proof_step(facts, received)
    yield from _unfilled_steps(facts)
    yield _click_step(reason, facts)
    yield _window_step(reason, facts)


def _received_step(received: Received, operator: bool) -> str:
    """Who of the house had a hand in it is for the house."""
    actor = received.actor if operator else ""
    words = {"when": moment(received.at_ms), "actor": actor, "method": received.method}
    if received.again:
        return _again_step(received, operator, words)
    if received.source in CAME:
        return say(CAME[received.source][bool(actor)], **words)
    if received.method and received.source == "edge":
        return say("received {when} with {method}.", **words)
    return say("received by {actor} {when}.", **words) if actor else say("received {when}.", **words)


def _again_step(received: Received, operator: bool, words: dict[str, str]) -> str:
    by = (
        say("judged once more {when} by {actor}", **words)
        if words["actor"]
        else say("judged once more {when}", **words)
    )
    number = say(": call {number}", number=received.again) if operator else ""
    arrived = say(", which arrived {when}", when=moment(received.arrived_ms)) if received.arrived_ms else ""
    return f"{by}{number}{arrived}."


def _proof_step(facts: Facts, received: Received | None) -> str:
    is_of_house = received is not None and (received.house or received.source in ("api", "console"))
    proofs = []
    if facts.get("signed_by") and not is_of_house:
        proofs.append(say("signed with key {number}", number=facts["signed_by"]))
    if facts.get("supposed"):
        proofs.append(say("supposed to be signed by the shop"))
    if facts.get("token") and not is_of_house:
        proofs.append(say("token {number} is right", number=facts["token"]))
    if received is not None and received.listed:
        proofs.append(say("it came from a listed address"))
    told = [", ".join(proofs)] if proofs else []
    if facts.get("proof_fault"):
        told.append(say("a proof that it gave does not count: {fault}", fault=proof_fault(facts["proof_fault"])))
    return f"{'; '.join(told)}." if told else ""


def _unfilled_steps(facts: Facts) -> Iterator[str]:
    for name, value in facts.get("unfilled", {}).items():
        yield say(
            "the parameter {name} holds {value}, a placeholder that was not filled in, so it says nothing.",
            name=name,
            value=quote(value),
        )


def _click_step(reason: str, facts: Facts) -> str:
    if not facts.get("clickid"):
        return ""
    clickid = quote(facts["clickid"])
    if reason in WITHOUT_CLICK:
        return say("its ClickID is {clickid}.", clickid=clickid)
    return say("its ClickID {clickid} names a click that is known.", clickid=clickid) if "clicked_ms" in facts else ""


def _window_step(reason: str, facts: Facts) -> str:
    """ "Clicked 3 days before the call (2026-01-02 10:00 UTC); orders count for 30 days after the click"."""
    if not age_of(facts) or reason in WITHOUT_CLICK:
        return ""
    words = {"age": age_of(facts), "when": moment(facts["clicked_ms"]), "window": window(facts)}
    if words["window"]:
        return say("clicked {age} before the call ({when}); orders count for {window} after the click.", **words)
    return say("clicked {age} before the call ({when}).", **words)


def _credit(facts: Facts) -> Iterator[str]:
    yield _ignored_step("pid", say("The parameter pid"), facts)
    yield _ignored_step("nocheck", "nocheck=1", facts)
    yield credit_step(facts)
    yield _approval_step(facts)
    yield pay_step(facts)
    yield _rate_step(facts)


def _rate_step(facts: Facts) -> str:
    """Whose rate that was, and since when; nothing of one that the product has paid from the beginning."""
    since = moment(facts["rate_since_ms"]) if facts.get("rate_since_ms") else ""
    if facts.get("rate_own"):
        return (
            say("the partner's own rate, valid since {since}.", since=since)
            if since
            else say("the partner's own rate.")
        )
    return say("the product's rate, valid since {since}.", since=since) if since else ""


def _ignored_step(name: str, what: str, facts: Facts) -> str:
    rule = facts.get(f"ignored_{name}")
    if not rule:
        return ""
    why = say(IGNORED.get(rule, mark("this caller may not send it")))
    return say("{what} was not heeded: {why}.", what=what, why=why)


def _approval_step(facts: Facts) -> str:
    if facts.get("approved_ms"):
        return say("approved for this product since {when}.", when=moment(facts["approved_ms"]))
    if "approved_ms" in facts:
        return say("approved for this product since an unknown date.")
    unchecked = UNCHECKED.get(facts.get("unapproved", ""))
    return say(unchecked) if unchecked else ""
