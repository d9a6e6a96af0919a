"""`clicktrail init`: a data folder with everything that the first start needs."""

import os
from pathlib import Path

from clicktrail.commands.options import takes_data
from clicktrail.settings import Settings


@takes_data
def init(settings: Settings) -> None:
    """Make the data folder: keys, ledger, a first program, and the first manager account.

    Asks nothing and prints the password once. May run twice: it adds what is missing and
    brings an older ledger up to date, after a backup.
    """
    backup = lay_ground(settings)
    from clicktrail.control.accounts.create import create_manager

    _tell(settings.data, backup, create_manager())


def lay_ground(settings: Settings) -> Path | None:
    """Everything but the account. Returns where an older ledger was saved to, if there was one."""
    from clicktrail import keys

    os.umask(0o077)
    _make_folders(settings)
    keys.create(settings.keys_folder)
    return _fill_ledger(settings)


def _make_folders(settings: Settings) -> None:
    """Raises StartError where the folder cannot be made or written to."""
    from clicktrail.errors import StartError

    try:
        for folder in (settings.data, settings.run_folder, settings.journal_folder, settings.backup_folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as fault:
        raise StartError(f"{fault.filename} cannot be made: {fault.strerror}.") from None


def _fill_ledger(settings: Settings) -> Path | None:
    from clicktrail.control.boot import boot

    boot(settings, "console")
    from clicktrail.control.catalog.fresh import make_fresh
    from clicktrail.control.catalog.publish import publish
    from clicktrail.control.ledger.schema import migrate

    migrated = migrate(settings, backed_up=True)
    make_fresh()
    publish(settings)
    return migrated.backup


def _tell(data: Path, backup: Path | None, account: tuple[str, str] | None) -> None:
    print(f"The data folder {data} is ready.")
    if backup:
        print(f"  The ledger as it was before: {backup}")
    if account:
        name, password = account
        print(f"  Sign in to the console as {name} with the password {password}")
        print("  It is shown this once only; change it there.")
    print(f"  Next: clicktrail serve --data {data}")
