"""What arrived for programs that are silent, and the calls of the last hour: bounded reads by index only."""

import json
from collections.abc import Iterable, Mapping
from functools import partial

from django.db.models.query import QuerySet

from clicktrail.control.alarms.causes import Heard
from clicktrail.control.ledger.exact import ExactSum
from clicktrail.control.ledger.models import Postback, RollupHour
from clicktrail.core.catalog import TEST_PARTNER
from clicktrail.core.clickid import first_id, made_ms
from clicktrail.core.explain import operator_sentence
from clicktrail.core.reasons import MISSING_CPID, UNKNOWN_PROGRAM

HOUR_MS = 3_600_000
QUARTER_S = 900
MAX_CALLS_READ = 50_000
"""Latest calls that are looked at; where more came, shares and counts are of these."""

ByProgram = dict[int, dict[str, int]]
"""Program (0: none that exists) -> reason -> calls."""


def calls_since(since_ms: int, before_ms: int | None = None) -> ByProgram:
    """The calls of a stretch of time, by program and reason."""
    rows = _latest(since_ms, before_ms).values_list("program_id", "reason")
    found: ByProgram = {}
    for program, reason in rows.iterator():
        of = found.setdefault(program or 0, {})
        of[reason] = of.get(reason, 0) + 1
    return found


def heard(since_ms: Mapping[int, int]) -> tuple[dict[int, dict[str, Heard]], int]:
    """(program -> reason -> its calls since then, calls that name no program that exists). One read for all.

    since_ms: program -> its last order.
    """
    if not since_ms:
        return {}, 0
    ids = _latest(min(since_ms.values()), None).values_list("program_id", "reason", "pk")
    number: dict[tuple[int, str], int] = {}
    latest: dict[tuple[int, str], int] = {}
    unnamed = 0
    for program, reason, call in ids.iterator():
        unnamed += reason in (MISSING_CPID, UNKNOWN_PROGRAM)
        if program in since_ms and made_ms(call) > since_ms[program]:
            key = (program, reason)
            number[key] = number.get(key, 0) + 1
            latest.setdefault(key, call)
    return _with_sentences(number, latest), unnamed


def _with_sentences(
    number: Mapping[tuple[int, str], int], latest: Mapping[tuple[int, str], int]
) -> dict[int, dict[str, Heard]]:
    facts = dict(Postback.objects.filter(pk__in=latest.values()).values_list("pk", "facts"))
    found: dict[int, dict[str, Heard]] = {}
    for (program, reason), call in latest.items():
        tell = partial(operator_sentence, reason, json.loads(facts.get(call) or "{}"))
        found.setdefault(program, {})[reason] = Heard(number[program, reason], call, tell(), tell)
    return found


def clicks(program: int, stretches: Iterable[tuple[int, int]]) -> list[int]:
    """Counted clicks in each stretch, from the rollups' whole buckets; those of the test partner are none."""
    found = []
    for begin_ms, end_ms in stretches:
        buckets = range(begin_ms // HOUR_MS * 3600, end_ms // 1000 + 1, QUARTER_S)
        rows = RollupHour.objects.filter(bucket_s__in=list(buckets), program_id=program)
        found.append(rows.exclude(partner_id=TEST_PARTNER).aggregate(total=ExactSum("clicks_gross"))["total"] or 0)
    return found


def _latest(since_ms: int, before_ms: int | None) -> QuerySet:
    rows = Postback.objects.filter(pk__gte=first_id(since_ms))
    if before_ms is not None:
        rows = rows.filter(pk__lt=first_id(before_ms))
    return rows.order_by("-pk")[:MAX_CALLS_READ]
