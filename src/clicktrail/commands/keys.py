"""`clicktrail keys ...`: the check key of new ClickIDs; keys of the API (`apikeys.py`) and of calls (`callkeys.py`)."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import typer

from clicktrail.commands import apikeys, callkeys
from clicktrail.commands.options import takes_data
from clicktrail.errors import StartError
from clicktrail.settings import Settings

commands = typer.Typer(help="The keys of this installation.", no_args_is_help=True)
commands.add_typer(apikeys.commands, name="api")
commands.add_typer(callkeys.commands, name="call")


@commands.callback()
def keys() -> None:
    """The keys of this installation."""


@commands.command("rotate")
@takes_data
def rotate_command(settings: Settings) -> None:
    """Sign new ClickIDs with another key. The server must be stopped.

    ClickIDs of the three keys before stay good. A key number comes round again only when no click that
    it signed can earn anything any more; until then the command refuses, and names the day.
    """
    from clicktrail import catalogfile, keys, wiring

    wiring.require_initialised(settings)
    catalog = catalogfile.read(settings.catalog_folder / catalogfile.CURRENT)
    longest_days = max((program.click_lifetime_days for program in catalog.programs.values()), default=0)
    with _stopped(settings):
        number = keys.rotate(settings.keys_folder, time.time_ns() // 1_000_000, longest_days)
    print(f"New ClickIDs are signed with key {number}. Back up {settings.keys_folder / 'keys.json'}, then start again.")


@contextmanager
def _stopped(settings: Settings) -> Iterator[None]:
    """Hold every lock that a running process holds: an engine with the old keys would refuse new ClickIDs.

    Raises StartError where something runs.
    """
    locks = [settings.run_folder / "supervisor.lock", settings.run_folder / "engine.lock"]
    locks += settings.journal_folder.glob("*/lock")
    with ExitStack() as held:
        for path in filter(lambda path: path.exists(), locks):
            try:
                fcntl.flock(held.enter_context(path.open("a")), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StartError(
                    f"Something still runs on {settings.data}: stop it, rotate, and start it again."
                ) from None
        yield
