"""`clicktrail edge`: one edge worker alone."""

from clicktrail.commands.options import takes_settings
from clicktrail.settings import Settings


@takes_settings
def edge(settings: Settings) -> None:
    """Take clicks and postbacks, one worker on one journal, without engine or console."""
    from clicktrail import configcheck, log, wiring

    log.configure(settings.log_level, wiring.name_of("edge", settings.node))
    for warning in configcheck.warnings(settings):
        log.get().warning("configuration", warning=warning)
    wiring.run_alone("edge", settings)
