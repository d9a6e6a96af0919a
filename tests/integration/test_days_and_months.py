"""Days, months and whole programs say what the hours say, however they came to be."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from support.cast import ANNA, BANNER, BERT, OTHER_SHOP, SHOP, TESTER
from support.ledgers import Place

from clicktrail.control.boot import boot
from clicktrail.core.periods import month_of

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = (
    (2025, 3, 29, 23, 30),
    (2025, 3, 30, 0, 30),
    (2025, 3, 30, 23, 30),
    (2025, 10, 26, 2, 30),
    (2025, 10, 31, 23, 59),
)
"""By the clocks of Berlin; both changes are among them, and the end of a month."""
KEYS = {"day": "program_id, day, partner_id, creative_id, product_id", "program": "program_id, day"}
KEYS["month"] = KEYS["day"].replace("day", "month")


def _ms(*at: int) -> int:
    return int(datetime(*at, tzinfo=BERLIN).timestamp() * 1000)


@pytest.fixture
def busy(ledger: Place) -> Place:
    with ledger.scribe() as scribe:
        for night in NIGHTS:
            for partner in (ANNA, BERT, TESTER):
                scribe.write(scribe.click("s", partner, creative=BANNER, at_ms=_ms(*night)))
        scribe.write(scribe.click("s", ANNA, program=OTHER_SHOP, at_ms=_ms(*NIGHTS[0])))
        scribe.write(scribe.order("A-1", "", pid=str(ANNA)), scribe.order("T-1", "", pid=str(TESTER)))
    ledger.catch_up()
    return ledger


def _rows(ledger: Place, table: str) -> list[tuple[int, ...]]:
    found = ledger.rows(
        f"SELECT {KEYS[table]}, clicks_gross, clicks_net, transactions, revenue_minor FROM ledger_rollup_{table} "
        f"ORDER BY {KEYS[table]}"
    )
    return [tuple(map(int, row)) for row in found]


def test_clicks_are_in_the_day_and_month_of_the_programs_clocks(busy: Place) -> None:
    days = busy.rows("SELECT day, sum(clicks_gross) FROM ledger_rollup_day GROUP BY day ORDER BY day")
    local = [(date(*night[:3]) - date(1970, 1, 1)).days for night in NIGHTS]
    assert [(day, int(n)) for day, n in days if n] == [(local[0], 4), (local[1], 6), (local[3], 3), (local[4], 3)]
    months = busy.rows("SELECT month, sum(clicks_gross) FROM ledger_rollup_month GROUP BY month ORDER BY month")
    assert [(month, int(n)) for month, n in months if n] == [(month_of(local[0]), 10), (month_of(local[3]), 6)]


def test_a_programs_row_is_all_of_it_but_for_the_test_partner(busy: Place) -> None:
    of_partners = busy.rows(
        f"SELECT program_id, day, sum(clicks_gross), sum(transactions) FROM ledger_rollup_day "
        f"WHERE partner_id <> {TESTER} GROUP BY program_id, day ORDER BY program_id, day"
    )
    of_programs = busy.rows(
        "SELECT program_id, day, clicks_gross, transactions FROM ledger_rollup_program ORDER BY program_id, day"
    )
    assert [tuple(map(int, row)) for row in of_programs] == [tuple(map(int, row)) for row in of_partners]


def test_an_older_ledger_gets_them_from_its_hours(busy: Place) -> None:
    counted = {table: _rows(busy, table) for table in KEYS}
    boot(busy.settings, "ledger")
    _add_programs()
    call_command("migrate", "ledger", "0004", verbosity=0)
    call_command("migrate", "ledger", verbosity=0)
    connection.close()
    assert {table: _rows(busy, table) for table in KEYS} == counted
    assert counted["day"], "there was something to fill"


def _add_programs() -> None:
    from clicktrail.control.catalog.models import Program

    rows = [Program(id=number, name="Shop", currency="EUR", time_zone="Europe/Berlin") for number in (SHOP, OTHER_SHOP)]
    Program.objects.bulk_create(rows, ignore_conflicts=True)
