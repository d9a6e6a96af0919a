"""A later call of an order that has its transaction already. Pure.

`duplicate` where it says the same, `conflict` where it says something else: nothing is overwritten and a
person is shown both. Only a call that proved where it comes from may change something: it replaces what a
call without proof had made, moves the order by `status`, or makes its revenue smaller.
docs/decisions/0009-conflict-rule.md.
"""

from collections.abc import Callable
from dataclasses import replace

from clicktrail.core import reasons
from clicktrail.core.case import Award, Case, Change, ClickFacts, Earlier, Facts, Named, NoClick, difference
from clicktrail.core.catalog import Program, Rate
from clicktrail.core.ids import read_id
from clicktrail.core.lifecycle import CANCEL, CANCELLED, CONFIRM, CONFIRMED, HELD, OPEN, PAID, after
from clicktrail.core.money import AmountError, check_limit, commission, parse_amount
from clicktrail.core.postback import MAX_TEXT, Postback

VERBS = {CONFIRMED: CONFIRM, CANCELLED: CANCEL}
"""What a trusted call's `status` does."""
REDUCIBLE = (HELD, OPEN, CONFIRMED)
"""States in which the revenue may still become smaller: what is paid is settled by people."""

Judged = Callable[[], Award]
"""What the call would earn if it were the order's first; raises Named."""


def once(case: Case, program: Program, judged: Judged) -> None:
    """A `tid` creates a transaction once: raises Named where it has one, passes where it has none."""
    earlier = case.earlier
    if earlier is None:
        return
    found = _amount_differs(case, earlier, program) + _product_differs(case.postback, earlier)
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
        now = _corrected(now, found, judged) if is_undecided else _smaller(now, found)
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


def _smaller(now: Earlier, found: list[Facts]) -> Earlier:
    """A part refund: everything else is as before, and the new revenue is below the old one."""
    revenue_minor, before = _other_amount(found), now.revenue_minor
    is_smaller = revenue_minor is not None and before is not None and revenue_minor < before
    if revenue_minor is None or not is_smaller or now.state not in REDUCIBLE:
        raise Named(reasons.CONFLICT, transaction=now.number, differences=found)
    return reduced(now, revenue_minor)


def reduced(transaction: Earlier, revenue_minor: int) -> Earlier:
    """The transaction with another net revenue, its commission by its own rate; a fixed one stays."""
    rate = Rate(transaction.percent_ppm, transaction.fixed_minor)
    earned = commission(rate, revenue_minor) if transaction.percent_ppm is not None else transaction.commission_minor
    return replace(transaction, revenue_minor=revenue_minor, commission_minor=earned)


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
    pairs = (
        ("partner", earlier.partner, now.partner),
        ("product", earlier.product, now.product),
        ("amount", earlier.revenue_minor, now.revenue_minor),
        ("commission", earlier.commission_minor, now.commission_minor),
        ("status", earlier.state, now.state),
    )
    return [difference(fact, before, later) for fact, before, later in pairs if before != later]


def _amount_differs(case: Case, earlier: Earlier, program: Program) -> list[Facts]:
    """An amount above the limit stays a text: no call changes a transaction to it."""
    amount = case.postback.amount
    if not amount:
        return []
    try:
        later = parse_amount(amount, program.decimals)
        if later == earlier.revenue_minor:
            return []
        if case.catalog.judging_version >= 2:
            check_limit(later, program.currency)
    except AmountError:
        return [difference("amount", earlier.revenue_minor, amount[:MAX_TEXT])]
    return [difference("amount", earlier.revenue_minor, later)]


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
