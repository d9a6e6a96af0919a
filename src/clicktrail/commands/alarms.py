"""`clicktrail alarms`: what is wrong right now, for a person and for cron."""

import json
from typing import Annotated, Any

import typer

from clicktrail.commands.options import takes_data
from clicktrail.commands.terminal import say
from clicktrail.settings import Settings


@takes_data
def alarms(
    settings: Settings,
    as_json: Annotated[bool, typer.Option("--json", help="A list of JSON objects, for programs.")] = False,
) -> None:
    """List open alarms with their likely cause; exit code 1 where there are any."""
    from clicktrail import wiring

    wiring.require_initialised(settings)
    found = _open(settings)
    say([json.dumps(found, indent=1)] if as_json else _lines(found))
    if found:
        raise typer.Exit(1)


def _open(settings: Settings) -> list[dict[str, Any]]:
    from clicktrail.control.ledger.schema import check

    check(settings)
    from clicktrail.control.alarms.words import listed

    return listed()


def _lines(found: list[dict[str, Any]]) -> list[str]:
    if not found:
        return ["No alarms."]
    return [line for each in found for line in _alarm(each)]


def _alarm(each: dict[str, Any]) -> list[str]:
    taken = f"  (taken by {each['taken_by']})" if each["taken_by"] else ""
    figures = [f"    {name}: {now}" + (f" (usually {usual})" if usual else "") for name, usual, now in each["figures"]]
    return [f"{each['headline']}{taken}", f"    {each['sentence']}", *figures, *(f"    - {s}" for s in each["todo"])]
