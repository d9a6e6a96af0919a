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
    quote,
    sentence,
    window,
)
from clicktrail.core.nearest import nearest

WITHOUT_CLICK = (reasons.MALFORMED_CLICKID, reasons.UNKNOWN_CLICK, reasons.WAITING)
"""Verdicts on a ClickID that names no click, or none yet."""

IGNORED = {
    "nobody": "nobody may send it",
    "signed": "only a signed call may send it",
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
    yield _click_step(reason, facts)
    yield _window_step(reason, facts)


def _received_step(received: Received, operator: bool) -> str:
    """Who of the house had a hand in it is for the house."""
    when, actor = moment(received.at_ms), f" by {received.actor}" if operator and received.actor else ""
    if received.again:
        number = f": call {received.again}" if operator else ""
        arrived = f", which arrived {moment(received.arrived_ms)}" if received.arrived_ms else ""
        return f"judged once more {when}{actor}{number}{arrived}."
    by = {"console": "entered by hand", "api": "handed in over the API", "import": "imported"}
    method = f" with {received.method}" if received.method and received.source == "edge" else ""
    return f"{by.get(received.source, 'received')}{actor} {when}{method}."


def _proof_step(facts: Facts, received: Received | None) -> str:
    is_of_house = received is not None and (received.house or received.source in ("api", "console"))
    proofs = [f"signed with key {facts['signed_by']}"] if facts.get("signed_by") and not is_of_house else []
    token = facts.get("token")
    proofs += [f"token {token} is right"] if token and not is_of_house else []
    proofs += ["it came from a listed address"] if received is not None and received.listed else []
    fault = f"a proof that it gave does not count: {facts['proof_fault']}" if facts.get("proof_fault") else ""
    told = "; ".join([", ".join(proofs)] * bool(proofs) + [fault] * bool(fault))
    return f"{told}." if told else ""


def _click_step(reason: str, facts: Facts) -> str:
    if not facts.get("clickid"):
        return ""
    if reason in WITHOUT_CLICK:
        return f"its ClickID is {quote(facts['clickid'])}."
    return f"its ClickID {quote(facts['clickid'])} names a click that is known." if "clicked_ms" in facts else ""


def _window_step(reason: str, facts: Facts) -> str:
    """ "Clicked 3 days before the call (2026-01-02 10:00 UTC); orders count for 30 days after the click"."""
    if not age_of(facts) or reason in WITHOUT_CLICK:
        return ""
    lifetime = f"; orders count for {window(facts)} after the click" if window(facts) else ""
    return f"clicked {age_of(facts)} before the call ({moment(facts['clicked_ms'])}){lifetime}."


def _credit(facts: Facts) -> Iterator[str]:
    yield _ignored_step("pid", "The parameter pid", facts)
    yield _ignored_step("nocheck", "nocheck=1", facts)
    yield credit_step(facts)
    yield _approval_step(facts)
    yield pay_step(facts)


def _ignored_step(name: str, what: str, facts: Facts) -> str:
    rule = facts.get(f"ignored_{name}")
    return f"{what} was not heeded: {IGNORED.get(rule, 'this caller may not send it')}." if rule else ""


def _approval_step(facts: Facts) -> str:
    if "approved_ms" in facts:
        since = f"since {moment(facts['approved_ms'])}" if facts["approved_ms"] else "since an unknown date"
        return f"approved for this product {since}."
    why = {"nocheck": "the call says nocheck=1", "test": "the test partner may earn everything"}
    unapproved = why.get(facts.get("unapproved", ""))
    return f"not approved for this product, which was not checked: {unapproved}." if unapproved else ""
