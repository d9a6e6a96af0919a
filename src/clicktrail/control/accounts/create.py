"""Make the first account, and help who lost the password or the second factor; asking nothing."""

import secrets
from typing import Any

from clicktrail import keys
from clicktrail.errors import StartError
from clicktrail.settings import Settings

FIRST_MANAGER = "manager"
PASSWORD_BYTES = 15
"""Twenty characters to type."""


def create_manager(name: str = FIRST_MANAGER) -> tuple[str, str] | None:
    """(name, password) of a new manager; None where any account exists, whose password nobody knows but its owner."""
    from django.db import transaction

    from clicktrail.control.accounts.models import Account

    with transaction.atomic():
        if Account.objects.exists():
            return None
        password = new_password()
        Account.objects.create_superuser(name, password=password)
        return name, password


def new_password() -> str:
    return secrets.token_urlsafe(PASSWORD_BYTES)


def set_password(settings: Settings, name: str) -> str:
    """A new password for the account, whose sessions end and whose pauses too. Raises StartError: no such account."""
    account = named(name)
    password = new_password()
    account.set_password(password)
    account.save()
    _release(settings, name)
    return password


def reset_second_factor(settings: Settings, name: str) -> bool:
    """Whether there was one. Raises StartError: no such account."""
    from clicktrail.control.accounts import secondfactor
    from clicktrail.control.accounts.models import Session

    account = named(name)
    had_one = secondfactor.switch_off(account) > 0
    Session.objects.filter(account=account).delete()
    _release(settings, name)
    return had_one


def brake_secret(settings: Settings) -> bytes:
    return keys.derive(keys.load(settings.keys_folder), "brake")


def _release(settings: Settings, name: str) -> None:
    from clicktrail.control.accounts import brake

    brake.release(brake_secret(settings), name)


def named(name: str) -> Any:
    from clicktrail.control.accounts.models import Account

    found = Account.objects.filter(username=name).first()
    if found is None:
        names = ", ".join(Account.objects.order_by("username").values_list("username", flat=True)[:20])
        raise StartError(f"There is no account {name!r}; there are: {names}.")
    return found
