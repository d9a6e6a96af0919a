"""What becomes of a call. Pure: same call, click, earlier transaction, catalog and time, same verdict.

The engine, a dry run, a replay and the console's "create by hand" all call `judge`. It reads
top to bottom: each step either names a reason, and that is the verdict, or passes on.
"""

from dataclasses import replace
from typing import Any

from clicktrail.core import access, disclosure, hints, reasons
from clicktrail.core.case import (
    Award,
    Case,
    Click,
    ClickFacts,
    Earlier,
    Facts,
    Named,
    NoClick,
    SimilarOrder,
    Verdict,
)
from clicktrail.core.catalog import TEST_PARTNER, Catalog, Product, Program, Rate
from clicktrail.core.clickid import made_ms
from clicktrail.core.ids import names_creative, read_id
from clicktrail.core.lifecycle import HELD, OPEN
from clicktrail.core.money import CURRENCIES, AmountError, check_limit, commission, format_minor, parse_amount
from clicktrail.core.periods import DAY_MS
from clicktrail.core.postback import MAX_TEXT, Postback
from clicktrail.core.repeat import must_not_be_similar, once, other_currency
from clicktrail.core.unfilled import is_unfilled


def judge(
    postback: Postback,
    click_id: int | None,
    click: Click,
    earlier: Earlier | None,
    catalog: Catalog,
    now_ms: int,
    similar: tuple[SimilarOrder, ...] = (),
) -> Verdict:
    """The verdict on one call. Never raises.

    click_id: the id that its ClickID holds, where form and check are right; else None.
    click: what is known of that click; None where there is no click_id.
    earlier: the transaction that (program, tid) has already, or None.
    now_ms: when the call arrived.
    similar: transactions of nearly equal order numbers, for a call whose own number has none.
    """
    case = Case(postback, click_id, click, earlier, catalog, now_ms, similar)
    facts: Facts = {"at_ms": now_ms}
    try:
        award = _award(_without_unfilled(case, facts), facts)
    except Named as named:
        facts.update(named.facts)
        facts[disclosure.AUDIENCE] = _audience(case, facts)
        number = facts.get("transaction") if named.reason in reasons.NAMES_EARLIER else None
        return Verdict(named.reason, False, _given(facts), None, number, named.change)
    return Verdict(reasons.SAVED, True, _given(facts), award)


def _audience(case: Case, facts: Facts) -> str | None:
    """Who may read what an answer says of an earlier order; None for a stranger."""
    program = case.catalog.programs.get(facts.get("program", 0))
    is_proven = program is not None and disclosure.is_proven(program.access, case.postback.proofs)
    named = (each.transaction for each in case.similar if each.transaction.number == facts.get("transaction"))
    order = case.earlier or next(named, None)
    order_click_id = order.click_id if order else None
    audience = disclosure.audience_of(is_proven, case.click_id, order_click_id)
    return None if audience is disclosure.Audience.STRANGER else audience.value


def _given(facts: Facts) -> Facts:
    return {name: value for name, value in facts.items() if value is not None}


_MAY_BE_UNFILLED = (
    ("cpid", "cpid"), ("tid", "tid"), ("clickid", "clickid"), ("product", "produkt"), ("amount", "umsatz"),
    ("pid", "pid"), ("subid", "subid"), ("wmid", "wmid"), ("currency", "currency"),
)  # fmt: skip
"""Fields of a call in which a template may have left a placeholder, each with the name of its parameter."""


def _without_unfilled(case: Case, facts: Facts) -> Case:
    """The call without what is wholly an unfilled placeholder: it counts as absent, and the facts name it.

    A product of that very name, or a ClickID that another system gave, is none.
    """
    if case.catalog.judging_version < 2:
        return case
    postback = case.postback
    found = {}
    for field, name in _MAY_BE_UNFILLED:
        value = getattr(postback, field)
        if value is not None and is_unfilled(value):
            found[field, name] = value
    if case.click_id is not None:
        found.pop(("clickid", "clickid"), None)
    if case.catalog.product(read_id(postback.cpid) or 0, postback.product or ""):
        found.pop(("product", "produkt"), None)
    if not found:
        return case
    facts["unfilled"] = {name: value for (_, name), value in found.items()}
    absent: dict[str, Any] = dict.fromkeys((field for field, _ in found), None)
    return replace(case, postback=replace(postback, **absent))


def _award(case: Case, facts: Facts) -> Award:
    """The steps in the order of the contract. `facts` fills on the way, so that a refusal has them too."""
    program = _program(case, facts)
    held_for = _proven(case, program, facts)
    case = _heeded(case, program, held_for, facts)
    tid = _order(case, facts)
    once(case, program, lambda: _earned(case, program, tid, held_for, facts))
    award = _earned(case, program, tid, held_for, facts)
    if case.catalog.judging_version >= 2:
        must_not_be_similar(case, program, award)
    return award


def _earned(case: Case, program: Program, tid: str, held_for: str, facts: Facts) -> Award:
    """The order as if it were the first call of it."""
    _running(case, program)
    click = _click(case, program, facts)
    _in_time(case, click, program, facts)
    partner = _partner(case, click, facts)
    creative = _creative(case, click, program)
    product = _product(case, program, facts)
    rate = _rate(case, partner, program, product, facts)
    _currency(case, program)
    revenue_minor = _revenue(case, program, rate, facts)
    _approved(case, partner, program, product, facts)
    earned = _commission(case, program, rate, revenue_minor)
    subid = case.postback.subid or (click.subid if click else "")
    facts.update(subid=subid or None, commission_minor=earned, paid_there=case.postback.commission and True)
    return Award(
        program=program.id,
        tid=tid,
        partner=partner,
        subid=subid,
        creative=creative,
        referrer=click.referrer if click else "",
        clickid=case.postback.clickid or "",
        click_id=click.id if click else None,
        clicked_ms=click.at_ms if click else None,
        product_id=product.id,
        product=product.name,
        revenue_minor=revenue_minor,
        commission_minor=earned,
        percent_ppm=rate.percent_ppm,
        fixed_minor=rate.fixed_minor,
        currency=program.currency,
        decimals=program.decimals,
        test=partner == TEST_PARTNER,
        state=_first_state(case, held_for),
        trusted=case.postback.proofs.trusted,
        stamp_ms=case.postback.proofs.stamp_ms or case.now_ms if case.postback.proofs.trusted else 0,
        held_for=held_for,
    )


def _first_state(case: Case, held_for: str) -> str:
    """Open; a caller of whom we know who he is may say that it has come further already."""
    proofs = case.postback.proofs
    if held_for:
        return HELD
    return case.postback.status or OPEN if proofs.trusted or proofs.house else OPEN


def _program(case: Case, facts: Facts) -> Program:
    postback = case.postback
    if postback.fault:
        raise Named(reasons.BAD_CALL, fault=postback.fault)
    if not postback.cpid:
        raise Named(reasons.MISSING_CPID, looks_like=hints.like_program(postback.params))
    program = case.catalog.programs.get(read_id(postback.cpid) or 0)
    if program is None:
        near = hints.nearest_row(postback.cpid, case.catalog.programs, case.catalog.program_names)
        raise Named(reasons.UNKNOWN_PROGRAM, cpid=postback.cpid, near=near)
    facts.update(program=program.id, program_name=program.name, currency=program.currency, decimals=program.decimals)
    return program


def _proven(case: Case, program: Program, facts: Facts) -> str:
    """Why the order can only be put on hold; empty where it may pass. What must not pass at all is unauthorized."""
    rules, proofs = program.access, case.postback.proofs
    facts.update(signed_by=proofs.signed_by or None, token=proofs.token or None, proof_fault=proofs.fault or None)
    lacks = access.missing(rules, proofs)
    if lacks and rules.unproven != access.HOLD:
        raise Named(reasons.UNAUTHORIZED, proof=lacks, demands=hints.demanded(rules, proofs))
    facts["held_for"] = lacks or None
    return lacks


def _heeded(case: Case, program: Program, held_for: str, facts: Facts) -> Case:
    """The call without what this caller may not say. docs/decisions/0013-who-may-call.md."""
    postback, rules = case.postback, program.access
    if held_for:
        # Half a proof is none: such a call is trusted with nothing.
        postback = replace(postback, proofs=access.NO_PROOFS)
    if postback.nocheck and not access.allows(rules.nocheck, postback.proofs):
        facts["ignored_nocheck"] = rules.nocheck
        postback = replace(postback, nocheck=False)
    if postback.pid and not access.allows(rules.pid, postback.proofs):
        facts["ignored_pid"] = rules.pid
        postback = replace(postback, pid=None)
    return replace(case, postback=postback)


def _order(case: Case, facts: Facts) -> str:
    if not case.postback.tid:
        raise Named(reasons.MISSING_TID, looks_like=hints.like_order(case.postback.params))
    facts["tid"] = case.postback.tid
    return case.postback.tid


def _running(case: Case, program: Program) -> None:
    if program.state != "active":
        raise Named(reasons.PROGRAM_PAUSED)
    # Of another program's click nothing counts but that it is foreign, and that is a later check.
    if isinstance(case.click, ClickFacts) and case.click.program == program.id:
        _then(case.click, reasons.PROGRAM_PAUSED)


def _then(click: ClickFacts | None, outcome: str) -> None:
    """A click that was not credited when it was made earns nothing later, for the same reason."""
    if click is not None and click.outcome == outcome:
        raise _at_click(click, outcome)


def _at_click(click: ClickFacts, reason: str) -> Named:
    return Named(reason, at_click=True, clicked_ms=click.at_ms, partner=click.partner, creative=click.creative)


def _click(case: Case, program: Program, facts: Facts) -> ClickFacts | None:
    """The click that the call names and that may earn something in this program; None without a ClickID."""
    if not case.postback.clickid:
        return None
    facts["clickid"] = case.postback.clickid
    if case.click_id is None:
        raise Named(reasons.MALFORMED_CLICKID)
    facts["clicked_ms"] = made_ms(case.click_id)
    if isinstance(case.click, ClickFacts):
        facts["clicked_ms"] = case.click.at_ms
        if case.click.program != program.id:
            other = case.catalog.programs.get(case.click.program)
            raise Named(
                reasons.FOREIGN_CLICK, click_program=case.click.program, click_program_name=other and other.name
            )
        return case.click
    raise Named(reasons.UNKNOWN_CLICK if case.click is NoClick.ABSENT else reasons.WAITING)


def _in_time(case: Case, click: ClickFacts | None, program: Program, facts: Facts) -> None:
    if click is None:
        return
    facts["lifetime_days"] = program.click_lifetime_days
    if case.now_ms - click.at_ms > program.click_lifetime_days * DAY_MS:
        raise Named(reasons.CLICK_EXPIRED)


def _partner(case: Case, click: ClickFacts | None, facts: Facts) -> int:
    """The call's `pid`, else the click's partner."""
    pid = case.postback.pid
    if click is None and not pid:
        raise Named(reasons.NO_ATTRIBUTION, looks_like=hints.like_clickid(case.postback.params))
    asked = read_id(pid) if pid else click and click.partner
    facts["source"] = "clickid"
    _then(click, reasons.UNKNOWN_PARTNER)
    facts["source"] = "pid" if pid else "clickid"
    partner = case.catalog.partners.get(asked or 0)
    if partner is None:
        near = hints.nearest_row(pid, case.catalog.partners, case.catalog.partner_names) if pid else None
        raise Named(reasons.UNKNOWN_PARTNER, pid=pid or str(asked), near=near)
    facts.update(partner=partner.id, partner_name=partner.name)
    if click is not None and click.outcome == reasons.PARTNER_INACTIVE:
        # The click's own partner, whoever a `pid` names beside it.
        clicked = case.catalog.partners.get(click.partner)
        facts.update(source="clickid", partner_name=clicked.name if clicked else None)
        _then(click, reasons.PARTNER_INACTIVE)
    if partner.state != "active":
        raise Named(reasons.PARTNER_INACTIVE, state=partner.state)
    return partner.id


def _creative(case: Case, click: ClickFacts | None, program: Program) -> int:
    """The call's `wmid`, else the click's creative; 0 for none. `cc` names none."""
    if click is not None and click.outcome != reasons.OK:
        raise _at_click(click, reasons.UNKNOWN_CREATIVE)
    wmid = case.postback.wmid
    if not wmid:
        return click.creative if click else 0
    if not names_creative(wmid):
        return 0
    creative = case.catalog.creatives.get(read_id(wmid) or 0)
    if creative is None or creative.program != program.id:
        raise Named(reasons.UNKNOWN_CREATIVE, wmid=wmid)
    return creative.id


def _product(case: Case, program: Program, facts: Facts) -> Product:
    """The call's `produkt`, matched exactly; else the program's default.

    An unfilled placeholder meant some product: the default one might pay another commission.
    """
    name = facts.get("unfilled", {}).get("produkt") or case.postback.product or program.default_product
    product = next((product for product in program.products if product.name == name), None)
    if product is None:
        names = [product.name for product in program.products]
        raise Named(
            reasons.UNKNOWN_PRODUCT, product=name, hint=hints.nearest(name or "", names), products=hints.some(names)
        )
    facts["product"] = product.name
    return product


def _rate(case: Case, partner: int, program: Program, product: Product, facts: Facts) -> Rate:
    """The one that held when the call arrived, whatever has been written since."""
    used = case.catalog.used_rate(partner, program.id, product, case.now_ms)
    facts.update(rate_own=used.own or None, rate_since_ms=used.since_ms or None)
    return used.rate


def _currency(case: Case, program: Program) -> None:
    """An amount in another currency is not booked as the program's, nor an order that pays a fixed amount."""
    sent = other_currency(case, program)
    if sent is not None:
        near = None if sent in CURRENCIES else hints.nearest_currency(sent, program.currency)
        raise Named(reasons.WRONG_CURRENCY, sent_currency=sent, near_currency=near)


def _revenue(case: Case, program: Program, rate: Rate, facts: Facts) -> int | None:
    """Net revenue in minor units. Only a percentage needs it, but what is given must be readable."""
    facts.update(percent_ppm=rate.percent_ppm, fixed_minor=rate.fixed_minor)
    amount = case.postback.amount
    if not amount and rate.percent_ppm is None:
        return None
    if not amount:
        raise Named(reasons.MISSING_AMOUNT, looks_like=hints.like_amount(case.postback.params))
    try:
        revenue_minor = _limited(case, program, parse_amount(amount, program.decimals))
    except AmountError as fault:
        readings = hints.readings(amount)
        raise Named(reasons.BAD_AMOUNT, amount=amount[:MAX_TEXT], amount_fault=str(fault), readings=readings) from None
    facts["revenue_minor"] = revenue_minor
    return revenue_minor


def _commission(case: Case, program: Program, rate: Rate, revenue_minor: int | None) -> int:
    """By the rate; of an imported order what the other system paid for it."""
    paid = case.postback.commission
    earned = commission(rate, revenue_minor)
    try:
        return _limited(case, program, earned if paid is None else parse_amount(paid, program.decimals))
    except AmountError as fault:
        amount = format_minor(earned, program.decimals) if paid is None else paid[:MAX_TEXT]
        raise Named(reasons.BAD_AMOUNT, amount=amount, amount_fault=str(fault)) from None


def _limited(case: Case, program: Program, minor: int) -> int:
    """Raises AmountError for an amount above the limit of its currency."""
    return minor if case.catalog.judging_version < 2 else check_limit(minor, program.currency)


def _approved(case: Case, partner: int, program: Program, product: Product, facts: Facts) -> None:
    """The test partner may earn everything, so that a set-up can be tried out before anybody is approved."""
    since_ms = case.catalog.approved_ms(partner, program.id, product.name)
    facts["approved_ms"] = since_ms
    if since_ms is not None:
        return
    if case.postback.nocheck or partner == TEST_PARTNER:
        facts["unapproved"] = "nocheck" if case.postback.nocheck else "test"
        return
    raise Named(reasons.NOT_APPROVED, approved_for=hints.some(case.catalog.approved_for(partner, program.id)))
