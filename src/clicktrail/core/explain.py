"""Verdicts in words that anybody understands, from the facts that the judge kept. Pure.

Facts may be incomplete (older calls, cut personal data): every word has a plain stand-in.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from clicktrail.core.money import format_minor, format_percent
from clicktrail.core.reasons import REASONS

Facts = Mapping[str, Any]

PARTNER = "partner"
"""Of the facts that two calls may differ in, the one that a shop does not read."""
LONGEST_QUOTE = 60
"""Characters of a shop's own text in a sentence."""

_SECOND_MS = 1000
_UNITS_MS = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", _SECOND_MS))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FURTHEST_MS = 253_402_300_799_999


def sentence(reason: str, facts: Facts, transaction: int | None = None) -> str:
    """What became of a call, for the shop. An unknown code is a sentence too.

    transaction: the number that a saved call was given; a duplicate's and a conflict's is among the facts.
    """
    if reason not in REASONS:
        return f"The verdict is {reason}."
    return _sentence(REASONS[reason].shop, without_partners(facts), transaction)


def operator_sentence(reason: str, facts: Facts, transaction: int | None = None) -> str:
    """The same for who runs the program."""
    return _sentence(REASONS[reason].operator, facts, transaction) if reason in REASONS else f"The verdict is {reason}."


def without_partners(facts: Facts) -> Facts:
    """Who is credited is nothing that a shop has to know: that it is another one is."""
    named = [name for name in ("differences", "changes") if facts.get(name)]
    masked = {name: [_masked(each) for each in facts[name]] for name in named}
    return {**facts, **masked} if masked else facts


def _masked(difference: Facts) -> Facts:
    return {"fact": PARTNER} if difference["fact"] == PARTNER else difference


def age(ms: int) -> str:
    """A length of time in its largest whole unit: "3 days", "1 hour"."""
    for unit, length_ms in _UNITS_MS:
        if ms >= length_ms:
            return _count(ms // length_ms, unit)
    return "less than a second"


def moment(ms: int) -> str:
    """A time since 1970 in UTC, to the minute."""
    at = _EPOCH + timedelta(milliseconds=min(max(ms, 0), _FURTHEST_MS))
    return at.strftime("%Y-%m-%d %H:%M UTC")


def money(minor: int, facts: Facts) -> str:
    """An amount with its currency: "9.55 EUR"."""
    return f"{format_minor(minor, facts.get('decimals', 2))} {facts.get('currency', '')}".rstrip()


def rate(facts: Facts) -> str:
    """What the product pays: "10 %" or "5.00 EUR an order"; empty where it is not known."""
    if facts.get("percent_ppm") is not None:
        return f"{format_percent(facts['percent_ppm'])} %"
    if facts.get("fixed_minor") is not None:
        return f"{money(facts['fixed_minor'], facts)} an order"
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
    return capital(template.format_map(_words(known)))


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _words(facts: Facts) -> dict[str, str]:
    """One for every mark in the sentences of REASONS."""
    at_click = bool(facts.get("at_click"))
    return {
        "age": age_of(facts) or "too",
        "amount": _quoted(facts, "amount", "in the call"),
        "amount_fault": facts.get("amount_fault", "it is not a plain number such as 95.50."),
        "click_program": str(facts.get("click_program", "unknown")),
        "clicked": moment(facts["clicked_ms"]) if "clicked_ms" in facts else "some time ago",
        "clickid": _quoted(facts, "clickid", "in the call"),
        "cpid": _quoted(facts, "cpid", "of that number"),
        "changes": _differences(facts, "changes") or "it is trusted now",
        "differences": _differences(facts, "differences") or "the facts differ",
        "fault": facts.get("fault", "it is damaged."),
        "hint": f" (did you mean {quote(facts['hint'])}?)" if facts.get("hint") else "",
        "no_creative": _no_creative(facts),
        "no_partner": _no_partner(facts),
        "no_product": _no_product(facts),
        "partner": _partner(facts),
        "passed_over": _passed_over(facts),
        "product": _quoted(facts, "product", "of the order"),
        "program": _program(facts),
        "proof": facts.get("proof", "a signature, a key or a listed address is missing"),
        "source": {"pid": "the parameter pid", "clickid": "the ClickID"}.get(facts.get("source", ""), "the call"),
        "state": f" ({facts['state']})" if facts.get("state") else "",
        "sum": _sum(facts),
        "then": " when the link was clicked" if at_click else "",
        "tid": _quoted(facts, "tid", "of that number"),
        "transaction": f"transaction {facts['transaction']}" if "transaction" in facts else "a transaction",
        "was": "was" if at_click else "is",
        "window": window(facts) or "a limited time",
    }


def _passed_over(facts: Facts) -> str:
    """What the call says and this caller may not say: " that counts (of pid only that of a signed call counts)"."""
    whose = {"nobody": "nobody's counts", "signed": "only that of a signed call counts"}
    if facts.get("ignored_pid") in whose and not facts.get("partner"):
        return f" that counts (of the parameter pid {whose[facts['ignored_pid']]} here)"
    if facts.get("ignored_nocheck") in whose:
        return f" (of the parameter nocheck {whose[facts['ignored_nocheck']]} here)"
    return ""


def _quoted(facts: Facts, name: str, otherwise: str) -> str:
    return quote(facts[name]) if facts.get(name) is not None else otherwise


def _named(kind: str, number: object, name: object) -> str:
    return f"{kind} {number} ({name})" if name else f"{kind} {number}"


def _program(facts: Facts) -> str:
    return _named("program", facts["program"], facts.get("program_name")) if "program" in facts else "the program"


def _partner(facts: Facts) -> str:
    return _named("partner", facts["partner"], facts.get("partner_name")) if facts.get("partner") else "the partner"


def _no_partner(facts: Facts) -> str:
    if facts.get("at_click"):
        number = facts.get("partner")
        return f"there was no partner {number} when the link was clicked" if number else "the link named no partner"
    pid = facts.get("pid", "0")
    return "the click's link named no partner" if pid in ("0", "None") else f"there is no partner {quote(pid)}"


def _no_creative(facts: Facts) -> str:
    if facts.get("at_click"):
        return "the clicked link named a creative or a click target that the program did not have, or had paused"
    return f"{_program(facts)} has no creative {_quoted(facts, 'wmid', 'of that number')}"


def _no_product(facts: Facts) -> str:
    if facts.get("product") is None:
        return f"the call names no commission product, and {_program(facts)} has no default product"
    return f"{_program(facts)} has no commission product {quote(facts['product'])}"


def _differences(facts: Facts, name: str) -> str:
    """Both values of all that differs: "amount 95.50 EUR before, 99.00 EUR now"."""
    return "; ".join(difference_words(each, facts) for each in facts.get(name, ()))


def difference_words(each: Facts, facts: Facts) -> str:
    if "earlier" not in each:
        return f"another {each['fact']}"
    return f"{each['fact']} {_value(each, 'earlier', facts)} before, {_value(each, 'later', facts)} now"


def _value(difference: Mapping[str, Any], side: str, facts: Facts) -> str:
    value = difference[side]
    if value is None:
        return "none"
    if isinstance(value, int):
        return money(value, facts) if difference["fact"] in ("amount", "commission") else str(value)
    return str(value) if difference["fact"] == "status" else quote(value)


def _sum(facts: Facts) -> str:
    """ "10 % of 95.50 EUR is 9.55 EUR"."""
    if "commission_minor" not in facts:
        return "the commission stands with it"
    earned, paid = money(facts["commission_minor"], facts), rate(facts)
    if facts.get("paid_there"):
        return f"{earned}, as the other system paid it"
    if _is_share(facts):
        return f"{paid} of {money(facts['revenue_minor'], facts)} is {earned}"
    return f"a fixed {earned}"


def age_of(facts: Facts) -> str:
    return age(facts["at_ms"] - facts["clicked_ms"]) if "clicked_ms" in facts and "at_ms" in facts else ""


def window(facts: Facts) -> str:
    return _count(facts["lifetime_days"], "day") if "lifetime_days" in facts else ""


def credit_step(facts: Facts) -> str:
    if not facts.get("partner"):
        return ""
    source = {"pid": "the parameter pid", "clickid": "the ClickID"}.get(facts.get("source", ""), "")
    subid = f", subid {quote(facts['subid'])}" if facts.get("subid") else ""
    return f"{_partner(facts)}{subid}{', named by ' + source if source else ''}."


def pay_step(facts: Facts) -> str:
    if not rate(facts):
        return ""
    if facts.get("paid_there") and "commission_minor" in facts:
        return f"product {_quoted(facts, 'product', 'unknown')}: {_sum(facts)}."
    earned = f", so {money(facts['commission_minor'], facts)}" if "commission_minor" in facts else ""
    revenue = f" of {money(facts['revenue_minor'], facts)}" if _is_share(facts) else ""
    return f"product {_quoted(facts, 'product', 'unknown')} pays {rate(facts)}{revenue}{earned}."


def _is_share(facts: Facts) -> bool:
    return facts.get("percent_ppm") is not None and "revenue_minor" in facts
