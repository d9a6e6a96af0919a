"""`clicktrail account`: people of the console and their roles; help for who lost a password or a second factor."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from clicktrail.commands.options import takes_data
from clicktrail.errors import StartError
from clicktrail.settings import Settings

commands = typer.Typer(help="Accounts of the console.", no_args_is_help=True)
COMMAND_LINE = "(command line)"
"""Whom the activity log names."""
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name that the account signs in with.")]


Role = Annotated[str, typer.Option(help="owner, manager or reader.")]
Programs = Annotated[str, typer.Option(help="Numbers of programs, like 1,3; left out: every one.")]


@commands.command("add")
@takes_data
def add_command(settings: Settings, name: Name, role: Role = "reader", programs: Programs = "") -> None:
    """Make an account with a role and print its password, once."""
    _boot(settings)
    from clicktrail.control.accounts import people
    from clicktrail.control.accounts.activity import note

    with _said():
        account = people.make(name, _part(role, programs))
    password = people.give_password(account)
    note(COMMAND_LINE, "account made", name, role=account.role, programs=account.programs)
    print(f"{name} signs in with the password {password}")
    print("It is shown this once only; change it in the console.")


@commands.command("role")
@takes_data
def role_command(
    settings: Settings,
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="owner, manager or reader.")],
    programs: Programs = "",
) -> None:
    """Give an account another role; the last owner keeps his."""
    _boot(settings)
    from clicktrail.control.accounts import people
    from clicktrail.control.accounts.activity import note
    from clicktrail.control.accounts.create import named

    account = named(name)
    before = {"role": account.role, "programs": account.programs}
    with _said():
        if account.role == "partner":
            raise people.NotPossible(f"{name} is a partner's account: it has no part in the console.")
        people.set_part(account, _part(role, programs))
    note(
        COMMAND_LINE,
        "account changed",
        name,
        before=before,
        after={"role": account.role, "programs": account.programs},
    )
    print(f"{name} is {account.get_role_display().lower()} of {programs or 'every program'} now.")


@commands.command("password")
@takes_data
def password_command(settings: Settings, name: Name) -> None:
    """Set a new password, printed once; sessions and pauses of the account end."""
    _boot(settings)
    from clicktrail.control.accounts.activity import note
    from clicktrail.control.accounts.create import set_password

    password = set_password(settings, name)
    note(COMMAND_LINE, "password changed", name)
    print(f"{name} signs in with the password {password}")
    print("It is shown this once only; change it in the console.")


@commands.command("reset-second-factor")
@takes_data
def reset_second_factor_command(settings: Settings, name: Name) -> None:
    """Remove the authenticator app and the recovery codes; sessions and pauses of the account end."""
    _boot(settings)
    from clicktrail.control.accounts.activity import note
    from clicktrail.control.accounts.create import reset_second_factor

    had_one = reset_second_factor(settings, name)
    note(COMMAND_LINE, "second factor switched off", name)
    print(f"{name} signs in by password alone." if had_one else f"{name} had no second factor.")


def _part(role: str, programs: str) -> Any:
    """Raises NotPossible."""
    from clicktrail.control.accounts import people
    from clicktrail.control.catalog.models import Program

    words = [word.strip() for word in programs.split(",") if word.strip()]
    known = {str(number) for number in Program.objects.values_list("pk", flat=True)}
    for word in words:
        if word not in known:
            raise people.NotPossible(f"There is no program {word}; there are: {', '.join(sorted(known)) or 'none'}.")
    if role == "owner" and words:
        raise people.NotPossible("An owner has every program: leave --programs out, or give the role manager.")
    return people.Part(role, tuple(map(int, words)))


@contextmanager
def _said() -> Iterator[None]:
    """What is not possible is one sentence on standard error."""
    from clicktrail.control.accounts.people import NotPossible

    try:
        yield
    except NotPossible as fault:
        raise StartError(str(fault)) from None


def _boot(settings: Settings) -> None:
    from clicktrail import wiring
    from clicktrail.control.boot import boot

    wiring.require_initialised(settings)
    boot(settings, "console")
