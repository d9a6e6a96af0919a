"""An approval says since when: from its making, or from when it was given to somebody else; old rows do not know."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.folder import fresh


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[None]:
    from django.db import connection

    fresh(tmp_path)
    yield
    connection.close()


def test_an_approval_dates_from_its_making(catalog: None) -> None:
    from clicktrail.control.catalog.compile import compile_catalog
    from clicktrail.control.catalog.models import Approval, Partner

    partner = Partner.objects.create(name="Anna")
    row = Approval.objects.create(partner=partner, program_id=1)
    assert row.created_ms > 1_763_821_596_000
    assert compile_catalog("QC").approved_ms(partner.pk, 1, "Sale") == row.created_ms
    Approval.objects.filter(pk=row.pk).update(created_ms=5)
    row.refresh_from_db()
    row.save()
    assert row.created_ms == 5, "saved again as it is, nothing is new"
    row.partner = Partner.objects.create(name="Bert")
    row.save()
    assert row.created_ms > 5, "another partner is approved from now on"


def test_an_old_row_does_not_know(catalog: None) -> None:
    from clicktrail.control.catalog.compile import compile_catalog
    from clicktrail.control.catalog.models import Approval

    Approval.objects.update(created_ms=0)
    assert compile_catalog("QC").approved_ms(2, 1, "Sale") == 0
