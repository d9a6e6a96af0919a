"""Compare one uploaded list with the ledger: read, look up, classify, explain, keep.

Nothing but the lines of the result is written, so a comparison that was interrupted
simply begins again.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from clicktrail import heartbeat
from clicktrail.control.catalog.models import Program
from clicktrail.control.reconcile import causes, classes, columns, storing
from clicktrail.control.reconcile.causes import Evidence
from clicktrail.control.reconcile.classes import Finding, Ours
from clicktrail.control.reconcile.columns import Columns
from clicktrail.control.reconcile.lookup import Lookup, TooMany
from clicktrail.control.reconcile.models import JobState, Reconciliation
from clicktrail.control.reconcile.orderlist import EPOCH_DAY, House, Listed, Listing, TooLong, read_lines
from clicktrail.control.reconcile.progress import WHOLE, Claimed
from clicktrail.control.reconcile.sentences import Sentence, told
from clicktrail.core.ids import read_id
from clicktrail.core.money import decimals_of
from clicktrail.core.postback import MAX_TEXT
from clicktrail.core.tongue import mark

WRITE_ROWS = 1000
"""Lines kept in one transaction: short, so that the engine is not held up."""
KEPT = (
    ("list_id", "kind", "cause", "sentence", "line", '"order"', "listed_minor", "listed_text", "listed_day")
    + ("listed_state", "number", "revenue_minor", "commission_minor", "state", "created_ms", "outcome")
    + ("outcome_sentence",)
)  # fmt: skip
KEEP = f"INSERT INTO reconcile_line ({', '.join(KEPT)}) VALUES ({', '.join(['%s'] * len(KEPT))})"  # noqa: S608
MAX_PROGRAMS = 50
"""Programs among whose transactions a missing order is looked for."""


class CannotCompare(ValueError):
    """The sentence says why, and the mend."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days since 1970 in the program's zone, both included; and the same in milliseconds, the end excluded."""

    first: int
    last: int
    first_ms: int
    end_ms: int


def house_of(program_id: int) -> House:
    """Raises CannotCompare where the program is gone."""
    program = Program.objects.filter(pk=program_id).first()
    if program is None:
        raise CannotCompare(told(mark("There is no program {program} any more."), program=program_id))
    return House(program.currency, decimals_of(program.currency), program.time_zone)


def house_of_list(list_: Reconciliation) -> House:
    """For showing a list whose program may be gone."""
    try:
        return house_of(list_.program_id)
    except CannotCompare:
        return House("", 2, "UTC")


def run(claimed: Claimed) -> None:
    """The whole job. Raises progress.Lost; what is wrong with the list ends it with a sentence."""
    list_ = claimed.job
    assert isinstance(list_, Reconciliation)
    try:
        findings, facts = _examine(list_, claimed)
        _keep(list_, findings, claimed)
    except (CannotCompare, TooLong, TooMany) as fault:
        claimed.write(state=JobState.FAILED, problem=fault.args[0].kept, finished_ms=heartbeat.now_ms())
        return
    summary = facts | {"classes": sums(findings)}
    claimed.write(
        state=JobState.DONE, phase="", done=WHOLE, total=WHOLE, problem="",
        summary=json.dumps(summary), finished_ms=heartbeat.now_ms(),
    )  # fmt: skip


def sums(findings: Iterable[Finding]) -> dict[str, dict[str, int]]:
    """Class -> lines, listed and found revenue, commission here; only what counts once is summed up."""
    made = {kind: {"lines": 0, "listed": 0, "found": 0, "commission": 0} for kind in classes.CLASSES}
    for finding in findings:
        row = made[finding.kind]
        row["lines"] += 1
        row["listed"] += (finding.listed.revenue_minor or 0) if finding.listed else 0
        if finding.ours and finding.kind in classes.MOVABLE:
            row["found"] += finding.ours.revenue_minor or 0
            row["commission"] += finding.ours.commission_minor
    return made


def _examine(list_: Reconciliation, claimed: Claimed) -> tuple[list[Finding], dict[str, object]]:
    house = house_of(list_.program_id)
    claimed.step(mark("Reading the list"), 0, WHOLE)
    form = Columns(json.loads(list_.columns), list_.has_header)
    sheet = storing.sheet_of(list_)
    if sheet is None:
        raise CannotCompare(told(mark("The file was deleted in the meantime: upload it again.")))
    listing = read_lines(sheet.rows(list_.separator), form, house)
    if not listing.lines:
        raise CannotCompare(told(mark("The list has no lines below its header.")))
    lookup = Lookup(connection, list_.program_id, house)
    found, notes = _find(listing, form, lookup, claimed)
    period = _period(list_, listing, house)
    tick = claimed.part(mark("Looking up the period"), 350, 350, 1)
    rows = list(lookup.period(period.first_ms, period.end_ms, tick)) if period else []
    findings = classes.classify(listing.lines, found, rows)
    causes.explain(findings, _evidence(findings, lookup, period, list_.program_id, claimed), house)
    return findings, _facts(listing, period, notes)


def _facts(listing: Listing, period: Period | None, notes: list[Sentence]) -> dict[str, object]:
    notes = [*listing.notes, *notes]
    if period is None:
        notes.append(
            told(
                mark(
                    "No period is known, so transactions that the list lacks were not looked for: "
                    "name a period, or the column with the day of the order."
                )
            )
        )
    return {
        "lines": len(listing.lines),
        "first": period.first if period else None,
        "last": period.last if period else None,
        "notes": [note.kept for note in notes],
    }


def _find(listing: Listing, form: Columns, lookup: Lookup, claimed: Claimed) -> tuple[dict[int, Ours], list[Sentence]]:
    """Line -> its transaction, and notes."""
    keys = list(dict.fromkeys(line.key for line in listing.lines if line.key and not _is_unusable(line)))
    tick = claimed.part(mark("Looking up transactions"), 100, 350, len(keys))
    by_tid = lookup.by_tid(keys, tick) if form.key != columns.NUMBER else {}
    numbers = {key: number for key in keys if (number := read_id(key))} if form.key != columns.TID else {}
    by_number = lookup.by_number(numbers.values(), tick)
    as_number = {key: by_number[number] for key, number in numbers.items() if number in by_number}
    chosen, notes = _choose(by_tid, as_number)
    return {line.line: chosen[line.key] for line in listing.lines if line.key in chosen}, notes


def _is_unusable(line: Listed) -> bool:
    return len(line.key) > MAX_TEXT


def _choose(by_tid: Mapping[str, Ours], as_number: Mapping[str, Ours]) -> tuple[dict[str, Ours], list[Sentence]]:
    """A number may be an order's and, of another order, the transaction's: the lines that can be only one decide."""
    torn = [key for key in as_number if key in by_tid and as_number[key].number != by_tid[key].number]
    if not torn:
        return {**as_number, **by_tid}, []
    only_tid, only_number = len(by_tid) - len(torn), len(as_number) - len(torn)
    if only_number > only_tid:
        return {**by_tid, **as_number}, [told(_AS_TRANSACTIONS, count=len(torn))]
    return {**as_number, **by_tid}, [told(_AS_ORDERS, count=len(torn))]


_AS_TRANSACTIONS = mark(
    "{count} numbers of the list are order numbers and, of other orders, transaction numbers: they were read as "
    "transaction numbers. Choose 'Order number' for that column to read them the other way."
)
_AS_ORDERS = mark(
    "{count} numbers of the list are order numbers and, of other orders, transaction numbers: they were read as "
    "order numbers. Choose 'Transaction number' for that column to read them the other way."
)


def _period(list_: Reconciliation, listing: Listing, house: House) -> Period | None:
    days = [line.day for line in listing.lines if line.day is not None]
    first = list_.from_day if list_.from_day is not None else min(days, default=None)
    last = list_.to_day if list_.to_day is not None else max(days, default=None)
    if first is None or last is None or last < first:
        return None
    return Period(first, last, start_ms(first, house.time_zone), start_ms(last + 1, house.time_zone))


def start_ms(day: int, time_zone: str) -> int:
    """Of a day since 1970 in a zone. Days that no calendar knows end at its first or last."""
    ordinal = min(max(day + EPOCH_DAY, date(1970, 1, 1).toordinal()), date.max.toordinal() - 2)
    start = datetime.combine(date.fromordinal(ordinal), time(), tzinfo=ZoneInfo(time_zone))
    return (start.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _evidence(
    findings: list[Finding], lookup: Lookup, period: Period | None, program: int, claimed: Claimed
) -> Evidence:
    missing = [f.listed.key for f in findings if f.kind == classes.MISSING and f.listed]
    amounts = [f.ours.tid for f in findings if f.kind == classes.AMOUNT and f.ours]
    calls = lookup.calls(
        [*missing, *amounts], claimed.part(mark("Asking the log"), 350, 450, len(missing) + len(amounts))
    )
    unheard = [key for key in missing if key not in calls]
    others = list(Program.objects.exclude(pk=program).order_by("pk").values_list("pk", flat=True)[:MAX_PROGRAMS])
    tick = claimed.part(mark("Looking for other spellings"), 450, 550, len(unheard) * 6)
    elsewhere = lookup.elsewhere(unheard, others, tick)
    spelled = lookup.spelled((key for key in unheard if key not in elsewhere), tick)
    discarded = lookup.discarded(period.first_ms, period.end_ms) if period and unheard else []
    ends = (period.first_ms, period.end_ms) if period else (None, None)
    return Evidence(calls, elsewhere, spelled, discarded, *ends)


def _keep(list_: Reconciliation, findings: list[Finding], claimed: Claimed) -> None:
    """What an interrupted run left goes first."""
    tick = claimed.part(mark("Keeping the result"), 550, WHOLE, len(findings))
    tick(0)
    storing.cut_lines(list_.pk)
    for start in range(0, len(findings), WRITE_ROWS):
        part = findings[start : start + WRITE_ROWS]
        with transaction.atomic():
            tick(start + len(part))
            with connection.cursor() as cursor:
                cursor.executemany(KEEP, [_row(list_.pk, finding) for finding in part])


def _row(list_id: int, finding: Finding) -> tuple[object, ...]:
    """In the order of KEPT."""
    listed, ours = finding.listed, finding.ours
    theirs: tuple[object, ...] = (None, ours.tid if ours else "", None, "", None, "")
    if listed:
        theirs = (
            listed.line,
            listed.key[:MAX_TEXT],
            listed.revenue_minor,
            listed.amount_text,
            listed.day,
            listed.status,
        )
    here: tuple[object, ...] = (None, None, None, "", None)
    if ours:
        here = (ours.number, ours.revenue_minor, ours.commission_minor, ours.state, ours.created_ms)
    return (list_id, finding.kind, finding.cause, finding.sentence.kept, *theirs, *here, "", "")
