"""`clicktrail keys api ...`: make, list, rotate and revoke keys of the API."""

from typing import Annotated, Any

import typer

from clicktrail.commands.options import takes_data
from clicktrail.commands.terminal import say
from clicktrail.errors import SettingsError
from clicktrail.settings import Settings, split_list

MADE_BY = "command line"

commands = typer.Typer(help="The keys of the REST API.", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(help="What stands behind ct_ in the key, as `keys api list` shows it.")]


@commands.callback()
def api() -> None:
    """The keys of the REST API."""


@commands.command("create")
@takes_data
def create(
    settings: Settings,
    name: Annotated[str, typer.Option("--name", help="Who uses it, for people.")],
    scopes: Annotated[str, typer.Option("--scopes", help="Of read, write, postback, with commas.")] = "read",
    program: Annotated[
        int | None,
        typer.Option("--program", help="Only this program; left out: all of them."),
    ] = None,
) -> None:
    """Make an API key and print it. It is stored as a hash only, so nobody can show it again."""
    keys, _ = _open(settings)
    try:
        _, secret = keys.make(name, split_list(scopes), program, MADE_BY)
    except ValueError as fault:
        raise SettingsError(str(fault)) from None
    say([secret])


@commands.command("list")
@takes_data
def list_keys(settings: Settings) -> None:
    """List the API keys with their scopes and last use, never their secrets."""
    _, rows = _open(settings)
    say(_line(row) for row in rows.order_by("pk"))


@commands.command("rotate")
@takes_data
def rotate(
    settings: Settings,
    key: KeyId,
    overlap_hours: Annotated[
        int,
        typer.Option("--overlap-hours", help="The old secret is good so long."),
    ] = 24,
) -> None:
    """Give an API key a new secret and print it; the one before stays good for some hours."""
    keys, rows = _open(settings)
    try:
        say([keys.rotate(_found(rows, key), overlap_hours)])
    except ValueError as fault:
        raise SettingsError(str(fault)) from None


@commands.command("revoke")
@takes_data
def revoke(settings: Settings, key: KeyId) -> None:
    """Revoke an API key at once; it stays in the list, because histories name it."""
    keys, rows = _open(settings)
    row = _found(rows, key)
    keys.revoke(row, MADE_BY)
    say([f"{row} is revoked."])


def _open(settings: Settings) -> tuple[Any, Any]:
    """The module of keys, and their rows."""
    from clicktrail import wiring
    from clicktrail.control.boot import boot
    from clicktrail.control.ledger import schema

    wiring.require_initialised(settings)
    boot(settings, "console")
    schema.check(settings)
    from clicktrail.control.api import keys
    from clicktrail.control.api.models import ApiKey

    return keys, ApiKey.objects


def _found(rows: Any, public_id: str) -> Any:
    row = rows.filter(public_id=public_id.removeprefix("ct_")).first()
    if row is None:
        raise SettingsError(f"There is no API key {public_id!r}: `clicktrail keys api list` shows them.")
    return row


def _line(row: Any) -> str:
    from clicktrail.control.ledger.export import iso

    where = "all programs" if row.program_id is None else f"program {row.program_id}"
    used = f"used {iso(row.last_used_ms)}" if row.last_used_ms else "never used"
    state = f"revoked {iso(row.revoked_ms)}" if row.revoked_ms else used
    return f"ct_{row.public_id}  {row.scopes:<20}  {where:<12}  {state}  {row.name}"
