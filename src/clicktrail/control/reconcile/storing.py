"""Uploaded files and lines in the ledger: put in, read back, cut when they are old enough."""

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.db import transaction

from clicktrail import heartbeat
from clicktrail.control.reconcile import columns, listfile, orderlist, sheet
from clicktrail.control.reconcile.columns import Columns
from clicktrail.control.reconcile.listfile import ListFile, Workbook
from clicktrail.control.reconcile.models import Action, FilePart, JobState, Line, Mapping, Reconciliation
from clicktrail.control.reconcile.sheet import MAX_FILE_BYTES, Row
from clicktrail.core.tongue import say
from clicktrail.settings import Settings

PART_BYTES = 1 << 20
CUT_ROWS = 5000
DAY_MS = 86_400_000
LONGEST_NAME = 100


class Refused(ValueError):
    """A file that is not taken: which limit it breaks, and the mend."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The first rows of a list, and what its columns probably are. `remembered`: as people said it last time."""

    sample: list[tuple[str, ...]]
    form: Columns
    signature: str
    remembered: bool


def store(program_id: int, name: str, body: bytes, actor: str, sheet_name: str = "") -> Reconciliation:
    """Keep an uploaded file until its columns are known. Raises Refused."""
    if not body.strip():
        raise Refused(say("It is empty."))
    if len(body) > MAX_FILE_BYTES:
        raise Refused(
            say("It is larger than {mebibytes} MiB. Split it, or leave out columns.", mebibytes=MAX_FILE_BYTES >> 20)
        )
    try:
        read = listfile.read(body, sheet_name, sheet.SAMPLE_ROWS)
    except listfile.Unreadable as fault:
        raise Refused(str(fault)) from None
    shape = shape_of(read, program_id)
    if not shape.sample:
        raise Refused(say("No line of it holds anything. Is it the right one?"))
    with transaction.atomic():
        list_ = Reconciliation.objects.create(
            program_id=program_id, file_name=tidy_name(name), file_bytes=len(body), actor=actor,
            created_ms=heartbeat.now_ms(), encoding=read.encoding, separator=read.separator,
            has_header=shape.form.has_header, columns=json.dumps(dict(shape.form.places)),
            sheet=read.sheet if isinstance(read, Workbook) else "",
            decimal=shape.form.decimal, time_format=shape.form.time_format,
            signature=shape.signature, state=JobState.MAPPING,
        )  # fmt: skip
        FilePart.objects.bulk_create(
            FilePart(list_id=list_.pk, part=number, body=zlib.compress(part, 6))
            for number, part in enumerate(_parts(body))
        )
    return list_


def tidy_name(name: str) -> str:
    """It stands in the history of every transaction that is moved: one short line."""
    return re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", name).strip()[-LONGEST_NAME:] or "list.csv"


def sheet_of(list_: Reconciliation, most_rows: int = 0) -> ListFile | None:
    """None where the file was deleted. most_rows: of a workbook; 0 is all. Raises Unreadable."""
    parts = FilePart.objects.filter(list_id=list_.pk).order_by("part").values_list("body", flat=True)
    body = b"".join(zlib.decompress(bytes(part)) for part in parts)
    return listfile.read(body, list_.sheet, most_rows) if body else None


def shape_of(read: ListFile, program_id: int, separator: str = "") -> Shape:
    kept: list[Row] = [row for row in islice(read.rows(separator), sheet.SAMPLE_ROWS) if row.cells]
    sample = [row.cells for row in kept]
    form = columns.guess(sample, orderlist.looks_like_amount, orderlist.looks_like_day, orderlist.looks_like_status)
    if form.has_header and sample:
        sample = sample[columns.header_place(sample, orderlist.looks_like_amount, orderlist.looks_like_day) :]
    signature = columns.signature(sample[0], form.has_header) if sample else ""
    known = _remembered(program_id, signature, len(sample[0]), form.has_header) if sample else None
    return Shape(sample, known or form, signature, bool(known))


def start(list_: Reconciliation, form: Columns, from_day: int | None, to_day: int | None) -> None:
    """The columns are known: compare, or compare anew, and remember them for the next list of this form.

    A list that is being compared stays as it is.
    """
    now_ms = heartbeat.now_ms()
    written = json.dumps(dict(form.places))
    with transaction.atomic():
        Mapping.objects.update_or_create(
            program_id=list_.program_id, signature=list_.signature,
            defaults={
                "columns": written, "used_ms": now_ms, "decimal": form.decimal, "time_format": form.time_format,
            },
        )  # fmt: skip
        Reconciliation.objects.filter(pk=list_.pk).exclude(state=JobState.RUNNING).update(
            columns=written, has_header=form.has_header, separator=list_.separator, signature=list_.signature,
            sheet=list_.sheet, decimal=form.decimal, time_format=form.time_format,
            from_day=from_day, to_day=to_day,
            state=JobState.QUEUED, attempts=0, done=0, total=0, phase="", problem="", summary="{}",
        )  # fmt: skip


def reshape(list_: Reconciliation, shape: Shape) -> None:
    """Another sheet or separator was chosen: the list is read so from now on, and its columns are guessed anew."""
    Reconciliation.objects.filter(pk=list_.pk).exclude(state__in=(JobState.QUEUED, JobState.RUNNING)).update(
        sheet=list_.sheet, separator=list_.separator, signature=shape.signature,
        has_header=shape.form.has_header, columns=json.dumps(dict(shape.form.places)),
        decimal=shape.form.decimal, time_format=shape.form.time_format,
    )  # fmt: skip


def cut_lines(list_id: int) -> None:
    """In bounded steps, so that no statement lasts long."""
    while (last := _last_of_step(list_id)) is not None:
        Line.objects.filter(list_id=list_id, pk__lte=last).delete()


def cut_old(settings: Settings, now_ms: int) -> None:
    """Files and lines that are old enough; what a list came to stays in its summary."""
    lists = Reconciliation.objects.exclude(state=JobState.RUNNING)
    if settings.order_list_days:
        for list_ in lists.filter(file_cut=False, created_ms__lt=now_ms - settings.order_list_days * DAY_MS):
            cut_file(list_.pk)
    if settings.reconcile_days:
        for list_ in lists.filter(lines_cut=False, created_ms__lt=now_ms - settings.reconcile_days * DAY_MS):
            cut_lines(list_.pk)
            lists.filter(pk=list_.pk).update(lines_cut=True)


def cut_file(list_id: int) -> None:
    with transaction.atomic():
        FilePart.objects.filter(list_id=list_id).delete()
        Reconciliation.objects.filter(pk=list_id).update(file_cut=True)


def delete(list_id: int) -> None:
    """The list with its file, lines and actions; moves that followed stay in the ledger's history."""
    cut_lines(list_id)
    with transaction.atomic():
        FilePart.objects.filter(list_id=list_id).delete()
        Action.objects.filter(list_id=list_id).delete()
        Reconciliation.objects.filter(pk=list_id).delete()


def _last_of_step(list_id: int) -> int | None:
    step = list(Line.objects.filter(list_id=list_id).order_by("pk").values_list("pk", flat=True)[:CUT_ROWS])
    return step[-1] if step else None


def _remembered(program_id: int, signature: str, width: int, has_header: bool) -> Columns | None:
    kept = Mapping.objects.filter(program_id=program_id, signature=signature).first()
    if kept is None:
        return None
    places: dict[str, int] = json.loads(kept.columns)
    try:
        columns.check(places, width)
    except columns.MappingError:
        return None
    return Columns(places, has_header, kept.decimal, kept.time_format)


def _parts(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), PART_BYTES):
        yield body[start : start + PART_BYTES]
