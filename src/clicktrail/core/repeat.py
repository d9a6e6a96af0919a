"""A later call of an order that has its transaction already. Pure.

`duplicate` where it says the same, `conflict` where it says something else: nothing is overwritten and a
person is shown both. Only a call that proved where it comes from may change something: it replaces what a
call without proof had made, moves the order by `status`, or makes its revenue smaller. What is paid is not changed by
that: an adjustment is booked beside it.
docs/decisions/0009-conflict-rule.md, docs/decisions/0019-adjustments.md.
"""

from collections.abc import Callable
from dataclasses import replace

from clicktrail.core import adjustment, reasons
from clicktrail.core.case import Award, Case, Change, ClickFacts, Earlier, Facts, Named, NoClick, difference
from clicktrail.core.catalog import Program, Rate
from clicktrail.core.ids import read_id
from clicktrail.core.lifecycle import CANCEL, CANCELLED, CONFIRM, CONFIRMED, HELD, OPEN, PAID, after
from clicktrail.core.money import AmountError, check_limit, commission, parse_amount
from clicktrail.core.periods import DAY_MS
from clicktrail.core.postback import MAX_TEXT, Postback

VERBS = {CONFIRMED: CONFIRM, CANCELLED: CANCEL}
"""What a trusted call's `status` does."""
REDUCIBLE = (HELD, OPEN, CONFIRMED)
"""States in which the revenue itself may still become smaller; of what is paid an adjustment is booked."""
ADJUSTABLE = (PAID,)
FIRST_TO_ADJUST = 2
"""Version of the judge's rules from which a call adjusts what is paid; before, it was a conflict."""

Judged = Callable[[], Award]
"""What the call would earn if it were the order's first; raises Named."""


def once(case: Case, program: Program, judged: Judged) -> None:
    """A `tid` creates a transaction once: raises Named where it has one, passes where it has none."""
    earlier = case.earlier
    if earlier is None:
        return
    # Amounts of two currencies are not compared: that the currency differs says enough.
    money_differs = _currency_differs(case, program) or _amount_differs(case, earlier, program)
    found = money_differs + _product_differs(case.postback, earlier)
    partner_differs = _partner_differs(case, earlier)
    may_change = case.postback.proofs.trusted and not case.postback.again
    if partner_differs is None and (may_change or not found):
        # Whether the partner is another one only its click can tell: judged as if that had come before.
        raise Named(reasons.WAITING, transaction=earlier.number)
    found += partner_differs or []
    if may_change:
        _trusted(case, earlier, found, judged)
    if found:
        raise Named(reasons.CONFLICT, transaction=earlier.number, differences=found)
    raise Named(reasons.DUPLICATE, transaction=earlier.number)


def must_not_be_similar(case: Case, program: Program, award: Award) -> None:
    """Raises Named where the award would pay an order again that was saved under another spelling of its number.

    Nobody can tell whether it is one order or two, so a person decides.
    """
    if case.postback.separate:
        return
    lifetime_ms = program.click_lifetime_days * DAY_MS
    for similar in case.similar:
        saved = similar.transaction
        is_in_time = abs(case.now_ms - saved.created_ms) <= lifetime_ms
        if is_in_time and saved.partner == award.partner and _amounts_agree(saved, award):
            found = [difference("tid", similar.tid, award.tid)]
            if saved.product != award.product:
                found.append(difference("product", saved.product, award.product))
            raise Named(reasons.CONFLICT, transaction=saved.number, differences=found)


def _amounts_agree(saved: Earlier, award: Award) -> bool:
    """An order without an amount agrees with any."""
    return award.revenue_minor in (None, saved.revenue_minor, saved.remaining_revenue_minor) or (
        saved.revenue_minor is None
    )


def _trusted(case: Case, earlier: Earlier, found: list[Facts], judged: Judged) -> None:
    """Raises Named where the call changes something, or wants to and may not; else it is like any other."""
    stamp_ms = case.postback.proofs.stamp_ms or case.now_ms
    if stamp_ms < earlier.stamp_ms:
        # Said before what holds now: a copy of an old call, or one that was long on its way.
        status = case.postback.status
        if status and not _is_there(status, earlier.state):
            found.append(difference("status", earlier.state, status))
        return
    now = replace(earlier, trusted=True, stamp_ms=stamp_ms, held_for="")
    if found:
        is_undecided = not earlier.trusted and earlier.state in (HELD, OPEN)
        now = _corrected(now, found, judged) if is_undecided else _smaller(now, found, case)
    now = _moved(now, case.postback.status, earlier)
    if earlier.state == HELD and now.state != CANCELLED and not _names_partner(case):
        # The partner of what is on hold is nobody's word yet: whoever guessed the order number may have named himself.
        found.append(difference("partner", earlier.partner, None))
        raise Named(reasons.CONFLICT, transaction=earlier.number, differences=found)
    changed = differences(earlier, now)
    if not changed and earlier.trusted:
        return
    change = Change(replace(now, revision=earlier.revision + 1), tuple(changed))
    reason = reasons.UPDATED if changed else reasons.DUPLICATE
    raise Named(reason, change, transaction=earlier.number, changes=changed or None)


def _names_partner(case: Case) -> bool:
    return bool(case.postback.pid) or (isinstance(case.click, ClickFacts) and case.click.partner > 0)


def _corrected(now: Earlier, found: list[Facts], judged: Judged) -> Earlier:
    """What a call without proof had said, as the trusted one says it.

    Where only the amount is another one nobody contests who is credited, and for what: it is no new order, so
    neither the click's age nor an approval matters any more.
    """
    revenue_minor = _other_amount(found)
    if revenue_minor is not None:
        return reduced(now, revenue_minor)
    if now.is_adjusted:
        # Its adjustments are the partner's who was paid: nobody else can have the transaction with them.
        raise Named(reasons.CONFLICT, transaction=now.number, differences=found)
    return replaced(now, _award(judged, now, found))


def _other_amount(found: list[Facts]) -> int | None:
    """The later amount, where that is all that differs and can be read."""
    later = found[0]["later"] if len(found) == 1 and found[0]["fact"] == "amount" else None
    return later if isinstance(later, int) else None


def _award(judged: Judged, earlier: Earlier, found: list[Facts]) -> Award:
    """What the trusted call would earn; where it would earn nothing, a person is shown both."""
    try:
        return judged()
    except Named as named:
        if named.reason == reasons.WAITING:
            raise
        raise Named(reasons.CONFLICT, transaction=earlier.number, differences=found, instead=named.reason) from None


def replaced(now: Earlier, award: Award) -> Earlier:
    """The transaction with the facts of another call of its order; number, state and trust stay."""
    return replace(
        now,
        partner=award.partner,
        product=award.product,
        revenue_minor=award.revenue_minor,
        click_id=award.click_id,
        subid=award.subid,
        creative=award.creative,
        referrer=award.referrer,
        host="",
        clickid=award.clickid,
        product_id=award.product_id,
        commission_minor=award.commission_minor,
        percent_ppm=award.percent_ppm,
        fixed_minor=award.fixed_minor,
        test=award.test,
        clicked_ms=award.clicked_ms,
    )


def _smaller(now: Earlier, found: list[Facts], case: Case) -> Earlier:
    """A part refund: everything else is as before, and the new revenue is below the old one."""
    revenue_minor, before = _other_amount(found), now.remaining_revenue_minor
    is_smaller = revenue_minor is not None and before is not None and revenue_minor < before
    may_adjust = now.state in ADJUSTABLE and case.catalog.judging_version >= FIRST_TO_ADJUST
    if revenue_minor is None or not is_smaller or not (now.state in REDUCIBLE or may_adjust):
        raise Named(reasons.CONFLICT, transaction=now.number, differences=found)
    return reduced(now, revenue_minor)


def reduced(transaction: Earlier, remaining_minor: int) -> Earlier:
    """The transaction when its order is worth so much; its commission by its own rate, a fixed one stays.

    What is paid stays as it was paid, and is adjusted.
    """
    if transaction.state in ADJUSTABLE:
        return adjustment.adjust(transaction, remaining_minor)
    # Where it was paid once and reopened, its earlier adjustments still count.
    revenue_minor = remaining_minor - transaction.adjusted_revenue_minor
    return replace(recalculated_by(transaction, remaining_minor), revenue_minor=revenue_minor)


def recalculated_by(transaction: Earlier, remaining_minor: int | None) -> Earlier:
    """Its commission as its rate makes it of what remains of its revenue; a fixed one stays."""
    if transaction.percent_ppm is None:
        return transaction
    earned = commission(Rate(transaction.percent_ppm), remaining_minor)
    return replace(transaction, commission_minor=earned - transaction.adjusted_commission_minor)


def _moved(now: Earlier, status: str | None, earlier: Earlier) -> Earlier:
    """What is on hold is released by the proof; then `status` moves it, where the table of states lets it."""
    freed = OPEN if now.state == HELD else now.state
    if status is None or _is_there(status, freed):
        return replace(now, state=freed)
    state = after(freed, VERBS[status])
    if state is None:
        found = [difference("status", earlier.state, status)]
        raise Named(reasons.CONFLICT, transaction=earlier.number, differences=found)
    return replace(now, state=state)


def _is_there(status: str, state: str) -> bool:
    """What is paid was confirmed: a shop that tells all its orders every night says nothing new of it."""
    return status == state or (status == CONFIRMED and state == PAID)


def differences(earlier: Earlier, now: Earlier) -> list[Facts]:
    """What a person wants to read of it."""
    is_adjusted = adjustment.booked(earlier, now) is not None
    pairs: tuple[tuple[str, int | str | None, int | str | None], ...] = (
        ("partner", earlier.partner, now.partner),
        ("product", earlier.product, now.product),
        ("amount", earlier.revenue_minor, now.revenue_minor),
        ("commission", earlier.commission_minor, now.commission_minor),
        ("remaining_amount", earlier.remaining_revenue_minor, now.remaining_revenue_minor),
        ("remaining_commission", earlier.remaining_commission_minor, now.remaining_commission_minor),
        ("status", earlier.state, now.state),
    )
    if not is_adjusted:
        pairs = tuple(pair for pair in pairs if not pair[0].startswith("remaining_"))
    return [difference(fact, before, later) for fact, before, later in pairs if before != later]


def _amount_differs(case: Case, earlier: Earlier, program: Program) -> list[Facts]:
    """An amount above the limit stays a text: no call changes a transaction to it."""
    amount = case.postback.amount
    if not amount:
        return []
    before = earlier.remaining_revenue_minor
    try:
        later = parse_amount(amount, program.decimals)
        if later == before:
            return []
        if case.catalog.judging_version >= 2:
            check_limit(later, program.currency)
    except AmountError:
        return [difference("amount", before, amount[:MAX_TEXT])]
    return [difference("amount", before, later)]


def other_currency(case: Case, program: Program) -> str | None:
    """The currency that the call names where it is not the program's."""
    sent = case.postback.currency
    return None if case.catalog.judging_version < 2 or sent == program.currency else sent


def _currency_differs(case: Case, program: Program) -> list[Facts]:
    sent = other_currency(case, program)
    return [] if sent is None else [difference("currency", program.currency, sent)]


def _product_differs(postback: Postback, earlier: Earlier) -> list[Facts]:
    if not postback.product or postback.product == earlier.product:
        return []
    return [difference("product", earlier.product, postback.product)]


def _partner_differs(case: Case, earlier: Earlier) -> list[Facts] | None:
    """None: its click must be read first. A ClickID that names no known click says nothing about a partner."""
    pid, click = case.postback.pid, case.click
    if pid:
        later = read_id(pid)
        return [] if later == earlier.partner else [difference("partner", earlier.partner, later or pid)]
    if case.click_id is None or case.click_id == earlier.click_id:
        return []
    if click is NoClick.UNREAD:
        return None
    if not isinstance(click, ClickFacts) or click.partner in (0, earlier.partner):
        return []
    return [difference("partner", earlier.partner, click.partner)]
