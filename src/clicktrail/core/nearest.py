"""For a discarded call the nearest thing that would have worked. Pure.

One line for each reason code: a function of the verdict's facts, or NOTHING where there is nothing nearer to
say than the verdict itself. What a shop reads names no partner, no other program and no genuine ClickID.
"""

from collections.abc import Callable

from clicktrail.core import reasons
from clicktrail.core.clickid import LENGTH
from clicktrail.core.explain import Facts, age, money, quote
from clicktrail.core.periods import DAY_MS

Tell = Callable[[Facts, bool], str]
"""(facts, whether the reader runs the program) -> a sentence, or empty where the facts do not tell."""

NOTHING: Tell | None = None

HOW_TO_PROVE = {
    "signature": "sign it with a key of the program (parameters ts and sig)",
    "token": "send the program's secret word in the parameter token",
    "address": "send it from a server whose address the program lists",
}


def nearest(reason: str, facts: Facts, *, operator: bool = True) -> str:
    """A sentence, or empty. An unknown code has nothing nearer."""
    tell = NEAREST.get(reason)
    return tell(facts, operator) if tell else ""


def _program_id(facts: Facts, _operator: bool) -> str:
    return _another_name(facts, "cpid", "the number of the program")


def _order_number(facts: Facts, _operator: bool) -> str:
    return _another_name(facts, "tid", "the order number")


def _revenue(facts: Facts, _operator: bool) -> str:
    return _another_name(facts, "umsatz", "the net revenue")


def _clickid(facts: Facts, _operator: bool) -> str:
    return _another_name(facts, "clickid", "the ClickID")


def _another_name(facts: Facts, name: str, what: str) -> str:
    found = facts.get("looks_like")
    return f"The call has a parameter {quote(found)}: if that is {what}, send it as {name}." if found else ""


def _known_program(facts: Facts, operator: bool) -> str:
    return _known("program", "cpid", facts) if operator else ""


def _known_partner(facts: Facts, operator: bool) -> str:
    return _known("partner", "pid", facts) if operator and not facts.get("at_click") else ""


def _known(kind: str, name: str, facts: Facts) -> str:
    near = facts.get("near")
    if not near:
        return ""
    return f"The nearest {kind} is {near['number']} ({near['name']}): {name}={near['number']}."


def _proof(facts: Facts, _operator: bool) -> str:
    ways = [HOW_TO_PROVE[proof] for proof in facts.get("demands", ()) if proof in HOW_TO_PROVE]
    return f"The same call counts when you {', and '.join(ways)}." if ways else ""


def _running(facts: Facts, operator: bool) -> str:
    if not operator:
        return ""
    if facts.get("at_click"):
        return "Orders of clicks from now on count once it is active; this click's do not."
    return "Set the program to active, then have the call judged again."


def _true_clickid(facts: Facts, operator: bool) -> str:
    if not facts.get("near_clickid"):
        return ""
    fault = _clickid_fault(facts.get("clickid", ""), facts["near_clickid"])
    if not operator:
        return f"A genuine ClickID lies close by: {fault}."
    return f"The ClickID {facts['near_clickid']} is genuine, and its click is known: {fault}."


def _clickid_fault(sent: str, genuine: str) -> str:
    """What is wrong with a text that lies close to a genuine ClickID."""
    if sent.strip() == genuine:
        return "there are blanks around the one that was sent"
    if "".join(sent.split()) == genuine:
        return "there are blanks in the one that was sent"
    if sent.upper() == genuine:
        return "the one that was sent is written in small letters"
    if len(sent) < LENGTH:
        return f"the one that was sent has {len(sent)} characters in place of {LENGTH}"
    if len(sent) > LENGTH:
        return "something hangs on the one that was sent, or is typed twice"
    return "one character of the one that was sent is wrong"


def _right_program(facts: Facts, operator: bool) -> str:
    if not operator or "click_program" not in facts:
        return ""
    name = f" ({facts['click_program_name']})" if facts.get("click_program_name") else ""
    return f"With cpid={facts['click_program']} the click would be of the call's program{name}."


def _too_late(facts: Facts, _operator: bool) -> str:
    if not {"at_ms", "clicked_ms", "lifetime_days"} <= facts.keys():
        return ""
    late_ms = facts["at_ms"] - facts["clicked_ms"] - facts["lifetime_days"] * DAY_MS
    return f"The order came {age(late_ms)} too late."


def _active(facts: Facts, operator: bool) -> str:
    if not operator:
        return ""
    if facts.get("at_click"):
        return "Orders of clicks from now on count once the partner is active; this click's do not."
    return "Set the partner to active, then have the call judged again."


def _creative(facts: Facts, _operator: bool) -> str:
    return "" if facts.get("at_click") else "Without wmid the creative of the click is taken."


def _product(facts: Facts, _operator: bool) -> str:
    sent, hint, names = facts.get("product"), facts.get("hint"), facts.get("products") or []
    if sent is None:
        return f"Send one of these in the parameter produkt: {_list(names)}." if names else ""
    if hint:
        return f"The product is called {quote(hint)}, you sent {quote(sent)}."
    return f"The program has: {_list(names)}." if names else "The program has no commission product yet."


def _amount(facts: Facts, _operator: bool) -> str:
    ways = [quote(reading) for reading in facts.get("readings", ())]
    if not ways:
        return ""
    if len(ways) == 1:
        return f"Send it as {ways[0]}."
    return f"It could mean {' or '.join(ways)}: send the one that you mean in that form."


def _approval(facts: Facts, operator: bool) -> str:
    if not operator:
        return ""
    names = facts.get("approved_for") or []
    has = f"he is approved for {_list(names)}" if names else "he is approved for no product of this program"
    return (
        f"The partner has no approval for this product; {has}. "
        "Approve him and have the call judged again, or send nocheck=1 where the product is not to be checked."
    )


def _both(facts: Facts, operator: bool) -> str:
    if _is_part_refund(facts):
        amount = money(facts["differences"][0]["later"], facts)
        return f"If it is a part refund, a signed call with the smaller revenue ({amount}) changes the transaction."
    told = "It waits in the conflicts for somebody to decide: keep what is there, or correct it."
    return told if operator else "The people who run the program compare the two."


def _is_part_refund(facts: Facts) -> bool:
    found = facts.get("differences") or []
    amounts = [each.get(side) for each in found for side in ("earlier", "later")]
    is_amount = len(found) == 1 and found[0].get("fact") == "amount" and all(isinstance(a, int) for a in amounts)
    return is_amount and amounts[1] < amounts[0]


def _held(facts: Facts, operator: bool) -> str:
    if not facts.get("held_for"):
        return ""
    way = (
        "Release it, or let the shop send the same call with its proof" if operator else "Send the call with its proof"
    )
    return f"It is on hold: {facts['held_for']}. {way}, and it counts."


def _list(names: list[str]) -> str:
    return ", ".join(quote(name) for name in names)


NEAREST: dict[str, Tell | None] = {
    reasons.SAVED: _held,
    reasons.DUPLICATE: NOTHING,
    reasons.UPDATED: NOTHING,
    reasons.CONFLICT: _both,
    reasons.BAD_CALL: NOTHING,
    reasons.MISSING_CPID: _program_id,
    reasons.UNKNOWN_PROGRAM: _known_program,
    reasons.UNAUTHORIZED: _proof,
    reasons.MISSING_TID: _order_number,
    reasons.PROGRAM_PAUSED: _running,
    reasons.MALFORMED_CLICKID: _true_clickid,
    reasons.FOREIGN_CLICK: _right_program,
    reasons.WAITING: NOTHING,
    reasons.UNKNOWN_CLICK: NOTHING,
    reasons.CLICK_EXPIRED: _too_late,
    reasons.NO_ATTRIBUTION: _clickid,
    reasons.UNKNOWN_PARTNER: _known_partner,
    reasons.PARTNER_INACTIVE: _active,
    reasons.UNKNOWN_CREATIVE: _creative,
    reasons.UNKNOWN_PRODUCT: _product,
    reasons.MISSING_AMOUNT: _revenue,
    reasons.BAD_AMOUNT: _amount,
    reasons.NOT_APPROVED: _approval,
}
"""Every reason code; a test fails for a missing one."""
