"""`clicktrail courier`: the process that will call partners' servers."""

from clicktrail.commands.options import takes_settings
from clicktrail.settings import Settings


@takes_settings
def courier(settings: Settings) -> None:
    """Send partner postbacks. There is no outbox yet: it waits, and says so."""
    from clicktrail import wiring

    wiring.run_alone("courier", settings)
