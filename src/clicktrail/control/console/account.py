"""My account: password, second factor, recovery codes, and where I am signed in."""

from typing import Any

from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django import forms
from django.contrib import messages
from django.contrib.admin import site
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import get_language, gettext_lazy, ngettext, override
from django.utils.translation import gettext as _
from django.views.generic.edit import FormView
from unfold.forms import AdminOwnPasswordChangeForm
from unfold.widgets import INPUT_CLASSES

from clicktrail.control.accounts import secondfactor, sessions
from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.brake import attempt_code
from clicktrail.control.accounts.gate import Gate, confirm_first, passed
from clicktrail.control.accounts.models import Session
from clicktrail.control.console.cells import time_cell
from clicktrail.control.console.preferences import PreferencesForm
from clicktrail.control.console.signin import MAX_CODE, WRONG_CODE
from clicktrail.control.policy import CONSOLE, WithPolicy


class AccountPage(WithPolicy):
    """A page in the console's own look."""

    content_policy = CONSOLE
    title = ""
    home = "mfa_index"
    confirm_page = "account_reauthenticate"
    request: Any

    def frame(self) -> dict[str, Any]:
        """What the look around the page needs."""
        return dict(site.each_context(self.request))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        found = super().get_context_data(**context)  # type: ignore[misc]
        return {**self.frame(), "title": self.title, **found}


class GravePage(AccountPage):
    """What could lock the owner out: asked for the password first, unless it was typed a short while ago."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return confirm_first(request, self.confirm_page) or super().dispatch(request, *args, **kwargs)


class Overview(AccountPage, IndexView):
    template_name = "account/overview.html"
    title = gettext_lazy("My account")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        found = super().get_context_data(**context)
        codes = found["authenticators"].get(Authenticator.Type.RECOVERY_CODES)
        found["codes_left"] = len(codes.get_unused_codes()) if codes else 0
        found["has_second_factor"] = Authenticator.Type.TOTP in found["authenticators"]
        found["sessions"] = list(_sessions(self.request))
        found.setdefault("preferences", PreferencesForm.of(self.request.user))
        return found

    def post(self, request: Any) -> Any:
        """Keep language and time zone; end one session, or all others."""
        if "preferences" in request.POST:
            return self._keep(request)
        if "others" in request.POST:
            count = sessions.end_others(request)
            said = ngettext("%(count)d other session was ended.", "%(count)d other sessions were ended.", count)
            messages.success(request, said % {"count": count})
        elif count := sessions.end(request.user, request.POST.get("session", "")):
            messages.success(request, _("The session was ended."))
        if count:
            note(request, "sessions ended", request.user.get_username())
        return HttpResponseRedirect(reverse(self.home))

    def _keep(self, request: Any) -> Any:
        form = PreferencesForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(preferences=form))
        form.keep(request.user)
        with override(request.user.language or get_language()):
            messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse(self.home))


class PasswordForm(AdminOwnPasswordChangeForm):
    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(request.user, *args, **kwargs)
        self._request = request

    def clean_old_password(self) -> str:
        """Past the brake: a stolen session is no place to guess the password."""
        old: str = self.cleaned_data["old_password"]
        if Gate(self._request).authenticate(self._request, username=self.user.get_username(), password=old) is None:
            raise ValidationError(_("The old password is wrong."))
        return old


class ChangePassword(AccountPage, FormView):
    template_name = "registration/password_change_form.html"
    form_class = PasswordForm
    success_url = reverse_lazy("mfa_index")
    title = gettext_lazy("Change password")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> Any:
        """Every session of the account ends; this one goes on under a new key."""
        account = form.save()
        update_session_auth_hash(self.request, account)
        note(self.request, "password changed", account.get_username())
        messages.success(self.request, _("The password was changed. All other sessions were ended."))
        return super().form_valid(form)


class SwitchOnForm(forms.Form):
    """The first code of the app; its secret waits in the session, encrypted."""

    code = forms.CharField(
        label=gettext_lazy("Code of the app"),
        max_length=MAX_CODE,
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "class": " ".join(INPUT_CLASSES)}
        ),
    )

    def __init__(self, user: Any, request: Any, **kwargs: Any) -> None:
        super().__init__(**{key: value for key, value in kwargs.items() if key in ("data", "initial", "prefix")})
        self._user, self._request = user, request
        self.secret = self._pending()

    def _pending(self) -> str:
        kept = self._request.session.get(secondfactor.PENDING)
        if kept and self.is_bound:
            return secondfactor.Adapter().decrypt(kept)
        secret = generate_totp_secret()
        self._request.session[secondfactor.PENDING] = secondfactor.Adapter().encrypt(secret)
        return secret

    def clean_code(self) -> str:
        attempt = passed(self._request, self._user.get_username(), attempt_code)
        code: str = self.cleaned_data["code"]
        self.counter = secondfactor.matching_counter(self.secret, code)
        if self.counter is None:
            raise ValidationError(WRONG_CODE)
        attempt.succeeded()
        return code


class SwitchOn(GravePage, ActivateTOTPView):
    template_name = "account/switch_on.html"
    form_class = SwitchOnForm
    title = gettext_lazy("Set up a second factor")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        found = super().get_context_data(**context)
        secret = found["form"].secret
        return {**found, "spelled": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))}

    def form_valid(self, form: Any) -> Any:
        response = super().form_valid(form)
        secondfactor.mark_used(self.request.user, form.counter)
        self.request.session.pop(secondfactor.PENDING, None)
        sessions.end_others(self.request)
        note(self.request, "second factor switched on", self.request.user.get_username())
        messages.success(self.request, _("The second factor is on. All other sessions were ended."))
        return response


class SwitchOff(GravePage, DeactivateTOTPView):
    template_name = "account/switch_off.html"
    title = gettext_lazy("Switch the second factor off")

    def form_valid(self, form: Any) -> Any:
        response = super().form_valid(form)
        note(self.request, "second factor switched off", self.request.user.get_username())
        messages.success(self.request, _("The second factor is off."))
        return response


class RecoveryCodes(GravePage, ViewRecoveryCodesView):
    template_name = "account/recovery_codes.html"
    title = gettext_lazy("Recovery codes")


class NewRecoveryCodes(GravePage, GenerateRecoveryCodesView):
    template_name = "account/new_recovery_codes.html"
    title = gettext_lazy("New recovery codes")

    def form_valid(self, form: Any) -> Any:
        note(self.request, "recovery codes made", self.request.user.get_username())
        return super().form_valid(form)


def _sessions(request: Any) -> Any:
    for row in Session.objects.filter(account=request.user).order_by("-seen_ms"):
        yield {
            "key": row.pk,
            "browser": row.browser or _("An unknown browser"),
            "address": row.address or _("not kept"),
            "since": time_cell(row.since_ms, None),
            "seen": time_cell(row.seen_ms, None),
            "is_this": sessions.is_current(request, row),
        }
