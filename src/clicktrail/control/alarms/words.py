"""Alarms in words: headline, cause, figures, what to do next. What a page, a mail and a command show alike."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from clicktrail.control.alarms import discards as jumps
from clicktrail.control.alarms.book import Told
from clicktrail.control.alarms.causes import Cause, Heard
from clicktrail.control.alarms.models import Alarm, Kind
from clicktrail.control.alarms.silence import Silent
from clicktrail.core.explain import age
from clicktrail.core.rounding import round_text
from clicktrail.core.tongue import amount, day_form, mark, say

LONG_AGO_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Today:
    orders: float
    """Since midnight."""
    usual_orders: float
    clicks: int
    usual_clicks: Sequence[int]


def silence(program: Any, silent: Silent, cause: Cause, calls: Mapping[str, Heard], today: Today, now_ms: int) -> Told:
    zone = program.time_zone
    since = moment(silent.since_ms, zone)
    chance = _once_in(silent.once_in_days)
    rows = [
        [say(mark("Orders since {since}"), since=since), _whole(silent.median), "0"],
        [say("Orders since midnight"), _whole(today.usual_orders), _whole(today.orders)],
        [say("Clicks in the silent hours"), _median(today.usual_clicks), str(today.clicks)],
        [say("Calls in the silent hours"), "", str(sum(heard.number for heard in calls.values()))],
    ]
    facts = {
        "figures": rows,
        "weeks": [round(count) for count in silent.weeks],
        "rule": say(
            "In the same hours of the last {weeks} weeks there were {median} orders as a rule, "
            "and {usual} in a weak week. Chance alone makes so long a silence {chance}.",
            weeks=len(silent.weeks),
            median=_whole(silent.median),
            usual=_whole(silent.usual),
            chance=chance,
        ),
        "calls": [
            [reason, heard.number, str(heard.last_call), heard.said()] for reason, heard in sorted(calls.items())
        ],
        "todo": list(cause.todo),
        "length": age(now_ms - silent.since_ms),
        "zone": zone,
    }
    return Told(
        Kind.SILENCE,
        program.pk,
        silent.since_ms,
        say(mark("{program}: no orders since {since}"), program=program, since=since),
        cause.code,
        cause.sentence,
        facts,
    )


def discards(program: Any, jump: jumps.Jump, since_ms: int) -> Told:
    said = say(
        "{calls} of the {of} calls of an hour were discarded as {reason}: {percent} %, usually {usual}.",
        calls=jump.calls,
        of=jump.of,
        reason=jump.reason,
        percent=round_text(jump.percent, 0),
        usual=_percent(jump.usual_percent),
    )
    facts = {
        "figures": [
            [
                say("Calls discarded as {reason}", reason=jump.reason),
                _percent(jump.usual_percent),
                f"{round_text(jump.percent, 0)} %",
            ]
        ],
        "usual_percent": jump.usual_percent,
        "rule": say(
            "One reason takes at least {percent} % of an hour's calls, and at least {times} times its usual share, "
            "among at least {calls} calls.",
            percent=jumps.JUMP_PERCENT,
            times=jumps.JUMP_TIMES,
            calls=jumps.LEAST_CALLS,
        ),
        "todo": [
            say("Open the latest of these calls in the log: it tells step by step what was wrong."),
            say("Mend it in the program's set-up, or tell the shop what it sends."),
        ],
        "zone": program.time_zone,
    }
    headline = say("{program}: calls are discarded as {reason}", program=program, reason=jump.reason)
    return Told(Kind.DISCARDS, program.pk, since_ms, headline, jump.reason, said, facts)


def still_discarded(row: Alarm, now: jumps.Calls) -> list[Told]:
    """The open alarm with the figures of now; empty where it is over."""
    facts = facts_of(row)
    usual = float(facts.get("usual_percent", 0))
    if jumps.is_over(row.cause, usual, now):
        return []
    if sum(now.values()):
        share, number = jumps.share(row.cause, now), now.get(row.cause, 0)
        percent = round_text(share, 0)
        facts["figures"] = [[say("Calls discarded as {reason}", reason=row.cause), _percent(usual), f"{percent} %"]]
        said = say(
            "{calls} of the {of} calls of the last hour were discarded as {reason}: {percent} %, usually {usual}.",
            calls=number,
            of=sum(now.values()),
            reason=row.cause,
            percent=percent,
            usual=_percent(usual),
        )
    else:
        said = row.sentence
    return [Told(row.kind, row.program_id, row.since_ms, row.headline, row.cause, said, facts)]


def house(kind: Kind, sentence: str, now_ms: int) -> Told:
    """Of the whole installation: the engine, the disk."""
    facts = {"figures": [], "todo": [say(step) for step in _HOUSE[kind]], "zone": "UTC"}
    return Told(kind, 0, now_ms, str(kind.label), kind.value, sentence, facts)


def over(row: Alarm) -> str:
    """The note with which it ended."""
    return {
        Kind.SILENCE: mark("Ended: orders come again, or the alarm was switched off."),
        Kind.DISCARDS: mark("Ended: the share of discarded calls is small again."),
        Kind.ENGINE: mark("Ended: the engine keeps up again."),
        Kind.JOURNAL: mark("Ended: the journal can be written again."),
    }[Kind(row.kind)]


def facts_of(row: Alarm) -> dict[str, Any]:
    return dict(json.loads(row.facts or "{}"))


def moment(ms: int, zone: str) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(ZoneInfo(zone)).strftime(f"{day_form()} %H:%M %Z")


def _once_in(days: float) -> str:
    if days > LONG_AGO_DAYS:
        return say("less than once in ten years")
    return say("once in {days} days", days=f"{days:.0f}") if days >= 2 else say("more than once in two days")


def _whole(count: float) -> str:
    return f"{count:.0f}"


def _percent(share: float) -> str:
    return amount(f"{round_text(share, 1 if share < 10 else 0)} %")


def _median(counts: Sequence[int]) -> str:
    from clicktrail.control.alarms.silence import median

    return _whole(median(counts)) if counts else ""


_HOUSE = {
    Kind.ENGINE: (
        mark("See `clicktrail status` and the engine's log: does it run, does the ledger answer, is the disk full?"),
        mark("Nothing is lost: what the edge has answered is in the journals and is judged when the engine goes on."),
    ),
    Kind.JOURNAL: (
        mark("Make room on the disk, or see what the system's log says of it."),
        mark("Until then visitors are sent on without a ClickID and shops are told to call again later (503)."),
    ),
}


def listed() -> list[dict[str, Any]]:
    """Open alarms, the oldest first, as JSON-able values."""
    rows = Alarm.objects.filter(ended_ms__isnull=True).order_by("raised_ms", "pk")
    return [
        {
            "id": row.pk,
            "kind": row.kind,
            "program": row.program_id or None,
            "since_ms": row.since_ms,
            "raised_ms": row.raised_ms,
            "headline": row.headline,
            "cause": row.cause,
            "sentence": row.sentence,
            "taken_by": row.taken_by or None,
            "snoozed_until_ms": row.snoozed_until_ms,
            **{name: facts_of(row).get(name, []) for name in ("figures", "todo")},
        }
        for row in rows
    ]
