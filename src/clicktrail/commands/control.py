"""`clicktrail control`: the console alone."""

from clicktrail.commands.options import takes_settings
from clicktrail.settings import Settings


@takes_settings
def control(settings: Settings) -> None:
    """Serve the console: sign-in, transactions, log, programs, partners."""
    from clicktrail import wiring

    wiring.run_alone("control", settings)
