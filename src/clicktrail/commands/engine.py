"""`clicktrail engine`: judge what the journals hold."""

from typing import Annotated

import typer

from clicktrail.commands.options import takes_settings
from clicktrail.settings import Settings


@takes_settings
def engine(
    settings: Settings,
    once: Annotated[bool, typer.Option("--once", help="Catch up with the journals and exit.")] = False,
) -> None:
    """Turn the journals into the ledger; there is one engine for a ledger."""
    from clicktrail import wiring

    wiring.run_alone("engine-once" if once else "engine", settings)
