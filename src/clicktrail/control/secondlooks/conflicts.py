"""Conflicts: a call says something else than the transaction of its order. Somebody decides, once.

Keep leaves the transaction as it is; correct takes the call's word: what it would have earned as the order's first
call. A call whose order number is only similar to the transaction's may be saved as a separate order: it is handed in
once more, as a copy that says so. Each decision is kept with who, when and why; a correction has its line in the
transaction's history as well.

Conflicts that anyone could have made are grouped (`core/conflictsource.py`): the inbox has one call of a group, and the
decision about it closes the group.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clicktrail import heartbeat
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.intake import intake
from clicktrail.control.ledger import moves, transactionrow
from clicktrail.control.ledger.models import Click, ConflictGroup, Postback, Transaction
from clicktrail.control.ledger.verdicts import facts_of
from clicktrail.control.secondlooks.again import copy_of, params_of, proofs_of
from clicktrail.control.secondlooks.dryrun import Asked, Looked, judge_all, judge_first
from clicktrail.control.secondlooks.lookups import World
from clicktrail.control.secondlooks.models import Choice, Decision
from clicktrail.core import reasons
from clicktrail.core.access import Proofs
from clicktrail.core.case import Award, Earlier
from clicktrail.core.explain import moment, money
from clicktrail.core.lifecycle import CONFIRMED, HELD, OPEN
from clicktrail.core.money import AmountError, check_limit
from clicktrail.core.repeat import ADJUSTABLE, differences, reduced, replaced
from clicktrail.errors import JournalError

CORRECTABLE = (HELD, OPEN, CONFIRMED)
"""States in which a transaction may be corrected: what is paid is adjusted, what is cancelled is reopened first."""
MAX_COUNTED = 999
"""Undecided conflicts that the menu counts; beyond it, it says that there are more."""
MAX_KEPT = 500
"""Conflicts kept at once."""
LONGEST_REASON = 1000

Decided = Decision | str
"""The decision, or a sentence that says why there is none."""


def undecided(rows: QuerySet[Postback] | None = None) -> QuerySet[Postback]:
    """Those in the inbox, newest first; of a group the one call that stands for it."""
    found = Postback.objects.all() if rows is None else rows
    decided = Decision.objects.filter(call_id=OuterRef("pk"))
    return found.filter(in_inbox=True, reason=reasons.CONFLICT).filter(~Exists(decided)).order_by("-pk")


def count(rows: QuerySet[Postback] | None = None) -> int:
    """Up to one more than MAX_COUNTED."""
    return undecided(rows).order_by()[: MAX_COUNTED + 1].count()


def badge(request: Any) -> str:
    """What the menu says beside the conflicts; nothing where there are none."""
    number = count(rights_of(request).narrowed(Postback.objects.all()))
    return "" if not number else str(number) if number <= MAX_COUNTED else f"{MAX_COUNTED}+"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the comparison."""

    name: str
    stands: str
    says: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A call beside the transaction that its order has."""

    call: Postback
    row: Transaction | None
    looked: Looked
    """What the call would have earned as the order's first."""
    facts: list[Fact] = field(default_factory=list)
    group: ConflictGroup | None = None

    @property
    def group_count(self) -> int:
        """Undecided conflicts that this call stands for, itself included; 1 where it stands alone."""
        if self.group is None or self.group.listed_id != self.call.pk:
            return 1
        return self.group.count - self.group.decided_count

    @property
    def source(self) -> str:
        """Where the conflicts of its group came from, as sentences; empty where it stands alone."""
        return _source(self.group) if self.group is not None else ""

    @property
    def why_not(self) -> str:
        """Why the transaction cannot be corrected, as a sentence; empty where it can."""
        return _why_not(self.call, self.row, self.looked)

    @property
    def is_separable(self) -> bool:
        """Whether the call may be of another order than the transaction."""
        return _is_similar(self.call)

    @property
    def then(self) -> str:
        """What the transaction would say afterwards."""
        award = self.looked.award
        if self.row is not None and self.row.state in ADJUSTABLE and not self.why_not:
            return self._adjusted_then(self.row)
        if award is None:
            return ""
        earned = money(award.commission_minor, self.looked.facts)
        return _("Partner %(partner)s would have %(earned)s for it.") % {"partner": award.partner, "earned": earned}

    def _adjusted_then(self, row: Transaction) -> str:
        seen = transactionrow.of(row)
        now = _adjusted(self.call, seen)
        if isinstance(now, str):
            return ""
        facts = {"currency": row.currency, "decimals": row.decimals}
        earned = money(now.remaining_commission_minor - seen.remaining_commission_minor, facts)
        return _("It stays as it was paid, and an adjustment of %(earned)s is booked beside it.") % {"earned": earned}


def pairs(calls: Iterable[Postback], world: World) -> list[Pair]:
    """Set-based."""
    calls = list(calls)
    rows = Transaction.objects.in_bulk([call.transaction_number for call in calls if call.transaction_number])
    looked = judge_first([_asked(call) for call in calls], world)
    groups = ConflictGroup.objects.in_bulk({call.conflict_group for call in calls if call.conflict_group})
    found = []
    for call, each in zip(calls, looked, strict=True):
        row = rows.get(call.transaction_number)
        found.append(Pair(call, row, each, _facts(call, row, each.award), groups.get(call.conflict_group)))
    return found


def _source(group: ConflictGroup) -> str:
    if group.click_id is not None:
        return _("None of them proves where it comes from; all name the same click.")
    return _(
        "None of them proves where it comes from or names a click of the program. They came from the network "
        "%(network)s within one hour."
    ) % {"network": group.network or _("of an unknown address")}


def members(group: ConflictGroup, limit: int) -> list[Postback]:
    """The newest conflicts of a group."""
    return list(Postback.objects.filter(conflict_group=group.pk).order_by("-pk")[:limit])


def _asked(call: Postback) -> Asked:
    proved = proofs_of(call)
    proofs = Proofs(proved.get("house", False), proved.get("signed_by", 0), proved.get("token", 0),
                    proved.get("listed", False))  # fmt: skip
    return Asked(params_of(call), call.arrived_ms or call.at_ms, call.fault, proofs, catalog=call.catalog_version)


def _facts(call: Postback, row: Transaction | None, award: Award | None) -> list[Fact]:
    """Both sides in words. What a call leaves out does not differ."""
    if row is None:
        return []
    told = {each["fact"]: each for each in facts_of(call).get("differences", ())}
    currency = {"currency": row.currency, "decimals": row.decimals}
    status = json.loads(call.params or "{}").get("status", "")
    sent_currency = str(told["currency"]["later"]) if "currency" in told else ""
    says = {
        _("Order number"): call.tid if "tid" in told else "",
        _("Revenue"): (
            f"{call.amount} {sent_currency}".strip()
            if award is None or award.revenue_minor is None
            else money(award.revenue_minor, currency)
        ),
        _("Currency"): sent_currency,
        _("Product"): call.product,
        _("Partner"): str(award.partner) if award else call.pid,
        pgettext("amount", "Commission"): money(award.commission_minor, currency) if award else "",
        _("Subid"): award.subid if award else call.subid,
        "ClickID": call.clickid,
        _("State"): status if "status" in told else "",
    }
    stands = {
        _("Order number"): row.tid,
        _("Revenue"): "" if row.remaining_revenue_minor is None else money(row.remaining_revenue_minor, currency),
        _("Currency"): row.currency,
        _("Product"): row.product,
        _("Partner"): str(row.partner_id),
        pgettext("amount", "Commission"): money(row.remaining_commission_minor, currency),
        _("Subid"): row.subid,
        "ClickID": row.clickid,
        _("State"): _(row.state),
    }
    return [Fact(name, stands[name], says[name], bool(says[name]) and says[name] != stands[name]) for name in stands]


def decide(call_id: int, choice: str, actor: str, reason: str, world: World) -> Decided:
    """Keep, correct or separate; of two people who decide at once the second is refused."""
    call = Postback.objects.filter(pk=call_id, reason=reasons.CONFLICT).first()
    if call is None:
        return _("Call %(call_id)s is no conflict.") % {"call_id": call_id}
    deed = moves.Deed(actor, reason, heartbeat.now_ms(), call.pk)
    try:
        with transaction.atomic():
            decision = Decision.objects.create(
                call_id=call.pk, transaction_number=call.transaction_number or 0, choice=choice, actor=actor,
                reason=reason, at_ms=deed.now_ms,
            )  # fmt: skip
            sentence = ""
            if choice == Choice.CORRECT:
                sentence = _correct(call, world, deed)
            elif choice == Choice.SEPARATE:
                sentence = _separate(call, world, actor)
            if sentence:
                transaction.set_rollback(True)
                return sentence
            _close(call)
            return decision
    except IntegrityError:
        return _decided_already(call)


def _close(call: Postback) -> None:
    """Take a decided call out of the inbox, and with it the group that it stands for."""
    Postback.objects.filter(pk=call.pk).update(in_inbox=None)
    if call.conflict_group:
        listed = ConflictGroup.objects.filter(pk=call.conflict_group, listed_id=call.pk)
        listed.update(decided_count=F("count"), listed_id=None)


def keep_all(calls: Iterable[int], actor: str, reason: str, world: World) -> tuple[list[int], list[str]]:
    """(kept, a sentence for each that was not)."""
    kept, refused = [], []
    for call in list(calls)[:MAX_KEPT]:
        outcome = decide(call, Choice.KEEP, actor, reason, world)
        if isinstance(outcome, str):
            refused.append(outcome)
        else:
            kept.append(call)
    return kept, refused


def _decided_already(call: Postback) -> str:
    found = Decision.objects.filter(pk=call.pk).first()
    by = (
        _(" by %(actor)s, %(when)s: %(choice)s")
        % {"actor": found.actor, "when": moment(found.at_ms), "choice": found.get_choice_display().lower()}
        if found
        else ""
    )
    return _("The conflict of call %(pk)s was decided already%(by)s.") % {"pk": call.pk, "by": by}


def _correct(call: Postback, world: World, deed: moves.Deed) -> str:
    """Why nothing was changed; empty where it was."""
    (pair,) = pairs([call], world)
    if pair.why_not:
        return pair.why_not
    award = pair.looked.award
    host = Click.objects.filter(pk=award.click_id).values_list("referrer_host", flat=True).first() if award else ""

    def decided(seen: Earlier) -> Earlier | str:
        if seen.state in ADJUSTABLE:
            return _adjusted(call, seen)
        if seen.state not in CORRECTABLE:
            return _settled(seen.number, seen.state)
        if seen.is_adjusted:
            return _kept_by_adjustments(seen.number)
        now = replace(replaced(seen, award), host=host or "") if award else seen
        same = not differences(seen, now) and (now.subid, now.creative) == (seen.subid, seen.creative)
        return _("Transaction %(number)s says the same already.") % {"number": seen.number} if same else now

    outcome = moves.change(connection, call.transaction_number or 0, decided, deed)
    return outcome.sentence if isinstance(outcome, moves.Refused) else ""


def _separate(call: Postback, world: World, actor: str) -> str:
    """Why the call was not handed in as an order of its own; empty where it was. The engine saves it."""
    if not _is_similar(call):
        return _("The call has the transaction's own order number, so it cannot be a separate order.")
    asked = replace(_asked(call), again=True, separate=True, catalog=0)
    (looked,) = judge_all([asked], world)
    if looked.award is None:
        return _("It would not be saved: %(sentence)s") % {"sentence": looked.sentence()}
    params, fault, fields = copy_of(call)
    try:
        copies = [(params, fault, {**fields, "separate": True})]
        intake(world.settings).hand_in_again(copies, actor, world.catalog.version)
    except JournalError as refused:
        return _("Nothing was stored. %(fault)s") % {"fault": refused}
    return ""


def _is_similar(call: Postback) -> bool:
    return any(each["fact"] == "tid" for each in facts_of(call).get("differences", ()))


def _why_not(call: Postback, row: Transaction | None, looked: Looked) -> str:
    if row is None:
        return _("The transaction is not there any more.")
    if row.state in ADJUSTABLE:
        found = _adjusted(call, transactionrow.of(row))
        return found if isinstance(found, str) else ""
    if row.state not in CORRECTABLE:
        return _settled(row.number, row.state)
    if row.is_adjusted:
        return _kept_by_adjustments(row.number)
    facts = {each["fact"] for each in facts_of(call).get("differences", ())}
    if facts == {"tid"}:
        return _("Only the order number is spelled in another way, so there is nothing to correct.")
    if facts == {"status"}:
        return _("The call asks for another state; move the transaction on its own page.")
    if looked.award is None:
        return _("As the order's first call it would earn nothing: %(sentence)s") % {"sentence": looked.sentence()}
    return _above_limit(looked.award)


def _above_limit(award: Award) -> str:
    """A call of long ago may have been judged without a limit; what a person decides today has one."""
    try:
        check_limit(max(award.revenue_minor or 0, award.commission_minor), award.currency)
    except AmountError as fault:
        return _("The amount of the call cannot be taken: %(fault)s") % {"fault": fault}
    return ""


def _adjusted(call: Postback, seen: Earlier) -> Earlier | str:
    """A paid transaction with the call's amount, by an adjustment; or a sentence that says why there is none."""
    found = facts_of(call).get("differences", ())
    later = found[0]["later"] if len(found) == 1 and found[0]["fact"] == "amount" else None
    if not isinstance(later, int) or seen.revenue_minor is None:
        return _settled(seen.number, seen.state)
    if later > seen.revenue_minor:
        return _("Transaction %(number)s is paid; an adjustment cannot make it larger than what was paid.") % {
            "number": seen.number
        }
    if later == seen.remaining_revenue_minor:
        return _("Transaction %(number)s says the same already.") % {"number": seen.number}
    return reduced(seen, later)


def _kept_by_adjustments(number: int) -> str:
    return _("Transaction %(number)s was paid before and has adjustments, so it is not corrected.") % {"number": number}


def _settled(number: int, state: str) -> str:
    mend = _("; reopen it first") if state == "cancelled" else ""
    return _("Transaction %(number)s is %(state)s, so it is not corrected%(mend)s.") % {
        "number": number,
        "state": state,
        "mend": mend,
    }


def trail(call: Postback) -> dict[str, Any] | None:
    """Who decided, when and why; None while nobody has."""
    found = Decision.objects.filter(pk=call.pk).first()
    if found is None:
        return None
    return {"choice": found.choice, "actor": found.actor, "reason": found.reason, "at_ms": found.at_ms}
