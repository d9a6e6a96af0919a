"""A ledger with weeks of orders behind it, written straight into the tables: alarms look at what usually comes."""

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from clicktrail.core.clickid import first_id

BERLIN = "Europe/Berlin"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NOON = int(datetime(2026, 11, 18, 12, tzinfo=ZoneInfo(BERLIN)).timestamp() * 1000)
"""A Wednesday."""

_numbers = count(1)


def orders(times_ms: Iterable[int], program: int = 1, **more: Any) -> None:
    """One transaction at each time."""
    from clicktrail.control.ledger.models import Transaction

    rows = [_order(next(_numbers), at_ms, program, more) for at_ms in times_ms]
    Transaction.objects.bulk_create(rows, batch_size=500)


def steadily(program: int, begin_ms: int, end_ms: int, a_day: int, **more: Any) -> None:
    """Orders at even distances."""
    orders(range(begin_ms, end_ms, DAY_MS // a_day), program, **more)


def calls(number: int, reason: str, before_ms: int, program: int | None = 1, **more: Any) -> None:
    """Calls with one verdict, a second apart, the last one a second before the time."""
    from clicktrail.control.ledger.models import Postback

    times = [before_ms - 1000 * (place + 1) for place in range(number)]
    Postback.objects.bulk_create(
        [_call(first_id(at_ms) + next(_numbers) % 4096, at_ms, reason, program, more) for at_ms in times],
        batch_size=500,
    )


def clicks(number: int, hour_ms: int, program: int = 1, partner: int = 7) -> None:
    """Clicks of the hour in the rollups."""
    from clicktrail.control.ledger.models import RollupHour

    RollupHour.objects.create(
        bucket_s=hour_ms // HOUR_MS * 3600, program_id=program, partner_id=partner, creative_id=1, product_id=1,
        clicks_gross=number, clicks_net=number,
    )  # fmt: skip


def _order(number: int, at_ms: int, program: int, more: dict[str, Any]) -> Any:
    from clicktrail.control.ledger.models import Transaction

    values = {
        "number": number, "program_id": program, "tid": f"T-{number}", "partner_id": 7, "subid": "", "creative_id": 1,
        "referrer_host": "", "clickid": "", "product_id": 1, "product": "Sale", "revenue_minor": 1000,
        "commission_minor": 100, "percent_ppm": 100_000, "currency": "EUR", "decimals": 2, "state": "open",
        "test": False, "manual": False, "postback_id": first_id(at_ms), "created_ms": at_ms,
    }  # fmt: skip
    return Transaction(**(values | more))


def _call(id: int, at_ms: int, reason: str, program: int | None, more: dict[str, Any]) -> Any:
    from clicktrail.control.ledger.models import Postback

    values = {
        "id": id, "at_ms": at_ms, "method": "GET", "source": "edge", "actor": "", "program_id": program,
        "tid": f"T-{id}", "clickid": "", "pid": "", "subid": "", "wmid": "", "product": "", "amount": "10",
        "nocheck": False, "fault": "", "reason": reason, "facts": "{}", "saved": reason == "saved",
        "catalog_version": 1,
    }  # fmt: skip
    return Postback(**(values | more))
