"""What a cell shows: times in the viewer's zone, amounts in his locale, names. Text is escaped here, once."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from clicktrail.control.accounts import viewer
from clicktrail.control.catalog.models import Creative, Partner, Program
from clicktrail.core.money import PERCENT_DECIMALS, PPM, decimals_of, format_percent
from clicktrail.core.rounding import divide, reduce_decimals
from clicktrail.core.tongue import day_form

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
STATE_WORDS: dict[str, str | Promise] = {
    "held": gettext_lazy("On hold"),
    "open": gettext_lazy("Open"),
    "confirmed": gettext_lazy("Confirmed"),
    "paid": gettext_lazy("Paid"),
    "cancelled": gettext_lazy("Cancelled"),
    "active": gettext_lazy("Active"),
    "paused": gettext_lazy("Paused"),
    "pending": gettext_lazy("Pending"),
    "blocked": gettext_lazy("Blocked"),
}


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


def time_cell(ms: int | None, zone: str | None = None, *, brief: bool = False) -> str:
    """In the viewer's zone, else in `zone`; with UTC to be seen on pointing at it. brief: without seconds.

    The rows of one list have one zone, however many programs they are of: else its order looks wrong.
    """
    if ms is None:
        return DASH
    at = datetime.fromtimestamp(ms / 1000, UTC)
    local = at.astimezone(viewer.zone() or ZoneInfo(zone or "UTC"))
    return format_html(
        '<time datetime="{}" title="{}" class="ct-time">{} <span class="ct-faint">{}</span></time>',
        at.isoformat(timespec="seconds"),
        at.strftime(f"{day_form()} %H:%M:%S UTC"),
        local.strftime(f"{day_form()} %H:%M" if brief else f"{day_form()} %H:%M:%S"),
        local.tzname(),
    )


def day_text(text: str) -> str:
    """A day, a month or an hour of one as the viewer writes it, from its text in ISO 8601."""
    day, _, hour = text.partition("T")
    try:
        if len(day) == len("2026-01"):
            month = day_form().removeprefix("%d.").removesuffix("-%d")
            return date.fromisoformat(f"{day}-01").strftime(month)
        return f"{date.fromisoformat(day).strftime(day_form())} {hour}".rstrip()
    except ValueError:
        return text


def number_text(number: int) -> str:
    """ "1,234,567", or "1.234.567" for who reads German."""
    return number_format(number, use_l10n=True, force_grouping=True)


def money_text(minor: int, currency: str, decimals: int | None = None) -> str:
    """ "1,234.56 EUR", or "1.234,56 EUR" for who reads German."""
    places = decimals_of(currency) if decimals is None else decimals
    return f"{decimal_text(minor, places)} {currency}"


def percent_text(part: int, whole: int, places: int = 2) -> str:
    """ "3.42 %"; a dash where there is nothing to divide by."""
    ppm = divide(part * PPM, whole)
    return DASH if ppm is None else ppm_text(ppm, places)


def ppm_text(ppm: int, places: int = 2) -> str:
    """Millionths as a percentage: 34,200 is "3.42 %"."""
    return f"{decimal_text(ppm, PERCENT_DECIMALS, places)} %"


def decimal_text(value: int, decimals: int, shown: int | None = None) -> str:
    """A whole number of `decimals` decimals as the viewer writes it, rounded half up to `shown` of them.

    Every amount, percentage and ratio on a page is written here: `number_format` itself cuts what is too long.
    """
    shown = decimals if shown is None else shown
    number = Decimal(reduce_decimals(value, decimals, shown)).scaleb(-shown)
    return number_format(number, decimal_pos=shown, use_l10n=True, force_grouping=True)


def money_cell(minor: int | None, decimals: int, currency: str) -> str:
    if minor is None:
        return DASH
    return format_html('<span class="ct-number">{}</span>', money_text(minor, currency, decimals))


def rate_text(percent_ppm: int | None, fixed_minor: int | None, currency: str) -> str:
    """ "10 %" or "2.50 EUR"."""
    if percent_ppm is not None:
        return f"{number_format(format_percent(percent_ppm), use_l10n=True)} %"
    return money_text(fixed_minor or 0, currency)


def named(number: int | None, name: str | None) -> str:
    """ "My shop (1)"; the number alone where the name is gone, a dash where there is none."""
    if not number:
        return DASH
    text = f"{name} ({number})" if name else str(number)
    return format_html('<span class="ct-name">{}</span>', text) if len(text) <= SHORT else text


def label(text: str | Promise, tone: str = "plain") -> SafeString:
    return format_html('<span class="ct-label ct-{}">{}</span>', tone, text)


def state_label(state: str) -> SafeString:
    return label(STATE_WORDS.get(state, state.capitalize()), LABEL_TONES.get(state, "plain"))


def labels(parts: Iterable[str]) -> SafeString:
    return SafeString(" ".join(parts))  # escaped, each part, when it was made  # nosec B703


def page_link(page: str, key: object, text: object) -> SafeString:
    return format_html('<a class="ct-link" href="{}">{}</a>', reverse(f"admin:{page}_change", args=[key]), text)
