"""The link of an invitation: somebody sets his password with it, once, and signs in."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clicktrail.control.accounts import people
from clicktrail.control.accounts.activity import note
from clicktrail.control.console.signin import MAX_PASSWORD


def _field(label: Any) -> forms.CharField:
    widget = forms.PasswordInput({"autocomplete": "new-password"})
    return forms.CharField(label=label, strip=False, max_length=MAX_PASSWORD, widget=widget)


class PasswordForm(forms.Form):
    password = _field(gettext_lazy("New password"))
    again = _field(gettext_lazy("The same again"))

    def __init__(self, account: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._account = account

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        first, again = values.get("password"), values.get("again")
        if first and again and first != again:
            self.add_error("again", _("The two passwords are not the same."))
        elif first:
            try:
                validate_password(first, self._account)
            except forms.ValidationError as fault:
                self.add_error("password", fault)
        return values


def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks for the password, POST sets it. A link that does not work looks like one that never was."""
    account = people.invited(token)
    if account is None:
        raise Http404(_("This link works no more: it was used, replaced, or it is too old. Ask for a new one."))
    form = PasswordForm(account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        if people.accept(token, form.cleaned_data["password"]) is None:
            raise Http404(_("This link was used in the meantime. Ask for a new one."))
        note(request, "invitation used", account.username, account=account.username)
        messages.success(request, _("Your password is set. Please sign in with it."))
        return HttpResponseRedirect(reverse("account_login"))
    # The address stays in the house by the policy of all pages, same-origin; with no-referrer a browser would send this
    # form with `Origin: null`, and it would be refused.
    answer = TemplateResponse(request, "entrance/welcome.html", {"form": form, "account": account})
    answer["Cache-Control"] = "no-store"
    return answer
