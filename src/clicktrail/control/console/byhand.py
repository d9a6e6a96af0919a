"""Create a transaction by hand: a call like any other, judged by the same engine, marked as made by hand."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from clicktrail.control.catalog.compile import ledger_version
from clicktrail.control.catalog.models import Program
from clicktrail.control.intake import intake, verdict
from clicktrail.control.ledger.verdicts import facts_of
from clicktrail.core import explain
from clicktrail.core.clickid import upper_clickid
from clicktrail.core.text import strip_invisible
from clicktrail.errors import JournalError

SOURCE = "console"
LONGEST = 255


def _text(
    label: str | Promise, help_text: str | Promise = "", *, required: bool = False, **attributes: str
) -> forms.CharField:
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
        Program.objects.order_by("pk"), label=gettext_lazy("Program"), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    tid = _text(gettext_lazy("Order number"), required=True)
    produkt = _text(gettext_lazy("Commission product"), gettext_lazy("Empty: the program's default product."))
    umsatz = _text(
        gettext_lazy("Net revenue"),
        gettext_lazy("Like 95.50; needed where the product pays a percentage."),
        inputmode="decimal",
    )
    currency = _text(
        gettext_lazy("Currency"), gettext_lazy("Like EUR. Empty: the program's. An order in another one is not saved.")
    )
    clickid = _text(gettext_lazy("ClickID"), gettext_lazy("Credits the partner of the click."))
    pid = _text(
        gettext_lazy("Partner number"),
        gettext_lazy("Without a ClickID, or to credit somebody else."),
        inputmode="numeric",
    )
    subid = _text(gettext_lazy("Subid"))
    wmid = _text(gettext_lazy("Creative number"), inputmode="numeric")
    nocheck = forms.BooleanField(
        label=gettext_lazy("Skip the approval check"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("For cross-selling."),
    )

    def params(self) -> dict[str, str]:
        values = self.cleaned_data
        names = ("tid", "produkt", "umsatz", "currency", "clickid", "pid", "subid", "wmid")
        texts = {name: strip_invisible(values[name]) for name in names}
        texts["clickid"] = upper_clickid(texts["clickid"])
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
        return Outcome(messages.ERROR, _("Nothing was stored. %(fault)s") % {"fault": fault})
    return _outcome(call, verdict(call, house.verdict_patience_ms))


def _outcome(call: int, judged: Any) -> Outcome:
    log_page = reverse("admin:ledger_postback_changelist")
    if judged is None:
        late = _("Call %(call)s is stored but not judged yet: is the engine running? The log will show it.")
        return Outcome(messages.WARNING, late % {"call": call}, log_page)
    sentence = explain.operator_sentence(judged.reason, facts_of(judged), judged.transaction_number)
    if judged.saved:
        page = reverse("admin:ledger_transaction_change", args=[judged.transaction_number])
        return Outcome(messages.SUCCESS, sentence, page)
    return Outcome(messages.ERROR, _("Not saved. %(sentence)s") % {"sentence": sentence})
