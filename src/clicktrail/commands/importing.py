"""`clicktrail import`: take over clicks, partners, creatives and transactions of another system."""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clicktrail.commands.options import takes_data
from clicktrail.commands.terminal import say
from clicktrail.errors import ImportRefused, JournalLocked
from clicktrail.settings import IMPORT_NODE, Settings

if TYPE_CHECKING:
    from clicktrail.commands.catchingup import CatchingUp
    from clicktrail.control.importing.clicks import Clicks
    from clicktrail.control.importing.orders import Orders
    from clicktrail.control.importing.outcome import Outcome
    from clicktrail.control.importing.table import Column, Hear, Table
    from clicktrail.control.intake import Intake

STDIN = "-"

commands = typer.Typer(help="Take over what another system holds, from CSV files.", no_args_is_help=True)

File = Annotated[str, typer.Argument(help="CSV file or .xlsx with a line of column names; - reads standard input.")]
Program = Annotated[int | None, typer.Option(help="Program of lines that name none themselves.")]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="OURS=THEIRS",
        help="Which column is what, by name or place; OURS= leaves one out.",
    ),
]
TimeFormat = Annotated[
    str,
    typer.Option(help="How times are written: unix, unix_ms, excel, or like %d/%m/%Y %H:%M."),
]
Sheet = Annotated[str, typer.Option("--sheet", help="Sheet of a workbook; left out: the first that holds something.")]


class Decimal(StrEnum):
    COMMA = "comma"
    POINT = "point"


DecimalMark = Annotated[
    Decimal | None,
    typer.Option("--decimal", help="Decimal separator of the amounts; left out: as their columns show."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")]
SkipErrors = Annotated[
    bool,
    typer.Option("--skip-errors", help="Take the other lines where some cannot be taken."),
]
NoWait = Annotated[
    bool,
    typer.Option("--no-wait", help="Return when all is durable, before it is applied."),
]
Update = Annotated[
    bool,
    typer.Option("--update", help="Where something is here with other facts, take the file's."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]


@commands.command("clicks")
@takes_data
def clicks_command(
    settings: Settings,
    file: File,
    program: Program = None,
    mapping: Map = None,
    sheet: Sheet = "",
    time_format: TimeFormat = "",
    dry_run: DryRun = False,
    skip_errors: SkipErrors = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
) -> None:
    """Make the ClickIDs of another system known, so that its orders are credited here.

    Twice changes nothing more. The server may run. Exit code 1 where lines cannot be taken.
    """
    _boot(settings)
    from clicktrail.control.importing import clicks, columns
    from clicktrail.control.importing.cells import Times
    from clicktrail.control.importing.house import house
    from clicktrail.heartbeat import now_ms

    with _spooled(file) as (path, name):
        table = _table(path, name, columns.CLICKS, mapping, sheet)
        reader = clicks.Clicks(table, house(program), Times(time_format, now_ms()), now_ms())
        outcome = reader.check(_bar()) if dry_run else _journaled(settings, reader, skip_errors, no_wait)
    _tell(outcome, as_json)


@commands.command("partners")
@takes_data
def partners_command(
    settings: Settings,
    file: File,
    program: Program = None,
    mapping: Map = None,
    sheet: Sheet = "",
    update: Update = False,
    dry_run: DryRun = False,
    skip_errors: SkipErrors = False,
    as_json: AsJson = False,
) -> None:
    """Add partners with their numbers, names, states and approvals, all in one edit of the catalog.

    Twice changes nothing more. The server may run. Exit code 1 where lines cannot be taken.
    """
    _boot(settings)
    from clicktrail.control.catalog.publish import publish
    from clicktrail.control.importing import columns, partners
    from clicktrail.control.importing.house import house

    house(program)
    with _spooled(file) as (path, name):
        reader = partners.Partners(_table(path, name, columns.PARTNERS, mapping, sheet), program, update)
        outcome = reader.run(is_dry=dry_run, skip_errors=skip_errors, hear=_bar())
    publish(settings)
    _tell(outcome, as_json)


@commands.command("creatives")
@takes_data
def creatives_command(
    settings: Settings,
    file: File,
    program: Program = None,
    mapping: Map = None,
    sheet: Sheet = "",
    update: Update = False,
    dry_run: DryRun = False,
    skip_errors: SkipErrors = False,
    as_json: AsJson = False,
) -> None:
    """Add creatives with their numbers, and the click targets that they lead to, all in one edit of the catalog.

    Twice changes nothing more. The server may run. Exit code 1 where lines cannot be taken.
    """
    _boot(settings)
    from clicktrail.control.catalog.publish import publish
    from clicktrail.control.importing import columns, creatives
    from clicktrail.control.importing.house import house

    with _spooled(file) as (path, name):
        reader = creatives.Creatives(_table(path, name, columns.CREATIVES, mapping, sheet), house(program), update)
        outcome = reader.run(is_dry=dry_run, skip_errors=skip_errors, hear=_bar())
    publish(settings)
    _tell(outcome, as_json)


@commands.command("transactions")
@takes_data
def transactions_command(
    settings: Settings,
    file: File,
    program: Program = None,
    mapping: Map = None,
    sheet: Sheet = "",
    decimal: DecimalMark = None,
    time_format: TimeFormat = "",
    dry_run: DryRun = False,
    skip_errors: SkipErrors = False,
    as_json: AsJson = False,
) -> None:
    """Take over orders as they stand in another system: with its commission and its state.

    They are judged like calls; what is here already stays as it is. Exit code 1 where lines cannot be taken or
    were discarded.
    """
    _boot(settings)
    from clicktrail.control.importing import columns, orders
    from clicktrail.control.importing.cells import Times
    from clicktrail.control.importing.house import house
    from clicktrail.heartbeat import now_ms

    with _spooled(file) as (path, name):
        table = _table(path, name, columns.ORDERS, mapping, sheet)
        chosen = decimal.value if decimal else ""
        reader = orders.Orders(table, house(program), Times(time_format, now_ms()), name, chosen)
        outcome = reader.check(_bar()) if dry_run else _journaled(settings, reader, skip_errors, no_wait=False)
    _tell(outcome, as_json)


def _journaled(settings: Settings, reader: "Clicks | Orders", skip_errors: bool, no_wait: bool) -> "Outcome":
    """First what an earlier import left on its way, so that nothing is taken for new that is known."""
    from clicktrail.control.catalog.publish import publish

    version = publish(settings)
    with _importer(settings) as (intake, catching_up):
        catching_up.settle()
        if not skip_errors:
            checked = reader.check(_bar())
            if checked.faults.count:
                checked.refused, checked.is_dry = True, False
                return checked
        outcome = reader.hand_in(intake, version, catching_up.settle, _bar())
        if no_wait:
            outcome.notes.append("All is durable; the engine applies the rest when it runs (see `clicktrail status`).")
        else:
            catching_up.settle()
    return outcome


@contextmanager
def _importer(settings: Settings) -> "Iterator[tuple[Intake, CatchingUp]]":
    """The import's own journal; one import at a time."""
    from clicktrail.commands.catchingup import CatchingUp
    from clicktrail.control.intake import Intake

    try:
        intake = Intake(settings, IMPORT_NODE)
    except JournalLocked:
        raise ImportRefused("Another import is running on this data folder: wait until it is done.") from None
    try:
        with CatchingUp(settings, IMPORT_NODE) as catching_up:
            yield intake, catching_up
    finally:
        intake.close()


def _boot(settings: Settings) -> None:
    from clicktrail import wiring
    from clicktrail.control.boot import boot

    wiring.require_initialised(settings)
    boot(settings, "ledger")
    from clicktrail.control.ledger import schema

    schema.check(settings)


@contextmanager
def _spooled(file: str) -> Iterator[tuple[Path, str]]:
    """(path, name for messages). Standard input is laid down first: a file is read twice."""
    if file != STDIN:
        yield Path(file), Path(file).name
        return
    with tempfile.NamedTemporaryFile(prefix="clicktrail-import-") as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.flush()
        yield Path(spool.name), "standard input"


def _table(path: Path, name: str, columns: "tuple[Column, ...]", mapping: list[str] | None, sheet: str) -> "Table":
    from clicktrail.control.importing.table import Table

    chosen: dict[str, str] = {}
    for part in mapping or []:
        ours, equals, theirs = part.partition("=")
        if not equals:
            raise ImportRefused(f"--map {part!r} is not OURS=THEIRS, like --map clickid=SubID.")
        chosen[ours.strip()] = theirs.strip()
    return Table(path, columns, chosen, name, sheet)


def _tell(outcome: "Outcome", as_json: bool) -> None:
    if as_json:
        say([json.dumps(outcome.as_data(), ensure_ascii=False, indent=1)])
    else:
        for line in outcome.faults.lines():
            print(line, file=sys.stderr)
        sys.stderr.flush()
        say(outcome.told())
    if outcome.faults.count or outcome.results:
        raise typer.Exit(1)


def _bar() -> "Hear | None":
    """On a terminal one line that is written over; elsewhere nothing."""
    if not sys.stderr.isatty():
        return None

    def hear(phase: str, done: int, total: int) -> None:
        share = done * 100 // max(1, total)
        end = "\n" if share >= 100 else ""
        print(f"\r{phase:10} [{'#' * (share // 4):25}] {share:3} %", end=end, file=sys.stderr, flush=True)

    return hear
