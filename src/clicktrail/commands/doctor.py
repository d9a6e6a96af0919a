"""`clicktrail doctor`: does the way from click to transaction work?"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from clicktrail.commands.options import DEFAULT_DATA
from clicktrail.settings import Settings


def doctor(
    edge: Annotated[
        str,
        typer.Option(
            help="Address of the server, like https://track.example.com; else that of the data folder.",
        ),
    ] = "",
    console: Annotated[str, typer.Option(help="Address of the console: whether it answers too.")] = "",
    data: Annotated[
        Path | None,
        typer.Option(envvar="CLICKTRAIL_DATA", help="The server's data folder, where it is at hand.", file_okay=False),
    ] = None,
    program: Annotated[int, typer.Option(min=1, help="Number of the program.")] = 1,
    creative: Annotated[int | None, typer.Option(min=1, help="Number of a creative; else none is named.")] = None,
    product: Annotated[str | None, typer.Option(help="Commission product; else the program's default.")] = None,
    within: Annotated[int, typer.Option(min=1, help="Seconds that the order may wait for its verdict.")] = 20,
) -> None:
    """Walk the five steps from a click to its transaction; say which one fails, why, and what to do.

    Clicks and orders as the test partner, whose transactions stay out of all totals. Never
    contacts the shop. Exit code 0 where all is well, 1 where a step fails.
    """
    from clicktrail import configcheck, permissions
    from clicktrail.doctor import Doctor, Order, server_at
    from clicktrail.ledgerbooks import LedgerBooks
    from clicktrail.steps import all_passed, report

    settings = _settings(data, edge)
    books = LedgerBooks(settings) if settings else None
    place = server_at(edge or (settings.edge if settings else ""), "edge")
    seen = server_at(console, "console") if console else None
    steps = Doctor(place, Order(program, creative, product, within), books, seen).walk()
    print(report(steps))
    for warning in [*permissions.warnings(settings), *configcheck.warnings(settings)] if settings else ():
        print(f"! {warning}", file=sys.stderr)
    raise typer.Exit(0 if all_passed(steps) else 1)


def _settings(data: Path | None, edge: str) -> Settings | None:
    """None where only an address was given: then nothing but the public contract is used."""
    if data is None and edge:
        return None
    from clicktrail import wiring
    from clicktrail.settings import load

    settings = load(data or DEFAULT_DATA)
    wiring.require_initialised(settings)
    return settings
