"""Verdicts in words that anybody understands, from the facts that the judge kept. Pure.

Facts may be incomplete (older calls, cut personal data): every word has a plain stand-in.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from clicktrail.core import faults
from clicktrail.core.money import CURRENCIES, format_minor, format_percent
from clicktrail.core.reasons import REASONS
from clicktrail.core.tongue import amount, clock, count, day_form, forms, mark, say

Facts = Mapping[str, Any]

PARTNER = "partner"
"""Of the facts that two calls may differ in, the one that a shop does not read."""
LONGEST_QUOTE = 60
"""Characters of a shop's own text in a sentence."""

_SECOND_MS = 1000
_UNITS_MS = (
    (*forms("{number} day", "{number} days"), 86_400_000),
    (*forms("{number} hour", "{number} hours"), 3_600_000),
    (*forms("{number} minute", "{number} minutes"), 60_000),
    (*forms("{number} second", "{number} seconds"), _SECOND_MS),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FURTHEST_MS = 253_402_300_799_999


def sentence(reason: str, facts: Facts, transaction: int | None = None) -> str:
    """What became of a call, for the shop. An unknown code is a sentence too.

    transaction: the number that a saved call was given; a duplicate's and a conflict's is among the facts.
    """
    if reason not in REASONS:
        return say("The verdict is {reason}.", reason=reason)
    return _sentence(REASONS[reason].shop, without_partners(facts), transaction)


def operator_sentence(reason: str, facts: Facts, transaction: int | None = None) -> str:
    """The same for who runs the program."""
    if reason not in REASONS:
        return say("The verdict is {reason}.", reason=reason)
    return _sentence(REASONS[reason].operator, facts, transaction)


def without_partners(facts: Facts) -> Facts:
    """Who is credited is nothing that a shop has to know: that it is another one is."""
    named = [name for name in ("differences", "changes") if facts.get(name)]
    masked = {name: [_masked(each) for each in facts[name]] for name in named}
    return {**facts, **masked} if masked else facts


def _masked(difference: Facts) -> Facts:
    return {"fact": PARTNER} if difference["fact"] == PARTNER else difference


def age(ms: int) -> str:
    """A length of time in its largest whole unit: "3 days", "1 hour"."""
    for one, several, length_ms in _UNITS_MS:
        if ms >= length_ms:
            return count(one, several, ms // length_ms)
    return say("less than a second")


def moment(ms: int) -> str:
    """A time since 1970, to the minute, in the zone of the page that tells it; else in UTC."""
    at = _EPOCH + timedelta(milliseconds=min(max(ms, 0), _FURTHEST_MS))
    if ms < _FURTHEST_MS - _UNITS_MS[0][-1]:  # The last day of all has no other zone.
        at = at.astimezone(clock())
    return at.strftime(f"{day_form()} %H:%M %Z")


def money(minor: int, facts: Facts) -> str:
    """An amount with its currency: "9.55 EUR"."""
    return f"{amount(format_minor(minor, facts.get('decimals', 2)))} {facts.get('currency', '')}".rstrip()


def rate(facts: Facts) -> str:
    """What the product pays: "10 %" or "5.00 EUR an order"; empty where it is not known."""
    if facts.get("percent_ppm") is not None:
        return f"{amount(format_percent(facts['percent_ppm']))} %"
    if facts.get("fixed_minor") is not None:
        return say("{money} an order", money=money(facts["fixed_minor"], facts))
    return ""


def changed(facts: Facts) -> str:
    """What a change has changed beside the state: "amount 95.50 EUR before, 60.00 EUR now"; empty for nothing."""
    return _differences(facts, "changes")


def quote(text: object) -> str:
    """Somebody's own text, in quotation marks and cut where it is long."""
    shown = str(text)
    return f"'{shown[:LONGEST_QUOTE]}…'" if len(shown) > LONGEST_QUOTE else f"'{shown}'"


def _sentence(template: str, facts: Facts, transaction: int | None) -> str:
    known = facts if transaction is None else {**facts, "transaction": transaction}
    return capital(say(template).format_map(_words(known)))


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _words(facts: Facts) -> dict[str, str]:
    """One for every mark in the sentences of REASONS."""
    at_click = bool(facts.get("at_click"))
    return {
        "age": age_of(facts) or say("too"),
        "amount": _quoted(facts, "amount", say("in the call")),
        "amount_fault": _fault(facts, "amount_fault") or say("it is not a plain number such as 95.50."),
        "click_program": str(facts.get("click_program", say("unknown"))),
        "clicked": moment(facts["clicked_ms"]) if "clicked_ms" in facts else say("some time ago"),
        "clickid": _quoted(facts, "clickid", say("in the call")),
        "cpid": _quoted(facts, "cpid", say("of that number")),
        "cpid_is": _absent(facts, "cpid"),
        "currency": facts.get("currency") or say("another one"),
        "changes": _differences(facts, "changes") or say("it is trusted now"),
        "differences": _differences(facts, "differences") or say("the facts differ"),
        "fault": _fault(facts, "fault") or say("it is damaged."),
        "hint": say(" (did you mean {name}?)", name=quote(facts["hint"])) if facts.get("hint") else "",
        "no_creative": _no_creative(facts),
        "no_partner": _no_partner(facts),
        "no_product": _no_product(facts),
        "partner": _partner(facts),
        "passed_over": _passed_over(facts),
        "product": _quoted(facts, "product", say("of the order")),
        "program": _program(facts),
        "proof": proof_fault(facts.get("proof", "")) or say("a signature, a key or a listed address is missing"),
        "sent_currency": _sent_currency(facts),
        "source": _source(facts) or say("the call"),
        "state": f" ({say(facts['state'])})" if facts.get("state") else "",
        "sum": _sum(facts),
        "then": say(" when the link was clicked") if at_click else "",
        "tid": _quoted(facts, "tid", say("of that number")),
        "tid_is": _absent(facts, "tid"),
        "transaction": _transaction(facts),
        "umsatz_is": _absent(facts, "umsatz"),
        "was": say("was") if at_click else say("is"),
        "window": window(facts) or say("a limited time"),
    }


def _absent(facts: Facts, name: str) -> str:
    """Why a parameter says nothing."""
    value = facts.get("unfilled", {}).get(name)
    if value is None:
        return say("is missing or empty")
    return say("holds {value}, a placeholder that was not filled in", value=quote(value))


def _sent_currency(facts: Facts) -> str:
    sent, near = facts.get("sent_currency"), facts.get("near_currency")
    if sent is None:
        return say("is another one")
    if sent in CURRENCIES:
        return say("is {code}", code=sent)
    if near:
        return say("is {text}, no ISO 4217 code (did you mean {code}?)", text=quote(sent), code=near)
    return say("is {text}, no ISO 4217 code", text=quote(sent))


def _transaction(facts: Facts) -> str:
    if "transaction" not in facts:
        return say("a transaction")
    return say("transaction {number}", number=facts["transaction"])


def _source(facts: Facts) -> str:
    known = {"pid": say("the parameter pid"), "clickid": say("the ClickID")}
    return known.get(facts.get("source", ""), "")


def _fault(facts: Facts, name: str) -> str:
    """Kept in English with the call."""
    return faults.retold(facts[name]) if facts.get(name) else ""


def proof_fault(fault: str) -> str:
    """Several missing proofs in one, each told by itself."""
    return faults.retold(fault)


def _passed_over(facts: Facts) -> str:
    """What the call says and this caller may not say: " that counts (of pid only that of a signed call counts)"."""
    pid, nocheck = facts.get("ignored_pid"), facts.get("ignored_nocheck")
    if not facts.get("partner"):
        if pid == "nobody":
            return say(" that counts (of the parameter pid nobody's counts here)")
        if pid == "signed":
            return say(" that counts (of the parameter pid only that of a signed call counts here)")
    if nocheck == "nobody":
        return say(" (of the parameter nocheck nobody's counts here)")
    if nocheck == "signed":
        return say(" (of the parameter nocheck only that of a signed call counts here)")
    return ""


def _quoted(facts: Facts, name: str, otherwise: str) -> str:
    return quote(facts[name]) if facts.get(name) is not None else otherwise


def _program(facts: Facts) -> str:
    if "program" not in facts:
        return say("the program")
    if facts.get("program_name"):
        return say("program {number} ({name})", number=facts["program"], name=facts["program_name"])
    return say("program {number}", number=facts["program"])


def _partner(facts: Facts) -> str:
    if not facts.get("partner"):
        return say("the partner")
    if facts.get("partner_name"):
        return say("partner {number} ({name})", number=facts["partner"], name=facts["partner_name"])
    return say("partner {number}", number=facts["partner"])


def _no_partner(facts: Facts) -> str:
    if facts.get("at_click"):
        number = facts.get("partner")
        if number:
            return say("there was no partner {number} when the link was clicked", number=number)
        return say("the link named no partner")
    pid = facts.get("pid", "0")
    if pid in ("0", "None"):
        return say("the click's link named no partner")
    return say("there is no partner {pid}", pid=quote(pid))


def _no_creative(facts: Facts) -> str:
    if facts.get("at_click"):
        return say("the clicked link named a creative or a click target that the program did not have, or had paused")
    wmid = _quoted(facts, "wmid", say("of that number"))
    return say("{program} has no creative {wmid}", program=_program(facts), wmid=wmid)


def _no_product(facts: Facts) -> str:
    if facts.get("product") is None:
        return say(
            "the call names no commission product, and {program} has no default product", program=_program(facts)
        )
    return say(
        "{program} has no commission product {product}", program=_program(facts), product=quote(facts["product"])
    )


def _differences(facts: Facts, name: str) -> str:
    """Both values of all that differs: "amount 95.50 EUR before, 99.00 EUR now"."""
    return "; ".join(difference_words(each, facts) for each in facts.get(name, ()))


FACTS = (
    mark("amount"),
    mark("currency"),
    mark("commission"),
    mark("partner"),
    mark("product"),
    mark("status"),
    mark("subid"),
    mark("creative"),
    mark("adjustment"),
)
"""What two calls may differ in, or a change may change."""
FACT_NAMES: dict[str, str] = {
    "tid": mark("order number"),
    "remaining_amount": mark("amount after adjustments"),
    "remaining_commission": mark("commission after adjustments"),
}
"""How those are named that are no English word."""
MONEY_FACTS = ("amount", "commission", "remaining_amount", "remaining_commission")
ADJUSTMENT_STATES = (mark("open"), mark("settled"), mark("voided"), mark("superseded"))
"""As the middle of a sentence has them."""


def difference_words(each: Facts, facts: Facts) -> str:
    fact = say(FACT_NAMES.get(each["fact"]) or each["fact"])
    if "earlier" not in each:
        return say("another {fact}", fact=fact)
    earlier, later = (_value(each, side, facts) for side in ("earlier", "later"))
    return say("{fact} {earlier} before, {later} now", fact=fact, earlier=earlier, later=later)


def _value(difference: Mapping[str, Any], side: str, facts: Facts) -> str:
    value = difference[side]
    if value is None:
        return say("none")
    if isinstance(value, int):
        return money(value, facts) if difference["fact"] in MONEY_FACTS else str(value)
    if difference["fact"] == "currency" and value in CURRENCIES:
        return str(value)
    return say(str(value)) if difference["fact"] in ("status", "adjustment") else quote(value)


def _sum(facts: Facts) -> str:
    """ "10 % of 95.50 EUR is 9.55 EUR"."""
    if "commission_minor" not in facts:
        return say("the commission stands with it")
    earned, paid = money(facts["commission_minor"], facts), rate(facts)
    if facts.get("paid_there"):
        return say("{earned}, as the other system paid it", earned=earned)
    if _is_share(facts):
        revenue = money(facts["revenue_minor"], facts)
        return say("{rate} of {revenue} is {earned}", rate=paid, revenue=revenue, earned=earned)
    return say("a fixed {earned}", earned=earned)


def age_of(facts: Facts) -> str:
    return age(facts["at_ms"] - facts["clicked_ms"]) if "clicked_ms" in facts and "at_ms" in facts else ""


def window(facts: Facts) -> str:
    if "lifetime_days" not in facts:
        return ""
    return count("{number} day", "{number} days", facts["lifetime_days"])


def credit_step(facts: Facts) -> str:
    """ "Partner 7 (Anna), subid 'x', named by the ClickID." in as many parts as are known."""
    if not facts.get("partner"):
        return ""
    known = {"partner": _partner(facts), "subid": quote(facts.get("subid") or ""), "source": _source(facts)}
    if facts.get("subid") and known["source"]:
        return say("{partner}, subid {subid}, named by {source}.", **known)
    if facts.get("subid"):
        return say("{partner}, subid {subid}.", **known)
    return say("{partner}, named by {source}.", **known) if known["source"] else f"{known['partner']}."


def pay_step(facts: Facts) -> str:
    if not rate(facts):
        return ""
    product = _quoted(facts, "product", say("unknown"))
    if facts.get("paid_there") and "commission_minor" in facts:
        return say("product {product}: {sum}.", product=product, sum=_sum(facts))
    words = {"product": product, "rate": rate(facts)}
    if _is_share(facts):
        words["revenue"] = money(facts["revenue_minor"], facts)
    if "commission_minor" in facts:
        words["earned"] = money(facts["commission_minor"], facts)
    if "revenue" in words and "earned" in words:
        return say("product {product} pays {rate} of {revenue}, so {earned}.", **words)
    if "revenue" in words:
        return say("product {product} pays {rate} of {revenue}.", **words)
    if "earned" in words:
        return say("product {product} pays {rate}, so {earned}.", **words)
    return say("product {product} pays {rate}.", **words)


def _is_share(facts: Facts) -> bool:
    return facts.get("percent_ppm") is not None and "revenue_minor" in facts
