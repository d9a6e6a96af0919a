"""What becomes of a call. Pure: same call, click, earlier transaction, catalog and time, same verdict.

The engine, a dry run, a replay and the console's "create by hand" all call `judge`. It reads
top to bottom: each step either names a reason, and that is the verdict, or passes on.
"""

from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from typing import Any

from clicktrail.core import reasons
from clicktrail.core.catalog import TEST_PARTNER, Catalog, Product, Program, Rate
from clicktrail.core.clickid import made_ms
from clicktrail.core.ids import names_creative, read_id
from clicktrail.core.money import AmountError, commission, parse_amount
from clicktrail.core.postback import MAX_TEXT, Postback

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class ClickFacts:
    """What is known of the click that a ClickID names."""

    id: int
    at_ms: int
    program: int
    partner: int
    """0 where the link named none."""
    creative: int
    subid: str
    referrer: str
    outcome: str
    """One of reasons.CLICK_OUTCOMES."""


class NoClick(Enum):
    """Why there is no click behind a genuine ClickID."""

    UNREAD = "unread"
    """What its node wrote has not been read to the end: the call waits."""
    ABSENT = "absent"
    """Everything its node wrote has been read, and it is not there: unknown_click."""


UNREAD = NoClick.UNREAD
ABSENT = NoClick.ABSENT


@dataclass(frozen=True, slots=True)
class Earlier:
    """The transaction that this program and `tid` have already."""

    number: int
    partner: int
    product: str
    revenue_minor: int | None
    click_id: int | None = None


@dataclass(frozen=True, slots=True)
class Award:
    """What is credited to whom: the transaction to create."""

    program: int
    tid: str
    partner: int
    subid: str
    creative: int
    """0 where no creative is known."""
    referrer: str
    clickid: str
    """Empty where the call's `pid` alone attributes."""
    click_id: int | None
    clicked_ms: int | None
    product_id: int
    product: str
    revenue_minor: int | None
    commission_minor: int
    percent_ppm: int | None
    fixed_minor: int | None
    currency: str
    decimals: int
    test: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    reason: str
    saved: bool
    facts: dict[str, Any] = field(default_factory=dict)
    """What the judge saw, JSON-able; `core/explain.py` makes sentences of it."""
    award: Award | None = None
    transaction: int | None = None
    """Number of the earlier transaction that a duplicate or a conflict names."""


Click = ClickFacts | NoClick | None
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """All that a verdict depends on."""

    postback: Postback
    click_id: int | None
    click: Click
    earlier: Earlier | None
    catalog: Catalog
    now_ms: int


class _Named(Exception):
    """A check named the reason."""

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts


def judge(
    postback: Postback,
    click_id: int | None,
    click: Click,
    earlier: Earlier | None,
    catalog: Catalog,
    now_ms: int,
) -> Verdict:
    """The verdict on one call. Never raises.

    click_id: the id that its ClickID holds, where form and check are right; else None.
    click: what is known of that click; None where there is no click_id.
    earlier: the transaction that (program, tid) has already, or None.
    now_ms: when the call arrived.
    """
    case = Case(postback, click_id, click, earlier, catalog, now_ms)
    facts: Facts = {"at_ms": now_ms}
    try:
        award = _award(case, facts)
    except _Named as named:
        facts.update(named.facts)
        number = earlier.number if earlier and named.reason in (reasons.DUPLICATE, reasons.CONFLICT) else None
        return Verdict(named.reason, False, _given(facts), None, number)
    return Verdict(reasons.SAVED, True, _given(facts), award)


def _given(facts: Facts) -> Facts:
    return {name: value for name, value in facts.items() if value is not None}


def _award(case: Case, facts: Facts) -> Award:
    """The steps in the order of the contract. `facts` fills on the way, so that a refusal has them too."""
    program = _program(case, facts)
    tid = _order(case, facts)
    _once(case, program)
    _running(case, program)
    click = _click(case, program, facts)
    _in_time(case, click, program, facts)
    partner = _partner(case, click, facts)
    creative = _creative(case, click, program)
    product = _product(case, program, facts)
    rate = case.catalog.rate(partner, program.id, product)
    revenue_minor = _revenue(case, program, rate, facts)
    _approved(case, partner, program, product)
    earned = commission(rate, revenue_minor)
    subid = case.postback.subid or (click.subid if click else "")
    facts.update(subid=subid or None, commission_minor=earned)
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
    )


def _program(case: Case, facts: Facts) -> Program:
    postback = case.postback
    if postback.fault:
        raise _Named(reasons.BAD_CALL, fault=postback.fault)
    if not postback.cpid:
        raise _Named(reasons.MISSING_CPID)
    program = case.catalog.programs.get(read_id(postback.cpid) or 0)
    if program is None:
        raise _Named(reasons.UNKNOWN_PROGRAM, cpid=postback.cpid)
    facts.update(program=program.id, program_name=program.name, currency=program.currency, decimals=program.decimals)
    if postback.unauthorized:
        raise _Named(reasons.UNAUTHORIZED, proof=postback.unauthorized)
    return program


def _order(case: Case, facts: Facts) -> str:
    if not case.postback.tid:
        raise _Named(reasons.MISSING_TID)
    facts["tid"] = case.postback.tid
    return case.postback.tid


def _once(case: Case, program: Program) -> None:
    """A `tid` creates a transaction once. docs/decisions/0009-conflict-rule.md."""
    earlier = case.earlier
    if earlier is None:
        return
    differences = _amount_differs(case.postback, earlier, program) + _product_differs(case.postback, earlier)
    partner_differences = _partner_differs(case, earlier)
    if partner_differences is None and not differences:
        # Whether the partner is another one only its click can tell: judged as if that had come before.
        raise _Named(reasons.WAITING, transaction=earlier.number)
    differences += partner_differences or []
    if differences:
        raise _Named(reasons.CONFLICT, transaction=earlier.number, differences=differences)
    raise _Named(reasons.DUPLICATE, transaction=earlier.number)


def _amount_differs(postback: Postback, earlier: Earlier, program: Program) -> list[Facts]:
    if not postback.amount:
        return []
    try:
        later = parse_amount(postback.amount, program.decimals)
    except AmountError:
        return [_difference("amount", earlier.revenue_minor, postback.amount[:MAX_TEXT])]
    return [] if later == earlier.revenue_minor else [_difference("amount", earlier.revenue_minor, later)]


def _product_differs(postback: Postback, earlier: Earlier) -> list[Facts]:
    if not postback.product or postback.product == earlier.product:
        return []
    return [_difference("product", earlier.product, postback.product)]


def _partner_differs(case: Case, earlier: Earlier) -> list[Facts] | None:
    """None: its click must be read first. A ClickID that names no known click says nothing about a partner."""
    pid, click = case.postback.pid, case.click
    if pid:
        later = read_id(pid)
        return [] if later == earlier.partner else [_difference("partner", earlier.partner, later or pid)]
    if case.click_id is None or case.click_id == earlier.click_id:
        return []
    if click is NoClick.UNREAD:
        return None
    if not isinstance(click, ClickFacts) or click.partner in (0, earlier.partner):
        return []
    return [_difference("partner", earlier.partner, click.partner)]


def _difference(fact: str, earlier: int | str | None, later: int | str) -> Facts:
    """Amounts are minor units, or the text where the later one cannot be read."""
    return {"fact": fact, "earlier": earlier, "later": later}


def _running(case: Case, program: Program) -> None:
    if program.state != "active":
        raise _Named(reasons.PROGRAM_PAUSED)
    # Of another program's click nothing counts but that it is foreign, and that is a later check.
    if isinstance(case.click, ClickFacts) and case.click.program == program.id:
        _then(case.click, reasons.PROGRAM_PAUSED)


def _then(click: ClickFacts | None, outcome: str) -> None:
    """A click that was not credited when it was made earns nothing later, for the same reason."""
    if click is not None and click.outcome == outcome:
        raise _at_click(click, outcome)


def _at_click(click: ClickFacts, reason: str) -> _Named:
    return _Named(reason, at_click=True, clicked_ms=click.at_ms, partner=click.partner, creative=click.creative)


def _click(case: Case, program: Program, facts: Facts) -> ClickFacts | None:
    """The click that the call names and that may earn something in this program; None without a ClickID."""
    if not case.postback.clickid:
        return None
    facts["clickid"] = case.postback.clickid
    if case.click_id is None:
        raise _Named(reasons.MALFORMED_CLICKID)
    facts["clicked_ms"] = made_ms(case.click_id)
    if isinstance(case.click, ClickFacts):
        facts["clicked_ms"] = case.click.at_ms
        if case.click.program != program.id:
            raise _Named(reasons.FOREIGN_CLICK, click_program=case.click.program)
        return case.click
    raise _Named(reasons.UNKNOWN_CLICK if case.click is NoClick.ABSENT else reasons.WAITING)


def _in_time(case: Case, click: ClickFacts | None, program: Program, facts: Facts) -> None:
    if click is None:
        return
    facts["lifetime_days"] = program.click_lifetime_days
    if case.now_ms - click.at_ms > program.click_lifetime_days * DAY_MS:
        raise _Named(reasons.CLICK_EXPIRED)


def _partner(case: Case, click: ClickFacts | None, facts: Facts) -> int:
    """The call's `pid`, else the click's partner."""
    pid = case.postback.pid
    if click is None and not pid:
        raise _Named(reasons.NO_ATTRIBUTION)
    asked = read_id(pid) if pid else click and click.partner
    facts["source"] = "clickid"
    _then(click, reasons.UNKNOWN_PARTNER)
    facts["source"] = "pid" if pid else "clickid"
    partner = case.catalog.partners.get(asked or 0)
    if partner is None:
        raise _Named(reasons.UNKNOWN_PARTNER, pid=pid or str(asked))
    facts.update(partner=partner.id, partner_name=partner.name)
    if click is not None and click.outcome == reasons.PARTNER_INACTIVE:
        # The click's own partner, whoever a `pid` names beside it.
        clicked = case.catalog.partners.get(click.partner)
        facts.update(source="clickid", partner_name=clicked.name if clicked else None)
        _then(click, reasons.PARTNER_INACTIVE)
    if partner.state != "active":
        raise _Named(reasons.PARTNER_INACTIVE, state=partner.state)
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
        raise _Named(reasons.UNKNOWN_CREATIVE, wmid=wmid)
    return creative.id


def _product(case: Case, program: Program, facts: Facts) -> Product:
    """The call's `produkt`, matched exactly; else the program's default."""
    name = case.postback.product or program.default_product
    product = next((product for product in program.products if product.name == name), None)
    if product is None:
        raise _Named(reasons.UNKNOWN_PRODUCT, product=name, hint=nearest(name or "", program))
    facts["product"] = product.name
    return product


def nearest(name: str, program: Program) -> str | None:
    """The product whose spelling is nearest, case aside; None where none is near."""
    by_folded = {product.name.casefold(): product.name for product in program.products}
    found = get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[found[0]] if found else None


def _revenue(case: Case, program: Program, rate: Rate, facts: Facts) -> int | None:
    """Net revenue in minor units. Only a percentage needs it, but what is given must be readable."""
    facts.update(percent_ppm=rate.percent_ppm, fixed_minor=rate.fixed_minor)
    amount = case.postback.amount
    if not amount and rate.percent_ppm is None:
        return None
    if not amount:
        raise _Named(reasons.MISSING_AMOUNT)
    try:
        revenue_minor = parse_amount(amount, program.decimals)
    except AmountError as fault:
        raise _Named(reasons.BAD_AMOUNT, amount=amount[:MAX_TEXT], amount_fault=str(fault)) from None
    facts["revenue_minor"] = revenue_minor
    return revenue_minor


def _approved(case: Case, partner: int, program: Program, product: Product) -> None:
    """The test partner may earn everything, so that a set-up can be tried out before anybody is approved."""
    if case.postback.nocheck or partner == TEST_PARTNER:
        return
    if not case.catalog.is_approved(partner, program.id, product.name):
        raise _Named(reasons.NOT_APPROVED)
