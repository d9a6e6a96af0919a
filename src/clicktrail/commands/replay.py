"""`clicktrail replay`: rebuild a ledger from the kept journals, and compare it with the one in use."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clicktrail.commands.options import takes_data
from clicktrail.commands.terminal import say
from clicktrail.settings import Settings

if TYPE_CHECKING:
    from clicktrail.engine.replay import Difference, Report

MOST_SHOWN = 50
"""Differences that are printed; all are counted."""


@takes_data
def replay(
    settings: Settings,
    into: Annotated[
        Path,
        typer.Option("--into", help="A file that is not there yet: the rebuilt ledger, SQLite."),
    ],
) -> None:
    """Judge every kept call again, into a fresh ledger, and compare the transactions.

    The ledger in use is only read; the server may run. Exit code 1 where the two differ.
    """
    from clicktrail import wiring
    from clicktrail.control.ledger import schema

    wiring.require_initialised(settings)
    schema.check(settings)
    from clicktrail.engine.replay import replay as rebuild

    report = rebuild(settings, into)
    say(lines(report, into))
    if not report.agrees:
        raise typer.Exit(1)


def lines(report: "Report", into: Path) -> Iterator[str]:
    """What was rebuilt, what could not be, and what differs."""
    yield (
        f"Rebuilt in {into}: {report.transactions} transactions from {report.calls} calls, "
        f"{report.clicks} clicks and {report.moves} moves by hand."
    )
    if report.outside:
        named = ", ".join(f"{tid!r} of program {program}" for program, tid in report.outside_rows[:5])
        more = ", ..." if report.outside > 5 else ""
        yield f"Not rebuilt: {report.outside} transactions with calls older than the kept journals ({named}{more})."
    if report.outside_clicks:
        yield f"Looked up in the ledger: {report.outside_clicks} clicks that are older than the kept journals."
    yield from (f"Could not be read: {fault}" for fault in report.broken)
    yield from (_difference(difference) for difference in report.differences[:MOST_SHOWN])
    if report.different > MOST_SHOWN:
        yield f"... and {report.different - MOST_SHOWN} differences more."
    yield (
        "Nothing differs."
        if report.agrees
        else f"{report.different} differences, {len(report.broken)} unreadable files."
    )


def _difference(difference: "Difference") -> str:
    order = f"Order {difference.tid!r} of program {difference.program}"
    if difference.field == "missing":
        return f"{order}: the ledger has its transaction, the journals do not give it."
    if difference.field == "added":
        return f"{order}: the journals give a transaction that the ledger does not have."
    return f"{order}: {difference.field} is {difference.ledger!r} in the ledger, {difference.rebuilt!r} rebuilt."
