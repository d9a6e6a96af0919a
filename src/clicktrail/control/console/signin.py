"""Signing in: name and password, then the second step for who has one.

The only script of these pages tells the browser's time zone.
"""

from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm
from allauth.account.views import LoginView, ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from django import forms
from django.conf import settings
from django.contrib.admin import site
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clicktrail.control.accounts import secondfactor
from clicktrail.control.accounts.brake import attempt_code
from clicktrail.control.accounts.gate import passed
from clicktrail.control.accounts.models import Role
from clicktrail.control.policy import CONSOLE, WithPolicy

WRONG_CODE = gettext_lazy("This code is wrong, or it was used before. An app shows a new one every half minute.")
MAX_PASSWORD = 512
"""Characters; to hash more is work that a stranger could order."""
MAX_CODE = 32


class SignInForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Username")
        self.fields["login"].widget.attrs = {"autocomplete": "username", "autofocus": True, "autocapitalize": "none"}
        self.fields["password"] = _password()

    def add_prefix(self, field_name: str) -> str:
        """Password managers, and people's own tools, look for a field of this name."""
        return "username" if field_name == "login" else super().add_prefix(field_name)


class PasswordAgainForm(ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = _password()


class CodeForm(forms.Form):
    """A code of the app, or one to recover with."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=MAX_CODE,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )

    def __init__(self, user: Any, request: Any, data: Any = None) -> None:
        super().__init__(data)
        self._user, self._request = user, request

    def clean_code(self) -> str:
        attempt = passed(self._request, self._user.get_username(), attempt_code)
        code: str = self.cleaned_data["code"]
        self.authenticator = secondfactor.use_code(self._user, code)
        if self.authenticator is None:
            raise ValidationError(WRONG_CODE)
        attempt.succeeded()
        return code

    def save(self) -> None:
        from allauth.mfa.base.internal.flows import post_authentication

        self.authenticator.user = self._user
        post_authentication(self._request, self.authenticator)


class SignIn(LoginView):
    template_name = "entrance/sign_in.html"
    form_class = SignInForm

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        from clicktrail.control.portal.joining import is_open

        return {**super().get_context_data(**context), "may_join": is_open()}


class SecondStep(AuthenticateView):
    template_name = "entrance/second_step.html"

    def _build_forms(self) -> CodeForm:
        data = self.request.POST if self.request.method == "POST" else None
        self.webauthn_form = None
        self.auth_form = CodeForm(self.stage.login.user, self.request, data)
        return self.auth_form

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if "cancel" in request.POST:
            return self.stage.abort()
        return super().post(request, *args, **kwargs)


class PasswordAgain(WithPolicy, ReauthenticateView):
    """Asked for before something grave is done in a session that is not fresh."""

    content_policy = CONSOLE
    template_name = "account/password_again.html"
    form_class = PasswordAgainForm

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return {
            **site.each_context(self.request),
            "title": _("Your password, please"),
            **super().get_context_data(**context),
        }


def second_factor_middleware(get_response: Any) -> Any:
    """Where the setting asks for it, who has no second factor yet is led to set one up, and nowhere else."""

    def middleware(request: Any) -> Any:
        if (
            settings.CLICKTRAIL.require_second_factor
            and request.user.is_authenticated
            and request.path not in _without_second_factor()
            and not secondfactor.is_on(request.user)
        ):
            return HttpResponseRedirect(reverse(_set_up(request.user)))
        return get_response(request)

    return middleware


def _set_up(account: Any) -> str:
    return "portal:second_factor" if account.role == Role.PARTNER else "mfa_activate_totp"


def _without_second_factor() -> set[str]:
    names = ("mfa_activate_totp", "account_reauthenticate", "admin:logout", "admin:jsi18n")
    portal = ("second_factor", "second_factor_picture", "password_again")
    return {reverse(name) for name in (*names, *(f"portal:{name}" for name in portal))}


def _password() -> forms.CharField:
    widget = forms.PasswordInput({"autocomplete": "current-password"})
    return forms.CharField(label=_("Password"), strip=False, max_length=MAX_PASSWORD, widget=widget)
