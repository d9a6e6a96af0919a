"""`clicktrail catalog apply FILE.toml` and `catalog show`: the whole set-up as one file."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from clicktrail.commands.options import takes_data
from clicktrail.core.text import decode_file
from clicktrail.errors import CatalogError
from clicktrail.settings import Settings

STANDARD_INPUT = Path("-")

commands = typer.Typer(help="Load or show the whole set-up as one TOML file.", no_args_is_help=True)


@commands.command("apply")
@takes_data
def apply_command(
    settings: Settings,
    file: Annotated[Path, typer.Argument(help="TOML file; - reads standard input.")],
) -> None:
    """Load programs, partners, creatives, targets, products, approvals and rates from FILE.

    Adds and changes, removes nothing; twice changes nothing more. The server may run.
    """
    print("\n".join(apply_file(settings, file)))


@commands.command("show")
@takes_data
def show_command(settings: Settings) -> None:
    """Print the whole set-up in the form that `apply` takes."""
    print(show_catalog(settings), end="")


def apply_file(settings: Settings, file: Path) -> list[str]:
    """Load a set-up file (`-` reads standard input) and publish it; returns what was done, a line each.

    Works with the server running or stopped. Raises CatalogError naming line, field and mend;
    nothing is changed then. Doing it twice changes nothing more.
    """
    from clicktrail.control.ledger import schema

    schema.check(settings)
    from clicktrail.control.catalog.apply import apply
    from clicktrail.control.catalog.publish import publish

    name = "standard input" if file == STANDARD_INPUT else file.name
    applied = apply(_read(file), name)
    version = publish(settings)
    done = [f"added {what}" for what in applied.added] + [f"changed {what}" for what in applied.changed]
    warnings = [f"warning: {what}" for what in applied.warnings]
    return [*(done or ["nothing to change"]), *warnings, f"catalog {version} is published"]


def show_catalog(settings: Settings) -> str:
    """The set-up in the form that `apply_file` takes."""
    from clicktrail.control.ledger import schema

    schema.check(settings)
    from clicktrail.control.catalog.show import show

    return show()


def _read(file: Path) -> str:
    try:
        return decode_file(sys.stdin.buffer.read() if file == STANDARD_INPUT else file.read_bytes())
    except OSError as fault:
        raise CatalogError(f"{file} cannot be read: {fault.strerror}.") from None
    except UnicodeDecodeError:
        raise CatalogError(f"{file} cannot be read: save it as UTF-8.") from None
