"""Why is it silent? The likely cause from what did arrive, in words, with what to do next. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from clicktrail.control.alarms.discards import GOOD
from clicktrail.core.reasons import DUPLICATE, NO_ATTRIBUTION, WAITING

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
    """The verdict on the latest, for the operator."""


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
        return Cause(ENGINE, f"{evidence.engine_fault} Orders may lie in the journals, unread.", _ENGINE)
    if evidence.paused:
        return Cause(PAUSED, "The program is paused, so nobody is credited.", _PAUSED)
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
    more = f" {others} more {'was' if others == 1 else 'were'} discarded for other reasons." if others else ""
    if reason == NO_ATTRIBUTION:
        said = f"{_arrive(heard.number)} without a ClickID and without a partner, so nobody can be credited."
        return Cause(NO_CLICKID, said + more, _NO_CLICKID)
    said = f"{_arrive(heard.number)}, but {'is' if heard.number == 1 else 'all are'} discarded as {reason}."
    return Cause(DISCARDED, f"{said} The latest: {heard.sentence}{more}" if heard.sentence else said + more, _DISCARDED)


def _waiting(heard: Heard) -> Cause:
    said = f"{_arrive(heard.number)} and waits for its click." if heard.number == 1 else (
        f"{_arrive(heard.number)} and wait for their clicks."
    )  # fmt: skip
    return Cause(WAITS, said, _ENGINE)


def _repeats(heard: Heard) -> Cause:
    return Cause(REPEATS, f"{_arrive(heard.number)}, but all repeat orders that are saved already.", _REPEATS)


def _nothing(evidence: Evidence) -> Cause:
    clicks, usual = evidence.clicks, evidence.usual_clicks
    if evidence.unnamed:
        said = f"No call names this program, but {calls(evidence.unnamed)} came without a program that exists."
        return Cause(UNNAMED, said, _UNNAMED)
    if not clicks and usual >= 1:
        said = f"No calls at all, and no clicks either (usual in these hours: {usual:.0f})."
        return Cause(NO_CLICKS, said, _NO_CLICKS)
    if clicks * FEW_SHARE < usual:
        said = f"No calls at all, and only {_clicks(clicks)} (usual in these hours: {usual:.0f})."
        return Cause(FEW_CLICKS, said, _NO_CLICKS)
    came = f"although {_clicks(clicks)} came" if clicks else "and hardly any clicks are usual in these hours"
    said = f"No calls at all, {came}: the shop does not report its orders, or nobody orders."
    return Cause(NO_CALLS, said, _NO_CALLS)


def calls(number: int) -> str:
    return f"{number} call" if number == 1 else f"{number} calls"


def _arrive(number: int) -> str:
    return f"{number} call arrived" if number == 1 else f"{number} calls arrived"


def _clicks(number: int) -> str:
    return f"{number} click" if number == 1 else f"{number} clicks"


_ENGINE = (
    "See `clicktrail status` and the engine's log: is it running, and does the ledger answer?",
    "Nothing is lost: what the edge has answered is in the journals and is judged when the engine goes on.",
)
_PAUSED = ("Set the program to active where the pause was not meant, or switch its alarm off.",)
_NO_CLICKID = (
    "Open the landing page from a partner's link: does the ClickID arrive in the address?",
    "See whether the shop still stores it (consent banner, new shop release, a redirect that drops parameters) "
    "and sends it as clickid.",
)
_DISCARDED = (
    "Open the latest call in the log: it tells step by step what was wrong.",
    "Mend it in the program's set-up or tell the shop; calls that were discarded do not block the order.",
)
_REPEATS = ("Ask the shop whether the order number in tid still changes with each order.",)
_UNNAMED = ("Look at the latest calls in the log: has the shop lost cpid, the number of the program?",)
_NO_CLICKS = (
    "Click one of the program's links yourself: does it reach the shop?",
    "See whether the tracking host is reachable from outside (DNS, certificate, proxy).",
    "Ask the largest partners whether their links are still in place.",
)
_NO_CALLS = (
    "Complete a test order through a link of partner 2 and look for it in the log.",
    "Ask the shop whether the pixel or the server call is still on the confirmation page "
    "(new release, consent tool, tag manager).",
    "Ask whether orders come in at all: payment and checkout may be down.",
)
