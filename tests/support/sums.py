"""Sums written straight into the rollups, as the engine would have left them: for pages and reports."""

from typing import Any

from clicktrail.core.catalog import TEST_PARTNER
from clicktrail.core.periods import day_of, month_of

MEASURES = (
    "clicks_gross",
    "clicks_net",
    "clicks_bot",
    "clicks_refused",
    "transactions",
    "revenue_minor",
    "commission_minor",
)


class Sums:
    """Collected, then written into hours, days, months and whole programs at once."""

    def __init__(self) -> None:
        from clicktrail.control.catalog.models import Program

        self._zones = dict(Program.objects.values_list("pk", "time_zone"))
        self._rows: dict[tuple[str, tuple[tuple[str, int], ...]], dict[str, int]] = {}

    def count(self, at_s: int, program: int, partner: int, creative: int = 1, product: int = 1, **sums: int) -> None:
        """Of the hour (or the part of it) that begins at `at_s`."""
        day = day_of(self._zones[program], at_s * 1000)
        place = {"program_id": program, "partner_id": partner, "creative_id": creative, "product_id": product}
        self._add("RollupHour", {"bucket_s": at_s, **place}, sums)
        self._add("RollupDay", {"day": day, **place}, sums)
        self._add("RollupMonth", {"month": month_of(day), **place}, sums)
        if partner != TEST_PARTNER:
            self._add("RollupProgram", {"program_id": program, "day": day}, sums)

    def _add(self, table: str, key: dict[str, int], sums: dict[str, int]) -> None:
        row = self._rows.setdefault((table, tuple(key.items())), dict.fromkeys(MEASURES, 0))
        for name, value in sums.items():
            row[name] += value

    def write(self) -> None:
        from clicktrail.control.ledger import models

        for table in ("RollupHour", "RollupDay", "RollupMonth", "RollupProgram"):
            model: Any = getattr(models, table)
            rows = [model(**dict(key), **sums) for (name, key), sums in self._rows.items() if name == table]
            model.objects.bulk_create(rows, batch_size=500)


def everything(many: int) -> dict[str, int]:
    """The same number under every measure."""
    return dict.fromkeys(MEASURES, many)
