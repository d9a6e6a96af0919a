"""`clicktrail account`: help for who lost a password or a second factor."""

from typing import Annotated

import typer

from clicktrail.commands.options import takes_data
from clicktrail.settings import Settings

commands = typer.Typer(help="Accounts of the console.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name that the account signs in with.")]


@commands.command("password")
@takes_data
def password_command(settings: Settings, name: Name) -> None:
    """Set a new password, printed once; sessions and pauses of the account end."""
    _boot(settings)
    from clicktrail.control.accounts.create import set_password

    print(f"{name} signs in with the password {set_password(settings, name)}")
    print("It is shown this once only; change it in the console.")


@commands.command("reset-second-factor")
@takes_data
def reset_second_factor_command(settings: Settings, name: Name) -> None:
    """Remove the authenticator app and the recovery codes; sessions and pauses of the account end."""
    _boot(settings)
    from clicktrail.control.accounts.create import reset_second_factor

    had_one = reset_second_factor(settings, name)
    print(f"{name} signs in by password alone." if had_one else f"{name} had no second factor.")


def _boot(settings: Settings) -> None:
    from clicktrail import wiring
    from clicktrail.control.boot import boot

    wiring.require_initialised(settings)
    boot(settings, "console")
