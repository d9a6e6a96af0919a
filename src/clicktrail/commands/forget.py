"""`clicktrail forget`: remove the personal data of one click and its calls, in kept journals too."""

from typing import Annotated

import typer

from clicktrail.commands.options import takes_data
from clicktrail.commands.terminal import say, typed
from clicktrail.settings import Settings


@takes_data
def forget(
    settings: Settings,
    what: Annotated[str, typer.Argument(help="An order number or a ClickID.")],
    program: Annotated[
        int | None,
        typer.Option(help="Program of the order, where several have its number."),
    ] = None,
) -> None:
    """Remove address, user agent, referrer and unknown parameters of one click and its calls, at once.

    The transaction stays, with its money, order number and sub id. Exit code 1 where nothing was found.
    """
    from clicktrail import wiring
    from clicktrail.control.boot import boot

    wiring.require_initialised(settings)
    boot(settings, "ledger")
    from clicktrail.control.ledger.forgetting import Forgetting

    report = Forgetting(settings).run(typed(what).strip(), program)
    say(report.lines)
    if not report.found:
        raise typer.Exit(1)
