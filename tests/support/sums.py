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


def count(at_s: int, program: int, partner: int, creative: int = 1, product: int = 1, **sums: int) -> None:
    """Of the hour (or the part of it) that begins at `at_s`; into hours, days, months and whole programs."""
    from clicktrail.control.catalog.models import Program
    from clicktrail.control.ledger.models import RollupDay, RollupHour, RollupMonth, RollupProgram

    day = day_of(Program.objects.get(pk=program).time_zone, at_s * 1000)
    place = {"program_id": program, "partner_id": partner, "creative_id": creative, "product_id": product}
    _add(RollupHour, {"bucket_s": at_s, **place}, sums)
    _add(RollupDay, {"day": day, **place}, sums)
    _add(RollupMonth, {"month": month_of(day), **place}, sums)
    if partner != TEST_PARTNER:
        _add(RollupProgram, {"program_id": program, "day": day}, sums)


def everything(many: int) -> dict[str, int]:
    """The same number under every measure."""
    return dict.fromkeys(MEASURES, many)


def _add(model: Any, key: dict[str, Any], sums: dict[str, int]) -> None:
    row = model.objects.filter(**key).first() or model(**key)
    for name, value in sums.items():
        setattr(row, name, getattr(row, name) + value)
    row.save(force_insert=row._state.adding, force_update=not row._state.adding)
