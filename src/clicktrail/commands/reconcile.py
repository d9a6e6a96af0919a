"""`clicktrail reconcile`: hold a shop's order list against the ledger, and confirm or cancel by it."""

import json
import sys
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from clicktrail.commands.options import takes_data
from clicktrail.commands.terminal import put, say
from clicktrail.errors import ListError
from clicktrail.settings import Settings

STDIN = "-"


class Verb(StrEnum):
    CONFIRM = "confirm"
    CANCEL = "cancel"
    PART_CANCEL = "part-cancel"


class Decimal(StrEnum):
    COMMA = "comma"
    POINT = "point"


Mapping = Annotated[
    str,
    typer.Option(
        metavar="ROLE=COLUMN,…",
        help="Which column is what, by name or place: tid, number, id, umsatz, gross, day, status, currency, item.",
    ),
]
Classes = Annotated[
    list[str] | None,
    typer.Option(
        "--class",
        help="Class that is moved; may be given several times. Left out: the usual one.",
    ),
]


@takes_data
def reconcile(
    settings: Settings,
    file: Annotated[
        str, typer.Argument(help="The order list, CSV or .xlsx; - reads standard input.")
    ],
    program: Annotated[int, typer.Option(help="Program whose orders these are.")],
    map: Mapping = "",
    sheet: Annotated[str, typer.Option(help="Sheet of a workbook; left out: the first that holds something.")] = "",
    decimal: Annotated[
        Decimal | None, typer.Option(help="Decimal separator of the amounts; left out: as their column shows.")
    ] = None,
    time_format: Annotated[
        str, typer.Option(help="How days are written: like %d/%m/%Y, unix, unix_ms or excel; left out: the usual ways.")
    ] = "",
    from_day: Annotated[str, typer.Option("--from", help="First day of the period.")] = "",
    to_day: Annotated[str, typer.Option("--to", help="Last day of the period.")] = "",
    apply: Annotated[Verb | None, typer.Option(help="Move the transactions that fit; needs --yes.")] = None,
    kinds: Classes = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do what --apply would do.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Every line with its class and cause, as CSV.")] = False,
) -> None:
    """Compare a shop's order list with the transactions of a program, and say why they differ.

    Nothing is moved without --apply and --yes. The result stands in the console too. Exit code 1 where --apply
    waits for --yes.
    """
    from clicktrail import wiring
    from clicktrail.control.boot import boot

    body, days = _read(file), (_day(from_day, "--from"), _day(to_day, "--to"))
    wiring.require_initialised(settings)
    boot(settings, "ledger")
    from clicktrail.control.reconcile import acting, result, spoken, work

    chosen = spoken.Choices(map, decimal.value if decimal else "", time_format, sheet, *days)
    list_ = spoken.take(program, _name(file), body, chosen)
    work.finish(list_, _bar())
    spoken.check(list_)
    preview = action = None
    if apply:
        wanted = spoken.chosen(apply.value, kinds or [])
        preview = acting.preview(list_.pk, apply.value, wanted)
        if yes:
            action = acting.queue(list_, apply.value, wanted, spoken.ACTOR)
            work.finish(action, _bar())
    if as_csv:
        put(result.lines(list_))
    elif as_json:
        say([json.dumps(spoken.as_data(list_, preview, action), ensure_ascii=False, indent=1)])
    else:
        say(spoken.told(list_, apply.value if apply else "", preview, action))
    if preview and not action:
        print("clicktrail: nothing was moved; add --yes to do it.", file=sys.stderr)
        raise typer.Exit(1)


def _name(file: str) -> str:
    return "standard input" if file == STDIN else Path(file).name


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except OSError as fault:
        raise ListError(f"{file} cannot be read: {fault.strerror}.") from None


def _day(text: str, name: str) -> int | None:
    """Days since 1970."""
    if not text:
        return None
    try:
        return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        raise ListError(f"{name} {text!r} is no day: write 2026-01-31.") from None


def _bar() -> Callable[[str, int, int], None] | None:
    """On a terminal one line that is written over; elsewhere nothing."""
    if not sys.stderr.isatty():
        return None

    def hear(phase: str, done: int, total: int) -> None:
        share = done * 100 // max(1, total)
        end = "\n" if share >= 100 else ""
        print(f"\r{phase:32} [{'#' * (share // 4):25}] {share:3} %", end=end, file=sys.stderr, flush=True)

    return hear
