"""What allauth is told about signing in here: by name and password, past the brake, managers only, without mail."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy

from clicktrail import log
from clicktrail.control.accounts import brake
from clicktrail.control.accounts.activity import REFUSED, note, tidy
from clicktrail.control.accounts.create import brake_secret
from clicktrail.control.accounts.models import Account, Role
from clicktrail.control.callers import caller_address, stored_address

WRONG = gettext_lazy("The username or the password is wrong. Capitals matter.")
"""One sentence for a wrong name, a wrong password and an account that is switched off: it does not tell who has one."""
PORTAL = "/partner/"
FRESH_S = 300
"""A sign-in, or a password typed again, counts for so long where something grave is done."""


class Gate(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG,
        "incorrect_password": gettext_lazy("The password is wrong."),
    }

    def authenticate(self, request: Any, **credentials: Any) -> Any:
        """The account, or None. Raises ValidationError, which says how long to wait, where the brake is on."""
        attempt = passed(request, credentials["username"], brake.attempt_password)
        account = authenticate(request, **credentials)
        if account is None or not (account.is_staff or account.role == Role.PARTNER):
            _tell_failure(request, credentials["username"], "wrong name or password")
            return None
        attempt.succeeded()
        return account

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        if not user.is_authenticated:
            return []
        page = "portal:password_again" if user.role == Role.PARTNER else "account_reauthenticate"
        return [{"id": "reauthenticate", "description": "", "url": reverse(page)}]

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:  # noqa: ARG002 - allauth's form
        return not is_fresh(self.request)

    def is_open_for_signup(self, _request: Any) -> bool:
        return False

    def is_ajax(self, _request: Any) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Pages of ours only, whatever other hosts we answer under."""
        return bool(url_has_allowed_host_and_scheme(url, allowed_hosts=None))

    def add_message(self, *_: Any, **__: Any) -> None:
        """The pages say themselves what happened."""

    def post_login(self, request: Any, user: Any, **details: Any) -> Any:
        note(request, "signed in", account=user.get_username())
        tidy()
        answer = super().post_login(request, user, **details)
        is_lost = user.role == Role.PARTNER and not answer.get("Location", "").startswith(PORTAL)
        return HttpResponseRedirect(PORTAL) if is_lost else answer


def passed(request: Any, name: str, attempt_by: Any) -> brake.Attempt:
    """An attempt that the brake lets through. Raises ValidationError with the waiting time where it does not."""
    attempt = attempt_by(brake_secret(settings.CLICKTRAIL), name, caller_address(request))
    if isinstance(attempt, brake.Wait):
        _tell_failure(request, name, "too many attempts", wait_s=attempt.seconds)
        raise ValidationError(attempt.sentence, code="wait")
    return attempt


def is_fresh(request: Any) -> bool:
    """Whether the password was typed in this session a short while ago."""
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - max(record["at"] for record in records) < FRESH_S


def confirm_first(request: Any, page: str = "account_reauthenticate") -> Any:
    """Where to go to type the password again, and back from there; None where that is not needed."""
    if is_fresh(request):
        return None
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': request.path})}")


def _tell_failure(request: Any, name: str, why: str, **facts: Any) -> None:
    """What was typed is logged only where it is somebody's name: it may be a password in the wrong field."""
    known = Account.objects.filter(username=name).exists()
    facts["account"] = name if known else "(unknown)"
    if "wait_s" in facts:  # Who is held up tries as often as he likes; the table is not his to fill.
        log.get().warning(REFUSED, why=why, address=stored_address(request), **facts)
    else:
        note(request, REFUSED, why=why, **facts)
