"""`clicktrail mail test`: does the mail server take what we send?"""

from typing import Annotated

import typer

from clicktrail.commands.options import takes_data
from clicktrail.settings import Settings

commands = typer.Typer(help="Mails: `test` sends one.", no_args_is_help=True)


@commands.callback()
def mail() -> None:
    """Mails: `test` sends one."""


@commands.command("test")
@takes_data
def test(
    settings: Settings,
    address: Annotated[str, typer.Argument(help="Who shall get it.", show_default=False)],
) -> None:
    """Send a test mail and show the mail server's answer, or what is wrong and the mend."""
    from clicktrail import wiring
    from clicktrail.errors import SettingsError
    from clicktrail.settings import MAIL_ADDRESS

    wiring.require_initialised(settings)
    if not MAIL_ADDRESS.fullmatch(address):
        raise SettingsError(f"{address!r} is no mail address.")
    from clicktrail.control.boot import boot

    boot(settings, "ledger")
    from clicktrail.control.alarms.notices import send_trial

    print(f"Sent to {address}. The mail server said: {send_trial(settings, address)}")
