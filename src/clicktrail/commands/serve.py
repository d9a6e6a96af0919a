"""`clicktrail serve`: everything on this machine, supervised."""

from clicktrail.commands.options import takes_settings
from clicktrail.settings import Settings


@takes_settings
def serve(settings: Settings) -> None:
    """Run edge, engine, courier and console; restart what dies; stop cleanly on Ctrl-C."""
    from clicktrail import configcheck, log, permissions
    from clicktrail.supervise import Supervisor

    log.configure(settings.log_level, "supervisor")
    for path in permissions.close_keys(settings):
        log.get().warning("keys closed", path=path)
    for warning in permissions.warnings(settings):
        log.get().warning("data folder open", warning=warning)
    for warning in configcheck.warnings(settings):
        log.get().warning("configuration", warning=warning)
    raise SystemExit(Supervisor(settings, _announce).run())


def _announce(settings: Settings) -> None:
    print(
        f"Clicktrail runs on {settings.data}\n"
        f"  clicks   http://{settings.edge}/go.cgi\n"
        f"  console  http://{settings.console}/\n"
        "Ctrl-C stops it.",
        flush=True,
    )
