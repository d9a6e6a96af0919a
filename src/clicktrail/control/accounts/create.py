"""Make the first account, asking nothing."""

import secrets

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
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        Account.objects.create_superuser(name, password=password)
        return name, password
