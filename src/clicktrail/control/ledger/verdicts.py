"""A line of the log in words: the same steps for page, command and API."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from clicktrail import keys
from clicktrail.control.ledger import mistyped
from clicktrail.control.ledger.models import Click, Postback
from clicktrail.core import explain, reasons
from clicktrail.core.clickid import Checks
from clicktrail.core.story import Received, story
from clicktrail.core.tongue import say

LONGEST_MEANT = 64
"""Characters of a text that may still be a ClickID with a slip in it."""


def facts_of(call: Postback) -> dict[str, Any]:
    return dict(json.loads(call.facts or "{}"))


def sentence_of(call: Postback) -> str:
    """The verdict in one sentence, for who runs the program."""
    return explain.operator_sentence(call.reason, facts_of(call), call.transaction_number)


def received(call: Postback) -> Received:
    proofs = json.loads(call.proofs) if call.proofs else {}
    return Received(
        call.at_ms, call.method, call.source, call.actor, call.again_id or 0, call.arrived_ms or 0,
        bool(proofs.get("listed")), bool(proofs.get("house")),
    )  # fmt: skip


def steps_of(
    call: Postback, copies: Iterable[Postback] = (), *, operator: bool = True, untold: Iterable[str] = ()
) -> list[str]:
    """The story of one call. copies: the calls that judge it once more. untold: facts that are not for the reader."""
    facts = {name: value for name, value in facts_of(call).items() if name not in untold}
    facts = with_near_clickid(call.reason, facts)
    told = story(call.reason, facts, call.transaction_number, received(call), operator=operator)
    return told + [_judged_again(copy, operator) for copy in copies]


def copies_of(calls: Iterable[Postback]) -> dict[int, list[Postback]]:
    """Call -> the calls that judge it once more, oldest first; one question for all."""
    found: dict[int, list[Postback]] = defaultdict(list)
    for copy in Postback.objects.filter(again_id__in=[call.pk for call in calls]).order_by("id"):
        found[copy.again_id or 0].append(copy)
    return found


def with_near_clickid(reason: str, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with the genuine ClickID that lies one slip away, where its click is known."""
    text = facts.get("clickid", "").strip()
    if reason != reasons.MALFORMED_CLICKID or not mistyped.is_meant_as_clickid(text) or len(text) > LONGEST_MEANT:
        return facts
    house = settings.CLICKTRAIL
    kept = keys.load(house.keys_folder)
    checks = Checks(kept.clickid, kept.current, house.prefix)
    near = mistyped.meant(text, checks)
    is_known = near is not None and Click.objects.filter(pk=checks.read(near)).exists()
    return facts | {"near_clickid": near} if is_known else facts


def _judged_again(copy: Postback, operator: bool) -> str:
    when = explain.moment(copy.at_ms)
    if operator:
        words = {"when": when, "actor": copy.actor, "number": copy.pk, "verdict": sentence_of(copy)}
        return say("Judged once more {when} by {actor} as call {number}: {verdict}", **words)
    if copy.saved:
        words = {"when": when, "number": copy.transaction_number}
        return say("It was judged once more {when}. It was saved as transaction {number}.", **words)
    return say("It was judged once more {when}.", when=when)
