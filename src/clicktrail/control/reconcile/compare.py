"""Compare one uploaded list with the ledger: read, look up, classify, explain, keep.

Nothing but the lines of the result is written, so a comparison that was interrupted
simply begins again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from clicktrail import heartbeat
from clicktrail.control.catalog.models import Program
from clicktrail.control.reconcile import causes, classes, columns, matching, orderlist, spoiled, storing
from clicktrail.control.reconcile.causes import Evidence
from clicktrail.control.reconcile.classes import Finding, Ours
from clicktrail.control.reconcile.columns import Columns
from clicktrail.control.reconcile.listed import House, Listing
from clicktrail.control.reconcile.listfile import Unreadable
from clicktrail.control.reconcile.lookup import Lookup, TooMany
from clicktrail.control.reconcile.models import JobState, Reconciliation
from clicktrail.control.reconcile.orderlist import EPOCH_DAY, TooLong
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
NOT_COMPARED, TOTAL = mark("of it without amount"), mark("Total")
SUMS = ("lines", "listed", "found", "commission", "lines_apart", "listed_apart", "found_apart")
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
    """Class -> lines, listed and found revenue, commission here. Each transaction is summed up once.

    Matched lines of which one side names no amount are no part of the sums that must agree: they stand beside them.
    """
    made = {kind: dict.fromkeys(SUMS, 0) for kind in classes.CLASSES}
    seen: set[int] = set()
    for finding in findings:
        row = made[finding.kind]
        row["lines"] += 1
        ours = finding.ours if finding.ours and finding.ours.number not in seen else None
        seen |= {ours.number} if ours else set()
        listed = finding.listed.revenue_minor if finding.listed else None
        is_apart = finding.kind == classes.MATCHED and (listed is None or not ours or ours.revenue_minor is None)
        row["lines_apart"] += is_apart
        row["listed_apart" if is_apart else "listed"] += listed or 0
        if ours:
            row["found_apart" if is_apart else "found"] += ours.revenue_minor or 0
            row["commission"] += ours.commission_minor
    return made


def apart(summed: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Matched lines of which one side names no amount."""
    row = summed.get(classes.MATCHED, {})
    found = {name: row.get(f"{name}_apart", 0) for name in ("lines", "listed", "found")}
    return found | {"commission": 0}


def total(summed: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Of all classes: the list as it was read, and every transaction once."""
    rows = [*summed.values(), apart(summed) | {"lines": 0}]
    return {name: sum(row.get(name, 0) for row in rows) for name in ("lines", "listed", "found", "commission")}


def rows_of(summed: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, Mapping[str, int]]]:
    """(name, sums) of what a page or a terminal shows, the total last."""
    for kind, name in classes.CLASSES.items():
        yield name, summed.get(kind) or dict.fromkeys(SUMS, 0)
        if kind == classes.MATCHED and apart(summed)["lines"]:
            yield NOT_COMPARED, apart(summed)
    yield TOTAL, total(summed)


def _examine(list_: Reconciliation, claimed: Claimed) -> tuple[list[Finding], dict[str, object]]:
    house = house_of(list_.program_id)
    claimed.step(mark("Reading the list"), 0, WHOLE)
    form = Columns(json.loads(list_.columns), list_.has_header, list_.decimal, list_.time_format)
    try:
        sheet = storing.sheet_of(list_)
    except Unreadable as fault:
        raise CannotCompare(Sentence(str(fault))) from None
    if sheet is None:
        raise CannotCompare(told(mark("The file was deleted in the meantime: upload it again.")))
    listing = orderlist.read_lines(sheet.rows(list_.separator), form, house)
    if not listing.lines:
        raise CannotCompare(told(mark("The list has no lines below its header.")))
    lookup = Lookup(connection, list_.program_id, house)
    found, broken, notes = _find(listing, form, lookup, claimed)
    period = _period(list_, listing, house)
    tick = claimed.part(mark("Looking up the period"), 350, 350, 1)
    rows = list(lookup.period(period.first_ms, period.end_ms, tick)) if period else []
    doubts = matching.doubts_of(listing, found, broken, rows)
    findings = classes.classify(listing.lines, found, rows, doubts, house)
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


def _find(
    listing: Listing, form: Columns, lookup: Lookup, claimed: Claimed
) -> tuple[dict[int, Ours], dict[int, int], list[Sentence]]:
    """(line -> its transaction, number of a transaction -> the broken line that may name it, notes)."""
    keys = list(dict.fromkeys(line.key for line in listing.lines if matching.is_key(line.key)))
    others = (reading for key in keys for reading in spoiled.other_readings(key))
    wanted = list(dict.fromkeys([*keys, *others, *listing.broken]))
    tick = claimed.part(mark("Looking up transactions"), 100, 350, len(wanted))
    by_tid = lookup.by_tid(wanted, tick) if form.key != columns.NUMBER else {}
    numbers = {key: number for key in wanted if (number := read_id(key))} if form.key != columns.TID else {}
    by_number = lookup.by_number(numbers.values(), tick)
    as_number = {key: by_number[number] for key, number in numbers.items() if number in by_number}
    chosen, notes = matching.choose(by_tid, as_number)
    found, broken = matching.matched(listing, chosen)
    return found, broken, notes


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
    missing = [f.listed.key for f in findings if f.kind == classes.MISSING and f.listed and not f.cause]
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
