"""The second factor: codes of an authenticator app, and codes to recover with; what allauth leaves open of it.

Secrets are encrypted in the ledger, and a code of the app counts once: the number of the half minute
that it stands for is kept, and nothing up to it is taken again, by no process and after no restart.
"""

import base64
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from clicktrail import keys

LAST = "last_counter"
PENDING = "pending_totp"
"""In the session: the secret of an app that is being set up, encrypted."""


class Adapter(DefaultMFAAdapter):
    """How allauth.mfa stores secrets here, and what it calls us in the app."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_generate_recovery_codes": _("Set up a second factor first: recovery codes stand in for it."),
        "cannot_delete_authenticator": _("Whoever runs this server has made the second factor a duty."),
    }

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def can_delete_authenticator(self, authenticator: Any) -> bool:  # noqa: ARG002 - allauth's form
        return not settings.CLICKTRAIL.require_second_factor

    def get_totp_issuer(self) -> str:
        return "Clicktrail"

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())


def is_on(account: Any) -> bool:
    return bool(of_account(account.pk).exists())


def of_account(number: Any) -> Any:
    """The app of an account, as rows; `number` may be a column of a query around it."""
    return Authenticator.objects.filter(user_id=number, type=Authenticator.Type.TOTP)


def matching_counter(secret: str, code: str) -> int | None:
    """The half minute that the code stands for, of the few around now."""
    for counter in yield_hotp_counters_from_time():
        if constant_time_compare(format_hotp_value(hotp_value(secret, counter)), _digits(code)):
            return counter
    return None


@transaction.atomic
def use_code(account: Any, code: str) -> Authenticator | None:
    """What the code belongs to, once; None where it is wrong, or was used before.

    The account's row is locked first: two browsers with one code come one after the other.
    """
    type(account).objects.select_for_update().get(pk=account.pk)
    for found in Authenticator.objects.filter(user_id=account.pk):
        if found.type == Authenticator.Type.TOTP and _use_totp(found, code):
            return found
        if found.type == Authenticator.Type.RECOVERY_CODES and _use_recovery(found, code):
            return found
    return None


def mark_used(account: Any, counter: int) -> None:
    """The code that switched the app on does not sign in as well."""
    found = Authenticator.objects.get(user_id=account.pk, type=Authenticator.Type.TOTP)
    found.data[LAST] = counter
    found.save(update_fields=["data"])


def switch_off(account: Any) -> int:
    """Remove app and recovery codes; how many there were."""
    return int(Authenticator.objects.filter(user_id=account.pk).delete()[0])


def _use_totp(found: Authenticator, code: str) -> bool:
    try:
        counter = matching_counter(Adapter().decrypt(found.data["secret"]), code)
    except InvalidToken:  # The keys were replaced: nobody can have a code for it any more.
        return False
    if counter is None or counter <= found.data.get(LAST, 0):
        return False
    found.data[LAST] = counter
    found.save(update_fields=["data"])
    return True


def _use_recovery(found: Authenticator, code: str) -> bool:
    try:
        return bool(RecoveryCodes(found).validate_code(_digits(code)))
    except InvalidToken:
        return False


def _digits(code: str) -> str:
    return "".join(code.split()).replace("-", "")


def _fernet() -> Fernet:
    kept = keys.load(settings.CLICKTRAIL.keys_folder)
    return Fernet(base64.urlsafe_b64encode(keys.derive(kept, "second-factor")))
