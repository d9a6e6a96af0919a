"""The partner's own account: contact, language and time zone, password, second factor, sessions. Allauth's parts,
as in the console, in the portal's look."""

from typing import Any
from zoneinfo import available_timezones

from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from clicktrail.control.accounts import secondfactor
from clicktrail.control.accounts.activity import note
from clicktrail.control.console import account, signin
from clicktrail.control.policy import STRICT
from clicktrail.control.portal.fields import PlainForm
from clicktrail.control.portal.models import Application


class OwnPage:
    """In place of the console's look and ways."""

    content_policy = STRICT
    home = "portal:account"
    confirm_page = "portal:password_again"
    request: Any

    def frame(self) -> dict[str, Any]:
        return {}


class PersonForm(PlainForm):
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=150,
        help_text=gettext_lazy("Where the shop or network reaches you. Your name for signing in stays as it is."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        as_browser = ("", _("As the browser says"))
        self.fields["language"].choices = [as_browser, *settings.LANGUAGES]  # type: ignore[attr-defined]
        zones = sorted(zone for zone in available_timezones() if "/" in zone)
        named = [(zone, zone.replace("_", " ")) for zone in ["UTC", *zones]]
        self.fields["time_zone"].choices = [as_browser, *named]  # type: ignore[attr-defined]


class Overview(OwnPage, account.Overview):
    template_name = "portal/account.html"

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        found = super().get_context_data(**context)
        user = self.request.user
        given = {"email": user.email, "language": user.language, "time_zone": user.time_zone}
        found.setdefault("person", PersonForm(initial=given))
        found["application"] = Application.objects.filter(account_id=user.pk).first()
        return found

    def post(self, request: Any) -> Any:
        return _save_person(self, request) if "person" in request.POST else super().post(request)


def _save_person(page: Any, request: Any) -> HttpResponse:
    form = PersonForm(request.POST)
    if not form.is_valid():
        return page.render_to_response(page.get_context_data(person=form))  # type: ignore[no-any-return]
    user = request.user
    user.email, user.language, user.time_zone = (form.cleaned_data[name] for name in ("email", "language", "time_zone"))
    user.save(update_fields=["email", "language", "time_zone"])
    note(request, "account changed", user.username)
    with translation.override(user.language or translation.get_language()):
        messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("portal:account"))


class ChangePassword(OwnPage, account.ChangePassword):
    template_name = "portal/form.html"
    success_url = reverse_lazy("portal:account")
    title = gettext_lazy("Change password")
    extra_context = {"button": gettext_lazy("Change password")}


class PasswordAgain(OwnPage, signin.PasswordAgain):
    template_name = "portal/form.html"
    extra_context = {
        "heading": gettext_lazy("Your password, please"),
        "intro": gettext_lazy("What comes next could lock you out. Please show that it is you."),
    }


class SwitchOn(OwnPage, account.SwitchOn):
    template_name = "portal/switch_on.html"
    title = gettext_lazy("Set up a second factor")

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if secondfactor.is_on(request.user):
            return HttpResponseRedirect(reverse("portal:second_factor_off"))
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self) -> str:
        return reverse("portal:recovery_codes" if self.did_generate_recovery_codes else "portal:account")


class SwitchOff(OwnPage, account.SwitchOff):
    template_name = "portal/form.html"
    title = gettext_lazy("Switch the second factor off")
    success_url = reverse_lazy("portal:account")
    extra_context = {
        "button": gettext_lazy("Switch off"),
        "intro": gettext_lazy("Afterwards your password alone signs in, and your recovery codes are void."),
    }


class RecoveryCodes(OwnPage, account.RecoveryCodes):
    template_name = "portal/recovery_codes.html"
    title = gettext_lazy("Recovery codes")


class NewRecoveryCodes(OwnPage, account.NewRecoveryCodes):
    template_name = "portal/form.html"
    title = gettext_lazy("New recovery codes")
    success_url = reverse_lazy("portal:recovery_codes")
    extra_context = {
        "button": gettext_lazy("Make new codes"),
        "intro": gettext_lazy("New codes make the ones that you have void."),
    }


@require_safe
def picture(request: HttpRequest) -> HttpResponse:
    """The picture code of the app that is being set up, as a file: no page of the portal carries a picture inside."""
    kept = request.session.get(secondfactor.PENDING)
    if not kept or Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists():
        raise Http404
    adapter = secondfactor.Adapter()
    address = adapter.build_totp_url(request.user, adapter.decrypt(kept))
    return HttpResponse(adapter.build_totp_svg(address), content_type="image/svg+xml")
