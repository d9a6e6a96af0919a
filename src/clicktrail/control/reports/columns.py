"""The measures as columns: what they are called, how they come out of the sums, how they are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clicktrail.control.console.cells import decimal_text, ppm_text
from clicktrail.control.reports import derived
from clicktrail.core.money import PERCENT_DECIMALS, decimals_of, format_minor

Sums = Mapping[str, int]
DASH = "–"


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    label: str | Promise
    unit: str
    """count, money, epc (hundredths of a minor unit) or percent (millionths)."""
    of: Callable[[Sums], int | None]
    hint: str | Promise = ""

    @property
    def is_money(self) -> bool:
        """Of one currency; the others count and compare whatever the currency is."""
        return self.unit in ("money", "epc")

    def places(self, currency: str) -> int:
        """Decimals behind the point, of a value as it is kept."""
        if self.is_money:
            return decimals_of(currency) + (derived.EPC_DECIMALS if self.unit == "epc" else 0)
        return PERCENT_DECIMALS if self.unit == "percent" else 0

    def text(self, value: int | None, currency: str) -> str:
        """For people, in their locale; the currency stands elsewhere."""
        if value is None:
            return DASH
        if self.unit == "percent":
            return ppm_text(value)
        return decimal_text(value, self.places(currency))

    def plain(self, value: int | None, currency: str) -> str:
        """For programs, with a point."""
        return "" if value is None else format_minor(value, self.places(currency))


def change_text(ppm: int | None) -> str:
    """ "+12.3 %"; empty where there was nothing before."""
    if ppm is None:
        return ""
    return f"{'+' if ppm > 0 else ''}{decimal_text(ppm, PERCENT_DECIMALS, 1)} %".replace("-", "\u2212")


def _sum(name: str) -> Callable[[Sums], int | None]:
    return lambda sums: sums[name]


_ALL = (
    Column("clicks_gross", _("Clicks, gross"), "count", _sum("clicks_gross"), _("Every credited click.")),
    Column(
        "clicks_net", _("Clicks, net"), "count", _sum("clicks_net"),
        _("A visitor's first one in 15 minutes, for each program and partner."),
    ),
    Column("clicks_bot", _("Bots"), "count", _sum("clicks_bot"), _("Crawlers, and pages fetched ahead by a browser.")),
    Column("clicks_refused", _("Refused"), "count", _sum("clicks_refused"), _("Redirected, and credited to nobody.")),
    Column(
        "transactions", _("Transactions"), "count", _sum("transactions"), _("Without cancelled ones and those on hold.")
    ),
    Column(
        "conversion", _("Conversion rate"), "percent", derived.conversion_ppm, _("Transactions for 100 net clicks.")
    ),
    Column("revenue", _("Revenue"), "money", _sum("revenue_minor"), _("Net, as the shops reported it.")),
    Column("average", _("Average order"), "money", derived.average_minor, _("Revenue for one transaction.")),
    Column("commission", pgettext_lazy("amount", "Commission"), "money", _sum("commission_minor")),
    Column("epc", _("Earnings per click"), "epc", derived.epc, _("Commission for one net click.")),
)  # fmt: skip
COLUMNS = {column.key: column for column in _ALL}

DIMENSION_WORDS: dict[str, str | Promise] = {
    "day": _("Day"),
    "hour": _("Hour"),
    "week": _("Week"),
    "month": _("Month"),
    "program": _("Program"),
    "partner": _("Partner"),
    "creative": _("Creative"),
    "product": _("Product"),
    "subid": _("Subid"),
    "referrer": _("Referrer host"),
}
