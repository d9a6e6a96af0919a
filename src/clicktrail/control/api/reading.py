"""Input of the catalog, read by the catalog's own rules: all that is wrong is told at once, field by field."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from clicktrail.control.api.keys import Caller
from clicktrail.control.api.problems import invalid
from clicktrail.control.api.shapes import Sent
from clicktrail.control.catalog import rules
from clicktrail.control.catalog.models import PartnerRate, Product, Program
from clicktrail.core.money import decimals_of, format_minor, format_percent


def caller_of(request: HttpRequest) -> Caller:
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


class Reading:
    """What a request sets on a row."""

    def __init__(self, sent: Sent, row: Any) -> None:
        self._sent, self._row = sent, row
        self._errors: list[tuple[str, str]] = []

    def has(self, field: str) -> bool:
        return field in self._sent.model_fields_set

    def take(self, field: str, rule: Callable[[Any], Any] | None = None, column: str = "") -> None:
        """Set the row's column (of the same name), where the request names it or the row is new."""
        if self._row.pk is not None and not self.has(field):
            return
        value = getattr(self._sent, field)
        try:
            setattr(self._row, column or field, rule(value) if rule else value)
        except ValueError as fault:
            self.wrong(field, str(fault))

    def name(self, field: str, rows: Any, number: int | None, column: str) -> None:
        """Set a foreign key by its number; `rows`: what may be chosen."""
        if number is not None and not rows.filter(pk=number).exists():
            self.wrong(field, f"There is no {field.replace('_', ' ')} {number} here: choose one of the same program.")
        else:
            setattr(self._row, column, number)

    def rate(self, currency: str) -> None:
        """A percentage or a fixed amount, one of the two."""
        if self._row.pk is not None and not (self.has("percent") or self.has("fixed")):
            return
        percent, fixed = getattr(self._sent, "percent", None), getattr(self._sent, "fixed", None)
        if (percent is None) == (fixed is None):
            self.wrong("percent", "Give a percentage or a fixed amount, one of the two.")
            return
        try:
            self._row.percent_ppm = None if percent is None else rules.percent(percent)
            self._row.fixed_minor = None if fixed is None else rules.fixed(currency)(fixed)
        except ValueError as fault:
            self.wrong("fixed" if percent is None else "percent", str(fault))

    def wrong(self, field: str, sentence: str) -> None:
        self._errors.append((field, sentence))

    def done(self) -> None:
        if self._errors:
            raise invalid(*self._errors)


def rate_shown(row: Product | PartnerRate, currency: str) -> dict[str, str | None]:
    return {
        "percent": None if row.percent_ppm is None else format_percent(row.percent_ppm),
        "fixed": None if row.fixed_minor is None else format_minor(row.fixed_minor, decimals_of(currency)),
        "currency": currency,
    }


def program_of(caller: Caller, number: int) -> Program:
    """The program that a new row is for, where the key may write there."""
    caller.must_own(number)
    row = Program.objects.filter(pk=number).first()
    if row is None:
        raise invalid(("program", f"There is no program {number}."))
    return row
