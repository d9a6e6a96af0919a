"""`clicktrail rejudge`: judge discarded calls again, after what was wrong has been mended."""

import getpass
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clicktrail.commands.judge import moment_ms
from clicktrail.commands.options import takes_data
from clicktrail.commands.terminal import say, typed
from clicktrail.errors import SettingsError
from clicktrail.settings import IMPORT_NODE, Settings

if TYPE_CHECKING:
    from clicktrail.control.secondlooks.again import Filter, Preview, Progress
    from clicktrail.control.secondlooks.models import Rejudging

MOST_SHOWN = 20
"""Calls that are printed; all are counted."""
LOOK_EVERY_S = 0.1
JUDGING_PATIENCE_S = 30.0
"""How long the command waits for the engine to judge what was handed in."""


@takes_data
def rejudge(
    settings: Settings,
    reason: Annotated[str, typer.Option(help="Calls discarded with this reason.")] = "",
    program: Annotated[int, typer.Option(min=0, help="Of this program.")] = 0,
    partner: Annotated[int, typer.Option(min=0, help="That name this partner, or whose click does.")] = 0,
    since: Annotated[str, typer.Option(help="From then on: 2026-01-31T08:00:00Z.")] = "",
    until: Annotated[str, typer.Option(help="Before then: 2026-02-01T00:00:00Z.")] = "",
    text: Annotated[str, typer.Option(help="In the order number or product, or the whole ClickID.")] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without it nothing is written.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Show what discarded calls would become if they were judged again now; with --apply, have that done.

    Nothing that was saved is touched. Both verdicts stay in the log.
    """
    from clicktrail import wiring
    from clicktrail.control.boot import boot
    from clicktrail.core.reasons import REASONS

    wiring.require_initialised(settings)
    if reason and reason not in REASONS:
        raise SettingsError(f"There is no reason {reason!r}: {', '.join(REASONS)}.")
    boot(settings, "ledger")
    from clicktrail.control.secondlooks import again
    from clicktrail.control.secondlooks.lookups import World

    since_ms, until_ms = (moment_ms(at) if at else 0 for at in (since, until))
    chosen = again.Filter(reason, program, partner, since_ms, until_ms, typed(text))
    found = again.preview(chosen, World(settings))
    if not as_json:
        say(lines(found))
    done = None
    if apply and found.saved and (yes or typer.confirm(f"Judge {len(found.saved)} calls again?")):
        done = _apply(settings, chosen)
    say(_told(found, done, as_json=as_json, applies=apply))


def _apply(settings: Settings, chosen: "Filter") -> "tuple[Rejudging, Progress]":
    from contextlib import closing

    from clicktrail.control.intake import Intake
    from clicktrail.control.secondlooks import again
    from clicktrail.control.secondlooks.lookups import World

    with closing(Intake(settings, IMPORT_NODE)) as intake:
        row = again.apply(chosen, World(settings), intake, f"{getpass.getuser()} (command)")
    deadline = time.monotonic() + JUDGING_PATIENCE_S
    progress = again.progress(row)
    while not progress.done and time.monotonic() < deadline and _engine_lives(settings):
        time.sleep(LOOK_EVERY_S)
        progress = again.progress(row)
    return row, progress


def _engine_lives(settings: Settings) -> bool:
    from clicktrail import heartbeat

    pid = heartbeat.read(settings.run_folder, "engine").get("pid")
    return pid is not None and heartbeat.is_alive(pid)


def lines(found: "Preview") -> Iterator[str]:
    yield f"{found.matched} discarded calls match; {len(found.saved)} of them would be saved."
    if found.more:
        yield "More match: only the oldest are looked at. Narrow the time."
    for old, new, number in found.verdicts():
        yield f"    {number} x {old} -> {new}"
    for _, revenue, commission in found.sums():
        yield f"    Revenue {revenue}, commission {commission}."
    for line in found.lines[:MOST_SHOWN]:
        yield f"{line.call.pk}  order {line.call.tid or '–'}: {line.call.reason} -> {line.looked.sentence()}"
    if found.matched > MOST_SHOWN:
        yield f"... and {found.matched - MOST_SHOWN} calls more."


def _told(
    found: "Preview", done: "tuple[Rejudging, Progress] | None", *, as_json: bool, applies: bool
) -> Iterator[str]:
    if as_json:
        yield json.dumps(_data(found, done), ensure_ascii=False, indent=1)
    elif done:
        row, progress = done
        verdicts = ", ".join(f"{number} {reason}" for reason, number in progress.told())
        yield f"Judged again: {progress.judged} of {progress.total} ({verdicts or 'none yet'}), as number {row.pk}."
        if not progress.done:
            yield "The rest is stored, and judged as soon as the engine comes to it."
    elif not applies:
        yield "Nothing was written. With --apply it is done."


def _data(found: "Preview", done: "tuple[Rejudging, Progress] | None") -> dict[str, Any]:
    applied = {"number": done[0].pk, "total": done[1].total, "verdicts": dict(done[1].verdicts)} if done else None
    return {
        "matched": found.matched,
        "more": found.more,
        "saved": len(found.saved),
        "verdicts": [{"before": old, "after": new, "calls": number} for old, new, number in found.verdicts()],
        "sums": [{"revenue": revenue, "commission": commission} for _, revenue, commission in found.sums()],
        "applied": applied,
    }
