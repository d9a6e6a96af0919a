"""What the developer names: his own variables, and where the ClickID is kept. All of it has a usual value."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from clicktrail.control.assistant import expressions
from clicktrail.control.assistant.shape import COOKIE, MINOR, SESSION, UNITS, Shop
from clicktrail.control.catalog.models import Product, Program
from clicktrail.core.money import decimals_of

LONGEST_NAME = 64
"""Characters of a cookie's or a session entry's name."""
DEFAULT_PRODUCT = ""

PLACES = {
    COOKIE: _("In a cookie of the shop"),
    SESSION: _("In the shop’s session"),
}
FAULTS = {
    "empty": _("Name the variable, as it stands in your code."),
    "long": _("It is longer than %(what)s characters: put it into a variable of its own and name that."),
    "lines": _("One line, without tabs."),
    "ends": _("“%(what)s” would end the code around it: name one expression, and nothing behind it."),
    "open": _("Something is not closed, or not opened, at “%(what)s”: name one whole expression."),
    "quote": _("It stands between double quotation marks: use single ones."),
}
"""Code of `expressions.Unusable` -> sentence."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def _code_input() -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget({"class": "ct-code", "spellcheck": "false", "autocomplete": "off"})


class VariablesForm(forms.Form):
    order = forms.CharField(label=_("Order number"), widget=_code_input(), error_messages={"required": FAULTS["empty"]})
    amount = forms.CharField(
        label=_("Net revenue"),
        widget=_code_input(),
        help_text=_("The goods alone: after discounts, without tax and without shipping."),
        error_messages={"required": FAULTS["empty"]},
    )
    amount_is = forms.ChoiceField(label=_("The amount is written like"), widget=UnfoldAdminSelectWidget)
    product = forms.ChoiceField(
        label=_("Commission product"), widget=UnfoldAdminSelectWidget, required=False, help_text=_("What was sold.")
    )
    product_variable = forms.CharField(
        label=_("Or a variable that names the product"),
        widget=_code_input(),
        required=False,
        help_text=_("Where one shop sells several products. Spelled as in the program, capitals included."),
    )
    place = forms.ChoiceField(label=_("The ClickID is kept"), widget=UnfoldAdminSelectWidget)
    name = forms.CharField(
        label=_("Under the name"),
        max_length=LONGEST_NAME,
        widget=_code_input(),
        help_text=_("Letters, digits, - and _."),
    )

    def __init__(self, given: Any, shop: Shop, program: Program) -> None:
        self.shop = shop
        products = list(Product.objects.filter(program=program).order_by("pk").values_list("name", flat=True))
        super().__init__({**shop.usual(), **{name: given[name] for name in self.base_fields if name in given}})
        fields: dict[str, Any] = self.fields
        fields["amount_is"].choices = _amounts(decimals_of(program.currency), shop)
        default = program.default_product.name if program.default_product else ""
        fields["product"].choices = [
            (DEFAULT_PRODUCT, _("The program’s default: %(name)s") % {"name": default or "–"}),
            *((name, name) for name in products),
        ]
        fields["place"].choices = [(place, PLACES[place]) for place in shop.places]

    def clean_order(self) -> str:
        return self._checked("order")

    def clean_amount(self) -> str:
        return self._checked("amount")

    def clean_product_variable(self) -> str:
        return self._checked("product_variable") if self.cleaned_data["product_variable"].strip() else ""

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not _NAME.fullmatch(name):
            raise ValidationError(_("A name begins with a letter and has letters, digits, - and _ only."))
        return name

    def _checked(self, field: str) -> str:
        try:
            return expressions.check(self.cleaned_data[field], self.shop.language)
        except expressions.Unusable as fault:
            raise ValidationError(FAULTS[fault.code], params={"what": fault.what}) from None


def _amounts(decimals: int, shop: Shop) -> list[tuple[str, str]]:
    """With an example in the currency's own decimals."""
    example = "95" + (f".{'50'.ljust(decimals, '0')[:decimals]}" if decimals else "")
    choices = [(UNITS, example)]
    if shop.converts and decimals:
        choices.append((MINOR, _("%(number)s (smallest unit)") % {"number": example.replace(".", "")}))
    return choices
