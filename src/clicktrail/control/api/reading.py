"""Input of the catalog, read by the catalog's own rules: all that is wrong is told at once, field by field."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from pydantic import BaseModel, Field

from clicktrail.control.api.keys import Caller
from clicktrail.control.api.problems import invalid
from clicktrail.control.api.shapes import Sent, time_or_none
from clicktrail.control.catalog import rates, rules
from clicktrail.control.catalog.models import Partner, Product, Program
from clicktrail.core.catalog import Rate
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

    def rate(self, currency: str, *, is_new: bool) -> Rate | None:
        """A percentage or a fixed amount, one of the two; None where none is named, or it is at fault."""
        if not is_new and not (self.has("percent") or self.has("fixed")):
            if self.has("valid_from"):
                self.wrong("percent", "Give the percentage or the fixed amount that begins then.")
            return None
        percent, fixed = getattr(self._sent, "percent", None), getattr(self._sent, "fixed", None)
        if (percent is None) == (fixed is None):
            self.wrong("percent", "Give a percentage or a fixed amount, one of the two.")
            return None
        try:
            return Rate(
                None if percent is None else rules.percent(percent),
                None if fixed is None else rules.fixed(currency)(fixed),
            )
        except ValueError as fault:
            self.wrong("fixed" if percent is None else "percent", str(fault))
            return None

    def wrong(self, field: str, sentence: str) -> None:
        self._errors.append((field, sentence))

    def done(self) -> None:
        if self._errors:
            raise invalid(*self._errors)


def enter_rate(product: Product, partner: Partner | None, rate: Rate, since_ms: int | None, by: str) -> None:
    """The fault names the field."""
    try:
        rates.enter(product, partner, rate, since_ms, by)
    except ValueError as fault:
        raise invalid(("valid_from", str(fault))) from None


class RateStep(BaseModel):
    """What is paid from a moment on, until the next one."""

    valid_from: str | None = Field(description="Null: from the beginning.", json_schema_extra={"format": "date-time"})
    percent: str | None
    fixed: str | None = Field(description="Both null: no rate of his own, the partner earns what the product pays.")
    made_at: str | None
    made_by: str | None


def rate_shown(steps: list[rates.Step], currency: str) -> dict[str, Any]:
    """The one that holds, else the first to come; and all of them, oldest first."""
    holds = rates.valid(steps, rates.now_ms()) or steps[0]
    shown = {**_amounts(holds.rate, currency), "valid_from": time_or_none(holds.since_ms or None)}
    return {**shown, "currency": currency, "rates": [_step_shown(step, currency) for step in steps]}


def _step_shown(step: rates.Step, currency: str) -> RateStep:
    return RateStep(
        valid_from=time_or_none(step.since_ms or None),
        made_at=time_or_none(step.made_ms or None),
        made_by=step.made_by or None,
        **_amounts(step.rate, currency),
    )


def _amounts(rate: Rate, currency: str) -> dict[str, str | None]:
    return {
        "percent": None if rate.percent_ppm is None else format_percent(rate.percent_ppm),
        "fixed": None if rate.fixed_minor is None else format_minor(rate.fixed_minor, decimals_of(currency)),
    }


def program_of(caller: Caller, number: int) -> Program:
    """The program that a new row is for, where the key may write there."""
    caller.must_own(number)
    row = Program.objects.filter(pk=number).first()
    if row is None:
        raise invalid(("program", f"There is no program {number}."))
    return row
