"""Forms of the second looks."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from clicktrail.control.accounts import viewer
from clicktrail.control.catalog.models import Partner, Program
from clicktrail.control.console.byhand import ByHandForm
from clicktrail.control.console.daybounds import moment_ms
from clicktrail.control.console.verdictcells import title_of
from clicktrail.control.secondlooks import again, conflicts, share
from clicktrail.control.secondlooks.again import Filter
from clicktrail.control.secondlooks.models import Choice

SHOP, SIGNED, HOUSE = "shop", "signed", "house"
CALLERS = (
    (SHOP, gettext_lazy("The shop, with the proofs that the address carries")),
    (SIGNED, gettext_lazy("The shop, rightly signed")),
    (HOUSE, gettext_lazy("The API, or by hand")),
)
LONGEST_ADDRESS = 8000


class TryForm(ByHandForm):
    """A whole address, or the fields of a call."""

    address = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=LONGEST_ADDRESS,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy(
            "A whole address of get_trans.cgi, as it stands in the shop; or fill in the fields below."
        ),
    )
    caller = forms.ChoiceField(label=gettext_lazy("From"), choices=CALLERS, widget=UnfoldAdminSelectWidget)
    field_order = ("address", "caller")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tid"].required = False


class MomentField(forms.CharField):
    """A clock's time, as text: which clock's is known with the other fields only."""

    def __init__(self, **more: Any) -> None:
        widget = UnfoldAdminTextInputWidget({"type": "datetime-local"})
        super().__init__(required=False, max_length=32, widget=widget, **more)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and moment_ms(value, ZoneInfo("UTC")) is None:
            raise ValidationError(forms.DateTimeField.default_error_messages["invalid"])


class AgainForm(forms.Form):
    """Which discarded calls are judged again."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"), required=False, widget=UnfoldAdminSelectWidget)
    program = forms.ModelChoiceField(
        Program.objects.order_by("pk"),
        label=gettext_lazy("Program"),
        required=False,
        empty_label=gettext_lazy("All"),
        widget=UnfoldAdminSelectWidget,
    )
    partner = forms.IntegerField(
        label=gettext_lazy("Partner number"),
        required=False,
        min_value=1,
        max_value=1 << 53,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    since = MomentField(label=gettext_lazy("From"))
    until = MomentField(label=gettext_lazy("Until"))
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=255,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("In the order number or the product, or a whole ClickID."),
    )
    calls = forms.CharField(required=False, widget=forms.HiddenInput)
    programs: frozenset[int] | None = None
    """Those that who asks may see; None: every one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        titles = [(code, title_of(code)) for code in again.DISCARDED]
        self.fields["reason"].choices = [("", gettext_lazy("All")), *titles]  # type: ignore[attr-defined]

    def filter(self) -> Filter:
        values = self.cleaned_data
        program = values["program"]
        clock = viewer.zone() or ZoneInfo(program.time_zone if program else "UTC")
        since, until = moment_ms(values["since"], clock), moment_ms(values["until"], clock, is_end=True)
        return Filter(
            values["reason"], program.pk if program else 0, values["partner"] or 0, since or 0,
            until or 0, values["text"].strip(),
            numbers_in(values["calls"]), self.programs,
        )  # fmt: skip


class DecideForm(forms.Form):
    choice = forms.ChoiceField(choices=Choice.choices)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=conflicts.LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=gettext_lazy("Kept for ever with the decision, with your name."),
    )


class ShareForm(forms.Form):
    what = forms.CharField(max_length=255, widget=forms.HiddenInput)
    program = forms.IntegerField(required=False, widget=forms.HiddenInput)
    partner = forms.ModelChoiceField(
        Partner.objects.order_by("name"),
        label=gettext_lazy("For"),
        required=False,
        empty_label=gettext_lazy("The shop"),
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("A partner reads what is his; a shop reads of no partner."),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days"),
        initial=share.DEFAULT_DAYS,
        min_value=1,
        max_value=share.MAX_SHARE_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=format_lazy(gettext_lazy("After 1 to {days} days the link ends."), days=share.MAX_SHARE_DAYS),
    )


def numbers_in(text: str) -> tuple[int, ...]:
    """Comma-separated log numbers; anything else is left out."""
    parts = (part.strip() for part in text.split(","))
    return tuple(int(part) for part in parts if part.isascii() and part.isdigit() and len(part) <= 19)
