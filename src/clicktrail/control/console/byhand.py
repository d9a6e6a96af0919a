"""Create a transaction by hand: a call like any other, judged by the same engine, marked as made by hand."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.urls import reverse
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from clicktrail.control.catalog.compile import ledger_version
from clicktrail.control.catalog.models import Program
from clicktrail.control.console.chapters import facts_of
from clicktrail.control.intake import intake, verdict
from clicktrail.core import explain
from clicktrail.errors import JournalError

SOURCE = "console"
LONGEST = 255


def _text(label: str, help_text: str = "", *, required: bool = False, **attributes: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget(attributes),
    )


class ByHandForm(forms.Form):
    """Names of the fields are those of a call, so that the log reads the same."""

    cpid = forms.ModelChoiceField(
        Program.objects.order_by("pk"), label="Program", empty_label=None, widget=UnfoldAdminSelectWidget
    )
    tid = _text("Order number", required=True)
    produkt = _text("Commission product", "Empty: the program's default product.")
    umsatz = _text("Net revenue", "Like 95.50; needed where the product pays a percentage.", inputmode="decimal")
    clickid = _text("ClickID", "Credits the partner of the click.")
    pid = _text("Partner number", "Without a ClickID, or to credit somebody else.", inputmode="numeric")
    subid = _text("Subid")
    wmid = _text("Creative number", inputmode="numeric")
    nocheck = forms.BooleanField(
        label="Skip the approval check",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="For cross-selling.",
    )

    def params(self) -> dict[str, str]:
        values = self.cleaned_data
        texts = {name: values[name].strip() for name in ("tid", "produkt", "umsatz", "clickid", "pid", "subid", "wmid")}
        nocheck = {"nocheck": "1"} if values["nocheck"] else {}
        return {"cpid": str(values["cpid"].pk)} | {name: text for name, text in texts.items() if text} | nocheck


@dataclass(frozen=True, slots=True)
class Outcome:
    level: int
    sentence: str
    address: str = ""
    """Where to go on; empty: stay with the form."""


def create(params: dict[str, str], actor: str) -> Outcome:
    """Hand the call in and wait a moment for the engine's verdict."""
    house = settings.CLICKTRAIL
    try:
        call = intake(house).hand_in(params, SOURCE, actor, ledger_version()[0])
    except JournalError as fault:
        return Outcome(messages.ERROR, f"Nothing was stored. {fault}")
    return _outcome(call, verdict(call, house.verdict_patience_ms))


def _outcome(call: int, judged: Any) -> Outcome:
    log_page = reverse("admin:ledger_postback_changelist")
    if judged is None:
        late = f"Call {call} is stored but not judged yet: is the engine running? The log will show it."
        return Outcome(messages.WARNING, late, log_page)
    sentence = explain.operator_sentence(judged.reason, facts_of(judged), judged.transaction_number)
    if judged.saved:
        page = reverse("admin:ledger_transaction_change", args=[judged.transaction_number])
        return Outcome(messages.SUCCESS, sentence, page)
    return Outcome(messages.ERROR, f"Not saved. {sentence}")
