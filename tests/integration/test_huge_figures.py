"""Pages, files and the API survive every figure that the ledger can hold, and add it up exactly."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from support import sums
from support.office import Office, office

LARGEST = 2**63 - 1
NOON = datetime(2026, 11, 18, 12, 30, tzinfo=UTC)
DAYS = (date(2026, 10, 1), date(2026, 11, 18))
PARTNERS = (7, 8, 9)
ENDS = (LARGEST, LARGEST - 1, 6 * 10**18, 2**62, 2**53 + 1, 2**32, 1, 0, -1, -(2**53) - 1, -LARGEST)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("desk") / "data") as made:
        yield made


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clicktrail.heartbeat.now_ms", lambda: int(NOON.timestamp() * 1000))


def _store(values: list[dict[str, int]]) -> None:
    """A row of each table for each partner, all of the same day."""
    from clicktrail.control.ledger import models

    days = (NOON.date() - date(1970, 1, 1)).days
    keys: list[tuple[Any, dict[str, Any]]] = [
        (models.RollupHour, {"bucket_s": int(NOON.timestamp()) // 3600 * 3600, "creative_id": 1, "product_id": 1}),
        (models.RollupDay, {"day": days, "creative_id": 1, "product_id": 1}),
        (models.RollupMonth, {"month": 2026 * 12 + 9, "creative_id": 1, "product_id": 1}),
        (models.RollupSubid, {"day": days, "other": False, "subid": "s"}),
        (models.RollupReferrer, {"day": days, "other": False, "host": "h.example"}),
    ]
    for model, key in keys:
        model.objects.all().delete()
        model.objects.bulk_create(
            model(program_id=1, partner_id=partner, **key, **row) for partner, row in zip(PARTNERS, values, strict=True)
        )
    models.RollupProgram.objects.all().delete()
    models.RollupProgram.objects.bulk_create(
        models.RollupProgram(program_id=1, day=days - place, **row) for place, row in enumerate(values)
    )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("by", [(), ("program",), ("creative",), ("hour",), ("subid",), ("referrer", "month")])
def test_a_report_is_exact(desk: Office, by: tuple[str, ...], seed: int) -> None:
    from clicktrail.control.reports import table

    dice = random.Random(seed)
    values = [{name: dice.choice(ENDS) for name in sums.MEASURES} for _ in PARTNERS]
    _store(values)
    first, last = (DAYS[1], DAYS[1]) if by == ("hour",) else DAYS
    months = 2 if by == ("creative",) else 1
    found = table.report(table.Question(first, last, by))
    expected = {name: months * sum(row[name] for row in values) for name in sums.MEASURES}
    total = {name: sum(row.sums[name] for row in found) for name in sums.MEASURES}
    assert total == expected
    assert table.largest(table.Question(first, last, ("partner",)), 5) is not None


@pytest.mark.parametrize("value", [LARGEST, 6 * 10**18, -LARGEST])
def test_every_page_with_figures_answers(desk: Office, value: int) -> None:
    _store([dict.fromkeys(sums.MEASURES, value) for _ in PARTNERS])
    for path in ("/", "/reports/", "/catalog/partner/", "/catalog/partner/7/change/", "/catalog/creative/"):
        assert desk.client.get(path).status_code == 200, path
    for by in ("day", "partner", "subid", "referrer", "hour", "month", "product"):
        for path in ("/reports/", "/reports/csv/"):
            answer = desk.client.get(path, {"by": by, "from": "2026-11-18", "to": "2026-11-18"})
            assert answer.status_code == 200, (path, by)
            if answer.streaming:
                assert b"".join(answer.streaming_content)
