"""`clicktrail trace`: the whole story of one click, order or call."""

import json
from typing import Annotated

import typer

from clicktrail.commands.options import takes_data
from clicktrail.commands.terminal import say, typed
from clicktrail.settings import Settings


@takes_data
def trace(
    settings: Settings,
    what: Annotated[str, typer.Argument(help="A ClickID, an order number, a log number or a transaction number.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
    share: Annotated[int, typer.Option(min=0, help="Make a link to it that works for so many days.")] = 0,
    partner: Annotated[int, typer.Option(min=0, help="The link is for this partner; else for the shop.")] = 0,
    program: Annotated[int, typer.Option(min=0, help="The link is to the order of this program.")] = 0,
) -> None:
    """Tell the whole story of a click, an order or a call, oldest first.

    Exit code 1 where nothing is known of it; then it says what was looked for, and the nearest help.
    """
    from clicktrail import keys, standing, wiring
    from clicktrail.control.boot import boot
    from clicktrail.core.clickid import Checks
    from clicktrail.core.text import strip_invisible

    wiring.require_initialised(settings)
    boot(settings, "ledger")
    from clicktrail.control.ledger import export, missing, story
    from clicktrail.control.ledger import trace as ledger_trace

    if share:
        say([_link(settings, typed(what), share, partner, program)])
        return
    export.read_only()
    kept = keys.load(settings.keys_folder)
    checks = Checks(kept.clickid, kept.current, settings.prefix)
    asked = typed(what)
    found = ledger_trace.look_up(asked, checks)
    hints: list[str] = []
    if not found:
        backlog = standing.look(settings)["lag"]["events"]
        hints = missing.sentences(strip_invisible(asked), checks, settings.journal_folder, backlog)
    if as_json:
        told = {"asked": asked, "found": bool(found), "hints": hints, **story.as_data(found, settings.prefix)}
        say([json.dumps(told, ensure_ascii=False, indent=1)])
    else:
        chapters = story.tell(found, settings.prefix)
        say([*story.lines(chapters, found.calls_left_off), *hints])
    if not found:
        raise typer.Exit(1)


def _link(settings: Settings, what: str, days: int, partner: int, program: int) -> str:
    """The address of the shared story, without personal data. Raises LedgerError."""
    import getpass

    from clicktrail.control.secondlooks import share
    from clicktrail.errors import LedgerError

    wanted = share.Wanted(what, partner or None, program or None, days)
    try:
        _, token = share.make(wanted, f"{getpass.getuser()} (command)", settings)
    except share.NotShared as fault:
        raise LedgerError(str(fault)) from None
    return share.address(token, settings)
