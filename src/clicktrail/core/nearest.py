"""For a discarded call the nearest thing that would have worked. Pure.

One line for each reason code: a function of the verdict's facts, or NOTHING where there is nothing nearer to
say than the verdict itself. What a shop reads names no partner, no other program and no genuine ClickID.
"""

from collections.abc import Callable

from clicktrail.core import reasons
from clicktrail.core.clickid import LENGTH
from clicktrail.core.explain import Facts, age, money, proof_fault, quote
from clicktrail.core.money import CURRENCIES
from clicktrail.core.periods import DAY_MS
from clicktrail.core.tongue import mark, say

Tell = Callable[[Facts, bool], str]
"""(facts, whether the reader runs the program) -> a sentence, or empty where the facts do not tell."""

NOTHING: Tell | None = None

HOW_TO_PROVE = {
    "signature": mark("sign it with a key of the program (parameters ts and sig)"),
    "token": mark("send the program's secret word in the parameter token"),
    "address": mark("send it from a server whose address the program lists"),
}


def nearest(reason: str, facts: Facts, *, operator: bool = True) -> str:
    """A sentence, or empty. An unknown code has nothing nearer."""
    tell = NEAREST.get(reason)
    return tell(facts, operator) if tell else ""


def _program_id(facts: Facts, _operator: bool) -> str:
    return _another_name(facts, "cpid", say("the number of the program"))


def _order_number(facts: Facts, _operator: bool) -> str:
    return _another_name(facts, "tid", say("the order number"))


def _revenue(facts: Facts, _operator: bool) -> str:
    return _another_name(facts, "umsatz", say("the net revenue"))


def _clickid(facts: Facts, _operator: bool) -> str:
    return _to_fill_in(facts, "clickid", "pid") or _another_name(facts, "clickid", say("the ClickID"))


def _another_name(facts: Facts, name: str, what: str) -> str:
    found = facts.get("looks_like")
    if not found or name in facts.get("unfilled", {}):
        return _to_fill_in(facts, name)
    return say(
        "The call has a parameter {found}: if that is {what}, send it as {name}.",
        found=quote(found),
        what=what,
        name=name,
    )


def _to_fill_in(facts: Facts, *names: str) -> str:
    """For a parameter in which the shop's template left a placeholder."""
    for name in names:
        value = facts.get("unfilled", {}).get(name)
        if value is not None:
            return say(
                "Fill in the placeholder {value} of the parameter {name} in the shop's template.",
                value=quote(value),
                name=name,
            )
    return ""


def _known_program(facts: Facts, operator: bool) -> str:
    near = facts.get("near") if operator else None
    return say("The nearest program is {number} ({name}): cpid={number}.", **near) if near else ""


def _known_partner(facts: Facts, operator: bool) -> str:
    near = facts.get("near") if operator and not facts.get("at_click") else None
    return say("The nearest partner is {number} ({name}): pid={number}.", **near) if near else ""


def _proof(facts: Facts, _operator: bool) -> str:
    ways = [say(HOW_TO_PROVE[proof]) for proof in facts.get("demands", ()) if proof in HOW_TO_PROVE]
    return say("The same call counts when you {ways}.", ways=say(", and ").join(ways)) if ways else ""


def _running(facts: Facts, operator: bool) -> str:
    if not operator:
        return ""
    if facts.get("at_click"):
        return say("Orders of clicks from now on count once it is active; this click's do not.")
    return say("Set the program to active, then have the call judged again.")


def _true_clickid(facts: Facts, operator: bool) -> str:
    if not facts.get("near_clickid"):
        return ""
    fault = _clickid_fault(facts.get("clickid", ""), facts["near_clickid"])
    if not operator:
        return say("A genuine ClickID lies close by: {fault}.", fault=fault)
    return say(
        "The ClickID {clickid} is genuine, and its click is known: {fault}.", clickid=facts["near_clickid"], fault=fault
    )


def _clickid_fault(sent: str, genuine: str) -> str:
    """What is wrong with a text that lies close to a genuine ClickID."""
    if sent.strip() == genuine:
        return say("there are blanks around the one that was sent")
    if "".join(sent.split()) == genuine:
        return say("there are blanks in the one that was sent")
    if sent.upper() == genuine:
        return say("the one that was sent is written in small letters")
    if len(sent) < LENGTH:
        return say("the one that was sent has {sent} characters in place of {length}", sent=len(sent), length=LENGTH)
    if len(sent) > LENGTH:
        return say("something hangs on the one that was sent, or is typed twice")
    return say("one character of the one that was sent is wrong")


def _right_program(facts: Facts, operator: bool) -> str:
    if not operator or "click_program" not in facts:
        return ""
    words = {"number": facts["click_program"], "name": facts.get("click_program_name")}
    if words["name"]:
        return say("With cpid={number} the click would be of the call's program ({name}).", **words)
    return say("With cpid={number} the click would be of the call's program.", **words)


def _too_late(facts: Facts, _operator: bool) -> str:
    if not {"at_ms", "clicked_ms", "lifetime_days"} <= facts.keys():
        return ""
    late_ms = facts["at_ms"] - facts["clicked_ms"] - facts["lifetime_days"] * DAY_MS
    return say("The order came {age} too late.", age=age(late_ms))


def _active(facts: Facts, operator: bool) -> str:
    if not operator:
        return ""
    if facts.get("at_click"):
        return say("Orders of clicks from now on count once the partner is active; this click's do not.")
    return say("Set the partner to active, then have the call judged again.")


def _creative(facts: Facts, _operator: bool) -> str:
    return "" if facts.get("at_click") else say("Without wmid the creative of the click is taken.")


def _product(facts: Facts, _operator: bool) -> str:
    sent, hint, names = facts.get("product"), facts.get("hint"), facts.get("products") or []
    if to_fill_in := _to_fill_in(facts, "produkt"):
        return to_fill_in
    if sent is None:
        return say("Send one of these in the parameter produkt: {names}.", names=_list(names)) if names else ""
    if hint:
        return say("The product is called {name}, you sent {sent}.", name=quote(hint), sent=quote(sent))
    if not names:
        return say("The program has no commission product yet.")
    return say("The program has: {names}.", names=_list(names))


def _currency(facts: Facts, _operator: bool) -> str:
    code, sent = facts.get("currency"), facts.get("sent_currency")
    if not code:
        return ""
    if sent in CURRENCIES or facts.get("near_currency") not in (None, code):
        return say("Send the net revenue in {code}, with currency={code} or without the parameter.", code=code)
    return say("If the amount is in {code}, send currency={code} or leave the parameter out.", code=code)


def _amount(facts: Facts, _operator: bool) -> str:
    ways = [quote(reading) for reading in facts.get("readings", ())]
    if not ways:
        return ""
    if len(ways) == 1:
        return say("Send it as {way}.", way=ways[0])
    return say("It could mean {ways}: send the one that you mean in that form.", ways=say(" or ").join(ways))


def _approval(facts: Facts, operator: bool) -> str:
    if not operator:
        return ""
    names = facts.get("approved_for") or []
    has = say("he is approved for no product of this program")
    if names:
        has = say("he is approved for {names}", names=_list(names))
    return say(
        "The partner has no approval for this product; {has}. "
        "Approve him and have the call judged again, or send nocheck=1 where the product is not to be checked.",
        has=has,
    )


def _both(facts: Facts, operator: bool) -> str:
    if _is_part_refund(facts):
        amount = money(facts["differences"][0]["later"], facts)
        return say(
            "If it is a part refund, a signed call with the smaller revenue ({amount}) changes the transaction.",
            amount=amount,
        )
    if any(each.get("fact") == "tid" for each in facts.get("differences") or ()):
        return _similar(operator)
    if not operator:
        return say("The people who run the program compare the two.")
    return say("It waits in the conflicts for somebody to decide: keep what is there, or correct it.")


def _similar(operator: bool) -> str:
    if operator:
        return say(
            "The order numbers are nearly equal, and partner and amount agree: it waits in the conflicts for a person "
            "to decide whether it is the same order, or is saved as a separate one."
        )
    return say(
        "The order numbers are nearly equal. Always send an order's number in one spelling; if it is another order, "
        "the people who run the program save it."
    )


def _is_part_refund(facts: Facts) -> bool:
    found = facts.get("differences") or []
    amounts = [each.get(side) for each in found for side in ("earlier", "later")]
    is_amount = len(found) == 1 and found[0].get("fact") == "amount" and all(isinstance(a, int) for a in amounts)
    return is_amount and amounts[1] < amounts[0]


def _held(facts: Facts, operator: bool) -> str:
    if not facts.get("held_for"):
        return ""
    why = proof_fault(facts["held_for"])
    if operator:
        return say(
            "It is on hold: {why}. Release it, or let the shop send the same call with its proof, and it counts.",
            why=why,
        )
    return say("It is on hold: {why}. Send the call with its proof, and it counts.", why=why)


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
    reasons.WRONG_CURRENCY: _currency,
    reasons.MISSING_AMOUNT: _revenue,
    reasons.BAD_AMOUNT: _amount,
    reasons.NOT_APPROVED: _approval,
}
"""Every reason code; a test fails for a missing one."""
