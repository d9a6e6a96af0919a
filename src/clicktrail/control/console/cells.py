"""What a cell shows: times, amounts, names. Text is escaped here, once."""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clicktrail.control.catalog.models import Creative, Partner, Program
from clicktrail.core.money import decimals_of, format_minor, format_percent

DASH = "–"
SHORT = 24
"""Characters of a name that a cell keeps in one line."""

LABEL_TONES = {
    "held": "warning",
    "open": "info",
    "confirmed": "success",
    "paid": "plain",
    "cancelled": "danger",
    "active": "success",
    "paused": "warning",
    "pending": "warning",
    "blocked": "danger",
}
"""Each label carries its word; the tone only helps the eye."""
STATE_WORDS = {"held": "On hold"}
"""Where the word of a state is not the state's own."""


def with_names(rows: QuerySet, *, partner: bool = False, creative: bool = False) -> QuerySet:
    """Names from the catalog beside rows that hold numbers only: one query for the whole list."""
    rows = rows.annotate(
        program_name=_name(Program, "program_id"),
        zone=Subquery(Program.objects.filter(pk=OuterRef("program_id")).values("time_zone")[:1]),
    )
    if partner:
        rows = rows.annotate(partner_name=_name(Partner, "partner_id"))
    if creative:
        rows = rows.annotate(creative_name=_name(Creative, "creative_id"))
    return rows


def _name(model: type[Model], column: str) -> Subquery:
    return Subquery(model._default_manager.filter(pk=OuterRef(column)).values("name")[:1])


def time_cell(ms: int | None, zone: str | None) -> str:
    """In the program's zone, with UTC to be seen on pointing at it."""
    if ms is None:
        return DASH
    at = datetime.fromtimestamp(ms / 1000, UTC)
    local = at.astimezone(ZoneInfo(zone or "UTC"))
    return format_html(
        '<time datetime="{}" title="{}" class="ct-time">{} <span class="ct-faint">{}</span></time>',
        at.isoformat(timespec="seconds"),
        at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        local.strftime("%Y-%m-%d %H:%M:%S"),
        local.tzname(),
    )


def money_cell(minor: int | None, decimals: int, currency: str) -> str:
    if minor is None:
        return DASH
    return format_html('<span class="ct-number">{} {}</span>', format_minor(minor, decimals), currency)


def rate_text(percent_ppm: int | None, fixed_minor: int | None, currency: str) -> str:
    """ "10 %" or "2.50 EUR"."""
    if percent_ppm is not None:
        return f"{format_percent(percent_ppm)} %"
    return f"{format_minor(fixed_minor or 0, decimals_of(currency))} {currency}"


def named(number: int | None, name: str | None) -> str:
    """ "My shop (1)"; the number alone where the name is gone, a dash where there is none."""
    if not number:
        return DASH
    text = f"{name} ({number})" if name else str(number)
    return format_html('<span class="ct-name">{}</span>', text) if len(text) <= SHORT else text


def label(text: str, tone: str = "plain") -> SafeString:
    return format_html('<span class="ct-label ct-{}">{}</span>', tone, text)


def state_label(state: str) -> SafeString:
    return label(STATE_WORDS.get(state, state.capitalize()), LABEL_TONES.get(state, "plain"))


def labels(parts: Iterable[str]) -> SafeString:
    return SafeString(" ".join(parts))  # escaped, each part, when it was made  # nosec B703


def page_link(page: str, key: object, text: object) -> SafeString:
    return format_html('<a class="ct-link" href="{}">{}</a>', reverse(f"admin:{page}_change", args=[key]), text)
