"""Why is it silent? The likely cause from what did arrive, in words, with what to do next. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from clicktrail.control.alarms.discards import GOOD
from clicktrail.core import tongue
from clicktrail.core.reasons import DUPLICATE, NO_ATTRIBUTION, WAITING
from clicktrail.core.rounding import round_text
from clicktrail.core.tongue import mark, say

ENGINE, PAUSED, NO_CLICKID, DISCARDED, REPEATS, WAITS, UNNAMED, NO_CLICKS, FEW_CLICKS, NO_CALLS = (
    "engine_behind", "program_paused", "no_clickid", "discarded", "repeats", "waits", "unnamed", "no_clicks",
    "few_clicks", "no_calls",
)  # fmt: skip

FEW_SHARE = 4
"""Clicks below a quarter of the usual are few."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Calls with one verdict since the last order."""

    number: int
    last_call: int = 0
    """Log number of the latest."""
    sentence: str = ""
    """The verdict on the latest, for the operator, in English."""
    tell: Callable[[], str] | None = None
    """The same in the language that is spoken."""

    def said(self) -> str:
        return self.tell() if self.tell else self.sentence


@dataclass(frozen=True, slots=True)
class Evidence:
    """What arrived for a program while no order did."""

    engine_fault: str = ""
    paused: bool = False
    calls: Mapping[str, Heard] = field(default_factory=dict)
    """Reason -> calls."""
    unnamed: int = 0
    """Calls that name no program, or none that exists: they may be this one's."""
    clicks: int = 0
    usual_clicks: float = 0.0


@dataclass(frozen=True, slots=True)
class Cause:
    code: str
    sentence: str
    todo: tuple[str, ...]


def likely(evidence: Evidence) -> Cause:
    """The first that fits: what makes the ledger blind, then what was refused, then what never came."""
    if evidence.engine_fault:
        return Cause(
            ENGINE,
            say(mark("{fault} Orders may lie in the journals, unread."), fault=evidence.engine_fault),
            _todo(_ENGINE),
        )
    if evidence.paused:
        return Cause(PAUSED, say("The program is paused, so nobody is credited."), _todo(_PAUSED))
    refused = {reason: heard for reason, heard in evidence.calls.items() if reason not in GOOD and heard.number}
    if refused:
        return _refused(refused)
    for reason, found in ((WAITING, _waiting), (DUPLICATE, _repeats)):
        if reason in evidence.calls and evidence.calls[reason].number:
            return found(evidence.calls[reason])
    return _nothing(evidence)


def _refused(refused: Mapping[str, Heard]) -> Cause:
    reason, heard = max(refused.items(), key=lambda item: (item[1].number, item[0]))
    others = sum(each.number for each in refused.values()) - heard.number
    more = (
        " "
        + tongue.count(
            "{number} more was discarded for other reasons.", "{number} more were discarded for other reasons.", others
        )
        if others
        else ""
    )
    if reason == NO_ATTRIBUTION:
        said = tongue.count(
            "{number} call arrived without a ClickID and without a partner, so nobody can be credited.",
            "{number} calls arrived without a ClickID and without a partner, so nobody can be credited.",
            heard.number,
        )
        return Cause(NO_CLICKID, said + more, _todo(_NO_CLICKID))
    said = tongue.count(
        "{number} call arrived, but is discarded as {reason}.",
        "{number} calls arrived, but all are discarded as {reason}.",
        heard.number,
        reason=reason,
    )
    latest = say("The latest: {verdict}", verdict=heard.said()) if heard.said() else ""
    return Cause(DISCARDED, f"{said} {latest}".rstrip() + more, _todo(_DISCARDED))


def _waiting(heard: Heard) -> Cause:
    said = tongue.count(
        "{number} call arrived and waits for its click.",
        "{number} calls arrived and wait for their clicks.",
        heard.number,
    )
    return Cause(WAITS, said, _todo(_ENGINE))


def _repeats(heard: Heard) -> Cause:
    said = tongue.count(
        "{number} call arrived, but it repeats an order that is saved already.",
        "{number} calls arrived, but all repeat orders that are saved already.",
        heard.number,
    )
    return Cause(REPEATS, said, _todo(_REPEATS))


def _nothing(evidence: Evidence) -> Cause:
    clicks, usual = evidence.clicks, evidence.usual_clicks
    if evidence.unnamed:
        said = tongue.count(
            "No call names this program, but {number} call came without a program that exists.",
            "No call names this program, but {number} calls came without a program that exists.",
            evidence.unnamed,
        )
        return Cause(UNNAMED, said, _todo(_UNNAMED))
    if not clicks and usual >= 1:
        said = say("No calls at all, and no clicks either (usual in these hours: {usual}).", usual=round_text(usual, 0))
        return Cause(NO_CLICKS, said, _todo(_NO_CLICKS))
    if clicks * FEW_SHARE < usual:
        said = tongue.count(
            "No calls at all, and only {number} click (usual in these hours: {usual}).",
            "No calls at all, and only {number} clicks (usual in these hours: {usual}).",
            clicks,
            usual=round_text(usual, 0),
        )
        return Cause(FEW_CLICKS, said, _todo(_NO_CLICKS))
    said = say(
        "No calls at all, and hardly any clicks are usual in these hours: "
        "the shop does not report its orders, or nobody orders."
    )
    if clicks:
        said = tongue.count(
            "No calls at all, although {number} click came: the shop does not report its orders, or nobody orders.",
            "No calls at all, although {number} clicks came: the shop does not report its orders, or nobody orders.",
            clicks,
        )
    return Cause(NO_CALLS, said, _todo(_NO_CALLS))


def _todo(steps: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(say(step) for step in steps)


_ENGINE = (
    mark("See `clicktrail status` and the engine's log: is it running, and does the ledger answer?"),
    mark("Nothing is lost: what the edge has answered is in the journals and is judged when the engine goes on."),
)
_PAUSED = (mark("Set the program to active where the pause was not meant, or switch its alarm off."),)
_NO_CLICKID = (
    mark("Open the landing page from a partner's link: does the ClickID arrive in the address?"),
    mark(
        "See whether the shop still stores it (consent banner, new shop release, a redirect that drops parameters) "
        "and sends it as clickid."
    ),
)
_DISCARDED = (
    mark("Open the latest call in the log: it tells step by step what was wrong."),
    mark("Mend it in the program's set-up or tell the shop; calls that were discarded do not block the order."),
)
_REPEATS = (mark("Ask the shop whether the order number in tid still changes with each order."),)
_UNNAMED = (mark("Look at the latest calls in the log: has the shop lost cpid, the number of the program?"),)
_NO_CLICKS = (
    mark("Click one of the program's links yourself: does it reach the shop?"),
    mark("See whether the tracking host is reachable from outside (DNS, certificate, proxy)."),
    mark("Ask the largest partners whether their links are still in place."),
)
_NO_CALLS = (
    mark("Complete a test order through a link of partner 2 and look for it in the log."),
    mark(
        "Ask the shop whether the pixel or the server call is still on the confirmation page "
        "(new release, consent tool, tag manager)."
    ),
    mark("Ask whether orders come in at all: payment and checkout may be down."),
)
