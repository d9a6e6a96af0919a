"""Sign-up: a form for anybody, a brake on floods, and an answer that does not tell who has an account already."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clicktrail import heartbeat
from clicktrail.control.accounts import brake
from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.create import brake_secret
from clicktrail.control.accounts.models import Account, Role
from clicktrail.control.callers import caller_address, stored_address
from clicktrail.control.portal import terms
from clicktrail.control.portal.applications import waiting
from clicktrail.control.portal.fields import PlainForm
from clicktrail.control.portal.models import Application, Terms
from clicktrail.control.portal.proving import MAX_UNPROVEN_DAYS, forget, wake

MAX_WAITING = 1000
"""Applications that nobody has looked at; beyond it nobody else can sign up."""
MAX_TRAFFIC = 2000
MAX_PASSWORD = 512


class JoinForm(PlainForm):
    name = forms.CharField(label=gettext_lazy("Name or company"), max_length=200)
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=150, help_text=gettext_lazy("You sign in with it, too.")
    )
    website = forms.URLField(
        label=gettext_lazy("Website"),
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy("Where most of your visitors come from."),
    )
    traffic = forms.CharField(
        label=gettext_lazy("How you make traffic"),
        max_length=MAX_TRAFFIC,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("A blog, a newsletter, comparing prices, vouchers ... and for whom."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=MAX_PASSWORD,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("Ten characters at least."),
    )
    accepted = forms.BooleanField(error_messages={"required": gettext_lazy("Without the terms there is no account.")})
    fax = forms.CharField(required=False, widget=forms.TextInput({"tabindex": "-1", "autocomplete": "off"}))
    """Nobody sees it; what fills it in is a program."""

    def __init__(self, in_force: Terms, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.in_force = in_force
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        link = format_html('<a href="{}">{}</a>', reverse("portal:terms"), _("terms"))
        self.fields["accepted"].label = format_html(_("I accept the {}"), link)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        mail = self.cleaned_data.get("email", "")
        validate_password(password, Account(username=mail, email=mail))
        return password


def is_open() -> bool:
    """By the setting, and there is something to accept."""
    return bool(settings.CLICKTRAIL.partner_signup) and terms.in_force() is not None


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    in_force = terms.in_force()
    if in_force is None or not is_open() or waiting().count() >= MAX_WAITING:
        return TemplateResponse(request, "portal/join_closed.html", status=403 if request.method == "POST" else 200)
    form = JoinForm(in_force, request.POST or None)
    if request.method == "POST" and form.is_valid():
        pause = brake.attempt_signup(brake_secret(settings.CLICKTRAIL), caller_address(request))
        if pause is None:
            _take(request, form)
            return HttpResponseRedirect(reverse("portal:joined"))
        said = _("Many applications came from your network. Please wait %(minutes)s minutes, then try again.")
        form.add_error(None, ValidationError(said % {"minutes": -(-pause.seconds // 60)}))
    return TemplateResponse(request, "portal/join.html", {"form": form, "terms": in_force})


@require_safe
def joined(request: HttpRequest) -> HttpResponse:
    days = MAX_UNPROVEN_DAYS if settings.CLICKTRAIL.smtp_host else 0
    return TemplateResponse(request, "portal/joined.html", {"days": days})


def _take(request: HttpRequest, form: JoinForm) -> None:
    """A known address and a program get the same answer after the same work: it tells nobody who has an account."""
    given = form.cleaned_data
    hashed = make_password(given["password"])
    if given["fax"]:
        return
    forget()
    try:
        with transaction.atomic():
            account = Account(username=given["email"], email=given["email"], password=hashed, role=Role.PARTNER)
            account.save()
            application = _application(request, account, form)
            terms.accept(account.pk, form.in_force.version)
    except IntegrityError:
        note("", "signed up", "(an address that has an account)")
        return
    note(request, "signed up", str(application), account=account.username)
    wake()


def _application(request: HttpRequest, account: Account, form: JoinForm) -> Application:
    given = form.cleaned_data
    made: Application = Application.objects.create(
        account_id=account.pk,
        name=given["name"],
        email=given["email"],
        website=given["website"],
        traffic=given["traffic"],
        language=get_language() or "",
        address=stored_address(request),
        terms_version=form.in_force.version,
        at_ms=heartbeat.now_ms(),
    )
    return made
