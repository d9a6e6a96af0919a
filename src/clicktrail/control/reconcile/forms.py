"""What people fill in: which file of which program, which column is what, which period."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from clicktrail.control.catalog.models import Program
from clicktrail.control.console.cells import number_text
from clicktrail.control.reconcile import amounts, columns, storing
from clicktrail.control.reconcile.columns import Columns
from clicktrail.control.reconcile.models import Reconciliation
from clicktrail.control.reconcile.orderlist import EPOCH_DAY, day_text
from clicktrail.control.reconcile.sheet import MAX_FILE_BYTES, MAX_LINES, SEPARATORS

SEPARATOR_NAMES = {
    ";": gettext_lazy("Semicolon  ;"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Bar  |"),
    ",": gettext_lazy("Comma  ,"),
}
LONGEST_SAMPLE = 24
ACCEPTED = ".csv,.txt,.tsv,.xlsx,text/csv,text/plain,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


DECIMALS = (
    ("", gettext_lazy("As the column shows")),
    (amounts.COMMA, gettext_lazy("Comma: 1.234,56")),
    (amounts.POINT, gettext_lazy("Point: 1,234.56")),
)


class UploadForm(forms.Form):
    program = forms.ModelChoiceField(
        Program.objects.order_by("pk"), empty_label=None, widget=UnfoldAdminSelectWidget, label=gettext_lazy("Program")
    )
    file = forms.FileField(
        label=gettext_lazy("Order list"),
        allow_empty_file=True,
        widget=UnfoldAdminFileFieldWidget({"accept": ACCEPTED}),
        help_text=format_lazy(
            gettext_lazy(
                "A sheet of an .xlsx workbook, or CSV with any separator, up to {size} MiB and {lines} lines. "
                "The next page shows how its columns were understood; nothing is changed yet."
            ),
            size=MAX_FILE_BYTES >> 20,
            lines=lazy(number_text, str)(MAX_LINES),
        ),
    )

    def keep(self, actor: str) -> Reconciliation | None:
        """None where the file is not taken; the sentence stands at its field."""
        upload = self.cleaned_data["file"]
        if upload.size > MAX_FILE_BYTES:
            self.add_error(
                "file",
                _("It is larger than %(mebibytes)d MiB. Split it, or leave out columns.")
                % {"mebibytes": MAX_FILE_BYTES >> 20},
            )
            return None
        try:
            return storing.store(self.cleaned_data["program"].pk, upload.name, upload.read(), actor)
        except storing.Refused as fault:
            self.add_error("file", str(fault))
            return None


class ColumnsForm(forms.Form):
    """One field for each thing that a column can be."""

    separator = forms.ChoiceField(
        choices=[(each, SEPARATOR_NAMES[each]) for each in SEPARATORS], widget=UnfoldAdminSelectWidget
    )
    has_header = forms.BooleanField(
        label=gettext_lazy("The first line holds names"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"), required=False, widget=UnfoldAdminSelectWidget)
    decimal = forms.ChoiceField(
        label=gettext_lazy("Decimal separator"),
        choices=DECIMALS,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Of the amounts, where their column does not show it."),
    )
    time_format = forms.CharField(
        label=gettext_lazy("How days are written"),
        required=False,
        max_length=60,
        widget=UnfoldAdminTextInputWidget({"placeholder": "%d/%m/%Y"}),
        help_text=gettext_lazy("Only for other ways than the usual ones: like %d/%m/%Y, unix, unix_ms or excel."),
    )
    from_day = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        widget=UnfoldAdminTextInputWidget({"type": "date"}),
        help_text=gettext_lazy("Empty: the first day of the list."),
    )
    to_day = forms.DateField(
        label=gettext_lazy("To, included"),
        required=False,
        widget=UnfoldAdminTextInputWidget({"type": "date"}),
        help_text=gettext_lazy("Empty: its last day. Without days and period, what the list lacks is not looked for."),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        sample: Sequence[Sequence[str]],
        sheets: Sequence[str] = (),
        **options: Any,
    ) -> None:
        """sheets: of a workbook, which has no separator."""
        super().__init__(data, **options)
        if sheets:
            self.fields["separator"].required = False
            self.fields["sheet"].choices = [(name, name) for name in sheets]
        self.width = max((len(row) for row in sample), default=0)
        choices = [("", "–"), *((str(place), _column_name(place, sample)) for place in range(self.width))]
        for role, label in columns.ROLES.items():
            self.fields[role] = forms.ChoiceField(
                label=_(label), choices=choices, required=False, widget=UnfoldAdminSelectWidget, help_text=HELP[role]
            )

    def roles(self) -> list[Any]:
        return [self[role] for role in columns.ROLES]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        try:
            columns.check(self.places(), self.width)
        except columns.MappingError as fault:
            raise forms.ValidationError(str(fault)) from None
        first, last = values.get("from_day"), values.get("to_day")
        if first and last and last < first:
            self.add_error("to_day", _("The period ends before it begins."))
        return values

    def places(self) -> dict[str, int]:
        return {role: int(self.cleaned_data[role]) for role in columns.ROLES if self.cleaned_data.get(role)}

    def initial_places(self) -> dict[str, int]:
        """As the fields show them, also where they could not be taken."""
        shown = {role: str(self[role].value() or "") for role in columns.ROLES}
        return {role: int(text) for role, text in shown.items() if text.isdecimal()}

    def form(self) -> Columns:
        values = self.cleaned_data
        return Columns(self.places(), values["has_header"], values["decimal"], values["time_format"])

    def days(self) -> tuple[int | None, int | None]:
        """Days since 1970."""
        return _number(self.cleaned_data["from_day"]), _number(self.cleaned_data["to_day"])


HELP = {
    columns.TID: gettext_lazy("The shop's own number, as it sends it in tid."),
    columns.NUMBER: gettext_lazy("Clicktrail's number of the transaction."),
    columns.EITHER: gettext_lazy("Where the list may hold either; each is looked up as both."),
    columns.REVENUE: gettext_lazy("Compared with the transaction; for part-cancelling the new net revenue."),
    columns.GROSS: gettext_lazy("Only used to tell why a net revenue differs."),
    columns.DAY: gettext_lazy("In the program's time zone, unless it names its own."),
    columns.STATUS: gettext_lazy("Words like confirmed, paid, cancelled, storniert, retour."),
    columns.CURRENCY: gettext_lazy("Lines in another currency than the program's are kept out of moves."),
    columns.ITEM: gettext_lazy("Where an order has one line for each article: then their amounts are added up."),
}


def initial(list_: Reconciliation, form: Columns, sheet: str = "") -> dict[str, Any]:
    return {
        **{role: str(place) for role, place in form.places.items()},
        "separator": list_.separator,
        "sheet": sheet,
        "decimal": form.decimal,
        "time_format": form.time_format,
        "has_header": form.has_header,
        "from_day": day_text(list_.from_day),
        "to_day": day_text(list_.to_day),
    }


def _column_name(place: int, sample: Sequence[Sequence[str]]) -> str:
    """ "3: Umsatz (95,50)": its place, its first cell, and one below it."""
    cells = [row[place].strip()[:LONGEST_SAMPLE] for row in sample[:2] if place < len(row)]
    below = f" ({cells[1]})" if len(cells) > 1 and cells[1] else ""
    return f"{place + 1}: {cells[0] if cells else ''}{below}"


def _number(day: date | None) -> int | None:
    return day.toordinal() - EPOCH_DAY if day else None
