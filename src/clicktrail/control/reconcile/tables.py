"""What the pages of a reconciled list show: its classes with their sums, one class line by line, a preview."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clicktrail.control.console.cells import (
    DASH,
    label,
    money_cell,
    number_text,
    page_link,
    state_label,
    time_cell,
)
from clicktrail.control.console.verdictcells import title_of
from clicktrail.control.ledger import verdicts
from clicktrail.control.ledger.models import Postback
from clicktrail.control.reconcile import acting, causes, classes, compare
from clicktrail.control.reconcile.acting import Chosen, Preview
from clicktrail.control.reconcile.listed import House
from clicktrail.control.reconcile.models import Action, JobState, Line, Reconciliation
from clicktrail.control.reconcile.sentences import calls_in, day_words, tell
from clicktrail.core.tongue import mark

PAGE_LINES = 100
TONES = {
    classes.MATCHED: "success",
    classes.AMOUNT: "warning",
    classes.MISSING: "danger",
    classes.UNKNOWN: "warning",
    classes.CANCELLED_THERE: "warning",
    classes.CONFIRMED_THERE: "info",
    classes.DAY: "info",
    classes.CANCELLED_BOTH: "success",
    classes.DOUBLED: "warning",
    classes.UNCLEAR: "warning",
    classes.ERROR: "danger",
}
OUTCOMES = {acting.DONE: mark("Done"), acting.UNCHANGED: mark("Unchanged"), acting.REFUSED: mark("Refused")}
OUTCOME_TONES = {acting.DONE: "success", acting.UNCHANGED: "plain", acting.REFUSED: "danger"}
SUGGESTED = {
    classes.MATCHED: acting.CONFIRM,
    classes.CONFIRMED_THERE: acting.CONFIRM,
    classes.CANCELLED_THERE: acting.CANCEL,
    classes.UNKNOWN: acting.CANCEL,
    classes.AMOUNT: acting.REDUCE,
    classes.DAY: acting.CONFIRM,
}
"""What people usually do with a class; every other move is offered on its page."""


@dataclass(frozen=True, slots=True)
class Page:
    kind: str
    title: str
    explained: str
    rows: list[dict[str, Any]]
    causes: list[tuple[str, str, int, bool]]
    """(code, name, lines, chosen)"""
    query: str
    cause: str
    outcome: str
    count: int
    next: str
    is_movable: bool
    lines_cut: bool


def overview(list_: Reconciliation) -> dict[str, Any]:
    summary, house = json.loads(list_.summary), compare.house_of_list(list_)
    rows = [_class_row(kind, summary["classes"].get(kind, {}), house) for kind in classes.CLASSES]
    if (apart := compare.apart(summary["classes"]))["lines"]:
        said = _("In both, and one side names no amount: amounts were not compared.")
        rows.insert(1, {"label": _(compare.NOT_COMPARED), "explained": said, **_sums(apart, house)})
    total = {"label": _(compare.TOTAL), **_sums(compare.total(summary["classes"]), house)}
    period = ""
    if summary["first"] is not None:
        ends = {"first": day_words(summary["first"]), "last": day_words(summary["last"])}
        period = _("%(first)s to %(last)s") % ends
    notes = list(map(tell, summary["notes"]))
    return {"classes": rows, "total": total, "notes": notes, "period": period, "lines": number_text(summary["lines"])}


def _class_row(kind: str, sums: Mapping[str, int], house: House) -> dict[str, Any]:
    return {
        "kind": kind,
        "label": label(_(classes.CLASSES[kind]), TONES[kind] if sums.get("lines") else "plain"),
        "explained": _(classes.EXPLAINED[kind]),
        "verb": SUGGESTED.get(kind),
        "verb_name": _(acting.VERBS[SUGGESTED[kind]]) if kind in SUGGESTED else "",
        **_sums(sums, house),
    }


def _sums(sums: Mapping[str, int], house: House) -> dict[str, Any]:
    amounts = ("listed", "found", "commission")
    shown = {name: money_cell(sums.get(name, 0), house.decimals, house.currency) for name in amounts}
    return {"lines": sums.get("lines", 0), **shown}


def in_short(list_: Reconciliation) -> str:
    if list_.state != JobState.DONE:
        return DASH
    found = json.loads(list_.summary)["classes"]
    agreeing = (classes.MATCHED, classes.CANCELLED_BOTH)
    differing = sum(sums["lines"] for kind, sums in found.items() if kind not in agreeing)
    return _("%(matched)s matched, %(differing)s not") % {
        "matched": number_text(sum(found[kind]["lines"] for kind in agreeing if kind in found)),
        "differing": number_text(differing),
    }


def page_of(list_: Reconciliation, kind: str, asked: Mapping[str, str]) -> Page | None:
    """None where there is no such class. `after`: the line that the page begins behind."""
    if kind not in classes.CLASSES:
        return None
    everything = Line.objects.filter(list_id=list_.pk, kind=kind)
    cause, query, outcome = (asked.get(name, "").strip() for name in ("cause", "q", "outcome"))
    rows = _narrowed(everything, cause, query, outcome)
    after = asked.get("after", "")
    shown = rows.filter(pk__gt=int(after)) if after.isdecimal() and len(after) < 19 else rows
    page = list(shown.order_by("pk")[: PAGE_LINES + 1])
    more = len(page) > PAGE_LINES
    house = compare.house_of_list(list_)
    named = [(code, cause_name(code), count, code == cause) for code, count in _causes(everything)]
    calls = verdicts_of(page)
    following = {"cause": cause, "q": query, "outcome": outcome, "after": page[PAGE_LINES - 1].pk} if more else {}
    return Page(
        kind,
        _(classes.CLASSES[kind]),
        _(classes.EXPLAINED[kind]),
        [_row(line, house, calls) for line in page[:PAGE_LINES]],
        named,
        query,
        cause,
        outcome,
        rows.count(),
        urlencode(following),
        kind in classes.MOVABLE,
        list_.lines_cut,
    )


def chosen_in(asked: Any) -> Chosen:
    """Classes or lines as a form sends them; what is neither is left out."""
    kinds = tuple(kind for kind in asked.getlist("kind") if kind in classes.MOVABLE)
    lines = tuple(int(text) for text in asked.getlist("line") if text.isdecimal() and len(text) < 19)
    return Chosen((), lines) if lines else Chosen(kinds)


def what_is_chosen(chosen: Chosen) -> str:
    if chosen.lines:
        return ngettext("%(count)d line", "%(count)d lines", len(chosen.lines)) % {"count": len(chosen.lines)}
    return ", ".join(_(classes.CLASSES[kind]) for kind in chosen.kinds)


def preview_rows(list_: Reconciliation, made: Preview) -> dict[str, Any]:
    house = compare.house_of_list(list_)
    before, after = made.before, made.after

    def money(minor: int) -> str:
        return money_cell(minor, house.decimals, house.currency)

    return {
        "preview": made,
        "refusals": sorted(made.refused.items(), key=lambda pair: -pair[1]),
        "sums": [
            (_("Transactions that count"), before.transactions, after.transactions),
            (_("Revenue"), money(before.revenue_minor), money(after.revenue_minor)),
            (_("Commission"), money(before.commission_minor), money(after.commission_minor)),
        ],
    }


def action_row(action: Action, zone: str | None) -> dict[str, Any]:
    return {
        "at": time_cell(action.created_ms, zone),
        "name": _(acting.VERBS[action.verb]),
        "problem": tell(action.problem),
        "what": what_is_chosen(Chosen.of(action.chosen)),
        "action": action,
        "state": label(str(JobState(action.state).label), "success" if action.state == JobState.DONE else "info"),
    }


def _narrowed(rows: QuerySet[Line], cause: str, query: str, outcome: str) -> QuerySet[Line]:
    rows = rows.filter(cause=cause) if cause in _known_causes() else rows
    rows = rows.filter(outcome=outcome) if outcome in OUTCOME_TONES else rows
    return rows.filter(order__startswith=query) if query else rows


def _known_causes() -> set[str]:
    from clicktrail.core.reasons import REASONS

    return {*causes.CAUSES, *REASONS}


def _causes(rows: QuerySet[Line]) -> list[tuple[str, int]]:
    counted = rows.exclude(cause="").values_list("cause").annotate(lines=Count("pk")).order_by("-lines", "cause")
    return list(counted)


def cause_name(code: str) -> str:
    if code in causes.CAUSES:
        return _(causes.CAUSES[code])
    return _("Call: %(reason)s") % {"reason": title_of(code)}


def verdicts_of(lines: Iterable[Line]) -> dict[int, str]:
    """What became of the calls of which these lines tell, in the viewer's language."""
    numbers = calls_in(line.sentence for line in lines)
    return {call.pk: verdicts.sentence_of(call) for call in Postback.objects.filter(pk__in=numbers)} if numbers else {}


def _row(line: Line, house: House, calls: Mapping[int, str]) -> dict[str, Any]:
    listed = money_cell(line.listed_minor, house.decimals, house.currency) if line.listed_minor is not None else ""
    return {
        "pk": line.pk,
        "line": line.line or DASH,
        "order": line.order,
        "listed": listed or line.listed_text or DASH,
        "listed_day": day_words(line.listed_day) if line.listed_day is not None else "",
        "listed_state": _(line.listed_state) if line.listed_state else "",
        "number": page_link("ledger_transaction", line.number, line.number) if line.number else DASH,
        "found": money_cell(line.revenue_minor, house.decimals, house.currency),
        "created": time_cell(line.created_ms, house.time_zone),
        "state": state_label(line.state) if line.state else "",
        "sentence": tell(line.sentence, calls),
        "outcome": label(_(OUTCOMES[line.outcome]), OUTCOME_TONES[line.outcome]) if line.outcome else "",
        "outcome_sentence": tell(line.outcome_sentence),
    }
