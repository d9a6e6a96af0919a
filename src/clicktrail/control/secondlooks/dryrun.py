"""Judge calls without writing anything: the same pure function as the engine's, over the ledger as it stands.

Calls are judged one after the other, as if they had been handed in together: the second call of an order sees
what the first one would have made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clicktrail import keys
from clicktrail.control.ledger.verdicts import with_near_clickid
from clicktrail.control.secondlooks.lookups import Standing, World
from clicktrail.core import postback as call_form
from clicktrail.core import reasons, signing
from clicktrail.core.access import MAX_KEYS, NO_PROOFS, Access, Proofs, token_digest, token_purpose
from clicktrail.core.case import Award, Case, Earlier, Verdict
from clicktrail.core.catalog import Catalog
from clicktrail.core.explain import money, operator_sentence, sentence
from clicktrail.core.ids import read_id
from clicktrail.core.judge import judge
from clicktrail.core.nearest import nearest
from clicktrail.core.orders import Key, Orders
from clicktrail.core.story import story
from clicktrail.core.text import strip_invisible
from clicktrail.core.tongue import mark, say

IMAGINED = 0
"""Number of a transaction that only this dry run knows."""
SUPPOSED_KEY = 1
"""Stands for the key of a signature that is only supposed; it is not told, for the program may have no such key."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that might come."""

    params: Mapping[str, str]
    at_ms: int
    """When it arrives, or did."""
    fault: str = ""
    proofs: Proofs = NO_PROOFS
    supposed: bool = False
    """Judged as if the shop had signed it, with one of its keys."""
    again: bool = False
    separate: bool = False
    catalog: int = 0
    """Version that judges it; 0: the one in force."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What would become of it."""

    asked: Asked
    verdict: Verdict
    facts: Mapping[str, Any] = field(default_factory=dict)
    """As they are told: with what lies close by, without the numbers of what does not exist."""
    program: int = 0

    @property
    def reason(self) -> str:
        return self.verdict.reason

    @property
    def award(self) -> Award | None:
        return self.verdict.award

    def sentence(self, *, operator: bool = True) -> str:
        tell = operator_sentence if operator else sentence
        return tell(self.reason, self.facts, self.transaction)

    @property
    def transaction(self) -> int | None:
        """The one that is there already."""
        return self.verdict.transaction or None

    def nearest(self, *, operator: bool = True) -> str:
        return nearest(self.reason, self.facts, operator=operator)

    def story(self, *, operator: bool = True) -> list[str]:
        return story(self.reason, self.facts, self.transaction, operator=operator)

    def would(self) -> str:
        """What would become of it, in one sentence."""
        award = self.award
        if award is None:
            return say(_WOULD.get(self.reason, _DISCARDED), reason=self.reason)
        name, earned = self.facts.get("partner_name"), money(award.commission_minor, self.facts)
        partner = say("partner {number}", number=award.partner)
        if name:
            partner = say("partner {number} ({name})", number=award.partner, name=name)
        return say(_HELD if award.held_for else _SAVED, partner=partner, earned=earned)


_SAVED = mark("It would be saved and credited to {partner} with {earned}.")
_HELD = mark("It would be saved and credited to {partner} with {earned}, on hold until somebody releases it.")
_DISCARDED = mark("It would be discarded: {reason}.")
_WOULD = {
    reasons.DUPLICATE: mark("It would change nothing: {reason}."),
    reasons.UPDATED: mark("It would change the transaction that is there: {reason}."),
    reasons.CONFLICT: mark("It would be kept for somebody to decide: {reason}."),
    reasons.WAITING: mark("It would wait, because its click has not been read yet: {reason}."),
}


def judge_all(asked: Sequence[Asked], world: World, known: dict[Key, Earlier] | None = None) -> list[Looked]:
    """known: orders that calls before these would have saved; those of this run are added to it."""
    known = {} if known is None else known
    cases = _cases(asked, world)
    orders = [_order(case.postback) for case in cases]
    newer = [order for order, case in zip(orders, cases, strict=True) if case.catalog.judging_version >= 2]
    standing = Orders(orders, [order for order in newer if all(order)], Standing(known))
    found = []
    for each, case, order in zip(asked, cases, orders, strict=True):
        before = standing.earlier(order)
        similar = standing.similar(order) if before is None else ()
        looked = _look(each, replace(case, earlier=before, similar=similar))
        made = imagined(looked.award, each.at_ms) if looked.award is not None else None
        if made is None and looked.verdict.change is not None:
            made = looked.verdict.change.after
        if made is not None:
            known[order] = made
            standing.put(order, made)
        found.append(looked)
    return found


def judge_first(asked: Sequence[Asked], world: World) -> list[Looked]:
    """Each as if it were the first call of its order."""
    return [_look(each, case) for each, case in zip(asked, _cases(asked, world), strict=True)]


def _cases(asked: Sequence[Asked], world: World) -> list[Case]:
    """All that their verdicts depend on, but for what stands already."""
    typed = [_typed(each) for each in asked]
    click_ids = world.click_ids(call.clickid for call in typed)
    clicks = world.clicks(click_ids.values())
    catalogs = {version: world.catalog_of(version) for version in {each.catalog for each in asked}}
    cases = []
    for each, call in zip(asked, typed, strict=True):
        click_id = click_ids.get(call.clickid or "")
        click = clicks[click_id] if click_id is not None else None
        cases.append(Case(call, click_id, click, None, catalogs[each.catalog], each.at_ms))
    return cases


def _look(asked: Asked, case: Case) -> Looked:
    verdict = judge(case.postback, case.click_id, case.click, case.earlier, case.catalog, case.now_ms, case.similar)
    return Looked(asked, verdict, _told(verdict, asked), _order(case.postback)[0])


def query_of(text: str) -> str:
    """The query of an address; a text that is none is one itself."""
    address = text.strip().partition("#")[0] if "://" in text.partition("=")[0] else text.strip()
    head, mark, query = address.partition("?")
    return query if mark and "=" not in head else address


def proofs_of(sent: Mapping[str, str], catalog: Catalog, kept: keys.Keys, at_ms: int) -> Proofs:
    """What signature and token of a call prove; from where it comes nobody knows. sent: see `read_as_sent`."""
    program = catalog.programs.get(read_id(strip_invisible(sent.get("cpid", ""))) or 0)
    if program is None or not program.access.looks:
        return NO_PROOFS
    rules = program.access
    secrets = {key.number: keys.derive(kept, key.purpose(program.id)) for key in rules.keys[:MAX_KEYS]}
    signed = signing.check(sent, secrets, rules.replay_window_s * 1000, at_ms)
    token = _token(sent.get("token", ""), rules, keys.derive(kept, token_purpose(program.id)))
    return Proofs(signed_by=signed.by, token=token, fault=signed.fault, stamp_ms=signed.stamp_ms)


def _token(given: str, rules: Access, key: bytes) -> int:
    digest = token_digest(key, given) if given else ""
    return next((token.number for token in rules.tokens[:MAX_KEYS] if token.digest == digest), 0)


def imagined(award: Award, at_ms: int) -> Earlier:
    """The transaction that a call would make."""
    return Earlier(
        IMAGINED, award.partner, award.product, award.revenue_minor, award.click_id, award.state, 0, award.trusted,
        award.stamp_ms, award.subid, award.creative, award.referrer, "", award.clickid, award.product_id,
        award.commission_minor, award.percent_ppm, award.fixed_minor, award.test, award.clicked_ms, at_ms,
        award.held_for,
    )  # fmt: skip


def _typed(asked: Asked) -> call_form.Postback:
    call = call_form.from_params(dict(asked.params), asked.fault, asked.proofs)
    return replace(call, again=asked.again, separate=asked.separate)


def _order(call: call_form.Postback) -> Key:
    return read_id(call.cpid) or 0, call.tid or ""


def supposed_signature(at_ms: int, token: int = 0) -> Proofs:
    """What a call would prove that the shop signs rightly."""
    return Proofs(signed_by=SUPPOSED_KEY, token=token, stamp_ms=at_ms)


def _told(verdict: Verdict, asked: Asked) -> dict[str, Any]:
    """Facts of the verdict without numbers of what does not exist: an imagined transaction, a supposed key."""
    facts = with_near_clickid(verdict.reason, verdict.facts)
    found = {name: value for name, value in facts.items() if (name, value) != ("transaction", IMAGINED)}
    if asked.supposed or asked.proofs.house:
        found.pop("signed_by", None)
    return found | {"supposed": True} if asked.supposed else found


def credited(looked: Looked) -> dict[str, Any] | None:
    """Who would get what, for programs; None where nobody would."""
    award = looked.award
    if award is None:
        return None
    facts = {"currency": award.currency, "decimals": award.decimals}
    amount = None if award.revenue_minor is None else money(award.revenue_minor, facts)
    return {
        "program": award.program, "partner": award.partner, "partner_name": looked.facts.get("partner_name"),
        "subid": award.subid, "creative": award.creative or None, "product": award.product, "revenue": amount,
        "commission": money(award.commission_minor, facts), "state": award.state, "test": award.test,
    }  # fmt: skip
