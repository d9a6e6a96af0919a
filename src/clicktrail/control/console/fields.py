"""Form fields that speak the catalog's rules: percents, amounts, hosts, addresses. Never a float."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from clicktrail.control.catalog import rules
from clicktrail.control.catalog.models import Product, Program
from clicktrail.core.money import decimals_of, format_minor, format_percent


def ruled(rule: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The rule as a form's check: its sentence becomes the field's error."""

    def check(value: Any) -> Any:
        try:
            return rule(value)
        except ValueError as fault:
            raise ValidationError(str(fault)) from None

    return check


class HostsField(forms.CharField):
    """One host a line, as a list."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = [line.strip() for line in (value or "").splitlines() if line.strip()]
        return [ruled(rules.deeplink_host)(line) for line in lines]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != [line.strip() for line in (data or "").splitlines() if line.strip()]


class RateForm(forms.ModelForm):
    """A rate as people write it, over the two columns of millionths and of minor units."""

    percent = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal", "placeholder": "10"}),
        label=gettext_lazy("Percent"),
        help_text=gettext_lazy(
            "Percent of the net revenue, up to four decimals, like 7.5. Leave empty for a fixed amount."
        ),
    )
    fixed = forms.CharField(
        label=gettext_lazy("Fixed amount"),
        required=False,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal", "placeholder": "2.50"}),
        help_text=gettext_lazy("Paid for each order, in the program's currency. Leave empty for a percentage."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        if row.percent_ppm is not None:
            self.initial["percent"] = format_percent(row.percent_ppm)
        program = self.program_of(row) if row.pk else None
        if row.fixed_minor is not None and program:
            self.initial["fixed"] = format_minor(row.fixed_minor, decimals_of(program.currency))

    def program_of(self, row: Any) -> Program | None:
        """Of a stored row, or of what the form holds; None where that is not known yet."""
        return row.program if isinstance(row, Product) else row.product.program

    def chosen_program(self) -> Program | None:
        """The program whose currency a fixed amount is in."""
        chosen = self.cleaned_data.get("product")
        return chosen.program if chosen else self.cleaned_data.get("program") or self._stored_program()

    def _stored_program(self) -> Program | None:
        row = self.instance
        if isinstance(row, Product):
            return row.program if row.program_id else None
        return row.product.program if row.product_id else None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        percent, fixed = values.get("percent", "").strip(), values.get("fixed", "").strip()
        if bool(percent) == bool(fixed):
            raise ValidationError(_("Give a percentage or a fixed amount, one of the two."))
        self.instance.percent_ppm = self._read("percent", percent, rules.percent) if percent else None
        program = self.chosen_program()
        if fixed and program:
            self.instance.fixed_minor = self._read("fixed", fixed, rules.fixed(program.currency))
        elif not fixed:
            self.instance.fixed_minor = None
        return values

    def _read(self, name: str, text: str, rule: Callable[[str], int]) -> int | None:
        try:
            return rule(text)
        except ValueError as fault:
            self.add_error(name, str(fault))
            return None
