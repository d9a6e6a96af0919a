"""`clicktrail forget`: remove the personal data of one click and its calls, in kept journals too."""

from typing import Annotated

import typer

from clicktrail.commands.options import takes_settings
from clicktrail.settings import Settings


@takes_settings
def forget(
    settings: Settings,
    what: Annotated[str, typer.Argument(help="An order number or a ClickID.")],
    program: Annotated[
        int | None,
        typer.Option(envvar="CLICKTRAIL_PROGRAM", help="Program of the order, where several have its number."),
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

    report = Forgetting(settings).run(what.strip(), program)
    typer.echo("\n".join(report.lines))
    if not report.found:
        raise typer.Exit(1)
