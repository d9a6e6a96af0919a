"""`clicktrail keys call ...`: what a shop's calls prove themselves with: signing keys and tokens of a program."""

from typing import Annotated, Any

import typer

from clicktrail.commands.options import takes_data
from clicktrail.commands.terminal import say
from clicktrail.errors import SettingsError
from clicktrail.settings import Settings

commands = typer.Typer(help="The signing keys and tokens of a program's calls.", no_args_is_help=True)

ProgramNumber = Annotated[int, typer.Option("--program", help="Number of the program.")]
Token = Annotated[
    bool,
    typer.Option("--token", help="A token (parameter token) instead of a signing key."),
]
Number = Annotated[int, typer.Argument(help="Number of the key or token, as `keys call list` shows it.")]


@commands.callback()
def call() -> None:
    """The signing keys and tokens of a program's calls."""


@commands.command("create")
@takes_data
def create(
    settings: Settings,
    program: ProgramNumber,
    token: Token = False,
    text: Annotated[
        str,
        typer.Option("--text", help="The token that the shop sends already."),
    ] = "",
) -> None:
    """Make a signing key or a token and print it: number and secret. It counts within a second."""
    callkeys, row = _open(settings, program)
    if text and not token:
        raise SettingsError("--text goes with --token: the secret of a signing key is made here.")
    try:
        if token:
            made, secret = callkeys.make_token(row, text)
        else:
            made = callkeys.make_key(row)
            secret = callkeys.secret_of(made)
    except ValueError as fault:
        raise SettingsError(str(fault)) from None
    say([f"{made.number} {secret}"])


@commands.command("list")
@takes_data
def list_keys(settings: Settings, program: ProgramNumber) -> None:
    """List the signing keys and tokens of a program, never their secrets."""
    _, row = _open(settings, program)
    say(_line(each) for each in (*row.signing_keys.order_by("number"), *row.call_tokens.order_by("number")))


@commands.command("show")
@takes_data
def show(settings: Settings, program: ProgramNumber, number: Number) -> None:
    """Print the secret of a signing key again. A token is shown once only, when it is made."""
    callkeys, row = _open(settings, program)
    say([callkeys.secret_of(_found(row.signing_keys, number, "signing key"))])


@commands.command("revoke")
@takes_data
def revoke(settings: Settings, program: ProgramNumber, number: Number, token: Token = False) -> None:
    """Revoke a signing key or a token. It stays in the list, because histories name it."""
    callkeys, row = _open(settings, program)
    rows, what = (row.call_tokens, "token") if token else (row.signing_keys, "signing key")
    callkeys.revoke(_found(rows, number, what))
    say([f"The {what} {number} of program {program} is revoked."])


def _open(settings: Settings, program: int) -> tuple[Any, Any]:
    """The module of these keys, and the program."""
    from clicktrail import wiring
    from clicktrail.control.boot import boot
    from clicktrail.control.ledger import schema

    wiring.require_initialised(settings)
    boot(settings, "ledger")
    schema.check(settings)
    from clicktrail.control.catalog import callkeys
    from clicktrail.control.catalog.models import Program

    row = Program.objects.filter(pk=program).first()
    if row is None:
        raise SettingsError(f"There is no program {program}: `clicktrail catalog show` lists them.")
    return callkeys, row


def _found(rows: Any, number: int, what: str) -> Any:
    row = rows.filter(number=number).first()
    if row is None:
        raise SettingsError(f"There is no {what} {number}: `clicktrail keys call list` shows them.")
    return row


def _line(row: Any) -> str:
    from clicktrail.control.ledger.export import iso

    return f"{row._meta.verbose_name:<11}  {row.number:>4}  {row.state:<7}  made {iso(row.created_ms)}"
