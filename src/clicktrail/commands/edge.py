"""`clicktrail edge`: one edge worker alone."""

from clicktrail.commands.options import takes_settings
from clicktrail.settings import Settings


@takes_settings
def edge(settings: Settings) -> None:
    """Take clicks and postbacks, one worker on one journal, without engine or console."""
    from clicktrail import wiring

    wiring.run_alone("edge", settings)
