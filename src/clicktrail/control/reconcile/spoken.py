"""A list as a terminal or a program wants to hear it: the command `clicktrail reconcile`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clicktrail.control.reconcile import acting, classes, columns, compare, storing
from clicktrail.control.reconcile.acting import Chosen, Preview
from clicktrail.control.reconcile.columns import Columns
from clicktrail.control.reconcile.listed import House
from clicktrail.control.reconcile.models import Action, JobState, Reconciliation
from clicktrail.control.reconcile.orderlist import day_text
from clicktrail.control.reconcile.sentences import tell
from clicktrail.control.reconcile.sheet import SAMPLE_ROWS
from clicktrail.core.money import format_minor
from clicktrail.errors import ListError

ACTOR = "command line"
USUAL = {
    acting.CONFIRM: (classes.MATCHED, classes.CONFIRMED_THERE),
    acting.CANCEL: (classes.CANCELLED_THERE,),
    acting.REDUCE: (classes.AMOUNT,),
}
"""Classes that a move is meant for, where nobody names others."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line says of a list; empty: as it shows by itself."""

    columns: str = ""
    decimal: str = ""
    time_format: str = ""
    sheet: str = ""
    from_day: int | None = None
    to_day: int | None = None


def take(program: int, name: str, body: bytes, choices: Choices) -> Reconciliation:
    """Keep the list and put it in the queue. Raises ListError."""
    try:
        compare.house_of(program)
        list_ = storing.store(program, name, body, ACTOR, choices.sheet)
    except compare.CannotCompare as fault:
        raise ListError(str(fault)) from None
    except storing.Refused as fault:
        raise ListError(f"File: {str(fault)[:1].lower()}{str(fault)[1:]}") from None
    try:
        storing.start(list_, _form(list_, choices), choices.from_day, choices.to_day)
    except columns.MappingError as fault:
        storing.delete(list_.pk)
        raise ListError(f"{fault} Name it with --map, for example --map tid=1,umsatz=2.") from None
    return list_


def check(list_: Reconciliation) -> None:
    """Raises ListError where it could not be compared."""
    list_.refresh_from_db()
    if list_.state != JobState.DONE:
        raise ListError(tell(list_.problem) or "The list was not compared.")


def chosen(verb: str, kinds: list[str]) -> Chosen:
    """Raises ListError for a class that cannot be moved."""
    for kind in kinds:
        if kind not in classes.MOVABLE:
            raise ListError(f"--class {kind!r} is no class that can be moved: one of {', '.join(classes.MOVABLE)}.")
    return Chosen(tuple(kinds) or USUAL[verb])


def as_data(list_: Reconciliation, preview: Preview | None, action: Action | None) -> dict[str, Any]:
    """Amounts as texts in the currency's decimals."""
    summary, house = json.loads(list_.summary), compare.house_of_list(list_)
    told = {
        "list": list_.pk,
        "program": list_.program_id,
        "file": list_.file_name,
        "columns": {role: place + 1 for role, place in json.loads(list_.columns).items()},
        "from": day_text(summary["first"]) or None,
        "to": day_text(summary["last"]) or None,
        "lines": summary["lines"],
        "notes": list(map(tell, summary["notes"])),
        "currency": house.currency,
        "classes": {kind: _sums(sums, house) for kind, sums in summary["classes"].items()},
        "not_compared": _sums(compare.apart(summary["classes"]), house),
        "total": _sums(compare.total(summary["classes"]), house),
    }
    if preview:
        told["would_change"] = preview.changed
        told["unchanged"] = preview.unchanged
        told["refused"] = preview.refused
        told["left_out"] = preview.unsure
    if action:
        told["applied"] = {"moved": action.moved, "unchanged": action.unchanged, "refused": action.refused}
    return told


def lines(list_: Reconciliation) -> Iterator[str]:
    summary, house = json.loads(list_.summary), compare.house_of_list(list_)
    form = ", ".join(f"{columns.ROLES[role]}: column {place + 1}" for role, place in json.loads(list_.columns).items())
    yield f"{list_.file_name}: {summary['lines']} lines, {list_.encoding}. {form}."
    if summary["first"] is not None:
        yield f"Period: {day_text(summary['first'])} to {day_text(summary['last'])}."
    yield from map(tell, summary["notes"])
    yield f"{'':20} {'lines':>9} {'in the list':>16} {'here':>16} {'commission':>14}"
    for name, sums in compare.rows_of(summary["classes"]):
        amounts = [format_minor(sums[key], house.decimals) for key in ("listed", "found", "commission")]
        yield f"{name:20} {sums['lines']:>9} {amounts[0]:>16} {amounts[1]:>16} {amounts[2]:>14} {house.currency}"


def told(list_: Reconciliation, verb: str, preview: Preview | None, action: Action | None) -> Iterator[str]:
    """The result, and what --apply did or would do."""
    yield from lines(list_)
    if action:
        yield from action_lines(list_, action)
    elif preview:
        yield from preview_lines(list_, verb, preview)


def preview_lines(list_: Reconciliation, verb: str, made: Preview) -> Iterator[str]:
    house = compare.house_of_list(list_)
    name = acting.VERBS[verb]
    yield f"{name}: {made.changed} of {made.lines} transactions would change, {made.unchanged} are so already."
    for name, before, after in (
        ("Revenue", made.before.revenue_minor, made.after.revenue_minor),
        ("Commission", made.before.commission_minor, made.after.commission_minor),
    ):
        shown = [format_minor(minor, house.decimals) for minor in (before, after)]
        yield f"{name}: {shown[0]} {house.currency} before, {shown[1]} {house.currency} after."
    if made.unsure:
        yield f"Left out: {made.unsure}, whose order numbers are not certain. The console moves single ones of them."
    for sentence, count in sorted(made.refused.items()):
        yield f"Left as they are: {count}. {sentence}"


def action_lines(list_: Reconciliation, action: Action) -> Iterator[str]:
    yield f"{action.moved} transactions were moved, {action.unchanged} were so already, {action.refused} were refused."
    if action.refused:
        yield f"The console's page of list {list_.pk} names the refused ones; so does --csv."


def _form(list_: Reconciliation, choices: Choices) -> Columns:
    """As remembered or guessed, and over that as --map says."""
    read = storing.sheet_of(list_, SAMPLE_ROWS)
    sample = storing.shape_of(read, list_.program_id).sample if read else []
    width = max((len(row) for row in sample), default=0)
    named = columns.read_choice(choices.columns, sample[0] if sample else ())
    kept = json.loads(list_.columns)
    if any(role in columns.KEYS for role in named):
        kept = {role: place for role, place in kept.items() if role not in columns.KEYS}
    kept = {role: place for role, place in kept.items() if place not in named.values()}
    columns.check(kept | named, width)
    decimal, time_format = choices.decimal or list_.decimal, choices.time_format or list_.time_format
    return Columns(kept | named, list_.has_header, decimal, time_format)


def _sums(sums: dict[str, int], house: House) -> dict[str, object]:
    return {"lines": sums["lines"]} | {
        name: format_minor(sums[key], house.decimals)
        for name, key in (("listed", "listed"), ("here", "found"), ("commission", "commission"))
    }
