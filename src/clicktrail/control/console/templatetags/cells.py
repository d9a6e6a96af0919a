"""The cells of `console/cells.py` for templates."""

from datetime import date
from typing import Any

from django import template

from clicktrail.control.console import cells

register = template.Library()


@register.filter
def moment(ms: int | None, zone: str | None = None) -> str:
    """Milliseconds since 1970 UTC as a time in the viewer's zone, or in the one named."""
    return cells.time_cell(ms, zone)


@register.filter
def day(value: date) -> str:
    return cells.day_text(value.isoformat())


@register.filter
def number(value: int) -> str:
    return cells.number_text(value)


@register.filter
def money(minor: int | None, currency: str) -> str:
    return cells.DASH if minor is None else cells.money_text(minor, currency)


@register.filter
def state(value: str) -> str:
    """A state's label: the word, with a colour that helps the eye."""
    return cells.state_label(value)


@register.simple_tag
def percent(part: int, whole: int, places: int = 2) -> Any:
    return cells.percent_text(part, whole, places)
