"""Who may call a program: the rules among its fields, and a page for its signing keys and tokens."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from clicktrail.control.accounts.activity import note
from clicktrail.control.accounts.gate import confirm_first
from clicktrail.control.accounts.rights import rights_of
from clicktrail.control.catalog import callkeys, rules
from clicktrail.control.catalog.models import Allowed, CallToken, KeyState, Program, SigningKey, Unproven
from clicktrail.control.console.cells import label, time_cell
from clicktrail.control.console.fields import ruled
from clicktrail.core.postback import MAX_TEXT

FIELDS = ("signed", "token_required", "networks", "unproven", "nocheck_by", "pid_by", "replay_window_s")
EXPLAINED = gettext_lazy(
    "Anybody can call as long as nothing is demanded here: a pixel in a browser can prove nothing. "
    "What you demand holds for every call, and all that you demand must be met; calls of your own API keys and "
    "orders made by hand always pass. Keys and tokens are made on their own page."
)
WHOSE = [
    (Allowed.EVERYBODY, gettext_lazy("Everybody’s")),
    (Allowed.SIGNED, gettext_lazy("Only in a signed call, or one of your own")),
    (Allowed.NOBODY, gettext_lazy("Nobody’s but your own")),
]


class NetworksField(forms.CharField):
    """One network a line, as a list."""

    widget = UnfoldAdminTextareaWidget({"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        found, faults = [], []
        for line in _lines(value):
            try:
                found.append(rules.network(line))
            except ValueError as fault:
                faults.append(str(fault))
        if faults:
            raise ValidationError(faults)
        return ruled(rules.networks)(found)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != _lines(data)


def _lines(text: Any) -> list[str]:
    return [line.strip() for line in (text or "").replace(",", "\n").splitlines() if line.strip()]


class AccessForm(forms.ModelForm):
    """The fields; a program's own form takes them over."""

    networks = NetworksField(
        label=gettext_lazy("Addresses that calls must come from"),
        required=False,
        help_text=gettext_lazy(
            "Of the shop's servers, one a line: 203.0.113.7, 203.0.113.0/24, 2001:db8::/48. Empty: from "
            "anywhere. A pixel comes from the buyer's address and would be refused."
        ),
    )
    unproven = forms.ChoiceField(
        label=gettext_lazy("A call that proves too little"),
        widget=UnfoldAdminSelectWidget,
        choices=[
            (Unproven.REFUSE, gettext_lazy("is refused; the log says what was missing")),
            (
                Unproven.HOLD,
                gettext_lazy("makes a transaction on hold, until you or a signed call release it"),
            ),
        ],
    )
    nocheck_by = forms.ChoiceField(
        label=gettext_lazy("Whose nocheck=1 counts"),
        widget=UnfoldAdminSelectWidget,
        choices=WHOSE,
        help_text=gettext_lazy(
            "It skips the approval check. Where it does not count it is passed over, and the log says so."
        ),
    )
    pid_by = forms.ChoiceField(
        label=gettext_lazy("Whose pid counts"),
        widget=UnfoldAdminSelectWidget,
        choices=WHOSE,
        help_text=gettext_lazy(
            "It names the partner in place of the click's. Where it does not count, only the ClickID credits."
        ),
    )

    class Meta:
        model = Program
        fields = FIELDS
        labels = {
            "signed": gettext_lazy("Calls must be signed"),
            "token_required": gettext_lazy("Calls must carry a token"),
            "replay_window_s": gettext_lazy("Seconds that a signature is good for"),
        }
        help_texts = {
            "signed": gettext_lazy("With the parameters ts and sig, by one of the program's signing keys."),
            "token_required": gettext_lazy(
                "In the parameter token. Weaker than a signature: who reads it once can call for ever."
            ),
            "replay_window_s": gettext_lazy(
                "The time stamp of a signed call may lie this far from our clock, before or behind."
            ),
        }

    def clean_replay_window_s(self) -> int:
        return ruled(rules.replay_window_s)(self.cleaned_data["replay_window_s"])


class TokenForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("A token that the shop sends already"),
        required=False,
        max_length=MAX_TEXT,
        strip=False,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text=gettext_lazy("Leave it empty, and one is made that nobody can guess."),
    )


def keys_page(request: HttpRequest, context: dict[str, Any], program: Program | None) -> HttpResponse:
    """Make, show and revoke; each step needs a password typed a short while ago. A secret is in one answer only."""
    if program is None:
        raise Http404(_("There is no such program."))
    shown: dict[str, str] = {}
    form = TokenForm(request.POST if "make_token" in request.POST else None)
    rights_of(request).must_edit()
    if request.method == "POST":
        asked = confirm_first(request)
        if asked is not None:
            return asked
        shown = _done(request, program, form)
    context |= {
        "title": _("Signing keys and tokens of %(program)s") % {"program": program},
        "original": program,
        "keys": [_line(row) for row in SigningKey.objects.filter(program=program).order_by("number")],
        "tokens": [_line(row) for row in CallToken.objects.filter(program=program).order_by("number")],
        "shown": shown,
        "form": form,
        "lacks": _lacks(program),
    }
    response = TemplateResponse(request, "console/call_keys.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _done(request: HttpRequest, program: Program, form: TokenForm) -> dict[str, str]:
    """What is to be shown: number and secret."""
    post = request.POST
    try:
        if "make_key" in post:
            key = callkeys.make_key(program)
            note(request, "key made", key, program=program.pk)
            return _key(key)
        if "show_key" in post:
            key = _found(SigningKey, program, post["show_key"])
            note(request, "key shown", key, program=program.pk)
            return _key(key)
        if "make_token" in post and form.is_valid():
            row, token = callkeys.make_token(program, form.cleaned_data["text"])
            note(request, "key made", row, program=program.pk)
            return {"kind": "token", "number": str(row.number), "secret": token}
        for name, kind in (("revoke_key", SigningKey), ("revoke_token", CallToken)):
            if name in post:
                row = _found(kind, program, post[name])
                callkeys.revoke(row)
                note(request, "key revoked", row, program=program.pk)
                messages.success(request, _("The %(key)s is revoked.") % {"key": row})
    except ValueError as fault:
        messages.error(request, str(fault))
    return {}


def _key(row: SigningKey) -> dict[str, str]:
    return {"kind": "key", "number": str(row.number), "secret": callkeys.secret_of(row)}


def _found(kind: Any, program: Program, number: str) -> Any:
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    row = kind.objects.filter(program=program, number=int(number)).first() if is_number else None
    if row is None:
        raise Http404(_("There is no such key."))
    return row


def _line(row: SigningKey | CallToken) -> dict[str, Any]:
    is_active = row.state == KeyState.ACTIVE
    return {
        "number": row.number,
        "made": time_cell(row.created_ms, row.program.time_zone),
        "state": label(_("Counts"), "success") if is_active else label(_("Revoked"), "danger"),
        "is_active": is_active,
    }


def _lacks(program: Program) -> list[str]:
    """What is demanded and cannot be met."""
    active = KeyState.ACTIVE
    lacks = []
    if program.signed and not program.signing_keys.filter(state=active).exists():
        lacks.append(_("The program demands signatures and has no signing key: every call fails until you make one."))
    if program.token_required and not program.call_tokens.filter(state=active).exists():
        lacks.append(_("The program demands a token and has none: every call fails until you make one."))
    return lacks
